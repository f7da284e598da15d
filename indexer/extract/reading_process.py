"""How is one reading process started, given jobs, watched, and ended with all it has started?"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeAlias

import psutil

from indexer.bounds import job_object
from indexer.bounds.job_object import JobObject
from indexer.errors import Reason
from indexer.extract import kinds, locations, programs, scratch
from indexer.extract.worker import SCRATCH_LIMIT, Job

REPLY_LIMIT = 64 << 20
_MOST_HELD = 8 << 20
"""Bytes of replies that may wait to be taken; beyond, the process waits."""
RENEW_ABOVE, _MEASURE_S = 160 << 20, 0.25
"""Bytes: a process that keeps more between files is replaced; and how many seconds may pass until that is noticed."""
_MAX_PROCESSES = 8
"""LibreOffice needs three."""
_ENTRANCE = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path'];"
    " from indexer.extract.worker import main; main(given)"
)
_KEPT = frozenset(
    "LANG LANGUAGE LC_ALL LC_CTYPE TZ TESSDATA_PREFIX LD_LIBRARY_PATH DYLD_LIBRARY_PATH"
    " SYSTEMROOT SYSTEMDRIVE WINDIR PROGRAMFILES PROGRAMFILES(X86) PROGRAMW6432 PROGRAMDATA COMMONPROGRAMFILES"
    " NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE".split()
)
"""The variables that programs need. The others are not passed on: they may hold passwords."""


Replies: TypeAlias = "SimpleQueue[tuple[Cell, bytes | Exception]]"
"""What reading processes say, or why they say nothing more."""


class TooMuch(Exception):
    """A reply is larger than that of any file may be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of reading one file."""

    cpu_s: float
    """CPU seconds of the process and its helper programs."""
    wall_s: float
    """Seconds without a second of computing: on a busy machine, reading takes longer but does not fail."""
    memory: int
    """Bytes."""


@dataclass(slots=True)
class Cell:
    """One reading process and the files it has."""

    process: subprocess.Popen[bytes]
    pipe: Connection
    watch: psutil.Process
    scratch: Path
    job_object: JobObject | None
    """Its limits on Windows."""
    limits: Limits
    _replies: Replies
    is_extra: bool
    """Kept for urgent files, so that there is always one for the next."""
    jobs: deque[tuple[str, Job]] = field(default_factory=deque)
    """Its jobs with their keys: the first is being read, the others wait so that it goes on at once."""
    size: int = 0
    """Bytes of their files."""
    began: float = 0.0
    """When it got the file, or finished the previous one."""
    _outgoing: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)
    _expected: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """How many more replies may come: hostile code may send any number."""
    _held: int = 0
    """Bytes of replies that nobody has taken."""
    _taken: threading.Condition = field(default_factory=threading.Condition)
    """Notified whenever a reply is taken."""
    _threads: tuple[threading.Thread, ...] = ()
    """One that sends and one that listens."""
    _is_ended: bool = False
    _measured: float = 0.0
    """When its memory was last measured."""
    _cpu_before: float | None = None
    """Its computing time when this file was first looked at; None: it was not looked at yet."""
    _moved: float = 0.0
    """When it last completed another second of computing, and (`_cpu_moved`) its computing time then."""
    _cpu_moved: float = 0.0
    _looked: float = 0.0
    """When its limits were last checked."""
    has_helpers: bool = False
    """Whether helper programs were seen while it read this file."""

    @staticmethod
    def start(limits: Limits, folder: Path, beside: Path | None, replies: Replies, *, is_extra: bool) -> Cell:
        """Start a process that reads files of `folder` and puts what it says into `replies`.

        It gets a directory to write in, in `beside`.
        """
        ours, theirs = Pipe()
        place = Path(tempfile.mkdtemp(prefix="indexer-", dir=beside)).absolute()
        process = _start(theirs, limits.memory, folder.absolute(), place)
        theirs.close()  # so that the pipe ends with the process
        held = job_object.make(limits.memory, _MAX_PROCESSES)
        if held is not None:
            with contextlib.suppress(
                OSError
            ):  # it is in a job that nobody may leave: our own checks still work
                held.take_in(int(process._handle))  # type: ignore[attr-defined] # Windows' Popen has it
        cell = Cell(process, ours, psutil.Process(process.pid), place, held, limits, replies, is_extra)
        cell._threads = tuple(
            threading.Thread(target=do, daemon=True) for do in (cell._listen, cell._send_all)
        )
        try:
            for thread in cell._threads:
                thread.start()
        except RuntimeError as error:
            cell._threads = tuple(filter(threading.Thread.is_alive, cell._threads))
            cell.end()
            raise OSError(f"a reading process can't be listened to: {error}") from error
        return cell

    def send(self, key: str, job: Job) -> None:
        """Give it a job, without waiting; whether it is dead shows when its reply is waited for."""
        if not self.jobs:
            self.begin()
        self.jobs.append((key, job))
        self.size += job.stamp.size
        self._outgoing.put(job.pack())
        self._expected.release()

    def accept(self, reply: bytes | Exception) -> bytes:
        """Return a reply that `replies` has brought; raise what it brought instead.

        Raises OSError or EOFError if the process has ended, TooMuch for a reply that is too large.
        """
        if isinstance(reply, Exception):
            raise reply
        with self._taken:
            self._held -= len(reply)
            self._taken.notify()
        return reply

    def end_first(self) -> None:
        """Note that its first job is done: it is at the next."""
        _, job = self.jobs.popleft()
        self.size -= job.stamp.size
        self.begin()

    def _send_all(self) -> None:
        """Send what waits to be sent: the process may be slow to take it."""
        with contextlib.suppress(Exception):  # the one who listens notices that it is dead
            while (packed := self._outgoing.get()) is not None:
                self.pipe.send_bytes(packed)

    def _listen(self) -> None:
        """Take one reply for each job, so that the process need not wait until somebody asks for it."""
        try:
            while not self._is_ended:
                self._expected.acquire()
                reply = self.pipe.recv_bytes(REPLY_LIMIT)
                with self._taken:
                    self._held += len(reply)
                    self._replies.put((self, reply))
                    self._taken.wait_for(lambda: self._held <= _MOST_HELD or self._is_ended)
        except (OSError, EOFError) as error:
            # This is how `multiprocessing` reports a message that is too large.
            self._replies.put((self, error if self.pipe.readable else TooMuch()))
        except MemoryError:
            self._replies.put((self, TooMuch()))
        except Exception as error:  # noqa: BLE001 - else nobody would listen, and the file would seem to take long
            self._replies.put((self, EOFError(str(error))))

    def begin(self) -> None:
        """Start counting what a file costs."""
        self.began = self._moved = self._looked = time.monotonic()
        self._cpu_before = None
        self.has_helpers = False
        if self.job_object is not None:
            with contextlib.suppress(OSError):  # the former limit stays, or only our own checks
                self.job_object.give_time(self.limits.cpu_s + _GRACE_S)

    def is_large(self) -> bool:
        """Tell whether it keeps much memory between files; looks no more often than `_MEASURE_S`."""
        now = time.monotonic()
        if now - self._measured < _MEASURE_S:
            return False
        self._measured = now
        return self.memory() > RENEW_ABOVE

    def past_limits(self, every_s: float) -> tuple[Reason, str] | None:
        """Return the limit that the process exceeds, checking no more often than `every_s`."""
        now = time.monotonic()
        if now - self._looked < every_s:
            return None
        self._looked = now
        family = _family(self.watch)
        self.has_helpers |= len(family) > 1
        cpu_s = _cpu_s(family)
        if self._cpu_before is None:
            self._cpu_before, self._cpu_moved, self._moved = cpu_s, cpu_s, now
        if cpu_s - self._cpu_moved >= 1:
            self._moved, self._cpu_moved = now, cpu_s
        if now - self._moved > self.limits.wall_s:
            return Reason.TIMED_OUT, f"no progress for {self.limits.wall_s:.0f} s"
        if cpu_s - self._cpu_before > self.limits.cpu_s:
            return Reason.TIMED_OUT, f"needs more than {self.limits.cpu_s:.0f} s of computing"
        if self.memory(family) > self.limits.memory:
            return Reason.TOO_BIG, f"needs more than {self.limits.memory >> 20} MB of memory"
        if scratch.holds_more_than(self.scratch, SCRATCH_LIMIT):
            return Reason.TOO_BIG, f"needs more than {SCRATCH_LIMIT >> 20} MB of disk"
        if len(family) > _MAX_PROCESSES:
            return Reason.CRASHED, "starts too many programs"
        return None

    def memory(self, family: list[psutil.Process] | None = None) -> int:
        """Return the memory of the process, or of it and its children."""
        total = 0
        for member in family or [self.watch]:
            with contextlib.suppress(psutil.Error):
                total += member.memory_info().rss
        return total

    def has_leftovers(self) -> bool:
        """Tell whether a helper program of a finished file still runs."""
        return len(_family(self.watch)) > 1

    def end(self) -> int | None:
        """End the process and all it has started; return its exit code."""
        self._is_ended = True
        self._outgoing.put(None)
        if self.job_object is not None:
            self.job_object.close()
        helpers = _family(self.watch)[1:]
        if hasattr(
            os, "killpg"
        ):  # no process can leave the group (`seccomp`); until we wait for it, its number is ours
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        for helper in helpers:
            with contextlib.suppress(psutil.Error):
                helper.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self._expected.release()
        with self._taken:
            self._taken.notify()
        for thread in self._threads:
            thread.join(10)
        if not any(thread.is_alive() for thread in self._threads):  # else another file could get its number
            self.pipe.close()
        scratch.remove(self.scratch)
        return self.process.returncode


_GRACE_S = 10.0
"""Our own checks name the limit; those of Windows are the second line."""


def _start(pipe: Connection, memory: int, folder: Path, place: Path) -> subprocess.Popen[bytes]:
    """Start the process with only its end of the pipe: no environment of ours, no window, no terminal."""
    end = pipe.fileno()
    path = [
        entry
        for entry in sys.path
        if entry and not locations.is_below(locations.real(entry), [locations.real(folder)])
    ]
    given = {
        "pipe": end,
        "memory": memory,
        "folder": str(folder),
        "scratch": str(place),
        "path": path,
        "parent": os.getpid(),
        "readers": kinds.outside() if path == [entry for entry in sys.path if entry] else None,
    }
    program = getattr(sys, "_base_executable", sys.executable) if sys.platform == "win32" else sys.executable
    command = [program, "-I", "-X", f"utf8={sys.flags.utf8_mode}", "-c", _ENTRANCE, json.dumps(given)]
    environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(place))
    environment |= {"PATH": programs.safe_path(folder), "OPENBLAS_NUM_THREADS": "1"}
    if program != sys.executable:
        environment["__PYVENV_LAUNCHER__"] = (
            sys.executable
        )  # as `multiprocessing` does: the virtual environment's packages
    options: dict[str, Any] = {"pass_fds": [end], "start_new_session": True}
    if sys.platform == "win32":
        os.set_handle_inheritable(end, True)
        inherited = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [end]})
        # No console: a hidden one would have its own process (`conhost`), which looks like a helper program.
        options = {"startupinfo": inherited, "creationflags": subprocess.DETACHED_PROCESS}
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        command, env=environment, cwd=place, stdin=nothing, stdout=nothing, stderr=nothing, **options
    )


def _family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and the helper programs it has started."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def _cpu_s(family: list[psutil.Process]) -> float:
    """Return seconds of computing of a process and its helper programs, running or ended."""
    total = 0.0
    for member in family:
        with contextlib.suppress(psutil.Error):
            times = member.cpu_times()
            total += times.user + times.system
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total
