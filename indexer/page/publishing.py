"""One publish of the data: what differs from what stands in the folder, written as little as can be.

New items go to the open segment, what is gone is marked, and now and then segments are merged; docs/page-format.md has the
rules. Everything that is needed to go on stands in the folder itself: whoever publishes next begins with what is there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Protocol

import numpy as np

from indexer import postings
from indexer.model import Item, ItemId, Passage, RelPath
from indexer.page.datafile import DamagedFile, contain
from indexer.page.deliver import DataFiles
from indexer.page.entry import (
    CODES,
    FLAGS,
    FORMAT,
    KINDS,
    LIST_ENTRY,
    NOTE_ONLY,
    PATH,
    PLACE,
    TEXT,
    PageEntry,
    Row,
    content_number,
    fold_of,
    row_of,
    shown,
    shown_digest,
)
from indexer.page.making import Part, make
from indexer.page.merges import OPEN_CHANGES, level_of, next_merge
from indexer.page.published import Published, Spot
from indexer.page.segments import Marks, Segment

AT_ONCE_ITEMS = 256
"""Segments up to that size are rewritten by the publish that removes one of their items."""
_MOST_MERGES = 1000


class Source(Protocol):
    """What should be on the page."""

    def items(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        """Yield each item, or these, with what its text was made of, which is empty where it has none."""
        ...

    def untold(self) -> Mapping[ItemId, RelPath]:
        """Return the files that are there but were not read yet: what the page has of them stays."""
        ...

    def entries(self, ids: Iterable[ItemId]) -> Iterator[PageEntry]:
        """Yield these items in this order; those that should not be on the page are left out."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """What a publish leaves in the folder."""

    head: str
    published: Published
    removed: frozenset[int]
    """Items that are gone for good."""
    rewritten: frozenset[str]
    """Files written only because something was removed."""
    damaged: int
    """How many segments and heads were missing or not as they were written."""


@dataclass(slots=True)
class _Differences:
    """Which items differ, by the numbers of their ids."""

    gone: set[int]
    contents: dict[int, int]
    """New and changed items, with the numbers of their contents."""
    entries: Iterable[PageEntry]


@dataclass(slots=True)
class Publisher:
    """One publish of the data files."""

    files: DataFiles
    source: Source
    now: int
    text_limit: int
    synonyms: list[Any] = field(default_factory=list)
    cached: dict[str, Segment] = field(default_factory=dict)
    """Segments that were read before, by name."""
    verify: bool = True
    anew: bool = False
    """Make every entry that there is a text of anew, whatever stands there."""
    at_once: bool = False
    """Of what is removed nothing stays, not even in large segments."""
    _head: str = ""
    _rewritten: set[str] = field(default_factory=set)
    _removed: dict[str, set[int]] = field(default_factory=dict)
    """By segments' ids, their items that are gone for good."""

    def run(self, heads: tuple[str, str], changed: Collection[ItemId] | None) -> State:
        """Bring the first readable of the states with these heads up to the source; return what it is now.

        `changed` are the items that may differ; None: any may.
        """
        before, damaged = self._read(heads)
        if damaged or self.anew or self._head != heads[0]:
            changed = None
        changed = None if changed is None else dict.fromkeys(changed)  # each once
        differences = self._compare(before, changed)
        spots = before.find(differences.gone | differences.contents.keys())
        dead = [*spots.values(), *(self._twice(before) if changed is None else ())]
        removed = {ident: spot for ident, spot in spots.items() if ident in differences.gone}
        for spot in removed.values():
            self._removed.setdefault(spot.segment.id, set()).add(spot.item)
        state = self._compact(self._add(before, dead, differences))
        head = self._write_head(before, state)
        return State(head, state, frozenset(removed), frozenset(self._rewritten), damaged)

    # --- what stands there ------------------------------------------------------------------------

    def _read(self, heads: tuple[str, str]) -> tuple[Published, int]:
        """Return the first readable state, without segments that are damaged, and how much was damaged."""
        for damaged, head in enumerate(filter(None, heads)):
            try:
                found = Published.read(self.files, head, self.cached)
            except DamagedFile:
                continue
            self._head = head
            whole = [segment for segment in found.segments if not self.verify or self._is_whole(segment)]
            missing = len(found.missing) + len(found.segments) - len(whole)
            if missing:
                found = Published(whole, found.open if found.open in whole else None)
            return found, damaged + missing
        return Published(), int(any(heads))

    def _is_whole(self, segment: Segment) -> bool:
        try:
            damaged = [name for name in segment.file_names() if not self.files.is_whole(name)]
        except (DamagedFile, ValueError, KeyError, TypeError, IndexError):
            return False
        return not damaged

    def _twice(self, before: Published) -> Iterator[Spot]:
        """Yield items that stand in several segments, which only damage can bring about, but for the last of each."""
        idents = np.concatenate(
            [segment.names.idents[before.live(segment)] for segment in before.segments]
            or [np.zeros(0, np.uint64)]
        )
        found, counts = np.unique(idents, return_counts=True)
        several = {int(ident) for ident in found[counts > 1]}
        last = before.find(several)
        for segment in before.segments if several else ():
            for item in before.live(segment).tolist():
                ident = int(segment.names.idents[item])
                if ident in several and last[ident] != Spot(segment, item):
                    yield Spot(segment, item)

    # --- what differs -----------------------------------------------------------------------------

    def _compare(self, before: Published, changed: Collection[ItemId] | None) -> _Differences:
        """Compare the items that may have changed (None: every one) with what stands there; no text is in memory."""
        if changed is None:
            published = before.shown()
        else:
            published = _shown_at(before.find({int(item_id, 16) for item_id in changed}))
        there: set[int] = set()
        fresh: list[tuple[float, int, ItemId, int]] = []
        poor: list[ItemId] = []
        for item, source in self.source.items(changed):
            ident = int(item.id, 16)
            there.add(ident)
            if not self.anew and published.get(ident) == shown_digest(item, source, self.text_limit):
                continue
            if not source and ident in published:
                poor.append(item.id)
            else:
                fresh.append((item.date.timestamp(), ident, item.id, content_number(item)))
        gone = published.keys() - there
        if changed is None:
            fresh.sort()
            gone = self._without_untold(before, gone)
        kept = self._enriched(before, poor)
        entries = chain(kept, self.source.entries(item_id for _, _, item_id, _ in fresh))
        contents = {int(entry.item.id, 16): _content(entry) for entry in kept}
        contents.update({ident: content for _, ident, _, content in fresh})
        return _Differences(gone, contents, entries)

    def _enriched(self, before: Published, poor: Collection[ItemId]) -> list[PageEntry]:
        """Return those items without a text here that differ from the page, with what it knows of the same content."""
        spots = before.find({int(item_id, 16) for item_id in poor})
        made = (self._richer(entry, spots.get(int(entry.item.id, 16))) for entry in self.source.entries(poor))
        return [entry for entry in made if entry is not None]

    def _without_untold(self, before: Published, gone: set[int]) -> set[int]:
        """Return what is gone, but for files that were not read yet, and what is within them."""
        untold = self.source.untold()
        gone = gone - {int(item_id, 16) for item_id in untold}
        paths = set(map(shown, untold.values()))
        within = set()
        for ident, spot in before.find(gone).items() if paths else ():
            _, row, _ = next(spot.segment.rows([spot.item]))
            if row and row[FLAGS] & LIST_ENTRY and row[PATH] in paths:
                within.add(ident)
        return gone - within

    def _richer(self, entry: PageEntry, spot: Spot | None) -> PageEntry | None:
        """Return the entry; with what the page knows of the same content where this machine has no text of it.

        None where then nothing differs.
        """
        if spot is None or entry.passages:
            return entry
        _, row, text = next(spot.segment.rows([spot.item]))
        item, content = entry.item, int(spot.segment.names.contents[spot.item])
        is_unread = item.online_only and not item.digest
        is_same = item.size == row[6] if is_unread and row else content == content_number(item) != 0
        if not row or not text or row[FLAGS] & NOTE_ONLY or not is_same:
            return entry
        if is_unread:
            kind = KINDS[int(spot.segment.facets.kinds[spot.item])]
            links = tuple(" ".join(link) for link in row[9])
            item = replace(item, kind=kind, title=row[3], author=row[4], tags=tuple(row[7]), hyperlinks=links)
        if row_of(item)[:TEXT] == row[:TEXT]:
            return None
        language = CODES[int(spot.segment.columns.languages[spot.item])]
        passages = tuple(Passage(part, page or None) for part, page in self._text(text, row))
        terms = postings.pack([passage.text for passage in passages], language=language)
        return PageEntry(item, entry.source, terms, passages, content)

    def _text(self, name: str, row: Row) -> list[list[Any]]:
        found: list[list[Any]] = json.loads(self.files.get(name))[row[PLACE]]
        return found

    # --- what is added ----------------------------------------------------------------------------

    def _add(self, before: Published, dead: list[Spot], differences: _Differences) -> Published:
        """Return the state with new items and marks in its open segment, or in a sealed one where they are many."""
        if not dead and not differences.contents:
            return before
        opened = before.open
        sealed = [segment for segment in before.segments if segment is not opened]
        marks = _restricted(opened.marks if opened else {}, {segment.id for segment in sealed})
        gone_of_open: set[int] = set()
        for spot in dead:
            if spot.segment is opened:
                gone_of_open.add(spot.item)
            else:
                marks.setdefault(spot.segment.id, Marks()).dead.add(spot.item)
        shared, folds = self._shared(
            before, differences, {(spot.segment.id, spot.item) for spot in dead}, marks
        )
        parts = []
        if opened:
            live = np.asarray([n for n in before.live(opened).tolist() if n not in gone_of_open], np.int64)
            parts.append(Part(opened, live, folds, self._removed.get(opened.id, ())))
        items = len(differences.contents) + sum(len(part.live) for part in parts)
        changes = max(items, sum(len(said.dead) for said in marks.values()))  # an edit is both
        is_open = changes <= OPEN_CHANGES
        root, blobs = make(
            self.files, parts, differences.entries, text_limit=self.text_limit, shared=shared, marks=marks,
            salt=self._head, level=level_of(changes), is_open=is_open,
        )  # fmt: skip
        added = self._segment(root, blobs)
        return Published([*sealed, *added], added[0] if added and is_open else None)

    def _shared(
        self,
        before: Published,
        differences: _Differences,
        dead: set[tuple[str, int]],
        marks: dict[str, Marks],
    ) -> tuple[set[int], dict[int, int]]:
        """Return the folds that new items share, and those of the open segment's items; note the others in `marks`."""
        counts = Counter(filter(None, differences.contents.values()))
        shared = {fold_of(content) for content, count in counts.items() if count > 1}
        of_open: dict[int, int] = {}
        for spot, content in before.with_contents(counts.keys()):
            if (spot.segment.id, spot.item) in dead:
                continue
            shared.add(fold_of(content))
            known = {**spot.segment.folds, **before.marks_of(spot.segment).folds}
            if spot.segment is before.open:
                of_open[spot.item] = fold_of(content)
            elif spot.item not in known:
                marks.setdefault(spot.segment.id, Marks()).folds[spot.item] = fold_of(content)
        return shared, of_open

    def _segment(self, root: dict[str, Any], blobs: list[bytes]) -> list[Segment]:
        """Return a new segment, whose root has no file yet: the next merge may take it in; none where it says nothing."""
        if not root["count"] and not root["marks"]:
            return []
        return [Segment(self.files, root, blobs)]

    # --- what is merged ---------------------------------------------------------------------------

    def _compact(self, state: Published) -> Published:
        """Merge what is due, and rewrite what holds text of removed items."""
        for _ in range(_MOST_MERGES):
            group = next_merge(state, self.now)
            if not group:
                break
            is_purge = len(group) == 1 and "since" in group[0].root
            state = self._purge(state, group[0], whole=True) if is_purge else self._merge(state, group)
        for segment in [*state.segments]:
            is_marked = self.at_once and bool(segment.root.get("since") or state.marks_of(segment).dead)
            if segment is not state.open and (segment.id in self._removed or is_marked):
                state = self._purge(state, segment, whole=self.at_once or segment.count <= AT_ONCE_ITEMS)
        self._save(state)
        return state

    def _purge(self, state: Published, segment: Segment, *, whole: bool) -> Published:
        """Rewrite a segment without removed items, or only what is shown of them."""
        before = set(self.files.written)
        if whole:
            state = self._merge(state, [segment])
            self._save(state)
        else:
            state = self._blank(state, segment, self._removed[segment.id])
        self._rewritten |= self.files.written.keys() - before
        return state

    def _save(self, state: Published) -> None:
        """Write the roots of sealed segments that have no file yet."""
        for segment in state.segments:
            if segment is not state.open and not segment.name:
                segment.name = self.files.put("r", contain(segment.root, segment.blobs))

    def _merge(self, state: Published, group: list[Segment]) -> Published:
        """Return the state with some segments made into one without what is dead."""
        others = {segment.id for segment in state.segments if segment not in group}
        marks: dict[str, Marks] = {}
        for segment in group:
            for other, said in _restricted(segment.marks, others).items():
                mine = marks.setdefault(other, Marks())
                mine.dead |= said.dead
                mine.folds |= said.folds
        parts = [
            Part(
                segment, state.live(segment), state.marks_of(segment).folds, self._removed.get(segment.id, ())
            )
            for segment in group
        ]
        salt = "".join([self._head, *(segment.id for segment in group)])
        level = max(segment.root["level"] for segment in group) + (len(group) > 1)
        root, blobs = make(self.files, parts, marks=marks, salt=salt, level=level)
        made = self._segment(root, blobs)
        at = state.segments.index(group[-1])
        segments = [*state.segments[:at], *made, *state.segments[at:]]
        return Published([segment for segment in segments if segment not in group], state.open)

    def _blank(self, state: Published, segment: Segment, items: set[int]) -> Published:
        """Return the state with nothing shown of removed items of a large segment."""
        root, blobs = segment.without(items, self.now)
        name = self.files.put("r", contain(root, blobs))
        blanked = Segment(self.files, root, blobs, name)
        return Published([blanked if one is segment else one for one in state.segments], state.open)

    # --- the head ---------------------------------------------------------------------------------

    def _write_head(self, before: Published, state: Published) -> str:
        """Write the head of a state and return its name; that of the one before where nothing differs."""
        facts: dict[str, Any] = {
            "format": FORMAT,
            **state.facts(self.now),
            "synonyms": self.synonyms,
            "segments": [segment.name for segment in state.segments if segment is not state.open],
            "open": state.open.root if state.open else None,
        }
        if self._head and facts == {name: before.head.get(name) for name in facts}:
            return self._head
        return self.files.put(
            "h", contain({**facts, "written": self.now}, state.open.blobs if state.open else [])
        )


def _content(entry: PageEntry) -> int:
    return content_number(entry.item) if entry.content is None else entry.content


def _shown_at(spots: dict[int, Spot]) -> dict[int, int]:
    return {ident: int(spot.segment.names.shown[spot.item]) for ident, spot in spots.items()}


def _restricted(marks: dict[str, Marks], ids: set[str]) -> dict[str, Marks]:
    """Return what is said of segments that are still there."""
    return {other: said for other, said in marks.items() if other in ids}
