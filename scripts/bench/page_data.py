"""What the data files of a published page say of themselves: docs/page-format.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.page.datafile import SUFFIX, read_pointer, uncontain, unscript

Container = tuple[dict[str, Any], list[bytes]]
_NAMES, _TEXT = "t", "x"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a page is made of."""

    items: int
    """Live ones."""
    counts: tuple[int, ...]
    """Of the items in each segment, dead ones too, oldest first."""
    forms: int
    """Different words in the largest segment."""

    def __str__(self) -> str:
        """Say it in words."""
        dead = sum(self.counts) - self.items
        return f"{len(self.counts)} segments ({', '.join(f'{n:,}' for n in self.counts)}; {dead:,} dead)"


def head_of(directory: Path) -> Container:
    """Return the present head."""
    now, _ = read_pointer((directory / "head.js").read_bytes())
    return uncontain(_raw(directory, now))


def segments_of(directory: Path) -> Iterator[Container]:
    """Yield the root of each segment with its blobs, the open one last."""
    facts, blobs = head_of(directory)
    for name in facts["segments"]:
        yield uncontain(_raw(directory, name))
    if facts["open"]:
        yield facts["open"], blobs


def shape_of(directory: Path) -> Shape:
    """Return what the page in a directory is made of."""
    roots = list(segments_of(directory))
    forms = [
        sum(byte < 128 for byte in _part(directory, root["forms"], blobs))
        for root, blobs in roots
        if root["forms"] is not None
    ]
    return Shape(
        head_of(directory)[0]["items"], tuple(root["count"] for root, _ in roots), max(forms, default=0)
    )


def texts_of(directory: Path) -> dict[str, Path]:
    """Return for each item that has one the file of its text, by item id; the newest if there are several."""
    found: dict[str, Path] = {}
    for root, blobs in segments_of(directory):
        for ref in root["abouts"]:
            page = json.loads(_part(directory, ref, blobs))
            for row in page["i"]:
                if row and _TEXT in row:
                    found[row["id"]] = directory / (page[_NAMES][row[_TEXT][0]] + SUFFIX)
    return found


def _part(directory: Path, ref: str | int, blobs: list[bytes]) -> bytes:
    return blobs[ref] if isinstance(ref, int) else _raw(directory, ref)


def _raw(directory: Path, name: str) -> bytes:
    return unscript((directory / (name + SUFFIX)).read_bytes())[1]
