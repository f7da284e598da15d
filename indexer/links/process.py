"""How is a fetching process started, listened to and ended?"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, Full, Queue, SimpleQueue
from typing import Any

from indexer.bounds import job_object
from indexer.links.messages import MOST_MESSAGE

_ENTRANCE = (
    "import importlib, json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path'];"
    " importlib.import_module(given['entrance']).main(given)"
)
_KEPT = frozenset(
    "LANG LC_ALL LC_CTYPE TZ LD_LIBRARY_PATH DYLD_LIBRARY_PATH SYSTEMROOT SYSTEMDRIVE WINDIR"
    " HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR".split()
)
"""The variables that it needs, in any case. The others are not passed on: they may hold passwords."""
_MOST_WAITING = 1_000
"""Messages that nobody has taken; beyond, the process waits."""
_END_S = 2.0


class FetchingProcess:
    """One fetching process. What it says comes from `hear`; it is not believed here."""

    def __init__(self, told: Mapping[str, Any], memory: int, entrance: str, folder: Path | None) -> None:
        """Start it; raise OSError. It gets so many bytes of memory. Nothing below `folder` is imported by it."""
        ours, theirs = Pipe()
        self._pipe: Connection = ours
        try:
            self.process = _start(theirs, entrance, folder)
        finally:
            theirs.close()  # so that the pipe ends with the process
        self._held = job_object.make(memory, processes=1)  # on other systems it limits itself
        if self._held is not None:
            with contextlib.suppress(OSError):  # it is in a job that nobody may leave
                self._held.take_in(int(self.process._handle))  # type: ignore[attr-defined] # Windows' Popen has it
        self.heard = time.monotonic()
        """When it last said anything."""
        self._is_ended = False
        self._said: Queue[bytes | None] = Queue(_MOST_WAITING)
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        self._outgoing.put(json.dumps(told).encode())
        self._threads = [threading.Thread(target=do, daemon=True) for do in (self._listen, self._send_all)]
        for thread in self._threads:
            thread.start()

    def send(self, message: bytes) -> None:
        """Send it a message, without waiting."""
        self._outgoing.put(message)

    def hear(self, timeout_s: float) -> bytes:
        """Return its next message; raise queue.Empty if none comes in that time, EOFError if none will ever come."""
        said = self._said.get(timeout=timeout_s) if timeout_s > 0 else self._said.get_nowait()
        if said is None:
            raise EOFError
        return said

    def end(self, *, patience_s: float = 0.0) -> None:
        """End it, after so many seconds if it does not end by itself."""
        self._is_ended = True
        self._outgoing.put(None)
        if patience_s and hasattr(os, "killpg"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.terminate()
                self.process.wait(patience_s)
        self.process.kill()
        if self._held is not None:
            self._held.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(Empty):  # a listener may wait until there is room
            while True:
                self._said.get_nowait()
        for thread in self._threads:
            thread.join(10)
        if not any(thread.is_alive() for thread in self._threads):  # else another file could get its number
            self._pipe.close()

    def _listen(self) -> None:
        try:
            while not self._is_ended:
                message = self._pipe.recv_bytes(MOST_MESSAGE)
                self.heard = time.monotonic()
                self._put(message)
        except Exception:  # noqa: BLE001 - whatever it is, no more can be heard
            self._put(None)

    def _put(self, message: bytes | None) -> None:
        while not self._is_ended:
            with contextlib.suppress(Full):
                self._said.put(message, timeout=0.5)
                return

    def _send_all(self) -> None:
        with contextlib.suppress(Exception):  # the one who listens notices that it is dead
            while (message := self._outgoing.get()) is not None:
                self._pipe.send_bytes(message)


def _start(pipe: Connection, entrance: str, folder: Path | None) -> subprocess.Popen[bytes]:
    """Start the process with only its end of the pipe: none of our secrets, no window, no terminal."""
    end = pipe.fileno()
    below = folder and folder.resolve()
    path = [
        entry for entry in sys.path if entry and not (below and Path(entry).resolve().is_relative_to(below))
    ]
    given = json.dumps({"pipe": end, "path": path, "entrance": entrance})
    program = getattr(sys, "_base_executable", sys.executable) if sys.platform == "win32" else sys.executable
    command = [program, "-I", "-X", f"utf8={sys.flags.utf8_mode}", "-c", _ENTRANCE, given]
    environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
    if program != sys.executable:
        environment["__PYVENV_LAUNCHER__"] = sys.executable  # the virtual environment's packages
    options: dict[str, Any] = {"pass_fds": [end], "start_new_session": True}
    if sys.platform == "win32":
        os.set_handle_inheritable(end, True)
        inherited = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [end]})
        options = {"startupinfo": inherited, "creationflags": subprocess.DETACHED_PROCESS}
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        command, env=environment, stdin=nothing, stdout=nothing, stderr=nothing, **options
    )
