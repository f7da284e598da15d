"""A text as it reads well on one line: ends of lines and cells are shown, marks of writing are not. Pure."""

from __future__ import annotations

import re

BETWEEN = " · "
"""Stands where a line, a paragraph or a cell ended."""
_WRAPPED = 50
"""A line of so many characters probably ended because it was full."""
_SENTENCE_END = (".", "!", "?", ":", ";", "…", "。", "！", "？")
_FENCE = r"(?m)^[ \t]*(?:```|~~~).*$"
_OF_RULES = "-*_=|: \t"
"""What lines between paragraphs, and below the head of a table, are made of."""
_LINE_MARK = r"(?:\A|\n)[ \t]*(?:#{1,6}|[-*+•‣▪●])[ \t]+"
_QUOTE_MARK = r"(?:\A|\n)[ \t]*>[> \t]*"
_LINK = r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{1,1000}\)"
_STRONG = r"(\*\*|__)(?=\S)([^*_\n]{1,500})(?<=\S)\1"
_CELL = r"[ ]*\|[ |]*"
_ENCODED = r"(?:data:[a-z/+.-]{3,60};base64,)?[A-Za-z0-9+/=]{80,}"
_LONG = 80
_LINES = r"\n(?:[ ]*\n)*"


def one_line(text: str) -> str:
    """Return a text on one line, words one blank apart.

    Lines, paragraphs and cells are set apart by `BETWEEN`, but not a line that only ended because it was full, nor a
    sentence's end within a paragraph. Markdown's signs are left out, of what is encoded only a dot is left.
    """
    text = _unmarked(text)
    if "\n" not in text and "\t" not in text:
        return _without_encoded(text.split())
    made: list[str] = []
    at, is_apart = 0, False
    for end in [*re.finditer(_LINES, text), None]:
        part = text[at : end.start() if end else len(text)]
        line = _without_encoded(part.replace("\t", BETWEEN).split()).strip(" ·")
        if line:
            if made:
                made.append(BETWEEN if is_apart or _ends(made[-1], line) else " ")
            made.append(line)
            is_apart = False
        if end:
            is_apart = is_apart or end[0].count("\n") > 1
            at = end.end()
    return "".join(made)


def _is_rule(line: str) -> bool:
    return len(line) > 2 and not line.strip(_OF_RULES)


def without_title(text: str, title: str) -> str:
    """Return a text of one line without its title, if it begins with that and goes on."""
    title = one_line(title)
    size = len(title)
    if not title or text[:size].casefold() != title.casefold() or text[size : size + 1].isalnum():
        return text
    return text[size:].lstrip(" ·.:–—-") or text


def _ends(before: str, after: str) -> bool:
    """Tell whether a line ends where it does for a reason."""
    return (
        not before.endswith((*_SENTENCE_END, ",", "-")) and not after[0].islower() and len(before) < _WRAPPED
    )


def _without_encoded(words: list[str]) -> str:
    if words and len(max(words, key=len)) >= _LONG:
        words = [re.sub(_ENCODED, "…", word) if len(word) >= _LONG else word for word in words]
    return " ".join(words)


def _unmarked(text: str) -> str:
    """Return a text without the signs of Markdown and without what is encoded."""
    if "```" in text or "~~~" in text:
        text = re.sub(_FENCE, "", text)
    if "--" in text or "***" in text or "===" in text or "___" in text:
        text = "\n".join("" if _is_rule(line) else line for line in text.split("\n"))
    if ">" in text:
        text = re.sub(_QUOTE_MARK, "\n", text)
    text = re.sub(_LINE_MARK, "\n\n", text)
    if "](" in text:
        text = re.sub(_LINK, r"\1", text)
    if "**" in text or "__" in text:
        text = re.sub(_STRONG, r"\2", text)
    if "|" in text:
        text = "\n".join(
            re.sub(_CELL, BETWEEN, line.strip(" \t|")) if line.count("|") > 1 else line
            for line in text.split("\n")
        )
    return text.replace("`", "")
