"""How are reading processes run from outside? They are watched, killed beyond their limits and replaced."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from indexer.errors import Reason
from indexer.extract.reading_process import Cell, Limits, Replies, TooMuch
from indexer.extract.worker import Job
from indexer.model.readings import Reading

_LOOK_EVERY_S = 0.25
_AHEAD_ANYWAY, _AHEAD, _AHEAD_BYTES = 8, 512, 1 << 20
"""The files a process has, one that it reads and others that wait: a few of any size, many if they are small together.

So it doesn't run dry while readings are recorded. Large files, which often take long, wait for whichever process is free.
"""


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
    _replies: Replies = field(default_factory=SimpleQueue)
    _place: tuple[int, int] | None = None
    """Device and inode of the folder the processes may read."""

    def has_room(self, *, urgent: bool) -> bool:
        """Tell whether it can take another file now."""
        if urgent:
            return any(not cell.jobs for cell in self._cells) or len(self._cells) <= self.size
        return not self._waiting or len(self._ordinary()) < self.size or any(map(_has_room, self._ordinary()))

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
        while True:
            self._feed()
            busy = self._busy()
            left = until - time.monotonic()
            patience = max(0.0, min(left, _LOOK_EVERY_S)) if busy else 0.0
            for cell, reply in self._arrived(patience):
                if cell.jobs and cell in self._cells:
                    found = True
                    key = cell.jobs[0][0]
                    yield key, self._received(cell, reply)
            for cell in busy:
                if cell.jobs and cell in self._cells:
                    key = cell.jobs[0][0]
                    if (reading := self._past_limits(cell)) is not None:
                        found = True
                        yield key, reading
            if found or left <= 0 or not busy:
                self._feed()
                return

    def _arrived(self, timeout_s: float) -> Iterator[tuple[Cell, bytes | Exception]]:
        """Wait for replies and yield those that are there."""
        with suppress(Empty):
            yield self._replies.get(timeout=timeout_s) if timeout_s else self._replies.get_nowait()
            while True:
                yield self._replies.get_nowait()

    def _ordinary(self) -> list[Cell]:
        return [cell for cell in self._cells if not cell.is_extra]

    def _feed(self) -> None:
        """Give waiting files to processes: first to idle and new ones, then in advance to those that are reading."""
        while self._waiting:
            ordinary = self._ordinary()
            cell = next((cell for cell in ordinary if not cell.jobs), None)
            if cell is None and len(ordinary) < self.size:
                cell = self._spawn(is_extra=False)
            if cell is None:
                with_room = list(filter(_has_room, ordinary))
                if not with_room:
                    return
                cell = min(with_room, key=lambda cell: (cell.size, len(cell.jobs)))
            self._give(cell, *self._waiting[0])
            self._waiting.popleft()

    def _give(self, cell: Cell, key: str, job: Job) -> None:
        """Send a job to a process; one that died while idle is replaced; one that died at work is noticed later."""
        if not cell.jobs and cell.process.poll() is not None:
            self._end(cell)
            cell = self._spawn(is_extra=cell.is_extra)
        cell.send(key, job)

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
        cell = Cell.start(self.limits, self.folder, self.scratch, self._replies, is_extra=is_extra)
        self._cells.append(cell)
        return cell

    def _received(self, cell: Cell, reply: bytes | Exception) -> Reading:
        """Return the reading that a process has given of its first file."""
        try:
            reading = Reading.unpack(cell.accept(reply))
        except (EOFError, OSError):
            code = self._end(cell)
            return Reading(failure=(Reason.CRASHED, f"the reading process ended (code {code})"))
        except (TooMuch, MemoryError):
            self._end(cell)
            return Reading(failure=(Reason.TOO_BIG, "gives more text than one file may have"))
        except ValueError:
            self._end(cell)
            return Reading(failure=(Reason.CRASHED, "the reading process says what no reader does"))
        may_leave_something = cell.has_helpers
        cell.end_first()
        if (may_leave_something and cell.has_leftovers()) or cell.is_large():
            self._end(cell, cell.jobs)
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


def _has_room(cell: Cell) -> bool:
    count = len(cell.jobs)
    return count < _AHEAD_ANYWAY or (count < _AHEAD and cell.size < _AHEAD_BYTES)
