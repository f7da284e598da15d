"""Sorted postings that wait to be merged into a segment of the page, in a temporary file once they are many."""

from __future__ import annotations

from collections.abc import Iterator
from os import SEEK_END
from tempfile import SpooledTemporaryFile

import numpy as np

from indexer.page.terms import block_from, encode_occurrences, encode_postings
from indexer.terms.block import Block
from indexer.terms.rows import unvarints, varints

RUN_KEYS, SPOOLED_BYTES = 250, 32 << 20


class Runs:
    """Sorted postings that wait to be merged, packed in a temporary file once they are many."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=SPOOLED_BYTES)  # noqa: SIM115 - closed with the runs

    def close(self) -> None:
        """Drop them."""
        self._file.close()

    def add(self, block: Block) -> Iterator[Block]:
        """Keep a block and return it as an iterator of smaller ones."""
        kept = [one for part in block.slices() for one in self._keep(part)]
        return (self._block(at, lengths) for at, lengths in kept)

    def _keep(self, block: Block) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Keep a block; yield its place and the sizes of its parts, some terms at a time."""
        postings, sizes = encode_postings(block)
        occurrences, places = encode_occurrences(block)
        ends, place_ends = np.cumsum(sizes), np.cumsum(places)
        for at in range(0, len(block.keys), RUN_KEYS):
            end = min(at + RUN_KEYS, len(block.keys))
            first, place = (int(ends[at - 1]), int(place_ends[at - 1])) if at else (0, 0)
            numbers = np.concatenate((block.frequencies[at:end], sizes[at:end], places[at:end]))
            parts = (
                b"\n".join(block.keys[at:end]),
                varints(numbers)[0],
                postings[first : int(ends[end - 1])],
                occurrences[place : int(place_ends[end - 1])],
            )
            where = self._file.seek(0, SEEK_END)
            self._file.write(b"".join(parts))
            yield where, tuple(map(len, parts))

    def _block(self, at: int, lengths: tuple[int, ...]) -> Block:
        self._file.seek(at)
        keys, numbers, postings, occurrences = map(self._file.read, lengths)
        frequencies, sizes, places = unvarints(numbers).reshape(3, -1)
        return block_from(keys.split(b"\n"), frequencies, sizes, postings, places, occurrences)
