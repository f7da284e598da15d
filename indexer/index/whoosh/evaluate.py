"""Which items of one commit match a query tree? Evaluated segment by segment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from indexer.index.order import MAX_EXPANSIONS, MOST_SHOWN, asks_for_notes, relaxed, telling_leaves, whole
from indexer.index.whoosh.results import Results
from indexer.index.whoosh.view import View, most_frequent
from indexer.model.query import And, Filter, Fuzzy, Not, Or, Phrase, Prefix, Query, SearchRequest, Word
from indexer.model.results import Facets, Found
from indexer.terms.languages import function_words
from indexer.terms.ranking import word_weight
from indexer.terms.words import as_part, derived, readings

Weights = list[dict[int, float]]
"""For each segment, document to weight."""


class Evaluation:
    """One search over one view."""

    def __init__(self, view: View, request: SearchRequest) -> None:
        self.view = view
        self.request = request
        self.complete = True
        self.is_relaxed = False
        """Whether items with some of the words are results, as none has all."""
        self._leaves: dict[Query, Weights] = {}
        self._derived_only: dict[Query, list[set[int]]] = {}
        self._expanded: dict[Query, list[str]] = {}
        self._until = 0.0

    def answer(self) -> Found:
        """Return the matching items in order, copies folded."""
        query, request = self.request.query, self.request
        if request.time_limit_s is not None:
            self._until = time.monotonic() + request.time_limit_s
        segments = range(len(self.view.files))
        docs = [self._match(number, query) for number in segments]
        if request.relax and not any(docs) and not self.is_late():
            docs = self._relax(query)
            self.is_relaxed = any(docs)
        results = Results(self, docs)
        return Found(
            results.hits(),
            results.total,
            self.is_relaxed,
            self.complete,
            self._groups(),
            self._facets(docs) if request.facets else {},
        )

    def folds(self, number: int) -> Sequence[int]:
        """Return for each document of a segment the number that its copies and notes share; 0: it is a result of its own."""
        folds: Sequence[int] = self.view.files[number].section("folds")
        return bytes(len(folds)) if asks_for_notes(self.request.query) else folds

    def telling_leaves(self) -> list[Query]:
        """Return the leaves of the query that score."""
        return telling_leaves(self.request.query, function_words(self.view.languages))

    def is_late(self) -> bool:
        """Tell whether the time is up: later matches are then left out, but no wrong ones are let in."""
        if self._until and time.monotonic() > self._until:
            self.complete = False
            return True
        return False

    # --- matching -------------------------------------------------------------------------------------

    def _match(self, number: int, query: Query) -> set[int]:
        match query:
            case And(parts):
                return self._match_all(number, parts)
            case Or(parts):
                found: set[int] = set()
                for part in parts:
                    found |= self._match(number, part)
                return found
            case Not(part):
                return self._without(self.view.all_docs(number), number, part)
            case Filter(name, value):
                return set() if self.is_late() else self._match_filter(number, name, value)
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
                docs = self._without(docs, number, part.part)
        return docs

    def _without(self, docs: set[int], number: int, excluded: Query) -> set[int]:
        """Return `docs` without the matching ones; empty if the time was too short to find those."""
        matching = self._match(number, whole(excluded))
        return set() if self.is_late() else docs - matching

    def _match_filter(self, number: int, name: str, value: str) -> set[int]:
        view = self.view
        if name in ("after", "before"):
            limit, is_after = datetime.fromisoformat(value).timestamp() * 1000, name == "after"
            dates = view.files[number].section("dates")
            return {d for d, date in enumerate(dates) if (date >= limit) == is_after} - view.removed[number]
        if name == "title":
            return set(self._adjacent(number, "title", tuple(value.split())))
        if name == "across":
            return view.docs_but(number, "department", value)
        if name == "by":
            return set.intersection(*(view.docs(number, "by", form) for form in value.split()))
        return view.docs(number, "folder" if name == "in" else name, value)

    def _relax(self, query: Query) -> list[set[int]]:
        """Return the items that have at least one of the telling words."""
        how = relaxed(query, function_words(self.view.languages))
        if how is None:
            return []
        found = []
        for number in range(len(self.view.files)):
            docs = set[int]().union(*(self.leaf(part)[number] for part in how.loose))
            if how.fixed:
                docs &= self._match_all(number, tuple(how.fixed))
            found.append(docs)
        return found

    # --- leaves: words, phrases, prefixes and fuzzy words ---------------------------------------------

    def leaf(self, query: Query) -> Weights:
        """Return the documents that match a leaf of the query, with their weights."""
        if query not in self._leaves:
            segments = range(len(self.view.files))
            self._leaves[query] = [
                {} if self.is_late() else self._look_up(number, query) for number in segments
            ]
        return self._leaves[query]

    def _look_up(self, number: int, query: Query) -> dict[int, float]:
        match query:
            case Word(form, also, is_whole):
                found = self._largest(number, readings(form, self.view.languages))
                for synonym in also:
                    _take_larger(found, self.leaf(whole(synonym))[number])
                compounds = () if is_whole else as_part(form, self.view.languages)
                alone = self._add_lesser(found, self._derived(number, form), self._sum(number, compounds))
                self._derived_only.setdefault(query, []).append(alone)
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

    def derived_only(self, query: Query) -> list[set[int]]:
        """Return for each segment the documents that match a word by derived words and compounds alone; nothing for
        other leaves."""
        if not isinstance(query, Word):
            return []
        self.leaf(query)
        return self._derived_only.get(query, [])

    def _add_lesser(
        self, found: dict[int, float], wide: dict[int, float], compounds: dict[int, float]
    ) -> set[int]:
        """Add the documents and weights of derived words and of compounds; return those that have nothing else."""
        alone = (wide.keys() | compounds.keys()) - found.keys()
        for doc in wide.keys() | compounds.keys():
            found[doc] = word_weight(found.get(doc, 0), wide.get(doc, 0), compounds.get(doc, 0))
        return alone

    def _derived(self, number: int, form: str) -> dict[int, float]:
        """Return the documents and weights of all words that have one stem; nothing if these are only inflections."""
        languages = self.view.languages
        known = {term for group in readings(form, languages) for term in group}
        groups = [
            group
            for group in derived(form, languages)
            if any(term not in known and self.view.has(number, term) for term in group)
        ]
        return self._largest(number, groups) if groups else {}

    def _largest(self, number: int, groups: list[tuple[str, ...]]) -> dict[int, float]:
        found = self._sum(number, groups[0])
        for group in groups[1:]:
            _take_larger(found, self._sum(number, group))
        return found

    def _sum(self, number: int, terms: tuple[str, ...] | list[str]) -> dict[int, float]:
        """Return the documents that have any of `terms`, with the weights of all of them."""
        every = sorted((self.view.weights(number, term) for term in terms), key=len)
        found = every.pop() if every else {}
        for weights in every:
            if self.is_late():
                break
            for doc, weight in weights.items():
                found[doc] = found.get(doc, 0) + weight
        return found

    def expand(self, query: Prefix | Fuzzy) -> list[str]:
        """Return the most frequent forms that a prefix or fuzzy word matches."""
        if query not in self._expanded:
            if self.is_late():
                return []
            view = self.view
            forms = view.forms_from(query.form) if isinstance(query, Prefix) else view.forms_near(query.form)
            exact = not any(view.removed)
            found, complete = most_frequent(forms, view, MAX_EXPANSIONS, exact=exact)
            self._expanded[query] = found
            self.complete = self.complete and complete
        return self._expanded[query]

    def _adjacent(self, number: int, fieldname: str, phrase: tuple[str, ...]) -> dict[int, float]:
        """Return the documents in which the forms are side by side, and how often they are."""
        reached = {form: self.view.reached(number, fieldname, form) for form in dict.fromkeys(phrase)}
        present = [one for one in reached.values() if one]
        if len(present) < len(reached):
            return {}
        present.sort(key=lambda one: len(one.docs))
        common = set(present[0].docs)
        for one in present[1:]:
            common.intersection_update(one.docs)
        found: dict[int, float] = {}
        for count, doc in enumerate(common - self.view.removed[number]):
            if not count & 1023 and self.is_late():
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

    # --- highlights and facets ------------------------------------------------------------------------

    def _groups(self) -> tuple[frozenset[str], ...]:
        found = (
            frozenset(group) for part in self.telling_leaves()[:MOST_SHOWN] for group in self.terms_of(part)
        )
        return tuple(dict.fromkeys(found))

    def terms_of(self, query: Query) -> list[tuple[str, ...]]:
        """Return the terms whose places are the hits of a leaf of the query, in groups; a phrase has one group a form."""
        match query:
            case Word(form, also, is_whole):
                languages = self.view.languages
                own = {form}.union(*readings(form, languages), *derived(form, languages))
                own.update(() if is_whole else as_part(form, languages))
                for synonym in also:
                    own.update(term for group in self.terms_of(whole(synonym)) for term in group)
                return [tuple(sorted(own))]
            case Phrase(forms, joined):
                return [(form,) for form in (*forms, *filter(None, (joined,)))]
            case Prefix() | Fuzzy():
                return [tuple(self.expand(query))]
        return []

    def _facets(self, docs: list[set[int]]) -> Facets:
        """Count results (copies as one) by each value of kind, department, person, tag and year."""
        made: dict[str, tuple[tuple[str, int], ...]] = {}
        folds = [self.folds(number) for number in range(len(self.view.files))]
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


def _take_larger(found: dict[int, float], others: dict[int, float]) -> None:
    for doc, weight in others.items():
        if weight > found.get(doc, 0):
            found[doc] = weight
