"""What does the team see? A search's hits made into results: item, snippet, page."""

from __future__ import annotations

import time
from dataclasses import dataclass

from indexer.catalogue import Catalogue
from indexer.index.search_index import SearchIndex
from indexer.index.snippet import snippet
from indexer.model import Found, Hit, Item, ItemId, Passage, Result, SearchRequest, SearchResults
from indexer.words import Terms


@dataclass(frozen=True, slots=True)
class Finder:
    """Answers searches from an index and a catalogue that others may be writing."""

    catalogue: Catalogue
    index: SearchIndex

    def search(self, text: str, request: SearchRequest, *, snippets: bool = True) -> SearchResults:
        """Return the results of `request`, which `text` was read as."""
        began = time.perf_counter()
        found = self.index.search(request)
        wanted = [item_id for hit in found.hits for item_id in (hit.id, *hit.copies)]
        items = self.catalogue.items(wanted)
        results = tuple(
            self._result(request.offset + number, hit, items, found, snippets)
            for number, hit in enumerate(found.hits, 1)
            if hit.id in items
        )
        return SearchResults(
            query=text,
            total=found.total,
            took_ms=round((time.perf_counter() - began) * 1000, 1),
            results=results,
            relaxed=found.relaxed,
            complete=found.complete,
        )

    def _result(self, rank: int, hit: Hit, items: dict[ItemId, Item], found: Found, snippets: bool) -> Result:
        item = items[hit.id]
        copies = tuple(items[other].path for other in hit.copies if other in items)
        if not snippets:
            return Result(rank, hit.score, item, None, "", (), copies)
        text = self.catalogue.text(hit.id)
        if text and text.passages:
            passages, starts = text.passages, Terms.unpack(text.terms).starts
            where = self.index.where(hit.id, found.matched_forms)
        else:
            passages, starts, where = (Passage(item.note),), (0,), ()  # type: ignore[assignment]
        made = snippet(passages, starts, where, found.matched_forms)
        return Result(rank, hit.score, item, made.page_number, made.text, made.highlights, copies)
