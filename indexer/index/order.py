"""How are matches ordered and folded, and how far is a query relaxed? The same for every engine. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from indexer.model.items import Kind
from indexer.model.query import And, Filter, Fuzzy, Not, Or, Phrase, Prefix, Query, Word

MOST_SHOWN = 1_000
"""The most words of a query that are highlighted."""
WORDS_OF_A_QUESTION = 5
"""The least number of words, function words included."""
MAX_EXPANSIONS = 256
"""The most forms that a prefix or fuzzy word matches."""

Doc = TypeVar("Doc")


class Candidate(NamedTuple):
    """What ordering needs of one matching item."""

    score: float
    date_ms: int
    fold: int
    """Items with the same key are copies; 0: no copies."""


def order(
    matches: Mapping[Doc, Candidate], sort: str, names: Callable[[Doc], tuple[str, str, object]]
) -> list[tuple[Doc, list[Doc]]]:
    """Return matches in order, each with its copies; `names` gives (name, path, id) of an item, for ties."""
    docs = sorted(matches, key=names) if sort == "name" else _sorted(matches, sort, names)
    folded: list[tuple[Doc, list[Doc]]] = []
    first: dict[int, list[Doc]] = {}
    for doc in docs:
        fold = matches[doc].fold
        if fold and fold in first:
            first[fold].append(doc)
            continue
        copies: list[Doc] = []
        if fold:
            first[fold] = copies
        folded.append((doc, copies))
    return folded


def _sorted(
    matches: Mapping[Doc, Candidate], sort: str, names: Callable[[Doc], tuple[str, str, object]]
) -> list[Doc]:
    sign = 1 if sort == "oldest" else -1

    def key(doc: Doc) -> tuple[float, int]:
        candidate = matches[doc]
        return (
            -round(candidate.score, 9) if sort == "relevance" else 0.0,
            sign * (candidate.date_ms // 1000),
        )  # the page has only seconds

    return in_order([(key(doc), doc) for doc in matches], lambda doc: names(doc)[1:])


def in_order(keyed: list[tuple[Any, Doc]], path: Callable[[Doc], Any]) -> list[Doc]:
    """Return documents by key, then path; paths are looked up for real ties only, as each costs a read."""
    keyed.sort(key=lambda pair: pair[0])
    result: list[Doc] = []
    at = 0
    while at < len(keyed):
        end = at + 1
        while end < len(keyed) and keyed[end][0] == keyed[at][0]:
            end += 1
        tied = [doc for _, doc in keyed[at:end]]
        result += tied if end - at == 1 else sorted(tied, key=path)
        at = end
    return result


def scored_leaves(query: Query) -> Iterator[Query]:
    """Yield the words, phrases, prefixes and fuzzy words that are not excluded, as often as they occur in the query."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from scored_leaves(part)
        case Not() | Filter():
            return
        case _:
            yield query


def telling_leaves(query: Query, function_words: Collection[str]) -> list[Query]:
    """Return the leaves that score and are highlighted: without function words, unless there is nothing else."""
    every = list(scored_leaves(query))
    return [leaf for leaf in every if not _is_function_word(leaf, function_words)] or every


def _is_function_word(leaf: Query, function_words: Collection[str]) -> bool:
    return isinstance(leaf, Word) and leaf.form in function_words


def whole(query: Query) -> Query:
    """Return a query whose words don't match as parts of compounds: what is excluded, and synonyms."""
    match query:
        case Word():
            return query._replace(whole=True)
        case And(parts):
            return And(tuple(map(whole, parts)))
        case Or(parts):
            return Or(tuple(map(whole, parts)))
        case Not(part):
            return Not(whole(part))
    return query


def top_level(query: Query) -> tuple[Query, ...]:
    """Return the parts of a query that are all required."""
    return query.parts if isinstance(query, And) else (query,)


class Relaxed(NamedTuple):
    """A query that may ask for fewer of its words."""

    loose: list[Query]
    """Its top-level plain words and phrases, without function words: at least one is required."""
    fixed: list[Query]
    """The parts that always stay."""


def relaxed(query: Query, function_words: Collection[str]) -> Relaxed | None:
    """Return how to relax a query that finds nothing; None if it has fewer than two top-level words and phrases."""
    parts = top_level(query)
    every: list[Query] = [part for part in parts if isinstance(part, Word | Phrase)]
    if len(every) < 2:
        return None
    telling = [part for part in every if not _is_function_word(part, function_words)]
    return Relaxed(telling or every, [part for part in parts if not isinstance(part, Word | Phrase)])


def asks_for_notes(query: Query) -> bool:
    """Tell whether a query finds notes alone: then each is a result, not part of that of its item."""
    return Filter("kind", Kind.NOTE) in top_level(query)


def is_question(query: Query) -> bool:
    """Tell whether a query is a whole question rather than some words."""
    return sum(isinstance(part, Word | Phrase) for part in top_level(query)) >= WORDS_OF_A_QUESTION


def spelled(query: Query) -> str:
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


def is_one_edit(a: str, b: str) -> bool:
    """Tell whether `a` equals `b`, or becomes `b` by inserting, dropping or changing one letter or swapping two."""
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    if len(a) > len(b):
        return a[start + 1 :] == b[start:]
    if len(b) > len(a):
        return a[start:] == b[start + 1 :]
    swapped = start + 1 < len(a) and a[start] == b[start + 1] and a[start + 1] == b[start]
    return a[start + 1 :] == b[start + 1 :] or (swapped and a[start + 2 :] == b[start + 2 :])
