"""Which lines show why an item was found? The passage with the most of what was asked, and the best lines of it. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from indexer.model.items import Passage
from indexer.terms.one_line import BETWEEN, one_line, without_title
from indexer.terms.words import tokens

WIDTH, ANSWER_WIDTH = 240, 420
"""The approximate number of characters of a snippet, and of one that answers a whole question."""
MOST_PAGES = 20
"""Further pages that are named."""

_PASSAGES_LOOKED_AT = 4
_SENTENCE_END = re.compile(rf"[.!?…][\"'”’»)\]]* (?=[^\W_a-z]|[\"'“„«(])|{re.escape(BETWEEN)}")

Groups = Sequence[frozenset[str]]
"""For each word that was asked, the terms that show it."""


class Snippet(NamedTuple):
    """A piece of an item's text on one line."""

    text: str
    highlights: tuple[tuple[int, int], ...]
    """Half-open ranges of code points in `text`, ascending, not touching."""
    page_number: int | None
    pages: tuple[int, ...] = ()
    """Further pages with as many of the words, ascending."""


class _Hit(NamedTuple):
    """A word of a text that shows one of those asked."""

    start: int
    end: int
    group: int


class _Line(NamedTuple):
    """A passage on one line, and its hits."""

    text: str
    hits: Sequence[_Hit]
    page: int | None


def snippet(
    passages: Sequence[Passage],
    starts: Sequence[int],
    positions: Sequence[Sequence[int]],
    groups: Groups,
    *,
    language: str = "en",
    title: str = "",
    width: int = WIDTH,
) -> Snippet:
    """Return the best piece of `passages`, which never begins with the title.

    `positions` are for each group its ascending token positions, `starts` the position at which each passage begins;
    stems are those of `language`. Without a hit, return the beginning of the text.
    """
    counts = _counts(len(passages), starts, positions)
    best: tuple[tuple[int, int], int, _Line] | None = None
    for number in _promising(counts) or ([0] if passages else []):
        text = one_line(passages[number].text)
        text = without_title(text, title) if number == 0 else text
        line = _Line(text, _hits(text, groups, language), passages[number].page_number)
        worth, at = _best_window(line.hits, width)
        if best is None or worth > best[0]:
            best = worth, at, line
    if best is None:
        return Snippet("", (), None)
    worth, at, line = best
    if not worth[0]:
        return Snippet(*_piece(line, 0, width), None)
    text, marks = _pieces(line, worth[0], at, width)
    pages = {
        passages[n].page_number for n, (distinct, _) in counts.items() if distinct >= max(counts.values())[0]
    }
    others = sorted(page for page in pages if page is not None and page != line.page)
    return Snippet(text, marks, line.page, tuple(others[:MOST_PAGES]))


def _counts(
    count: int, starts: Sequence[int], positions: Sequence[Sequence[int]]
) -> dict[int, tuple[int, int]]:
    """Return for each passage with hits how many of the words it has, and how many hits."""
    distinct: dict[int, int] = {}
    every: dict[int, int] = {}
    for where in positions:
        found = [bisect_right(starts, position) - 1 for position in where]
        for number in set(found):
            distinct[number] = distinct.get(number, 0) + 1
        for number in found:
            every[number] = every.get(number, 0) + 1
    return {n: (distinct[n], every[n]) for n in sorted(every) if 0 <= n < count}


def _promising(counts: dict[int, tuple[int, int]]) -> list[int]:
    """Return the passages with the most words in order, those with the most hits among equals."""
    ordered = sorted(counts, key=lambda n: (-counts[n][0], -counts[n][1], n))
    return sorted(ordered[:_PASSAGES_LOOKED_AT])


def _hits(text: str, groups: Groups, language: str) -> list[_Hit]:
    every = frozenset[str]().union(*groups)
    return [
        _Hit(token.start, token.end, next(n for n, group in enumerate(groups) if token.is_any_of(group)))
        for token in tokens(text, language, every)
    ]


def _best_window(
    hits: Sequence[_Hit], width: int, known: frozenset[int] = frozenset()
) -> tuple[tuple[int, int], int]:
    """Return the worth of the best window (words not `known` first, then the number of hits) and where it begins."""
    best, at, left = (0, 0), 0, 0
    for right, hit in enumerate(hits):
        while left < right and hit.end - hits[left].start > width:
            left += 1
        inside = hits[left : right + 1]
        worth = len({one.group for one in inside} - known), len(inside)
        if worth[0] and worth > best:
            best, at = worth, hits[left].start
    return best, at


def _pieces(line: _Line, distinct: int, at: int, width: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the best window; or two of half the width, in their order, if these show more of the words."""
    whole = _piece(line, at, width)
    if len({hit.group for hit in line.hits}) == distinct:
        return whole
    half = width // 2
    _, first = _best_window(line.hits, half)
    shown = frozenset(hit.group for hit in line.hits if first <= hit.start and hit.end <= first + half)
    worth, second = _best_window(line.hits, half, shown)
    if len(shown) + worth[0] <= distinct or abs(first - second) < width:
        return whole
    (text, marks), (more, others) = (_piece(line, one, half) for one in sorted((first, second)))
    text = text.removesuffix(" …")
    shift = len(text) + 3 - (2 if more.startswith("… ") else 0)
    return f"{text} … {more.removeprefix('… ')}", marks + tuple((a + shift, b + shift) for a, b in others)


def _piece(line: _Line, at: int, width: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return about `width` characters from before a place on, from and to the end of a sentence where that fits."""
    text = line.text
    start, is_whole = _begin(text, at, width)
    if len(text) - start < width and len(text) > width:
        start, is_whole = min((start, is_whole), _begin(text, len(text) - width + width // 4, width))
    end, is_end = _end(
        text, start, width, max((h.end for h in line.hits if h.end <= start + width), default=0)
    )
    before, after = ("" if is_whole else "… "), ("" if is_end else " …")
    shift = len(before) - start
    marks = tuple((h.start + shift, h.end + shift) for h in line.hits if start <= h.start and h.end <= end)
    return f"{before}{text[start:end]}{after}", marks


def _begin(text: str, at: int, width: int) -> tuple[int, bool]:
    """Return where to begin before `at`, and whether a sentence begins there."""
    least = max(0, at - width // 2)
    if len(text) <= width or at <= width // 4:
        return 0, True
    ends = [
        match.end()
        for match in _SENTENCE_END.finditer(text, least, min(len(text), at + 1))
        if match.end() <= at
    ]
    if ends:
        return ends[-1], True
    if not least:
        return 0, True
    start = max(0, at - width // 4)
    blank = text.find(" ", start - 1, start + 40)
    return (blank + 1, False) if blank >= 0 else (start, False)


def _end(text: str, start: int, width: int, least: int) -> tuple[int, bool]:
    """Return where to end, not before `least`, and whether a sentence ends there."""
    if len(text) - start <= width:
        return len(text), True
    least = max(least, start + width // 2)
    ends = list(_SENTENCE_END.finditer(text, least, start + width + len(BETWEEN)))
    if ends:
        end = ends[-1].start() if ends[-1][0] == BETWEEN else ends[-1].end() - 1
        return end, True
    blank = text.rfind(" ", start + width // 2, start + width)
    return (blank if blank > 0 else start + width), False
