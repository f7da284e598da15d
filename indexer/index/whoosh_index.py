"""The search index in Whoosh: ready postings in, the query tree evaluated over its posting lists.

Whoosh 2.7.4 keeps and merges the postings. Terms and weights come from `ranking.weigh`, so its analysers, parsers
and scorers are not used.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh was written for an older Python
    from whoosh import columns, fields, formats, index
    from whoosh.reading import TermNotFound

from indexer import ranking
from indexer.errors import StateError
from indexer.index.evaluate import Evaluation
from indexer.index.query import fold_folder
from indexer.index.whoosh_view import View
from indexer.model import (
    Entry,
    Found,
    Item,
    ItemId,
    Place,
    SearchRequest,
)
from indexer.words import forms

MANY_SEGMENTS = 10
_POOL_MB = 32
_PLACE = "place.json"
_TRIES = 40
_NO_POSITIONS = b"-"
"""Whoosh drops empty values and then takes another posting's for them."""

_Posting = tuple[bytes, int, float, bytes]


class _Postings(formats.Format):  # type: ignore[misc]
    """Posting values are 32-bit positions in this machine's byte order, or `_NO_POSITIONS`."""

    posting_size = -1

    def __init__(self) -> None:
        super().__init__()

    def decode_frequency(self, value: bytes) -> int:
        return len(value) >> 2


class _Ready(fields.FieldType):  # type: ignore[misc]
    """A field whose values are postings already."""

    def __init__(self) -> None:
        self.format = _Postings()
        self.analyzer = self.vector = self.column_type = None
        self.indexed, self.scorable, self.stored, self.unique, self.spelling = (
            True,
            False,
            False,
            False,
            False,
        )

    def index(self, value: list[_Posting], **_: object) -> list[_Posting]:
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ready)

    def __hash__(self) -> int:
        return hash(_Ready)


def _schema() -> fields.Schema:
    number = columns.NumericColumn
    return fields.Schema(
        id=_Ready(),
        text=_Ready(),
        title=_Ready(),
        kind=_Ready(),
        folder=_Ready(),
        by=_Ready(),
        tag=_Ready(),
        length=fields.COLUMN(number("I")),
        date=fields.COLUMN(number("q")),
        fold=fields.COLUMN(number("Q")),
        about=fields.STORED(),
    )


def _plain(values: Iterable[str]) -> list[_Posting]:
    return [
        (value.encode("utf-8", "surrogatepass"), 1, 1.0, _NO_POSITIONS)
        for value in dict.fromkeys(values)
        if value
    ]


def _chains(item: Item) -> Iterator[str]:
    """Yield every run of whole folder names, so that `in:` finds any of them at once."""
    names = fold_folder("/".join(item.folders)).split("/")
    for start in range(len(names)):
        for end in range(start + 1, len(names) + 1):
            yield "/".join(names[start:end])


def _document(item: Item, packed: bytes) -> dict[str, Any]:
    weighed = ranking.weigh(item, packed)
    text = [
        (
            term.encode(),
            1,
            float(weight),
            weighed.positions[term].tobytes() if term in weighed.positions else _NO_POSITIONS,
        )
        for term, weight in weighed.weights.items()
    ]
    title = [(form.encode(), 1, 1.0, where.tobytes()) for form, where in weighed.title_positions.items()]
    key = item.fold_key
    fold = (
        int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        if key
        else 0
    )
    return {
        "id": _plain([item.id]),
        "text": text,
        "title": title,
        "kind": _plain([item.kind]),
        "folder": _plain(_chains(item)),
        "by": _plain(forms(item.author)),
        "tag": _plain(" ".join(forms(tag)) for tag in item.tags),
        "length": min(weighed.length, 2**32 - 1),
        "date": round(item.date.timestamp() * 1000),
        "fold": fold,
        "about": (item.id, item.title.casefold(), item.path),
    }


class WhooshIndex:
    """A search index in a directory of its own. One process writes, any number search."""

    def __init__(self, directory: Path, *, create: bool = True) -> None:
        """Open the index; make it where it is missing and `create`. Raise StateError where it is damaged."""
        self._directory = directory
        self._view: View | None = None
        self._synced: set[str] = set()
        self._is_tidy = False
        if create and not list(directory.glob("*.toc")):
            directory.mkdir(parents=True, exist_ok=True)
            (directory / _PLACE).unlink(missing_ok=True)
            self._index = index.create_in(directory, _schema())
        else:
            self._index = self._patiently(lambda: index.open_dir(directory))

    def _patiently(self, step: Any) -> Any:
        """Do `step`, again where a writer in another process changed the files meanwhile."""
        for number in range(_TRIES):
            try:
                return step()
            except (OSError, index.IndexError, TypeError, EOFError, ValueError, KeyError) as error:
                if number == _TRIES - 1 or isinstance(error, index.EmptyIndexError):
                    raise StateError(
                        f"the search index is damaged ({error}): run `indexer rebuild`"
                    ) from error
                time.sleep(0.025)
        raise AssertionError

    def place(self) -> Place | None:
        """Return how far it has come; None where it holds nothing."""
        try:
            raw = json.loads((self._directory / _PLACE).read_text("utf-8"))
            return Place(str(raw["epoch"]), int(raw["seq"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def apply(self, entries: list[Entry], place: Place) -> None:
        """Take in `entries`, each replacing whatever its id had, and remember `place`."""
        try:
            writer = self._index.writer(limitmb=_POOL_MB, compound=False)
            for doc in self._documents_of(entry.id for entry in entries):
                writer.delete_document(doc)
            for entry in entries:
                if entry.item is not None:
                    writer.add_document(**_document(entry.item, entry.terms))
            writer.commit(merge=False)
            self._sync()
            self._remember(place)
            self._is_tidy = False
        except (OSError, index.LockError) as error:
            raise StateError(f"the search index can't be written: {error}") from error

    def _documents_of(self, ids: Iterable[ItemId]) -> list[int]:
        """Return the numbers of the documents that stand for these items: one look, not one an item."""
        with self._index.reader() as reader:
            found = []
            for item_id in ids:
                try:
                    found += list(reader.postings("id", item_id.encode()).all_ids())
                except TermNotFound:
                    continue
        return found

    def tidy(self, *, thoroughly: bool = False) -> None:
        """Merge small segments where there are many; `thoroughly`: all, so that nothing of removed items is left."""
        if self._is_tidy and not thoroughly:
            return
        segments = self._index._segments()
        if thoroughly or len(segments) > MANY_SEGMENTS:
            try:
                writer = self._index.writer(limitmb=_POOL_MB, compound=False)
                writer.commit(optimize=thoroughly, merge=True)
                self._sync()
            except (OSError, index.LockError) as error:
                raise StateError(f"the search index can't be written: {error}") from error
        self._is_tidy = True

    def _sync(self) -> None:
        """Have the system write new files to the disk, before the place says that they are there."""
        present = set()
        for path in self._directory.iterdir():
            if path.suffix == ".toc" or path.name not in self._synced:
                _fsync(path)
            present.add(path.name)
        _fsync(self._directory)
        self._synced = present

    def _remember(self, place: Place) -> None:
        temporary = self._directory / (_PLACE + ".tmp")
        temporary.write_text(json.dumps({"epoch": place.epoch, "seq": place.seq}), "utf-8")
        _fsync(temporary)
        temporary.replace(self._directory / _PLACE)

    def search(self, request: SearchRequest) -> Found:
        """Return the items that match, in order."""
        return Evaluation(self._current(), request).answer()

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions in an item at which any of the forms in `terms` stand."""
        return self._current().where(item_id, terms)

    def _current(self) -> View:
        """Return a view of the latest commit; never Whoosh's `refresh`."""
        generation = self._index.latest_generation()
        if self._view is None or self._view.generation != generation:
            self._release()
            self._view = self._patiently(lambda: View(index.open_dir(self._directory)))
        return self._view

    def _release(self) -> None:
        if self._view:
            self._view.reader.close()
            self._view = None

    def close(self) -> None:
        """Release its files."""
        self._release()
        self._index.close()


def _fsync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows has no such thing for directories
    flags = os.O_RDONLY if os.name != "nt" else os.O_RDWR
    try:
        handle = os.open(path, flags)
    except (FileNotFoundError, PermissionError):
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
