"""Texts to ready postings, at a fraction of the cost of `text_terms.index_passages`, whose terms these are.

Each chunk of text is looked up in a table that lives as long as the process: chunk to units, unit to terms, all of them
numbers. So a text is a column of numbers that is sorted once, and no word becomes an object. Only reading processes, and
whoever makes terms again, import this: it needs numpy.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from indexer.terms import text_terms, tokenizer, words
from indexer.terms.rows import Numbers, ranges
from indexer.terms.suffixes import light_stem

_Row = tuple[int, int, int, int, int]

MOST_KNOWN = 150_000
"""The number of chunks after which a table begins anew, between two texts."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The terms of a text in order of their code points, which is that of their bytes."""

    names: list[str]
    weights: Numbers
    """For each term its positions, and those of headings once more."""
    counts: Numbers
    """For each term its number of positions."""
    positions: Numbers
    """Ascending for each term."""
    length: int
    """Number of words, those of headings once more."""
    end: int
    """The first position after the last passage and its gap."""
    starts: array[int]
    """The position at which each passage begins; passages beyond the limits have none."""


def columns_of(passages: Iterable[str], headings: Iterable[str], language: str) -> Columns:
    """Return the terms of a text in one language; those of its headings, which are part of it, count twice."""
    table = _table_of(language)
    table.bound()
    body = table.keys_of(passages)
    more = table.keys_of(headings)
    terms, firsts, counts = _runs(body.keys >> _PLACE_BITS)
    weights = counts
    if len(more.keys) and len(terms):
        others, _, again = _runs(more.keys >> _PLACE_BITS)
        at = np.minimum(np.searchsorted(terms, others), len(terms) - 1)
        known = terms[at] == others
        weights = counts.copy()
        weights[at[known]] += again[known]
    names = list(map(table.names.__getitem__, terms.tolist()))
    in_order = sorted(range(len(names)), key=names.__getitem__)
    order = np.asarray(in_order, np.int64)
    counts = counts[order]
    positions = (body.keys & _PLACES)[ranges(firsts[order], counts)]
    return Columns(
        list(map(names.__getitem__, in_order)), weights[order], counts, positions,
        body.length + more.length, body.end, body.starts,
    )  # fmt: skip


_PLACE_BITS = 32
_PLACES = (1 << _PLACE_BITS) - 1


def _runs(values: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return the distinct ones of sorted values, where each begins, and how often each is there."""
    begins = np.ones(len(values) + 1, bool)  # one more, for the end
    np.not_equal(values[1:], values[:-1], out=begins[1:-1])
    edges = begins.nonzero()[0]
    firsts = edges[:-1]
    return values[firsts], firsts, edges[1:] - firsts


@dataclass(frozen=True, slots=True)
class _Keys:
    """The words of some passages."""

    keys: Numbers
    """Each term's number above 32 bits of its position, in order."""
    length: int
    end: int
    starts: array[int]


class _Numbers(dict[str, int]):
    """Chunks and units with their numbers; one that has none is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self._unknown: list[str] = []

    def __missing__(self, chunk: str) -> int:
        self._unknown.append(chunk)
        return 0

    def take_unknown(self) -> set[str]:
        """Return the chunks that were asked for in vain since the last time."""
        if not self._unknown:
            return set()
        unknown, self._unknown = set(self._unknown), []
        return unknown


class _Table:
    """What the chunks of texts in one language stand for."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._begin()

    def _begin(self) -> None:
        self.names: list[str] = []
        """Terms by their numbers."""
        self._forms: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        """The numbers of terms that are forms, and, without their mark, of those that are stems."""
        self._numbers = _Numbers()
        """Units by their numbers; chunks that are not one unit as it is by -1, -2 and so on."""
        self._several: list[Numbers] = []
        """The units of chunk -1, -2 and so on."""
        self._units = np.zeros((1 << 12, 5), np.int64)
        """For each unit its form, its light stem and its stem (-1 for none), and the first and the number of its `_others`."""
        self._unit_count = 0
        self._others = array("q")

    def bound(self) -> None:
        """Begin anew if it has become large; numbers given before then mean nothing any more."""
        if len(self._numbers) > MOST_KNOWN:
            self._begin()

    # --- texts ------------------------------------------------------------------------------------

    def keys_of(self, passages: Iterable[str]) -> _Keys:
        """Return the words of some passages, as `text_terms.index_passages` does."""
        parts: list[Numbers] = []
        starts = array("I")
        distinct = _Distinct()
        at = length = 0
        for passage in passages:
            if length > text_terms.MOST_WORDS or distinct.is_beyond(parts, length):
                break
            starts.append(at)
            units = self._units_of(passage)
            parts.append(units)
            length += len(units)
            at += len(units) + text_terms.PASSAGE_GAP
        if not length:
            return _Keys(np.zeros(0, np.int64), 0, at, starts)
        if len(parts) == 1:
            return _Keys(self._keys(parts[0], np.arange(length)), length, at, starts)
        gaps = np.repeat(
            np.arange(len(parts)) * text_terms.PASSAGE_GAP, np.fromiter(map(len, parts), np.int64)
        )
        return _Keys(self._keys(np.concatenate(parts), np.arange(length) + gaps), length, at, starts)

    def _units_of(self, text: str) -> Numbers:
        chunks = tokenizer.chunks_of_text(text)
        numbers = np.fromiter(map(self._numbers.__getitem__, chunks), np.int64, len(chunks))
        if unknown := self._numbers.take_unknown():
            self._learn(unknown)
            numbers = np.fromiter(map(self._numbers.__getitem__, chunks), np.int64, len(chunks))
        places = (numbers < 0).nonzero()[0]
        return numbers if not len(places) else self._spread(numbers, places)

    def _spread(self, numbers: Numbers, places: Numbers) -> Numbers:
        """Return numbers with each of several units, at these places, replaced by these."""
        units = [self._several[-1 - number] for number in numbers[places].tolist()]
        counts = np.ones(len(numbers), np.int64)
        counts[places] = np.fromiter(map(len, units), np.int64, len(units))
        found = np.repeat(numbers, counts)
        found[ranges((counts.cumsum() - counts)[places], counts[places])] = np.concatenate(units)
        return found

    def _keys(self, units: Numbers, places: Numbers) -> Numbers:
        *terms, first_others, counts = self._units.take(units, 0).T
        parts = [_with_places(column, places) for column in terms]
        has_others = counts.any()
        if has_others:
            others = np.frombuffer(self._others, np.int64)[ranges(first_others, counts)]
            parts.append(others << _PLACE_BITS | np.repeat(places, counts))
        keys = np.concatenate(parts)
        keys.sort()
        # Two units of one position may share a form.
        return _runs(keys)[0] if has_others else keys

    # --- the table --------------------------------------------------------------------------------

    def _learn(self, chunks: set[str]) -> None:
        """Add chunks to the table."""
        plain = self._plain(chunks)
        forms = "\n".join(plain).lower().split("\n") if plain else []
        rows = [
            (
                self._form(form),
                *self._stems_of(form, base),
                *self._add_others(words.part_terms(form, self._language)),
            )
            for form, base in zip(forms, words.stems(forms, self._language), strict=True)
        ]
        units: list[str] = plain
        several: dict[str, tuple[str, ...]] = {}
        if rest := chunks.difference(plain):
            known = set(plain)
            for chunk in rest:
                parts = tokenizer.units_of_chunk(chunk)
                for unit in parts:
                    if unit not in self._numbers and unit not in known:
                        known.add(unit)
                        units.append(unit)
                        rows.append(self._row_of(unit))
                if parts != (chunk,):
                    several[chunk] = parts
        self._add(units, rows)
        for chunk, parts in several.items():
            self._several.append(np.asarray([self._numbers[unit] for unit in parts], np.int64))
            self._numbers[chunk] = -len(self._several)

    def _plain(self, chunks: set[str]) -> list[str]:
        """Return the chunks that are one unit of ASCII letters with no further terms but parts: most words by far."""
        plain = _PLAIN.findall("\n".join(chunks))
        return (
            [one for one in plain if not words.has_typed_umlaut(one.lower())]
            if self._language == "de"
            else plain
        )

    def _row_of(self, unit: str) -> _Row:
        form, marked, others = words.forms_of_unit(unit, self._language)
        if not form:
            return -1, -1, -1, 0, 0
        return self._form(form), self._term(marked) if marked else -1, -1, *self._add_others(others)

    def _add_others(self, others: Sequence[str]) -> tuple[int, int]:
        """Add the further terms of a unit; return the first of them and their number."""
        if not others:
            return 0, 0
        first = len(self._others)
        self._others.extend(map(self._term, others))
        return first, len(others)

    def _add(self, units: list[str], rows: list[_Row]) -> None:
        count = self._unit_count + len(units)
        if count > len(self._units):
            self._units = np.resize(self._units, (max(count, 2 * len(self._units)), 5))
        if rows:
            self._units[self._unit_count : count] = rows
        self._numbers.update(zip(units, range(self._unit_count, count), strict=True))
        self._unit_count = count

    def _form(self, form: str) -> int:
        number = self._forms.get(form)
        if number is None:
            number = self._forms[form] = len(self.names)
            self.names.append(form)
        return number

    def _stems_of(self, form: str, base: str) -> tuple[int, int]:
        """Return the numbers of the terms of a form's light stem and of its stem; -1 if one says nothing new."""
        if base == form:
            return -1, -1
        light = light_stem(form, base, self._language)
        return (
            self._stem(light) if light != form else -1,
            self._stem(base + words.STEM_MARK) if base != light else -1,
        )

    def _stem(self, base: str) -> int:
        """Return the number of a term under a mark, given without it."""
        number = self._stems.get(base)
        if number is None:
            number = self._stems[base] = len(self.names)
            self.names.append(words.STEM_MARK + base)
        return number

    def _term(self, name: str) -> int:
        return self._stem(name[1:]) if name.startswith(words.STEM_MARK) else self._form(name)


_PLAIN = re.compile(r"^(?:[A-Z]?[a-z]{1,60}|[A-Z]{1,60})$", re.MULTILINE)
"""Words in one case, or with a capital; at most `fold.MAX_FORM` letters."""


def _with_places(terms: Numbers, places: Numbers) -> Numbers:
    there = (terms >= 0).nonzero()[0]
    if len(there) == len(terms):
        return terms << _PLACE_BITS | places
    return terms[there] << _PLACE_BITS | places[there]


class _Distinct:
    """Counts the different units of a text, once it has as many words as it may have different ones."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._counted = 0

    def is_beyond(self, parts: list[Numbers], length: int) -> bool:
        """Tell whether there are more different units in `parts`, which have `length` in all, than a text may have."""
        if length <= text_terms.MOST_DISTINCT:
            return False
        for part in parts[self._counted :]:
            self._seen.update(part.tolist())
        self._counted = len(parts)
        return len(self._seen) > text_terms.MOST_DISTINCT


@cache
def _table_of(language: str) -> _Table:
    return _Table(language)
