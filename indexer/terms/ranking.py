"""How well does an item match? One formula that the search index and the page both compute.

BM25 (Robertson and Zaragoza, 2009) over one weighted frequency and one exact weighted length; times a factor of the
item's age and one of its static byte; and, only for the best 50 of what has all words, one of how near these are to each
other. Function words don't score. docs/decisions/027-answers.md has what was tried.
`page/assets/search.js` computes the same; cases in `tests/cases/` check both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

K1, B, RELAXED_B = 1.2, 0.75, 0.6
"""How soon more occurrences stop to count, and how much the length of an item does: less where words are missing."""
DERIVED_SHARE = 0.5
"""What an occurrence of a derived word (`customers` for `customs`) counts of one of the word itself."""
PART_SHARE = 1 / 3
"""What an occurrence as part of a compound (`Stahlträger` for `Träger`) counts."""
DERIVED_ONLY = 1 / 1024
"""The factor of an item that has only derived words or compounds for a required word: it comes after all that have the word."""
LONGEST = 4
"""So many times the mean length is the most that counts: a long document is found by what it says somewhere."""
RECENCY_GAIN, RECENCY_HALF_LIFE_DAYS = 0.2, 180.0
DAY_MS = 86_400_000
PROXIMITY_GAIN, PROXIMITY_FIRST = 0.5, 50
"""How many of the best are reordered by the nearness of the words, and how much that adds at most."""


def quality_factor(byte: int) -> float:
    """Return the factor of a static byte: 0.5 to 1.5, 1 for `weighing.NEUTRAL`."""
    return 0.5 + byte / 256


def idf(n_items: int, df: int) -> float:
    """Return how telling a word is if `df` of `n_items` live items have it."""
    return math.log(1 + (n_items - df + 0.5) / (df + 0.5))


def word_score(
    idf_value: float, weight: float, length: float, mean_length: float, *, relaxed: bool = False
) -> float:
    """Return what one word adds to the score of an item with weighted length `length`."""
    b = RELAXED_B if relaxed else B
    mean = mean_length or 1.0
    norm = K1 * (1 - b + b * min(length, LONGEST * mean) / mean)
    return idf_value * weight * (K1 + 1) / (weight + norm)


def word_weight(full: float, wide: float, parts: float = 0) -> float:
    """Return the weight of a word in an item: `full` is that of its inflections, `wide` that of derived words as well,
    `parts` that of compounds that it is part of."""
    return (full + DERIVED_SHARE * (wide - full) if wide > full else full) + PART_SHARE * parts


def age_days(now_ms: float, date_ms: int) -> int:
    """Return the days (UTC) begun since a date: the page ranks by the day of an item, not the second."""
    return max(0, int(now_ms // DAY_MS) - date_ms // DAY_MS)


def recency(age: int) -> float:
    """Return the factor for an item's age in days: 1.2 when new, 1.1 at half a year, then towards 1."""
    return 1 + RECENCY_GAIN * math.pow(2.0, -age / RECENCY_HALF_LIFE_DAYS)


def proximity(positions: Sequence[Sequence[int]]) -> float:
    """Return the factor for the narrowest stretch that holds one position of each word.

    `positions` are the ascending positions of each word; words that the item lacks are left out. All side by side
    give 1.5, twice as wide 1.25, and so on; one word or none gives 1.
    """
    present = [where for where in positions if where]
    if len(present) < 2:
        return 1.0
    width = _narrowest(present)
    share = len(present) / len(positions)
    return 1 + PROXIMITY_GAIN * share * min(1.0, len(present) / (width + 1))


def _narrowest(positions: Sequence[Sequence[int]]) -> int:
    """Choose one position from each list; return the least possible difference of the last and the first."""
    events = sorted((at, which) for which, where in enumerate(positions) for at in where)
    last: dict[int, int] = {}
    best = events[-1][0] - events[0][0]
    for at, which in events:
        last[which] = at
        if len(last) == len(positions):
            best = min(best, at - min(last.values()))
    return best
