"""Builds the real thing from Settings; the only place where parts are chosen."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalogue import Catalogue
from indexer.errors import StateError, UserError
from indexer.model import (
    EVERYTHING,
    Failure,
    Filter,
    Item,
    ItemId,
    Kind,
    Or,
    Passage,
    Query,
    SearchRequest,
    SearchResults,
)
from indexer.settings import Settings

if TYPE_CHECKING:  # a search must not wait for what it doesn't use
    from indexer.index.whoosh_index import WhooshIndex
    from indexer.pipeline import Pipeline

_DATABASE = "catalogue.db"
TIME_LIMIT_S = 0.7
"""A search that takes longer ends with the best found by then."""


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
    facets: bool = False
    explain: bool = False


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
    misnamed: tuple[tuple[str, str], ...] = ()
    """Path and true kind of files whose name says another."""
    waiting_for_ocr: int = 0
    """Pages whose words are still to be recognised."""


# --- folders and their state ----------------------------------------------------------------------


def state_of(folder: Path, settings: Settings) -> Path:
    """Return the directory that holds this folder's private state; it may not exist yet."""
    real = os.path.normcase(os.path.realpath(folder))
    digest = hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
    name = re.sub(r"[^A-Za-z0-9]+", "-", folder.name).strip("-")[:40] or "folder"
    return settings.state_dir / "folders" / f"{name}-{digest}"


def known_folders(settings: Settings) -> list[Path]:
    """Return the folders that were registered, in the order of their names."""
    found = []
    for path in sorted((settings.state_dir / "folders").glob("*/folder.json")):
        try:
            found.append(Path(json.loads(path.read_text("utf-8", "surrogatepass"))["folder"]))
        except (OSError, ValueError, KeyError):
            continue
    return found


def resolve_folder(given: Path | None, settings: Settings) -> Path:
    """Return the folder meant; raise UserError where none or several are possible."""
    if given is None and os.environ.get("INDEXER_FOLDER"):
        given = Path(os.environ["INDEXER_FOLDER"])
    if given is not None:
        return Path(os.path.abspath(given.expanduser()))  # noqa: PTH100 - without following links, as written
    known = known_folders(settings)
    if len(known) == 1:
        return known[0]
    if not known:
        raise UserError("no folder is known yet: name one, as in `indexer scan FOLDER`")
    raise UserError(f"{len(known)} folders are known, name one with --folder: " + ", ".join(map(str, known)))


def register(folder: Path, settings: Settings) -> Path:
    """Make the state of `folder` and return where it is; raise UserError where that can't be."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "is not there"
        raise UserError(f"{folder} {what}: is its drive connected, is it spelled so?")
    state = state_of(folder, settings)
    if Path(os.path.realpath(state)).is_relative_to(os.path.realpath(folder)):
        raise UserError(
            f"the state ({settings.state_dir}) must not lie in the folder: choose another --state-dir"
        )
    try:
        state.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"folder": str(folder)})
        if not (state / "folder.json").exists():
            (state / "folder.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise UserError(
            f"{state} can't be written ({error.strerror}): choose another with --state-dir"
        ) from error
    return state


def require_state(folder: Path, settings: Settings) -> Path:
    """Return where the state of `folder` is; raise UserError where there is none yet."""
    state = state_of(folder, settings)
    if not (state / _DATABASE).exists():
        raise UserError(f"nothing is known of {folder} yet: run `indexer scan` on it first")
    return state


# --- writing --------------------------------------------------------------------------------------


@contextmanager
def open_pipeline(folder: Path, settings: Settings) -> Iterator[Pipeline]:
    """Build the pipeline of `folder`. Only who holds the state's lock may."""
    from indexer.extract.cage import Cage, Limits
    from indexer.pipeline import Pipeline

    state = state_of(folder, settings)
    limits = settings.extract
    cage = Cage(
        size=limits.workers or max(1, min(4, os.cpu_count() or 1)),
        limits=Limits(limits.cpu_s, limits.wall_s, limits.memory_mb << 20),
        folder=folder,
        scratch=_clean_scratch(state),
    )
    catalogue = Catalogue(state / _DATABASE)
    try:
        index = _open_index(state, catalogue)
        pipeline = Pipeline(folder, settings, catalogue, cage, {"index": index})
        yield pipeline
        pipeline.followers["index"].close()
    finally:
        cage.close()
        catalogue.close()


def _clean_scratch(state: Path) -> Path:
    """Return the directory for scratch files, without what a killed program has left there."""
    scratch = state / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(exist_ok=True)
    return scratch


def _open_index(state: Path, catalogue: Catalogue) -> WhooshIndex:
    """Open the index in use; begin a new one where there is none or it belongs to another log."""
    from indexer.index.whoosh_index import WhooshIndex

    try:
        index = WhooshIndex(_index_directory(state, catalogue))
        place = index.place()
        if place is None or (place.epoch == catalogue.epoch and place.seq <= catalogue.seq):
            return index
        index.close()
    except StateError:
        pass  # damaged: it is made anew from the catalogue
    with catalogue.writing():
        catalogue.remember("index", _next_index(catalogue))
    return WhooshIndex(_index_directory(state, catalogue))


def _index_directory(state: Path, catalogue: Catalogue) -> Path:
    return state / catalogue.fact("index", "index-1")


def _next_index(catalogue: Catalogue) -> str:
    return f"index-{int(catalogue.fact('index', 'index-1').rpartition('-')[2]) + 1}"


def rebuild(pipeline: Pipeline, state: Path) -> None:
    """Make the index anew from the catalogue beside the present one, then switch and publish."""
    from indexer.index.whoosh_index import WhooshIndex

    catalogue = pipeline.catalogue
    old, name = pipeline.followers["index"], _next_index(catalogue)
    shutil.rmtree(state / name, ignore_errors=True)
    pipeline.followers["index"] = WhooshIndex(state / name)
    pipeline.catch_up()
    with catalogue.writing():
        catalogue.remember("index", name)
    old.close()
    drop_old_indexes(state, keep=name)
    pipeline.publish()


def drop_old_indexes(state: Path, keep: str) -> None:
    """Delete index directories that are no longer in use; what a search still has open goes next time."""
    for path in state.glob("index-*"):
        if path.name != keep:
            shutil.rmtree(path, ignore_errors=True)


# --- asking ---------------------------------------------------------------------------------------


def search(folder: Path, settings: Settings, text: str, options: SearchOptions) -> SearchResults:
    """Answer `text`; raise UserError for a wrong kind or date given as an option."""
    from indexer.finder import Finder
    from indexer.index.query import add_filters, parse
    from indexer.index.whoosh_index import WhooshIndex

    state = require_state(folder, settings)
    now = datetime.now(UTC)
    filters = _filters(options, now)
    catalogue = Catalogue(state / _DATABASE, readonly=True)
    try:
        index = WhooshIndex(_index_directory(state, catalogue))
        query = add_filters(parse(text, now), filters)
        request = SearchRequest(
            query, options.sort, options.limit, options.offset, relax=options.relax, now=now,
            facets=options.facets, explain=options.explain, time_limit_s=TIME_LIMIT_S,
        )  # fmt: skip
        return Finder(catalogue, index).search(text, request, snippets=options.snippets)
    finally:
        catalogue.close()


def _filters(options: SearchOptions, now: datetime) -> list[Query]:
    from indexer.index.query import parse, parse_when

    problems = []
    filters: list[Query] = []
    for kind in options.kinds:
        if kind.lower() not in list(Kind):
            problems.append(f"--type {kind} is no kind (there are {', '.join(Kind)})")
    if options.kinds and not problems:
        kinds = tuple(Filter("kind", kind.lower()) for kind in dict.fromkeys(options.kinds))
        filters.append(kinds[0] if len(kinds) == 1 else Or(kinds))
    for name, option, value in (("after", "--since", options.since), ("before", "--before", options.before)):
        if value:
            try:
                filters.append(Filter(name, parse_when(value, now).isoformat()))
            except ValueError:
                problems.append(f"{option} {value} is no date (write 2026-01-31, 2026-01, 3d, 2w, 6m or 1y)")
    for name, value in (("in", options.in_folder), ("by", options.by), ("tag", options.tag)):
        if value:
            quoted = value.replace('"', " ")
            parsed = parse(f'{name}:"{quoted}"', now)
            filters.append(parsed if parsed != EVERYTHING else Filter(name, value))
    if problems:
        raise UserError("; ".join(problems))
    return filters


def failures(folder: Path, settings: Settings, *, everything: bool) -> list[Failure]:
    """Return what could not be read; unsupported kinds and the like only where `everything`."""
    state = require_state(folder, settings)
    catalogue = Catalogue(state / _DATABASE, readonly=True)
    try:
        return catalogue.failures(everything=everything)
    finally:
        catalogue.close()


def health(folder: Path, settings: Settings) -> Health:
    """Say how things stand; raise UserError where nothing is known of the folder."""
    from indexer.lock import read_holder

    state = require_state(folder, settings)
    holder = read_holder(state)
    running = holder is not None and holder.command == "watch"
    catalogue = Catalogue(state / _DATABASE, readonly=True)
    try:
        problems = list(_problems(folder, catalogue, running=running))
        page = catalogue.fact("page")
        return Health(
            folder=folder,
            running=running,
            pid=holder.pid if holder and running else None,
            items=catalogue.kind_counts(),
            queue=catalogue.count_wanted(),
            last_change=_time(catalogue.fact("changed_at")),
            last_publish=_time(catalogue.fact("published_at")),
            page=folder / page if page else None,
            publisher=socket.gethostname() if page else None,
            online_only=catalogue.count_online_only(),
            failed=len(catalogue.failures(everything=False)),
            problems=tuple(problems),
            misnamed=tuple(_misnamed(catalogue)),
            waiting_for_ocr=catalogue.count_scans() if settings.extract.ocr else 0,
        )
    finally:
        catalogue.close()


def _misnamed(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    from indexer.extract.kinds import kind_of

    for path, kind in catalogue.kinds_by_path():
        by_name = kind_of(path)
        if by_name not in (kind, Kind.OTHER):
            yield path, str(kind)


def _problems(folder: Path, catalogue: Catalogue, *, running: bool) -> Iterator[str]:
    if not folder.is_dir():
        yield f"{folder} is not there: is its drive connected?"
    if held := int(catalogue.fact("held_back", "0")):
        yield (
            f"{held} items vanished at once, nothing was removed: bring them back, or agree with"
            " `indexer scan --accept-removals`"
        )
    for area in ("watching", "work", "publish", "page"):
        yield from filter(None, catalogue.fact(f"{area}_problems").split("\n"))
    if not running:
        yield "no daemon runs, so changes are not followed: start `indexer watch`"


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def item_of(folder: Path, settings: Settings, item_id: ItemId) -> Item | None:
    """Return a live item; None where there is none of that id."""
    catalogue = Catalogue(require_state(folder, settings) / _DATABASE, readonly=True)
    try:
        return catalogue.items([item_id]).get(item_id)
    finally:
        catalogue.close()


def text_of(
    folder: Path, settings: Settings, item_id: ItemId
) -> tuple[Item, tuple[Passage, ...]] | None:
    """Return a live item with its passages, none where it has no text; None where there is no such item."""
    catalogue = Catalogue(require_state(folder, settings) / _DATABASE, readonly=True)
    try:
        item = catalogue.items([item_id]).get(item_id)
        text = catalogue.text(item_id) if item else None
        return (item, text.passages if text else ()) if item else None
    finally:
        catalogue.close()


def names(folder: Path, settings: Settings, field: str) -> list[str]:
    """Return the folders, tags or people (`field`: folder, tag or person) of the items, most frequent first."""
    from indexer.catalogue.names import names

    return names(require_state(folder, settings) / _DATABASE, field)
