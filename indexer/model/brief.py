"""What is posted of a week? A few lines that each service shows in its own way."""

from __future__ import annotations

from typing import NamedTuple


class BriefLine(NamedTuple):
    """One line: a text, which may lead somewhere, and what is said of it."""

    text: str
    href: str = ""
    said: tuple[str, ...] = ()


class BriefPart(NamedTuple):
    """Lines below a heading."""

    heading: str
    lines: tuple[BriefLine, ...]


class Brief(NamedTuple):
    """A week in short; every text is on one line, and only text."""

    week: str
    title: str
    summary: str
    parts: tuple[BriefPart, ...] = ()
    href: str = ""
    """To the whole week; empty if the folder is not served."""
    more: str = ""
    """What that link is called."""
