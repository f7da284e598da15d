"""Keeps passes coming: lock, watcher, settle, schedule, signals, requests. (being written)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from indexer.settings import Settings


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


Progress = Callable[[int, int, str], None]
"""Called with (done, total, current path) while work goes on."""


def run_command(
    folder: Path, settings: Settings, request: Request, progress: Progress | None = None
) -> Reply:
    """Do `request`, or have the running watcher do it; raise UserError where it can't be done."""
    raise NotImplementedError


def watch(folder: Path, settings: Settings) -> int:
    """Follow the folder until SIGINT or SIGTERM; return the exit code."""
    raise NotImplementedError
