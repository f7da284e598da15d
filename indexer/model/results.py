"""What does an index find, and what is shown of it?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from indexer.model.items import (
    Item,
    ItemId,
    RelPath,
)
from indexer.model.query import Remark


class WordScore(NamedTuple):
    """What one word of a query added to the score of an item."""

    word: str
    weight: float
    """Weighted frequency in the item."""
    df: int
    """The number of live items that have it."""
    score: float


class Explanation(NamedTuple):
    """What a hit's score is made of: the sum of its words, times each factor."""

    words: tuple[WordScore, ...]
    length: int
    """Weighted number of words of the item."""
    mean_length: float
    recency: float
    quality: float
    """The factor of the static byte."""
    proximity: float
    derived: float
    """Below 1 if the item has only derived words or compounds for a word that is required."""


Facets = Mapping[str, tuple[tuple[str, int], ...]]
"""By kind, department, person, tag and year: values with the number of results that have them, most first."""


class Hit(NamedTuple):
    """One result as an index gives it: an item, its score, and which items are copies of it."""

    id: ItemId
    score: float
    copies: tuple[ItemId, ...] = ()
    explanation: Explanation | None = None


class Found(NamedTuple):
    """What an index answers."""

    hits: tuple[Hit, ...]
    """The slice asked for, in order."""
    total: int
    """The number of all results, copies folded."""
    relaxed: bool = False
    complete: bool = True
    groups: tuple[frozenset[str], ...] = ()
    """For each telling word of the query, the terms that show it."""
    facets: Facets = {}

    @property
    def matched_forms(self) -> frozenset[str]:
        """The terms that hits are highlighted by."""
        return frozenset[str]().union(*self.groups)


class ShownNote(NamedTuple):
    """A note on an item, as shown with it."""

    path: RelPath
    by: str
    level: str
    date: datetime
    text: str
    """The beginning of its text."""


class Result(NamedTuple):
    """One result as shown to people."""

    rank: int
    score: float
    item: Item
    page: int | None
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    """Half-open ranges of code points in `snippet`."""
    copies: tuple[RelPath, ...] = ()
    explanation: Explanation | None = None
    pages: tuple[int, ...] = ()
    """Further pages with as many of the words, ascending."""
    notes: tuple[ShownNote, ...] = ()
    """Those on the item and its copies, latest first."""
    saved: RelPath | None = None
    """The copy of the page behind a link, if one is saved in the folder."""


class SearchResults(NamedTuple):
    """The answer to one search."""

    query: str
    total: int
    took_ms: float
    results: tuple[Result, ...]
    relaxed: bool = False
    complete: bool = True
    remarks: tuple[Remark, ...] = ()
    """What of the query was not understood."""
    suggestion: str | None = None
    """The query with its misspelled words corrected; None if no word seems misspelled."""
    facets: Facets = {}
    matched_forms: frozenset[str] = frozenset()
    """The terms that hits are highlighted by."""
    key_terms: tuple[str, ...] | None = None
    """The words by which items like another one were looked for, best first; None: it was a search."""
