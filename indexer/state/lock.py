"""Who holds a folder's state? One process at a time may write it; the system frees the lock when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from indexer.errors import AlreadyWatched, UserError
from indexer.files import private
from indexer.files.replacing import write_file
from indexer.files.retrying import insist

_LOCK, _HOLDER = "lock", "holder.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds the state."""

    pid: int
    command: str
    started: float
    silent_s: float = 0.0
    """Seconds since its last sign of life."""

    @property
    def is_alive(self) -> bool:
        """Tell whether it still runs: another process may have its pid by now."""
        try:
            return abs(float(psutil.Process(self.pid).create_time()) - self.started) < 2
        except psutil.Error:
            return False


def read_holder(state: Path) -> Holder | None:
    """Return the process that holds `state`, if one does."""
    try:
        raw = json.loads((state / _HOLDER).read_text("utf-8"))
        silent_s = time.time() - (state / _HOLDER).stat().st_mtime
        holder = Holder(int(raw["pid"]), str(raw["command"]), float(raw["started"]), silent_s)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return holder if holder.is_alive else None


@contextmanager
def hold(state: Path, command: str) -> Iterator[None]:
    """Hold `state` for the time of the block; raise AlreadyWatched if another process does.

    Raise UserError if anything in it belongs to another user.
    """
    from filelock import FileLock, Timeout  # those that only ask who holds it do without

    private.close_all_to_others(state)
    lock = FileLock(state / _LOCK, mode=0o600)  # mode: FileLock sets it whatever the umask is
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        holder = _wait_for_name(state)
        who = f"`indexer {holder.command}` (pid {holder.pid})" if holder else "another indexer"
        raise AlreadyWatched(f"{who} is already at work on this folder") from None
    except OSError as error:
        raise UserError(
            f"{state} can't be written ({error.strerror}): choose another with --state-dir"
        ) from error
    try:
        me = psutil.Process()
        text = json.dumps({"pid": os.getpid(), "command": command, "started": me.create_time()})
        write_file(state / _HOLDER, text.encode())
        yield
    finally:
        with contextlib.suppress(OSError):  # somebody reads the file: others see that we are gone without it
            insist(lambda: (state / _HOLDER).unlink(missing_ok=True))
        lock.release()


@contextmanager
def in_turn(state: Path, what: str, wait_s: float) -> Iterator[None]:
    """Let one process at a time do `what` (a word), which does not need the whole state; others wait.

    Raise UserError if another one takes longer.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(state / f"{what}.lock", mode=0o600)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout:
        raise UserError(f"another command is busy with {what}: try again when it is done") from None
    except OSError as error:
        raise UserError(
            f"{state} can't be written ({error.strerror}): choose another with --state-dir"
        ) from error
    try:
        yield
    finally:
        lock.release()


def beat(state: Path) -> None:
    """Give a sign of life as the holder of `state`."""
    with contextlib.suppress(OSError):
        os.utime(state / _HOLDER)


def _wait_for_name(state: Path) -> Holder | None:
    """Wait for the holder's name: it is written just after the lock is taken."""
    for _ in range(20):
        if holder := read_holder(state):
            return holder
        time.sleep(0.05)
    return None
