"""Which addresses does the folder hold, and where? What commands have just written, the catalogue need not know yet."""

from __future__ import annotations

import json
import os
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from indexer.catalogue import Catalogue
from indexer.files.opening import Directory
from indexer.files.replacing import write_file
from indexer.folder.names import reach
from indexer.model.address import address_key
from indexer.model.items import RelPath
from indexer.state.places import DATABASE

WRITTEN = "links-written.jsonl"
"""In the state: a line for each link that a command has written, its key and its path."""
_MOST_BYTES = 64 << 20


class Place(NamedTuple):
    """Where an address is."""

    path: RelPath
    in_list: str = ""
    """The address as it stands there, if the file is a list of links."""


class Holdings:
    """The addresses in a folder, as far as its catalogue and the commands that wrote links know."""

    def __init__(self, folder: Path, state: Path) -> None:
        self._folder, self._file = reach(folder), state / WRITTEN
        self._places: dict[str, list[Place]] = {}
        known: set[RelPath] = set()
        if (state / DATABASE).exists():
            with closing(Catalogue(state / DATABASE, readonly=True)) as catalogue:
                for item in catalogue.items.links():
                    assert item.url is not None
                    self._note(
                        address_key(item.url), Place(item.path, item.url if item.is_list_entry else "")
                    )
                    known.add(item.path)
        self._take_in(folder, known)

    def of(self, url: str) -> list[Place]:
        """Return where an address is, files of their own first; empty if it is new."""
        there = (
            place
            for place in self._places.get(address_key(url), ())
            if os.path.lexists(self._folder / place.path)  # the catalogue may be behind
        )
        return sorted(there, key=lambda place: (bool(place.in_list), place.path))

    def add(self, url: str, path: RelPath) -> None:
        """Note that a link to `url` was written."""
        key = address_key(url)
        self._note(key, Place(path))
        with self._file.open("a", encoding="ascii") as file:
            file.write(json.dumps([key, path]) + "\n")

    def _note(self, key: str, place: Place) -> None:
        self._places.setdefault(key, []).append(place)

    def _take_in(self, folder: Path, known: set[RelPath]) -> None:
        """Take in what was written and is still there, and forget what the catalogue knows by now."""
        lines = self._lines()
        kept = []
        for line in lines:
            with suppress(ValueError, TypeError):
                key, path = json.loads(line)
                if path not in known and os.path.lexists(reach(folder) / path):
                    self._note(key, Place(RelPath(path)))
                    kept.append(line)
        if len(kept) < len(lines):
            write_file(self._file, "".join(f"{line}\n" for line in kept).encode("ascii"))

    def _lines(self) -> list[str]:
        try:
            with Directory(self._file.parent) as state:
                return state.read(self._file.name, _MOST_BYTES).decode("ascii", "replace").splitlines()
        except OSError:  # none was written yet, or something is wrong with it: it is only a help
            return []
