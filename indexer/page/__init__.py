"""How do readers see it? `segments` and `render` make bytes, `deliver` writes them into the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from indexer.page.deliver import choose_place, own_names, write
from indexer.page.segments import PageEntry

__all__ = ["Delivery", "PageEntry", "own_names", "publish"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What publishing did."""

    page: Path
    written: int
    unchanged: int
    problems: tuple[str, ...]


def publish(
    folder: Path,
    entries: Callable[[], Iterator[PageEntry]],
    *,
    title: str,
    text_kb: int,
    written_at: datetime,
) -> Delivery:
    """Write the page of `entries` (in the order of their paths) into `folder`; raise UserError where that can't be."""
    from indexer.page.render import render, script_file
    from indexer.page.segments import encode

    place = choose_place(folder)
    segment = encode(entries(), text_kb)
    name, script = script_file()
    page = render(title, segment, place.directory.name, name, written_at)
    written, unchanged = write(place, page, {**segment.files, name: script})
    return Delivery(place.page, written, unchanged, place.problems)
