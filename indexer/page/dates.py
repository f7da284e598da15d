"""Which ids and dates of arrival does the page in a folder give its items? For a machine that begins there.

Nothing else is ever taken over from a page of a former format. Rows of the oldest had 16 places: id, path, address
(percent-encoded; empty if it is the path), title, …, flags at 8 (2: an entry of a list), …, added at 11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

from indexer.model.items import ItemId, RelPath
from indexer.model.notes import note_of
from indexer.page import writer
from indexer.page.belonging import choose_location
from indexer.page.datafile import DamagedFile
from indexer.page.edition import Edition, FormerFormat
from indexer.page.entry import FORMAT, MOST_SECONDS, item_id, moment_of, rel_path, whole_number
from indexer.page.segments import PER_ABOUT, PageSegment
from indexer.page.writer import DataFiles

WITHOUT_SITES, FORMER = 3, 2
"""Former formats: rows were as they are, and otherwise."""
_PLACES, _LIST_ENTRY = 16, 2


@dataclass(frozen=True, slots=True)
class Dates:
    """When items were added, by the page in a folder."""

    files: Mapping[RelPath, tuple[ItemId, datetime]] = field(default_factory=dict)
    """Id and date of each file, by path."""
    entries: Mapping[ItemId, datetime] = field(default_factory=dict)
    """Dates of links of lists and of mails of mailboxes."""
    notes: Mapping[RelPath, RelPath] = field(default_factory=dict)
    """On which file each note is whose name doesn't say so, by their paths."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a row says about an item."""

    id: ItemId
    path: RelPath
    added: int
    is_list_entry: bool
    note_on: str = ""


_Teller = Callable[[Edition, PageSegment, list[int]], Iterator[_Told]]


def published_dates(folder: Path) -> Dates:
    """Return ids and dates from the page in the folder; none if there is no readable page."""
    location = choose_location(folder)
    files = DataFiles(location.directory)
    for head in filter(None, writer.heads(location)):
        try:
            return _dates(_told(files, head))
        except DamagedFile:
            continue
    return Dates()


def _dates(told: Iterator[_Told]) -> Dates:
    ids: set[ItemId] = set()
    by_path: dict[RelPath, tuple[ItemId, datetime]] = {}
    entries: dict[ItemId, datetime] = {}
    notes: dict[RelPath, RelPath] = {}
    for one in told:
        if one.id in ids:
            continue
        ids.add(one.id)
        if one.is_list_entry:
            entries[one.id] = moment_of(one.added)
        else:
            by_path.setdefault(one.path, (one.id, moment_of(one.added)))
            if one.note_on and one.note_on != note_of(one.path):
                notes[one.path] = rel_path(one.note_on)
    return Dates(by_path, entries, notes)


def _told(files: DataFiles, head: str) -> Iterator[_Told]:
    """Yield ids and dates of the live items of a state; raise DamagedFile if there is no such state."""
    state, told = _read(files, head)
    for segment in state.segments:
        try:
            items = state.live(segment).tolist()
            yield from list(told(state, segment, items))
        except Exception:  # noqa: BLE001 - foreign bytes: whichever way a segment is wrong, the others may be right
            continue


def _read(files: DataFiles, head: str) -> tuple[Edition, _Teller]:
    """Return a state in whatever format, and what reads its rows; raise DamagedFile if there is no such state."""
    for form in (FORMAT, WITHOUT_SITES):
        with suppress(FormerFormat):
            return Edition.read(files, head, form=form), _told_in
    return Edition.read(files, head, form=FORMER), _formerly_told_in


def _told_in(state: Edition, segment: PageSegment, items: list[int]) -> Iterator[_Told]:
    for _, row, _ in state.rows_in(segment, items):
        if row:
            yield _Told(row.id, row.path, row.added, row.is_list_entry, row.facts.note_on)


def _formerly_told_in(_: Edition, segment: PageSegment, items: list[int]) -> Iterator[_Told]:
    page, rows = -1, []
    for item in items:
        if item // PER_ABOUT != page:
            page = item // PER_ABOUT
            rows = segment.about(page)[1]
        row = rows[item % PER_ABOUT]
        if row is None:
            continue
        if not isinstance(row, list) or len(row) != _PLACES:
            raise ValueError("not a row")
        path = rel_path(row[1])
        if row[2]:
            path = rel_path(unquote_to_bytes(rel_path(row[2])).decode("utf-8", "surrogateescape"))
        added = whole_number(row[11], MOST_SECONDS, -MOST_SECONDS)
        yield _Told(item_id(row[0]), path, added, bool(whole_number(row[8], 7) & _LIST_ENTRY))
