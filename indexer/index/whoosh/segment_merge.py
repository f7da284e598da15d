"""How do several segments become one without removed documents? In steps of bounded time and memory.

Each step takes a range of terms from every segment, so a merge of any size can be interleaved with other work, or
abandoned. Documents keep the order of their segments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.index.whoosh.segment_build import segment_facts, with_big
from indexer.index.whoosh.segment_columns import TYPES, block, column
from indexer.index.whoosh.segment_file import COLUMNS, SegmentFile, SegmentWriter
from indexer.terms.rows import Numbers, gathered

STEP_POSTINGS = 200_000
"""The approximate number of postings of a step: some 50 ms."""
_STEP_BYTES = 32 << 20

_REMOVED = -1


@dataclass(slots=True)
class _Source:
    """One of the merged segments."""

    file: SegmentFile
    numbers: Numbers
    """The new number of each document; `_REMOVED` for those that are left out."""
    at: int = 0
    """The next term."""


@dataclass(slots=True)
class Merge:
    """A merge under way. Call `step` until it returns False: then the new segment is written."""

    path: Path
    sources: list[_Source]
    doc_count: int
    most: int
    size: int = 0
    """Bytes of the file, once it is written."""
    _writer: SegmentWriter = field(init=False)
    _parts: Iterator[bool] = field(init=False)
    _terms: int = 0
    _key_end: int = 0
    _posting_end: int = 0
    _position_end: int = 0
    _doc_type: Any = None
    _position_type: Any = None

    @staticmethod
    def of(
        path: Path, files: Sequence[tuple[SegmentFile, Collection[int]]], most: int = STEP_POSTINGS
    ) -> Merge:
        """Begin to merge `files`, each with its removed documents, into `path`.

        A step takes about `most` postings.
        """
        sources = []
        count = 0
        for file, removed in files:
            kept = np.ones(file.doc_count, bool)
            kept[list(removed)] = False
            numbers = np.where(kept, np.cumsum(kept) - 1 + count, _REMOVED)
            count += int(kept.sum())
            sources.append(_Source(file, numbers))
        merge = Merge(path, sources, count, most)
        merge._begin()
        merge._parts = merge._work()
        return merge

    def _begin(self) -> None:
        files = [source.file for source in self.sources]

        def total(name: str) -> int:
            return sum(file.facts["sections"][name][2] for file in files)

        def widest(name: str) -> str:
            return max(str(file.facts["sections"][name][0]) for file in files)  # "H" < "I"

        terms, texts = total("key_ends"), ("paths", "path_ends", "names", "name_ends")
        rooms = {
            "keys": ("B", total("keys")),
            **dict.fromkeys(("key_ends", "posting_ends", "position_ends"), ("I", terms)),
            "docs": ("H" if self.doc_count < 1 << 16 else "I", total("docs")),
            "positions": (widest("positions"), total("positions")),
            **{name: ("B", total("docs")) for name in ("weights", "counts")},
            **{name: ("I", total(name)) for name in ("big_weights", "big_counts")},
            **{name: (typecode, self.doc_count) for name, typecode in COLUMNS.items()},
            "ids": ("Q", self.doc_count),
            "id_docs": ("I", self.doc_count),
            **{name: ("I" if name.endswith("ends") else "B", total(name)) for name in texts},
        }
        self._writer = SegmentWriter(self.path, rooms)
        self._position_type = TYPES[rooms["positions"][0]]
        self._doc_type = TYPES[rooms["docs"][0]]

    def step(self) -> bool:
        """Do a bounded part of the work; False once the file is written (its size is then in `size`)."""
        return next(self._parts, False)

    def _work(self) -> Iterator[bool]:
        """Do the whole work, with a pause after each part."""
        while (bound := self._next_bound()) is not None:
            self._take_terms(bound)
            yield True
        facts = self._write_documents()
        yield True
        while self._writer.sum_blocks(_STEP_BYTES):
            yield True
        self.size = self._writer.finish(facts)

    def abandon(self) -> None:
        """Abandon the merge and its file."""
        self._writer.abandon()
        self.close()

    def close(self) -> None:
        """Release the merged files."""
        for source in self.sources:
            source.file.close()
        self.sources = []

    # --- terms ------------------------------------------------------------------------------------

    def _next_bound(self) -> bytes | None:
        """Return the key before which this step ends, so that no segment gives more than its share; None at the end."""
        live = [source for source in self.sources if source.at < source.file.term_count]
        if not live:
            return None
        share = max(1, self.most // len(live))
        bounds = []
        for source in live:
            ends = column(source.file, "posting_ends")
            before = int(ends[source.at - 1]) if source.at else 0
            stop = int(np.searchsorted(ends, before + share, "right"))
            stop = max(stop, source.at + 1)
            if stop < source.file.term_count:
                bounds.append(source.file.key(stop))
        return min(bounds) if bounds else b"\xff"

    def _take_terms(self, bound: bytes) -> None:
        stops = [source.file.find(bound) for source in self.sources]
        lists = [source.file.keys(source.at, stop) for source, stop in zip(self.sources, stops, strict=True)]
        keys = sorted(set().union(*lists))
        rank = dict(zip(keys, range(len(keys)), strict=True))
        parts = [
            self._rows(source, stop, [rank[key] for key in own])
            for source, stop, own in zip(self.sources, stops, lists, strict=True)
            if own
        ]
        for source, stop in zip(self.sources, stops, strict=True):
            source.at = stop
            source.file.let_go()
        ranks, docs, weights, counts = (np.concatenate([part[n] for part in parts]) for n in range(4))
        order = np.argsort(ranks, kind="stable")
        starts = np.cumsum(counts) - counts
        positions = np.concatenate([part[4] for part in parts])
        counts = counts[order]
        positions = gathered(positions, starts[order], counts)
        self._write_terms(keys, ranks[order], docs[order], weights[order], counts, positions)

    def _rows(self, source: _Source, stop: int, ranks: list[int]) -> tuple[Any, ...]:
        """Return for each posting the rank of its term, document, weight and number of positions; and all positions."""
        found = block(source.file, source.at, stop)
        docs, weights, counts, positions = (
            source.numbers[found.docs],
            found.weights,
            found.counts,
            found.positions,
        )
        row_ranks = np.repeat(np.asarray(ranks, np.int64), found.frequencies)
        kept = docs != _REMOVED
        if not kept.all():
            positions = positions[np.repeat(kept, counts)]
            row_ranks, docs, weights, counts = row_ranks[kept], docs[kept], weights[kept], counts[kept]
        return row_ranks, docs, weights, counts, positions

    def _write_terms(
        self, keys: list[bytes], ranks: Numbers, docs: Numbers, weights: Numbers, counts: Numbers, positions: Any
    ) -> None:  # fmt: skip
        frequencies = np.bincount(ranks, minlength=len(keys))
        alive = np.flatnonzero(frequencies)
        keys = [keys[number] for number in alive.tolist()]
        sums = np.bincount(ranks, weights=counts, minlength=len(frequencies)).astype(np.int64)[alive]
        lengths = np.fromiter(map(len, keys), np.int64, len(keys))
        write = self._writer.append
        write("keys", b"".join(keys))
        write("key_ends", (np.cumsum(lengths) + self._key_end).astype(np.uint32).tobytes())
        write("posting_ends", (np.cumsum(frequencies[alive]) + self._posting_end).astype(np.uint32).tobytes())
        write("position_ends", (np.cumsum(sums) + self._position_end).astype(np.uint32).tobytes())
        write("docs", docs.astype(self._doc_type).tobytes())
        for name, values in (("weights", weights), ("counts", counts)):
            for section, (_, raw) in with_big(name, values, self._posting_end).items():
                write(section, raw)
        write("positions", positions.astype(self._position_type).tobytes())
        self._key_end += int(lengths.sum())
        self._posting_end += len(docs)
        self._position_end += len(positions)

    # --- documents --------------------------------------------------------------------------------

    def _write_documents(self) -> dict[str, object]:
        """Write the columns of documents and return the facts of the segment."""
        kept = [np.flatnonzero(source.numbers != _REMOVED) for source in self.sources]
        whole: dict[str, Any] = {}
        for name, typecode in COLUMNS.items():
            parts = [column(source.file, name)[own] for source, own in zip(self.sources, kept, strict=True)]
            whole[name] = np.concatenate([*parts, np.zeros(0, TYPES[typecode])]).astype(TYPES[typecode])
            self._writer.append(name, whole[name].tobytes())
        order = np.argsort(whole["idents"], kind="stable")
        self._writer.append("ids", whole["idents"][order].tobytes())
        self._writer.append("id_docs", order.astype(np.uint32).tobytes())
        for name in ("paths", "names"):
            raws = [
                raw
                for source, own in zip(self.sources, kept, strict=True)
                for raw in _texts(source.file, name, own)
            ]
            self._writer.append(name, b"".join(raws))
            ends = np.fromiter(accumulate(map(len, raws)), np.uint32, len(raws))
            self._writer.append(f"{name[:-1]}_ends", ends.tobytes())
        return segment_facts(whole["lengths"].tolist(), whole["languages"].tolist())


def _texts(file: SegmentFile, name: str, docs: npt.NDArray[np.int64]) -> Iterator[bytes]:
    raw, ends = file.section(name), file.section(f"{name[:-1]}_ends")
    for doc in docs.tolist():
        yield bytes(raw[ends[doc - 1] if doc else 0 : ends[doc]])
