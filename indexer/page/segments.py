"""Segments of the page as they lie in files: their parts are read when they are asked for.

docs/page-format.md has the format; `making` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.page.datafile import DamagedFile, Files, to_json, uncontain
from indexer.page.entry import PLACE, TEXT, Row
from indexer.page.terms import Block, decode
from indexer.rows import Numbers, unvarints

PER_ABOUT = 50
DAY_S = 86_400

Idents = npt.NDArray[np.uint64]


@dataclass(slots=True)
class Marks:
    """What one segment says of another's items."""

    dead: set[int] = field(default_factory=set)
    folds: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Columns:
    """What ranking needs of each item."""

    lengths: Numbers
    days: Numbers
    qualities: Numbers
    languages: Numbers


@dataclass(frozen=True, slots=True)
class Facets:
    """What items are counted and filtered by."""

    folders: list[str]
    people: list[str]
    tags: list[str]
    kinds: Numbers
    folder: Numbers
    person: Numbers
    """0 for none, else the place in `people` plus 1."""
    tag_counts: Numbers
    tag: Numbers


@dataclass(frozen=True, slots=True)
class Names:
    """By what writers know items again."""

    idents: Idents
    shown: Idents
    """Digest of everything that is shown and found of the item."""
    contents: Idents
    """Number of the content or address, equal for copies; 0 where there is none."""


class Segment:
    """A segment as it lies in files; its parts are read when they are asked for."""

    def __init__(self, files: Files, root: dict[str, Any], blobs: list[bytes], name: str = "") -> None:
        self.files, self.root, self.blobs, self.name = files, root, blobs, name
        self.id, self.count = str(root["id"]), int(root["count"])
        self.folds: dict[int, int] = dict(root["folds"])
        self._names: Names | None = None
        self._columns: Columns | None = None
        self._facets: Facets | None = None
        self._file_names: set[str] | None = None

    @staticmethod
    def read(files: Files, name: str) -> Segment:
        """Open the segment whose root has this name; raise DamagedFile where it can't be read."""
        try:
            return Segment(files, *uncontain(files.get(name)), name)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedFile(name) from error

    @property
    def marks(self) -> dict[str, Marks]:
        """What it says of the items of other segments, by their ids."""
        return {
            segment: Marks(set(said["dead"]), dict(said["folds"]))
            for segment, said in self.root["marks"].items()
        }

    def _raw(self, ref: str | int) -> bytes:
        return self.blobs[ref] if isinstance(ref, int) else self.files.get(ref)

    @property
    def columns(self) -> Columns:
        """Return what ranking needs of each item."""
        if self._columns is None:
            raw, count = self._raw(self.root["columns"]), self.count
            numbers = unvarints(raw[: len(raw) - 2 * count]) if count else np.zeros(0, np.int64)
            steps = numbers[count:]
            fixed = np.frombuffer(raw[len(raw) - 2 * count :], np.uint8).astype(np.int64)
            days = np.cumsum((steps >> 1) ^ -(steps & 1))
            self._columns = Columns(numbers[:count], days, fixed[:count], fixed[count:])
        return self._columns

    def times(self) -> Numbers:
        """Return the second of its day of each item."""
        return unvarints(self._raw(self.root["times"]))

    @property
    def facets(self) -> Facets:
        """Return what items are counted and filtered by."""
        if self._facets is None:
            line, _, rest = self._raw(self.root["facets"]).partition(b"\n")
            values, count = json.loads(line), self.count
            kinds = np.frombuffer(rest[:count], np.uint8).astype(np.int64)
            numbers = unvarints(rest[count:])
            self._facets = Facets(
                values["folders"], values["people"], values["tags"], kinds,
                numbers[:count], numbers[count : 2 * count],
                *_tags_of(numbers[2 * count :], count),
            )  # fmt: skip
        return self._facets

    @property
    def names(self) -> Names:
        """Return by what its items are known again."""
        if self._names is None:
            numbers = np.frombuffer(self._raw(self.root["names"]), ">u8").astype(np.uint64)
            self._names = Names(*numbers.reshape(3, self.count))
        return self._names

    def file_names(self) -> set[str]:
        """Return the names of all its files."""
        if self._file_names is None:
            root = self.root
            refs = [root["columns"], root["times"], root["facets"], root["names"], root["forms"]]
            refs += [ref for _, terms, occurrences, _ in root["shards"] for ref in (terms, occurrences)]
            self._file_names = {ref for ref in [*refs, *root["abouts"]] if isinstance(ref, str)}
            for page in range(len(root["abouts"])):
                self._file_names.update(self.about(page)[0])
            if self.name:
                self._file_names.add(self.name)
        return self._file_names

    def about(self, page: int) -> tuple[list[str], list[Row | None]]:
        """Return the text files and rows of one page of items."""
        found = json.loads(self._raw(self.root["abouts"][page]))
        return found["t"], found["i"]

    def rows(self, items: Iterable[int]) -> Iterator[tuple[int, Row | None, str]]:
        """Yield (item, row, name of its text file) of some items, in order."""
        page = -1
        texts: list[str] = []
        rows: list[Row | None] = []
        for item in sorted(items):
            if item // PER_ABOUT != page:
                page = item // PER_ABOUT
                texts, rows = self.about(page)
            row = rows[item % PER_ABOUT]
            yield item, row, texts[row[TEXT]] if row and row[TEXT] >= 0 else ""

    def without(self, items: Collection[int], since: int) -> tuple[dict[str, Any], list[bytes]]:
        """Return its root with nothing shown of some items any more; their words stay, `since` says from when on."""
        abouts = [*self.root["abouts"]]
        gone = set(items)
        for page in sorted({item // PER_ABOUT for item in gone}):
            texts, rows = self.about(page)
            first = page * PER_ABOUT
            for number, name in enumerate(texts):
                users = [(n, r[PLACE]) for n, r in enumerate(rows, first) if r and r[TEXT] == number]
                places = {place for n, place in users if n in gone} - {
                    place
                    for n, place in users
                    if n not in gone  # a copy says the same
                }
                if places:
                    kept = json.loads(self.files.get(name))
                    texts[number] = self.files.put(
                        "t", to_json([[] if place in places else one for place, one in enumerate(kept)])
                    )
            left = [None if number in gone else row for number, row in enumerate(rows, first)]
            abouts[page] = self.files.put("a", to_json({"t": texts, "i": left}))
        return {**self.root, "abouts": abouts, "since": self.root.get("since") or since}, self.blobs

    def blocks(self) -> Iterator[Block]:
        """Yield the postings, shard by shard."""
        for _, terms, occurrences, _ in self.root["shards"]:
            yield decode(self._raw(terms), self._raw(occurrences))

    def live(self, dead: Collection[int]) -> Numbers:
        """Return the items without the dead ones."""
        kept = np.ones(self.count, bool)
        kept[list(dead)] = False
        return np.flatnonzero(kept)


def _tags_of(numbers: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """Return how many tags each item has, and all of them, of numbers that go "how many, which, which, how many, …"."""
    counts, tags, at = [], [], 0
    values = numbers.tolist()
    for _ in range(count):
        size = values[at]
        counts.append(size)
        tags += values[at + 1 : at + 1 + size]
        at += 1 + size
    return np.asarray(counts, np.int64), np.asarray(tags, np.int64)
