"""What is scanned now? That follows from hints, from what must be polled, and from the last full pass."""

from __future__ import annotations

import logging
import queue
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from indexer.daemon.jobs import Outcome
from indexer.daemon.listening import Listener
from indexer.daemon.rounds import POLL_SHARE, Rounds
from indexer.folder.settle import Settle
from indexer.folder.watch import Hint, HintKind
from indexer.model.items import RelPath
from indexer.pipeline.look import Found
from indexer.pipeline.pipeline import Pipeline

MOST_REST_S = 4.0
"""The most seconds that hints wait after a look: a deleted file must be removed within 15 s."""


@dataclass(slots=True)
class Looker:
    """The eyes of the daemon."""

    pipeline: Pipeline
    ears: Listener
    hints: queue.SimpleQueue[Hint]
    """Hints that are not taken in yet."""
    log: logging.LoggerAdapter[logging.Logger]
    looks: int = 0
    """The number of looks so far."""
    _settle: Settle = field(init=False)
    _rounds: Rounds = field(init=False)
    _unreadable: frozenset[RelPath] = frozenset()
    _rests_until: float = 0.0
    """Seconds that hints wait after a slow look."""
    _polls_again: float = float("-inf")
    """When mounts that send no events are next polled."""
    _items: int = 0

    def __post_init__(self) -> None:
        """Apply the settings."""
        watch = self.pipeline.settings.watch
        self._settle = Settle(watch.quiet_s, watch.quiet_max_s, tells_closing=sys.platform == "linux")
        self._rounds = Rounds(watch.full_scan_minutes)

    def take(self, hint: Hint) -> None:
        """Note where something happened."""
        now = self._now()
        if hint.kind is HintKind.CHANGED:
            self._settle.mark(hint.path, now)
        elif hint.kind is HintKind.WRITING:
            self._settle.write(hint.path, now)
        elif hint.kind is HintKind.DONE:
            self._settle.close(hint.path, now, hint.origin)
        else:
            self.want_everything()

    def take_waiting(self) -> None:
        """Take in all hints that are there."""
        with suppress(queue.Empty):
            while True:
                self.take(self.hints.get_nowait())

    def want_everything(self) -> None:
        """Note that something may have been missed."""
        self._rounds.want()

    def next_due(self, now: float) -> float:
        """Return the seconds until hints are followed; infinity if there are none."""
        due = self._settle.next_due(now)
        return float("inf") if due is None else max(due, self._rests_until - now)

    def look(self) -> Outcome:
        """Do the looks that are due; DONE only after a full one, which alone shows that all is well."""
        now = self._now()
        if self._rounds.is_due(now, self._poll_s()):
            self._look_at_everything()
            return Outcome.DONE
        silent = self.ears.silent_places
        if silent and now >= self._polls_again:
            self.look_at(silent, deep=True)
            ended = self._now()
            poll_s = self.pipeline.settings.watch.poll_s
            self._polls_again = ended + max(poll_s, POLL_SHARE * (ended - now))
        if now >= self._rests_until and (due := self._settle.due(now)):
            self.look_at(due)
        return Outcome.WAITS

    def _poll_s(self) -> float | None:
        """Return the seconds between polls of the whole folder; None if events are enough.

        Nothing tells that the folder is back in its place if it went and came between two checks of the mounts.
        """
        return self.pipeline.settings.watch.poll_s if self.pipeline.is_suspended else self.ears.poll_s

    def look_behind_closed_doors(self) -> None:
        """Look whether what could not be read can be read now."""
        if self._unreadable:
            self.look_at(sorted(self._unreadable), deep=True)

    def look_at(self, directories: list[RelPath] | None, *, deep: bool = False) -> None:
        """Scan some directories, with all below if `deep`, or (None) everything."""
        began = self._now()
        try:
            found = self.pipeline.scan(directories, deep=deep)
            report = self.pipeline.note(found, self._still_written(found), patient=True)
        except Exception:
            self.want_everything()  # keep the hints
            raise
        if directories is not None:  # the rate of full passes has its own limit
            now = self._now()
            self._rests_until = now + min(MOST_REST_S, 3 * (now - began))
        self.looks += 1
        if report.added or report.changed or report.moved:
            self.log.info("%d new, %d changed, %d moved", report.added, report.changed, report.moved)
        if directories is None or deep:
            self._note_unreadable(report.unreadable, directories)
        elif not report.unreadable <= self._unreadable:
            self.want_everything()

    def _look_at_everything(self) -> None:
        self._rounds.begin()
        began = self._now()
        try:
            self.look_at(None)
        finally:
            now = self._now()
            self._rounds.end(now, now - began, self._items)
        self._items = self.pipeline.catalogue.items.count()

    def _still_written(self, found: Found) -> Collection[RelPath]:
        self.take_waiting()  # what began to be written while the folder was scanned
        wall_ns = self.pipeline.clock.time_ns()
        return self._settle.put_off(found.fresh, self._now(), wall_ns, found.snapshot.listed)

    def _note_unreadable(self, unreadable: frozenset[RelPath], looked_at: list[RelPath] | None) -> None:
        """Remember what can't be read; what is readable again was not watched meanwhile."""
        healed = {
            path
            for path in self._unreadable - unreadable
            if looked_at is None or any(f"{path}/".startswith(f"{place}/") for place in looked_at)
        }
        self._unreadable = (self._unreadable - healed) | unreadable
        if healed:
            self.ears.listen()
            self.want_everything()

    def _now(self) -> float:
        return self.pipeline.clock.monotonic()
