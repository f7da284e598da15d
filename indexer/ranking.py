"""What an item is found by, and how well: one formula that the search index and the page both compute.

BM25 (Robertson and Zaragoza, 2009) over one weighted frequency and one exact weighted length, times recency.
`assets/query.js` computes the same; cases in `tests/cases/` hold both to it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from indexer.model import Item
from indexer.words import Terms, index_passages

TITLE, NAME, NOTE, BODY = 4, 3, 2, 1
"""What one occurrence counts, by where it stands."""

K1, B = 1.2, 0.75
RECENCY_GAIN, RECENCY_HALF_LIFE_DAYS = 0.2, 180.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """An item's terms with their weights."""

    weights: Mapping[str, int]
    """Form or marked stem to weighted frequency."""
    positions: Mapping[str, array[int]]
    """Form to ascending positions: first the text's passages, then title, name, note, tags, addresses."""
    title_positions: Mapping[str, array[int]]
    """Form to positions within the title alone."""
    length: int
    """Weighted number of words, exact."""


def weigh(item: Item, packed: bytes) -> Weighed:
    """Return what `item` is found by, its text's terms given as `Terms.pack()`."""
    body = Terms.unpack(packed)
    title = index_passages([item.title])
    parts: list[tuple[str, int]] = [(item.title, TITLE)]
    if not item.is_list_entry:
        parts.append((item.name, NAME))
    parts += [(item.note, NOTE), *((tag, NOTE) for tag in item.tags)]
    parts += [(address, BODY) for address in (item.url or "", *item.hyperlinks)]

    weights: dict[str, int] = {form: len(where) * BODY for form, where in body.positions.items()}
    weights.update((marked, count * BODY) for marked, count in body.stems.items())
    positions = dict(body.positions)
    length = body.length * BODY
    at = body.end
    for text, weight in parts:
        if not text:
            continue
        terms = index_passages([text], start=at)
        at = terms.end
        length += terms.length * weight
        for form, where in terms.positions.items():
            weights[form] = weights.get(form, 0) + len(where) * weight
            positions[form] = positions[form] + where if form in positions else where
        for marked, count in terms.stems.items():
            weights[marked] = weights.get(marked, 0) + count * weight
    return Weighed(weights, positions, title.positions, length)


def idf(n_items: int, df: int) -> float:
    """Return how telling a word is that `df` of `n_items` live items have."""
    return math.log(1 + (n_items - df + 0.5) / (df + 0.5))


def word_score(idf_value: float, weight: float, length: float, mean_length: float) -> float:
    """Return what one word adds to the score of an item of weighted `length`."""
    norm = K1 * (1 - B + B * length / (mean_length or 1.0))
    return idf_value * weight * (K1 + 1) / (weight + norm)


def recency(age_days: float) -> float:
    """Return the factor for an item of that age: 1.2 when new, 1.1 at half a year, towards 1."""
    return 1 + RECENCY_GAIN * math.pow(2.0, -max(age_days, 0.0) / RECENCY_HALF_LIFE_DAYS)
