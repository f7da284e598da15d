"""A word as it is written becomes a form: case, accents and compatibility characters aside."""

from __future__ import annotations

import unicodedata

MAX_FORM = 64
"""The most code points of a form; longer ones are cut, in documents and queries alike."""

_MOST_RAW = 16 * MAX_FORM
"""No form needs more of a word; thousands of marks on one letter take long to sort."""

VOICED = "\u3099\u309a\uff9e\uff9f"
"""Marks of kana that make another letter."""


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
    return unicodedata.category(c) not in ("Mn", "Cf") or c in VOICED
