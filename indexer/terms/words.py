"""The one definition of "the same word": text to forms, forms to stems, passages to terms.

A *form* is a word as written, case and accents aside. A *term* is a form; or its light stem, which its inflections
share, under `STEM_MARK` (`=customer`); or its stem, which derived words share too, between two marks (`=custom=`). Stems
that say nothing new are left out. The light stem of a part of a German compound is a term between `STEM_MARK` and
`PART_MARK` (`=stahl+`). Each word of a text takes one position; the same position may have further forms:

- of a compound (`anti-dumping`, `AX-200/b`) its joined form (`antidumping`, `ax200b`), at its first part,
- of a number or code in groups (`1,250,000`, `0800 555 1234`, `DE89 3704 …`, `M8 x 20`) likewise,
- of a name in camel case or of letters and digits (`SteelTariff`, `EN10204`) its parts, and of `S355J2` `s355`,
- of a name with signs (`C++`, `C#`, `.NET`) the form with these,
- of a German compound (`Stahlträger`) its parts,
- of a word with umlauts the form with `ae oe ue`, and of one typed with these in a German text the form without,
- of Chinese, Japanese, Korean and Thai, in which each character is a word, the pair with the next one.

`page/assets/words.js` says the same in JavaScript; `tests/cases/words.json` checks both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from indexer.terms import compounds
from indexer.terms.fold import fold
from indexer.terms.languages import LANGUAGES
from indexer.terms.suffixes import light_stem
from indexer.terms.tokenizer import MAX_PARTS, SPLIT, chunks_with_places, cut, units_of_text

VERSION = 3
"""Stored with the terms; after a change they are made again from the stored texts."""

STEM_MARK = "="
"""Sorts between digits and letters and begins no form, so that a prefix never matches a stem."""
PART_MARK = "+"
"""Ends a term that is part of a compound."""

_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUNS = re.compile(r"[a-z]+|[0-9]+")
_UMLAUTS = re.compile("[äöüÄÖÜ]|[aouAOU]\u0308")
_TYPED_UMLAUTS = re.compile("ae|oe|ue")


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
    raw, *joined = unit.split(SPLIT)
    form = fold(raw)
    marked, derived = _marked(form, language)
    if unit.islower() and unit.isalpha() and unit.isascii() and language != "de":  # most words by far
        return form, marked, (derived,) if derived else ()
    others = dict.fromkeys([derived, *_others(raw, form, language), *joined, *part_terms(form, language)])
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


def part_terms(form: str, language: str) -> tuple[str, ...]:
    """Return the terms of the parts of a German compound, umlauts typed as `ae oe ue` or not; none of other words."""
    if language != "de":
        return ()
    found = compounds.parts(form)
    if has_typed_umlaut(form):
        found += compounds.parts(_bare(form))
    return tuple(dict.fromkeys(map(_part_term, found)))


@lru_cache(20_000)
def _part_term(part: str) -> str:
    return f"{STEM_MARK}{light_stem(part, stem(part, 'de'), 'de')}{PART_MARK}"


def _bare(form: str) -> str:
    """Return a form with umlauts typed as `ae oe ue` as it is without."""
    return _TYPED_UMLAUTS.sub(lambda match: match[0][0], form)


def _others(raw: str, form: str, language: str) -> Iterator[str]:
    if raw.isascii():
        for part in _camel_parts(raw) or _number_parts(form):
            yield part
            yield from _marked(part, language)
        if language == "de":
            yield _bare(form)
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
    return [part for part in parts if len(part) > 1] if 2 <= len(parts) <= MAX_PARTS else []


def _number_parts(form: str) -> list[str]:
    """Return letters and digits of `en10204` and `12mm`, each of two characters or more; and `s355` of `s355j2`."""
    if len(form) > 16 or form.isalpha() or form.isdecimal():
        return []
    parts = _RUNS.findall(form)
    grade = ["".join(parts[:2])] if len(parts) > 2 and parts[0].isalpha() and len(parts[1]) > 1 else []
    return [part for part in parts if len(part) > 1] + grade if len(parts) <= 3 else grade


@cache
def known_forms(language: str) -> _Forms:
    """Return what `forms_of_unit` returns, by unit, for one language."""
    return _Forms(language)


# --- what others ask ------------------------------------------------------------------------------


class Token(NamedTuple):
    """One word of a text: its form, its marked stem if that differs, further terms, and its place."""

    form: str
    marked_stem: str
    start: int
    end: int
    others: tuple[str, ...] = ()

    def is_any_of(self, terms: frozenset[str]) -> bool:
        """Tell whether any of its terms is among `terms`."""
        return self.form in terms or self.marked_stem in terms or any(term in terms for term in self.others)


def tokens(text: str, language: str = "en", among: frozenset[str] | None = None) -> Iterator[Token]:
    """Yield the words of `text` in order, with their half-open code point ranges; only those with terms `among` these."""
    known = known_forms(language)
    for chunk, at in chunks_with_places(text):
        places = [(chunk, 0, len(chunk))] if chunk.isascii() and chunk.isalnum() else cut(chunk)
        for unit, start, end in places:
            form, marked, others = known[unit]
            if form and (among is None or not among.isdisjoint((form, marked, *others))):
                yield Token(form, marked, at + start, at + end, others)


def forms(text: str) -> list[str]:
    """Return the forms of the words of `text` in order, one a position."""
    known = known_forms("")
    return [form for form, _, _ in map(known.__getitem__, units_of_text(text)) if form]


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


def as_part(form: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Return the terms by which a plain word matches compounds that it is part of."""
    return tuple(dict.fromkeys(map(_part_term, (form, _bare(form))))) if "de" in languages else ()
