"""How a command hands its work to the watcher that holds the state: small files in the state's `requests/`."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

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
    """Hand over `request` and wait for the reply; None where the watcher ended without one."""
    directory = state / "requests"
    directory.mkdir(exist_ok=True)
    name = secrets.token_hex(8)
    question, answer = directory / f"{name}.ask", directory / f"{name}.reply"
    _write(question, json.dumps(asdict(request)))
    try:
        while is_alive() or answer.exists():
            if answer.exists():
                return Reply(**json.loads(answer.read_text("utf-8", "surrogatepass")))
            time.sleep(_POLL_S)
        return None
    finally:
        question.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)


def waiting(state: Path) -> Iterator[tuple[Request, Callable[[Reply], None]]]:
    """Yield each request that waits, oldest first, with the way to answer it."""
    directory = state / "requests"
    try:
        names = [entry.path for entry in os.scandir(directory) if entry.name.endswith(".ask")]
    except FileNotFoundError:
        return
    for question in sorted(map(Path, names), key=_age):
        try:
            raw = json.loads(question.read_text("utf-8", "surrogatepass"))
            question.unlink()
            request = Request(raw["command"], tuple(raw["arguments"]))
        except (OSError, ValueError, KeyError):
            continue  # withdrawn, or not one of ours
        yield request, lambda reply, at=question: _write(at.with_suffix(".reply"), json.dumps(asdict(reply)))  # type: ignore[misc]


def clear(state: Path) -> None:
    """Drop what an earlier watcher left unanswered."""
    for path in (state / "requests").glob("*.*"):
        path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(text.encode("utf-8", "surrogatepass"))
    temporary.replace(path)
