"""The one definition of "the same word": text to forms, forms to stems, passages to terms.

A *form* is a word as written, case and accents aside. A *term* is a form, or a stem under `STEM_MARK`.
`assets/words.js` says the same in JavaScript; `tests/cases/words.json` holds both to it.
"""

from __future__ import annotations

import struct
import unicodedata
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex
import Stemmer

VERSION = 1
"""Stored with terms; a new one has them made again from the stored texts."""

STEM_MARK = "="
"""Sorts between digits and letters and begins no form, so that prefixes never meet a stem."""

MAX_FORM = 64
"""Longer forms are cut to so many code points, in documents and queries alike."""

PASSAGE_GAP = 1
"""Positions left free between passages, so that no phrase spans two of them."""

_TOKEN = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")
_ENGLISH = Stemmer.Stemmer("english", 0).stemWord


def fold(word: str) -> str:
    """Return the form of one word: compatibility characters, case and accents aside."""
    if word.isascii():
        return word.lower()[:MAX_FORM]
    lowered = unicodedata.normalize("NFKD", word).lower().replace("ß", "ss").replace("ς", "σ")
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if unicodedata.category(c) != "Mn")
    return bare.strip()[:MAX_FORM]


def stem(form: str) -> str:
    """Return the stem (Snowball English) of a form of ASCII letters; other forms are their own stem."""
    if len(form) < 3 or not (form.isascii() and form.isalpha()):
        return form
    return str(_ENGLISH(form))


class _Memo(dict[str, tuple[str, str]]):
    """Raw word to (form, marked stem or empty), kept while it is small."""

    def __missing__(self, raw: str) -> tuple[str, str]:
        if len(self) > 200_000:
            self.clear()
        form = fold(raw)
        base = stem(form)
        made = self[raw] = (form, STEM_MARK + base if base != form else "")
        return made


_MEMO = _Memo()


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: its form, its marked stem where that differs, and where it stands."""

    form: str
    marked_stem: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of `text` in order, with their half-open code point ranges."""
    for match in _TOKEN.finditer(text):
        form, marked = _MEMO[match.group()]
        if form:
            yield Token(form, marked, match.start(), match.end())


def forms(text: str) -> list[str]:
    """Return the forms of the words of `text` in order."""
    return [form for form, _ in map(_MEMO.__getitem__, _TOKEN.findall(text)) if form]


def word_terms(form: str) -> tuple[str, str]:
    """Return the terms that a plain word matches by: its stem as a form, and as a marked stem.

    Each occurrence of the word in any inflection is exactly one occurrence of one of the two.
    """
    base = stem(form)
    return base, STEM_MARK + base


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of some passages, ready to be indexed."""

    length: int
    """Number of words."""
    end: int
    """The first position behind the last passage and its gap."""
    positions: dict[str, array[int]]
    """Form to ascending positions."""
    stems: dict[str, int]
    """Marked stem to number of occurrences."""
    starts: array[int]
    """Position at which each passage begins."""

    def pack(self) -> bytes:
        """Return the bytes that `unpack` reads: little-endian header, then deflated columns."""
        head = struct.pack(
            "<BIIIII", VERSION, self.length, self.end, len(self.positions), len(self.stems), len(self.starts)
        )
        counts = array("I", map(len, self.positions.values()))
        flat = array("I")
        for where in self.positions.values():
            flat.extend(where)
        names = "\n".join([*self.positions, *self.stems]).encode()
        body = b"".join(
            column.tobytes() for column in (counts, array("I", self.stems.values()), self.starts, flat)
        )
        return head + zlib.compress(struct.pack("<I", len(names)) + names + body, 1)

    @staticmethod
    def unpack(packed: bytes) -> Terms:
        """Return the terms that `pack` stored; empty bytes are no terms at all."""
        if not packed:
            return index_passages(())
        _, length, end, n_forms, n_stems, n_starts = struct.unpack_from("<BIIIII", packed)
        raw = zlib.decompress(packed[struct.calcsize("<BIIIII") :])
        (n_names,) = struct.unpack_from("<I", raw)
        names = raw[4 : 4 + n_names].decode().split("\n")
        numbers = array("I")
        numbers.frombytes(raw[4 + n_names :])
        at = n_forms + n_stems
        starts = numbers[at : at + n_starts]
        at += n_starts
        positions: dict[str, array[int]] = {}
        for name, count in zip(names, numbers[:n_forms], strict=False):
            positions[name] = numbers[at : at + count]
            at += count
        stems = dict(zip(names[n_forms:], numbers[n_forms : n_forms + n_stems], strict=False))
        return Terms(length, end, positions, stems, starts)


def packed_version(packed: bytes) -> int:
    """Return the `VERSION` under which `packed` was made."""
    return packed[0] if packed else VERSION


def index_passages(passages: Iterable[str], start: int = 0) -> Terms:
    """Return the terms of `passages`, the first word at position `start`."""
    positions: dict[str, array[int]] = {}
    stems: dict[str, int] = {}
    starts = array("I")
    at = start
    length = 0
    for passage in passages:
        starts.append(at)
        for form, marked in map(_MEMO.__getitem__, _TOKEN.findall(passage)):
            if not form:
                continue
            if form in positions:
                positions[form].append(at)
            else:
                positions[form] = array("I", (at,))
            if marked:
                stems[marked] = stems.get(marked, 0) + 1
            at += 1
            length += 1
        at += PASSAGE_GAP
    return Terms(length, at, positions, stems, starts)
