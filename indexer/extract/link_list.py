"""Is this a list of links? Lines of which most hold an address; each becomes an item of its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.extract.addresses import check_address, find_addresses, find_refused
from indexer.model import Link

SHARE = 0.6
"""So much of the lines that are not blank must hold an address that can be followed."""
_SENTENCE = 6
"""A line with more words beside an address that is refused is a sentence that speaks of a path: text."""
MAX_LINKS = 10_000
MAX_HYPERLINKS = 1_000

_MARKDOWN = re.compile(
    r"!?\[([^\]\n]*)\]\(\s*<?([^()\s>]+(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)"
)
_EDGES = " \t-–—*•·:|>#,;=\"'“”„«»()[]<>"
_NUMBER = re.compile(r"^\s*(?:\d{1,3}[.)]|\[[ xX]\])\s+")


@dataclass(frozen=True, slots=True)
class LinkList:
    """The links of a list and the text that is none."""

    links: tuple[Link, ...]
    rest: str


def find_links(lines: Iterable[str]) -> LinkList | None:
    """Return the links of `lines` if these are a list of links; None where they are not."""
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
            heading = ""
        else:
            rest.append(line)
            heading = line.strip(_EDGES)
    if not holding or holding < SHARE * filled:
        return None
    return LinkList(tuple(links[:MAX_LINKS]), "\n".join(rest).strip())


def links_within(text: str) -> Iterator[Link]:
    """Yield the links in a text that is no list, each with its label if it has one."""
    for label, address in _MARKDOWN.findall(text):
        if ":" in address:
            yield make_link(address, label.strip())
    for place in find_addresses(_MARKDOWN.sub(" ", text)):
        yield make_link(place.address)


def distinct(links: Iterable[Link]) -> list[Link]:
    """Return the links that may be followed, each once, at most `MAX_HYPERLINKS`."""
    found: dict[tuple[str, str], Link] = {}
    for link in links:
        if link.url and len(found) < MAX_HYPERLINKS:
            found.setdefault((link.url, link.title), link)
    return list(found.values())


def _links_of(line: str, heading: str) -> list[Link]:
    """Return the links of one line, each with the words beside it as its title."""
    links = [
        make_link(address, label.strip()) for label, address in _MARKDOWN.findall(line) if ":" in address
    ]
    if links:
        words = _NUMBER.sub("", _MARKDOWN.sub(" ", line)).strip(_EDGES)
        if len(links) == 1 and words:
            return [Link(links[0].url, links[0].title, words, refused=links[0].refused)]
        return links
    places = list(find_addresses(line))
    if not places:
        return [
            make_link(raw, words)
            for raw in find_refused(line)
            if len((words := line.replace(raw, " ").strip(_EDGES)).split()) <= _SENTENCE
        ]
    words = line
    for place in reversed(places):
        words = words[: place.start] + " " + words[place.end :]
    title = " ".join(_NUMBER.sub("", words).split()).strip(_EDGES)
    if not title and len(places) == 1 and heading and not heading.endswith((".", "!", "?")):
        title = heading
    return [make_link(place.address, title) for place in places]


def make_link(raw: str, title: str = "", note: str = "") -> Link:
    """Return a link to an address as found; a refused one says why, and shows nothing that can be followed."""
    url, refused = check_address(raw)
    shown = title or (bare_address(url) if url else raw.strip()[:200])
    return Link(url, shown, note, refused=refused)


def bare_address(url: str) -> str:
    """Return an address as people read it, without its scheme."""
    return url.partition(":")[2].lstrip("/").rstrip("/")
