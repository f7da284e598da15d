"""What is in the folder? The segments of one state of the page, their live items, and counts of these."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from indexer.model.items import KINDS, Kind
from indexer.page import valid
from indexer.page.counts import Counts
from indexer.page.datafile import DamagedFile, Files, uncontain
from indexer.page.entry import DAY_S, FORMAT, Row, shown, with_facts
from indexer.page.segments import Marks, PageSegment
from indexer.terms.languages import CODES
from indexer.terms.one_line import without_title
from indexer.terms.rows import Numbers

TIES = 2_000
"""The most items of one date that are fully ordered; of more, only the first of some are."""
MOST_SHARING = 200
"""Copies of one item among which the saved copy of a page is looked for."""
NEWEST = 20
"""The number of newest results named in the head, so that they can be shown at once."""


class FormerFormat(DamagedFile):
    """A head has another format than expected."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of an item."""

    segment: PageSegment
    item: int

    @property
    def is_note(self) -> bool:
        """Whether it is a note."""
        return KINDS[int(self.segment.facets.kinds[self.item])] is Kind.NOTE


@dataclass(slots=True)
class Edition:
    """The segments that make up one state of the page, oldest first; the open one, if any, is the last."""

    segments: list[PageSegment] = field(default_factory=list)
    open: PageSegment | None = None
    head: dict[str, Any] = field(default_factory=dict)
    """The facts of its head, as read."""
    missing: list[str] = field(default_factory=list)
    """Roots that can't be read."""
    _marks: dict[str, Marks] = field(default_factory=dict)
    _live: dict[str, Numbers] = field(default_factory=dict)
    _facts: tuple[int, dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        """Combine what segments say of one another; later segments win."""
        counts = {segment.id: segment.count for segment in self.segments}
        for segment in self.segments:
            for other, said in segment.marks.items():
                if other in counts:
                    self._marks.setdefault(other, Marks()).add(said)
        for other, said in self._marks.items():
            if any(item >= counts[other] for item in (*said.dead, *said.folds, *said.facts)):
                raise ValueError("a segment marks an item that does not exist")

    @staticmethod
    def read(
        files: Files, head: str, cached: Mapping[str, PageSegment] | None = None, form: int = FORMAT
    ) -> Edition:
        """Read the state with this head; raise DamagedFile if it can't be read, FormerFormat if it has another format."""
        try:
            facts, blobs = uncontain(files.get(head))
            if facts.get("format") != form:
                raise FormerFormat(head)
            valid.head_of(facts, blobs)
            opened = PageSegment.of(files, facts["open"], blobs) if facts.get("open") else None
            names: list[str] = facts["segments"]
        except DamagedFile:
            raise
        except ValueError as error:
            raise DamagedFile(head) from error
        found, missing = [], []
        for name in names:
            try:
                found.append((cached or {}).get(name) or PageSegment.read(files, name))
            except DamagedFile:
                missing.append(name)
            if sum(map(len, chain.from_iterable(segment.blobs for segment in found))) > valid.MOST_BYTES:
                raise DamagedFile(head)
        every = [*found, *([opened] if opened else [])]
        if (
            len({segment.id for segment in every}) < len(every)
            or sum(s.count for s in every) > valid.MOST_ITEMS
        ):
            raise DamagedFile(head)
        try:
            return Edition(every, opened, facts, missing)
        except ValueError as error:
            raise DamagedFile(head) from error

    def marks_of(self, segment: PageSegment) -> Marks:
        """Return what others say of a segment's items."""
        return self._marks.get(segment.id) or Marks()

    def live(self, segment: PageSegment) -> Numbers:
        """Return the live items of a segment, ascending."""
        if segment.id not in self._live:
            self._live[segment.id] = segment.live(self.marks_of(segment).dead)
        return self._live[segment.id]

    def find(self, idents: Collection[int]) -> dict[int, Spot]:
        """Return the places of some items; missing ones are left out."""
        wanted = np.fromiter(idents, np.uint64, len(idents))
        found = {}
        for segment in self.segments:
            live = self.live(segment)
            own = segment.names.idents[live]
            for at in np.flatnonzero(np.isin(own, wanted)).tolist():
                found[int(own[at])] = Spot(segment, int(live[at]))
        return found

    def shown(self) -> dict[int, int]:
        """Return each live item with the digest of what is shown of it."""
        found: dict[int, int] = {}
        for segment in self.segments:
            live, names = self.live(segment), segment.names
            found.update(zip(names.idents[live].tolist(), names.shown[live].tolist(), strict=True))
            for item in self.marks_of(segment).facts.keys() & set(live.tolist()):
                found[int(names.idents[item])] = self.digest_of(Spot(segment, item))
        return found

    def digest_of(self, spot: Spot) -> int:
        """Return the digest of what is shown of an item."""
        digest = int(spot.segment.names.shown[spot.item])
        facts = self.marks_of(spot.segment).facts.get(spot.item)
        return digest if facts is None else with_facts(digest, facts)

    def rows(self) -> Iterator[Row]:
        """Yield what is shown of each live item."""
        for segment in self.segments:
            for _, row, _ in self.rows_in(segment, self.live(segment).tolist()):
                if row is not None:
                    yield row

    def rows_in(self, segment: PageSegment, items: Iterable[int]) -> Iterator[tuple[int, Row | None, str]]:
        """Yield (item, row, name of its text file) for some items of a segment, in order."""
        return segment.rows(items, self.marks_of(segment).facts)

    def row_at(self, spot: Spot) -> tuple[Row | None, str]:
        """Return the row of an item and the name of its text file."""
        _, row, text = next(self.rows_in(spot.segment, [spot.item]))
        return row, text

    def with_contents(self, contents: Collection[int]) -> Iterator[tuple[Spot, int]]:
        """Yield the live items with one of these content numbers, and that number."""
        wanted = np.fromiter(contents, np.uint64, len(contents))
        for segment in self.segments:
            live = self.live(segment)
            own = segment.names.contents[live]
            for at in np.flatnonzero(np.isin(own, wanted)).tolist():
                yield Spot(segment, int(live[at])), int(own[at])

    def twice(self) -> Iterator[Spot]:
        """Yield all but the last place of items that are in several segments, which only damage can cause."""
        idents = np.concatenate(
            [segment.names.idents[self.live(segment)] for segment in self.segments]
            or [np.zeros(0, np.uint64)]
        )
        found, counts = np.unique(idents, return_counts=True)
        several = {int(ident) for ident in found[counts > 1]}
        last = self.find(several)
        for segment in self.segments if several else ():
            for item in self.live(segment).tolist():
                ident = int(segment.names.idents[item])
                if ident in several and last[ident] != Spot(segment, item):
                    yield Spot(segment, item)

    # --- counts -----------------------------------------------------------------------------------

    def facts(self, now: int) -> dict[str, Any]:
        """Return the counts of a head over all live items, counted as results: copies as one."""
        week = now // DAY_S // 7
        if self._facts is None or self._facts[0] != week:
            self._facts = week, self._count(now)
        return self._facts[1]

    def _count(self, now: int) -> dict[str, Any]:
        counts = Counts()
        length, languages = 0, set()
        for segment in self.segments:
            live = self.live(segment)
            length += int(segment.columns.lengths[live].sum())
            languages |= set(np.unique(segment.columns.languages[live]).tolist())
            counts.add(segment, live)
        spoken = sorted(CODES[number] for number in languages if number)
        items = sum(len(self.live(segment)) for segment in self.segments)
        home = {**counts.home(now), "newest": self._newest_numbers()}
        return {"items": items, "length": length, "languages": spoken, "home": home}

    def _newest_numbers(self) -> list[list[Any]]:
        """Return [segment, item, [[segment, item] of a copy, …]] of the newest results."""
        number = {segment.id: place for place, segment in enumerate(self.segments)}

        def numbers(spot: Spot) -> list[Any]:
            return [number[spot.segment.id], spot.item]

        return [[*numbers(one.spot), [*map(numbers, one.copies)]] for one in self.newest(NEWEST)]

    def beginning(self, one: Newest, length: int) -> str:
        """Return the beginning of an item's text."""
        try:
            passages = one.spot.segment.passages(one.text, one.row) if one.text else []
        except ValueError:
            return ""
        return without_title(passages[0][0], one.row.title)[:length] if passages else ""

    def newest(self, count: int) -> list[Newest]:
        """Return the newest results, fewer if most of the newest items are copies."""
        best: list[tuple[int, Spot]] = []
        for segment in self.segments:
            live = self.live(segment)
            dates = (segment.columns.days * DAY_S + segment.times())[live]
            if wanted := min(len(live), 4 * count):
                limit = np.partition(dates, len(dates) - wanted)[-wanted]
                latest = np.flatnonzero(dates > limit).tolist()
                latest += np.flatnonzero(dates == limit).tolist()[:TIES]  # their paths decide
                best += [(-int(dates[at]), Spot(segment, int(live[at]))) for at in latest]
        best.sort(key=lambda one: one[0])
        last = best[: 4 * count][-1][0] if best else 0
        dated: dict[str, dict[int, int]] = {}
        segments = {segment.name: segment for segment in self.segments}
        for date, spot in best:
            if date <= last:
                dated.setdefault(spot.segment.name, {})[spot.item] = date
        found = [
            (dates_of[item], Newest(Spot(segments[name], item), row, text))
            for name, dates_of in dated.items()
            for item, row, text in self.rows_in(segments[name], dates_of)
            if row is not None
        ]
        found.sort(key=lambda one: (one[0], shown(one[1].row.path).encode(), one[1].row.id))
        first: dict[int, Newest] = {}
        for number, (_, one) in enumerate(found):
            first.setdefault(one.content or -1 - number, one)
        newest = list(first.values())[:count]
        copies: dict[int, list[Spot]] = {}
        for spot, content in self.with_contents({one.content for one in newest if one.content}):
            copies.setdefault(content, []).append(spot)
        for one in newest:
            one.copies += [spot for spot in copies.get(one.content, ()) if spot != one.spot]
        return [self._with_copy(self._with_notes(one)) if one.copies else one for one in newest]

    def _with_notes(self, one: Newest) -> Newest:
        """Return a result with its notes, latest first; if it is about a note, then about the item that has it."""
        every = [one.spot, *one.copies]
        notes = [spot for spot in every if spot.is_note]
        if not notes:
            return one
        items = self._latest([spot for spot in every if not spot.is_note])
        if one.row.facts.note_on and items:
            one = items[0]
        one.copies = [spot for spot in every if spot != one.spot]
        one.notes = [note for note in self._latest(notes) if any(map(note.is_on, (one, *items)))]
        return one

    def _with_copy(self, one: Newest) -> Newest:
        """Return a result with the saved copy of its page if it is a link; that stands first which others stand back for."""
        if one.row.kind is not Kind.LINK and not one.row.stands_back:
            return one
        spots = (spot for spot in one.copies[:MOST_SHARING] if not spot.is_note)
        rows = ((spot, *self.row_at(spot)) for spot in spots)
        every = [one, *(Newest(spot, row, text) for spot, row, text in rows if row is not None)]
        first = min(every, key=lambda other: other.row.stands_back)  # of equals the first
        first.copies = [spot for spot in (one.spot, *one.copies) if spot != first.spot]
        first.notes = one.notes
        first.saved = next(
            (other.row for other in every if other is not first and other.row.is_saved_copy), None
        )
        return first

    def _latest(self, spots: list[Spot]) -> list[Newest]:
        """Return some of the latest of these items, latest first."""
        spots = heapq.nlargest(NEWEST, spots, key=lambda spot: int(spot.segment.columns.days[spot.item]))
        rows = ((spot, *self.row_at(spot)) for spot in spots)
        found = [Newest(spot, row, text) for spot, row, text in rows if row is not None]
        return sorted(found, key=lambda one: (-one.row.date, shown(one.row.path).encode()))


@dataclass(slots=True)
class Newest:
    """One of the newest results."""

    spot: Spot
    row: Row
    text: str
    """Name of the file that has its text."""
    copies: list[Spot] = field(default_factory=list)
    """The others that are one result with it: copies and notes."""
    notes: list[Newest] = field(default_factory=list)
    """The notes on it and its copies, latest first."""
    saved: Row | None = None
    """The saved copy of the page behind it, if it is a link."""

    def is_on(self, other: Newest) -> bool:
        """Tell whether it is a note on that item."""
        facts, row = self.row.facts, other.row
        return (facts.note_on, facts.note_link) == (shown(row.path), row.url if row.is_list_entry else "")

    @property
    def content(self) -> int:
        """The number of its content."""
        return int(self.spot.segment.names.contents[self.spot.item])
