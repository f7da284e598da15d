"""A segment's columns, some terms at a time: for merging, and for whoever makes something else of its postings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import numpy as np

from indexer.index.whoosh.segment_file import FIELDS, SegmentFile
from indexer.terms.block import Block, IndexedPart
from indexer.terms.rows import Numbers
from indexer.terms.words import STEM_MARK

TYPES = {"B": np.uint8, "H": np.uint16, "I": np.uint32, "Q": np.uint64, "q": np.int64}


def column(file: SegmentFile, name: str) -> Any:
    """Return a section as an array in the mapped file."""
    return np.frombuffer(file.section(name), dtype=TYPES[file.facts["sections"][name][0]])


def block(file: SegmentFile, begin: int, end: int) -> Block:
    """Return the postings of the terms from `begin` to `end`, with their whole keys; there is at least one."""
    ends, position_ends = column(file, "posting_ends"), column(file, "position_ends")
    first, last = int(ends[begin - 1]) if begin else 0, int(ends[end - 1])
    at, to = int(position_ends[begin - 1]) if begin else 0, int(position_ends[end - 1])
    return Block(
        file.keys(begin, end),
        np.diff(ends[begin:end].astype(np.int64), prepend=first),
        column(file, "docs")[first:last].astype(np.int64),
        _whole(file, "weights", first, last),
        _whole(file, "counts", first, last),
        column(file, "positions")[at:to],
    )


def _whole(file: SegmentFile, name: str, first: int, last: int) -> Numbers:
    """Return weights or counts of some postings, those that need more than a byte included."""
    values: Numbers = column(file, name)[first:last].astype(np.int64)
    big = column(file, f"big_{name}").reshape(-1, 2)
    if len(big):
        low, high = np.searchsorted(big[:, 0], (first, last))
        values[big[low:high, 0].astype(np.int64) - first] = big[low:high, 1]
    return values


def part(file: SegmentFile, removed: Collection[int]) -> IndexedPart:
    """Return a segment's items and postings."""
    mark = STEM_MARK.encode()
    after = bytes((mark[0] + 1,))
    text, title = FIELDS["text"], FIELDS["title"]
    return IndexedPart(
        column(file, "idents"), removed, column(file, "lengths"), column(file, "qualities"), column(file, "languages"),
        partial(_blocks, file, [(text, text + mark), (text + after, _next(text))], len(text)),
        partial(_blocks, file, [(text + mark, text + after)], len(text + mark)),
        partial(_blocks, file, [(title, title + mark), (title + after, _next(title))], len(title)),
    )  # fmt: skip


def _next(field: bytes) -> bytes:
    return bytes((field[0] + 1,))


def _blocks(file: SegmentFile, spans: list[tuple[bytes, bytes]], cut: int, most: int) -> Iterator[Block]:
    """Yield the postings whose keys lie in some spans, without the first `cut` bytes of the keys."""
    postings, positions = column(file, "posting_ends"), column(file, "position_ends")
    for low, high in spans:
        begin, last = file.find(low), file.find(high)
        sizes = postings[begin:last].astype(np.int64) + positions[begin:last]
        before = int(postings[begin - 1]) + int(positions[begin - 1]) if begin else 0
        at = begin
        while at < last:
            end = begin + max(at - begin + 1, int(np.searchsorted(sizes, before + most, "right")))
            before = int(sizes[end - 1 - begin])
            found = block(file, at, end)
            yield Block(
                [key[cut:] for key in found.keys], found.frequencies, found.docs, found.weights, found.counts,
                found.positions.copy(),
            )  # fmt: skip
            at = end
            file.let_go()
