"""The query tree evaluated over the segments of one commit: which items match, how well, in which order."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from indexer import ranking
from indexer.index.order import MAX_EXPANSIONS, relaxed, scored_leaves
from indexer.index.query import is_scored
from indexer.index.view import View, most_frequent
from indexer.model import (
    And,
    Explanation,
    Facets,
    Filter,
    Found,
    Fuzzy,
    Hit,
    ItemId,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    SearchRequest,
    Word,
    WordScore,
)
from indexer.words import function_words, readings

_DAY_MS = 86_400_000
_TIE = 1e-9
"""Scores nearer than this are equal."""

Doc = tuple[int, int]
"""Segment and number in it."""
Weights = list[dict[int, int]]
"""For each segment, document to weight."""


@dataclass(slots=True)
class Evaluation:
    """One search over one view."""

    view: View
    request: SearchRequest
    complete: bool = True
    _leaves: dict[Query, Weights] = field(default_factory=dict)
    _expanded: dict[Query, list[str]] = field(default_factory=dict)
    _until: float = 0.0

    def answer(self) -> Found:
        """Return the items that match, in order, copies folded."""
        query, request = self.request.query, self.request
        if request.time_limit_s is not None:
            self._until = time.monotonic() + request.time_limit_s
        segments = range(len(self.view.files))
        docs = [self._match(number, query) for number in segments]
        is_relaxed = False
        if request.relax and not any(docs):
            docs = self._relax(query)
            is_relaxed = any(docs)
        results = _Results(self, docs)
        return Found(
            results.hits(),
            results.total,
            is_relaxed,
            self.complete,
            self._highlighted(query),
            self._facets(docs) if request.facets else {},
        )

    def _is_late(self) -> bool:
        """Tell whether the time is up; the answer is then what is there."""
        if self._until and time.monotonic() > self._until:
            self.complete = False
            return True
        return False

    # --- which ----------------------------------------------------------------------------------------

    def _match(self, number: int, query: Query) -> set[int]:
        match query:
            case And(parts):
                return self._match_all(number, parts)
            case Or(parts):
                return set().union(*(self._match(number, part) for part in parts))
            case Not(part):
                return self.view.all_docs(number) - self._match(number, part)
            case Filter(name, value):
                return self._match_filter(number, name, value)
        return set(self.leaf(query)[number])

    def _match_all(self, number: int, parts: tuple[Query, ...]) -> set[int]:
        leaves = [
            self.leaf(part)[number].keys() for part in parts if not isinstance(part, And | Or | Not | Filter)
        ]
        kept: set[int] | None = None
        for keys in sorted(leaves, key=len):
            kept = set(keys) if kept is None else kept & keys
            if not kept:
                return kept
        for part in parts:
            if isinstance(part, And | Or | Filter):
                found = self._match(number, part)
                kept = found if kept is None else kept & found
        docs = self.view.all_docs(number) if kept is None else kept
        for part in parts:
            if isinstance(part, Not) and docs:
                docs = docs - self._match(number, part.part)
        return docs

    def _match_filter(self, number: int, name: str, value: str) -> set[int]:
        view = self.view
        if name in ("after", "before"):
            limit, is_after = datetime.fromisoformat(value).timestamp() * 1000, name == "after"
            dates = view.files[number].section("dates")
            return {d for d, date in enumerate(dates) if (date >= limit) == is_after} - view.removed[number]
        if name == "title":
            return set(self._adjacent(number, "title", tuple(value.split())))
        if name == "by":
            return set.intersection(*(view.docs(number, "by", form) for form in value.split()))
        return view.docs(number, {"kind": "kind", "in": "folder", "tag": "tag"}[name], value)

    def _relax(self, query: Query) -> list[set[int]]:
        how = relaxed(query, function_words(self.view.languages))
        if not how.levels:
            return []
        counts = []
        for number in range(len(self.view.files)):
            count: Counter[int] = Counter()
            for part in how.loose:
                count.update(self.leaf(part)[number].keys())
            if how.fixed:
                allowed = self._match_all(number, tuple(how.fixed))
                count = Counter({doc: count[doc] for doc in allowed & count.keys()})
            counts.append(count)
        best = max((max(count.values(), default=0) for count in counts), default=0)
        if best < how.levels[-1]:
            return []
        level = min(best, how.levels[0])
        return [{doc for doc, n in count.items() if n >= level} for count in counts]

    # --- leaves: words, phrases, prefixes and fuzzy words ---------------------------------------------

    def leaf(self, query: Query) -> Weights:
        """Return the documents that match a leaf of the query, with their weights."""
        if query not in self._leaves:
            segments = range(len(self.view.files))
            self._leaves[query] = [
                {} if self._is_late() else self._look_up(number, query) for number in segments
            ]
        return self._leaves[query]

    def _look_up(self, number: int, query: Query) -> dict[int, int]:
        match query:
            case Word(form, also):
                found = self._largest(number, readings(form, self.view.languages))
                for synonym in also:
                    _take_larger(found, self.leaf(synonym)[number])
                return found
            case Phrase(forms, joined):
                if len(forms) == 1:
                    return self.view.weights(number, forms[0])
                found = self._adjacent(number, "text", forms)
                if joined:
                    _take_larger(found, self.view.weights(number, joined))
                return found
            case Prefix() | Fuzzy():
                return self._sum(number, self.expand(query))
        raise AssertionError(query)

    def _largest(self, number: int, groups: list[tuple[str, ...]]) -> dict[int, int]:
        found = self._sum(number, groups[0])
        for group in groups[1:]:
            _take_larger(found, self._sum(number, group))
        return found

    def _sum(self, number: int, terms: tuple[str, ...] | list[str]) -> dict[int, int]:
        """Return the documents that have any of `terms`, with the weights of all of them."""
        every = sorted((self.view.weights(number, term) for term in terms), key=len)
        found = every.pop() if every else {}
        for weights in every:
            if self._is_late():
                break
            for doc, weight in weights.items():
                found[doc] = found.get(doc, 0) + weight
        return found

    def expand(self, query: Prefix | Fuzzy) -> list[str]:
        """Return the most frequent forms that a prefix or fuzzy word stands for."""
        if query not in self._expanded:
            view = self.view
            forms = view.forms_from(query.form) if isinstance(query, Prefix) else view.forms_near(query.form)
            exact = not any(view.removed)
            found, complete = most_frequent(forms, view, MAX_EXPANSIONS, exact=exact)
            self._expanded[query] = found
            self.complete = self.complete and complete
        return self._expanded[query]

    def _adjacent(self, number: int, fieldname: str, phrase: tuple[str, ...]) -> dict[int, int]:
        """Return the documents in which the forms stand side by side, with how often they do."""
        reached = {form: self.view.reached(number, fieldname, form) for form in dict.fromkeys(phrase)}
        present = [one for one in reached.values() if one]
        if len(present) < len(reached):
            return {}
        present.sort(key=lambda one: len(one.docs))
        common = set(present[0].docs)
        for one in present[1:]:
            common.intersection_update(one.docs)
        found = {}
        for count, doc in enumerate(common - self.view.removed[number]):
            if not count & 1023 and self._is_late():
                break
            begins: set[int] | None = None
            for step, form in enumerate(phrase):
                where = reached[form].positions(doc)  # type: ignore[union-attr]
                here = {at - step for at in where}
                begins = here if begins is None else begins & here
                if not begins:
                    break
            if begins:
                found[doc] = len(begins)
        return found

    # --- besides --------------------------------------------------------------------------------------

    def _highlighted(self, query: Query) -> frozenset[str]:
        return frozenset(
            term for part in scored_leaves(query) for group in self.terms_of(part) for term in group
        )

    def terms_of(self, query: Query) -> list[tuple[str, ...]]:
        """Return the terms whose places show a leaf of the query, in groups: one of each for a phrase's forms."""
        match query:
            case Word(form, also):
                own = {form}.union(*readings(form, self.view.languages))
                for synonym in also:
                    own.update(term for group in self.terms_of(synonym) for term in group)
                return [tuple(sorted(own))]
            case Phrase(forms, joined):
                return [(form,) for form in (*forms, *filter(None, (joined,)))]
            case Prefix() | Fuzzy():
                return [tuple(self.expand(query))]
        return []

    def _facets(self, docs: list[set[int]]) -> Facets:
        """Count results (copies as one) by each value of kind, department, person, tag and year."""
        made: dict[str, tuple[tuple[str, int], ...]] = {}
        folds = [file.section("folds") for file in self.view.files]
        for name in ("kind", "department", "person", "label"):
            seen: dict[str, set[object]] = {}
            for number, value, term in self.view.values(name):
                if number < len(docs) and (
                    matching := docs[number].intersection(self.view.files[number].docs(term))
                ):
                    keys = {folds[number][doc] or (number, doc) for doc in matching}
                    seen.setdefault(value, set()).update(keys)
            made["tag" if name == "label" else name] = _by_count(
                {value: len(keys) for value, keys in seen.items()}
            )
        years: dict[str, set[object]] = {}
        for number, matching in enumerate(docs):
            dates = self.view.files[number].section("dates")
            for doc in matching:
                year = str(time.gmtime(dates[doc] / 1000).tm_year)
                years.setdefault(year, set()).add(folds[number][doc] or (number, doc))
        made["year"] = _by_count({year: len(keys) for year, keys in years.items()})
        return made


def _by_count(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _take_larger(found: dict[int, int], others: dict[int, int]) -> None:
    for doc, weight in others.items():
        if weight > found.get(doc, 0):
            found[doc] = weight


class _Results:
    """The matches in order, as far as they are asked for."""

    def __init__(self, evaluation: Evaluation, docs: list[set[int]]) -> None:
        self._evaluation = evaluation
        self._view, self._request = evaluation.view, evaluation.request
        self._docs = docs
        now = self._request.now or datetime.now(UTC)
        self._now_ms = now.timestamp() * 1000
        self._columns = [
            (file.section("lengths"), file.section("dates"), file.section("folds"), file.section("qualities"))
            for file in self._view.files[: len(docs)]
        ]
        self._leaves = list(scored_leaves(self._request.query))
        self._sums: list[dict[int, float]] = []
        """For each segment, document to the sum of its words' scores, without what depends on the item alone."""
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
        if self._request.proximity and len(groups) > 1:
            for doc in first:
                positions = [self._view.positions(*doc, group) for group in groups]
                self._near[doc] = ranking.proximity(positions)
            first = self._sorted(first)
        return first + rest

    def _groups(self) -> list[frozenset[str]]:
        """Return for each word and each form of a phrase the terms by which it stands somewhere."""
        parts = (part for part in self._leaves if isinstance(part, Word | Phrase))
        groups = (frozenset(group) for part in parts for group in self._evaluation.terms_of(part))
        return list(dict.fromkeys(groups))

    def _candidates(self, wanted: int) -> list[Doc]:
        """Return the best `wanted` documents, those that score the same as the last of them, and perhaps a few more.

        First by the words' scores alone, with the most that age and static byte can make of them, then by all.
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
        gain, now, half_life = ranking.RECENCY_GAIN, self._now_ms, ranking.RECENCY_HALF_LIFE_DAYS * _DAY_MS
        columns = self._columns
        scored = [
            (
                score
                * (1 + gain * 2.0 ** (-max(now - columns[number][1][doc], 0) / half_life))
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
        wanted = most
        sign = -1 if newest else 1
        while True:
            keyed = (
                (sign * dates[doc], number, doc)
                for number, ((_, dates, _, _), docs) in enumerate(zip(self._columns, self._docs, strict=True))
                for doc in docs
            )
            best = heapq.nsmallest(wanted, keyed)
            last = best[-1][0] if best else 0
            if len(best) == wanted:  # all that are as old as the last one, so that paths decide
                best = [
                    (sign * dates[doc], number, doc)
                    for number, ((_, dates, _, _), docs) in enumerate(
                        zip(self._columns, self._docs, strict=True)
                    )
                    for doc in docs
                    if sign * dates[doc] <= last
                ]
            ordered = self._fold(self._tied([(key, (n, doc)) for key, n, doc in best]))
            if len(ordered) >= min(most, self.total):
                return ordered
            wanted *= 4

    def _sorted(self, docs: list[Doc]) -> list[Doc]:
        """Return documents by score, then date, then path."""
        return self._tied([((-round(self._score(doc), 9), -self._date(doc)), doc) for doc in docs])

    def _tied(self, keyed: list[tuple[object, Doc]]) -> list[Doc]:
        """Sort by key; only real ties ask for their paths, which cost a look each."""
        keyed.sort(key=lambda pair: pair[0])  # type: ignore[arg-type, return-value]
        result: list[Doc] = []
        at = 0
        while at < len(keyed):
            end = at + 1
            while end < len(keyed) and keyed[end][0] == keyed[at][0]:
                end += 1
            tied = [doc for _, doc in keyed[at:end]]
            result += tied if end - at == 1 else sorted(tied, key=self._path)
            at = end
        return result

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
        """Return the other matches with the fold of one that is shown, in order."""
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
        return self._tied([(sign * self._date(doc), doc) for doc in docs])

    # --- how well -------------------------------------------------------------------------------------

    def _add_up(self) -> list[dict[int, float]]:
        """Return for each segment the sum of the words' scores of each match: `ranking.word_score`, unrolled."""
        mean = self._view.mean_length or 1.0
        plain, each = ranking.K1 * (1 - ranking.B), ranking.K1 * ranking.B / mean
        leaves = [self._evaluation.leaf(part) for part in self._leaves]
        told = [ranking.idf(self._view.live, sum(map(len, leaf))) * (ranking.K1 + 1) for leaf in leaves]
        found = []
        for number, docs in enumerate(self._docs):
            lengths = self._columns[number][0]
            sums: dict[int, float] = {}
            for leaf, value in zip(leaves, told, strict=True):
                weights = leaf[number]
                if len(weights) > 2 * len(docs):
                    weights = {doc: weights[doc] for doc in docs & weights.keys()}
                scores = {
                    doc: value * weight / (weight + plain + each * lengths[doc])
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
        return found

    def _score(self, doc: Doc) -> float:
        return self._sums[doc[0]][doc[1]] * self._factor(doc) * self._near.get(doc, 1.0)

    def _factor(self, doc: Doc) -> float:
        """Return what age and static byte make of a score."""
        age_days = (self._now_ms - self._date(doc)) / _DAY_MS
        return ranking.recency(age_days) * ranking.quality_factor(self._columns[doc[0]][3][doc[1]])

    def _explain(self, doc: Doc) -> Explanation:
        view = self._view
        number, local = doc
        length = self._columns[number][0][local]
        words = []
        for part in self._leaves:
            leaf = self._evaluation.leaf(part)
            df, weight = sum(map(len, leaf)), leaf[number].get(local, 0)
            score = ranking.word_score(ranking.idf(view.live, df), weight, length, view.mean_length)
            words.append(WordScore(shown(part), weight, df, score if weight else 0.0))
        age_days = (self._now_ms - self._date(doc)) / _DAY_MS
        quality = ranking.quality_factor(self._columns[number][3][local])
        return Explanation(
            tuple(words),
            length,
            view.mean_length,
            ranking.recency(age_days),
            quality,
            self._near.get(doc, 1.0),
        )

    # --- what is known of a document ------------------------------------------------------------------

    def _id(self, doc: Doc) -> ItemId:
        return ItemId(f"{self._view.files[doc[0]].section('idents')[doc[1]]:016x}")

    def _date(self, doc: Doc) -> int:
        return int(self._columns[doc[0]][1][doc[1]])

    def _fold_of(self, doc: Doc) -> int:
        return int(self._columns[doc[0]][2][doc[1]])

    def _path(self, doc: Doc) -> str:
        return self._text("paths", doc)

    def _name(self, doc: Doc) -> tuple[str, str]:
        return self._text("names", doc), self._path(doc)

    def _text(self, name: str, doc: Doc) -> str:
        return self._view.files[doc[0]].text_of(name, doc[1])


def shown(query: Query) -> str:
    """Return a leaf of a query as a person would type it."""
    match query:
        case Word(form, _):
            return form
        case Phrase(forms, _):
            return '"' + " ".join(forms) + '"'
        case Prefix(form):
            return form + "*"
        case Fuzzy(form):
            return form + "~"
    return ""
