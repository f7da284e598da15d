"""The terms of a short text, in the obvious form; `word_table` gives the same for long ones at a fraction of the cost."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from indexer.terms.tokenizer import units_of_text
from indexer.terms.words import known_forms

MOST_WORDS, MOST_DISTINCT = 3_000_000, 250_000
"""The most words of one text that are indexed, and the most different ones: a book of 16 MB has 60,000."""

PASSAGE_GAP = 1
"""Free positions between passages, so that no phrase spans two of them."""


class Terms(NamedTuple):
    """The words of some passages, ready to be indexed."""

    language: str
    """One of `LANGUAGES`, or empty."""
    length: int
    """Number of words."""
    end: int
    """The first position after the last passage and its gap."""
    positions: dict[str, array[int]]
    """Term to ascending positions."""
    starts: array[int]
    """Position at which each passage begins."""


def index_passages(passages: Iterable[str], start: int = 0, language: str = "en") -> Terms:
    """Return the terms of `passages` in one language, the first word at position `start`.

    Passages beyond `MOST_WORDS` words or `MOST_DISTINCT` different ones are left out: they have no entry in `starts`.
    """
    units: list[str] = []
    distinct: set[str] = set()
    starts = array("I")
    length = 0
    for passage in passages:
        if length > MOST_WORDS or len(distinct) > MOST_DISTINCT:
            break
        starts.append(start + len(units))
        before = len(units)
        units += units_of_text(passage)
        length += len(units) - before
        distinct.update(units[before:])
        units += [""] * PASSAGE_GAP
    known = known_forms(language)
    positions: dict[str, list[int]] = {}
    for unit, where in _grouped(units, start).items():
        form, marked, others = known[unit]
        for term in filter(None, (form, marked, *others) if form else ()):
            if term in positions:
                positions[term] += where
            else:
                positions[term] = where.copy()
    arrays = {term: array("I", _ascending(where)) for term, where in positions.items()}
    return Terms(language, length, start + len(units), arrays, starts)


def _grouped(units: list[str], start: int) -> dict[str, list[int]]:
    """Return the positions of each unit."""
    found: dict[str, list[int]] = {}
    for at, unit in enumerate(units, start):
        if unit in found:
            found[unit].append(at)
        else:
            found[unit] = [at]
    found.pop("", None)
    return found


def _ascending(where: list[int]) -> list[int]:
    """Return positions in order, each once: two units of one position may share a form."""
    return where if len(where) == 1 else sorted(set(where))
