"""Is an HTML file still what was written? Judged by its elements, because some sync services rewrite the rest."""

from __future__ import annotations

import hashlib
from html.parser import HTMLParser

MOST_PUT_IN = 64 << 10
"""The most bytes that sync services add to an HTML file."""
_FREE = frozenset({"meta", "link", "xml", "o:p"})
"""Elements that services add to a page, or change; a script's policy is a meta element, and is checked."""


class _Shape(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hash = hashlib.sha256()
        self._is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element with its attributes."""
        self._is_script = tag in ("script", "style")
        policy = ("http-equiv", "Content-Security-Policy")
        if tag not in _FREE or policy in attrs or any(name == "http-equiv" for name, _ in attrs):
            self.hash.update(repr((tag, sorted((name, value or "") for name, value in attrs))).encode())

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's
        """What follows is not a script."""
        self._is_script = False

    def handle_data(self, data: str) -> None:
        """Take in scripts and styles whole, and only the words of other texts."""
        self.hash.update((data if self._is_script else " ".join(data.split())).encode())


def shape_of(html: bytes) -> str:
    """Return a digest of the elements, attributes, scripts and words of an HTML file."""
    shape = _Shape()
    shape.feed(html.decode("utf-8", "replace").replace("\r\n", "\n"))
    shape.close()
    return shape.hash.hexdigest()[:32]
