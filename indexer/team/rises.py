"""Which topics are on the rise? Words that more items of a week have than the weeks before let expect. Pure.

If a word had nothing to do with the week, each item that has it would be of this week with the share that this week has of
all items. The test is exact, in whole numbers: it asks how often chance alone would put so many of them into this week.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import comb

from indexer.model.team import Rise, TopicItem
from indexer.team.key_words import LANGUAGES, words_of

WEEK = timedelta(days=7)
WEEKS = 12
"""Weeks before that are looked at, as far as there are items."""
LEAST = 3
"""Items of this week, at least."""
MOST = 10
"""Topics that are told."""
_RARE = 40
"""So many weeks may pass, on average at least, until chance alone makes a topic rise in one of them."""
_TESTED = 5_000
"""Items with a word that are tested at most: of more, both numbers are scaled down."""
_IN_NAME = 3


def rises(
    items: Iterable[TopicItem], begin: datetime, end: datetime, languages: Collection[str] = LANGUAGES
) -> list[Rise]:
    """Return the topics on the rise among the items from `begin` to before `end`, those of most items first.

    Each item counts once, whatever the order. There are none if fewer items are known from the weeks before than from this
    one. `languages`: those whose inflections are one word.
    """
    by_id = {item.id: item for item in sorted(items)}
    known = [item for item in by_id.values() if begin - WEEKS * WEEK <= item.date < end]
    new = [item for item in known if item.date >= begin]
    sizes = len(new), len(known) - len(new)
    if sizes[0] > sizes[1]:
        return []
    weeks = min(WEEKS, max(1, -((min((item.date for item in known), default=begin) - begin) // WEEK)))
    words = words_of(known, languages)
    places: defaultdict[int, list[int]] = defaultdict(list)
    before: Counter[int] = Counter()
    for number, item in enumerate(known):
        if item.date < begin:
            before.update(words.of_items[number])
        else:
            for word in words.of_items[number]:
                places[word].append(number)
    least, limit = _limit([len(places[word]) + before[word] for word in range(len(words.names))], *sizes)
    rising = [
        word
        for word, those in places.items()
        if len(those) >= LEAST
        and len(those) + before[word] >= least
        and _is_rare(len(those), before[word], *sizes, limit)
    ]
    rising.sort(key=lambda word: (-len(places[word]), before[word], word))
    return [
        Rise(
            " ".join(words.names[word] for word in group[:_IN_NAME]),
            len(places[group[0]]),
            before[group[0]] / weeks,
            _departments([known[number] for number in places[group[0]]]),
        )
        for group in _together(rising, places)[:MOST]
    ]


def _limit(numbers: Iterable[int], new: int, old: int) -> tuple[int, int]:
    """Return how many items a word must have to be tested, and the limit for each if all of those are tested.

    Words of so few items that none of them could be rare are no chance for a false one: they don't count (Tarone).
    """
    words_with = Counter(number for number in numbers if number >= LEAST)
    least, tested = LEAST, words_with.total()
    while tested and _RARE * tested * new**least > (new + old) ** least:
        tested -= words_with[least]
        least += 1
    return least, _RARE * tested


def _is_rare(now: int, before: int, new: int, old: int, limit: int) -> bool:
    """Tell whether chance puts `now` or more of `now + before` items into this week less than once in `limit` cases."""
    if now * old <= 2 * before * new:
        return False
    if now + before > _TESTED:
        now, before = now * _TESTED // (now + before), before * _TESTED // (now + before)
    number = now + before
    exactly: int = comb(number, now) * new**now * old**before
    all_cases: int = (new + old) ** number
    return exactly * 2 * limit <= all_cases  # each further item in this week is less than half as likely


def _together(rising: Sequence[int], places: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Return groups of words, those of one topic in one: at least half of the items of either have the other."""
    groups: list[list[int]] = []
    for word in rising:
        own = set(places[word])
        for group in groups:
            first = places[group[0]]
            if 2 * len(own.intersection(first)) >= max(len(own), len(first)):
                group.append(word)
                break
        else:
            groups.append([word])
    return groups


def _departments(items: Iterable[TopicItem]) -> tuple[str, ...]:
    """Return the departments of items, those of most first."""
    counts = Counter(item.department for item in items if item.department)
    return tuple(sorted(counts, key=lambda name: (-counts[name], name))[:MOST])
