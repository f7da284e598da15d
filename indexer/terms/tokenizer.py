"""A text is cut into chunks, what stands between blanks and punctuation, and these into units, one a position.

`page/assets/words.js` says the same in JavaScript; `tests/cases/words.json` and `query.json` check both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

from indexer.terms.fold import VOICED, fold
from indexer.terms.marks import MARKS

MAX_JOINED = 32
"""A compound with a longer joined form, or with more than `MAX_PARTS` parts, gets no joined form."""
MAX_PARTS = 6

_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\ua960-\ua97c\uac00-\ud7fb\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Characters of what is written without blanks between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese), or with
endings at the words (Korean)."""

_SILENT = "\u00ad\u200c\u200d\u2060"
"""Soft hyphens and the like: ignored inside a word."""
_WORD = (
    rf"[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|(?![{_UNSPACED}])[{MARKS}]|[{_SILENT}]+(?=[^\W_{_UNSPACED}]))*"
)
_JOINER = r"(?:[-\u2010\u2011'\u2019_./@]|(?<=[0-9]),(?=[0-9]))"
_LETTERS = {"ascii": r"[a-zA-Z0-9]+", "latin": r"[^\W_]+", "all": _WORD}
_GROUPED = (
    r"[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?"
    r"|(?<![0-9] )[0-9]{1,5}(?:[ \u00a0\u202f][0-9]{2,5}){1,6}(?! [0-9])"
    r"|[A-Za-z]{0,2}[0-9]{1,4}(?: ?[xX\u00d7] ?[0-9]{1,4})+"
)
"""What is one number or code although there are blanks in it: IBAN, telephone and grouped numbers, measures."""
_THOUSANDS = r"([0-9]{1,3}(?:[.,'\u2019][0-9]{3})+)(?:[.,][0-9]{1,2})?"
_GROUPED_AT_FIRST = f"(?:{_GROUPED})(?= |$)"
_GROUPED_BY_BLANKS = re.compile("[ \u00a0\u202f\u00d7]")
_SIGNS = re.compile(r"(?:\+\+|#)$")
_MOST_GROUPED, _LEAST_GROUPED = 34, 6
_BEYOND_LATIN = re.compile("[^\0-\u00ac\u00ae-\u02ff\u2000-\u200b\u200e-\u205f\u2061-\u20cf\u2100-\u2bff]")
"""What is left out is named, as a range that ends at U+10FFFF takes ten times as long to compile."""


def _alphabet(text: str) -> str:
    """Return the smallest of `_LETTERS` that suffices: all of Unicode takes long to compile, and longer to match."""
    if text.isascii():
        return "ascii"
    return "all" if _BEYOND_LATIN.search(text) else "latin"


_SIGN, _DOT = r"(?:\+\+|#)", r"""\.(?<![^ \t\r\n\u00a0(\["']\.)"""
"""What a name may end with, as C++ and C#; and a dot before one, as .NET."""


@cache
def _chunk_pattern(alphabet: str) -> re.Pattern[str]:
    """Return the expression of a chunk."""
    word = _LETTERS[alphabet]
    unspaced = f"[{_UNSPACED}][{_UNSPACED}{MARKS}{VOICED}]*|" if alphabet == "all" else ""
    return re.compile(
        f"{unspaced}(?=[A-Za-z]{{0,2}}[0-9])(?:{_GROUPED})(?![^\\W_])"
        rf"|{word}(?:{_JOINER}{word})*(?:{_SIGN}(?![\w+#]))?|{_DOT}(?=[a-zA-Z]){word}(?:{_JOINER}{word})*|§"
    )


@cache
def _character_pattern() -> re.Pattern[str]:
    """Return the expression of a character that is a word: a syllable with its parts, a letter with its marks."""
    return re.compile(rf"[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?|[{_UNSPACED}][{MARKS}{VOICED}]*")


@cache
def _part_pattern(alphabet: str) -> re.Pattern[str]:
    """Return the expression of a part of a chunk without ideographs."""
    return re.compile(_LETTERS[alphabet])


_ELISION = re.compile("['\u2019]")
"""`l'impôt` is two words, not a code."""
SPLIT = "\0"
"""In a unit, between the word as written and each further form."""


class _Units(dict[str, tuple[str, ...]]):
    """Chunk of text to units, one a position: a part of a compound, a character with its neighbour, a word."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        if len(self) > 200_000:
            self.clear()
        made = self[chunk] = units_of_chunk(chunk)
        return made


def units_of_chunk(chunk: str) -> tuple[str, ...]:
    """Return the units of a chunk, one a position."""
    is_plain = chunk.isascii() and chunk.isalnum()  # most words by far
    return (chunk,) if is_plain else tuple(unit for unit, _, _ in cut(chunk))


def cut(chunk: str) -> list[tuple[str, int, int]]:
    """Return the units of a chunk with their places in it; the first part of a compound carries its joined form."""
    alphabet = _alphabet(chunk)
    if alphabet == "all" and _character_pattern().match(chunk):
        characters = [(m[0], m.start(), m.end()) for m in _character_pattern().finditer(chunk)]
        pairs = [a[0] + b[0] for a, b in pairwise(characters)]
        return [
            (f"{raw}{SPLIT}{fold(pair)}" if pair else raw, start, end)
            for (raw, start, end), pair in zip(characters, [*pairs, ""], strict=True)
        ]
    if chunk == "§":
        return [(chunk, 0, 1)]
    parts = [(m[0], m.start(), m.end()) for m in _part_pattern(alphabet).finditer(chunk)]
    raw, start, end = parts[-1]
    if (signs := _SIGNS.search(chunk)) and fold(raw).isalpha():
        parts[-1] = (f"{raw}{SPLIT}{fold(raw)}{signs[0]}", start, end)
    raw, start, end = parts[0]
    dotted = f".{fold(raw)}" if start else ""
    if joined := _joined(chunk, [part for part, _, _ in parts]) or dotted:
        parts[0] = (f"{raw}{SPLIT}{joined}", start, end)
    return parts


def _joined(chunk: str, parts: list[str]) -> str:
    """Return the joined form of a compound; empty if it is not one, or is a number (12.5 is not 125)."""
    if thousands := re.fullmatch(_THOUSANDS, chunk):
        return re.sub("[^0-9]", "", thousands[1])
    if _GROUPED_BY_BLANKS.search(chunk):
        joined = re.sub("[ \u00a0\u202f]", "", chunk).lower().replace("\u00d7", "x")
        is_one = len(joined) >= _LEAST_GROUPED or not joined.isdecimal()
        return joined if is_one and len(joined) <= _MOST_GROUPED else ""
    if not 2 <= len(parts) <= MAX_PARTS or len(chunk) > MAX_JOINED or "@" in chunk:
        return ""
    if re.search(r"[0-9][.,/][0-9]", chunk):
        return ""
    return "".join(map(fold, parts))


_UNITS = _Units()


def chunks_with_places(text: str) -> Iterator[tuple[str, int]]:
    """Yield what `chunks_of_text` returns, each with the place where it begins."""
    return ((match[0], match.start()) for match in _chunk_pattern(_alphabet(text)).finditer(text))


def chunks_of_text(text: str) -> list[str]:
    """Return the pieces of a text between blanks and punctuation, as written: words, compounds, runs of ideographs."""
    return _chunk_pattern(_alphabet(text)).findall(text)


def units_of_text(text: str) -> Iterable[str]:
    """Return the units of a text, one a position."""
    return chain.from_iterable(map(_UNITS.__getitem__, chunks_of_text(text)))


def grouped(text: str) -> int:
    """Return how many words at the beginning of a text, one blank between two, are one number or code; 1 if it is none."""
    match = re.match(_GROUPED_AT_FIRST, text)
    return match[0].count(" ") + 1 if match and _joined(match[0], []) else 1


def has_words(text: str) -> bool:
    """Tell whether there is any word in `text`."""
    return _chunk_pattern(_alphabet(text)).search(text) is not None


class Chunk(NamedTuple):
    """A piece of a query without a blank: the forms of its positions."""

    forms: tuple[str, ...]
    joined: str = ""
    """The joined form of a compound; if the chunk is not one, that of a number or code in groups."""
    is_one: bool = False
    """It is a code, an address or a run of Chinese or Japanese: its forms must be side by side."""


def chunks(text: str) -> Iterator[Chunk]:
    """Yield the pieces of `text` between blanks: what a person means by the words of a query."""
    for match in _chunk_pattern(_alphabet(text)).finditer(text):
        if _alphabet(match[0]) == "all" and _character_pattern().match(match[0]):
            characters = [fold(m[0]) for m in _character_pattern().finditer(match[0])]
            characters = [form for form in characters if form]
            made = tuple(fold(a + b) for a, b in pairwise(characters)) or tuple(characters)
            if made:
                yield Chunk(made, is_one=True)
            continue
        if match[0] == "§":
            yield Chunk(("§",))
            continue
        parts = _part_pattern(_alphabet(match[0])).findall(match[0])
        made = tuple(filter(None, map(fold, parts)))
        if made and _GROUPED_BY_BLANKS.search(match[0]):
            yield Chunk(made, _joined(match[0], parts))
            continue
        if made and (signs := _SIGNS.search(match[0])) and made[-1].isalpha():
            made = (*made[:-1], made[-1] + signs[0])
        elif len(made) == 1 and match[0].startswith("."):
            made = ("." + made[0],)
        is_one = (
            len(made) > 1
            and not _ELISION.search(match[0])
            and ("@" in match[0] or any(len(form) == 1 or not form.isalpha() for form in made))
        )
        if made:
            yield Chunk(made, _joined(match[0], parts) if is_one else "", is_one)
