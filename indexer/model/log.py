"""What does the log say, and what does a follower of it promise?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from indexer.model.items import Item, ItemId
from indexer.model.terms import ItemTerms


class Place(NamedTuple):
    """How far a follower has come: every change up to `seq` of the log called `epoch` is applied."""

    epoch: str
    seq: int


class Entry(NamedTuple):
    """One change in the log: the item as it is now, or that it is gone."""

    seq: int
    id: ItemId
    item: Item | None
    """None: the item is gone."""
    terms: bytes = b""
    """The packed postings of the item's text; empty if it has none."""


class Change:
    """One change as a follower sees it; its terms are weighed once for all followers, when the first asks for them."""

    __slots__ = ("_terms", "_weigh", "id", "item", "seq")

    def __init__(self, entry: Entry, weigh: Callable[[Item, bytes], ItemTerms]) -> None:
        """Wrap `entry`; `weigh` makes terms of an item and the packed postings of its text."""
        self.seq, self.id, self.item = entry.seq, entry.id, entry.item
        self._weigh = partial(weigh, entry.item, entry.terms) if entry.item else None
        self._terms: ItemTerms | None = None

    @property
    def terms(self) -> ItemTerms:
        """By what the item is found; not for an item that is gone."""
        if self._terms is None:
            assert self._weigh, "the item is gone"
            self._terms, self._weigh = self._weigh(), None
        return self._terms

    @property
    def is_weighed(self) -> bool:
        """Whether the terms are there, so that asking for them costs nothing."""
        return self._terms is not None


class Follower(Protocol):
    """Something that is kept in step with the catalogue: the search index, the page.

    Every method may raise StateError or UserError if it can't write, Damaged if what it wrote has changed since; after
    either it can be asked for its place and go on from there.
    """

    def place(self) -> Place | None:
        """Return how far it has come for good: the next process begins there. None: it begins from nothing."""
        ...

    def apply(self, changes: Sequence[Change], place: Place) -> None:
        """Take in `changes`, which lead to `place`; doing it twice equals doing it once.

        `place()` may follow later: the page is written at its own pace.
        """
        ...

    def begin_anew(self) -> None:
        """Drop what was taken in, so that `place()` is None; what readers see stays until there is something newer."""
        ...

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """Do a bounded part of the merging that is due and tell whether more is left.

        `thoroughly`: do all of it at once, until nothing of a removed item is left.
        """
        ...

    def is_whole(self) -> bool:
        """Tell whether all its files are as it wrote them; reads all of them."""
        ...

    def close(self) -> None:
        """Release its files."""
        ...
