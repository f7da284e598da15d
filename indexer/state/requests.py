"""How does a command hand its work to the watcher that holds the state? By small files in the state's `requests/`."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.files.replacing import write_file
from indexer.files.retrying import insist

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """Work for whoever holds the folder's state: scan, retry, rebuild, publish or forget."""

    command: str
    arguments: tuple[str, ...] = ()
    """scan: ("--accept-removals",) or (); retry: paths; forget: one path."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the command prints and how it ends."""

    exit_code: int
    out: str = ""
    err: str = ""


def ask(state: Path, request: Request, is_alive: Callable[[], bool]) -> Reply | None:
    """Hand over `request` and wait for the reply; None if the watcher ended without one."""
    directory = state / "requests"
    directory.mkdir(exist_ok=True)
    name = secrets.token_hex(8)
    question, answer = directory / f"{name}.ask", directory / f"{name}.reply"
    _write(question, request)
    try:
        while is_alive() or answer.exists():
            with contextlib.suppress(OSError):  # not written yet, or a virus scanner has it open
                return Reply(**json.loads(answer.read_text("utf-8", "surrogatepass")))
            time.sleep(_POLL_S)
        return None
    finally:
        _drop(question)
        _drop(answer)


def waiting(state: Path) -> Iterator[tuple[Request, Callable[[Reply], None]]]:
    """Yield each waiting request, oldest first, with a function that answers it."""
    for question in _questions(state):
        try:
            request = _read(question)
            question.unlink()
        except OSError:
            continue  # withdrawn, or a virus scanner has it open: then next time
        if request is None:
            continue
        yield request, lambda reply, at=question: _write(at.with_suffix(".reply"), reply)  # type: ignore[misc]


def are_waiting(state: Path) -> bool:
    """Tell whether any request waits."""
    return bool(_questions(state))


def is_asked_to(state: Path, commands: Collection[str]) -> bool:
    """Tell whether a request for one of these commands waits."""
    for question in _questions(state):
        with contextlib.suppress(OSError):
            request = _read(question)
            if request is not None and request.command in commands:
                return True
    return False


def _questions(state: Path) -> list[Path]:
    try:
        names = [entry.path for entry in os.scandir(state / "requests") if entry.name.endswith(".ask")]
    except OSError:
        return []
    return sorted(map(Path, names), key=_age)


def _read(question: Path) -> Request | None:
    """Return a request; None if it is not one of ours. Raise OSError if it can't be read."""
    try:
        raw = json.loads(question.read_text("utf-8", "surrogatepass"))
        return Request(raw["command"], tuple(raw["arguments"]))
    except (ValueError, KeyError, TypeError):
        return None


def clear(state: Path) -> None:
    """Delete requests that an earlier watcher left unanswered."""
    for path in (state / "requests").glob("*.*"):
        _drop(path)


def _drop(path: Path) -> None:
    """Delete a file; if somebody has it open, it is deleted when the next watcher begins."""
    with contextlib.suppress(OSError):
        insist(lambda: path.unlink(missing_ok=True))


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _write(path: Path, said: Request | Reply) -> None:
    write_file(path, json.dumps(asdict(said)).encode("utf-8", "surrogatepass"))
