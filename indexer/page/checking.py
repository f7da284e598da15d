"""Does a segment, perhaps written by somebody else, agree with this machine's catalogue? Nothing is written.

It is made again, once from its own content and once from the catalogue's: both must be the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from indexer.model.items import IS_VALUES, KINDS, ItemId
from indexer.page.datafile import Files, name_of, to_json
from indexer.page.edition import Edition
from indexer.page.entry import DAY_S, PageEntry, Row, fold_of, row_of, shown, with_facts
from indexer.page.making import Part, form_hashes, make, pack_hashes, shown_passages
from indexer.page.segments import Marks, PageSegment, Standing
from indexer.terms.rows import Numbers

_ROOT = {
    "id", "count", "level", "columns", "times", "facets", "names", "abouts", "folds", "marks", "shards", "forms", "since",
    "is", "blobs",
}  # fmt: skip
_ITS_OWN = {"id": "", "level": 0, "folds": [], "marks": {}}


class Entries(Protocol):
    """Where the entries of a catalogue come from."""

    def entries(self, ids: Iterable[ItemId]) -> Iterable[PageEntry]:
        """Yield these items in this order."""
        ...


@dataclass(slots=True)
class _Named:
    """Data files; new ones get only a name and are not written."""

    files: Files

    def put(self, letter: str, raw: bytes) -> str:
        return name_of(letter, raw)

    def get(self, name: str) -> bytes:
        return self.files.get(name)

    def size(self, name: str) -> int:
        return self.files.size(name)


@dataclass(slots=True)
class Checker:
    """Compares segments of a state with the catalogue."""

    files: Files
    source: Entries
    text_limit: int
    state: Edition
    told: Mapping[int, int]
    """Digests of what should be shown, by the numbers of the items' ids."""
    textless: Set[int]
    """Those of them whose text this machine lacks."""
    untold: Set[int]
    """Items about which the catalogue knows nothing yet."""
    _shared: frozenset[int] | None = field(default=None)

    def is_readable(self, segment: PageSegment) -> bool:
        """Tell whether a segment names each of its items once."""
        try:
            return len({*segment.names.idents.tolist()}) == segment.count
        except ValueError:
            return False

    def doubted(self, segment: PageSegment, changed: Set[int] | None) -> set[int] | None:
        """Return the live items of a readable segment that are not proven right; None if it can't be believed.

        Also notes in the segment how far it is proven: one with items the catalogue doesn't know can't be compared as a
        whole, only item by item, and, if it was checked before, only its `changed` ones.
        """
        live, said = self.state.live(segment), self.state.marks_of(segment)
        items = dict(zip(live.tolist(), segment.names.idents[live].tolist(), strict=True))
        same = [item for item, ident in items.items() if self.told.get(ident) == _digest(segment, item, said)]
        if len(same) < segment.count or not self.textless.isdisjoint(items.values()):
            if changed is None and not self._is_well_formed(segment, live):
                return None
            carried = self._carried(segment, items)
            same = [item for item in same if item not in carried]
        doubted = set(items.values()) - {items[item] for item in same}
        if not self.untold.isdisjoint(doubted):
            if changed is None and not self._can_be_merged(segment, live, said):
                return None
            return doubted | self._differing(segment, items, same, changed)
        entries = self.source.entries(ItemId(f"{items[item]:016x}") for item in same)
        expected = make(_Named(self.files), [], entries, text_limit=self.text_limit)
        if not self._is_made_of(segment, np.asarray(same, np.int64), said, expected):
            return None
        segment.standing = Standing.WHOLE if len(same) == segment.count else Standing.LIVE
        return doubted

    def _can_be_merged(self, segment: PageSegment, live: Numbers, said: Marks) -> bool:
        try:
            self._made_again(segment, live, said)
        except Exception:  # noqa: BLE001 - foreign bytes, as below
            return False
        return True

    def _is_well_formed(self, segment: PageSegment, live: Numbers) -> bool:
        """Tell whether a segment could be ours: all of it is readable, and is what we would write."""
        try:
            segment.load()
            return _is_plain(segment) and _is_consistent(segment, live.tolist())
        except Exception:  # noqa: BLE001 - foreign bytes: whichever way they are wrong, nothing of them is used
            return False

    def _carried(self, segment: PageSegment, items: Mapping[int, int]) -> set[int]:
        """Return the items with a text here, but none in the catalogue."""
        textless = [item for item, ident in items.items() if ident in self.textless]
        return {item for item, row, text in segment.rows(textless) if row and text and not row.is_note}

    def _made_again(
        self, segment: PageSegment, items: Numbers, said: Marks
    ) -> tuple[dict[str, Any], list[bytes]]:
        return make(_Named(self.files), [Part(segment, items, said)], keeps_texts=False)

    def _is_made_of(
        self, segment: PageSegment, items: Numbers, said: Marks, expected: tuple[dict[str, Any], list[bytes]]
    ) -> bool:
        """Tell whether some items of a segment agree with the catalogue."""
        try:
            if not (_has_plain_marks(segment) and self._has_right_folds(segment, items, said)):
                return False
            if _is_same((segment.root, segment.blobs), expected):
                return True
            is_well_formed = len(items) < segment.count or self._is_well_formed(segment, items)
            return is_well_formed and _is_same(self._made_again(segment, items, said), expected)
        except Exception:  # noqa: BLE001 - foreign bytes, as above
            return False

    def _has_right_folds(self, segment: PageSegment, items: Numbers, said: Marks) -> bool:
        """Tell whether the fold numbers of items match their contents, and none is missing."""
        if self._shared is None:
            live = [one.names.contents[self.state.live(one)] for one in self.state.segments]
            contents, counts = np.unique(np.concatenate(live), return_counts=True)
            self._shared = frozenset(fold_of(content) for content in contents[counts > 1].tolist() if content)
        for item in items.tolist():
            fold, own = (
                said.folds.get(item) or segment.folds.get(item),
                fold_of(int(segment.names.contents[item])),
            )
            if fold != own and (fold or own in self._shared):
                return False
        return True

    def _differing(
        self, segment: PageSegment, items: Mapping[int, int], same: Iterable[int], changed: Set[int] | None
    ) -> set[int]:
        """Return the items with the right digest that show something else; their words are compared later."""
        wanted = {items[item]: item for item in same if changed is None or items[item] in changed}
        found = set()
        rows = {row.id: (row, text) for _, row, text in self.state.rows_in(segment, wanted.values()) if row}
        for entry in self.source.entries(ItemId(f"{ident:016x}") for ident in wanted):
            row, text = rows[entry.item.id]
            passages = segment.passages(text, row) if text else None
            if not is_shown(entry, row) or passages != shown_passages(entry, self.text_limit):
                found.add(int(entry.item.id, 16))
        return found


def _is_same(one: tuple[dict[str, Any], list[bytes]], other: tuple[dict[str, Any], list[bytes]]) -> bool:
    """Tell whether two segments are equal, apart from their ids and the like."""
    first, second = ({**root, **_ITS_OWN, "blobs": 0} for root, _ in (one, other))
    return to_json(first) == to_json(second) and one[1] == other[1]


def is_shown(entry: PageEntry, row: Row) -> bool:
    """Tell whether a row shows what it should, wherever its text is."""
    there = {**row.encode(), "x": None, "n": None}
    return there == {**row_of(entry.item).encode(), "x": None, "n": None}


def _digest(segment: PageSegment, item: int, said: Marks) -> int:
    digest = int(segment.names.shown[item])
    return with_facts(digest, said.facts[item]) if item in said.facts else digest


def _is_plain(segment: PageSegment) -> bool:
    """Tell whether a segment has only what this version writes."""
    root, facets = segment.root, segment.facets
    values = to_json(
        {"folders": facets.folders, "people": facets.people, "tags": facets.tags, "sites": facets.sites}
    )
    return (
        root.keys() <= _ROOT
        and _has_plain_marks(segment)
        and all(_is_plain_page(segment, page) for page in range(len(root["abouts"])))
        and segment.raw(root["facets"]).startswith(values + b"\n")
        and _is_used(facets.folders, facets.folder)
        and _is_used(facets.people, facets.person[facets.person > 0])
        and _is_used(facets.sites, facets.site[facets.site > 0])
        and _is_used(facets.tags, facets.tag)
        and all(_is_asked_for(value) for value in segment.found_by_is)
    )


def _is_asked_for(value: str) -> bool:
    """Tell whether a filter may ask for a value: of `is:`, `level:` or `on:`."""
    return value in IS_VALUES or value.startswith(("level:", "on:"))


def _has_plain_marks(segment: PageSegment) -> bool:
    return all(
        to_json(said) == to_json(Marks.decode(said).encode()) for said in segment.root["marks"].values()
    )


def _is_plain_page(segment: PageSegment, page: int) -> bool:
    texts, said = segment.about(page)
    rows = [None if one is None else Row.decode(one).encode() for one in said]
    return to_json({"t": texts, "i": rows}) == segment.raw(segment.root["abouts"][page])


def _is_used(values: list[str], numbers: Numbers) -> bool:
    """Tell whether each value occurs once, and some item has it."""
    return len(set(values)) == len(values) == len(np.unique(numbers))


def _is_consistent(segment: PageSegment, live: Collection[int]) -> bool:
    """Tell whether the parts of a segment agree on its live items and its words."""
    hashes: list[Numbers] = []
    firsts = []
    for block in segment.blocks():
        hashes.append(form_hashes(block.keys))
        firsts.append(block.keys[0].decode())
    forms = segment.root["forms"]
    facets = segment.facets
    dates = segment.columns.days * DAY_S + segment.times()
    tags = np.split(facets.tag, np.cumsum(facets.tag_counts)[:-1]) if segment.count else []
    people, sites = ["", *facets.people], ["", *facets.sites]
    found_by_is = {value: {*items} for value, items in segment.found_by_is.items()}
    return (
        firsts == [first for first, *_ in segment.root["shards"]]
        and (len(firsts) > 1) == (forms is not None)
        and (forms is None or segment.raw(forms) == pack_hashes(hashes))
        and all(
            row is not None
            and int(row.id, 16) == int(segment.names.idents[item])
            and row.date == int(dates[item])
            and row.kind is KINDS[int(facets.kinds[item])]
            and row.author == people[int(facets.person[item])]
            and row.site == sites[int(facets.site[item])]
            and {*row.facts.found_by_is} == {value for value, those in found_by_is.items() if item in those}
            and shown(row.path).rpartition("/")[0] == facets.folders[int(facets.folder[item])]
            and list(dict.fromkeys(row.tags)) == [facets.tags[tag] for tag in tags[item].tolist()]
            for item, row, _ in segment.rows(live)
        )
    )
