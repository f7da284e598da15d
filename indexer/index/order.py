"""How are matches ordered and folded, and how far is a query relaxed? The same for every engine. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from indexer.model.query import And, Filter, Not, Or, Phrase, Query, Word

MAX_EXPANSIONS = 256
"""The most forms that a prefix or fuzzy word matches."""

Doc = TypeVar("Doc")


@dataclass(frozen=True, slots=True)
class Candidate:
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


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A query that may ask for fewer of its words."""

    loose: list[Query]
    """Its top-level plain words and phrases, without function words."""
    fixed: list[Query]
    """The parts that always stay."""
    levels: list[int]
    """The numbers of `loose` parts to require, in turn: the first that finds anything is used."""


def relaxed(query: Query, function_words: Collection[str]) -> Relaxed:
    """Return how to relax a query that finds nothing.

    Of its n top-level words and phrases, n − 1, … down to half are required. A function word counts as found in every
    item, or a long question would find the long items; in a query of nothing else, it is a word like any other.
    """
    parts: Sequence[Query] = query.parts if isinstance(query, And) else (query,)
    every: list[Query] = [part for part in parts if isinstance(part, Word | Phrase)]
    telling: list[Query] = [
        part for part in every if not (isinstance(part, Word) and part.form in function_words)
    ]
    telling = telling or every
    granted = len(every) - len(telling)
    fixed: list[Query] = [part for part in parts if not isinstance(part, Word | Phrase)]
    most = len(telling) if granted else len(telling) - 1
    least = max(1, (len(every) + 1) // 2 - granted)
    return Relaxed(telling, fixed, list(range(most, least - 1, -1)) if len(every) > 1 else [])


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
