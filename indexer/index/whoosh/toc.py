"""Whoosh's own list of a commit's segments, for Whoosh's readers. Only writers, and readers of older indexes, import this."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from indexer.index.whoosh import codec
from indexer.index.whoosh.importing import without_ballast
from indexer.index.whoosh.segment import EXTENSION, INDEX_NAME, Segment

with without_ballast():
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import TOC


def write_toc(directory: Path, generation: int, segments: Iterable[Segment]) -> None:
    """Write the TOC of a commit."""
    made = []
    for segment in segments:
        one = codec.Segment(INDEX_NAME)
        one.segid = segment.filename.removeprefix(INDEX_NAME + "_").removesuffix(EXTENSION)
        one.docs, one.size, one.removed = segment.docs, segment.size, segment.removed
        made.append(one)
    TOC(codec.schema(), made, generation).write(FileStorage(str(directory)), INDEX_NAME)


def read_toc(directory: Path, generation: int) -> tuple[Segment, ...]:
    """Return the segments of a commit."""
    toc = TOC.read(FileStorage(str(directory)), INDEX_NAME, generation)
    return tuple(Segment(one.filename, one.docs, one.size, one.removed) for one in toc.segments)
