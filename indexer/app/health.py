"""Is all well, and what needs a person? The answer of `indexer status`."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from indexer.catalogue import MOST_LINKS, Catalogue
from indexer.errors import StateError
from indexer.extract.kinds import kind_of
from indexer.folder.names import collisions
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Kind
from indexer.pipeline import guard
from indexer.search.asking import index_directory
from indexer.settings import Settings
from indexer.state.lock import read_holder
from indexer.state.places import DATABASE, is_folder, require_state

LEAST_FREE = 64 << 10
"""Bytes; with less, a transaction may not fit."""
SILENT_S = 900.0
"""Seconds without a sign of life after which the daemon may be waiting for a dead drive."""


@dataclass(frozen=True, slots=True)
class Publishes:
    """The machine that writes the page."""

    host: str
    since: datetime
    is_me: bool
    """Whether it is this machine: always so, since each machine that keeps a state also publishes."""


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of `indexer status`."""

    folder: Path
    running: bool
    pid: int | None
    items: dict[str, int] = field(default_factory=dict)
    queue: int = 0
    last_change: datetime | None = None
    last_publish: datetime | None = None
    page: Path | None = None
    publisher: Publishes | None = None
    online_only: int = 0
    conflicts: tuple[tuple[str, str], ...] = ()
    failed: int = 0
    problems: tuple[str, ...] = ()
    misnamed: tuple[tuple[str, str], ...] = ()
    """Path and true kind of files whose name says another kind."""
    collisions: tuple[tuple[str, ...], ...] = ()
    """Paths that are one and the same on Windows or macOS."""
    remarks: tuple[str, ...] = ()
    """Possible mistakes: lines of the ignore file that match nothing."""
    waiting_for_ocr: int = 0
    """Pages whose words are still to be recognised."""


def health(folder: Path, settings: Settings) -> Health:
    """Return the health of a folder; raise UserError if nothing is known of it."""
    state = require_state(folder, settings)
    holder = read_holder(state)
    running = holder is not None and holder.command == "watch"
    silent_s = holder.silent_s if holder else 0.0
    with closing(Catalogue(state / DATABASE, readonly=True)) as catalogue:
        page = catalogue.fact("page")
        problems = [
            *_disk_problems(state),
            *_page_problems(folder, page if settings.page.enabled else "", running=running),
            *_index_problems(state, catalogue),
            *_problems(folder, catalogue, running=running, silent_s=silent_s),
        ]
        return Health(
            folder=folder,
            running=running,
            pid=holder.pid if holder and running else None,
            items=catalogue.kind_counts(),
            queue=catalogue.count_wanted(),
            last_change=_time(catalogue.fact("changed_at")),
            last_publish=_time(catalogue.fact("published_at")),
            page=folder / page if page else None,
            publisher=_publisher(catalogue) if page else None,
            online_only=catalogue.count_online_only(),
            conflicts=tuple(catalogue.conflicts()),
            failed=len(catalogue.failures(everything=False)),
            problems=tuple(problems),
            misnamed=tuple(_misnamed(catalogue)),
            collisions=tuple(map(tuple, collisions(catalogue.file_paths()))),
            remarks=tuple(filter(None, catalogue.fact("ignore_remarks").split("\n"))),
            waiting_for_ocr=catalogue.count_scans() if settings.extract.ocr else 0,
        )


def _publisher(catalogue: Catalogue) -> Publishes | None:
    """Return who publishes; a state of an earlier version knows the last time only."""
    since = _time(catalogue.fact("publishing_since") or catalogue.fact("published_at"))
    # Not `platform.node`: on Windows it may run `ver`, in a window.
    return Publishes(socket.gethostname(), since, is_me=True) if since else None


def _misnamed(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for path, kind in catalogue.kinds_by_path():
        by_name = kind_of(path)
        if by_name not in (kind, Kind.OTHER):
            yield path, str(kind)


def _disk_problems(state: Path) -> Iterator[str]:
    """Report a full disk: the daemon itself can't even note that."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(state).free < LEAST_FREE:
            yield f"the disk with the state ({state}) is full: make room"


def _index_problems(state: Path, catalogue: Catalogue) -> Iterator[str]:
    try:
        index = WhooshIndex(index_directory(state, catalogue), create=False)
        index.frequency("")  # opens every segment
        index.close()
    except StateError as error:
        yield str(error)


def _page_problems(folder: Path, page: str, *, running: bool) -> Iterator[str]:
    if page and is_folder(folder) and not os.path.lexists(folder / page):
        mended = "it is written again within seconds" if running else "run `indexer publish`"
        yield f"{folder / page} is not there, somebody deleted it: {mended}"


def _problems(folder: Path, catalogue: Catalogue, *, running: bool, silent_s: float) -> Iterator[str]:
    if not is_folder(folder):
        yield f"{folder} is not there, or can't be read: is its drive connected?"
    if guard.held_back(catalogue):
        yield guard.message(catalogue, folder)
    yield from dict.fromkeys(catalogue.problems(of_daemon=running))
    if lists := catalogue.lists_left_out():
        yield (
            f"{lists} lists of links are found by their files alone, because the folder has more than {MOST_LINKS:,} links"
            " in lists (`indexer failed` names them): leave some lists out by .indexignore"
        )
    if running and silent_s > SILENT_S:
        yield (
            f"the daemon has given no sign of life for {silent_s / 60:.0f} minutes: does the folder's drive answer?"
            " If it does, restart the daemon"
        )
    if not running:
        yield "no daemon runs, so changes are not followed: start `indexer watch`"


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
