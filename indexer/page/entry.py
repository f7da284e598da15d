"""What the page shows of an item, and by what it is known again: one row of an about page. Pure.

docs/page-format.md has the format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from indexer import words
from indexer.languages import LANGUAGES
from indexer.model import Item, Kind, Passage

FORMAT = 2
KINDS = tuple(Kind)
CODES = ("", *LANGUAGES)
SHOWN_LINKS = 20
ONLINE_ONLY, LIST_ENTRY, NOTE_ONLY = 1, 2, 4
"""Flags of a row: its content is in the cloud only; it is an entry of a list; its text is its note."""
PATH, FLAGS, DATE, ADDED, TEXT, PLACE, KIND = 1, 8, 10, 11, 12, 13, 15
"""Where these stand in a row."""

Row = list[Any]
"""What the page shows of an item, as docs/page-format.md has it."""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One item as the page needs it."""

    item: Item
    source: str
    """What the text was made of: another name, another text; empty where there is none."""
    terms: bytes
    """`postings.pack` of its text."""
    passages: tuple[Passage, ...]
    """The text, or the `beginning` of it."""
    content: int | None = None
    """Number of the content, where the item itself doesn't know it."""


def row_of(item: Item) -> Row:
    """Return what the page shows of an item, its text still to come."""
    path = shown(item.path)
    return [
        item.id, path, "" if path == item.path else path_href(item.path), item.title, item.author,
        item.url or "", item.size, list(item.tags),
        (ONLINE_ONLY if item.online_only else 0) | (LIST_ENTRY if item.is_list_entry else 0),
        [link.split(" ", 1) for link in item.hyperlinks[:SHOWN_LINKS]],
        seconds(item.date.timestamp()), seconds(item.added.timestamp()), -1, 0, shown(item.conflict_of or ""),
        KINDS.index(item.kind),
    ]  # fmt: skip


def beginning(passages: Iterable[Passage], limit: int) -> Iterator[Passage]:
    """Yield what of a text the page has: passages without line ends, up to so many characters in all."""
    following = iter(passages)
    while limit > 0 and (passage := next(following, None)) is not None:
        text = " ".join(passage.text[:limit].split())
        yield Passage(text, passage.page_number)
        limit -= len(text)


def seconds(moment: float) -> int:
    """Return whole seconds: of two times in one second both are the same."""
    return int(moment // 1)


def content_number(item: Item) -> int:
    """Return the number of an item's content or address, equal for copies; 0 where there is none."""
    key = item.fold_key
    if not key:
        return 0
    return int.from_bytes(
        hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def fold_of(content: int) -> int:
    """Return what the page calls a content: 48 bits are a whole number in JavaScript."""
    return content >> 16


def shown_digest(item: Item, source: str, text_limit: int) -> int:
    """Return the digest of everything that is shown of an item or that it is found by."""
    facts = (*row_of(item), item.note, item.hyperlinks, item.is_list_entry, content_number(item),
             source, words.VERSION, FORMAT, text_limit)  # fmt: skip
    return int.from_bytes(
        hashlib.blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def href_of(item: Item) -> str:
    """Return the address an item's title leads to: its own, or that of the file, relative to the page."""
    return item.url if item.url else path_href(item.path)


def path_href(path: str) -> str:
    """Return a relative address of a file: each name percent-encoded, undecodable bytes as they are on disk."""
    raw = path.encode("utf-8", "surrogateescape" if _is_escaped(path) else "surrogatepass")
    return quote(raw, safe="/~!*'()")


def _is_escaped(path: str) -> bool:
    return all(not "\ud800" <= c <= "\udfff" or "\udc80" <= c <= "\udcff" for c in path)


def shown(path: str) -> str:
    """Return a path as a page can show it: lone surrogates as U+FFFD."""
    if path.isascii():
        return path
    return path.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
