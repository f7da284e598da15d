"""Whose is a file in `_index/digest/`? Each of ours holds a mark near its beginning: a digest of the rest of it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

MARK_BYTES = 4_096
"""The mark stands within so many bytes."""
_MARK = re.compile(rb'indexer-digest(?:"\s+content="?|:?\s+)([0-9a-f]{32})', re.IGNORECASE)
_UNMARKED = "0" * 32


def marked(make: Callable[[str], bytes]) -> bytes:
    """Return what `make` gives for the mark of what it gives for none."""
    return make(hashlib.sha256(make(_UNMARKED)).hexdigest()[:32])


def mark_of(content: bytes) -> str:
    """Return the mark in a file, or in its beginning; empty if it is not ours."""
    found = _MARK.search(content[:MARK_BYTES])
    return found[1].decode() if found else ""
