"""What did the person mean? A query that finds nothing, with its words put right: chosen by what the other words find.

`page/assets/suggestion.js` does the same; `tests/page/test_answers.py` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, pairwise, product
from typing import NamedTuple

from indexer.index.order import scored_leaves
from indexer.index.query import parse
from indexer.index.search_index import SearchIndex
from indexer.model.query import EVERYTHING, And, Not, Or, Phrase, Query, SearchRequest, Word
from indexer.terms.words import Token, tokens

MIN_SUGGESTED, MIN_PART = 4, 3
"""Letters; shorter words have too many similar ones, and words fall apart into too many parts."""
MOST_NEAR, MOST_TRIED, MOST_WORDS = 4, 12, 40
"""Near forms of a word, queries that are tried, and words of a query that are looked at."""
_KEYS = ("qwertzuiop", "qwertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
_NEIGHBOURS = frozenset(pair for row in _KEYS for a, b in pairwise(row) for pair in (a + b, b + a))


class _Change(NamedTuple):
    """A part of the text, and what it becomes."""

    start: int
    end: int
    text: str
    forms: tuple[str, ...]
    """The words it replaces."""
    weight: int
    """How probably such an error is made."""


def suggestion(text: str, request: SearchRequest, index: SearchIndex) -> str | None:
    """Return the query with words put right, so that items have all of them; None if there is nothing to put right."""
    asked = {part.form for part in scored_leaves(request.query) if isinstance(part, Word)}
    asked |= {
        form for part in scored_leaves(request.query) if isinstance(part, Phrase) for form in part.forms
    }
    found = [token for token in islice(tokens(text), MOST_WORDS) if token.form in asked]
    wrong = [token for token in found if _may_be_wrong(token.form) and not index.frequency(token.form)]
    best: tuple[int, str] | None = None
    for changes in islice(_tries(text, found, wrong, index), MOST_TRIED):
        query = request.query
        for change in changes:
            query = _changed(query, change)
        count = index.search(
            request._replace(query=query, relax=False, limit=0, offset=0, facets=False)
        ).total
        worth = count * min(change.weight for change in changes)
        if worth and (best is None or worth > best[0]):
            best = worth, _rewritten(text, changes)
    return best[1] if best else None


def _tries(
    text: str, found: list[Token], wrong: list[Token], index: SearchIndex
) -> Iterator[tuple[_Change, ...]]:
    """Yield what may be changed together: all wrong words, each by one of its near forms; or two words become one."""
    joins = list(_joins(text, found, index))
    joined = {form for change in joins for form in change.forms}
    choices = [list(_repairs(token, index)) for token in wrong]
    if wrong and all(choices):
        yield from product(*choices)
    if all(token.form in joined for token in wrong):
        yield from ((change,) for change in joins)


def _repairs(token: Token, index: SearchIndex) -> Iterator[_Change]:
    form = token.form
    near = [(_weight(form, other), other) for other in index.near(form, MOST_NEAR)]
    for weight, other in sorted(near, key=lambda pair: -pair[0]):
        yield _Change(token.start, token.end, other, (form,), weight)
    for at in range(MIN_PART, len(form) - MIN_PART + 1):
        if index.frequency(form[:at]) and index.frequency(form[at:]):
            yield _Change(token.start, token.end, f"{form[:at]} {form[at:]}", (form,), 1)


def _joins(text: str, found: list[Token], index: SearchIndex) -> Iterator[_Change]:
    for first, second in pairwise(found):
        form = first.form + second.form
        if not text[first.end : second.start].strip() and form.isalpha() and index.frequency(form):
            yield _Change(first.start, second.end, form, (first.form, second.form), 1)


def _may_be_wrong(form: str) -> bool:
    return len(form) >= MIN_SUGGESTED and form.isalpha()


def _weight(typed: str, meant: str) -> int:
    """Return how probably a word was typed for another: two letters swapped or one doubled, a neighbouring key, any other."""
    at = next(
        (n for n, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    if len(typed) == len(meant):
        if sorted(typed) == sorted(meant):
            return 8
        return 3 if typed[at] + meant[at] in _NEIGHBOURS else 1
    longer = max(typed, meant, key=len)
    return 8 if at and longer[at - 1] == longer[at] else 1


def _changed(query: Query, change: _Change) -> Query:
    """Return a query with a change made in its words."""
    match query:
        case Word(form) if form in change.forms:
            return parse(change.text) if form == change.forms[0] else EVERYTHING
        case Phrase(forms) if set(change.forms) <= set(forms):
            first, *others = change.forms
            kept = (change.text.split() if form == first else [form] for form in forms if form not in others)
            return Phrase(tuple(chain.from_iterable(kept)))
        case And(parts):
            flat = [
                inner
                for part in (_changed(part, change) for part in parts)
                for inner in (part.parts if isinstance(part, And) else (part,))
            ]
            return flat[0] if len(flat) == 1 else And(tuple(dict.fromkeys(flat)))
        case Or(parts):
            return Or(tuple(_changed(part, change) for part in parts))
        case Not():
            return query
    return query


def _rewritten(text: str, changes: tuple[_Change, ...]) -> str:
    parts, at = [], 0
    for change in sorted(changes, key=lambda one: one.start):
        parts += [text[at : change.start], change.text]
        at = change.end
    return "".join([*parts, text[at:]])
