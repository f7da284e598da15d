"""Makes a folder of office-like text documents, as many as wanted, the same for the same seed.

    python scripts/bench/generate.py FOLDER --items 100000 --seed 1

Words follow Zipf's law (exponent 1.05) over about 80 English function words and a million pseudo-words, lengths are
log-normal with a mean of 300 words, dates are spread over three years. Document number n is the same in a folder of
any size, so a larger folder holds the smaller ones.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

FUNCTION_WORDS = tuple(
    "the of and to in a is for that on with as by are this be it from at or an was not which have we has will"
    " can all been if more their one but other they were our may would you there any only when no also its than"
    " so these should who into what up out such must after time about new each do them per between under then"
    " before some most over both during how where".split()
)
VOCABULARY = 1_000_000
EXPONENT = 1.05
LATEST = 1_793_440_800  # the last day of October 2026
SPAN_S = 3 * 365 * 86_400

_ONSETS = tuple("b c d f g h j k l m n p r s t v w br cr dr fl gr pl pr sl st tr".split())
_VOWELS = tuple("a e i o u ai ea ou".split())
_CODAS = ("", "n", "r", "l", "s", "t", "nd", "st")
_SYLLABLES = len(_ONSETS) * len(_VOWELS)
_SHORT = 3_000
"""The most frequent pseudo-words have two syllables, the others three."""
_SCATTER = 7_368_787
"""A prime: neighbours in rank are spelled nothing alike."""

_DEPARTMENTS = (
    "Sales",
    "Purchasing",
    "Engineering",
    "Production",
    "Quality",
    "Finance",
    "Personnel",
    "Projects",
)
_SHELVES = (
    "Minutes",
    "Offers",
    "Reports",
    "Contracts",
    "Letters",
    "Plans",
    "Notes",
    "Customers",
    "Suppliers",
)
_CODES = ("AX", "BT", "DN", "EN", "F", "K", "PN", "S", "V", "ISO")

_TAIL = 1 - VOCABULARY ** (1 - EXPONENT)
_POWER = 1 / (1 - EXPONENT)


def word_of(rank: int) -> str:
    """Return the word of a rank, 0 for the most frequent; every rank has a word of its own."""
    if rank < len(FUNCTION_WORDS):
        return FUNCTION_WORDS[rank]
    syllables = 2 if rank < _SHORT else 3
    rest, coda = divmod(rank * _SCATTER % (_SYLLABLES**syllables * len(_CODAS)), len(_CODAS))
    parts = []
    for _ in range(syllables):
        rest, syllable = divmod(rest, _SYLLABLES)
        parts.append(_ONSETS[syllable % len(_ONSETS)] + _VOWELS[syllable // len(_ONSETS)])
    return "".join(parts) + _CODAS[coda]


@cache
def vocabulary() -> list[str]:
    """Return the words of all ranks."""
    return [word_of(rank) for rank in range(VOCABULARY)]


def share_of(rank: int) -> float:
    """Return which share of all words in the texts are the word of a rank."""
    return float(((rank + 1) ** (1 - EXPONENT) - (rank + 2) ** (1 - EXPONENT)) / _TAIL)


def rank_for(share_of_items: float, mean_words: int = 300) -> int:
    """Return the rank of a word that about this share of the items have."""
    wanted = -math.log(1 - share_of_items) / mean_words
    low, high = 0, VOCABULARY - 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if share_of(middle) > wanted else (low, middle)
    return low


def words_of(chance: Random, count: int) -> list[str]:
    """Return a number of words by Zipf's law, now and then a part number or a sum."""
    known, draw = vocabulary(), chance.random
    words = [known[int((1.0 - _TAIL * draw()) ** _POWER) - 1] for _ in range(count)]
    for _ in range(count // 60):
        words[int(draw() * count)] = f"{_CODES[int(draw() * len(_CODES))]}-{int(draw() * 9000) + 100}"
    return words


def text_of(chance: Random) -> str:
    """Return a document: a heading, then paragraphs of sentences."""
    count = min(20_000, max(12, int(chance.lognormvariate(math.log(300) - 0.5, 1.0))))
    words = words_of(chance, count)
    heading = " ".join(words[: 3 + count % 5]).capitalize()
    parts, at = [heading, "\n\n"], 0
    while at < count:
        length = 6 + int(chance.random() * 16)
        parts += [" ".join(words[at : at + length]).capitalize(), ".\n\n" if chance.random() < 0.15 else ". "]
        at += length
    return "".join(parts).rstrip() + "\n"


def document(number: int, seed: int) -> tuple[str, str, float]:
    """Return path, text and date of document `number`."""
    chance = Random(seed * 1_000_003 + number)
    department = number % len(_DEPARTMENTS)
    project = number // 200
    place = f"{_DEPARTMENTS[department]}/{_SHELVES[(project + department) % len(_SHELVES)]}"
    name = " ".join(words_of(chance, 2 + number % 3)).capitalize()
    path = f"{place}/{word_of(200 + project).capitalize()} {2024 + project % 3}/{name} {number:06d}.txt"
    return path, text_of(chance), LATEST - chance.random() * SPAN_S


def documents(first: int, behind: int, seed: int) -> Iterator[tuple[str, str, float]]:
    """Yield the documents from number `first` to the one before `behind`."""
    for number in range(first, behind):
        yield document(number, seed)


def generate(folder: Path, items: int, seed: int, first: int = 0) -> None:
    """Write documents number `first` to `items - 1` into `folder`."""
    made = set()
    for name, text, moment in documents(first, items, seed):
        path = os.path.join(folder, name)  # noqa: PTH118 - half the time of all would go into Path
        directory = os.path.dirname(path)  # noqa: PTH120
        if directory not in made:
            os.makedirs(directory, exist_ok=True)  # noqa: PTH103
            made.add(directory)
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
        os.utime(path, (moment, moment))


def main() -> None:
    """Make the folder and say what is in it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.perf_counter()
    generate(given.folder, given.items, given.seed)
    print(f"{given.items:,} documents in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
