"""By what is an item found? Weighed once for all followers of the log."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Postings(NamedTuple):
    """The terms of a text in order, with their weights and positions."""

    language: str
    length: int
    """Number of words, those of headings twice: what BM25 calls the length."""
    end: int
    """The first position after the text."""
    terms: bytes
    """In order of their bytes, separated by line ends."""
    weights: array[int]
    """How often each term occurs in the text, in headings twice."""
    counts: array[int]
    """How many positions each has."""
    positions: array[int]
    """The positions of all terms in sequence, each term's ascending."""

    def names(self) -> list[str]:
        """Return the terms as texts."""
        return self.terms.decode().split("\n") if self.terms else []

    @property
    def room(self) -> int:
        """The approximate bytes of memory they take while they are sorted with others."""
        return room(len(self.terms), len(self.counts), self.length)


def room(name_bytes: int, terms: int, words: int) -> int:
    """Estimate the bytes of memory that postings take, from the bytes of their terms, their terms, and their words."""
    return name_bytes + 200 * terms + 50 * words


class Beside(NamedTuple):
    """By what an item is found besides its text: title, name, note, tags, addresses."""

    weights: Mapping[str, int]
    """Term to weighted frequency."""
    positions: Mapping[str, Sequence[int]]
    """Term to ascending positions, all after those of the text."""
    title_positions: Mapping[str, Sequence[int]]
    """Form to positions within the title only."""
    length: int
    """Weighted number of words."""


class ItemTerms(NamedTuple):
    """All terms of one item."""

    language: str
    text: Postings
    beside: Beside
    length: int
    """Weighted number of words of both."""

    @property
    def has_text(self) -> bool:
        """Whether the item's text has any words."""
        return bool(self.text.terms)
