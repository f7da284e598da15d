"""How is the pipeline built from Settings? The only place where parts are chosen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalogue import Catalogue
from indexer.clock import SYSTEM, Clock
from indexer.errors import Damaged, StateError
from indexer.search.asking import index_directory
from indexer.settings import Settings
from indexer.state.places import DATABASE, state_of

if TYPE_CHECKING:  # a search must not wait for what it doesn't use
    import logging

    from indexer.index.whoosh.whoosh_index import WhooshIndex
    from indexer.pipeline.pipeline import Pipeline


@contextmanager
def open_pipeline(folder: Path, settings: Settings, clock: Clock = SYSTEM) -> Iterator[Pipeline]:
    """Build the pipeline of `folder`, which goes by `clock`. Only who holds the state's lock may."""
    from indexer.extract.cage import Cage
    from indexer.extract.cell import Limits
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
        pipeline = Pipeline(folder, settings, catalogue, cage, index, clock)
        if index.directory != index_directory(
            state, catalogue
        ):  # the old one was damaged: searches go on saying so
            _switch_index(pipeline, state, index)
        try:
            yield pipeline
        finally:
            pipeline.followers.close()
    finally:
        cage.close()
        catalogue.close()


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
    from indexer.pipeline.look import Priority

    made = path.with_name("made-anew.db")
    for name in (made.name, f"{made.name}-wal", f"{made.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    count = salvage(path, made, Priority.RETRY)
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
        index = WhooshIndex(index_directory(state, catalogue), create=not catalogue.seq)
        place = index.place()
        fits = place is None or (place.epoch == catalogue.epoch and place.seq <= catalogue.seq)
        if fits and index.is_whole():
            return index
    except Damaged as error:
        _log().error("%s", error)
    if index:
        index.close()  # Windows deletes no file that is open
    name = _next_index(catalogue)
    _drop(state / name)
    return WhooshIndex(state / name)


def _next_index(catalogue: Catalogue) -> str:
    return f"index-{int(catalogue.fact('index', 'index-1').rpartition('-')[2]) + 1}"


def rebuild(pipeline: Pipeline, state: Path) -> None:
    """Build a new index from the catalogue in a new place, then switch to it and publish."""
    from indexer.index.whoosh.whoosh_index import WhooshIndex
    from indexer.page.pace import Extent

    name = _next_index(pipeline.catalogue)
    _drop(state / name)
    index = WhooshIndex(state / name)
    before = pipeline.followers.replace("index", index)
    try:
        _switch_index(pipeline, state, index)
    except BaseException:
        pipeline.followers.replace("index", before).close()
        raise
    before.close()
    drop_old_indexes(state, keep=name)
    pipeline.publish(Extent.ANEW)


def _switch_index(pipeline: Pipeline, state: Path, index: WhooshIndex) -> None:
    """Have a new index catch up with the log, then switch searches to it."""
    pipeline.catch_up(at_once=True)
    while index.tidy():
        pass
    name = index.directory.name
    with pipeline.catalogue.writing():
        pipeline.catalogue.remember("index", name)
    drop_old_indexes(state, keep=name)


def drop_old_indexes(state: Path, keep: str) -> None:
    """Delete index directories no longer in use; those a search still has open are deleted next time."""
    for path in state.glob("index-*"):
        if path.name != keep:
            _drop(path)
