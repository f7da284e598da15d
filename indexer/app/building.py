"""How is the pipeline built from Settings? The only place where parts are chosen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalogue import Catalogue
from indexer.clock import SYSTEM, Clock
from indexer.errors import Damaged, StateError
from indexer.search.asking import index_directory, next_index_directory, use_index
from indexer.settings import Settings
from indexer.state.places import COPIES, DATABASE, FETCHED, state_of

if TYPE_CHECKING:  # a search must not wait for what it doesn't use
    import logging

    from indexer.extract.cage import Cage
    from indexer.index.whoosh.whoosh_index import WhooshIndex
    from indexer.pipeline.link_checks import Tools
    from indexer.pipeline.pipeline import Pipeline


@contextmanager
def open_pipeline(folder: Path, settings: Settings, clock: Clock = SYSTEM) -> Iterator[Pipeline]:
    """Build the pipeline of `folder`, which goes by `clock`. Only who holds the state's lock may."""
    from indexer.extract.cage import Cage
    from indexer.extract.reading_process import Limits
    from indexer.pipeline.pipeline import Pipeline

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
        link_tools = partial(_link_tools, folder, settings, state, cage) if settings.links.fetch else None
        pipeline = Pipeline(folder, settings, catalogue, cage, index, clock, link_tools)
        pipeline.links.heed()
        if index.directory != index_directory(
            state, catalogue
        ):  # the old one was damaged: searches go on saying so
            _switch_index(pipeline, state, index)
        try:
            yield pipeline
        finally:
            pipeline.links.close()
            pipeline.followers.close()
    finally:
        cage.close()
        catalogue.close()


def _link_tools(folder: Path, settings: Settings, state: Path, cage: Cage) -> Tools:
    """Return what fetches the pages behind links, and what reads them."""
    from indexer.extract.cage import Cage
    from indexer.links.fetcher import Fetcher
    from indexer.pipeline.link_checks import Tools

    spool = state / FETCHED
    fetcher = Fetcher.start(settings.links, spool, folder=folder)
    kept = state / COPIES
    kept.mkdir(exist_ok=True)
    return Tools(fetcher, spool, Cage(size=1, limits=cage.limits, folder=spool, scratch=cage.scratch), kept)


def _open_catalogue(state: Path) -> Catalogue:
    """Open the catalogue; if it is damaged, its whole rows are kept and the rest is read again from the folder."""
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
    """Replace a damaged catalogue by a new one of its whole rows."""
    from indexer.catalogue.salvage import salvage
    from indexer.pipeline.look import FIRST_PASS_DONE, Priority
    from indexer.pipeline.page_facts import PUBLISHED_SEQ

    made = path.with_name("made-anew.db")
    for name in (made.name, f"{made.name}-wal", f"{made.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    # Without a first pass, files found again would be new today.
    count = salvage(path, made, Priority.RETRY, left_behind=(FIRST_PASS_DONE, PUBLISHED_SEQ))
    for suffix in ("-wal", "-shm", "-journal"):  # or SQLite would take them for those of the new one
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    made.replace(path)
    _log().warning("%d items of the damaged catalogue are whole; the rest is read again", count)


def _drop(directory: Path) -> None:
    """Delete a directory as far as possible."""
    import shutil  # a search does without

    shutil.rmtree(directory, ignore_errors=True)


def _log() -> logging.Logger:
    import logging  # a search does without

    return logging.getLogger("indexer")


def _clean_scratch(state: Path) -> Path:
    """Return the directory for scratch files, cleared of what a killed program left there."""
    scratch = state / "scratch"
    _drop(scratch)
    scratch.mkdir(exist_ok=True)
    return scratch


def _open_index(state: Path, catalogue: Catalogue) -> WhooshIndex:
    """Open the index in use; begin a new one in a new place if it is damaged or belongs to another log."""
    from indexer.index.whoosh.whoosh_index import WhooshIndex

    index: WhooshIndex | None = None
    try:
        index = WhooshIndex(index_directory(state, catalogue), create=not catalogue.log.seq)
        place = index.place()
        fits = place is None or (place.epoch == catalogue.log.epoch and place.seq <= catalogue.log.seq)
        if fits and index.is_whole():
            return index
    except Damaged as error:
        _log().error("%s", error)
    if index:
        index.close()  # Windows deletes no file that is open
    directory = next_index_directory(state, catalogue)
    _drop(directory)
    return WhooshIndex(directory)


def rebuild(pipeline: Pipeline, state: Path) -> None:
    """Build a new index from the catalogue in a new place, then switch to it and publish."""
    from indexer.index.whoosh.whoosh_index import WhooshIndex
    from indexer.page.pace import Extent

    directory = next_index_directory(state, pipeline.catalogue)
    _drop(directory)
    index = WhooshIndex(directory)
    before = pipeline.followers.replace("index", index)
    try:
        _switch_index(pipeline, state, index)
    except BaseException:
        pipeline.followers.replace("index", before).close()
        raise
    before.close()
    drop_old_indexes(state, keep=directory.name)
    pipeline.publish(Extent.ANEW)


def _switch_index(pipeline: Pipeline, state: Path, index: WhooshIndex) -> None:
    """Have a new index catch up with the log, then switch searches to it."""
    pipeline.catch_up(at_once=True)
    while index.tidy():
        pass
    with pipeline.catalogue.writing():
        use_index(pipeline.catalogue, index.directory)
    drop_old_indexes(state, keep=index.directory.name)


def drop_old_indexes(state: Path, keep: str) -> None:
    """Delete index directories no longer in use; those a search still has open are deleted next time."""
    for path in state.glob("index-*"):
        if path.name != keep:
            _drop(path)
