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
from indexer.page.datafile import DamagedFile, Files, uncontain
from indexer.page.entry import DAY_S, FORMAT, Row, shown, with_facts
from indexer.page.segments import Marks, PageSegment
from indexer.terms.languages import CODES
from indexer.terms.one_line import without_title
from indexer.terms.rows import Numbers

MOST_VALUES = 50
"""The most people, tags and so on that are counted in the head."""
WEEKS = 53
TIES = 2_000
"""The most items of one date that are fully ordered; of more, only the first of some are."""
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
        counts = _Counts()
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
        return [self._with_notes(one) if one.copies else one for one in newest]

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

    def is_on(self, other: Newest) -> bool:
        """Tell whether it is a note on that item."""
        facts, row = self.row.facts, other.row
        return (facts.note_on, facts.note_link) == (shown(row.path), row.url if row.is_list_entry else "")

    @property
    def content(self) -> int:
        """The number of its content."""
        return int(self.spot.segment.names.contents[self.spot.item])


class _Counts:
    """Results by value, copies counted once in each."""

    def __init__(self) -> None:
        self._days: list[Numbers] = []
        self._contents: list[Numbers] = []
        self._values: dict[str, list[Numbers]] = {name: [] for name in ("kind", "department", "person")}
        self._tags: list[tuple[Numbers, Numbers]] = []
        self._names: dict[str, dict[str, int]] = {
            name: {} for name in ("kind", "department", "person", "tag")
        }
        self._count = 0

    def add(self, segment: PageSegment, live: Numbers) -> None:
        """Add the live items of a segment."""
        facets = segment.facets
        self._days.append(segment.columns.days[live])
        self._contents.append(segment.names.contents[live].astype(np.int64))
        departments = [folder.partition("/")[0] for folder in facets.folders]
        kinds = list(map(str, KINDS))
        self._values["kind"].append(self._numbers("kind", kinds)[facets.kinds[live]])
        self._values["department"].append(self._numbers("department", departments)[facets.folder[live]])
        self._values["person"].append(self._numbers("person", ["", *facets.people])[facets.person[live]])
        place = np.full(segment.count, -1, np.int64)
        place[live] = np.arange(self._count, self._count + len(live))
        owners = np.repeat(place, facets.tag_counts)
        numbers = self._numbers("tag", facets.tags)[facets.tag] if len(facets.tag) else facets.tag
        self._tags.append((owners[owners >= 0], numbers[owners >= 0]))
        self._count += len(live)

    def _numbers(self, name: str, values: Iterable[str]) -> Numbers:
        known = self._names[name]
        return np.asarray([known.setdefault(value, len(known)) for value in values], np.int64)

    def home(self, now: int) -> dict[str, Any]:
        """Return the counts in the form of a head."""
        none = np.zeros(0, np.int64)
        days = np.concatenate([*self._days, none])
        group = _groups(np.concatenate([*self._contents, none]))
        home: dict[str, Any] = {"total": int((group < 0).sum()) + int(group.max(initial=-1)) + 1}
        for name, parts in self._values.items():
            home[name] = self._top(name, np.concatenate([*parts, none]), group)
        owners = np.concatenate([*(owner for owner, _ in self._tags), none])
        home["tag"] = self._top("tag", np.concatenate([*(tag for _, tag in self._tags), none]), group[owners])
        years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        home["year"] = [[str(year), count] for year, count in sorted(_counted(years, group).items())[::-1]]
        home["weeks"] = _weeks(days, group, now)
        return home

    def _top(self, name: str, values: Numbers, group: Numbers) -> list[list[Any]]:
        names = list(self._names[name])
        counts = ((names[value], count) for value, count in _counted(values, group).items() if names[value])
        return [list(pair) for pair in sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]]


def _groups(contents: Numbers) -> Numbers:
    """Return for each item the number of its group of copies, -1 if it has none."""
    found, inverse, counts = np.unique(contents, return_inverse=True, return_counts=True)
    several = (counts > 1) & (found != 0)
    numbers = np.where(several, np.cumsum(several) - 1, -1)
    return numbers[inverse] if len(contents) else contents


def _counted(values: Numbers, group: Numbers) -> dict[int, int]:
    """Return the number of results of each value: items without copies, and groups of copies."""
    if not len(values):
        return {}
    low = int(values.min())
    alone = group < 0
    counts = np.bincount(values[alone] - low, minlength=int(values.max()) - low + 1)
    groups = int(group.max(initial=0)) + 1
    several = np.unique((values[~alone] - low) * groups + group[~alone]) // groups
    counts += np.bincount(several, minlength=len(counts))
    return {low + value: int(counts[value]) for value in np.flatnonzero(counts).tolist()}


def _weeks(days: Numbers, group: Numbers, now: int) -> list[list[int]]:
    """Return [day of a Monday, results] of the last weeks, oldest first; day 0 was a Thursday."""
    this = (now // DAY_S + 3) // 7
    weeks = (days + 3) // 7
    counts = _counted(weeks[weeks > this - WEEKS], group[weeks > this - WEEKS])
    return [[week * 7 - 3, counts.get(week, 0)] for week in range(this - WEEKS + 1, this + 1)]
