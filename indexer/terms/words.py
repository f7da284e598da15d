"""The one definition of "the same word": text to forms, forms to stems, passages to terms.

A *form* is a word as written, case and accents aside. A *term* is a form; or its light stem, which its inflections
share, under `STEM_MARK` (`=customer`); or its stem, which derived words share too, between two marks (`=custom=`). Stems
that say nothing new are left out. Each word of a text takes one position; the same position may have further forms:

- of a compound (`anti-dumping`, `AX-200/b`) its joined form (`antidumping`, `ax200b`), at its first part,
- of a name in camel case or of letters and digits (`SteelTariff`, `EN10204`) its parts,
- of a word with umlauts the form with `ae oe ue`, and of one typed with these in a German text the form without,
- of Chinese and Japanese, in which each character is a word, the pair with the next one.

`page/assets/words.js` says the same in JavaScript; `tests/cases/words.json` checks both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import Any

from indexer.terms.languages import LANGUAGES
from indexer.terms.marks import MARKS
from indexer.terms.suffixes import light_stem

VERSION = 3
"""Stored with the terms; after a change they are made again from the stored texts."""

STEM_MARK = "="
"""Sorts between digits and letters and begins no form, so that a prefix never matches a stem."""

MAX_FORM = 64
"""The most code points of a form; longer ones are cut, in documents and queries alike."""

_MOST_RAW = 16 * MAX_FORM
"""No form needs more of a word; thousands of marks on one letter take long to sort."""

MAX_JOINED = 32
"""A compound with a longer joined form, or with more than `_MAX_PARTS` parts, gets no joined form."""
_MAX_PARTS = 6

_VOICED = "\u3099\u309a\uff9e\uff9f"
_IDEOGRAPHS = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Chinese and Japanese characters: written without blanks between words."""

_SILENT = "\u00ad\u200c\u200d\u2060"
"""Soft hyphens and the like: ignored inside a word."""
_WORD = rf"[^\W_{_IDEOGRAPHS}](?:[^\W_{_IDEOGRAPHS}]|(?![{_IDEOGRAPHS}])[{MARKS}]|[{_SILENT}]+(?=[^\W_{_IDEOGRAPHS}]))*"
_JOINER = r"(?:[-\u2010\u2011'\u2019_./@]|(?<=[0-9]),(?=[0-9]))"
_CHARACTER = re.compile(rf"[{_IDEOGRAPHS}][{_VOICED}]*")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUNS = re.compile(r"[a-z]+|[0-9]+")
_LETTERS = {"ascii": r"[a-zA-Z0-9]+", "latin": r"[^\W_]+", "all": _WORD}
_BEYOND_LATIN = re.compile("[\u00ad\u0300-\u1fff\u200c\u200d\u2060\u20d0-\u20ff\u2c00-\U0010ffff]")


def _alphabet(text: str) -> str:
    """Return the smallest of `_LETTERS` that suffices: all of Unicode takes long to compile, and longer to match."""
    if text.isascii():
        return "ascii"
    return "all" if _BEYOND_LATIN.search(text) else "latin"


@cache
def _chunk_pattern(alphabet: str) -> re.Pattern[str]:
    """Return the expression of a chunk."""
    word = _LETTERS[alphabet]
    ideographs = f"[{_IDEOGRAPHS}]+|" if alphabet == "all" else ""
    return re.compile(f"{ideographs}{word}(?:{_JOINER}{word})*")


@cache
def _part_pattern(alphabet: str) -> re.Pattern[str]:
    """Return the expression of a part of a chunk without ideographs."""
    return re.compile(_LETTERS[alphabet])


_UMLAUTS = re.compile("[äöüÄÖÜ]|[aouAOU]\u0308")
_TYPED_UMLAUTS = re.compile("ae|oe|ue")
_ELISION = re.compile("['\u2019]")
"""`l'impôt` is two words, not a code."""
_SPLIT = "\0"


def fold(word: str) -> str:
    """Return the form of one word: compatibility characters, case and accents aside."""
    if word.isascii():
        return word.lower()[:MAX_FORM]
    lowered = unicodedata.normalize("NFKD", word[:_MOST_RAW]).lower().replace("ß", "ss").replace("ς", "σ")
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if _is_kept(c))
    return "".join(unicodedata.normalize("NFC", bare).split())[:MAX_FORM]


def _is_kept(c: str) -> bool:
    """Tell whether a character is part of a form; the marks of voiced kana make another letter."""
    return unicodedata.category(c) not in ("Mn", "Cf") or c in _VOICED


@cache
def _stemmer(language: str) -> Any:
    import Stemmer  # not needed by a search without a word to stem

    return Stemmer.Stemmer(LANGUAGES[language], 0)


def stem(form: str, language: str = "en") -> str:
    """Return the stem (Snowball) of a form of letters, folded; other forms are their own stem."""
    if len(form) < 3 or not form.isalpha() or language not in LANGUAGES:
        return form
    made = str(_stemmer(language).stemWord(form))
    return made if made.isascii() else fold(made)


def stems(forms: list[str], language: str = "en") -> list[str]:
    """Return what `stem` returns for forms of lower-case ASCII letters, all at once."""
    if language not in LANGUAGES:
        return forms
    made = _stemmer(language).stemWords(forms)
    return [base if len(form) > 2 else form for form, base in zip(forms, made, strict=True)]


def has_typed_umlaut(form: str) -> bool:
    """Tell whether a form may stand for one with umlauts."""
    return _TYPED_UMLAUTS.search(form) is not None


# --- the forms of one position --------------------------------------------------------------------


def forms_of_unit(unit: str, language: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the form of a unit, its marked stem (empty if that is the form), and further terms at its position."""
    raw, _, joined = unit.partition(_SPLIT)
    form = fold(raw)
    marked, derived = _marked(form, language)
    others = dict.fromkeys([derived, *_others(raw, form, language), joined])
    for known in ("", form, marked):
        others.pop(known, None)
    return form, marked, tuple(others)


def _marked(form: str, language: str) -> tuple[str, str]:
    """Return the terms of a form's light stem and of its stem; empty if they say nothing new."""
    base = stem(form, language)
    light = light_stem(form, base, language)
    return (
        STEM_MARK + light if light != form else "",
        f"{STEM_MARK}{base}{STEM_MARK}" if base != light else "",
    )


def _others(raw: str, form: str, language: str) -> Iterator[str]:
    if raw.isascii():
        for part in _camel_parts(raw) or _number_parts(form):
            yield part
            yield from _marked(part, language)
        if language == "de":
            yield _TYPED_UMLAUTS.sub(lambda m: m[0][0], form)
    elif _UMLAUTS.search(raw):
        yield fold(_UMLAUTS.sub(lambda m: m[0][0].translate(_PLAIN) + "e", unicodedata.normalize("NFC", raw)))


class _Forms(dict[str, tuple[str, str, tuple[str, ...]]]):
    """Unit to what `forms_of_unit` returns in one language, cached while small."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, unit: str) -> tuple[str, str, tuple[str, ...]]:
        if len(self) > 200_000:
            self.clear()
        made = self[unit] = forms_of_unit(unit, self._language)
        return made


_PLAIN = str.maketrans("äöüÄÖÜ", "aouAOU")


def _camel_parts(raw: str) -> list[str]:
    """Return the words of `SteelTariffReport`, each of two letters or more; nothing for any other word."""
    if raw.islower() or raw.isupper() or not raw.isalpha():
        return []
    parts = [part.lower() for part in _CAMEL.findall(raw)]
    return [part for part in parts if len(part) > 1] if 2 <= len(parts) <= _MAX_PARTS else []


def _number_parts(form: str) -> list[str]:
    """Return letters and digits of `en10204` and `12mm`, each of two characters or more; nothing for any other word."""
    if len(form) > 16 or form.isalpha() or form.isdecimal():
        return []
    parts = _RUNS.findall(form)
    return [part for part in parts if len(part) > 1] if len(parts) <= 3 else []


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
    return (chunk,) if is_plain else tuple(unit for unit, _, _ in _cut(chunk))


def _cut(chunk: str) -> list[tuple[str, int, int]]:
    """Return the units of a chunk with their places in it; the first part of a compound carries its joined form."""
    alphabet = _alphabet(chunk)
    characters = [(m[0], m.start(), m.end()) for m in _CHARACTER.finditer(chunk)] if alphabet == "all" else []
    if characters:
        pairs = [a[0] + b[0] for a, b in pairwise(characters)]
        return [
            (f"{raw}{_SPLIT}{fold(pair)}" if pair else raw, start, end)
            for (raw, start, end), pair in zip(characters, [*pairs, ""], strict=True)
        ]
    parts = [(m[0], m.start(), m.end()) for m in _part_pattern(alphabet).finditer(chunk)]
    if joined := _joined(chunk, [raw for raw, _, _ in parts]):
        raw, start, end = parts[0]
        parts[0] = (f"{raw}{_SPLIT}{joined}", start, end)
    return parts


def _joined(chunk: str, parts: list[str]) -> str:
    """Return the joined form of a compound; empty if it is not one, or is a number (12.5 is not 125)."""
    if not 2 <= len(parts) <= _MAX_PARTS or len(chunk) > MAX_JOINED or "@" in chunk:
        return ""
    if re.search(r"[0-9][.,/][0-9]", chunk):
        return ""
    return "".join(map(fold, parts))


_UNITS = _Units()


@cache
def known_forms(language: str) -> _Forms:
    """Return what `forms_of_unit` returns, by unit, for one language."""
    return _Forms(language)


def chunks_of_text(text: str) -> list[str]:
    """Return the pieces of a text between blanks and punctuation, as written: words, compounds, runs of ideographs."""
    return _chunk_pattern(_alphabet(text)).findall(text)


def units_of_text(text: str) -> Iterable[str]:
    """Return the units of a text, one a position."""
    return chain.from_iterable(map(_UNITS.__getitem__, chunks_of_text(text)))


# --- what others ask ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: its form, its marked stem if that differs, further terms, and its place."""

    form: str
    marked_stem: str
    start: int
    end: int
    others: tuple[str, ...] = ()

    def is_any_of(self, terms: frozenset[str]) -> bool:
        """Tell whether any of its terms is among `terms`."""
        return self.form in terms or self.marked_stem in terms or any(term in terms for term in self.others)


def tokens(text: str, language: str = "en") -> Iterator[Token]:
    """Yield the words of `text` in order, with their half-open code point ranges."""
    known = known_forms(language)
    for match in _chunk_pattern(_alphabet(text)).finditer(text):
        chunk, at = match[0], match.start()
        units = _UNITS[chunk]
        places = [(units[0], 0, len(chunk))] if len(units) == 1 else _cut(chunk)
        for unit, start, end in places:
            form, marked, others = known[unit]
            if form:
                yield Token(form, marked, at + start, at + end, others)


def forms(text: str) -> list[str]:
    """Return the forms of the words of `text` in order, one a position."""
    known = known_forms("")
    return [form for form, _, _ in map(known.__getitem__, units_of_text(text)) if form]


def has_words(text: str) -> bool:
    """Tell whether there is any word in `text`."""
    return _chunk_pattern(_alphabet(text)).search(text) is not None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a query without a blank: the forms of its positions."""

    forms: tuple[str, ...]
    joined: str = ""
    """The joined form of a compound."""
    is_one: bool = False
    """It is a code, an address or a run of Chinese or Japanese: its forms must be side by side."""


def chunks(text: str) -> Iterator[Chunk]:
    """Yield the pieces of `text` between blanks: what a person means by the words of a query."""
    for match in _chunk_pattern(_alphabet(text)).finditer(text):
        if _CHARACTER.match(match[0]):
            characters = [fold(m[0]) for m in _CHARACTER.finditer(match[0])]
            yield Chunk(tuple(fold(a + b) for a, b in pairwise(characters)) or tuple(characters), is_one=True)
            continue
        parts = _part_pattern(_alphabet(match[0])).findall(match[0])
        made = tuple(filter(None, map(fold, parts)))
        is_one = (
            len(made) > 1
            and not _ELISION.search(match[0])
            and ("@" in match[0] or any(len(form) == 1 or not form.isalpha() for form in made))
        )
        if made:
            yield Chunk(made, _joined(match[0], parts) if is_one else "", is_one)


def readings(form: str, languages: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of terms by which a plain word matches fully, in a folder with texts in `languages`.

    The word's weight in an item is the largest sum over one group: the form alone, or in each language its light stem,
    as a form and as a marked stem. In a text of one language, each occurrence in any inflection counts once.
    """
    bases = dict.fromkeys(light_stem(form, stem(form, language), language) for language in languages)
    found: list[tuple[str, ...]] = [(base, STEM_MARK + base) for base in bases]
    return found if form in bases else [(form,), *found]


def derived(form: str, languages: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of terms by which a plain word matches at all: derived words, and those it is derived from."""
    bases = dict.fromkeys(stem(form, language) for language in languages)
    return [(base, STEM_MARK + base, f"{STEM_MARK}{base}{STEM_MARK}") for base in bases]
