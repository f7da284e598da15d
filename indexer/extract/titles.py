"""Is this a title, or a program's placeholder for one? Pure."""

from __future__ import annotations

import re

_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)|word|powerpoint|excel)\s*-.*|untitled.*|unbenannt.*|sans titre.*|ohne titel.*"
    r"|powerpoint[- ]pr.sentation.*|powerpoint presentation|slide \d+|(?:word )?document ?\d*|dokument ?\d*|template|title|titel"
    r"|\(?anonymous\)?|unspecified|print|layout \d+|blank|none|null|doc\d*|presentation ?\d*|book\d*|mappe\d*|noname.*",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    r"\S*\.(?:docx?|dotx?|pdf|pptx?|xlsx?|odt|rtf|txt|html?|tex|dvi|indd|qxd|pmd|cdr|ai|ps|eps|fm|wpd|p65|tif+|jpe?g|png)",
    re.IGNORECASE,
)


def sensible_title(raw: str | None) -> str:
    """Return `raw` as a title; empty if no person wrote it."""
    title = " ".join((raw or "").split()).strip("\x00 ")
    letters = sum(c.isalpha() for c in title)
    if len(title) < 3 or letters < 3 or len(title) > 300 or "\ufffd" in title:
        return ""
    if (
        _NO_TITLE.fullmatch(title)
        or _FILE_NAME.fullmatch(title)
        or title.startswith(("/", "\\\\", "C:\\", "file:"))
    ):
        return ""
    return title
