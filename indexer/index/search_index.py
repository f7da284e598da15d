"""What does every search engine promise? `tests/index/` checks each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from indexer.model.items import ItemId
from indexer.model.log import Follower
from indexer.model.query import SearchRequest
from indexer.model.results import Found

if TYPE_CHECKING:  # numpy: only writers need it
    from indexer.terms.block import IndexedPart


@runtime_checkable
class HasParts(Protocol):
    """Has postings that others can take as they lie there."""

    def require_files(self) -> None:
        """Raise Damaged if a file that is open was deleted or cut since."""
        ...

    def parts(self) -> Sequence[IndexedPart]:
        """Return the items with their postings, each item in one part, valid until something is taken in or merged."""
        ...


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

    def count(self) -> int:
        """Return how many items it holds."""
        ...

    def copies(self, item_id: ItemId) -> frozenset[ItemId]:
        """Return the items that form one result with an item, itself included; none if it is not held."""
        ...

    def near(self, form: str, most: int) -> list[str]:
        """Return the most frequent forms one edit away, at most so many."""
        ...
