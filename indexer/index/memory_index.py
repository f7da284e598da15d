"""Which items match, found the slow and obvious way: by trying every item. Other engines are compared with this one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from indexer.index.order import (
    MAX_EXPANSIONS,
    MOST_SHOWN,
    Candidate,
    asks_for_notes,
    is_one_edit,
    order,
    relaxed,
    spelled,
    telling_leaves,
    top_level,
    whole,
)
from indexer.index.query import is_scored
from indexer.model.items import Item, ItemId
from indexer.model.log import Change, Place
from indexer.model.names import fold_folder
from indexer.model.query import And, Filter, Fuzzy, Not, Or, Phrase, Prefix, Query, SearchRequest, Word
from indexer.model.results import Explanation, Facets, Found, Hit, WordScore
from indexer.model.site import is_within
from indexer.terms import ranking, weighing
from indexer.terms.languages import function_words
from indexer.terms.weighing import Weighed
from indexer.terms.words import STEM_MARK, as_part, derived, forms, readings


class MemoryIndex:
    """Items and their terms in two dictionaries."""

    def __init__(self) -> None:
        """Begin empty."""
        self._items: dict[ItemId, Item] = {}
        self._weighed: dict[ItemId, Weighed] = {}
        self._with_text: set[ItemId] = set()
        self._place: Place | None = None

    def place(self) -> Place | None:
        """Return how far it has come."""
        return self._place

    def apply(self, changes: Sequence[Change], place: Place) -> None:
        """Take in `changes`; each replaces what was known of its id."""
        for change in changes:
            self._items.pop(change.id, None)
            self._weighed.pop(change.id, None)
            self._with_text.discard(change.id)
            if change.item is not None:
                self._items[change.id] = change.item
                self._weighed[change.id] = weighing.weigh(change.terms)
                if change.terms.has_text:
                    self._with_text.add(change.id)
        self._place = place

    def begin_anew(self) -> None:
        """Drop everything."""
        self.__init__()  # type: ignore[misc]

    def is_whole(self) -> bool:
        """Return True: nothing of it is on a disk."""
        return True

    def tidy(self, *, thoroughly: bool = False) -> bool:  # noqa: ARG002 - the promise of every index
        """Do nothing: there is nothing to merge."""
        return False

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions of any of `terms` in an item."""
        positions = self._weighed[item_id].positions if item_id in self._weighed else {}
        return tuple(sorted({at for term in terms for at in positions.get(term, ())}))

    def frequency(self, form: str) -> int:
        """Return how many items have a form."""
        return self._frequencies().get(form, 0)

    def count(self) -> int:
        """Return how many items it holds."""
        return len(self._items)

    def copies(self, item_id: ItemId) -> frozenset[ItemId]:
        """Return the items that form one result with an item, itself included; none if it is not held."""
        if item_id not in self._items:
            return frozenset()
        key = self._items[item_id].fold_key
        return frozenset(
            i for i, item in self._items.items() if i == item_id or (key and item.fold_key == key)
        )

    def near(self, form: str, most: int) -> list[str]:
        """Return the most frequent forms one edit away, at most so many."""
        counts = self._frequencies()
        near = [
            (-count, other) for other, count in counts.items() if other != form and is_one_edit(form, other)
        ]
        return [other for _, other in sorted(near)[:most]]

    def matching(self, query: Query) -> list[ItemId]:
        """Return the items that match all of a query, in no order."""
        expanded, _ = self._expand_all(query)
        return [item_id for item_id in self._items if self._matches(item_id, query, expanded)]

    def search(self, request: SearchRequest) -> Found:
        """Return the matching items in order."""
        query, is_relaxed = request.query, False
        expanded, complete = self._expand_all(query)
        found = [i for i in self._items if self._matches(i, query, expanded)]
        if not found and request.relax:
            found, is_relaxed = self._relaxed(query, expanded)
        scored = is_scored(query)
        scores = self._scores(query, expanded, is_relaxed) if scored else {}
        if scored and not is_relaxed:
            self._set_back(query, scores)
        now = request.now or datetime.now(UTC)
        matches = {i: self._candidate(i, scores.get(i, 0.0), now) for i in found}
        if asks_for_notes(query):
            matches = {i: candidate._replace(fold=0) for i, candidate in matches.items()}
        sort = request.sort if scored or request.sort != "relevance" else "newest"
        ordered = order(matches, sort, self._names)
        if sort == "relevance" and request.proximity and not is_relaxed:
            ordered = self._nearest_first(ordered, matches, query)
        shown = ordered[request.offset : request.offset + request.limit]
        hits = [Hit(i, matches[i].score, tuple(copies)) for i, copies in shown]
        if request.explain and scored:
            leaves = {part: self._word_scores(part, expanded, is_relaxed) for part in self._telling(query)}
            hits = [
                hit._replace(explanation=self._explain(hit, leaves, scores.get(hit.id, 0.0), now))
                for hit in hits
            ]
        facets = self._facets(found, folds=not asks_for_notes(query)) if request.facets else {}
        return Found(tuple(hits), len(ordered), is_relaxed, complete, self._shown_by(query, expanded), facets)

    def _names(self, item_id: ItemId) -> tuple[str, str, ItemId]:
        return self._items[item_id].title.casefold(), self._items[item_id].path, item_id

    def _candidate(self, item_id: ItemId, score: float, now: datetime) -> Candidate:
        item = self._items[item_id]
        age = ranking.age_days(now.timestamp() * 1000, round(item.date.timestamp() * 1000))
        quality = weighing.quality(item, has_text=item_id in self._with_text)
        factor = ranking.recency(age) * ranking.quality_factor(quality)
        return Candidate(score * factor, round(item.date.timestamp() * 1000), item.content_number)

    def _nearest_first(
        self, ordered: list[tuple[ItemId, list[ItemId]]], matches: dict[ItemId, Candidate], query: Query
    ) -> list[tuple[ItemId, list[ItemId]]]:
        """Reorder the best of them by how near their words are to each other."""
        groups = [
            g for part in self._telling(query) if isinstance(part, Word | Phrase) for g in self._groups(part)
        ]
        groups = list(dict.fromkeys(groups))
        if len(groups) < 2:
            return ordered
        first, rest = ordered[: ranking.PROXIMITY_FIRST], ordered[ranking.PROXIMITY_FIRST :]
        for i, _ in first:
            near = ranking.proximity([self.where(i, group) for group in groups])
            matches[i] = matches[i]._replace(score=matches[i].score * near)
        copies = dict(first)
        alone = {i: matches[i]._replace(fold=0) for i, _ in first}
        return [(i, copies[i]) for i, _ in order(alone, "relevance", self._names)] + rest

    def _groups(self, query: Query) -> list[frozenset[str]]:
        """Return the terms for which a text matches a word, or each form of a phrase."""
        match query:
            case Word(form, also, is_whole):
                languages = self._languages()
                own = {form}.union(*readings(form, languages), *derived(form, languages))
                own.update(() if is_whole else as_part(form, languages))
                return [
                    frozenset(own.union(*(group for part in also for group in self._groups(whole(part)))))
                ]
            case Phrase(phrase, joined):
                return [frozenset((form,)) for form in (*phrase, *filter(None, (joined,)))]
        return []

    def _languages(self) -> list[str]:
        return sorted({weighed.language for weighed in self._weighed.values()} - {""})

    def _facets(self, found: list[ItemId], *, folds: bool) -> Facets:
        seen: dict[str, dict[str, set[str]]] = {
            n: {} for n in ("kind", "department", "person", "tag", "year")
        }
        for i in found:
            item = self._items[i]
            values = [("kind", str(item.kind)), ("department", item.department), ("person", item.author),
                      ("year", str(item.date.year)), *(("tag", tag) for tag in item.tags)]  # fmt: skip
            for name, value in values:
                if value:
                    seen[name].setdefault(value, set()).add(item.fold_key if folds else i)
        return {
            name: tuple(
                sorted(((v, len(keys)) for v, keys in values.items()), key=lambda pair: (-pair[1], pair[0]))
            )
            for name, values in seen.items()
        }

    # --- matching -------------------------------------------------------------------------------------

    def _matches(self, item_id: ItemId, query: Query, expanded: dict[Query, list[str]]) -> bool:
        match query:
            case And(parts):
                return all(self._matches(item_id, part, expanded) for part in parts)
            case Or(parts):
                return any(self._matches(item_id, part, expanded) for part in parts)
            case Not(part):
                return not self._matches(item_id, whole(part), expanded)
            case Filter(name, value):
                return self._passes(item_id, name, value)
        return self._weight(item_id, query, expanded) > 0

    def _passes(self, item_id: ItemId, name: str, value: str) -> bool:
        item = self._items[item_id]
        match name:
            case "kind":
                return item.kind == value
            case "in":
                return f"/{value}/" in f"/{fold_folder('/'.join(item.folders))}/"
            case "by":
                return set(value.split()) <= set(forms(item.author))
            case "tag":
                return value in {" ".join(forms(tag)) for tag in item.tags}
            case "is":
                return value in item.found_by_is
            case "site":
                return is_within(item.site, value)
            case "after":
                return item.date >= datetime.fromisoformat(value)
            case "before":
                return item.date < datetime.fromisoformat(value)
            case "across":
                return item.department not in (None, value)
        where = [set(self._weighed[item_id].title_positions.get(form, ())) for form in value.split()]
        return any(all(at + step in here for step, here in enumerate(where)) for at in where[0])

    def _weight(self, item_id: ItemId, query: Query, expanded: dict[Query, list[str]]) -> float:
        weighed = self._weighed[item_id]
        match query:
            case Word(form, also, is_whole):
                languages = self._languages()
                others = [self._weight(item_id, whole(part), expanded) for part in also]
                full = max([self._largest(item_id, readings(form, languages)), *others])
                compounds = 0 if is_whole else self._largest(item_id, [as_part(form, languages)])
                return ranking.word_weight(full, self._largest(item_id, derived(form, languages)), compounds)
            case Phrase((form,)):
                return weighed.weights.get(form, 0)
            case Phrase(phrase, joined):
                begins = weighed.positions.get(phrase[0], ())
                sets = [set(weighed.positions.get(form, ())) for form in phrase]
                beside = sum(all(at + step in sets[step] for step in range(len(phrase))) for at in begins)
                return max(beside, weighed.weights.get(joined, 0) if joined else 0)
        return sum(weighed.weights.get(form, 0) for form in expanded[query])

    def _largest(self, item_id: ItemId, groups: list[tuple[str, ...]]) -> float:
        """Return the largest sum over the terms of a group."""
        weights = self._weighed[item_id].weights
        return max((sum(weights.get(term, 0) for term in set(group)) for group in groups), default=0)

    def _relaxed(self, query: Query, expanded: dict[Query, list[str]]) -> tuple[list[ItemId], bool]:
        how = relaxed(query, function_words(tuple(self._languages())))
        if how is None:
            return [], False
        allowed = [i for i in self._items if all(self._matches(i, part, expanded) for part in how.fixed)]
        found = [i for i in allowed if any(self._matches(i, part, expanded) for part in how.loose)]
        return found, bool(found)

    def _expand_all(self, query: Query) -> tuple[dict[Query, list[str]], bool]:
        """Return the forms that each prefix and fuzzy word of the query matches, and whether these are all."""
        expanded: dict[Query, list[str]] = {}
        complete = True
        for part in _leaves(query):
            if isinstance(part, Prefix | Fuzzy):
                fits = [form for form in self._frequencies() if _stands_for(part, form)]
                fits.sort(key=lambda form: (-self._frequencies()[form], form))
                expanded[part] = fits[:MAX_EXPANSIONS]
                complete = complete and len(fits) <= MAX_EXPANSIONS
        return expanded, complete

    def _frequencies(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for weighed in self._weighed.values():
            for term in weighed.weights:
                if not term.startswith(STEM_MARK):
                    counts[term] = counts.get(term, 0) + 1
        return counts

    # --- scoring --------------------------------------------------------------------------------------

    def _scores(
        self, query: Query, expanded: dict[Query, list[str]], is_relaxed: bool
    ) -> dict[ItemId, float]:
        scores: dict[ItemId, float] = {}
        for part in self._telling(query):
            for i, (_, score) in self._word_scores(part, expanded, is_relaxed).items():
                scores[i] = scores.get(i, 0.0) + score
        return scores

    def _word_scores(
        self, part: Query, expanded: dict[Query, list[str]], is_relaxed: bool
    ) -> dict[ItemId, tuple[float, float]]:
        """Return the items that have a word, with its weight and its score in each."""
        weights = {i: w for i in self._items if (w := self._weight(i, part, expanded)) > 0}
        told, mean = ranking.idf(len(self._items), len(weights)), self._mean_length()
        return {
            i: (w, ranking.word_score(told, w, self._weighed[i].length, mean, relaxed=is_relaxed))
            for i, w in weights.items()
        }

    def _mean_length(self) -> float:
        total = sum(weighed.length for weighed in self._weighed.values())
        return total / len(self._items) if self._items else 0.0

    def _explain(
        self, hit: Hit, leaves: dict[Query, dict[ItemId, tuple[float, float]]], own: float, now: datetime
    ) -> Explanation:
        """Return what a hit's score is made of; `own` is that of its words, before the factors of the item."""
        words = []
        for part, found in leaves.items():
            weight, score = found.get(hit.id, (0.0, 0.0))
            words.append(WordScore(spelled(part), weight, len(found), score))
        plain = self._candidate(hit.id, own, now).score
        item = self._items[hit.id]
        quality = ranking.quality_factor(weighing.quality(item, has_text=hit.id in self._with_text))
        return Explanation(
            tuple(words), self._weighed[hit.id].length, self._mean_length(),
            recency=_ratio(plain, own * quality), quality=quality, proximity=_ratio(hit.score, plain),
            derived=_ratio(own, sum(word.score for word in words)),
        )  # fmt: skip

    def _telling(self, query: Query) -> list[Query]:
        return telling_leaves(query, function_words(tuple(self._languages())))

    def _set_back(self, query: Query, scores: dict[ItemId, float]) -> None:
        """Put items that have only derived words or compounds for a required word after all others."""
        for part in top_level(query):
            if isinstance(part, Word):
                for i in scores:
                    own = self._largest(i, readings(part.form, self._languages()))
                    if not own and not any(self._weight(i, whole(other), {}) for other in part.also):
                        scores[i] *= ranking.DERIVED_ONLY if self._weight(i, part, {}) else 1

    def _shown_by(self, query: Query, expanded: dict[Query, list[str]]) -> tuple[frozenset[str], ...]:
        found: dict[frozenset[str], None] = {}
        for part in self._telling(query)[:MOST_SHOWN]:
            if isinstance(part, Prefix | Fuzzy):
                found[frozenset(expanded[part])] = None
            found.update(dict.fromkeys(self._groups(part)))
        return tuple(found)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _stands_for(part: Prefix | Fuzzy, form: str) -> bool:
    return form.startswith(part.form) if isinstance(part, Prefix) else is_one_edit(part.form, form)


def _leaves(query: Query) -> list[Query]:
    match query:
        case And(parts) | Or(parts):
            return [leaf for part in parts for leaf in _leaves(part)]
        case Not(part):
            return _leaves(part)
        case Filter():
            return []
    return [query]
