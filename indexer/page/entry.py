"""What does the page show of an item, and what identifies it? One row of an about page. Pure.

docs/page-format.md has the format; assets/stored_row.js reads it in the browser, and tests/cases/rows.json checks both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from indexer.model.items import (
    KINDS,
    MOST_MARKS,
    Item,
    ItemId,
    Kind,
    Mark,
    Passage,
    RelPath,
    found_by_note,
    found_by_said,
    is_saved_copy,
)  # fmt: skip
from indexer.model.links import BROKEN, FOUND_BY_IS, Health, LinkState
from indexer.model.notes import LEVELS
from indexer.model.numbers import number_of
from indexer.model.site import site_of
from indexer.model.team import QuestionState
from indexer.model.terms import ItemTerms
from indexer.terms import words
from indexer.terms.one_line import one_line

FORMAT = 4
SHOWN_LINKS = 20
FOLLOWED = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
"""The beginnings of addresses that may become links."""

_ID = re.compile(r"[0-9a-f]{16}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PATH, _TITLE, _AUTHOR, _TAG, _ADDRESS, _WORDS = 32_768, 2_000, 1_000, 500, 8_192, 1_000
"""The most characters of each on the page."""
_MARKERS = 5
"""Names shown of those who set a mark."""
_TAGS, _FILES, _PLACES = 200, 1_000, 1_000_000
_SIZE = 1 << 53
MOST_SECONDS = 1 << 34
"""The limit of times, in seconds from 1970: the year 2514."""
DAY_S = 86_400
MOST_DAYS = 1 << 18
"""The limit of days, counted from 1970."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FACT_BITS = 24


@dataclass(frozen=True, slots=True)
class Facts:
    """What may change about an item without its text and words being written again."""

    online_only: bool = False
    conflict: str = ""
    """Path of the item that this one is a conflict copy of."""
    is_cut: bool = False
    """Not all of its text can be searched."""
    note_on: str = ""
    """Path of the file that this one is a note on."""
    note_link: str = ""
    """Address of the link in that file that it is on; empty: it is on the file."""
    level: str = ""
    """How much a note matters."""
    state: LinkState = LinkState.UNCHECKED
    """How the link is."""
    moved_to: str = ""
    """The address that it leads to for good; empty or one that may be followed."""
    since: int | None = None
    """The day since which it is gone or failing; None: not known."""
    is_noted: bool = False
    marks: tuple[tuple[Mark, int, tuple[str, ...]], ...] = ()
    """By mark: how many people set it, and the first of their names."""
    question: str = ""
    """How far a question is (`QuestionState`)."""
    is_shared: bool = False
    """Its address was dropped in several places."""

    @staticmethod
    def of(item: Item) -> Facts:
        """Return what is shown of an item: no more of a check than what it found."""
        known = item.health or Health()
        moved_to = known.moved_to if known.state is LinkState.MOVED else ""
        since = known.since if known.state in FOUND_BY_IS["broken"] else None
        return Facts(
            item.online_only, shown(item.conflict_of or ""), bool(item.truncated), shown(item.note_on or ""),
            item.note_link if len(item.note_link) <= _ADDRESS else "", item.level, known.state,
            moved_to if FOLLOWED.match(moved_to) and len(moved_to) <= _ADDRESS else "",
            seconds(since.timestamp()) // DAY_S if since else None,
            item.said.is_noted,
            tuple(
                (mark, len(who), tuple(shown(name)[:_TAG] for name in who[:_MARKERS]))
                for mark in Mark if (who := item.said.of(mark))
            ),
            item.said.question,
            item.said.is_shared,
        )  # fmt: skip

    @property
    def found_by_is(self) -> tuple[str, ...]:
        """The values of `is:`, `level:` and `on:` that find the item, as `Item.found_by_is`."""
        said = found_by_said(self.is_noted, self.is_shared, [mark for mark, *_ in self.marks], self.question)
        on = found_by_note(self.note_on, self.level) if self.note_on else ()
        return (*Health(self.state).found_by_is, *said, *on)

    def encode(self) -> dict[str, Any]:
        """Return it as it lies in a file: short names, defaults left out."""
        said: dict[str, Any] = {
            "o": int(self.online_only), "c": self.conflict, "i": int(self.is_cut),
            "n": self.note_on, "a": self.note_link, "v": self.level,
            "h": "" if self.state is LinkState.UNCHECKED else str(self.state), "m": self.moved_to, "s": self.since,
            "b": int(self.is_noted), "k": {str(mark): [n, *names] for mark, n, names in self.marks}, "q": self.question,
            "d": int(self.is_shared),
        }  # fmt: skip
        return {name: value for name, value in said.items() if value or (name == "s" and value is not None)}

    @staticmethod
    def decode(said: object) -> Facts:
        """Return what `encode` made, passing over unknown names; raise ValueError for anything else."""
        found = _Said.of(said)
        since = found.number("s", MOST_DAYS, least=-MOST_DAYS) if "s" in found.said else None
        level, question = found.text("v", _TAG), found.text("q", _TAG)
        return Facts(
            bool(found.number("o", 1)), found.text("c", _PATH), bool(found.number("i", 1)), found.text("n", _PATH),
            found.text("a", _ADDRESS), level if level in LEVELS else "", _state(found.text("h", _TAG)), found.address("m"), since,
            bool(found.number("b", 1)), _marks(found.said.get("k", {})), question if question in list(QuestionState) else "", bool(found.number("d", 1)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What the page shows of an item."""

    id: ItemId
    path: RelPath
    title: str
    kind: Kind
    date: int
    """Seconds since 1970, as is `added`."""
    added: int
    author: str = ""
    url: str = ""
    """Its own address, if it is a link; empty or one that may be followed."""
    size: int = 0
    tags: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Addresses that may be followed, with words."""
    is_list_entry: bool = False
    is_note: bool = False
    """Its text is its note."""
    facts: Facts = Facts()
    text: int = -1
    """The number of the page's text file with its text; -1: none."""
    place: int = 0
    """The place of its text there."""

    @property
    def is_saved_copy(self) -> bool:
        """Whether it is the copy of a page behind a link, saved as a file."""
        return bool(self.url) and is_saved_copy(self.kind, self.path, is_list_entry=self.is_list_entry)

    @property
    def stands_back(self) -> int:
        """By how much it stands back for others that are one result with it, as `Item.stands_back`."""
        return 2 if self.is_saved_copy else int(bool(self.facts.conflict) or self.facts.state in BROKEN)

    @property
    def site(self) -> str:
        """The host of its own address, as `site_of` writes it; empty if it has none."""
        return site_of(self.url) if self.url else ""

    def encode(self) -> dict[str, Any]:
        """Return it as it lies in a file: short names, defaults left out."""
        said: dict[str, Any] = {
            "id": self.id, "p": self.path, "t": self.title, "k": str(self.kind), "d": self.date,
            "w": None if self.added == self.date else self.added, "a": self.author, "u": self.url, "s": self.size,
            "g": list(self.tags), "l": list(map(list, self.links)), "e": int(self.is_list_entry),
            "n": int(self.is_note), "f": self.facts.encode(), "x": [self.text, self.place] if self.text >= 0 else None,
        }  # fmt: skip
        return {
            name: value for name, value in said.items() if value or (name in ("d", "w") and value is not None)
        }

    @staticmethod
    def decode(said: object) -> Row:
        """Return what `encode` made, passing over unknown names; raise ValueError for anything else."""
        found = _Said.of(said)
        date = found.number("d", MOST_SECONDS, least=-MOST_SECONDS)
        text, place = found.pair("x") if "x" in found.said else (-1, 0)
        return Row(
            item_id(found.said.get("id")), rel_path(found.said.get("p")), found.text("t", _TITLE), _kind(found.said.get("k")),
            date, found.number("w", MOST_SECONDS, least=-MOST_SECONDS) if "w" in found.said else date,
            found.text("a", _AUTHOR), found.address("u"), found.number("s", _SIZE),
            tuple(_text(tag, _TAG) for tag in found.many("g", _TAGS)), tuple(map(_link, found.many("l", SHOWN_LINKS))),
            bool(found.number("e", 1)), bool(found.number("n", 1)), Facts.decode(found.said.get("f", {})), text, place,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Said:
    """An object of JSON, whose values are asked for by name and kind; each raises ValueError for another kind."""

    said: Mapping[str, Any]

    @staticmethod
    def of(said: object) -> _Said:
        if not isinstance(said, dict):
            raise ValueError("not an object")
        return _Said(said)

    def text(self, name: str, most: int) -> str:
        return _text(self.said.get(name, ""), most)

    def address(self, name: str) -> str:
        url = self.text(name, _ADDRESS)
        if url and not FOLLOWED.match(url):
            raise ValueError("an address that may not be followed")
        return url

    def number(self, name: str, most: int, least: int = 0) -> int:
        return whole_number(self.said.get(name, 0), most, least)

    def many(self, name: str, most: int) -> list[Any]:
        found = self.said.get(name, [])
        if not isinstance(found, list) or len(found) > most:
            raise ValueError("not a list of that length")
        return found

    def pair(self, name: str) -> tuple[int, int]:
        text, place = self.many(name, 2)
        return whole_number(text, _FILES), whole_number(place, _PLACES)


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("not a text of that length")
    return value


def _link(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("not a link")
    address, said = _text(value[0], _ADDRESS), _text(value[1], _WORDS)
    if not FOLLOWED.match(address):
        raise ValueError("an address that may not be followed")
    return address, said


def _kind(value: object) -> Kind:
    """Return a kind; `other` if it is one of a later version."""
    name = _text(value, _TAG)
    return Kind(name) if name in KINDS else Kind.OTHER


def _state(name: str) -> LinkState:
    """Return how a link is; unchecked if it is as in a later version."""
    return LinkState(name) if name in list(LinkState) else LinkState.UNCHECKED


def _marks(said: object) -> tuple[tuple[Mark, int, tuple[str, ...]], ...]:
    """Return marks with their numbers and names; those of a later version are left out."""
    found = _Said.of(said)
    marks = []
    for mark in Mark:
        n, *names = found.many(mark, 1 + _MARKERS) or (0,)
        if whole_number(n, MOST_MARKS):
            marks.append((mark, n, tuple(_text(name, _TAG) for name in names)))
    return tuple(marks)


def whole_number(value: object, most: int, least: int = 0) -> int:
    """Return a whole number within bounds; raise ValueError for anything else."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError("not a number of that size")
    return value


def item_id(value: object) -> ItemId:
    """Return the id of an item; raise ValueError for anything but 16 hex digits."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("not an id")
    return ItemId(value)


def rel_path(value: object) -> RelPath:
    """Return a path that stays within the folder; raise ValueError for anything else."""
    path = _text(value, _PATH)
    if "\0" in path or not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise ValueError("not a path within the folder")
    return RelPath(path)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is kept of an item beside its postings, if these are taken from the search index."""

    length: int
    """Weighted number of words."""
    quality: int
    """Static byte."""
    language: int
    """By its place in `CODES`."""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One item as the page needs it."""

    item: Item
    source: str
    """The key of the text, which differs if the text does; empty if there is none."""
    terms: ItemTerms | Indexed
    passages: tuple[Passage, ...]
    """The text, or its `beginning`."""


def row_of(item: Item) -> Row:
    """Return what the page shows of an item, without the place of its text."""
    links = (link.partition(" ") for link in item.hyperlinks)
    url = item.url or ""
    return Row(
        item.id, item.path, shown(item.title)[:_TITLE], item.kind, seconds(item.date.timestamp()), seconds(item.added.timestamp()),
        shown(item.author)[:_AUTHOR], url if FOLLOWED.match(url) and len(url) <= _ADDRESS else "", item.size,
        tuple(shown(tag)[:_TAG] for tag in item.tags[:_TAGS]),
        tuple((to, shown(said)[:_WORDS]) for to, _, said in links if FOLLOWED.match(to) and len(to) <= _ADDRESS)[:SHOWN_LINKS],
        item.is_list_entry, facts=Facts.of(item),
    )  # fmt: skip


def beginning(passages: Iterable[Passage], limit: int) -> Iterator[Passage]:
    """Yield the part of a text that the page has: passages on one line each, up to a number of characters in all."""
    following = iter(passages)
    while limit > 0 and (passage := next(following, None)) is not None:
        text = one_line(passage.text[:limit])
        yield Passage(text, passage.page_number)
        limit -= len(text)


def seconds(moment: float) -> int:
    """Return whole seconds: two times in one second are equal."""
    return int(moment // 1)


def moment_of(seconds: int) -> datetime:
    """Return the time some seconds after 1970; on every system also before 1970."""
    return _EPOCH + timedelta(seconds=seconds)


def fold_of(content: int) -> int:
    """Return the page's number of a content: 48 bits are a whole number in JavaScript."""
    return content >> 16


def shown_digest(item: Item, source: str, text_limit: int) -> int:
    """Return the digest of everything shown of an item or by which it is found; the last bits are of its facts."""
    row = row_of(item)
    is_conflict = bool(item.conflict_of)  # it is ranked by this
    rest = (replace(row, facts=Facts()), is_conflict, item.note, item.hyperlinks, item.content_number,
            source, words.VERSION, FORMAT, text_limit)  # fmt: skip
    return with_facts(number_of(repr(rest)), row.facts)


def with_facts(digest: int, facts: Facts) -> int:
    """Return the digest of an item with other facts."""
    return digest >> _FACT_BITS << _FACT_BITS | number_of(repr(facts.encode())) >> 64 - _FACT_BITS


def differ_in_facts_alone(digest: int, other: int) -> bool:
    """Tell whether two digests differ only in facts."""
    return digest != other and digest >> _FACT_BITS == other >> _FACT_BITS


def path_href(path: str) -> str:
    """Return a relative address of a file: each name percent-encoded, undecodable bytes as on disk.

    Whatever the path is, the address leads neither above the page nor to another host.
    """
    inside = "/".join(name for name in path.split("/") if name not in ("", ".", ".."))
    raw = inside.encode("utf-8", "surrogateescape" if _is_escaped(path) else "surrogatepass")
    return quote(raw, safe="/~!*'()")


def _is_escaped(path: str) -> bool:
    return all(not "\ud800" <= c <= "\udfff" or "\udc80" <= c <= "\udcff" for c in path)


def shown(text: str) -> str:
    """Return a path or another text in a form that a page can show: lone surrogates as U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
