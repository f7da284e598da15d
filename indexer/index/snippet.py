"""Which lines show why an item was found? The window of its text with the most hits. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.model.items import Passage
from indexer.terms.words import Token, tokens

WIDTH = 240
"""The approximate number of characters of a snippet."""

_PASSAGES_LOOKED_AT = 4
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of an item's text on one line."""

    text: str
    highlights: tuple[tuple[int, int], ...]
    """Half-open ranges of code points in `text`, ascending, not touching."""
    page_number: int | None


def snippet(
    passages: Sequence[Passage],
    starts: Sequence[int],
    positions: Sequence[int],
    matched: frozenset[str],
    language: str = "en",
) -> Snippet:
    """Return the best piece of `passages`.

    `positions` are ascending token positions of hits, `starts` the position at which each passage begins, and
    `matched` the forms and marked stems that count as hits; stems are those of `language`. Without a hit, return the
    beginning of the text.
    """
    best: tuple[int, int, str, list[Token], int] | None = None
    for number in _promising(len(passages), starts, positions):
        text = _BLANKS.sub(" ", passages[number].text).strip()
        hits = [token for token in tokens(text, language) if token.is_any_of(matched)]
        worth, at = _best_window(hits)
        if best is None or worth > best[0]:
            best = (worth, at, text, hits, number)
    if best is None:
        return Snippet("", (), None)
    worth, at, text, hits, number = best
    page = passages[number].page_number if worth else None
    return _cut(text, at if worth else 0, hits, page)


def _promising(count: int, starts: Sequence[int], positions: Sequence[int]) -> list[int]:
    """Return the passages with hits, those with the most first; without hits, the first passage."""
    by_passage = Counter(bisect_right(starts, position) - 1 for position in positions)
    found = [n for n, _ in sorted(by_passage.items(), key=lambda pair: (-pair[1], pair[0])) if 0 <= n < count]
    return sorted(found[:_PASSAGES_LOOKED_AT]) or ([0] if count else [])


def _best_window(hits: list[Token]) -> tuple[int, int]:
    """Return the worth of the best window (distinct hits first, then their number) and where it begins."""
    best, at, left = 0, 0, 0
    for right, token in enumerate(hits):
        while left < right and token.end - hits[left].start > WIDTH:
            left += 1
        inside = hits[left : right + 1]
        worth = 1000 * len({t.marked_stem or t.form for t in inside}) + len(inside)
        if worth > best:
            best, at = worth, hits[left].start
    return best, at


def _cut(text: str, at: int, hits: list[Token], page: int | None) -> Snippet:
    start = _word_start(text, max(0, at - WIDTH // 4))
    if len(text) - start < WIDTH:
        start = _word_start(text, max(0, len(text) - WIDTH))
    end = min(len(text), start + WIDTH)
    if end < len(text):
        blank = text.rfind(" ", start + WIDTH // 2, end)
        end = blank if blank > 0 else end
    before, after = ("… " if start else ""), (" …" if end < len(text) else "")
    shift = len(before) - start
    marks = tuple((t.start + shift, t.end + shift) for t in hits if start <= t.start and t.end <= end)
    return Snippet(f"{before}{text[start:end]}{after}", marks, page)


def _word_start(text: str, at: int) -> int:
    """Return the beginning of a word at `at` or a little after."""
    if at == 0:
        return 0
    blank = text.find(" ", at - 1, at + 40)
    return blank + 1 if blank >= 0 else at
