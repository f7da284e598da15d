"""A terminal that a test types on and reads from."""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

if sys.platform != "win32":
    import fcntl
    import pty
    import termios


@dataclass
class Terminal:
    """A program with a terminal of its own."""

    process: subprocess.Popen[bytes]
    descriptor: int
    raw: bytes = field(default=b"")
    """All it has printed so far."""

    def type(self, text: str) -> None:
        """Type on its keyboard."""
        os.write(self.descriptor, text.encode())

    def wait_for(self, text: str, seconds: float = 30.0) -> str:
        """Read until `text` is printed; return what came until then, and forget it."""
        ends = time.monotonic() + seconds
        wanted = text.encode()
        while wanted not in self.raw:
            assert time.monotonic() < ends, f"{text!r} never came: {self.raw!r}"
            if not self._read(0.2) and self.process.poll() is not None and not self._read(0.2):
                raise AssertionError(f"it ended without {text!r}: {self.raw!r}")
        before, _, self.raw = self.raw.partition(wanted)
        return (before + wanted).decode("utf-8", "replace")

    def settle(self, seconds: float = 0.6) -> None:
        """Read until nothing has come for some time."""
        while self._read(seconds):
            pass

    def rest(self, seconds: float = 30.0) -> str:
        """Read to the end and return what was printed."""
        ends = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < ends, f"it does not end: {self.raw!r}"
            self._read(0.1)
        while self._read(0.1):
            pass
        return self.raw.decode("utf-8", "replace")

    def _read(self, seconds: float) -> bool:
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self.descriptor, 65536)
        except OSError:  # the other end is closed
            return False
        self.raw += more
        return bool(more)


@contextmanager
def terminal(
    command: Sequence[str], environment: Mapping[str, str], *, rows: int = 24, columns: int = 100
) -> Iterator[Terminal]:
    """Run a command on a terminal of its own."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def take() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs the tests in the background has it ignored
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command,
        stdin=its,
        stdout=its,
        stderr=its,
        env={**environment, "TERM": "xterm-256color"},
        preexec_fn=take,
    )
    os.close(its)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait(60)
        os.close(ours)
