"""Which key terms of items are one word? Those that differ by an inflection only. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from typing import NamedTuple

from indexer.model.team import TopicItem
from indexer.terms.suffixes import light_stem
from indexer.terms.words import stems

LANGUAGES = ("de", "en")
"""Those whose inflections are joined, if the caller knows no better."""
_TERMS = 16
"""Key terms of an item that count."""


class Words(NamedTuple):
    """Items as words: a word is a number that all inflections have, 0 for the commonest."""

    names: list[str]
    """Of each word the commonest form."""
    of_items: list[list[int]]
    """Of each item its words, most telling first."""


def words_of(items: Sequence[TopicItem], languages: Collection[str] = LANGUAGES) -> Words:
    """Return the words of items; forms are one word if any of some languages has one light stem for them."""
    terms = [item.terms[:_TERMS] for item in items]
    counts = Counter(chain.from_iterable(terms))
    commonest = sorted(counts, key=lambda form: (-counts[form], form))
    by_language = {language: stems(commonest, language) for language in sorted(languages)}
    numbers: dict[str, int] = {}
    names: list[str] = []
    by_stem: dict[tuple[str, str], int] = {}
    for place, form in enumerate(commonest):
        keys = [(language, light_stem(form, of[place], language)) for language, of in by_language.items()]
        number = next((by_stem[key] for key in keys if key in by_stem), len(names))
        if number == len(names):
            names.append(form)
        for key in keys:
            by_stem.setdefault(key, number)
        numbers[form] = number
    return Words(names, [list(dict.fromkeys(map(numbers.__getitem__, forms))) for forms in terms])
