"""Whose is a file of a week? Each of ours holds a mark near its beginning: a digest of the rest of it.

A week's files lie in a directory of their own in the page's directory, the feed beside that one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from html import unescape
from typing import NamedTuple

from indexer.files.opening import Directory, Irregular
from indexer.model.items import ItemId, RelPath
from indexer.page import entry

DIRECTORY, FEED = "digest", "feed.xml"
FILE = re.compile(r"(?P<week>[0-9]{4}-W[0-9]{2})\.(?:html|eml)")
"""The name of a week's file."""
MOST_WEEKS = 520
"""So many latest weeks are looked at; nobody keeps more than ten years."""

_MARK_BYTES = 4_096
_MARK = re.compile(rb'indexer-digest(?:"\s+content="?|:?\s+)([0-9a-f]{32})', re.IGNORECASE)
_UNMARKED = "0" * 32
_SHOWS = re.compile(r'<data hidden value="([^"]*)"')


class Shown(NamedTuple):
    """What a digest shows."""

    ids: frozenset[ItemId]
    """Of items and questions."""
    paths: frozenset[RelPath]
    """Of these, their notes and answers, what matches, and files with links that died or moved."""


UNKNOWN = Shown(frozenset(), frozenset((RelPath(""),)))
"""What a digest shows that somebody changed: a path that no file has."""


def marked(make: Callable[[str], bytes]) -> bytes:
    """Return what `make` gives for the mark of what it gives for none."""
    return make(hashlib.sha256(make(_UNMARKED)).hexdigest()[:32])


def mark_of(content: bytes) -> str:
    """Return the mark in a file, or in its beginning; empty if it is not ours."""
    found = _MARK.search(content[:_MARK_BYTES])
    return found[1].decode() if found else ""


def is_free_or_ours(directory: Directory, name: str) -> bool:
    """Tell whether we may write a file: there is none, or one of ours; raise OSError if it can't be read."""
    return not directory.has(name) or is_ours(directory, name)


def is_ours(directory: Directory, name: str) -> bool:
    """Tell whether a file is there and ours; raise OSError if it can't be read."""
    try:
        return bool(mark_of(directory.read(name, _MARK_BYTES, whole=False)))
    except (FileNotFoundError, Irregular):
        return False


def shown_in(html: bytes) -> Shown:
    """Return what a digest of ours shows; `UNKNOWN` if that can't be read."""
    found = _SHOWS.findall(html.decode("utf-8", "replace"))
    try:
        ids, paths = json.loads(unescape(found[-1]))
        return Shown(frozenset(map(entry.item_id, ids)), frozenset(map(entry.rel_path, paths)))
    except (ValueError, TypeError, LookupError, RecursionError):
        return UNKNOWN


def latest_weeks(directory: Directory) -> list[str]:
    """Return the names of weeks' files in a directory, whosever they are, the latest first."""
    return sorted(filter(FILE.fullmatch, directory.names()), reverse=True)[: 2 * MOST_WEEKS]


def drop_all(above: Directory) -> None:
    """Delete all weeks and the feed in a page's directory, as far as they are ours."""
    with suppress(OSError):
        drop(above, FEED)
        with above.below(DIRECTORY) as directory:
            for name in latest_weeks(directory):
                drop(directory, name)
        above.remove_directory(DIRECTORY)


def drop(directory: Directory, name: str) -> None:
    """Delete a file if it is ours; one that can't be deleted is left for the next time."""
    with suppress(OSError):
        if is_ours(directory, name):
            directory.remove(name)
