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

from indexer.catalogue import Catalogue
from indexer.catalogue.readings import MOST_LINKS
from indexer.errors import StateError
from indexer.extract.kinds import kind_of
from indexer.folder.names import collisions
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Kind
from indexer.pipeline import guard
from indexer.pipeline.page_facts import page_name, published_at, publishing_since
from indexer.pipeline.pass_facts import changed_at, link_remarks, remarks
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
class FolderStatus:
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
    """Possible mistakes (lines of the ignore file that match nothing), and why links wait."""
    waiting_for_ocr: int = 0
    """Pages whose words are still to be recognised."""


def folder_status(folder: Path, settings: Settings) -> FolderStatus:
    """Return the health of a folder; raise UserError if nothing is known of it."""
    state = require_state(folder, settings)
    holder = read_holder(state)
    running = holder is not None and holder.command == "watch"
    silent_s = holder.silent_s if holder else 0.0
    with closing(Catalogue(state / DATABASE, readonly=True)) as catalogue:
        page = page_name(catalogue)
        problems = [
            *_disk_problems(state),
            *_page_problems(folder, page if settings.page.enabled else "", running=running),
            *_index_problems(state, catalogue),
            *_problems(folder, catalogue, running=running, silent_s=silent_s),
        ]
        return FolderStatus(
            folder=folder,
            running=running,
            pid=holder.pid if holder and running else None,
            items=catalogue.items.count_kinds(),
            queue=catalogue.queue.count(),
            last_change=changed_at(catalogue),
            last_publish=published_at(catalogue),
            page=folder / page if page else None,
            publisher=_publisher(catalogue) if page else None,
            online_only=catalogue.items.count_online_only(),
            conflicts=tuple(catalogue.files.conflicts()),
            failed=len(catalogue.failures.told(everything=False)),
            problems=tuple(problems),
            misnamed=tuple(_misnamed(catalogue)),
            collisions=tuple(map(tuple, collisions(catalogue.files.paths()))),
            remarks=(*remarks(catalogue), *link_remarks(catalogue)),
            waiting_for_ocr=catalogue.pictures.count() if settings.extract.ocr else 0,
        )


def _publisher(catalogue: Catalogue) -> Publishes | None:
    """Return who publishes."""
    since = publishing_since(catalogue)
    # Not `platform.node`: on Windows it may run `ver`, in a window.
    return Publishes(socket.gethostname(), since, is_me=True) if since else None


def _misnamed(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for path, kind in catalogue.files.kinds():
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
    yield from dict.fromkeys(catalogue.problems.told(of_daemon=running))
    if lists := catalogue.readings.count_lists_left_out():
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
