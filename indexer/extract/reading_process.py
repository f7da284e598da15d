"""How is one reading process started, given jobs, watched, and ended with all it has started?"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import psutil

from indexer.errors import Reason
from indexer.extract import job_object, kinds, locations, programs, scratch
from indexer.extract.job_object import JobObject
from indexer.extract.worker import SCRATCH_LIMIT, Job

REPLY_LIMIT = 64 << 20
SURELY_FITS = 4096
"""Bytes that may wait in a pipe: with more, both ends could block while sending."""
_BLOCK = 1 << 20
_SEND_S = 30.0
"""Seconds that a process may take to accept a job."""
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
    is_extra: bool
    """Kept for urgent files, so that there is always one for the next."""
    jobs: deque[tuple[str, Job]] = field(default_factory=deque)
    """Its jobs with their keys: the first is being read, the others wait in the pipe so that it goes on at once."""
    began: float = 0.0
    """When it got the file, or finished the previous one."""
    _reply: bytearray = field(default_factory=bytearray)
    """The part of a reply that has arrived."""
    _cpu_before: float = 0.0
    _moved: float = 0.0
    """When it last completed another second of computing, and (`_cpu_moved`) its computing time then."""
    _cpu_moved: float = 0.0
    _looked: float = 0.0
    """When its limits were last checked."""
    _has_helpers: bool = False
    """Whether helper programs were seen while it read this file."""

    @staticmethod
    def start(limits: Limits, folder: Path, beside: Path | None, *, is_extra: bool) -> Cell:
        """Start a process that reads files of `folder`; it gets a directory to write in, in `beside`."""
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
        return Cell(process, ours, psutil.Process(process.pid), place, held, limits, is_extra)

    def send(self, job: Job) -> None:
        """Give it a job; raise OSError if it is dead or does not listen."""
        packed = ForkingPickler.dumps(job)
        if len(packed) <= SURELY_FITS:
            self.pipe.send_bytes(packed)
            return
        sender = threading.Thread(target=_send, args=(self.pipe, packed), daemon=True)
        sender.start()
        sender.join(_SEND_S)
        if sender.is_alive():
            raise TimeoutError("a reading process does not listen")

    def receive(self) -> bytes | None:
        """Return a reply once it is complete; half a reply must not make us wait for the rest.

        Raises OSError or EOFError if the process has ended, ValueError for no reply, TooMuch for one too large.
        """
        if sys.platform == "win32":  # a message comes whole or not at all
            try:
                return self.pipe.recv_bytes(REPLY_LIMIT)
            except OSError as error:
                raise (
                    error if self.pipe.readable else TooMuch
                ) from error  # how `multiprocessing` reports that
        while self.pipe.poll():
            missing = self._missing()
            block = os.read(self.pipe.fileno(), min(missing, _BLOCK))
            if not block:
                raise EOFError
            self._reply += block
            if len(self._reply) >= _HEAD.size and not self._missing():
                reply = bytes(self._reply[_HEAD.size :])
                self._reply.clear()
                return reply
        return None

    def _missing(self) -> int:
        """Return how many bytes are missing from the reply: `multiprocessing` sends its length first."""
        if len(self._reply) < _HEAD.size:
            return _HEAD.size - len(self._reply)
        (length,) = _HEAD.unpack_from(self._reply)
        if length > REPLY_LIMIT:
            raise TooMuch
        if length < 0:  # more than 2 GB, or not a length
            raise ValueError("a reply of unreasonable length")
        return _HEAD.size + int(length) - len(self._reply)

    def begin(self) -> None:
        """Start counting what a file costs."""
        self.began = self._moved = self._looked = time.monotonic()
        self._cpu_before = self._cpu_moved = _cpu_s([self.watch])
        self._has_helpers = False
        if self.job_object is not None:
            with contextlib.suppress(OSError):  # the former limit stays, or only our own checks
                self.job_object.give_time(self.limits.cpu_s + _GRACE_S)

    def past_limits(self, every_s: float) -> tuple[Reason, str] | None:
        """Return the limit that the process exceeds, checking no more often than `every_s`."""
        now = time.monotonic()
        if now - self._looked < every_s:
            return None
        self._looked = now
        family = _family(self.watch)
        self._has_helpers |= len(family) > 1
        cpu_s = _cpu_s(family)
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
        return self._has_helpers and len(_family(self.watch)) > 1

    def end(self) -> int | None:
        """End the process and all it has started; return its exit code."""
        self.pipe.close()
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
        scratch.remove(self.scratch)
        return self.process.returncode


_HEAD = struct.Struct("!i")
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


def _send(pipe: Connection, packed: memoryview) -> None:
    with contextlib.suppress(OSError):  # we notice that it is dead when we wait for its reply
        pipe.send_bytes(packed)


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
