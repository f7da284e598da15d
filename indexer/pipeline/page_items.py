"""Which items of the catalogue, and which of their texts, may be on the page?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from indexer.catalogue import Catalogue, file_title
from indexer.files.opening import Directory
from indexer.folder.names import reach
from indexer.model.items import Item, ItemId, RelPath
from indexer.model.log import Change
from indexer.model.names import name_key
from indexer.model.readings import passages_of
from indexer.model.terms import ItemTerms
from indexer.page.entry import PageEntry, beginning
from indexer.page.indexed import IndexedItems
from indexer.page.scope import Scope, scope_key
from indexer.settings import Settings
from indexer.terms.postings import is_current
from indexer.terms.weighing import item_terms

_WITHHELD = "withheld"
"""The key of a text that stays off the page: its text is not taken over from an existing page either."""


@dataclass(frozen=True, slots=True)
class PageItems:
    """The items of the catalogue that may be on the page: its `Source`."""

    catalogue: Catalogue
    scope: Scope
    text_limit: int
    weighed: Mapping[ItemId, Change] = field(default_factory=dict)
    """Changes whose terms need not be weighed again."""
    indexed: IndexedItems = field(default_factory=IndexedItems)
    """Items whose postings the search index has, as the catalogue has them now."""
    drops: bool = False
    """Items whose text stays off the page are not on it at all."""

    @staticmethod
    def of(
        catalogue: Catalogue, settings: Settings, weighed: Mapping[ItemId, Change], indexed: IndexedItems
    ) -> PageItems:
        """Return the items that the settings allow on the page."""
        return PageItems(catalogue, Scope.of(settings), settings.page.text_kb << 10, weighed, indexed)

    def _is_in(self, path: RelPath, key: str = "") -> bool:
        return self.scope.shows(path, key) if self.drops else self.scope.has(path)

    def items(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        """Yield each item, or these, with the key of its text."""
        for item, key in self.catalogue.items.told(ids):
            if self._is_in(item.path, key):
                yield (_outside(item), _WITHHELD) if self.scope.withholds(key) else (item, key)

    def untold(self) -> Mapping[ItemId, RelPath]:
        """Return the files not read yet."""
        return {item_id: path for item_id, path in self.catalogue.items.untold() if self._is_in(path)}

    def entries(self, ids: Iterable[ItemId], *, may_be_indexed: bool = False) -> Iterator[PageEntry]:
        """Yield these items in this order; `may_be_indexed`: those that are `indexed` come without their terms."""
        for item, key, packed, passages in self.catalogue.items.with_texts(ids):
            if not self._is_in(item.path, key):
                continue
            if self.scope.withholds(key):
                seen = _outside(item)
                yield PageEntry(seen, _WITHHELD, item_terms(seen, b""), ())
            else:
                # Terms of an earlier definition of a word, and items without a text, are weighed: the index may differ.
                is_same = may_be_indexed and bool(packed) and is_current(packed)
                found = self.indexed.find(int(item.id, 16)) if is_same else None
                terms = found or self._terms(item, packed)
                shown = tuple(beginning(passages_of(passages), self.text_limit))
                yield PageEntry(item, key, terms, shown)

    def _terms(self, item: Item, packed: bytes) -> ItemTerms:
        change = self.weighed.get(item.id)
        return change.terms if change and change.item == item else item_terms(item, packed)


def _outside(item: Item) -> Item:
    """Return an item with only what its file shows from outside."""
    return item._replace(
        title=file_title(item.path), author="", tags=(), note="", hyperlinks=(), truncated=""
    )


def scope_of_nothing(scope: Iterable[str], folder: Path) -> list[str]:
    """Return the subfolders of `page.scope` that the folder lacks, in any case: they may be misspelled."""
    with Directory(reach(folder)) as root:
        return [name for name in scope if not _is_there(root, scope_key(name).rstrip("/"))]


def _is_there(directory: Directory, key: str) -> bool:
    first, _, rest = key.partition("/")
    for name in directory.names():
        if name_key(name) != first:
            continue
        if not rest:
            return True
        with suppress(OSError), directory.below(name) as below:
            if _is_there(below, rest):
                return True
    return False
