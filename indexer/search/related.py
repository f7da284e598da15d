"""Which items are like a given one? Those that share its key terms, by the folder's own words.

Key terms are the words of the greatest tf-idf, as for MoreLikeThis of Lucene. Other items are found and scored by them as
by any other words; the share of the highest possible score tells whether that is likeness or chance.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from indexer.model.query import And, Filter, Or, Query, SearchRequest, Word
from indexer.model.results import Explanation, Hit, SearchResults
from indexer.terms import ranking
from indexer.terms.languages import LANGUAGES, function_words
from indexer.terms.suffixes import light_stem
from indexer.terms.words import STEM_MARK, stem

if TYPE_CHECKING:
    from indexer.index.search_index import SearchIndex
    from indexer.model.items import Item, ItemId
    from indexer.model.terms import ItemTerms
    from indexer.search.finder import Finder

KEY_TERMS = 20
"""The most key terms of an item; with more, other items share some by chance (`scripts/bench/related.py`)."""
_LOOKED_AT = 500
"""So many forms of an item, those of the greatest weight, may become key terms."""
_LEAST_SHARED, _LEAST_LIKENESS = 2, 0.1
"""What a related item has at least: key terms, and their share of the highest possible score."""
_SPARE = 10
"""So many hits more than are shown may be weak, or copies."""


def related(
    finder: Finder,
    item_id: ItemId,
    limit: int,
    *,
    across: bool = False,
    time_limit_s: float | None = None,
) -> SearchResults:
    """Return the items that are most like one, best first, without copies of it; none if it is not there.

    `across`: only items of other departments than its own.
    """
    began = time.perf_counter()
    row = next(iter(finder.catalogue.items.with_texts([item_id])), None)
    if row is None:
        return SearchResults("", 0, 0.0, (), key_terms=())
    item, _, packed, _ = row
    words = key_terms(ranking.item_terms(item, packed), finder.index.copies(item_id), finder.index)
    if len(words) < _LEAST_SHARED:
        return SearchResults("", 0, 0.0, (), key_terms=tuple(words))
    query: Query = Or(tuple(map(Word, words)))
    if across:
        query = And((query, Filter("across", item.department or "")))
    request = SearchRequest(
        query, limit=limit + _SPARE, relax=False, proximity=False, explain=True, time_limit_s=time_limit_s
    )
    found = finder.index.search(request)
    copies = _copies(finder, item, found.hits)
    hits = [
        replace(hit, explanation=None)
        for hit in found.hits
        if hit.id not in copies and hit.explanation and _is_like(hit.explanation, finder.index.count())
    ]
    results = finder.results(replace(found, hits=tuple(hits[:limit])), request)
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    return SearchResults(
        " OR ".join(words), len(results), took_ms, results, complete=found.complete, key_terms=tuple(words)
    )


def key_terms(terms: ItemTerms, copies: int, index: SearchIndex) -> list[str]:
    """Return the forms that tell most about an item among those of `index`, best first, one of each word's inflections.

    Function words, numbers, and what only the item and its `copies` (itself counted) or most of all items have, tell nothing.
    """
    weights = dict(zip(terms.text.names(), terms.text.weights, strict=True))
    for term, weight in terms.beside.weights.items():
        weights[term] = weights.get(term, 0) + weight
    language = terms.language
    common = function_words((language,) if language in LANGUAGES else ())
    telling = ((weight, form) for form, weight in weights.items() if form not in common and _may_tell(form))
    words: dict[str, tuple[int, str]] = {}
    for weight, form in heapq.nlargest(_LOOKED_AT, telling):
        base = light_stem(form, stem(form, language), language)
        before, first = words.get(base, (0, form))
        words[base] = before + weight, first
    total = index.count()
    most = max(2, total // 2)
    chosen = []
    for weight, form in words.values():
        df = index.frequency(form)
        if copies < df <= most:
            chosen.append((weight / (weight + ranking.K1) * ranking.idf(total, df), form))
    return [form for _, form in heapq.nlargest(KEY_TERMS, chosen)]


def _may_tell(form: str) -> bool:
    return len(form) > 1 and not form.startswith(STEM_MARK) and any(map(str.isalpha, form))


def _copies(finder: Finder, item: Item, hits: tuple[Hit, ...]) -> set[ItemId]:
    """Return which of the hits are the item itself or have the same content."""
    known = finder.catalogue.items.get([hit.id for hit in hits])
    key = item.fold_key
    return {i for i, other in known.items() if i == item.id or (key and other.fold_key == key)}


def _is_like(explanation: Explanation, total: int) -> bool:
    """Tell whether a score by key terms is more than chance."""
    scores = [word.score for word in explanation.words if word.score]
    highest = sum(ranking.idf(total, word.df) for word in explanation.words) * (ranking.K1 + 1)
    return len(scores) >= _LEAST_SHARED and sum(scores) >= _LEAST_LIKENESS * highest
