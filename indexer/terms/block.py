"""Postings of some terms in order: the unit that is merged, cut, and handed from index to page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.terms.rows import Column, Numbers

SLICE = 1 << 19
"""Numbers turned into bytes at a time."""


@dataclass(frozen=True, slots=True)
class Block:
    """Postings of some terms sorted by key; those of one term by item."""

    keys: list[bytes]
    frequencies: Numbers
    """For each key, its number of postings, never 0."""
    docs: Numbers
    weights: Numbers
    counts: Numbers
    """For each posting, its number of positions."""
    positions: Any
    """Whole numbers of two, four or eight bytes."""

    def slices(self) -> Iterator[Block]:
        """Yield it in parts of some hundred thousand numbers, each of at least one term."""
        rows, places = np.cumsum(self.frequencies), np.cumsum(self.counts)
        sizes = rows + np.concatenate((np.zeros(1, np.int64), places))[rows]
        at = row = place = 0
        while at < len(self.keys):
            to = max(at + 1, int(np.searchsorted(sizes, (sizes[at - 1] if at else 0) + SLICE, "right")))
            end = int(rows[to - 1])
            place_end = int(places[end - 1]) if end else 0
            yield Block(
                self.keys[at:to], self.frequencies[at:to], self.docs[row:end], self.weights[row:end],
                self.counts[row:end], self.positions[place:place_end],
            )  # fmt: skip
            at, row, place = to, end, place_end


@dataclass(frozen=True, slots=True)
class IndexedPart:
    """Items of a search index with their postings, as they lie there; a column has a number for each document."""

    idents: npt.NDArray[np.uint64]
    """Ids as numbers."""
    removed: Collection[int]
    """Documents that are no items any more."""
    lengths: Column
    """Weighted number of words."""
    qualities: Column
    """Static bytes."""
    languages: Column
    """By their places in `CODES`."""
    forms: Callable[[int], Iterator[Block]]
    """Called with a size: yields the postings of forms in order, in blocks of about so many numbers."""
    stems: Callable[[int], Iterator[Block]]
    """The same of stems, whose keys are without their mark."""
    titles: Callable[[int], Iterator[Block]]
    """The same of the forms in titles."""
