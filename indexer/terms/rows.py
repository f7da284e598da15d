"""Postings of many items, gathered document by document and sorted by term: columns in, columns out.

Index and page are both made from these; only code that writes imports numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.model.terms import ItemTerms

Numbers = npt.NDArray[np.int64]
_VARINT_BYTES = 9
"""63 bits: more than any number needs."""
Column = npt.NDArray[np.unsignedinteger[npt.NBitBase]]


class _Ids(dict[bytes, int]):
    """Key to a number, in the order in which keys are first asked for."""

    def __missing__(self, key: bytes) -> int:
        made = self[key] = len(self)
        return made


@dataclass(frozen=True, slots=True)
class Sorted:
    """Postings sorted by term, those of one term by document."""

    keys: list[bytes]
    """In order of their bytes."""
    frequencies: Numbers
    """For each key, its number of postings."""
    sums: Numbers
    """For each key, its number of positions."""
    docs: Numbers
    weights: Numbers
    counts: Numbers
    positions: Any
    """Four bytes each, because there are many."""


@dataclass(slots=True)
class Rows:
    """Postings in the order of documents, one row each."""

    ids: _Ids = field(default_factory=_Ids)
    _terms: array[int] = field(default_factory=lambda: array("q"))
    _weights: list[Column] = field(default_factory=list)
    _counts: list[Column] = field(default_factory=list)
    _positions: list[Column] = field(default_factory=list)
    _per_doc: array[int] = field(default_factory=lambda: array("q"))

    def add_text(self, terms: ItemTerms) -> None:
        """Add a document: first its text, then its other parts."""
        before = len(self._terms)
        body, more = terms.text, terms.beside
        if body.terms:
            self._terms.extend(map(self.ids.__getitem__, body.terms.split(b"\n")))
            self._weights.append(np.asarray(body.weights))
            self._counts.append(np.asarray(body.counts))
            self._positions.append(np.asarray(body.positions))
        where = [more.positions[term] for term in more.weights]
        self._add([term.encode() for term in more.weights], list(more.weights.values()), where)
        self._per_doc.append(len(self._terms) - before)

    def add_keys(self, keys: Sequence[bytes], where: Sequence[Sequence[int]]) -> None:
        """Add a document that has each of some keys once, with their positions."""
        self._add(keys, [1] * len(keys), where)
        self._per_doc.append(len(keys))

    def _add(self, keys: Sequence[bytes], weights: Sequence[int], where: Sequence[Sequence[int]]) -> None:
        self._terms.extend([self.ids[key] for key in keys])
        self._weights.append(np.asarray(weights, np.uint32))
        self._counts.append(np.fromiter(map(len, where), np.uint32, len(where)))
        self._positions.append(np.fromiter(chain.from_iterable(where), np.uint32))

    def sort(self) -> Sorted:
        """Return all rows by term; two rows of the same term and document become one posting."""
        keys = sorted(self.ids)
        rank = np.empty(len(keys), np.int64)
        rank[np.fromiter(map(self.ids.__getitem__, keys), np.int64, len(keys))] = np.arange(len(keys))
        ranks = rank[np.asarray(self._terms, np.int64)]
        order = np.argsort(ranks, kind="stable")
        ranks = ranks[order]
        docs = np.repeat(np.arange(len(self._per_doc)), np.asarray(self._per_doc, np.int64))[order]
        counts = _joined(self._counts)
        starts = np.cumsum(counts) - counts
        weights, counts = _joined(self._weights)[order], counts[order]
        positions = gathered(_joined(self._positions, np.uint32), starts[order], counts)
        first = np.ones(len(docs), bool)
        first[1:] = (ranks[1:] != ranks[:-1]) | (docs[1:] != docs[:-1])
        at = np.flatnonzero(first)
        if len(at):
            weights, counts = np.add.reduceat(weights, at), np.add.reduceat(counts, at)
        ranks, docs = ranks[at], docs[at]
        frequencies = np.bincount(ranks, minlength=len(keys))
        sums = np.bincount(ranks, weights=counts, minlength=len(keys)).astype(np.int64)
        return Sorted(keys, frequencies, sums, docs, weights, counts, positions)


def _joined(columns: list[Column], kind: Any = np.int64) -> Any:
    return np.concatenate([*columns, np.zeros(0, np.uint16)], dtype=kind)


GATHERED = 1 << 18
"""The number of values gathered at a time: their places take more memory than the values."""


def gathered(values: Any, starts: Numbers, lengths: Numbers) -> Any:
    """Return the values of all ranges in sequence."""
    total = int(lengths.sum())
    if total <= GATHERED:
        return values[ranges(starts, lengths)]
    found = np.empty(total, values.dtype)
    ends = np.cumsum(lengths)
    at = done = 0
    while at < len(lengths):
        to = max(at + 1, int(np.searchsorted(ends, done + GATHERED, "right")))
        end = int(ends[to - 1])
        found[done:end] = values[ranges(starts[at:to], lengths[at:to])]
        at, done = to, end
    return found


def ranges(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return the numbers of all ranges in sequence."""
    total = int(lengths.sum())
    shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return shift + np.arange(total)


def varints(numbers: Numbers) -> tuple[bytes, Numbers]:
    """Return numbers as LEB128 varints in sequence, and the bytes each takes."""
    sizes = np.ones(len(numbers), np.int64)
    for shift in range(7, 64, 7):
        more = numbers >= 1 << shift
        if not more.any():
            break
        sizes += more
    out = np.zeros(int(sizes.sum()), np.uint8)
    starts = np.cumsum(sizes) - sizes
    for byte in range(int(sizes.max(initial=0))):
        has = np.flatnonzero(sizes > byte)
        last = sizes[has] == byte + 1
        out[starts[has] + byte] = (numbers[has] >> (7 * byte) & 127) | np.where(last, 0, 128)
    return out.tobytes(), sizes


def unvarints(raw: bytes) -> Numbers:
    """Return the numbers of LEB128 varints in sequence; raise ValueError for bytes that are not varints."""
    data = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(data < 128)
    starts = np.concatenate((np.zeros(1, np.int64), ends + 1))[:-1]
    sizes = ends - starts + 1
    if int(sizes.max(initial=0)) > _VARINT_BYTES or (len(data) and data[-1] > 127):
        raise ValueError("not a varint")
    numbers = np.zeros(len(ends), np.int64)
    for byte in range(int(sizes.max(initial=0))):
        has = np.flatnonzero(sizes > byte)
        numbers[has] |= (data[starts[has] + byte] & 127).astype(np.int64) << (7 * byte)
    return numbers
