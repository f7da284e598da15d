"""Text as passages, which no phrase crosses. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from indexer.model.items import Passage

GOOD_LENGTH = 1500
"""The approximate number of characters to which paragraphs are joined."""
MAX_PARAGRAPH = 6000
"""Characters; longer paragraphs are cut at the end of a line, a sentence or a word."""

MAX_HEADINGS = 500
"""Words of further headings count like any others."""

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")


def clean_text(text: str) -> str:
    """Return text with `\\n` line ends, without control characters, soft hyphens and lone surrogates."""
    return _CONTROL.sub("", _LINE_ENDS.sub("\n", text).replace("\xad", ""))


def into_passages(text: str) -> tuple[Passage, ...]:
    """Return clean `text` as passages of paragraphs; only a very long paragraph is cut."""
    return gather(piece for paragraph in _PARAGRAPHS.split(text) for piece in _cut(paragraph.strip()))


def gather(paragraphs: Iterable[str], page_number: int | None = None) -> tuple[Passage, ...]:
    """Return paragraphs joined to passages of about `GOOD_LENGTH`."""
    passages: list[Passage] = []
    waiting: list[str] = []
    length = 0
    for paragraph in filter(None, paragraphs):
        if waiting and length + len(paragraph) > GOOD_LENGTH:
            passages.append(Passage("\n\n".join(waiting), page_number))
            waiting, length = [], 0
        waiting.append(paragraph)
        length += len(paragraph)
    if waiting:
        passages.append(Passage("\n\n".join(waiting), page_number))
    return tuple(passages)


def some_headings(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the first `MAX_HEADINGS` headings of a document, each in one line."""
    lines = (" ".join(clean_text(text).split())[:300] for text in texts)
    return tuple(islice(filter(None, lines), MAX_HEADINGS))


def _cut(paragraph: str) -> Iterator[str]:
    at = 0
    while len(paragraph) - at > MAX_PARAGRAPH:
        window = paragraph[at : at + MAX_PARAGRAPH]
        end = (
            max(window.rfind("\n"), 0)
            or max(window.rfind(". ") + 1, 0)
            or max(window.rfind(" "), 0)
            or len(window)
        )
        yield window[:end].strip()
        at += end
    yield paragraph[at:].strip()


def limit(passages: Iterable[Passage], characters: int) -> tuple[tuple[Passage, ...], str]:
    """Return as many passages as fit into that many characters, and one line that says so if text was left out."""
    kept: list[Passage] = []
    left = characters
    for passage in passages:
        if len(passage.text) > left:
            if left > 0:
                kept.append(Passage(passage.text[:left], passage.page_number))
            return tuple(kept), f"only the first {_size(characters)} of its text can be searched"
        kept.append(passage)
        left -= len(passage.text)
    return tuple(kept), ""


def _size(characters: int) -> str:
    return f"{characters >> 20:,} MB" if characters >= 1 << 20 else f"{characters:,} characters"
