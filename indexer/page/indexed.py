"""The postings of many new items, taken from the search index as they lie there instead of being made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from indexer.page.entry import Indexed
from indexer.page.terms import STEM, TITLE, sorted_block
from indexer.terms.block import Block, IndexedPart
from indexer.terms.rows import Numbers

_AT_ONCE, _LEAST_AT_ONCE = 1 << 20, 4 << 10
"""Numbers of all parts in memory at once, and of one part at least."""
_ALL = 1 << 62


class IndexedItems:
    """The items of a search index."""

    def __init__(self, load: Callable[[], Sequence[IndexedPart]] = tuple) -> None:
        """`load` returns the parts of an index; it is called once, when they are first needed."""
        self._load = load

    @cached_property
    def _parts(self) -> Sequence[IndexedPart]:
        return self._load()

    @cached_property
    def _at(self) -> dict[int, tuple[int, int]]:
        """Id of an item as a number to its part, and its place there."""
        found: dict[int, tuple[int, int]] = {}
        for number, part in enumerate(self._parts):
            for doc, ident in enumerate(part.idents.tolist()):
                if doc not in part.removed:
                    found[ident] = number, doc
        return found

    def find(self, ident: int) -> Indexed | None:
        """Return by what an item is found; None if it is not there."""
        at = self._at.get(ident)
        if at is None:
            return None
        part, doc = self._parts[at[0]], at[1]
        return Indexed(int(part.lengths[doc]), int(part.qualities[doc]), int(part.languages[doc]))

    def sources(self, numbers: dict[int, int]) -> Iterator[tuple[Iterable[Block], Numbers]]:
        """Yield the postings of some items in several sorted sources, each with a new number for each document or -1.

        `numbers`: the id of each of these items as a number, with its new number.
        """
        if not numbers:
            return
        most = max(_LEAST_AT_ONCE, _AT_ONCE // (2 * len(self._parts)))
        for number, part in enumerate(self._parts):
            new = np.full(len(part.idents), -1, np.int64)
            for ident, doc in zip(part.idents.tolist(), range(len(new)), strict=True):
                if ident in numbers and self._at[ident] == (number, doc):
                    new[doc] = numbers[ident]
            if (new >= 0).any():
                yield part.forms(most), new
                yield _marked(part.stems, most), new
                yield [sorted_block(block, TITLE) for block in part.titles(_ALL)], new


def _marked(stems: Callable[[int], Iterator[Block]], most: int) -> Iterator[Block]:
    """Yield stems with their mark behind: they stay in order, as a stem has letters alone."""
    for block in stems(most):
        yield sorted_block(block, STEM)
