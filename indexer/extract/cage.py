"""How are reading processes run from outside? They are watched, killed beyond their limits and replaced."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

from indexer.errors import Reason
from indexer.extract.reading_process import SURELY_FITS, Cell, Limits, TooMuch
from indexer.extract.worker import Job
from indexer.model.readings import Reading

_LOOK_EVERY_S = 0.25
_AHEAD = 8
"""The most files a process has: one it reads, the others in its pipe."""
_RENEW_ABOVE = 160 << 20
"""Bytes; a process that keeps more between files is replaced."""


@dataclass(slots=True)
class Cage:
    """A pool of reading processes. One more than `size` is kept for urgent files."""

    size: int
    limits: Limits
    folder: Path
    """What the processes may read, besides Python and the system."""
    scratch: Path | None = None
    """Where each gets a directory to write in; None: the system's temporary directory."""
    _cells: list[Cell] = field(default_factory=list)
    _waiting: deque[tuple[str, Job]] = field(default_factory=deque)
    """Files not yet given to a process."""
    _place: tuple[int, int] | None = None
    """Device and inode of the folder the processes may read."""

    def has_room(self, *, urgent: bool) -> bool:
        """Tell whether it can take another file now."""
        if urgent:
            return any(not cell.jobs for cell in self._cells) or len(self._cells) <= self.size
        return len(self._waiting) < self.size * _AHEAD

    def busy(self) -> set[str]:
        """Return the keys of the files being read, or waiting to be."""
        return {key for cell in self._cells for key, _ in cell.jobs} | {key for key, _ in self._waiting}

    def submit(self, key: str, job: Job, *, urgent: bool = False) -> None:
        """Have `job` read; `collect` gives its reading under `key`. An urgent job waits for no other."""
        self._renew_for_another_folder()
        if urgent:
            cell = next((cell for cell in self._cells if not cell.jobs), None)
            self._give(cell or self._spawn(is_extra=len(self._ordinary()) >= self.size), key, job)
        else:
            self._waiting.append((key, job))
            self._feed()

    def collect(self, timeout_s: float) -> Iterator[tuple[str, Reading]]:
        """Yield readings as soon as there are any; nothing after `timeout_s`."""
        until = time.monotonic() + timeout_s
        found = False
        while not found:
            self._feed()
            busy = self._busy()
            if not busy:
                return
            left = until - time.monotonic()
            ready = wait([cell.pipe for cell in busy], max(0.0, min(left, _LOOK_EVERY_S)))
            for cell in busy:
                key = cell.jobs[0][0]
                reading = self._receive(cell) if cell.pipe in ready else self._past_limits(cell)
                if reading is not None:
                    found = True
                    self._feed()
                    yield key, reading
            if left <= 0:
                return

    def _ordinary(self) -> list[Cell]:
        return [cell for cell in self._cells if not cell.is_extra]

    def _feed(self) -> None:
        """Give waiting files to processes: first to idle and new ones, then in advance to those that are reading."""
        while self._waiting:
            key, job = self._waiting[0]
            ordinary = self._ordinary()
            cell = next((cell for cell in ordinary if not cell.jobs), None)
            if cell is None and len(ordinary) < self.size:
                cell = self._spawn(is_extra=False)
            if cell is None:
                cell = min(ordinary, key=lambda cell: len(cell.jobs))
                room = SURELY_FITS - sum(_packed_size(job) for _, job in list(cell.jobs)[1:])
                if len(cell.jobs) >= _AHEAD or _packed_size(job) > room:
                    return
            self._give(cell, key, job)
            self._waiting.popleft()

    def _give(self, cell: Cell, key: str, job: Job) -> None:
        """Send a job to a process; one that died while idle is replaced; one that died at work is noticed later."""
        try:
            cell.send(job)
        except OSError:
            if not cell.jobs:
                self._end(cell)
                cell = self._spawn(is_extra=cell.is_extra)
                cell.send(job)
        cell.jobs.append((key, job))
        if len(cell.jobs) == 1:
            cell.begin()

    def _busy(self) -> list[Cell]:
        return [cell for cell in self._cells if cell.jobs]

    def retire(self, idle_s: float) -> None:
        """End processes that have been idle for that long."""
        for cell in list(self._cells):
            if not cell.jobs and time.monotonic() - cell.began > idle_s:
                self._end(cell)

    def close(self) -> None:
        """End every process."""
        for cell in list(self._cells):
            self._end(cell)

    def _renew_for_another_folder(self) -> None:
        """End processes started before the folder was replaced: on Linux they may read only the former folder."""
        try:
            status = self.folder.stat()
        except OSError:
            return
        place = (status.st_dev, status.st_ino)
        if place != self._place:
            for cell in list(self._cells):
                self._end(cell, cell.jobs)
        self._place = place

    def _spawn(self, *, is_extra: bool) -> Cell:
        cell = Cell.start(self.limits, self.folder, self.scratch, is_extra=is_extra)
        self._cells.append(cell)
        return cell

    def _receive(self, cell: Cell) -> Reading | None:
        """Return the reply of a process, if it is complete."""
        try:
            packed = cell.receive()
            if packed is None:
                return self._past_limits(cell)
            reading = Reading.unpack(packed)
        except (EOFError, OSError):
            code = self._end(cell)
            return Reading(failure=(Reason.CRASHED, f"the reading process ended (code {code})"))
        except TooMuch:
            self._end(cell)
            return Reading(failure=(Reason.TOO_BIG, "gives more text than one file may have"))
        except ValueError:
            self._end(cell)
            return Reading(failure=(Reason.CRASHED, "the reading process says what no reader does"))
        cell.jobs.popleft()
        if cell.has_leftovers() or cell.memory() > _RENEW_ABOVE:
            self._end(cell, cell.jobs)
        else:
            cell.begin()
        return reading

    def _past_limits(self, cell: Cell) -> Reading | None:
        """End a process that is beyond a limit and say which limit."""
        failure = cell.past_limits(_LOOK_EVERY_S)
        if failure is None:
            return None
        self._end(cell)
        return Reading(failure=failure)

    def _end(self, cell: Cell, unread: Iterable[tuple[str, Job]] | None = None) -> int | None:
        """End a process; other processes read `unread` (None: the files waiting after the one it is reading)."""
        self._cells.remove(cell)
        again = list(cell.jobs)[1:] if unread is None else list(unread)
        self._waiting.extendleft(reversed(again))
        cell.jobs.clear()
        return cell.end()


def _packed_size(job: Job) -> int:
    return len(ForkingPickler.dumps(job))
