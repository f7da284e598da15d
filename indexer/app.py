"""Builds the real thing from Settings; the only place where parts are chosen. (being written)"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from indexer.model import Failure, SearchResults
from indexer.settings import Settings


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What the options of `indexer search` add to the query."""

    kinds: tuple[str, ...] = ()
    in_folder: str = ""
    by: str = ""
    tag: str = ""
    since: str = ""
    before: str = ""
    sort: str = "relevance"
    limit: int = 10
    offset: int = 0
    relax: bool = True
    snippets: bool = True


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
    publisher: str | None = None
    online_only: int = 0
    conflicts: tuple[tuple[str, str], ...] = ()
    failed: int = 0
    problems: tuple[str, ...] = ()


def resolve_folder(given: Path | None, settings: Settings) -> Path:
    """Return the folder meant; raise UserError where none or several are possible."""
    raise NotImplementedError


def search(folder: Path, settings: Settings, text: str, options: SearchOptions) -> SearchResults:
    """Answer `text`; raise UserError for a wrong kind or date given as an option."""
    raise NotImplementedError


def health(folder: Path, settings: Settings) -> Health:
    """Say how things stand; raise UserError where nothing is known of the folder."""
    raise NotImplementedError


def failures(folder: Path, settings: Settings, *, everything: bool) -> list[Failure]:
    """Return what could not be read; unsupported kinds and the like only where `everything`."""
    raise NotImplementedError


def state_of(folder: Path, settings: Settings) -> Path:
    """Return the directory that holds this folder's private state; it may not exist yet."""
    raise NotImplementedError
