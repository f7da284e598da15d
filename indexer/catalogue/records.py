"""Rows of the tables as values, and values as rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from indexer.catalogue.database import checksum, crc32, damaged, path_of
from indexer.catalogue.schema import ITEM, TEXT
from indexer.errors import Damaged, Reason
from indexer.model.items import Item, ItemId, Kind, Link, RelPath, Stamp
from indexer.model.notes import author_of, note_of
from indexer.model.readings import clean

ITEM_ROW = (
    "items."
    + f"{ITEM}, checked".replace(", ", ", items.")
    + f", (SELECT detail FROM failures WHERE failures.id = items.id AND reason = '{Reason.TRUNCATED}')"
)
"""The columns of an item, their checksum, and what of its text was left out, for `to_item`."""
WIDTH = ITEM_ROW.count(",") + 1
PATH, KIND, BASE, HIDES, TARGET, LEVEL = map(
    ITEM.split(", ").index, ("path", "kind", "base", "hides", "target", "level")
)
"""Columns. `base`: the path (bytes) of the file that the item is, by its name, a note on or a conflict copy of, else None;
`hides`: the name (bytes) of the note beside it that a note stands in place of or withdraws, else None; `target`: the address of
the link in its file that a note is on."""
TEXT_ROW = "texts." + f"{TEXT}, checked".replace(", ", ", texts.")
"""The columns of a text and their checksum, for `to_text` and `checked_text`."""
STAMP = "size, mtime_ns, ctime_ns, file_id, online_only"
"""The columns of a stamp."""
KNOWN = f"id, path, {STAMP}, missing, removed, forgotten"
"""The columns of what is known of a file, for `to_known`."""


class Known(NamedTuple):
    """What the catalogue remembers of a file, to compare with what the scan sees."""

    id: ItemId
    path: RelPath
    stamp: Stamp
    missing: bool
    removed: bool
    forgotten: bool


class Wanted(NamedTuple):
    """A file to be read."""

    id: ItemId
    path: RelPath
    stamp: Stamp
    priority: int


_LINKS_ROOM = 500_000
"""Characters."""

CHILD = "kind, title, note, tags, url, author, hyperlinks, text_key"
"""The columns that an item has from the file that it lies in."""


class Child(NamedTuple):
    """An item that lies in a file with others: a link of a list, a mail of a mailbox."""

    id: ItemId
    row: tuple[object, ...]
    """The values of `CHILD`."""
    date: datetime | None
    failure: tuple[Reason, str] | None = None


def link_id(parent: ItemId, address: str) -> ItemId:
    """Return the id of the link with this address in a list."""
    return ItemId(digest_of(parent, address))


def link_child(parent: ItemId, path: RelPath, link: Link) -> Child:
    """Return a link as an item in the list at `path`; its id follows from its address."""
    title = clean(link.title) or (link.url or "").partition("//")[2] or file_title(path)
    return Child(
        link_id(parent, link.url or f"refused {link.title} {link.refused}"),
        (Kind.LINK, title, clean(link.note), json.dumps(link.tags), link.url, "", "[]", None),
        link.added,
        (Reason.REFUSED, link.refused) if link.refused else None,
    )


def to_blob(path: str) -> bytes:
    """Return a path as the tables hold it."""
    return path.encode("utf-8", "surrogatepass")


def to_path(blob: bytes) -> RelPath:
    """Return a path of a table; raise Damaged if it is not one."""
    return RelPath(path_of(blob))


def range_below(directory: str) -> tuple[bytes, bytes]:
    """Return bytes that all paths below a directory lie between, the first of which they begin with."""
    return (to_blob(directory) + b"/", to_blob(directory) + b"0") if directory else (b"", b"\xff")


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def to_moment(ms: int) -> datetime:
    """Return the moment this many milliseconds after the beginning of 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def digest_of(*parts: str) -> str:
    """Return 16 hexadecimal digits that stand for these parts."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def stamp_row(stamp: Stamp) -> tuple[int, int, int, str, int]:
    """Return the values of `STAMP`; a file id may be larger than what SQLite holds as a number."""
    return stamp.size, stamp.mtime_ns, stamp.ctime_ns, str(stamp.file_id), int(stamp.online_only)


def to_stamp(r: Any) -> Stamp:
    """Return the stamp of its columns."""
    return Stamp(r[0], r[1], r[2], int(r[3]), bool(r[4]))


def to_known(r: Any) -> Known:
    """Return what is known of a file, of its columns."""
    return Known(
        ItemId(r[0]), to_path(r[1]), to_stamp(r[2:7]), r[7] is not None, r[8] is not None, bool(r[9])
    )


def to_item(r: tuple[object, ...]) -> Item:
    """Return an item; raise Damaged if its row is not as it was written."""
    checked(r[:-1])
    path = to_path(r[1])  # type: ignore[arg-type]
    kind = Kind(str(r[2]))
    return Item(
        id=ItemId(str(r[0])),
        path=path,
        kind=kind,
        title=str(r[3]),
        author=str(r[4]) or (clean(author_of(path)) if kind in (Kind.NOTE, Kind.QUESTION) else ""),
        tags=tuple(json.loads(str(r[5]))),
        note=str(r[6]),
        url=None if r[7] is None else str(r[7]),
        size=int(r[8]),  # type: ignore[call-overload]
        modified=to_moment(r[9]),  # type: ignore[arg-type]
        added=to_moment(r[10]),  # type: ignore[arg-type]
        digest=str(r[11]),
        online_only=bool(r[12]),
        truncated=str(r[-1] or ""),
        hyperlinks=tuple(json.loads(str(r[13]))),
        is_list_entry=r[14] is not None,
        level=str(r[LEVEL]),
    )


def checked(r: Any) -> Any:
    """Return a row without its checksum; raise Damaged if it is not as it was written."""
    if checksum(*r[:-1]) != r[-1]:
        raise Damaged(damaged("a row is not as it was written"))
    return r[:-1]


def checked_text(r: Any) -> Any:
    """Return the row of a text without its checksum; raise Damaged if it is not as it was written."""
    if text_checksum(*r[:-1]) != r[-1]:
        raise Damaged(damaged("a text is not as it was written"))
    return r[:-1]


def text_checksum(key: str, size: int, about: str, passages: bytes, terms: bytes) -> int:
    """Return what `checked` must be for the row of a text."""
    return checksum(key, size, about, crc32(passages), crc32(terms))


def to_text(key: str | None, r: Any) -> tuple[bytes, bytes]:
    """Return the packed passages and terms of an item with this text key; empty if it has none."""
    if key is None:
        return b"", b""
    if r[0] is None:
        raise Damaged(damaged("an item has lost its text"))
    _, _, _, passages, terms = checked_text(r)
    return passages, terms


def file_title(path: RelPath) -> str:
    """Return the title an item has by its name alone: that of a note is the name of the file it is on."""
    on = note_of(path)
    return clean(PurePosixPath(on).name if on else PurePosixPath(path).stem or path)


def hyperlink_words(links: Iterable[Link]) -> list[str]:
    """Return what of the links in a text is searched: the first thousand, each with its words, up to a limit in all."""
    found, room = [], _LINKS_ROOM
    for link in islice((link for link in links if link.url), 1000):
        found.append(clean(f"{link.url} {link.title}".strip()))
        room -= len(found[-1])
        if room <= 0:
            break
    return found
