"""Which addresses does the folder hold, and where? What commands have just written, the catalogue need not know yet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from indexer.catalogue import Catalogue
from indexer.files.opening import Directory
from indexer.files.replacing import write_file
from indexer.folder.names import reach
from indexer.model.address import address_key
from indexer.model.items import RelPath
from indexer.state.lock import in_turn
from indexer.state.places import DATABASE

WRITTEN = "links-written.jsonl"
"""In the state: a line for each link that a command has written, its key and its path."""
_WAIT_S = 60.0
_LARGE, _MOST_BYTES = 1 << 20, 64 << 20
"""Of that file: what the catalogue knows by now is taken out of a large one, and one beyond the limit is begun anew."""


class Place(NamedTuple):
    """Where an address is."""

    path: RelPath
    in_list: str = ""
    """The address as it stands there, if the file is a list of links."""


@contextmanager
def open_holdings(folder: Path, state: Path) -> Iterator[Holdings]:
    """Give the addresses in a folder to one command at a time: what it finds missing, no other adds meanwhile.

    Raise UserError if another one takes too long.
    """
    with in_turn(state, "links", _WAIT_S):
        if not (state / DATABASE).exists():
            yield Holdings(folder, state, None)
            return
        with closing(Catalogue(state / DATABASE, readonly=True)) as catalogue:
            yield Holdings(folder, state, catalogue)


class Holdings:
    """The addresses in a folder, as far as its catalogue and the commands that wrote links know."""

    def __init__(self, folder: Path, state: Path, catalogue: Catalogue | None) -> None:
        self._folder, self._file, self._catalogue = reach(folder), state / WRITTEN, catalogue
        self._written: dict[str, list[RelPath]] = {}
        self._take_in()

    def of(self, url: str) -> list[Place]:
        """Return where an address is, files of their own first; empty if it is new."""
        known = self._catalogue.links.places(url) if self._catalogue else []
        written = [path for path in self._written.get(address_key(url), ()) if self._is_news(path)]
        found = dict.fromkeys((*(Place(*place) for place in known), *map(Place, written)))
        there = (place for place in found if os.path.lexists(self._folder / place.path))
        return sorted(there, key=lambda place: (bool(place.in_list), place.path))

    def add(self, url: str, path: RelPath) -> None:
        """Note that a link to `url` was written."""
        key = address_key(url)
        self._written.setdefault(key, []).append(path)
        with self._file.open("a", encoding="ascii") as file:
            file.write(json.dumps([key, path]) + "\n")

    def _is_news(self, path: RelPath) -> bool:
        """Tell whether a file is there that the catalogue has not read yet."""
        is_read = self._catalogue is not None and self._catalogue.links.is_read(path)
        return not is_read and os.path.lexists(self._folder / path)

    def _take_in(self) -> None:
        """Take in what was written; from a large file, what the catalogue knows by now is taken out."""
        content = self._content()
        lines = []
        for line in content.decode("ascii", "replace").splitlines():
            with suppress(ValueError, TypeError):
                key, path = json.loads(line)
                if len(content) <= _LARGE or self._is_news(path):
                    self._written.setdefault(key, []).append(RelPath(path))
                    lines.append(f"{line}\n")
        if len(content) > _LARGE:
            write_file(self._file, "".join(lines).encode("ascii", "replace"))

    def _content(self) -> bytes:
        try:
            if self._file.stat().st_size > _MOST_BYTES:
                write_file(self._file, b"")
            with Directory(self._file.parent) as state:
                return state.read(self._file.name, _MOST_BYTES)
        except OSError:  # none was written yet, or something is wrong with it: it is only a help
            return b""
