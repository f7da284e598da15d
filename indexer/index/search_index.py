"""What does every search engine promise? `tests/index/` checks each of them."""

from __future__ import annotations

from typing import Protocol

from indexer.model.items import ItemId
from indexer.model.log import Follower
from indexer.model.query import SearchRequest
from indexer.model.results import Found


class SearchIndex(Follower, Protocol):
    """Finds items by their words: a follower of the log."""

    def search(self, request: SearchRequest) -> Found:
        """Return the matching items in order."""
        ...

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions of any of `terms` in an item."""
        ...

    def frequency(self, form: str) -> int:
        """Return how many items have a form."""
        ...

    def suggest(self, form: str) -> str | None:
        """Return the most frequent form one edit away; None if there is none or some item has the form itself."""
        ...
