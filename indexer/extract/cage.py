"""The outside of the cage: reading processes that are watched, killed past their limits and replaced."""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import psutil

from indexer.errors import Reason
from indexer.extract import worker
from indexer.extract.worker import Job
from indexer.reading import Reading

_LOOK_EVERY_S = 0.25
_REPLY_LIMIT = 256 << 20
_AHEAD = 8
"""So many files a process has at most: one it reads, the others in its pipe."""
_SURELY_FITS = 4096
"""Bytes that may wait in a pipe: more could block the sender while the reader waits to be rid of a result."""
_RENEW_ABOVE = 160 << 20
"""A process that keeps more than so many bytes between files is replaced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost."""

    cpu_s: float
    """Of the process and the helper programs it starts."""
    wall_s: float
    """So long without computing for a second: a busy machine costs patience, not the file."""
    memory: int
    """Bytes."""


@dataclass(slots=True)
class _Cell:
    """One reading process and the files it has."""

    process: BaseProcess
    pipe: Connection
    watch: psutil.Process
    scratch: Path
    is_extra: bool
    """Kept for urgent files, so that there is always one for the next."""
    jobs: deque[tuple[str, Job]] = field(default_factory=deque)
    """With their keys: the first is being read, the others wait in the pipe, so that it goes on at once."""
    began: float = 0.0
    """When it got the file, or was done with the last one."""
    cpu_before: float = 0.0
    moved: float = 0.0
    """When it had last computed for another second, and (`cpu_moved`) how much it had by then."""
    cpu_moved: float = 0.0
    looked: float = 0.0
    """When its limits were last looked at."""


@dataclass(slots=True)
class Cage:
    """A pool of reading processes. One more than `size` is kept for urgent files."""

    size: int
    limits: Limits
    folder: Path
    """What the processes may read, beside Python and the system."""
    scratch: Path | None = None
    """Where each gets a directory to write in; None: the system's place for such."""
    _cells: list[_Cell] = field(default_factory=list)
    _waiting: deque[tuple[str, Job]] = field(default_factory=deque)
    """Files that no process has yet."""
    _place: tuple[int, int] | None = None
    """Device and inode of the folder that the processes may read."""

    def has_room(self, *, urgent: bool) -> bool:
        """Tell whether a file can be taken in now."""
        if urgent:
            return any(not cell.jobs for cell in self._cells) or len(self._cells) <= self.size
        return len(self._waiting) < self.size * _AHEAD

    def busy(self) -> set[str]:
        """Return the keys of the files being read, or waiting to be."""
        return {key for cell in self._cells for key, _ in cell.jobs} | {key for key, _ in self._waiting}

    def submit(self, key: str, job: Job, *, urgent: bool = False) -> None:
        """Have `job` read; its reading is collected under `key`. An urgent one waits for no other."""
        self._renew_for_another_folder()
        if urgent:
            cell = next((cell for cell in self._cells if not cell.jobs), None)
            self._give(cell or self._spawn(is_extra=len(self._ordinary()) >= self.size), key, job)
        else:
            self._waiting.append((key, job))
            self._feed()

    def collect(self, timeout_s: float) -> Iterator[tuple[str, Reading]]:
        """Yield what was read, as soon as anything was, or nothing after `timeout_s`."""
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

    def _ordinary(self) -> list[_Cell]:
        return [cell for cell in self._cells if not cell.is_extra]

    def _feed(self) -> None:
        """Give waiting files to processes: to idle and new ones, then ahead to those that are reading."""
        while self._waiting:
            key, job = self._waiting[0]
            ordinary = self._ordinary()
            cell = next((cell for cell in ordinary if not cell.jobs), None)
            if cell is None and len(ordinary) < self.size:
                cell = self._spawn(is_extra=False)
            if cell is None:
                cell = min(ordinary, key=lambda cell: len(cell.jobs))
                room = _SURELY_FITS - sum(_packed_size(job) for _, job in list(cell.jobs)[1:])
                if len(cell.jobs) >= _AHEAD or _packed_size(job) > room:
                    return
            self._give(cell, key, job)
            self._waiting.popleft()

    def _give(self, cell: _Cell, key: str, job: Job) -> None:
        """Send a job to a process; one that died while idle is replaced, one that died at work is found so later."""
        try:
            cell.pipe.send(job)
        except OSError:
            if not cell.jobs:
                self._end(cell)
                cell = self._spawn(is_extra=cell.is_extra)
                cell.pipe.send(job)
        cell.jobs.append((key, job))
        if len(cell.jobs) == 1:
            _start_watch(cell)

    def _busy(self) -> list[_Cell]:
        return [cell for cell in self._cells if cell.jobs]

    def retire(self, idle_s: float) -> None:
        """End processes that have had nothing to do for so long."""
        for cell in list(self._cells):
            if not cell.jobs and time.monotonic() - cell.began > idle_s:
                self._end(cell)

    def close(self) -> None:
        """End every process."""
        for cell in list(self._cells):
            self._end(cell)

    def _renew_for_another_folder(self) -> None:
        """End processes that may read what was in the folder's place before, and nothing else: Linux holds them to it."""
        try:
            status = self.folder.stat()
        except OSError:
            return
        place = (status.st_dev, status.st_ino)
        if place != self._place:
            for cell in list(self._cells):
                self._end(cell, cell.jobs)
        self._place = place

    def _spawn(self, *, is_extra: bool) -> _Cell:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        scratch = Path(tempfile.mkdtemp(prefix="indexer-", dir=self.scratch))
        process = context.Process(
            target=worker.main, args=(theirs, self.limits.memory, self.folder, scratch), daemon=True
        )
        process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        assert process.pid is not None
        cell = _Cell(process, ours, psutil.Process(process.pid), scratch, is_extra)
        self._cells.append(cell)
        return cell

    def _receive(self, cell: _Cell) -> Reading:
        try:
            reading = Reading.unpack(cell.pipe.recv_bytes(_REPLY_LIMIT))
        except (EOFError, ConnectionError):
            self._end(cell)
            return Reading(
                failure=(Reason.CRASHED, f"the reading process ended (code {cell.process.exitcode})")
            )
        except (OSError, ValueError):
            self._end(cell)
            return Reading(failure=(Reason.TOO_BIG, "gives more text than one file may have"))
        cell.jobs.popleft()
        _start_watch(cell)
        if _memory([cell.watch]) > _RENEW_ABOVE:
            self._end(cell, cell.jobs)
        return reading

    def _past_limits(self, cell: _Cell) -> Reading | None:
        """End a process that is past its limits and say which."""
        failure = None
        now = time.monotonic()
        if now - cell.looked < _LOOK_EVERY_S:
            return None
        cell.looked = now
        family = _family(cell.watch)
        cpu_s = _cpu_s(family)
        if cpu_s - cell.cpu_moved >= 1:
            cell.moved, cell.cpu_moved = now, cpu_s
        if now - cell.moved > self.limits.wall_s:
            failure = (Reason.TIMED_OUT, f"nothing done on it for {self.limits.wall_s:.0f} s")
        elif cpu_s - cell.cpu_before > self.limits.cpu_s:
            failure = (Reason.TIMED_OUT, f"needs more than {self.limits.cpu_s:.0f} s of computing")
        elif _memory(family) > self.limits.memory:
            failure = (Reason.TOO_BIG, f"needs more than {self.limits.memory >> 20} MB of memory")
        if failure is None:
            return None
        self._end(cell)
        return Reading(failure=failure)

    def _end(self, cell: _Cell, unread: Iterable[tuple[str, Job]] | None = None) -> None:
        """End a process; `unread` (if None: what waits behind the file it is reading) is read by others."""
        self._cells.remove(cell)
        again = list(cell.jobs)[1:] if unread is None else list(unread)
        self._waiting.extendleft(reversed(again))
        cell.jobs.clear()
        cell.pipe.close()
        helpers = _family(cell.watch)[1:]
        cell.process.kill()
        for helper in helpers:
            with contextlib.suppress(psutil.Error):
                helper.kill()
        cell.process.join(10)
        shutil.rmtree(cell.scratch, ignore_errors=True)


def _family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and the helper programs it has started."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def _packed_size(job: Job) -> int:
    return len(ForkingPickler.dumps(job))


def _start_watch(cell: _Cell) -> None:
    """Count what a file costs from here; no helper program runs between two files."""
    cell.began = cell.moved = cell.looked = time.monotonic()
    cell.cpu_before = cell.cpu_moved = _cpu_s([cell.watch])


def _cpu_s(family: list[psutil.Process]) -> float:
    """Return seconds of computing of a process and its helper programs, running or ended."""
    total = 0.0
    for member in family:
        with contextlib.suppress(psutil.Error):
            times = member.cpu_times()
            total += times.user + times.system
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total


def _memory(family: list[psutil.Process]) -> int:
    total = 0
    for member in family:
        with contextlib.suppress(psutil.Error):
            total += member.memory_info().rss
    return total
