"""Is this a list of links? Lines of which most hold an address; each becomes an item of its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from indexer.extract.addresses import FoundAddress, check_address, find_addresses, find_refused
from indexer.model.items import Link

SHARE = 0.6
"""The share of non-blank lines that must hold an address that can be followed."""
_SENTENCE = 6
"""A line with a refused address and more words is a sentence that mentions a path: text."""
MAX_LINKS = 1_000
"""A file with more links is not a list: only the file is an item."""
MAX_HYPERLINKS = 1_000
_MAX_TITLE, _MAX_LINE = 300, 20_000
MAX_CELLS = 5
"""A sheet with more filled cells in a row is a table."""

_TARGET = re.compile(r"\]\(\s*<?([^()\s>]+(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)")
"""The address of a Markdown link, after its label."""
_EDGES = " \t-–—*•·:|>#,;=\"'“”„«»()[]<>"
_NUMBER = re.compile(r"^\s*(?:\d{1,3}[.)]|\[[ xX]\])\s+")


@dataclass(frozen=True, slots=True)
class LinkList:
    """The links of a list, and the rest of its text."""

    links: tuple[Link, ...]
    rest: str


def find_links(lines: Iterable[str]) -> LinkList | None:
    """Return the links of `lines` if these are a list of links; None if they are not, or there are too many."""
    links: list[Link] = []
    rest: list[str] = []
    holding = filled = 0
    heading = ""
    for line in lines:
        if not line.strip():
            rest.append("")
            continue
        filled += 1
        found = _links_of(line, heading)
        if found:
            holding += any(link.url for link in found)
            links += found
            if len(links) > MAX_LINKS:
                return None
            heading = ""
        else:
            rest.append(line)
            heading = line.strip(_EDGES)
    if not holding or holding < SHARE * filled:
        return None
    return LinkList(tuple(links), "\n".join(rest).strip())


def links_within(text: str) -> Iterator[Link]:
    """Yield the links in a text that is not a list, each with its label if it has one."""
    if ":" not in text:  # every address has one
        return
    marked = list(_marked(text))
    for one in marked:
        if ":" in one.address:
            yield make_link(one.address, one.label)
    for place in find_addresses(_without(text, marked)):
        yield make_link(place.address)


def distinct(links: Iterable[Link]) -> list[Link]:
    """Return the links that may be followed, each once, at most `MAX_HYPERLINKS`."""
    found: dict[tuple[str, str], Link] = {}
    for link in links:
        if len(found) == MAX_HYPERLINKS:
            break
        if link.url:
            found.setdefault((link.url, link.title), link)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Marked:
    """A Markdown link and its place."""

    start: int
    end: int
    label: str
    address: str


def _marked(text: str) -> Iterator[_Marked]:
    """Yield the Markdown links in a text, in linear time for any text."""
    begin = 0
    for target in _TARGET.finditer(text):
        at = target.start()
        begin = max(begin, text.rfind("]", begin, at) + 1, text.rfind("\n", begin, at) + 1)
        start = text.find("[", begin, at)
        if start >= 0:
            is_picture = start > begin and text[start - 1] == "!"
            label = text[start + 1 : at].strip()[:_MAX_TITLE]
            yield _Marked(start - is_picture, target.end(), label, target[1])
        begin = target.end()


def _without(text: str, places: Iterable[_Marked | FoundAddress]) -> str:
    """Return a text with each of some parts replaced by a blank."""
    pieces, at = [], 0
    for place in places:
        pieces.append(text[at : place.start])
        at = place.end
    return " ".join([*pieces, text[at:]])


def _links_of(line: str, heading: str) -> list[Link]:
    """Return the links of one line, each with the words next to it as its title, at most as many as a list may have."""
    if ":" not in line and "\\\\" not in line:  # no address, not even one that would be refused
        return []
    marked = list(islice(_marked(line), MAX_LINKS + 1))
    links = [make_link(one.address, one.label) for one in marked if ":" in one.address]
    if links:
        words = _NUMBER.sub("", _without(line, marked)).strip(_EDGES)
        if len(links) == 1 and words:
            return [Link(links[0].url, links[0].title, words, refused=links[0].refused)]
        return links
    places = list(islice(find_addresses(line), MAX_LINKS + 1))
    if not places:
        begin = line[:_MAX_LINE]
        return [
            make_link(raw, words[:_MAX_TITLE])
            for raw in islice(find_refused(begin), MAX_LINKS + 1)
            if len((words := begin.replace(raw, " ").strip(_EDGES)).split()) <= _SENTENCE
        ]
    title = " ".join(_NUMBER.sub("", _without(line, places)).split())[:_MAX_TITLE].strip(_EDGES)
    if not title and len(places) == 1 and heading and not heading.endswith((".", "!", "?")):
        title = heading
    return [make_link(place.address, title) for place in places]


def make_link(raw: str, title: str = "", note: str = "") -> Link:
    """Return a link to an address as found; a refused one has the reason and no address to follow."""
    url, refused = check_address(raw)
    shown = title or (bare_address(url) if url else raw.strip()[:200])
    return Link(url, shown, note, refused=refused)


def bare_address(url: str) -> str:
    """Return an address for people to read, without its scheme."""
    return url.partition(":")[2].lstrip("/").rstrip("/")
