"""What differs between what should be on the page and what is in the folder?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Protocol

from indexer.model.items import Item, ItemId, Passage, RelPath
from indexer.page.checking import is_shown
from indexer.page.edition import Edition, Spot
from indexer.page.entry import (
    Facts,
    PageEntry,
    beginning,
    differ_in_facts_alone,
    row_of,
    shown_digest,
)
from indexer.page.indexed import IndexedItems
from indexer.terms import postings
from indexer.terms.languages import CODES
from indexer.terms.weighing import item_terms

MANY = 1_000
"""With more new and changed items, postings are taken from the search index, which is then read as a whole."""


class Source(Protocol):
    """What should be on the page."""

    @property
    def indexed(self) -> IndexedItems:
        """Items whose entries may leave their postings to the search index."""
        ...

    def items(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        """Yield each item, or these, with the key of its text, which is empty if it has none."""
        ...

    def untold(self) -> Mapping[ItemId, RelPath]:
        """Return the files that exist but were not read yet: what the page has of them stays."""
        ...

    def entries(self, ids: Iterable[ItemId], *, may_be_indexed: bool = False) -> Iterator[PageEntry]:
        """Yield these items in this order; those that should not be on the page are left out.

        `may_be_indexed`: those that are `indexed` come without their terms.
        """
        ...


@dataclass(slots=True)
class Differences:
    """The items that differ, by the numbers of their ids."""

    gone: set[int]
    contents: dict[int, int] = field(default_factory=dict)
    """New and changed items, with the numbers of their contents."""
    digests: dict[int, int] = field(default_factory=dict)
    """Those of new and changed items, as far as they are known."""
    entries: Iterable[PageEntry] = ()
    facts: dict[int, Facts] = field(default_factory=dict)
    """Items of which only the facts changed."""


@dataclass(slots=True)
class Comparison:
    """Compares the source with a state of the page."""

    source: Source
    text_limit: int
    before: Edition
    doubted: Set[int] = frozenset()
    """Items that the page may show differently than their digests claim."""
    anew: bool = False
    """Every entry with a text here counts as different."""

    def of(self, changed: Collection[ItemId] | None) -> Differences:
        """Compare the items that may have changed (None: all) with those on the page, without loading texts."""
        if changed is None:
            published = self.before.shown()
        else:
            spots = self.before.find({int(item_id, 16) for item_id in changed})
            published = {ident: self.before.digest_of(spot) for ident, spot in spots.items()}
        there: set[int] = set()
        fresh: list[tuple[float, int, ItemId, int]] = []
        digests: dict[int, int] = {}
        poor: list[ItemId] = []
        facts: dict[int, Facts] = {}
        for item, source in self.source.items(changed):
            ident = _number(item)
            there.add(ident)
            digest = shown_digest(item, source, self.text_limit)
            known = None if self.anew or ident in self.doubted else published.get(ident)
            if known == digest:
                continue
            if known is not None and differ_in_facts_alone(digest, known):
                facts[ident] = row_of(item).facts
            elif not source and ident in published:
                poor.append(item.id)
            else:
                digests[ident] = digest
                fresh.append((item.date.timestamp(), ident, item.id, item.content_number))
        gone = published.keys() - there
        if changed is None:
            fresh.sort()
            gone = self._without_untold(gone)
        kept = self._enriched(poor)
        ids = (item_id for _, _, item_id, _ in fresh)
        entries = chain(kept, self.source.entries(ids, may_be_indexed=len(fresh) > MANY))
        contents = {_number(entry.item): entry.item.content_number for entry in kept}
        contents.update({ident: content for _, ident, _, content in fresh})
        return Differences(gone, contents, digests, entries, facts)

    def _enriched(self, poor: Collection[ItemId]) -> list[PageEntry]:
        """Return the items without a text here that differ from the page, with the page's text of the same content."""
        spots = self.before.find({int(item_id, 16) for item_id in poor})
        made = (self._richer(entry, spots[_number(entry.item)]) for entry in self.source.entries(poor))
        return [entry for entry in made if entry is not None]

    def _without_untold(self, gone: set[int]) -> set[int]:
        """Return the items that are gone, except files not read yet and items within them."""
        untold = {int(item_id, 16): path for item_id, path in self.source.untold().items()}
        paths = set(untold.values())
        kept = set()
        for ident, spot in self.before.find(gone).items() if untold else ():
            row, _ = self.before.row_at(spot)
            if row and (row.path in paths if row.is_list_entry else row.path == untold.get(ident)):
                kept.add(ident)
        return gone - kept

    def _richer(self, entry: PageEntry, spot: Spot) -> PageEntry | None:
        """Return the entry with the page's text of the same content; None if then nothing differs.

        For a file that this machine can't read, the other facts read with the text are taken, too, except addresses.
        """
        row, text = self.before.row_at(spot)
        item, content = entry.item, int(spot.segment.names.contents[spot.item])
        is_unread = item.online_only and not item.digest
        if not row or not text or row.is_note:
            return entry
        has_content = content == item.content_number != 0
        is_link = (
            bool(item.url) and item.url == row.url
        )  # who read its page may know to which other one it leads
        if not (item.size == row.size if is_unread else has_content or is_link):
            return entry
        if is_unread:
            item = item._replace(title=row.title, author=row.author, tags=row.tags)
        made = replace(entry, item=item)
        if _number(item) not in self.doubted and (has_content or is_unread) and is_shown(made, row):
            return None
        language = CODES[int(spot.segment.columns.languages[spot.item])]
        said = (Passage(part, page or None) for part, page in spot.segment.passages(text, row))
        passages = tuple(beginning(said, self.text_limit))
        packed = postings.pack([passage.text for passage in passages], language=language)
        return replace(made, terms=item_terms(item, packed), passages=passages)


def _number(item: Item) -> int:
    return int(item.id, 16)
