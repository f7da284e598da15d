"""The one definition of "the same word": text to forms, forms to stems, passages to terms.

A *form* is a word as written, case and accents aside. A *term* is a form; or its light stem, which its inflections
share, under `STEM_MARK` (`=customer`); or its stem, which derived words share too, between two marks (`=custom=`). Stems
that say nothing new are left out. Each word of a text takes one position; the same position may have further forms:

- of a compound (`anti-dumping`, `AX-200/b`) its joined form (`antidumping`, `ax200b`), at its first part,
- of a number or code in groups (`1,250,000`, `0800 555 1234`, `DE89 3704 …`, `M8 x 20`) likewise,
- of a name in camel case or of letters and digits (`SteelTariff`, `EN10204`) its parts, and of `S355J2` `s355`,
- of a name with signs (`C++`, `C#`, `.NET`) the form with these,
- of a word with umlauts the form with `ae oe ue`, and of one typed with these in a German text the form without,
- of Chinese, Japanese, Korean and Thai, in which each character is a word, the pair with the next one.

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
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUNS = re.compile(r"[a-z]+|[0-9]+")
_LETTERS = {"ascii": r"[a-zA-Z0-9]+", "latin": r"[^\W_]+", "all": _WORD}
_GROUPED = (
    r"[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?"
    r"|(?<![0-9] )[0-9]{1,5}(?:[ \u00a0\u202f][0-9]{2,5}){1,6}(?! [0-9])"
    r"|[A-Za-z]{0,2}[0-9]{1,4}(?: ?[xX\u00d7] ?[0-9]{1,4})+"
)
"""What is one number or code although there are blanks in it: IBAN, telephone and grouped numbers, measures."""
_THOUSANDS = re.compile(r"([0-9]{1,3}(?:[.,'\u2019][0-9]{3})+)(?:[.,][0-9]{1,2})?")
_GROUPED_BY_BLANKS = re.compile("[ \u00a0\u202f\u00d7]")
_SIGNS = re.compile(r"(?:\+\+|#)$")
_MOST_GROUPED, _LEAST_GROUPED = 34, 6
_BEYOND_LATIN = re.compile("[\u00ad\u0300-\u1fff\u200c\u200d\u2060\u20d0-\u20ff\u2c00-\U0010ffff]")


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
    unspaced = f"[{_UNSPACED}][{_UNSPACED}{MARKS}{_VOICED}]*|" if alphabet == "all" else ""
    return re.compile(
        f"{unspaced}(?:{_GROUPED})(?![^\\W_])"
        rf"|{word}(?:{_JOINER}{word})*(?:{_SIGN}(?![\w+#]))?|{_DOT}(?=[a-zA-Z]){word}(?:{_JOINER}{word})*|§"
    )


@cache
def _character_pattern() -> re.Pattern[str]:
    """Return the expression of a character that is a word: a syllable with its parts, a letter with its marks."""
    return re.compile(rf"[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?|[{_UNSPACED}][{MARKS}{_VOICED}]*")


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
    lowered = unicodedata.normalize("NFKD", word[:_MOST_RAW]).lower()
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if _is_kept(c)).translate(_AS_TYPED)
    return "".join(unicodedata.normalize("NFC", bare).split())[:MAX_FORM]


_AS_TYPED = str.maketrans(
    {"ß": "ss", "ς": "σ", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
     "ŧ": "t", "ŋ": "n", "ĸ": "k", "\u0640": ""}
)  # fmt: skip
"""Letters that Unicode does not take apart, as people type them without accents; the tatweel only stretches a word."""


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
    raw, *joined = unit.split(_SPLIT)
    form = fold(raw)
    marked, derived = _marked(form, language)
    others = dict.fromkeys([derived, *_others(raw, form, language), *joined])
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
    """Return letters and digits of `en10204` and `12mm`, each of two characters or more; and `s355` of `s355j2`."""
    if len(form) > 16 or form.isalpha() or form.isdecimal():
        return []
    parts = _RUNS.findall(form)
    grade = ["".join(parts[:2])] if len(parts) > 2 and parts[0].isalpha() and len(parts[1]) > 1 else []
    return [part for part in parts if len(part) > 1] + grade if len(parts) <= 3 else grade


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
    if alphabet == "all" and _character_pattern().match(chunk):
        characters = [(m[0], m.start(), m.end()) for m in _character_pattern().finditer(chunk)]
        pairs = [a[0] + b[0] for a, b in pairwise(characters)]
        return [
            (f"{raw}{_SPLIT}{fold(pair)}" if pair else raw, start, end)
            for (raw, start, end), pair in zip(characters, [*pairs, ""], strict=True)
        ]
    if chunk == "§":
        return [(chunk, 0, 1)]
    parts = [(m[0], m.start(), m.end()) for m in _part_pattern(alphabet).finditer(chunk)]
    raw, start, end = parts[-1]
    if (signs := _SIGNS.search(chunk)) and fold(raw).isalpha():
        parts[-1] = (f"{raw}{_SPLIT}{fold(raw)}{signs[0]}", start, end)
    raw, start, end = parts[0]
    dotted = f".{fold(raw)}" if start else ""
    if joined := _joined(chunk, [part for part, _, _ in parts]) or dotted:
        parts[0] = (f"{raw}{_SPLIT}{joined}", start, end)
    return parts


def _joined(chunk: str, parts: list[str]) -> str:
    """Return the joined form of a compound; empty if it is not one, or is a number (12.5 is not 125)."""
    if thousands := _THOUSANDS.fullmatch(chunk):
        return re.sub("[^0-9]", "", thousands[1])
    if _GROUPED_BY_BLANKS.search(chunk):
        joined = re.sub("[ \u00a0\u202f]", "", chunk).lower().replace("\u00d7", "x")
        is_one = len(joined) >= _LEAST_GROUPED or not joined.isdecimal()
        return joined if is_one and len(joined) <= _MOST_GROUPED else ""
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
        places = [(chunk, 0, len(chunk))] if chunk.isascii() and chunk.isalnum() else _cut(chunk)
        for unit, start, end in places:
            form, marked, others = known[unit]
            if form:
                yield Token(form, marked, at + start, at + end, others)


def forms(text: str) -> list[str]:
    """Return the forms of the words of `text` in order, one a position."""
    known = known_forms("")
    return [form for form, _, _ in map(known.__getitem__, units_of_text(text)) if form]


def is_grouped(text: str) -> bool:
    """Tell whether a text, typed with blanks, is one number or code."""
    match = _chunk_pattern(_alphabet(text)).fullmatch(text)
    return match is not None and _joined(text, []) != ""


def has_words(text: str) -> bool:
    """Tell whether there is any word in `text`."""
    return _chunk_pattern(_alphabet(text)).search(text) is not None


@dataclass(frozen=True, slots=True)
class Chunk:
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
