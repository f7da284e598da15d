"""Builds the real thing from Settings; the only place where parts are chosen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalogue import Catalogue
from indexer.errors import Damaged, StateError, UserError
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
from indexer.places import DATABASE, require_state, state_of
from indexer.settings import Settings

if TYPE_CHECKING:  # a search must not wait for what it doesn't use
    import logging

    from indexer.finder import Finder
    from indexer.index.whoosh_index import WhooshIndex
    from indexer.pipeline import Pipeline

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


# --- writing --------------------------------------------------------------------------------------


@contextmanager
def open_pipeline(folder: Path, settings: Settings) -> Iterator[Pipeline]:
    """Build the pipeline of `folder`. Only who holds the state's lock may."""
    from indexer.extract.cage import Cage
    from indexer.extract.cell import Limits
    from indexer.pipeline import Pipeline

    state = state_of(folder, settings)
    limits = settings.extract
    cage = Cage(
        size=limits.workers or max(1, min(4, os.cpu_count() or 1)),
        limits=Limits(limits.cpu_s, limits.wall_s, limits.memory_mb << 20),
        folder=folder,
        scratch=_clean_scratch(state),
    )
    catalogue = _open_catalogue(state)
    try:
        index = _open_index(state, catalogue)
        pipeline = Pipeline(folder, settings, catalogue, cage, {"index": index})
        if index.directory != index_directory(
            state, catalogue
        ):  # the old one was damaged: searches go on saying so
            _switch_index(pipeline, state, index)
        try:
            yield pipeline
        finally:
            pipeline.followers["index"].close()
    finally:
        cage.close()
        catalogue.close()


def _open_catalogue(state: Path) -> Catalogue:
    """Open the catalogue; of one that is damaged what is whole is kept, and the rest is read again from the folder."""
    path = state / DATABASE
    try:
        catalogue = Catalogue(path)
        try:
            catalogue.check()
        except StateError:
            catalogue.close()
            raise
    except Damaged as error:
        _log().error("%s", error)
        _mend_catalogue(path)
        return Catalogue(path)
    return catalogue


def _mend_catalogue(path: Path) -> None:
    """Put a new catalogue of what is whole in the place of a damaged one."""
    from indexer.catalogue.salvage import salvage
    from indexer.looking import Priority

    made = path.with_name("made-anew.db")
    for name in (made.name, f"{made.name}-wal", f"{made.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    count = salvage(path, made, Priority.RETRY)
    for suffix in ("-wal", "-shm", "-journal"):  # else they would be taken for those of the new one
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    made.replace(path)
    _log().warning("%d items of the damaged catalogue are whole; the rest is read anew", count)


def _drop(directory: Path) -> None:
    """Delete a directory as far as that can be done."""
    import shutil  # a search does without

    shutil.rmtree(directory, ignore_errors=True)


def _log() -> logging.Logger:
    import logging  # a search does without

    return logging.getLogger("indexer")


def _clean_scratch(state: Path) -> Path:
    """Return the directory for scratch files, without what a killed program has left there."""
    scratch = state / "scratch"
    _drop(scratch)
    scratch.mkdir(exist_ok=True)
    return scratch


def _open_index(state: Path, catalogue: Catalogue) -> WhooshIndex:
    """Open the index in use; begin a new one beside it where it is damaged or belongs to another log."""
    from indexer.index.whoosh_index import WhooshIndex

    try:
        index = WhooshIndex(index_directory(state, catalogue), create=not catalogue.seq)
        place = index.place()
        fits = place is None or (place.epoch == catalogue.epoch and place.seq <= catalogue.seq)
        if fits and index.is_whole():
            return index
        index.close()
    except Damaged as error:
        _log().error("%s", error)
    name = _next_index(catalogue)
    _drop(state / name)
    return WhooshIndex(state / name)


def index_directory(state: Path, catalogue: Catalogue) -> Path:
    return state / catalogue.fact("index", "index-1")


def _next_index(catalogue: Catalogue) -> str:
    return f"index-{int(catalogue.fact('index', 'index-1').rpartition('-')[2]) + 1}"


def rebuild(pipeline: Pipeline, state: Path) -> None:
    """Make the index anew from the catalogue beside the present one, then switch and publish."""
    from indexer.index.whoosh_index import WhooshIndex
    from indexer.page import Extent

    name = _next_index(pipeline.catalogue)
    _drop(state / name)
    pipeline.followers["index"].close()
    pipeline.followers["index"] = index = WhooshIndex(state / name)
    _switch_index(pipeline, state, index)
    pipeline.publish(Extent.ANEW)


def _switch_index(pipeline: Pipeline, state: Path, index: WhooshIndex) -> None:
    """Bring a new index up to the log, then have searches use it."""
    pipeline.catch_up()
    while index.tidy():
        pass
    name = index.directory.name
    with pipeline.catalogue.writing():
        pipeline.catalogue.remember("index", name)
    drop_old_indexes(state, keep=name)


def drop_old_indexes(state: Path, keep: str) -> None:
    """Delete index directories that are no longer in use; what a search still has open goes next time."""
    for path in state.glob("index-*"):
        if path.name != keep:
            _drop(path)


# --- asking ---------------------------------------------------------------------------------------


def search(folder: Path, settings: Settings, text: str, options: SearchOptions) -> SearchResults:
    """Answer `text`; raise UserError for a wrong kind or date given as an option."""
    from indexer.index.query import add_filters, parse
    from indexer.index.synonyms import read_synonyms, with_synonyms

    state = require_state(folder, settings)
    now = datetime.now(UTC)
    query = add_filters(parse(text, now), _filters(options, now))
    query = with_synonyms(query, read_synonyms(settings.search.synonyms))
    request = SearchRequest(
        query, options.sort, options.limit, options.offset, relax=options.relax, now=now,
        facets=options.facets, explain=options.explain, time_limit_s=TIME_LIMIT_S,
    )  # fmt: skip
    return _ask(state, lambda finder: finder.search(text, request, snippets=options.snippets))


def _ask(state: Path, question: Callable[[Finder], SearchResults]) -> SearchResults:
    """Put a question to catalogue and index; again where the index was replaced by a new one meanwhile."""
    from indexer.finder import Finder
    from indexer.index.whoosh_index import WhooshIndex

    catalogue = Catalogue(state / DATABASE, readonly=True)
    try:
        while True:
            directory = index_directory(state, catalogue)
            try:
                index = WhooshIndex(directory, create=False)
                try:
                    return question(Finder(catalogue, index))
                finally:
                    index.close()
            except StateError:
                if index_directory(state, catalogue) == directory:
                    raise
    finally:
        catalogue.close()


def related(folder: Path, settings: Settings, item_id: ItemId, limit: int) -> SearchResults:
    """Return the items that are most like one, best first."""
    return _ask(require_state(folder, settings), lambda finder: finder.related(item_id, limit))


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
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        return catalogue.failures(everything=everything)


def item_of(folder: Path, settings: Settings, item_id: ItemId) -> Item | None:
    """Return a live item; None where there is none of that id."""
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        return catalogue.items([item_id]).get(item_id)


def text_of(
    folder: Path, settings: Settings, item_id: ItemId
) -> tuple[Item, tuple[Passage, ...], str] | None:
    """Return a live item, its passages and their language; none where it has no text, None where there is no item."""
    from indexer import postings

    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        item = catalogue.items([item_id]).get(item_id)
        text = catalogue.text(item_id) if item else None
        if item is None or text is None:
            return (item, (), "") if item else None
        return item, text.passages, postings.language_of(text.terms)


def names(folder: Path, settings: Settings, field: str) -> list[str]:
    """Return the folders, tags or people (`field`: folder, tag or person) of the items, most frequent first."""
    from indexer.catalogue.names import names

    return names(require_state(folder, settings) / DATABASE, field)
