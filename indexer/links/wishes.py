"""What have hosts asked of the fetching processes before this one? It is kept in a file, and counts until its time is over."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from indexer.files.replacing import write_file
from indexer.links.limits import MOST_LATER_S, ROBOTS_KEPT_S
from indexer.links.robots import Rules

FILE = "wishes.jsonl"
_LONGEST_S = max(MOST_LATER_S, ROBOTS_KEPT_S)


class Wish(NamedTuple):
    """What a host, or a site of it, asked for."""

    of: str
    until: float
    """In seconds since 1970."""
    rules: Rules | None = None
    """The site's robots.txt; None: the host asked to be left alone."""


class Wishes:
    """The wishes that count still, and a file that gets each new one. Threads may share it.

    Whatever is in the file or happens to it does no harm: a wish that can't be read or kept is asked for again.
    """

    def __init__(self, path: Path, now: float, most: int) -> None:
        """Read the file, which has at most so many bytes, and write anew what counts at this time."""
        self._path, self._left = path, most
        self.idle_s = float("inf")
        """Seconds since an earlier process asked anybody; infinite if that is not known."""
        with contextlib.suppress(OSError):
            self.idle_s = max(0.0, now - path.stat().st_mtime)
        self._lock = threading.Lock()
        known = {(wish.of, wish.rules is None): wish for wish in _read(path, most)}
        self.known = [wish for wish in known.values() if now < wish.until <= now + _LONGEST_S]
        with contextlib.suppress(OSError):
            write_file(path, b"".join(map(_pack, self.known)))
            self._left -= path.stat().st_size

    def mark(self) -> None:
        """Note that somebody was asked just now."""
        with contextlib.suppress(OSError):
            os.utime(self._path)

    def note(self, wish: Wish) -> None:
        """Keep a wish for the next process, if there is room."""
        line = _pack(wish)
        with self._lock, contextlib.suppress(OSError):
            if len(line) <= self._left:
                self._left -= len(line)
                with self._path.open("ab") as file:
                    file.write(line)


def _pack(wish: Wish) -> bytes:
    rules = wish.rules and [wish.rules.text, wish.rules.lost_by]
    return json.dumps([wish.of, wish.until, rules]).encode() + b"\n"


def _read(path: Path, most: int) -> Iterator[Wish]:
    lines: list[bytes] = []
    with contextlib.suppress(OSError), path.open("rb") as file:
        lines = file.read(most).splitlines()
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError):  # cut by a death
            of, until, rules = json.loads(line)
            wish = Wish(str(of), float(until), Rules(str(rules[0]), int(rules[1])) if rules else None)
            yield wish
