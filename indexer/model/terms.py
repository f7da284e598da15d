"""What an item is found by, weighed once for everything that follows the log."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Postings:
    """The terms of a text in order, with what they weigh and where they stand."""

    language: str
    length: int
    """Number of words, those of headings twice: what BM25 calls the length."""
    end: int
    """The first position behind the text."""
    terms: bytes
    """In order of their bytes, a line end between two."""
    weights: array[int]
    """How often each term stands in the text, in headings twice."""
    counts: array[int]
    """How many positions each has."""
    positions: array[int]
    """Those of all terms, one after the other, each ascending."""

    def names(self) -> list[str]:
        """Return the terms as texts."""
        return self.terms.decode().split("\n") if self.terms else []

    @property
    def room(self) -> int:
        """About how many bytes of memory they take while they are put in order with others."""
        return room(len(self.terms), len(self.counts), self.length)


def room(name_bytes: int, terms: int, words: int) -> int:
    """Return about how many bytes postings take in memory, by the bytes of their terms, their terms, and their words."""
    return name_bytes + 200 * terms + 50 * words


@dataclass(frozen=True, slots=True)
class Beside:
    """What an item is found by beside its text: title, name, note, tags, addresses."""

    weights: Mapping[str, int]
    """Term to weighted frequency."""
    positions: Mapping[str, Sequence[int]]
    """Term to ascending positions, all behind those of the text."""
    title_positions: Mapping[str, Sequence[int]]
    """Form to positions within the title alone."""
    length: int
    """Weighted number of words."""


@dataclass(frozen=True, slots=True)
class ItemTerms:
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
