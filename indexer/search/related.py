"""Which items are like a given one? Those that share its key terms, by the folder's own words.

Key terms are the words of the greatest tf-idf, as for MoreLikeThis of Lucene. Other items are found and scored by them as
by any other words; the share of the highest possible score tells whether that is likeness or chance.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from indexer.model.query import NOTHING, And, Filter, Or, Query, SearchRequest, Word
from indexer.model.results import Explanation, Found, SearchResults
from indexer.terms import ranking, weighing
from indexer.terms.languages import LANGUAGES, function_words
from indexer.terms.suffixes import light_stem
from indexer.terms.words import STEM_MARK, forms, stem

if TYPE_CHECKING:
    from indexer.index.search_index import SearchIndex
    from indexer.model.items import Item, ItemId
    from indexer.model.terms import ItemTerms
    from indexer.search.finder import Finder

KEY_TERMS = 16
"""The most key terms of an item; more of them find no more (docs/decisions/029-related-items.md)."""
_OF_ADDRESSES = frozenset("http https www com org net html htm php".split())
_LOOKED_AT = 500
"""So many forms of an item, those of the greatest weight, may become key terms."""
LEAST_SHARED, LEAST_LIKENESS = 2, 0.15
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
    copies = finder.index.copies(item_id)
    words = key_terms(finder.index, copies, item, weighing.item_terms(item, packed))
    request = asked_by(words, item, limit, across=across, time_limit_s=time_limit_s)
    found = alike(finder.index, copies, request)
    results = finder.results(found, request)
    took_ms = round((time.perf_counter() - began) * 1000, 1)
    return SearchResults(
        " OR ".join(words), len(results), took_ms, results, complete=found.complete, key_terms=tuple(words)
    )


def asked_by(
    words: list[str], item: Item, limit: int, *, across: bool = False, time_limit_s: float | None = None
) -> SearchRequest:
    """Return the search for items with any of some words; `across`: of other departments than that of `item`."""
    query: Query = Or(tuple(map(Word, words))) if len(words) >= LEAST_SHARED else NOTHING
    if across:
        query = And((query, Filter("across", item.department or "")))
    return SearchRequest(
        query, limit=limit, relax=False, proximity=False, explain=True, time_limit_s=time_limit_s
    )


def alike(index: SearchIndex, copies: Collection[ItemId], request: SearchRequest) -> Found:
    """Return the hits of `request`, by the key terms of an item, that are like it: no `copies`, and not by chance."""
    found = index.search(request._replace(limit=request.limit + _SPARE))
    total = index.count()
    hits = [
        hit._replace(explanation=None)
        for hit in found.hits
        if hit.id not in copies and hit.explanation and _is_like(hit.explanation, total)
    ]
    return found._replace(hits=tuple(hits[: request.limit]))


def key_terms(index: SearchIndex, copies: Collection[ItemId], item: Item, terms: ItemTerms) -> list[str]:
    """Return the forms that tell most about an item with these terms, best first: of a word's inflections the commonest.

    Function words, numbers, suffixes, what addresses are made of, and what only the item and its copies (`copies`) or most of all items have, tell
    nothing.
    """
    weights = dict(zip(terms.text.names(), terms.text.weights, strict=True))
    for term, weight in terms.beside.weights.items():
        weights[term] = weights.get(term, 0) + weight
    language = terms.language
    common = {*_OF_ADDRESSES, *forms(item.name.rpartition(".")[2])}
    common |= function_words((language,) if language in LANGUAGES else ())
    telling = ((weight, form) for form, weight in weights.items() if form not in common and _may_tell(form))
    words: dict[str, tuple[int, tuple[int, str]]] = {}
    for weight, form in heapq.nlargest(_LOOKED_AT, telling):
        base = light_stem(form, stem(form, language), language)
        before, commonest = words.get(base, (0, (0, "")))
        words[base] = before + weight, max(commonest, (index.frequency(form), form))
    total = index.count()
    most = max(2, total // 2)
    chosen = [
        (weight / (weight + ranking.K1) * ranking.idf(total, df), form)
        for weight, (df, form) in words.values()
        if len(copies) < df <= most
    ]
    return [form for _, form in heapq.nlargest(KEY_TERMS, chosen)]


def _may_tell(form: str) -> bool:
    return len(form) > 1 and not form.startswith(STEM_MARK) and any(map(str.isalpha, form))


def _is_like(explanation: Explanation, total: int) -> bool:
    """Tell whether a score by key terms is more than chance."""
    scores = [word.score for word in explanation.words if word.score]
    highest = sum(ranking.idf(total, word.df) for word in explanation.words) * (ranking.K1 + 1)
    return len(scores) >= LEAST_SHARED and sum(scores) >= LEAST_LIKENESS * highest
