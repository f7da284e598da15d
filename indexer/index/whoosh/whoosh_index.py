"""How does Whoosh hold the search index? Batches of ready postings become segments, a commit lists the valid ones.

A commit is Whoosh's TOC and, written after it, `commit.json`: how far the index has come, the segments, and the checksum
of the TOC. Our readers follow only `commit.json`, so a commit exists whole or not at all, and a search need not load Whoosh,
whose own readers have the TOC. Segment files never change.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from indexer.errors import Damaged, StateError
from indexer.files.replacing import write_file
from indexer.files.retrying import PAUSE_S, TRIES
from indexer.index.whoosh.evaluate import Evaluation
from indexer.index.whoosh.merge_policy import due_for_merging
from indexer.index.whoosh.segment import EXTENSION, INDEX_NAME, Segment
from indexer.index.whoosh.segment_file import SegmentFile, damaged
from indexer.index.whoosh.view import View, most_frequent
from indexer.model.items import ItemId
from indexer.model.log import Change, Place
from indexer.model.query import SearchRequest
from indexer.model.results import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indexer.index.whoosh.segment_merge import Merge
    from indexer.terms.block import IndexedPart

_COMMIT = "commit.json"
_Result = TypeVar("_Result")


class Commit(NamedTuple):
    """The state of the index at one moment."""

    place: Place | None
    generation: int
    segments: tuple[Segment, ...]


class _Merging(NamedTuple):
    """A merge under way: its files and its new segment."""

    merge: Merge
    names: list[str]
    segment: Segment

    def finish(self, present: Sequence[Segment]) -> Segment:
        """Return the segment without documents that were removed from the `present` ones meanwhile."""
        removed = {segment.filename: segment.removed for segment in present}
        gone: set[int] = set()
        for source, name in enumerate(self.names):
            numbers = self.merge.sources[source].numbers
            docs = removed.get(name, range(len(numbers)))  # a segment that is gone lost all of them
            gone.update(int(numbers[doc]) for doc in docs if numbers[doc] >= 0)
        self.merge.close()
        return Segment(self.segment.filename, self.merge.doc_count, self.merge.size, frozenset(gone))


class WhooshIndex:
    """A search index in its own directory. One process writes, any number search."""

    def __init__(self, directory: Path, *, create: bool = True) -> None:
        """Open the index; if it is missing and `create` is true, make it. Raise StateError if it is damaged."""
        self.directory = directory
        self._view: View | None = None
        self._view_stamp = (0, 0)
        self._merging: _Merging | None = None
        if create and not (directory / _COMMIT).exists():
            with self._writing():
                directory.mkdir(parents=True, exist_ok=True)
                for left in _ours(directory):
                    left.unlink()
                self._write(Commit(None, 0, ()))
        else:
            self._commit = self._patiently(self._read)
            if create:
                self._clean()  # left by a writer that was killed

    # --- commits ----------------------------------------------------------------------------------

    def place(self) -> Place | None:
        """Return how far it has come; None if it holds nothing."""
        return self._commit.place

    def _read(self) -> Commit:
        """Read the current commit; raise StateError if it is damaged or was replaced by the next one meanwhile."""
        raw = json.loads((self.directory / _COMMIT).read_text("utf-8"))
        generation = int(raw["generation"])
        toc_path = self.directory / _toc_name(generation)
        if raw["crc"] != zlib.crc32(toc_path.read_bytes()) or raw["check"] != _check(raw):
            raise Damaged(damaged(_COMMIT))
        place = Place(str(raw["epoch"]), int(raw["seq"])) if raw["epoch"] else None
        if "segments" in raw:
            return Commit(place, generation, tuple(map(Segment.decode, raw["segments"])))
        from indexer.index.whoosh.toc import read_toc  # a commit of an earlier version

        return Commit(place, generation, read_toc(self.directory, generation))

    def _write(self, commit: Commit) -> None:
        """Make a commit: it exists once `commit.json` is written, whenever this process ends."""
        from indexer.index.whoosh.toc import write_toc

        toc_path = self.directory / _toc_name(commit.generation)
        toc_path.unlink(missing_ok=True)  # of a commit that was never completed
        write_toc(self.directory, commit.generation, commit.segments)
        _fsync(toc_path)
        raw = {
            "epoch": commit.place.epoch if commit.place else "",
            "seq": commit.place.seq if commit.place else 0,
            "generation": commit.generation,
            "crc": zlib.crc32(toc_path.read_bytes()),
            "segments": [segment.encode() for segment in commit.segments],
        }
        _fsync(self.directory)
        write_file(self.directory / _COMMIT, json.dumps({**raw, "check": _check(raw)}).encode(), durable=True)
        self._commit = commit
        _fsync(self.directory)
        if self._view:
            self._current()  # releases files that are about to be deleted
        self._clean()

    def _clean(self) -> None:
        """Delete files of earlier commits; one that a search has open is deleted with a later commit."""
        keep = {segment.filename for segment in self._commit.segments}
        keep.add(_toc_name(self._commit.generation))
        if self._merging:
            keep.add(self._merging.merge.path.name)
        for path in _ours(self.directory):
            if path.name not in keep:
                try:
                    path.unlink(missing_ok=True)
                except OSError:  # Windows: still open
                    continue

    def _patiently(self, step: Callable[[], _Result]) -> _Result:
        """Do `step`, and again if a writer in another process changed the files meanwhile."""
        for number in range(TRIES):
            stamp = self._stamp()
            try:
                return step()
            except Exception as error:
                if number == TRIES - 1 or self._is_settled(stamp, error):
                    if isinstance(error, StateError):
                        raise
                    raise Damaged(damaged(self.directory.name, str(error) or type(error).__name__)) from error
                time.sleep(PAUSE_S)
        raise AssertionError

    def _is_settled(self, stamp: tuple[int, int], error: Exception) -> bool:
        """Tell whether another try would fail as well: no new commit came, an index exists, no file was in use."""
        try:
            has_begun = any(self.directory.glob("*" + EXTENSION))
        except OSError:  # it was just replaced by another index
            has_begun = False
        return stamp == self._stamp() and has_begun and not isinstance(error, PermissionError)

    # --- following the log ------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], place: Place) -> None:
        """Take in `changes`, each replacing whatever its id had, and remember `place`."""
        with self._writing():
            latest = {change.id: change for change in changes}
            segments = self._without(latest)
            items = [(change.item, change.terms) for change in latest.values() if change.item is not None]
            if items:
                from indexer.index.whoosh.segment_build import build_segment

                made = Segment.new()
                docs, size = build_segment(self.directory / made.filename, items)
                segments.append(made._replace(docs=docs, size=size))
            self._write(Commit(place, self._commit.generation + 1, tuple(segments)))

    def begin_anew(self) -> None:
        """Hold nothing: every search finds nothing until changes are taken in again."""
        with self._writing():
            self._give_up_merge()
            self._write(Commit(None, self._commit.generation + 1, ()))

    def _without(self, ids: Iterable[ItemId]) -> list[Segment]:
        """Return the present segments with the documents of these items removed, empty ones left out."""
        import numpy as np

        idents = np.array([int(item_id, 16) for item_id in ids], np.uint64)
        changed = []
        for segment, file in zip(self._commit.segments, self._current().files, strict=True):
            if not file.is_there():
                raise Damaged(damaged(file.path))
            known = np.frombuffer(file.section("ids"), np.uint64)
            at = np.minimum(np.searchsorted(known, idents), len(known) - 1)
            docs = np.frombuffer(file.section("id_docs"), np.uint32)[at[known[at] == idents]]
            gone = set(docs.tolist()) - segment.removed
            removed = _removing(segment, gone) if gone else segment
            if removed.doc_count():
                changed.append(removed)
        return changed

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(f"the search index can't be written: {error}") from error

    # --- merging ----------------------------------------------------------------------------------

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """Do a bounded part of the merging that is due; tell whether more is left.

        `thoroughly`: do all of it at once, until nothing of a removed item is left.
        """
        with self._writing():
            try:
                if thoroughly:
                    self._give_up_merge()
                    self._begin_merge([segment for segment in self._commit.segments if segment.removed])
                    while self._step_merge():
                        pass
                    return False
                if self._merging is None:
                    self._begin_merge(due_for_merging(self._commit.segments))
                return self._step_merge() or bool(due_for_merging(self._commit.segments))
            except BaseException:
                self._give_up_merge()  # a failed step can't be repeated
                raise

    def _begin_merge(self, segments: list[Segment]) -> None:
        if segments:
            from indexer.index.whoosh.segment_merge import Merge

            made = Segment.new()
            files = [(SegmentFile(self.directory / s.filename, s.size), s.removed) for s in segments]
            merge = Merge.of(self.directory / made.filename, files)
            self._merging = _Merging(merge, [segment.filename for segment in segments], made)

    def _step_merge(self) -> bool:
        """Take the next step of the merge under way, if there is one; False at its end."""
        merging = self._merging
        if merging is None:
            return False
        if merging.merge.step():
            return True
        made = merging.finish(self._commit.segments)
        kept = [segment for segment in self._commit.segments if segment.filename not in merging.names]
        segments = (made, *kept) if made.doc_count() else tuple(kept)
        self._merging = None
        self._write(Commit(self._commit.place, self._commit.generation + 1, segments))
        return False

    def _give_up_merge(self) -> None:
        if self._merging:
            self._merging.merge.abandon()
            self._merging = None

    # --- searching --------------------------------------------------------------------------------

    def search(self, request: SearchRequest) -> Found:
        """Return the matching items in order."""
        return Evaluation(self._latest(), request).answer()

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions of any of `terms` in an item."""
        return self._seen().where(item_id, terms)

    def frequency(self, form: str) -> int:
        """Return how many items have a form."""
        return self._seen().frequency(form)

    def count(self) -> int:
        """Return how many items it holds."""
        return self._seen().live

    def copies(self, item_id: ItemId) -> frozenset[ItemId]:
        """Return the items that form one result with an item, itself included; none if it is not held."""
        return self._seen().copies(item_id)

    def parts(self) -> Sequence[IndexedPart]:
        """Return the items with their postings, as they lie in the segments."""
        from indexer.index.whoosh.segment_columns import part

        self.require_files()
        view = self._current()
        return [part(file, removed) for file, removed in zip(view.files, view.removed, strict=True)]

    def require_files(self) -> None:
        """Raise Damaged if a segment that is open was deleted or cut since: who reads it then would crash."""
        for file in self._current().files:
            if not file.is_there():
                raise Damaged(damaged(file.path))

    def near(self, form: str, most: int) -> list[str]:
        """Return the most frequent forms one edit away, at most so many."""
        view = self._seen()
        counts = {near: count for near, count in view.forms_near(form).items() if near != form}
        return most_frequent(counts, view, most, exact=not any(view.removed))[0]

    def is_whole(self) -> bool:
        """Tell whether every file of the current commit is as written; reads all of them."""
        return (
            self._patiently(self._read).generation == self._commit.generation and self._current().is_whole()
        )

    def _seen(self) -> View:
        """Return the view of the last search, so that follow-up questions use the same commit."""
        is_current = self._view is not None and self._view.generation == self._commit.generation
        return self._view if is_current and self._view else self._latest()

    def _latest(self) -> View:
        """Return a view of the latest commit, whichever process made it."""

        def latest() -> View:
            self._commit = self._read()
            return self._current()

        stamp = self._stamp()
        if self._view is None or stamp != self._view_stamp:
            view = self._patiently(latest)
            self._view_stamp = stamp
            return view
        return self._view

    def _stamp(self) -> tuple[int, int]:
        try:
            status = (self.directory / _COMMIT).stat()
        except OSError:
            return 0, 0
        return status.st_mtime_ns, status.st_ino

    def _current(self) -> View:
        """Return the view of the last known commit; files that stay are not opened again."""
        if self._view is None or self._view.generation != self._commit.generation:
            self._view = View.of(self.directory, self._commit.generation, self._commit.segments, self._view)
        return self._view

    def close(self) -> None:
        """Release its files."""
        self._give_up_merge()
        if self._view:
            self._view.close()
            self._view = None


def _removing(segment: Segment, gone: set[int]) -> Segment:
    """Return the same segment with more documents removed."""
    return segment._replace(removed=segment.removed | gone)


def _toc_name(generation: int) -> str:
    """Return Whoosh's name of a commit's TOC."""
    return f"_{INDEX_NAME}_{generation}.toc"


def _ours(directory: Path) -> list[Path]:
    """Return the files of commits and segments, except `commit.json`."""
    return [p for p in directory.iterdir() if p.suffix == EXTENSION or ".toc" in p.name]


def _check(raw: dict[str, Any]) -> int:
    facts = [raw["epoch"], raw["seq"], raw["generation"], raw["crc"]]
    if "segments" in raw:
        facts.append(raw["segments"])
    return zlib.crc32(json.dumps(facts).encode())


def _fsync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows can't do this for directories
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
