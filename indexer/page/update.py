"""How are the page's data brought up to date? By writing as little as possible of what differs from the folder.

New items go to the open segment, removed ones are marked, and now and then segments are merged; docs/page-format.md has
the rules. Everything needed to go on is in the folder itself: whoever publishes next begins with what is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from indexer.model.items import ItemId
from indexer.model.team import TeamData
from indexer.page import told
from indexer.page.checking import Checker
from indexer.page.datafile import DamagedFile, contain
from indexer.page.differences import Comparison, Differences, Source
from indexer.page.edition import Edition, FormerFormat, Spot
from indexer.page.entry import FORMAT, fold_of, shown_digest
from indexer.page.making import Part, make
from indexer.page.merges import CHANGE_BYTES, OPEN_BYTES, OPEN_CHANGES, level_of, next_merge
from indexer.page.segments import Marks, PageSegment, Standing
from indexer.page.writer import DataFiles

AT_ONCE_ITEMS = 256
"""Segments of up to this many items are rewritten by the publish that removes one of them."""
_MOST_MERGES = 1000


@dataclass(frozen=True, slots=True)
class State:
    """The result of one publish."""

    head: str
    edition: Edition
    removed: frozenset[int]
    """Items that are gone for good."""
    rewritten: frozenset[str]
    """Files written only because something was removed."""
    damaged: int
    """The number of segments and heads that were missing or not as written."""
    is_disowned: bool
    """Something there had a former format, or contradicts this machine's catalogue: nothing of it stays."""
    standings: Mapping[str, Standing]
    """The standings of the segments by the names of their files; that of the open one by the name of the head."""
    told: frozenset[str] = frozenset()
    """The files of what the page is told of the team."""


@dataclass(slots=True)
class Update:
    """One publish of the data files."""

    files: DataFiles
    source: Source
    now: int
    text_limit: int
    synonyms: list[Any] = field(default_factory=list)
    team: TeamData = told.NOTHING
    cached: dict[str, PageSegment] = field(default_factory=dict)
    """Segments that were read before, by name."""
    standings: Mapping[str, Standing] = field(default_factory=dict)
    """The standings of segments that this machine has written or compared, as in `State`."""
    verify: bool = True
    anew: bool = False
    """Write every entry with a text here again, whatever is there."""
    at_once: bool = False
    """Leave nothing of removed items, not even in large segments."""
    _head: str = ""
    _is_disowned: bool = False
    _rewritten: set[str] = field(default_factory=set)
    _removed: dict[str, set[int]] = field(default_factory=dict)
    """Segment id to its items that are gone for good."""

    def run(self, heads: tuple[str, str], changed: Collection[ItemId] | None) -> State:
        """Bring the first readable state of these heads up to date with the source; return the result.

        `changed` are the items that may differ; None: any.
        """
        before, damaged = self._read(heads)
        if damaged or self.anew or self._head != heads[0]:
            changed = None
        before, doubted = self._checked(before, changed)
        changed = None if self._is_disowned or changed is None else dict.fromkeys(changed)  # each once
        comparison = Comparison(self.source, self.text_limit, before, doubted, self.anew)
        differences = comparison.of(changed)
        spots = before.find(differences.gone | differences.contents.keys())
        dead = [*spots.values(), *(before.twice() if changed is None else ())]
        removed = {ident: spot for ident, spot in spots.items() if ident in differences.gone}
        for spot in removed.values():
            self._removed.setdefault(spot.segment.id, set()).add(spot.item)
        state = self._compact(self._add(before, dead, differences))
        team = told.put(self.files, self.team)
        head = self._write_head(before, state, team)
        standings = {segment.name or head: segment.standing for segment in state.segments}
        return State(
            head, state, frozenset(removed), frozenset(self._rewritten), damaged, self._is_disowned, standings,
            frozenset(told.names_in({"team": team})),
        )  # fmt: skip

    # --- the state in the folder ------------------------------------------------------------------

    def _read(self, heads: tuple[str, str]) -> tuple[Edition, int]:
        """Return the first readable state without its damaged segments, and the number of these."""
        damaged = 0
        for head in filter(None, heads):
            try:
                found = Edition.read(self.files, head, self.cached)
            except FormerFormat:
                self._is_disowned = True
                continue
            except DamagedFile:
                damaged += 1
                self._is_disowned |= self.files.is_whole(head)  # somebody wrote it so
                continue
            self._head = head
            self._is_disowned |= any(map(self.files.is_whole, found.missing))
            whole = [segment for segment in found.segments if not self.verify or self._is_whole(segment)]
            damaged += len(found.missing) + len(found.segments) - len(whole)
            if len(whole) < len(found.segments):
                found = Edition(whole, found.open if found.open in whole else None)
            least = Standing.WHOLE if damaged else Standing.LIVE  # dead items of a segment may live again
            for segment in found.segments:
                known = self.standings.get(segment.name or head, Standing.DOUBTFUL)
                segment.standing = known if known >= least else Standing.DOUBTFUL
            return found, damaged
        return Edition(), damaged

    def _is_whole(self, segment: PageSegment) -> bool:
        try:
            damaged = [name for name in segment.file_names() if not self.files.is_whole(name)]
        except ValueError:
            return False
        return not damaged

    def _checked(self, before: Edition, changed: Collection[ItemId] | None) -> tuple[Edition, Set[int]]:
        """Return the state without segments that can't be believed, and the items of which these may have said false things."""
        if all(segment.standing for segment in before.segments):
            return before, frozenset()
        checker = self._checker(before)
        wrong = [one for one in before.segments if not one.standing and not checker.is_readable(one)]
        before = checker.state = self._without(before, wrong)
        doubted: set[int] = set()
        wrong = []
        for segment in before.segments:
            if segment.standing:
                continue
            if self.anew:
                doubted.update(segment.names.idents.tolist())
                continue
            found = checker.doubted(
                segment, None if changed is None else {int(item_id, 16) for item_id in changed}
            )
            doubted |= found or set()
            wrong += [segment] if found is None else []
        if wrong:  # items that they called dead live again in other segments, and nobody has compared them
            wrong = [
                segment
                for segment in before.segments
                if segment in wrong or segment.standing < Standing.WHOLE
            ]
        return self._without(before, wrong), doubted

    def _checker(self, before: Edition) -> Checker:
        told: dict[int, int] = {}
        textless: set[int] = set()
        for item, source in self.source.items():
            told[int(item.id, 16)] = shown_digest(item, source, self.text_limit)
            if not source:
                textless.add(int(item.id, 16))
        untold = {int(item_id, 16) for item_id in self.source.untold()}
        return Checker(self.files, self.source, self.text_limit, before, told, textless, untold)

    def _without(self, state: Edition, wrong: list[PageSegment]) -> Edition:
        if not wrong:
            return state
        self._is_disowned = True
        left = [segment for segment in state.segments if segment not in wrong]
        return Edition(left, state.open if state.open in left else None)

    # --- adding -----------------------------------------------------------------------------------

    def _add(self, before: Edition, dead: list[Spot], differences: Differences) -> Edition:
        """Return the state with new items and marks in its open segment, or in a sealed one if they are many."""
        if not (dead or differences.contents or differences.facts):
            return before
        opened = before.open
        sealed = [segment for segment in before.segments if segment is not opened]
        marks = _restricted(opened.marks if opened else {}, {segment.id for segment in sealed})
        of_open = Marks()
        of = {
            segment.id: of_open if segment is opened else marks.setdefault(segment.id, Marks())
            for segment in before.segments
        }
        for spot in dead:
            of[spot.segment.id].dead.add(spot.item)
        for ident, spot in before.find(differences.facts.keys()).items():
            of[spot.segment.id].facts[spot.item] = differences.facts[ident]
        shared = self._note_shared(before, differences, {(spot.segment.id, spot.item) for spot in dead}, of)
        marks = {segment: said for segment, said in marks.items() if said != Marks()}
        parts = []
        if opened:
            live = np.asarray([n for n in before.live(opened).tolist() if n not in of_open.dead], np.int64)
            parts.append(Part(opened, live, of_open, self._removed.get(opened.id, ())))
        items = len(differences.contents) + sum(len(part.live) for part in parts)
        changes = max(
            items, sum(len(said.dead) + len(said.facts) for said in marks.values())
        )  # an edit is both
        is_open = changes <= OPEN_CHANGES
        root, blobs = make(
            self.files, parts, differences.entries, text_limit=self.text_limit, shared=shared, marks=marks,
            salt=self._head, level=level_of(changes), is_open=is_open, indexed=self.source.indexed,
            digests=differences.digests,
        )  # fmt: skip
        size = sum(map(len, blobs))
        if is_open and size > OPEN_BYTES:  # else each further change would write a long item again
            is_open, root["level"] = False, level_of(size // CHANGE_BYTES)
        added = self._segment(root, blobs, [part.segment for part in parts])
        return Edition([*sealed, *added], added[0] if added and is_open else None)

    def _note_shared(
        self, before: Edition, differences: Differences, dead: set[tuple[str, int]], of: Mapping[str, Marks]
    ) -> set[int]:  # fmt: skip
        """Return the fold numbers that new items share; for existing items, note them in the marks of their segments."""
        counts = Counter(filter(None, differences.contents.values()))
        shared = {fold_of(content) for content, count in counts.items() if count > 1}
        for spot, content in before.with_contents(counts.keys()):
            if (spot.segment.id, spot.item) in dead:
                continue
            shared.add(fold_of(content))
            known = {**spot.segment.folds, **before.marks_of(spot.segment).folds}
            if spot.segment is before.open or spot.item not in known:
                of[spot.segment.id].folds[spot.item] = fold_of(content)
        return shared

    def _segment(
        self, root: dict[str, Any], blobs: list[bytes], parts: list[PageSegment]
    ) -> list[PageSegment]:
        """Return a new segment, whose root has no file yet (the next merge may take it in); None if it is empty."""
        if not root["count"] and not root["marks"]:
            return []
        is_doubtful = any(part.standing is Standing.DOUBTFUL for part in parts)
        return [
            PageSegment(
                self.files, root, blobs, standing=Standing.DOUBTFUL if is_doubtful else Standing.WHOLE
            )
        ]

    # --- merging ----------------------------------------------------------------------------------

    def _compact(self, state: Edition) -> Edition:
        """Merge what is due, and rewrite segments that hold text of removed items."""
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

    def _purge(self, state: Edition, segment: PageSegment, *, whole: bool) -> Edition:
        """Rewrite a segment without removed items, or only without their rows."""
        before = set(self.files.written)
        if whole:
            state = self._merge(state, [segment])
            self._save(state)
        else:
            state = self._blank(state, segment, self._removed[segment.id])
        self._rewritten |= self.files.written.keys() - before
        return state

    def _save(self, state: Edition) -> None:
        """Write the roots of sealed segments that have no file yet."""
        for segment in state.segments:
            if segment is not state.open and not segment.name:
                segment.name = self.files.put("r", contain(segment.root, segment.blobs))

    def _merge(self, state: Edition, group: list[PageSegment]) -> Edition:
        """Return the state with some segments merged into one without dead items."""
        others = {segment.id: segment for segment in state.segments if segment not in group}
        marks: dict[str, Marks] = {}
        for segment in group:
            for other, said in _restricted(segment.marks, others.keys()).items():
                marks.setdefault(other, Marks()).add(said)
        for other, said in marks.items():  # a segment in between may have contradicted this since
            latest = state.marks_of(others[other]).facts
            said.facts = {item: latest[item] for item in said.facts}
        parts = [
            Part(segment, state.live(segment), state.marks_of(segment), self._removed.get(segment.id, ()))
            for segment in group
        ]
        salt = "".join([self._head, *(segment.id for segment in group)])
        level = max(segment.root["level"] for segment in group) + (len(group) > 1)
        root, blobs = make(self.files, parts, marks=marks, salt=salt, level=level)
        made = self._segment(root, blobs, group)
        at = state.segments.index(group[-1])
        segments = [*state.segments[:at], *made, *state.segments[at:]]
        return Edition([segment for segment in segments if segment not in group], state.open)

    def _blank(self, state: Edition, segment: PageSegment, items: set[int]) -> Edition:
        """Return the state without the rows of removed items of a large segment."""
        root, blobs = segment.without(items, self.now)
        name = self.files.put("r", contain(root, blobs))
        blanked = PageSegment(self.files, root, blobs, name, segment.standing)
        return Edition([blanked if one is segment else one for one in state.segments], state.open)

    # --- the head ---------------------------------------------------------------------------------

    def _write_head(self, before: Edition, state: Edition, team: dict[str, Any]) -> str:
        """Write the head of a state and return its name; the previous name if nothing differs."""
        facts: dict[str, Any] = {
            "format": FORMAT,
            **state.facts(self.now),
            "synonyms": self.synonyms,
            "segments": [segment.name for segment in state.segments if segment is not state.open],
            "open": state.open.root if state.open else None,
            **({"team": team} if team else {}),
        }
        there = {name: value for name, value in before.head.items() if name not in ("written", "blobs")}
        if self._head and facts == there and before.head["written"] <= self.now:
            return self._head
        return self.files.put(
            "h", contain({**facts, "written": self.now}, state.open.blobs if state.open else [])
        )


def _restricted(marks: dict[str, Marks], ids: Set[str]) -> dict[str, Marks]:
    """Return the marks of segments that still exist."""
    return {other: said for other, said in marks.items() if other in ids}
