"""What every engine that answers searches promises; `tests/index/` holds each of them to it."""

from __future__ import annotations

from typing import Protocol

from indexer.model.items import ItemId
from indexer.model.log import Entry, Place
from indexer.model.query import SearchRequest
from indexer.model.results import Found


class SearchIndex(Protocol):
    """Items by the words they have: a follower of the log."""

    def place(self) -> Place | None:
        """Return how far it has come; None where it holds nothing."""
        ...

    def apply(self, entries: list[Entry], place: Place) -> None:
        """Take in `entries`, each replacing whatever its id had, and remember `place`."""
        ...

    def search(self, request: SearchRequest) -> Found:
        """Return the items that match, in order."""
        ...

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions in an item at which any of the forms in `terms` stand."""
        ...

    def frequency(self, form: str) -> int:
        """Return how many items have a form."""
        ...

    def suggest(self, form: str) -> str | None:
        """Return the most frequent form one edit away; None where there is none or the form itself is there."""
        ...

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """Do a bounded part of the merging that is due and tell whether more is left.

        `thoroughly`: at once and whole, until nothing of a removed item is left.
        """
        ...

    def close(self) -> None:
        """Release its files."""
        ...
