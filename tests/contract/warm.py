"""Commands of `indexer` whose processes begin with everything imported: most of what a short command costs is importing.

A server that has imported the program forks for each command: a process with arguments, environment, directory and
streams of its own, as if it had been started. There are two servers, so that processes differ in how they hash, as real
ones do. `test_warm.py` compares them with commands that are really started.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODULE = ("-m", "indexer")
_SERVERS = 2
_OURS = ("INDEXER_", "_INDEXER_", "XDG_")
"""What may differ in the environment: other variables mean something to Python as it starts, or to libraries."""
_LONG, _MOST = 20_000, 1 << 17
"""Characters of a command that is better started, and bytes of a request."""
_numbers, _starting = count(), threading.Lock()


def popen(command: list[str], env: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a command as `subprocess.Popen` does; if it is `indexer` and nothing stands against it, by a server."""
    is_ours = command[:3] == [sys.executable, *MODULE] and sum(map(len, command)) < _LONG
    is_ours = is_ours and options.keys() <= {"stdin", "stdout", "stderr", "cwd"}
    if sys.platform != "linux" or not is_ours or _of_others(env) != _ENVIRONMENT:
        return subprocess.Popen(command, env=env, **options)
    return Forked(command, env=env, **options)


def run(
    command: list[str], env: Mapping[str, str], timeout: float, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to the end, without input."""
    pipe = subprocess.PIPE
    with popen(command, env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, cwd=cwd) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _of_others(env: Mapping[str, str]) -> dict[str, str]:
    """Return what does not mean us; pytest tells there which test runs."""
    return {name: value for name, value in env.items() if not name.startswith((*_OURS, "PYTEST_"))}


_ENVIRONMENT = _of_others(os.environ)


class Forked(subprocess.Popen[bytes]):
    """A process that a server has forked, and that server is asked for how it ended."""

    _end: socket.socket

    def _execute_child(self, *given: Any) -> None:
        """Have the process made; `given` as `subprocess` calls it."""
        (arguments, _, _, _, _, cwd, env), streams = given[:7], given[10:16]
        stdin, stdout, stderr = streams[0], streams[3], streams[5]
        request = {"arguments": arguments[3:], "env": dict(env), "cwd": os.fspath(cwd or Path.cwd())}
        self._end, theirs = socket.socketpair()
        fds = [
            theirs.fileno(),
            *(fd if fd != -1 else number for number, fd in enumerate((stdin, stdout, stderr))),
        ]
        try:
            with theirs:
                socket.send_fds(_server(next(_numbers) % _SERVERS), [json.dumps(request).encode()], fds)
        finally:
            self._close_pipe_fds(*streams)  # type: ignore[attr-defined]
        self.pid = int(self._line())
        self._child_created = True

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            got = self._end.recv(1)
            assert got, "the server of commands has ended"
            line += got
        return line

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and select.select([self._end], [], [], 0)[0]:
            self._take_end()
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            if not select.select([self._end], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self._take_end()
        return self.returncode

    def _take_end(self) -> None:
        self.returncode = int(self._line())
        self._end.close()


@cache
def _server(number: int) -> socket.socket:
    """Start a server, which ends with this process; `number` tells it from others."""
    with _starting:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            server = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()],
                env={**_ENVIRONMENT, "OPENBLAS_NUM_THREADS": "1"},  # no thread is forked
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        atexit.register(_end, ours, server)
        return ours


def _end(control: socket.socket, server: subprocess.Popen[bytes]) -> None:
    control.close()
    server.wait(60)


# --- the server -----------------------------------------------------------------------------------


def serve(control: socket.socket) -> None:
    """Fork for each request until nobody can send one any more, and tell how each process ended."""
    _import_all()
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            with contextlib.suppress(ChildProcessError):
                while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                    pid, status = ended
                    with (
                        contextlib.suppress(OSError),
                        running.pop(pid) as end,
                    ):  # nobody may want to know any more
                        end.send(b"%d\n" % os.waitstatus_to_exitcode(status))
        if control in ready:
            raw, fds, _, _ = socket.recv_fds(control, _MOST, 4)
            if not raw:
                return
            pid = os.fork()
            if not pid:
                _become(json.loads(raw), fds[1:])
            running[pid] = socket.socket(fileno=fds[0])
            with contextlib.suppress(OSError):
                running[pid].send(b"%d\n" % pid)
            for fd in fds[1:]:
                os.close(fd)


def _import_all() -> None:
    import gc
    import importlib
    import pkgutil

    import indexer

    for module in pkgutil.walk_packages(indexer.__path__, "indexer."):
        if not module.name.startswith(("indexer.extract.", "indexer.__main__")):
            importlib.import_module(module.name)
    for name in "extract.cage jinja2 filelock importlib.metadata numpy.ma platformdirs rich.progress logging.handlers".split():
        importlib.import_module(f"indexer.{name}" if name.startswith("extract") else name)
    gc.collect()
    gc.freeze()


def _become(request: Mapping[str, Any], streams: list[int]) -> None:
    """Be the process that a request asks for, to its end."""
    from indexer.cli import main

    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, fd in enumerate(streams):
            os.dup2(fd, number)
            _open_anew(number)
        os.closerange(3, 1024)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.path[0] = request["cwd"]
        sys.argv = [str(ROOT / "indexer" / "__main__.py"), *request["arguments"]]
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        threading._shutdown()  # type: ignore[attr-defined] # as Python does at the end
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:  # noqa: BLE001 - what Python does with it
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _open_anew(number: int) -> None:
    """Open a standard stream as Python does when it starts."""
    name = ("stdin", "stdout", "stderr")[number]
    old = getattr(sys, name)
    new = open(number, "w" if number else "r", encoding=old.encoding, errors=old.errors, closefd=False)  # noqa: SIM115
    new.reconfigure(write_through=old.write_through)
    setattr(sys, name, new)
    setattr(sys, f"__{name}__", new)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    serve(socket.socket(fileno=int(sys.argv[1])))
