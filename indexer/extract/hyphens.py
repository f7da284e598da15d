"""Does a hyphen at the end of a line belong to the word, or to the line break? Pure.

The page itself doesn't say (`price-determining`, `alumin-ium`), but the rest of the document may have the word within a
line. If it hasn't, the word is joined, and the words around it are repeated with the hyphen, so that either spelling is
found, even in a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_BREAK = re.compile(r"(?<=[^\W_])(?:([\ufffe\x02])\s*|([\u2010\u2011\xad-])[ \t\r]*\n[ \t]*)(?=[^\W_])")
"""A hyphen at the end of a line: pdfium's mark for one that it left out, or the hyphen itself."""
_LAST = re.compile(r"[^\W_]+$")
_FIRST = re.compile(r"[^\W_]+")
_WORD = re.compile(r"[^\W\d_]+(?:[\u2010\u2011-][^\W\d_]+)*")
_HYPHENS = str.maketrans("\u2010\u2011", "--")
_MAX_WORD, _MAX_ABOUT, _MAX_AGAIN = 60, 80, 2_000


def mend(pages: Sequence[str]) -> list[str]:
    """Return the pages of a document with each word in one piece."""
    if not any(map(_BREAK.search, pages)):
        return list(pages)
    known = {word.casefold() for page in pages for word in _whole_words(page)}
    left = _MAX_AGAIN
    mended = []
    for page in pages:
        text, again = _mend(page, known)
        mended.append("\n".join([text, *again[:left]]))
        left = max(0, left - len(again))
    return mended


def together(text: str) -> str:
    """Return a short text with all broken words joined."""
    return _BREAK.sub("", text)


def _whole_words(page: str) -> Iterator[str]:
    """Yield the words of a page that no line end breaks."""
    for match in _WORD.finditer(page):
        begin, end = match.span()
        if page[begin - 1 : begin] not in ("\ufffe", "\x02") and page[end : end + 1] not in (
            "\ufffe",
            "\x02",
        ):
            yield match[0].translate(_HYPHENS)


def _mend(page: str, known: set[str]) -> tuple[str, list[str]]:
    """Return a page, and the words around each hyphen that may belong to its word."""
    pieces: list[str] = []
    again: list[str] = []
    at = 0
    for match in _BREAK.finditer(page):
        before = page[at : match.start()]
        first, second = (
            _LAST.search(before[-_MAX_WORD:]),
            _FIRST.match(page, match.end(), match.end() + _MAX_WORD),
        )
        pieces.append(before)
        at = match.end()
        if not (first and second) or match[2] == "\xad":
            continue
        whole, parted = f"{first[0]}{second[0]}", f"{first[0]}-{second[0]}"
        if _is_compound(first[0], second[0]) or (
            parted.casefold() in known and whole.casefold() not in known
        ):
            pieces.append("-")
        elif whole.casefold() not in known:
            again.append(_about(page, match.start(), at))
    return "".join([*pieces, page[at:]]), again


def _is_compound(first: str, second: str) -> bool:
    """Tell whether nobody would break a word so at the end of a line: `E-Mail`, `0800-555`."""
    if first[-1].isdigit() or second[0].isdigit() or len(first) == 1:
        return True
    return second[0].isupper() and not first.isupper()


def _about(page: str, begin: int, end: int) -> str:
    """Return the words around the hyphen from `begin` to `end`: two before and two after the word it breaks."""
    before, after = page[max(0, begin - _MAX_ABOUT) : begin], page[end : end + _MAX_ABOUT]
    heads, tails = together(before).split()[-3:], together(after).split()[:3]
    return " ".join((*heads[:-1], f"{heads[-1]}-{tails[0]}", *tails[1:]))
