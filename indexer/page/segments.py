"""How are segments of the page read? From their files, each part when it is needed.

docs/page-format.md has the format; `making` makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.model.items import KINDS
from indexer.page import valid
from indexer.page.datafile import DamagedFile, Files, from_json, to_json, uncontain
from indexer.page.entry import DAY_S, MOST_DAYS, Facts, Row
from indexer.page.terms import decode
from indexer.terms.block import Block
from indexer.terms.languages import CODES
from indexer.terms.rows import Numbers, unvarints

PER_ABOUT = 50
_LENGTH = 1 << 40

Idents = npt.NDArray[np.uint64]
Passages = list[tuple[str, int]]
"""Runs of text, each with the number of its page, or 0."""


class Standing(IntEnum):
    """How far a segment is known to agree with this machine's catalogue."""

    DOUBTFUL = 0
    """Not at all: anybody may have written it."""
    LIVE = 1
    """In the items that were live when compared."""
    WHOLE = 2
    """In all items."""


@dataclass(slots=True)
class Marks:
    """What one segment says of another's items."""

    dead: set[int] = field(default_factory=set)
    folds: dict[int, int] = field(default_factory=dict)
    facts: dict[int, Facts] = field(default_factory=dict)
    """Facts that replace those in the rows."""

    def add(self, other: Marks) -> None:
        """Add what a later segment says."""
        self.dead |= other.dead
        self.folds |= other.folds
        self.facts |= other.facts

    def encode(self) -> dict[str, Any]:
        """Return it in the form of a file: empty parts are left out."""
        facts = [[item, facts.encode()] for item, facts in sorted(self.facts.items())]
        said = {"dead": sorted(self.dead), "folds": sorted(self.folds.items()), "facts": facts}
        return {name: value for name, value in said.items() if value}

    @staticmethod
    def decode(said: Mapping[str, Any]) -> Marks:
        """Return what `encode` made, which is known to be valid."""
        facts = {item: Facts.decode(those) for item, those in said.get("facts", ())}
        return Marks(set(said.get("dead", ())), dict(said.get("folds", ())), facts)


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
    sites: list[str]
    kinds: Numbers
    folder: Numbers
    person: Numbers
    """0 if none, else the place in `people` plus 1."""
    site: Numbers
    """0 if none, else the place in `sites` plus 1."""
    tag_counts: Numbers
    tag: Numbers


@dataclass(frozen=True, slots=True)
class Names:
    """What identifies items for writers."""

    idents: Idents
    shown: Idents
    """Digest of everything shown of the item or by which it is found."""
    contents: Idents
    """Number of the content or address, equal for copies; 0 if there is none."""


class PageSegment:
    """A segment in its files; each part is read when it is needed."""

    def __init__(
        self, files: Files, root: dict[str, Any], blobs: list[bytes], name: str = "",
        standing: Standing = Standing.DOUBTFUL,
    ) -> None:  # fmt: skip
        self.files, self.root, self.blobs, self.name = files, root, blobs, name
        self.standing = standing
        self.id, self.count = str(root["id"]), int(root["count"])
        self.folds: dict[int, int] = dict(root["folds"])
        self.found_by_is: dict[str, list[int]] = root.get("is", {})
        self._names: Names | None = None
        self._columns: Columns | None = None
        self._facets: Facets | None = None
        self._file_names: set[str] | None = None

    @staticmethod
    def read(files: Files, name: str) -> PageSegment:
        """Open the segment whose root has this name; raise DamagedFile if it can't be read."""
        try:
            return PageSegment.of(files, *uncontain(files.get(name)), name)
        except ValueError as error:
            raise DamagedFile(name) from error

    @staticmethod
    def of(files: Files, facts: object, blobs: list[bytes], name: str = "") -> PageSegment:
        """Return the segment with this root; raise ValueError if it is not one."""
        root = valid.root_of(facts, blobs)
        if len(root["abouts"]) != -(-root["count"] // PER_ABOUT):
            raise ValueError("not as many pages as items need")
        return PageSegment(files, root, blobs, name)

    @property
    def marks(self) -> dict[str, Marks]:
        """What it says of the items of other segments, by their ids."""
        return {segment: Marks.decode(said) for segment, said in self.root["marks"].items()}

    def raw(self, ref: str | int) -> bytes:
        """Return the bytes of a ref."""
        return self.blobs[ref] if isinstance(ref, int) else self.files.get(ref)

    def load(self) -> None:
        """Read the columns of all items; raise ValueError or DamagedFile if they are not valid."""
        _ = self.columns, self.times(), self.facets

    @property
    def columns(self) -> Columns:
        """Return what ranking needs of each item."""
        if self._columns is None:
            raw, count = self.raw(self.root["columns"]), self.count
            numbers = _numbers(raw[: len(raw) - 2 * count], 2 * count)
            steps = numbers[count:]
            fixed = np.frombuffer(raw[len(raw) - 2 * count :], np.uint8).astype(np.int64)
            days = np.cumsum((steps >> 1) ^ -(steps & 1))
            _check_within(numbers[:count], _LENGTH)
            _check_within(np.abs(days), MOST_DAYS)
            _check_within(fixed[count:], len(CODES))
            self._columns = Columns(numbers[:count], days, fixed[:count], fixed[count:])
        return self._columns

    def times(self) -> Numbers:
        """Return for each item the second within its day."""
        times = _numbers(self.raw(self.root["times"]), self.count)
        _check_within(times, DAY_S)
        return times

    @property
    def facets(self) -> Facets:
        """Return what items are counted and filtered by."""
        if self._facets is None:
            line, _, rest = self.raw(self.root["facets"]).partition(b"\n")
            folders, people, tags, sites = _value_lists(from_json(line))
            count = self.count
            kinds = np.frombuffer(rest[:count], np.uint8).astype(np.int64)
            numbers = unvarints(rest[count:])
            folder, person, site = (numbers[at * count : (at + 1) * count] for at in range(3))
            tag_counts, tag = _tags_of(numbers[3 * count :], count)
            for values, most in (
                (kinds, len(KINDS)), (folder, len(folders)), (person, len(people) + 1), (site, len(sites) + 1), (tag, len(tags))
            ):  # fmt: skip
                _check_within(values, most)
            if not len(kinds) == len(folder) == len(person) == len(site) == count:
                raise ValueError("not as many as items")
            self._facets = Facets(folders, people, tags, sites, kinds, folder, person, site, tag_counts, tag)
        return self._facets

    @property
    def names(self) -> Names:
        """Return what identifies its items."""
        if self._names is None:
            raw = self.raw(self.root["names"])
            if len(raw) != 24 * self.count:
                raise ValueError("not as many names as items")
            self._names = Names(*np.frombuffer(raw, ">u8").astype(np.uint64).reshape(3, self.count))
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

    def about(self, page: int) -> tuple[list[str], list[Any]]:
        """Return the text files and the encoded rows of one page of items; raise ValueError if it is not one."""
        found = from_json(self.raw(self.root["abouts"][page]))
        texts, said = (found.get("t"), found.get("i")) if isinstance(found, dict) else (None, None)
        expected = min(PER_ABOUT, self.count - page * PER_ABOUT)
        if not isinstance(texts, list) or not isinstance(said, list) or len(said) != expected:
            raise ValueError("not a page of items")
        if not valid.are_names(texts, "t", most=expected):
            raise ValueError("not names of text files")
        return texts, said

    def rows(
        self, items: Iterable[int], facts: Mapping[int, Facts] | None = None
    ) -> Iterator[tuple[int, Row | None, str]]:
        """Yield (item, row, name of its text file) for some items, in order; `facts` replace those in their rows."""
        page = -1
        texts: list[str] = []
        said: list[Any] = []
        for item in sorted(items):
            if item // PER_ABOUT != page:
                page = item // PER_ABOUT
                texts, said = self.about(page)
            row = _row(said[item % PER_ABOUT], len(texts))
            if row and facts and item in facts:
                row = replace(row, facts=facts[item])
            yield item, row, texts[row.text] if row and row.text >= 0 else ""

    def passages(self, text: str, row: Row) -> Passages:
        """Return the text of an item from the file of that name; raise ValueError or DamagedFile if that fails."""
        return passages_of(text_file(self.files, text), row.place)

    def without(self, items: Collection[int], since: int) -> tuple[dict[str, Any], list[bytes]]:
        """Return its root without the rows of some items; their words stay, and `since` says from when on."""
        abouts = [*self.root["abouts"]]
        gone = set(items)
        for page in sorted({item // PER_ABOUT for item in gone}):
            texts, said = self.about(page)
            rows = [_row(one, len(texts)) for one in said]
            first = page * PER_ABOUT
            for number, name in enumerate(texts):
                users = [(n, r.place) for n, r in enumerate(rows, first) if r and r.text == number]
                places = {place for n, place in users if n in gone} - {
                    place
                    for n, place in users
                    if n not in gone  # a copy says the same
                }
                if places:
                    kept = text_file(self.files, name)
                    texts[number] = self.files.put(
                        "t", to_json([[] if place in places else one for place, one in enumerate(kept)])
                    )
            left = [None if n in gone else one for n, one in enumerate(said, first)]
            abouts[page] = self.files.put("a", to_json({"t": texts, "i": left}))
        return {**self.root, "abouts": abouts, "since": self.root.get("since") or since}, self.blobs

    def blocks(self) -> Iterator[Block]:
        """Yield the postings, shard by shard."""
        for _, terms, occurrences, size in self.root["shards"]:
            places = self.raw(occurrences)
            if len(places) != size:
                raise ValueError("not as many places as said")
            block = decode(self.raw(terms), places)
            _check_within(block.docs, self.count)
            yield block

    def live(self, dead: Collection[int]) -> Numbers:
        """Return the items without the dead ones."""
        kept = np.ones(self.count, bool)
        kept[list(dead)] = False
        return np.flatnonzero(kept)


def _row(said: Any, texts: int) -> Row | None:
    row = None if said is None else Row.decode(said)
    if row and row.text >= texts:
        raise ValueError("a text that is nowhere")
    return row


def text_file(files: Files, name: str) -> list[Any]:
    """Return the texts of a text file; raise ValueError or DamagedFile if it is not one."""
    found = from_json(files.get(name))
    if not isinstance(found, list):
        raise ValueError("not a text file")
    return found


def passages_of(texts: list[Any], place: int) -> Passages:
    """Return the passages at a place of a text file; raise ValueError if there are none."""
    passages = texts[place] if place < len(texts) else None
    if not isinstance(passages, list):
        raise ValueError("not a text")
    return [_passage(passage) for passage in passages]


def _passage(said: Any) -> tuple[str, int]:
    text, page = said if isinstance(said, list) and len(said) == 2 else (None, None)
    if not isinstance(text, str) or type(page) is not int or not 0 <= page < 1 << 32:
        raise ValueError("not a passage")
    return text, page


def _numbers(raw: bytes, count: int) -> Numbers:
    numbers = unvarints(raw)
    if len(numbers) != count:
        raise ValueError("not as many numbers as items need")
    return numbers


def _check_within(numbers: Numbers, most: int) -> None:
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < most:
        raise ValueError("a number that means nothing")


def _value_lists(said: object) -> list[list[str]]:
    lists = (
        [said.get(name) for name in ("folders", "people", "tags", "sites")] if isinstance(said, dict) else []
    )
    found = [one for one in lists if isinstance(one, list) and all(isinstance(value, str) for value in one)]
    if len(found) != 4:
        raise ValueError("not lists of values")
    return found


def _tags_of(numbers: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """Split "how many, which, which, how many, …" into the number of tags of each item, and all tags."""
    counts, tags, at = [], [], 0
    values = numbers.tolist()
    for _ in range(count):
        size = values[at] if at < len(values) else -1
        if not 0 <= size < len(values) - at:
            raise ValueError("not as many tags as said")
        counts.append(size)
        tags += values[at + 1 : at + 1 + size]
        at += 1 + size
    if at != len(values):
        raise ValueError("more than the tags of items")
    return np.asarray(counts, np.int64), np.asarray(tags, np.int64)
