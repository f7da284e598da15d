"""The query tree evaluated over posting lists: which items match, and how well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from indexer import ranking
from indexer.index.order import Candidate, is_one_edit, most_frequent, order, relaxable, relaxed_levels
from indexer.index.query import is_scored
from indexer.index.whoosh_view import View
from indexer.model import And, Filter, Found, Fuzzy, Hit, Not, Or, Phrase, Prefix, Query, SearchRequest, Word
from indexer.words import word_terms


@dataclass(slots=True)
class Evaluation:
    """One search over one view."""

    view: View
    request: SearchRequest
    complete: bool = True
    matched: set[str] = field(default_factory=set)
    _scores: dict[int, float] = field(default_factory=dict)
    _leaves: dict[Query, dict[int, float]] = field(default_factory=dict)

    def answer(self) -> Found:
        query = self.request.query
        docs = self._match(query)
        relaxed = False
        if not docs and self.request.relax:
            docs = self._relax(query)
            relaxed = bool(docs)
        scored = is_scored(query)
        if scored:
            self._score(query, docs)
        sort = self.request.sort if scored or self.request.sort != "relevance" else "newest"
        dates, folds = self.view.column("date"), self.view.column("fold")
        now = (self.request.now or datetime.now(UTC)).timestamp() * 1000
        matches = {
            doc: Candidate(
                self._scores.get(doc, 0.0) * ranking.recency((now - dates[doc]) / 86_400_000),
                dates[doc],
                folds[doc],
            )
            for doc in docs
        }
        ordered = order(matches, sort, lambda doc: self.view.about(doc)[1:])
        shown = ordered[self.request.offset : self.request.offset + self.request.limit]
        hits = tuple(
            Hit(
                self.view.about(doc)[0],
                matches[doc].score,
                tuple(self.view.about(copy)[0] for copy in copies),
            )
            for doc, copies in shown
        )
        return Found(hits, len(ordered), relaxed, self.complete, self._highlighted(query))

    # --- which ----------------------------------------------------------------------------------------

    def _match(self, query: Query) -> set[int]:
        match query:
            case And(parts):
                return self._match_all(parts)
            case Or(parts):
                return set().union(*map(self._match, parts))
            case Not(part):
                return set(self.view.reader.all_doc_ids()) - self._match(part)
            case Filter(name, value):
                return self._match_filter(name, value)
        return set(self._leaf(query))

    def _match_all(self, parts: tuple[Query, ...]) -> set[int]:
        kept: set[int] | None = None
        for part in parts:
            if not isinstance(part, Not):
                found = self._match(part)
                kept = found if kept is None else kept & found
        docs = set(self.view.reader.all_doc_ids()) if kept is None else kept
        for part in parts:
            if isinstance(part, Not) and docs:
                docs = docs - self._match(part.part)
        return docs

    def _match_filter(self, name: str, value: str) -> set[int]:
        view = self.view
        if name in ("after", "before"):
            limit = datetime.fromisoformat(value).timestamp() * 1000
            dates = view.column("date")
            return {d for d in view.reader.all_doc_ids() if (dates[d] >= limit) == (name == "after")}
        if name == "title":
            return set(view.adjacent("title", tuple(value.split())))
        if name == "by":
            return set.intersection(*(view.docs("by", form) for form in value.split()))
        return view.docs({"kind": "kind", "in": "folder", "tag": "tag"}[name], value)

    def _relax(self, query: Query) -> set[int]:
        loose, fixed = relaxable(query)
        found = [set(self._leaf(part)) for part in loose]
        allowed = self._match_all(tuple(fixed)) if fixed else None
        counts: dict[int, int] = {}
        for docs in found:
            for doc in docs if allowed is None else docs & allowed:
                counts[doc] = counts.get(doc, 0) + 1
        for level in relaxed_levels(len(loose)):
            if docs := {doc for doc, count in counts.items() if count >= level}:
                return docs
        return set()

    def _leaf(self, query: Query) -> dict[int, float]:
        """Return the documents of a word, phrase, prefix or fuzzy word, with their weights."""
        if query not in self._leaves:
            self._leaves[query] = self._look_up(query)
        return self._leaves[query]

    def _look_up(self, query: Query) -> dict[int, float]:
        match query:
            case Word(form):
                return self.view.weights(word_terms(form))
            case Phrase(phrase):
                if len(phrase) == 1:
                    return self.view.weights(phrase)
                return {doc: float(count) for doc, count in self.view.adjacent("text", phrase).items()}
            case Prefix() | Fuzzy():
                return self.view.weights(self._expand(query))
        raise AssertionError(query)

    def _expand(self, query: Prefix | Fuzzy) -> list[str]:
        if isinstance(query, Prefix):
            candidates = self.view.lexicon(query.form)
        else:
            candidates = ((f, n) for f, n in self.view.lexicon() if is_one_edit(query.form, f))
        found, complete = most_frequent(candidates, lambda form: len(self.view.docs("text", form)))
        self.complete = self.complete and complete
        return found

    # --- how well -------------------------------------------------------------------------------------

    def _score(self, query: Query, docs: set[int]) -> None:
        lengths, mean = self.view.column("length"), self.view.mean_length
        for part in _scored_leaves(query):
            weights = self._leaf(part)
            told = ranking.idf(self.view.live, len(weights))
            for doc in weights.keys() & docs:
                score = ranking.word_score(told, weights[doc], lengths[doc], mean)
                self._scores[doc] = self._scores.get(doc, 0.0) + score

    def _highlighted(self, query: Query) -> frozenset[str]:
        found: set[str] = set()
        for part in _scored_leaves(query):
            match part:
                case Word(form):
                    found.update((form, *word_terms(form)))
                case Phrase(phrase):
                    found.update(phrase)
                case Prefix() | Fuzzy():
                    found.update(self._expand(part))
        return frozenset(found)


def _scored_leaves(query: Query) -> Iterator[Query]:
    """Yield the words, phrases, prefixes and fuzzy words that are not excluded, each once a time it is asked for."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _scored_leaves(part)
        case Not() | Filter():
            return
        case _:
            yield query
