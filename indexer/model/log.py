"""What the log says, and what a follower of it promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from indexer.model.items import (
    Item,
    ItemId,
)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a follower has come: every change up to `seq` of the log called `epoch` is applied."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the log as a follower sees it: the item as it is now, or that it is gone."""

    seq: int
    id: ItemId
    item: Item | None
    """None: the item is no longer there."""
    terms: bytes = b""
    """The packed postings of the item's text; empty where it has none."""


class Follower(Protocol):
    """Something that is kept equal to the catalogue: the search index, the page."""

    def place(self) -> Place | None:
        """Return how far it has come; None where it must start from nothing."""
        ...

    def apply(self, entries: list[Entry], place: Place) -> None:
        """Take in `entries` and remember `place`; doing it twice equals doing it once."""
        ...

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """Do a bounded part of the merging that is due and tell whether more is left.

        `thoroughly`: at once and whole, until nothing of a removed item is left.
        """
        ...

    def is_whole(self) -> bool:
        """Tell whether everything it wrote is as it was written: reads all of it."""
        ...

    def close(self) -> None:
        """Release its files."""
        ...
