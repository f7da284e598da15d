"""In which order are the matches? By score, date or name, copies folded, and only as far as they are asked for."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from indexer.index.order import in_order, spelled, top_level
from indexer.index.query import is_scored
from indexer.model.items import ItemId
from indexer.model.query import Phrase, Query, SearchRequest, Word
from indexer.model.results import Explanation, Hit, WordScore
from indexer.terms import ranking

if TYPE_CHECKING:
    from indexer.index.whoosh.view import View

_TIE = 1e-9
"""Scores nearer than this are equal."""

Doc = tuple[int, int]
"""A segment, and a document's number in it."""


class Matched(Protocol):
    """What ordering needs of the search."""

    view: View
    request: SearchRequest
    is_relaxed: bool

    def telling_leaves(self) -> list[Query]:
        """Return the leaves of the query that score."""
        ...

    def folds(self, number: int) -> Sequence[int]:
        """Return for each document of a segment the number that its copies and notes share; 0: it is a result of its own."""
        ...

    def is_late(self) -> bool:
        """Tell whether the time is up."""
        ...

    def leaf(self, query: Query) -> list[dict[int, float]]:
        """Return for each segment the documents that match a leaf of the query, with their weights."""
        ...

    def derived_only(self, query: Query) -> list[set[int]]:
        """Return for each segment the documents that match a word by derived words and compounds alone; nothing for
        other leaves."""
        ...

    def terms_of(self, query: Query) -> list[tuple[str, ...]]:
        """Return the terms whose places are the hits of a leaf of the query, in groups."""
        ...


class Results:
    """The matches in order, as far as they are asked for."""

    def __init__(self, matched: Matched, docs: list[set[int]]) -> None:
        self._matched = matched
        self._view, self._request = matched.view, matched.request
        self._docs = docs
        now = self._request.now or datetime.now(UTC)
        self._now_ms = now.timestamp() * 1000
        self._columns = [
            (file.section("lengths"), file.section("dates"), matched.folds(number), file.section("qualities"))
            for number, file in enumerate(self._view.files[: len(docs)])
        ]
        self._leaves = matched.telling_leaves()
        self._sums: list[dict[int, float]] = []
        """For each segment, document to the sum of its words' scores, without the factors of the item itself."""
        self._near: dict[Doc, float] = {}
        self.total = self._count()

    def _count(self) -> int:
        folds: set[int] = set()
        single = 0
        for (_, _, column, _), docs in zip(self._columns, self._docs, strict=True):
            own = [fold for doc in docs if (fold := column[doc])]
            folds.update(own)
            single += len(docs) - len(own)
        return single + len(folds)

    def hits(self) -> tuple[Hit, ...]:
        """Return the slice that was asked for."""
        request = self._request
        most = min(self.total, request.offset + request.limit)
        if not request.limit or request.offset >= self.total:
            return ()
        ranked = is_scored(request.query)
        sort = request.sort if ranked or request.sort != "relevance" else "newest"
        if ranked:
            self._sums = self._add_up()
        if sort == "relevance":
            ordered = self._by_relevance(most)
        elif sort == "name":
            ordered = self._fold(sorted(self._every(), key=self._name))
        else:
            ordered = self._by_date(most, newest=sort == "newest")
        shown_docs = ordered[request.offset : request.offset + request.limit]
        copies = self._copies_of(shown_docs, sort)
        return tuple(
            Hit(
                self._id(doc),
                self._score(doc) if ranked else 0.0,
                tuple(map(self._id, copies.get(self._fold_of(doc), ()))),
                self._explain(doc) if request.explain and ranked else None,
            )
            for doc in shown_docs
        )

    # --- order ----------------------------------------------------------------------------------------

    def _every(self) -> Iterator[Doc]:
        return ((number, doc) for number, docs in enumerate(self._docs) for doc in docs)

    def _by_relevance(self, most: int) -> list[Doc]:
        """Return the best `most` results or more."""
        most = min(max(most, ranking.PROXIMITY_FIRST), self.total)
        wanted = most
        while True:
            best = self._fold(self._sorted(self._candidates(wanted)))
            if len(best) >= most:
                break
            wanted *= 4  # many of them are copies of one another
        first, rest = best[: ranking.PROXIMITY_FIRST], best[ranking.PROXIMITY_FIRST :]
        groups = self._groups()
        if self._request.proximity and not self._matched.is_relaxed and len(groups) > 1:
            for doc in first:
                if self._matched.is_late():
                    break
                positions = [self._view.positions(*doc, group) for group in groups]
                self._near[doc] = ranking.proximity(positions)
            first = self._sorted(first)
        return first + rest

    def _groups(self) -> list[frozenset[str]]:
        """Return for each word and each form of a phrase the terms that match it."""
        parts = (part for part in self._leaves if isinstance(part, Word | Phrase))
        groups = (frozenset(group) for part in parts for group in self._matched.terms_of(part))
        return list(dict.fromkeys(groups))

    def _candidates(self, wanted: int) -> list[Doc]:
        """Return the best `wanted` documents, all that tie with the last of them, and perhaps a few more.

        First by the words' scores with the greatest possible factors of age and static byte, then by the full score.
        """
        every = [
            (score, number, doc) for number, sums in enumerate(self._sums) for doc, score in sums.items()
        ]
        if len(every) <= wanted:
            return [(number, doc) for _, number, doc in every]
        highest = max(max(column[3]) for column in self._columns if len(column[3]))
        most = ranking.quality_factor(highest) * (1 + ranking.RECENCY_GAIN)
        least = (
            min(self._score((number, doc)) for _, number, doc in heapq.nlargest(wanted, every)) / most - _TIE
        )
        gain, half_life, day_ms = ranking.RECENCY_GAIN, ranking.RECENCY_HALF_LIFE_DAYS, ranking.DAY_MS
        today = int(self._now_ms // day_ms)
        columns = self._columns
        scored = [
            (
                score
                * (1 + gain * 2.0 ** (-max(today - columns[number][1][doc] // day_ms, 0) / half_life))
                * (0.5 + columns[number][3][doc] / 256),
                number,
                doc,
            )
            for score, number, doc in every
            if score >= least
        ]
        limit = heapq.nlargest(wanted, scored)[-1][0] - _TIE
        return [(number, doc) for score, number, doc in scored if score >= limit]

    def _by_date(self, most: int, *, newest: bool) -> list[Doc]:
        sign = -1 if newest else 1
        every = [
            (sign * (dates[doc] // 1000), number, doc)
            for number, ((_, dates, _, _), docs) in enumerate(zip(self._columns, self._docs, strict=True))
            for doc in docs
        ]
        wanted = most
        while True:
            last = heapq.nsmallest(wanted, every)[-1][
                0
            ]  # all of the same date are taken, so that paths decide
            best = [(key, (number, doc)) for key, number, doc in every if key <= last]
            ordered = self._fold(in_order(best, self._path))
            if len(ordered) >= min(most, self.total):
                return ordered
            wanted *= 4

    def _sorted(self, docs: list[Doc]) -> list[Doc]:
        """Return documents by score, then date, then path."""
        keyed = [((-round(self._score(doc), 9), -self._second(doc)), doc) for doc in docs]
        return in_order(keyed, self._path)

    def _fold(self, docs: list[Doc]) -> list[Doc]:
        """Keep the first of copies."""
        seen: set[int] = set()
        kept = []
        for doc in docs:
            fold = self._fold_of(doc)
            if fold and fold in seen:
                continue
            seen.add(fold)
            kept.append(doc)
        return kept

    def _copies_of(self, shown_docs: list[Doc], sort: str) -> dict[int, list[Doc]]:
        """Return the other matches with the fold key of a shown one, in order."""
        folds = {fold for doc in shown_docs if (fold := self._fold_of(doc))}
        if not folds:
            return {}
        first = set(shown_docs)
        others: dict[int, list[Doc]] = {}
        for number, ((_, _, column, _), docs) in enumerate(zip(self._columns, self._docs, strict=True)):
            for doc in docs:
                if column[doc] in folds and (number, doc) not in first:
                    others.setdefault(column[doc], []).append((number, doc))
        return {fold: self._in_order(docs, sort) for fold, docs in others.items()}

    def _in_order(self, docs: list[Doc], sort: str) -> list[Doc]:
        if sort == "relevance":
            return self._sorted(docs)
        if sort == "name":
            return sorted(docs, key=self._name)
        sign = -1 if sort == "newest" else 1
        return in_order([(sign * self._second(doc), doc) for doc in docs], self._path)

    # --- scoring --------------------------------------------------------------------------------------

    def _add_up(self) -> list[dict[int, float]]:
        """Return for each segment the sum of the words' scores of each match: `ranking.word_score`, inlined."""
        mean = self._view.mean_length or 1.0
        b = ranking.RELAXED_B if self._matched.is_relaxed else ranking.B
        plain, each, longest = ranking.K1 * (1 - b), ranking.K1 * b / mean, ranking.LONGEST * mean
        leaves = [self._matched.leaf(part) for part in self._leaves]
        told = [ranking.idf(self._view.live, sum(map(len, leaf))) * (ranking.K1 + 1) for leaf in leaves]
        found = []
        for number, docs in enumerate(self._docs):
            lengths = self._columns[number][0]
            sums: dict[int, float] = {}
            for leaf, value in zip(leaves, told, strict=True):
                if self._matched.is_late():
                    break
                weights = leaf[number]
                if len(weights) > 2 * len(docs):
                    weights = {doc: weights[doc] for doc in docs & weights.keys()}
                scores = {
                    doc: value * weight / (weight + plain + each * min(lengths[doc], longest))
                    for doc, weight in weights.items()
                    if doc in docs
                }
                if sums:
                    for doc, score in scores.items():
                        sums[doc] = sums.get(doc, 0.0) + score
                else:
                    sums = scores
            if len(sums) < len(docs):
                for doc in docs - sums.keys():
                    sums[doc] = 0.0
            found.append(sums)
        self._set_back(found)
        return found

    def _set_back(self, sums: list[dict[int, float]]) -> None:
        """Put items that have only derived words or compounds for a required word after all others."""
        if self._matched.is_relaxed:
            return
        for part in top_level(self._request.query):
            for scores, alone in zip(sums, self._matched.derived_only(part), strict=False):
                for doc in alone & scores.keys():
                    scores[doc] *= ranking.DERIVED_ONLY

    def _derived(self, doc: Doc) -> float:
        """Return the factor by which `_set_back` changed the score of an item."""
        if self._matched.is_relaxed:
            return 1.0
        every = map(self._matched.derived_only, top_level(self._request.query))
        return ranking.DERIVED_ONLY ** sum(doc[0] < len(alone) and doc[1] in alone[doc[0]] for alone in every)

    def _score(self, doc: Doc) -> float:
        return self._sums[doc[0]][doc[1]] * self._factor(doc) * self._near.get(doc, 1.0)

    def _factor(self, doc: Doc) -> float:
        """Return a score times the factors of age and static byte."""
        age = ranking.age_days(self._now_ms, self._date(doc))
        return ranking.recency(age) * ranking.quality_factor(self._columns[doc[0]][3][doc[1]])

    def _explain(self, doc: Doc) -> Explanation:
        view = self._view
        number, local = doc
        length = self._columns[number][0][local]
        words = []
        for part in self._leaves:
            leaf = self._matched.leaf(part)
            df, weight = sum(map(len, leaf)), leaf[number].get(local, 0)
            score = ranking.word_score(
                ranking.idf(view.live, df), weight, length, view.mean_length, relaxed=self._matched.is_relaxed
            )
            words.append(WordScore(spelled(part), weight, df, score if weight else 0.0))
        age = ranking.age_days(self._now_ms, self._date(doc))
        quality = ranking.quality_factor(self._columns[number][3][local])
        return Explanation(
            tuple(words),
            length,
            view.mean_length,
            ranking.recency(age),
            quality,
            self._near.get(doc, 1.0),
            self._derived(doc),
        )

    # --- documents ------------------------------------------------------------------------------------

    def _id(self, doc: Doc) -> ItemId:
        return ItemId(f"{self._view.files[doc[0]].section('idents')[doc[1]]:016x}")

    def _date(self, doc: Doc) -> int:
        return int(self._columns[doc[0]][1][doc[1]])

    def _second(self, doc: Doc) -> int:
        """Return the date in whole seconds, as on the page: within a second paths decide."""
        return self._date(doc) // 1000

    def _fold_of(self, doc: Doc) -> int:
        return int(self._columns[doc[0]][2][doc[1]])

    def _path(self, doc: Doc) -> tuple[str, str]:
        return self._text("paths", doc), self._id(doc)  # links of one list share their path

    def _name(self, doc: Doc) -> tuple[str, str, str]:
        return self._text("names", doc), *self._path(doc)

    def _text(self, name: str, doc: Doc) -> str:
        return self._view.files[doc[0]].text_of(name, doc[1])
