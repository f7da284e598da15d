"""The one definition of "the same word": text to forms, forms to stems, passages to terms.

A *form* is a word as written, case and accents aside. A *term* is a form, or a stem under `STEM_MARK`. Each word of a
text takes one position; further forms may stand at the same position:

- of a compound (`anti-dumping`, `AX-200/b`) its joined form (`antidumping`, `ax200b`), at its first part,
- of a name in camel case or of letters and digits (`SteelTariff`, `EN10204`) its parts,
- of a word with umlauts the form with `ae oe ue`, and of one typed so in a German text the form without,
- of Chinese and Japanese, where each character is a word, the pair with the next one.

`page/assets/words.js` says the same in JavaScript; `tests/cases/words.json` holds both to it.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import Any

from indexer.marks import MARKS

VERSION = 2
"""Stored with terms; a new one has them made again from the stored texts."""

STEM_MARK = "="
"""Sorts between digits and letters and begins no form, so that prefixes never meet a stem."""

MAX_FORM = 64
"""Longer forms are cut to so many code points, in documents and queries alike."""

PASSAGE_GAP = 1
"""Positions left free between passages, so that no phrase spans two of them."""

LANGUAGES = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese", "nl": "dutch",
}  # fmt: skip
"""The languages with a stemmer, by code, with the name Snowball gives it."""

MAX_JOINED = 32
"""A compound whose joined form would be longer, or that has more than `_MAX_PARTS` parts, has none."""
_MAX_PARTS = 6

_VOICED = "\u3099\u309a\uff9e\uff9f"
_IDEOGRAPHS = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Chinese and Japanese characters: written without blanks between words."""

_SILENT = "\u00ad\u200c\u200d\u2060"
"""Soft hyphens and the like inside a word say nothing."""
_WORD = rf"[^\W_{_IDEOGRAPHS}](?:[^\W_{_IDEOGRAPHS}]|[{MARKS}]|[{_SILENT}]+(?=[^\W_{_IDEOGRAPHS}]))*"
_JOINER = r"(?:[-\u2010\u2011'\u2019_./@]|(?<=[0-9]),(?=[0-9]))"
_CHARACTER = re.compile(rf"[{_IDEOGRAPHS}][{_VOICED}]*")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUNS = re.compile(r"[a-z]+|[0-9]+")
_ASCII = r"[a-zA-Z0-9]+"


@cache
def _chunk_pattern(is_ascii: bool) -> re.Pattern[str]:
    """Return what matches a chunk; the one for all of Unicode takes a while to make, and most queries do without."""
    if is_ascii:
        return re.compile(rf"{_ASCII}(?:{_JOINER}{_ASCII})*")
    return re.compile(rf"[{_IDEOGRAPHS}]+|{_WORD}(?:{_JOINER}{_WORD})*")


@cache
def _part_pattern(is_ascii: bool) -> re.Pattern[str]:
    """Return what matches a part of a chunk that is none of ideographs."""
    return re.compile(_ASCII if is_ascii else _WORD)


_UMLAUTS = re.compile("[äöüÄÖÜ]|[aouAOU]\u0308")
_TYPED_UMLAUTS = re.compile("ae|oe|ue")
_ELISION = re.compile("['\u2019]")
"""`l'impôt` is two words, not a code."""
_SPLIT = "\0"


def fold(word: str) -> str:
    """Return the form of one word: compatibility characters, case and accents aside."""
    if word.isascii():
        return word.lower()[:MAX_FORM]
    lowered = unicodedata.normalize("NFKD", word).lower().replace("ß", "ss").replace("ς", "σ")
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if _is_kept(c))
    return unicodedata.normalize("NFC", bare).strip()[:MAX_FORM]


def _is_kept(c: str) -> bool:
    """Tell whether a character is part of a form; the marks of voiced kana make another letter."""
    return unicodedata.category(c) not in ("Mn", "Cf") or c in _VOICED


@cache
def _stemmer(language: str) -> Any:
    import Stemmer  # a search without a word to stem does without

    return Stemmer.Stemmer(LANGUAGES[language], 0)


def stem(form: str, language: str = "en") -> str:
    """Return the stem (Snowball) of a form of letters, folded; other forms are their own stem."""
    if len(form) < 3 or not form.isalpha() or language not in LANGUAGES:
        return form
    made = str(_stemmer(language).stemWord(form))
    return made if made.isascii() else fold(made)


# --- the forms of one position --------------------------------------------------------------------


class _Forms(dict[str, tuple[str, str, tuple[str, ...]]]):
    """Unit to (form, marked stem or empty, further terms at its position) in one language, kept while it is small."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, unit: str) -> tuple[str, str, tuple[str, ...]]:
        if len(self) > 200_000:
            self.clear()
        if (
            unit.isascii() and unit.isalpha() and unit.islower() and self._language != "de"
        ):  # most words by far
            form = unit[:MAX_FORM]
            self[unit] = (form, self._marked(form), ())
            return self[unit]
        raw, _, joined = unit.partition(_SPLIT)
        form = fold(raw)
        others = dict.fromkeys(self._others(raw, form))
        others.update(dict.fromkeys(filter(None, (joined,))))
        others.pop(form, None)
        marked = self._marked(form)
        others.pop(marked, None)
        made = self[unit] = (form, marked, tuple(others))
        return made

    def _marked(self, form: str) -> str:
        base = stem(form, self._language)
        return STEM_MARK + base if base != form else ""

    def _others(self, raw: str, form: str) -> Iterator[str]:
        if raw.isascii():
            for part in _camel_parts(raw) or _number_parts(form):
                yield part
                yield from filter(None, (self._marked(part),))
            if self._language == "de" and (bare := _TYPED_UMLAUTS.sub(lambda m: m[0][0], form)) != form:
                yield bare
        elif _UMLAUTS.search(raw):
            yield fold(
                _UMLAUTS.sub(lambda m: m[0][0].translate(_PLAIN) + "e", unicodedata.normalize("NFC", raw))
            )


_PLAIN = str.maketrans("äöüÄÖÜ", "aouAOU")


def _camel_parts(raw: str) -> list[str]:
    """Return the words of `SteelTariffReport`, each of two letters or more; none of any other word."""
    if raw.islower() or raw.isupper() or not raw.isalpha():
        return []
    parts = [part.lower() for part in _CAMEL.findall(raw)]
    return [part for part in parts if len(part) > 1] if 2 <= len(parts) <= _MAX_PARTS else []


def _number_parts(form: str) -> list[str]:
    """Return letters and digits of `en10204` and `12mm`, each of two characters or more; none of any other word."""
    if len(form) > 16 or form.isalpha() or form.isdecimal():
        return []
    parts = _RUNS.findall(form)
    return [part for part in parts if len(part) > 1] if len(parts) <= 3 else []


class _Units(dict[str, tuple[str, ...]]):
    """Chunk of text to units, one a position: a part of a compound, a character with its neighbour, a word."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        if len(self) > 200_000:
            self.clear()
        is_plain = chunk.isascii() and chunk.isalnum()  # most words by far
        made = self[chunk] = (chunk,) if is_plain else tuple(unit for unit, _, _ in _cut(chunk))
        return made


def _cut(chunk: str) -> list[tuple[str, int, int]]:
    """Return the units of a chunk with where each stands in it; the first part of a compound carries its joined form."""
    is_ascii = chunk.isascii()
    characters = [] if is_ascii else [(m[0], m.start(), m.end()) for m in _CHARACTER.finditer(chunk)]
    if characters:
        pairs = [a[0] + b[0] for a, b in pairwise(characters)]
        return [
            (f"{raw}{_SPLIT}{fold(pair)}" if pair else raw, start, end)
            for (raw, start, end), pair in zip(characters, [*pairs, ""], strict=True)
        ]
    parts = [(m[0], m.start(), m.end()) for m in _part_pattern(is_ascii).finditer(chunk)]
    if joined := _joined(chunk, [raw for raw, _, _ in parts]):
        raw, start, end = parts[0]
        parts[0] = (f"{raw}{_SPLIT}{joined}", start, end)
    return parts


def _joined(chunk: str, parts: list[str]) -> str:
    """Return the joined form of a compound; empty where it is none, or is a number (12.5 is not 125)."""
    if not 2 <= len(parts) <= _MAX_PARTS or len(chunk) > MAX_JOINED or "@" in chunk:
        return ""
    if re.search(r"[0-9][.,/][0-9]", chunk):
        return ""
    return "".join(map(fold, parts))


_UNITS = _Units()


@cache
def _forms_of(language: str) -> _Forms:
    return _Forms(language)


def _units(text: str) -> Iterable[str]:
    chunks = _chunk_pattern(text.isascii()).findall(text)
    return chain.from_iterable(map(_UNITS.__getitem__, chunks))


# --- what others ask ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: its form, its marked stem where that differs, further terms, and where it stands."""

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
    known = _forms_of(language)
    for match in _chunk_pattern(text.isascii()).finditer(text):
        chunk, at = match[0], match.start()
        units = _UNITS[chunk]
        places = [(units[0], 0, len(chunk))] if len(units) == 1 else _cut(chunk)
        for unit, start, end in places:
            form, marked, others = known[unit]
            if form:
                yield Token(form, marked, at + start, at + end, others)


def forms(text: str) -> list[str]:
    """Return the forms of the words of `text` in order, one a position."""
    known = _forms_of("")
    return [form for form, _, _ in map(known.__getitem__, _units(text)) if form]


def has_words(text: str) -> bool:
    """Tell whether there is any word in `text`."""
    return _chunk_pattern(text.isascii()).search(text) is not None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands together in a query, without a blank: the forms of its positions."""

    forms: tuple[str, ...]
    joined: str = ""
    """The joined form of a compound."""
    is_one: bool = False
    """It is a code, an address or a run of Chinese or Japanese: its forms are meant side by side."""


def chunks(text: str) -> Iterator[Chunk]:
    """Yield what is written together in `text`: as a person means the words of a query."""
    for match in _chunk_pattern(text.isascii()).finditer(text):
        if _CHARACTER.match(match[0]):
            characters = [fold(m[0]) for m in _CHARACTER.finditer(match[0])]
            yield Chunk(tuple(fold(a + b) for a, b in pairwise(characters)) or tuple(characters), is_one=True)
            continue
        parts = _part_pattern(match[0].isascii()).findall(match[0])
        made = tuple(filter(None, map(fold, parts)))
        is_one = (
            len(made) > 1
            and not _ELISION.search(match[0])
            and ("@" in match[0] or any(len(form) == 1 or not form.isalpha() for form in made))
        )
        if made:
            yield Chunk(made, _joined(match[0], parts) if is_one else "", is_one)


def readings(form: str, languages: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of terms that a plain word matches by, in a folder with texts in `languages`.

    The word's weight in an item is the largest sum over one group: the form alone, or in each language its stem,
    as a form and as a marked stem. In a text of one language, each occurrence in any inflection counts once.
    """
    bases = dict.fromkeys(stem(form, language) for language in languages)
    found: list[tuple[str, ...]] = [(base, STEM_MARK + base) for base in bases]
    return found if form in bases else [(form,), *found]


_FUNCTION_WORDS = {
    "en": "a about after all also am an and any are as at be because been before being between both but by can could did do "
    "does doing down during each few for from further get got had has have having he her here him his how i if in into is "
    "it its just may me might more most must my need needs no nor not now of off on once only or other our out over own same "
    "shall she should so some such than that the their them then there these they this those through to too under until up "
    "us very was we were what when where which while who whom whose why will with would you your",
    "de": "aber alle als also am an auch auf aus bei beim bin bis bist da damit dann das dass dem den denn der des die dies diese "
    "diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwas fur gegen hab habe haben hat "
    "hatte hatten hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jede jedem jeden jeder jedes jetzt kann "
    "kein keine keinen konnen man mein meine mich mir mit muss mussen nach nicht nichts noch nun nur ob oder ohne sehr sein "
    "seine seinen seiner seit sich sie sind so soll sollen sollte uber um und uns unser unsere unter vom von vor wann war "
    "waren warum was weil welche welchem welchen welcher welches wenn wer werden wem wen wessen wie wieder will wir wird wo "
    "wollen wurde wurden zu zum zur zwischen",
    "fr": "a afin ai ainsi alors apres as au aucun aussi autre aux avant avec avez avoir avons c ce cela ces cet cette ceux chaque "
    "comme comment d dans de depuis des doit donc dont du elle elles en encore entre es est et etaient etait etre eu fait "
    "faut il ils j je l la le les leur leurs lors lui m ma mais me meme mes moins mon n ne ni nos notre nous on ont ou par "
    "pas pendant peu peut plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses si son "
    "sont sous sur t ta te tes toi ton tous tout toute toutes tres tu un une vers vos votre vous y",
    "es": "a al algo alguna algunas alguno algunos ante antes aqui asi aunque cada como con contra cual cuales cuando cuanto de "
    "debe del desde donde dos durante e el ella ellas ellos en entre era eran es esa esas ese eso esos esta estaba estan "
    "estar estas este esto estos fue fueron ha hace hacia han hasta hay he la las le les lo los mas me mi mis mientras mucho "
    "muy nada ni no nos nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque puede pueden que quien "
    "quienes se sea segun ser si sin sobre son su sus tambien tanto te tiene tienen toda todas todo todos tu un una unas uno "
    "unos y ya yo",
    "it": "a ad agli ai al alla alle allo anche ancora avere aveva c che chi ci cio come con contro cosa cui da dagli dai dal dalla "
    "dalle dallo degli dei del dell della delle dello deve di dopo dove e ed era erano essere fra gia gli ha hanno ho i il in "
    "io l la le lei li lo loro lui ma me mi mia mie miei mio molto ne nei nel nella nelle nello noi non nostra nostro o ogni "
    "per perche piu poi prima puo quale quali quando quanto quella quelle quelli quello questa queste questi questo se sei "
    "senza si sia siamo sono sopra sotto su sua sue sugli sui sul sulla sulle suo suoi tra tu tutta tutte tutti tutto un una "
    "uno vi voi",
    "pt": "a ao aos aquela aquele as ate cada com como contra da das de dela dele depois desde deve do dos e ela elas ele eles em "
    "entre era eram essa essas esse esses esta estao estas estava este estes eu foi foram ha isso isto ja lhe mais mas me "
    "mesmo meu meus minha muito na nao nas nem no nos nossa nosso num numa o onde os ou para pela pelas pelo pelos pode podem "
    "por porque qual quais quando quanto que quem se sem ser sera seu seus sido sob sobre somos sua suas tambem te tem todo "
    "todos tua tudo um uma umas uns voce",
    "nl": "aan achter af al alle als bij binnen dan dat de deze die dit doen door dus een eens en er ge geen had hadden heb hebben "
    "heeft hem het hier hij hoe hun ik in is ja je kan kunnen maar me meer men met mij mijn moet moeten na naar niet niets nog "
    "nu of om omdat onder ons onze ook op over te tegen toch toen tot tussen u uit uw van veel voor waar waarom wanneer waren "
    "was wat we welk welke werd wie wij wil worden wordt ze zich zij zijn zo zonder zou zullen",
}
"""Words that say how a question is put and not what it asks about: articles, pronouns, prepositions, auxiliary verbs."""


@cache
def function_words(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the forms of the function words of some languages."""
    return frozenset(word for language in languages for word in _FUNCTION_WORDS[language].split())


_SAMPLE = 500
"""Characters by which a language is told."""
_LETTERS = re.compile(r"[^\W\d_]")


def language_of(text: str) -> str:
    """Return the code of the language a text is written in (one of `LANGUAGES`); empty where it is none of them."""
    sample = text[:_SAMPLE]
    letters = len(_LETTERS.findall(sample))
    latin = letters if sample.isascii() else sum(c < "\u0250" for c in _LETTERS.findall(sample))
    if latin * 2 <= letters:
        return ""
    if letters < 4:
        return "en"
    best = _detector().compute_language_confidence_values(sample)[0]
    return str(best.language.iso_code_639_1.name).lower() if best.value >= 0.5 else "en"


@cache
def _detector() -> Any:
    """Return lingua's detector for our languages alone; its light models load in some 50 ms."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of some passages, ready to be indexed."""

    language: str
    """One of `LANGUAGES`, or empty."""
    length: int
    """Number of words."""
    end: int
    """The first position behind the last passage and its gap."""
    positions: dict[str, array[int]]
    """Term to ascending positions."""
    starts: array[int]
    """Position at which each passage begins."""


def index_passages(passages: Iterable[str], start: int = 0, language: str = "en") -> Terms:
    """Return the terms of `passages` in one language, the first word at position `start`."""
    units: list[str] = []
    starts = array("I")
    length = 0
    for passage in passages:
        starts.append(start + len(units))
        before = len(units)
        units += _units(passage)
        length += len(units) - before
        units += [""] * PASSAGE_GAP
    known = _forms_of(language)
    positions: dict[str, list[int]] = {}
    for unit, where in _grouped(units, start).items():
        form, marked, others = known[unit]
        for term in (form, marked, *others) if others else (form, marked):
            if term in positions:
                positions[term] += where
            elif term and form:
                positions[term] = where.copy()
    arrays = {term: array("I", _ascending(where)) for term, where in positions.items()}
    return Terms(language, length, start + len(units), arrays, starts)


def _grouped(units: list[str], start: int) -> dict[str, list[int]]:
    """Return at which positions each unit stands."""
    found: dict[str, list[int]] = {}
    for at, unit in enumerate(units, start):
        if unit in found:
            found[unit].append(at)
        else:
            found[unit] = [at]
    found.pop("", None)
    return found


def _ascending(where: list[int]) -> list[int]:
    """Return positions in order, each once: two units of one position may share a form."""
    return where if len(where) == 1 else sorted(set(where))
