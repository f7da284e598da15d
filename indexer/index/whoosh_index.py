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
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh was written for an older Python
    from whoosh import columns, fields, formats, index
    from whoosh.reading import TermNotFound

from indexer import ranking
from indexer.errors import StateError
from indexer.index.order import (
    Candidate,
    is_one_edit,
    most_frequent,
    order,
    relaxable,
    relaxed_levels,
)
from indexer.index.query import fold_folder, is_scored
from indexer.model import (
    And,
    Entry,
    Filter,
    Found,
    Fuzzy,
    Hit,
    Item,
    ItemId,
    Not,
    Or,
    Phrase,
    Place,
    Prefix,
    Query,
    SearchRequest,
    Word,
)
from indexer.words import STEM_MARK, forms, word_terms

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
        self._view: _View | None = None
        self._synced: set[str] = set()
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
        segments = self._index._segments()
        if thoroughly or len(segments) > MANY_SEGMENTS:
            try:
                writer = self._index.writer(limitmb=_POOL_MB, compound=False)
                writer.commit(optimize=thoroughly, merge=True)
                self._sync()
            except (OSError, index.LockError) as error:
                raise StateError(f"the search index can't be written: {error}") from error

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
        return _Search(self._current(), request).answer()

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions in an item at which any of the forms in `terms` stand."""
        return self._current().where(item_id, terms)

    def _current(self) -> _View:
        """Return a view of the latest commit; never Whoosh's `refresh`."""
        generation = self._index.latest_generation()
        if self._view is None or self._view.generation != generation:
            self._release()
            self._view = self._patiently(lambda: _View(index.open_dir(self._directory)))
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


class _View:
    """One commit of the index, open for reading. Documents are numbered across its segments."""

    def __init__(self, opened: Any) -> None:
        self.generation = opened.latest_generation()
        self.reader = opened.reader()
        self.leaves = list(self.reader.leaf_readers()) if not self.reader.is_atomic() else [(self.reader, 0)]
        self.bases = [base for _, base in self.leaves]
        self.live = self.reader.doc_count()
        self._columns: dict[str, Any] = {}
        lengths = self.column("length")
        self.mean_length = (
            sum(lengths[doc] for doc in self.reader.all_doc_ids()) / self.live if self.live else 0.0
        )

    def column(self, name: str) -> array[int]:
        """Return the values of a column for every document number."""
        if name not in self._columns:
            values = array({"length": "I", "date": "q", "fold": "Q"}[name])
            for leaf, _ in self.leaves:
                values.extend(
                    leaf.column_reader(name) if leaf.has_column(name) else [0] * leaf.doc_count_all()
                )
            self._columns[name] = values
        return self._columns[name]  # type: ignore[no-any-return]

    def postings(self, fieldname: str, term: str) -> Iterator[tuple[Any, int]]:
        """Yield a matcher for each segment with the term, and the segment's first document number."""
        raw = term.encode("utf-8", "surrogatepass")
        for leaf, base in self.leaves:
            try:
                matcher = leaf.postings(fieldname, raw)
            except TermNotFound:
                continue
            if matcher.is_active():
                yield matcher, base

    def docs(self, fieldname: str, term: str) -> set[int]:
        """Return the documents that have a term."""
        return {base + doc for matcher, base in self.postings(fieldname, term) for doc in matcher.all_ids()}

    def weights(self, terms: Iterable[str]) -> dict[int, float]:
        """Return the documents that have any of `terms` of the text, with their weights summed."""
        found: dict[int, float] = {}
        for term in terms:
            for matcher, base in self.postings("text", term):
                while matcher.is_active():
                    doc = base + matcher.id()
                    found[doc] = found.get(doc, 0.0) + matcher.weight()
                    matcher.next()
        return found

    def positions(self, fieldname: str, form: str, wanted: list[int]) -> dict[int, array[int]]:
        """Return the positions of a form in those of the `wanted` documents (ascending) that have it."""
        found = {}
        for matcher, base in self.postings(fieldname, form):
            for doc in wanted:
                if doc < base or not matcher.is_active():
                    continue
                matcher.skip_to(doc - base) if matcher.id() < doc - base else None
                if matcher.is_active() and matcher.id() == doc - base:
                    found[doc] = array("I", matcher.value())
        return found

    def adjacent(self, fieldname: str, phrase: tuple[str, ...]) -> dict[int, int]:
        """Return the documents in which the forms stand side by side, with how often they do."""
        common = set.intersection(*(self.docs(fieldname, form) for form in dict.fromkeys(phrase)))
        wanted = sorted(common)
        at = {form: self.positions(fieldname, form, wanted) for form in dict.fromkeys(phrase)}
        found = {}
        for doc in wanted:
            begins = set(at[phrase[0]][doc])
            for step, form in enumerate(phrase[1:], 1):
                begins &= {position - step for position in at[form][doc]}
            if begins:
                found[doc] = len(begins)
        return found

    def lexicon(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the forms that begin so, with a frequency that counts removed documents too."""
        raw = prefix.encode()
        for term in self.reader.expand_prefix("text", raw) if prefix else self.reader.lexicon("text"):
            form = term.decode()
            if not form.startswith(STEM_MARK):
                yield form, self.reader.doc_frequency("text", term)

    def about(self, doc: int) -> tuple[ItemId, str, str]:
        """Return id, name to sort by, and path."""
        return self.reader.stored_fields(doc)["about"]  # type: ignore[no-any-return]

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the positions of any of `terms` in an item."""
        wanted = sorted(self.docs("id", item_id))
        found: set[int] = set()
        for term in terms:
            if not term.startswith(STEM_MARK):
                for at in self.positions("text", term, wanted).values():
                    found.update(at)
        return tuple(sorted(found))


@dataclass(slots=True)
class _Search:
    """One search over one view."""

    view: _View
    request: SearchRequest
    complete: bool = True
    matched: set[str] = field(default_factory=set)
    _scores: dict[int, float] = field(default_factory=dict)
    _leaves: dict[Query, dict[int, float]] = field(default_factory=dict)

    def answer(self) -> Found:
        query = self.request.query
        docs = self._match(query)
        relaxed = False
        if not docs and self.request.relax:
            docs = self._relax(query)
            relaxed = bool(docs)
        scored = is_scored(query)
        if scored:
            self._score(query, docs)
        sort = self.request.sort if scored or self.request.sort != "relevance" else "newest"
        dates, folds = self.view.column("date"), self.view.column("fold")
        now = (self.request.now or datetime.now(UTC)).timestamp() * 1000
        matches = {
            doc: Candidate(
                self._scores.get(doc, 0.0) * ranking.recency((now - dates[doc]) / 86_400_000),
                dates[doc],
                folds[doc],
            )
            for doc in docs
        }
        ordered = order(matches, sort, lambda doc: self.view.about(doc)[1:])
        shown = ordered[self.request.offset : self.request.offset + self.request.limit]
        hits = tuple(
            Hit(
                self.view.about(doc)[0],
                matches[doc].score,
                tuple(self.view.about(copy)[0] for copy in copies),
            )
            for doc, copies in shown
        )
        return Found(hits, len(ordered), relaxed, self.complete, self._highlighted(query))

    # --- which ----------------------------------------------------------------------------------------

    def _match(self, query: Query) -> set[int]:
        match query:
            case And(parts):
                return self._match_all(parts)
            case Or(parts):
                return set().union(*map(self._match, parts))
            case Not(part):
                return set(self.view.reader.all_doc_ids()) - self._match(part)
            case Filter(name, value):
                return self._match_filter(name, value)
        return set(self._leaf(query))

    def _match_all(self, parts: tuple[Query, ...]) -> set[int]:
        kept: set[int] | None = None
        for part in parts:
            if not isinstance(part, Not):
                found = self._match(part)
                kept = found if kept is None else kept & found
        docs = set(self.view.reader.all_doc_ids()) if kept is None else kept
        for part in parts:
            if isinstance(part, Not) and docs:
                docs = docs - self._match(part.part)
        return docs

    def _match_filter(self, name: str, value: str) -> set[int]:
        view = self.view
        if name in ("after", "before"):
            limit = datetime.fromisoformat(value).timestamp() * 1000
            dates = view.column("date")
            return {d for d in view.reader.all_doc_ids() if (dates[d] >= limit) == (name == "after")}
        if name == "title":
            return set(view.adjacent("title", tuple(value.split())))
        if name == "by":
            return set.intersection(*(view.docs("by", form) for form in value.split()))
        return view.docs({"kind": "kind", "in": "folder", "tag": "tag"}[name], value)

    def _relax(self, query: Query) -> set[int]:
        loose, fixed = relaxable(query)
        found = [set(self._leaf(part)) for part in loose]
        allowed = self._match_all(tuple(fixed)) if fixed else None
        counts: dict[int, int] = {}
        for docs in found:
            for doc in docs if allowed is None else docs & allowed:
                counts[doc] = counts.get(doc, 0) + 1
        for level in relaxed_levels(len(loose)):
            if docs := {doc for doc, count in counts.items() if count >= level}:
                return docs
        return set()

    def _leaf(self, query: Query) -> dict[int, float]:
        """Return the documents of a word, phrase, prefix or fuzzy word, with their weights."""
        if query not in self._leaves:
            self._leaves[query] = self._look_up(query)
        return self._leaves[query]

    def _look_up(self, query: Query) -> dict[int, float]:
        match query:
            case Word(form):
                return self.view.weights(word_terms(form))
            case Phrase(phrase):
                if len(phrase) == 1:
                    return self.view.weights(phrase)
                return {doc: float(count) for doc, count in self.view.adjacent("text", phrase).items()}
            case Prefix() | Fuzzy():
                return self.view.weights(self._expand(query))
        raise AssertionError(query)

    def _expand(self, query: Prefix | Fuzzy) -> list[str]:
        if isinstance(query, Prefix):
            candidates = self.view.lexicon(query.form)
        else:
            candidates = ((f, n) for f, n in self.view.lexicon() if is_one_edit(query.form, f))
        found, complete = most_frequent(candidates, lambda form: len(self.view.docs("text", form)))
        self.complete = self.complete and complete
        return found

    # --- how well -------------------------------------------------------------------------------------

    def _score(self, query: Query, docs: set[int]) -> None:
        lengths, mean = self.view.column("length"), self.view.mean_length
        for part in _scored_leaves(query):
            weights = self._leaf(part)
            told = ranking.idf(self.view.live, len(weights))
            for doc in weights.keys() & docs:
                score = ranking.word_score(told, weights[doc], lengths[doc], mean)
                self._scores[doc] = self._scores.get(doc, 0.0) + score

    def _highlighted(self, query: Query) -> frozenset[str]:
        found: set[str] = set()
        for part in _scored_leaves(query):
            match part:
                case Word(form):
                    found.update((form, *word_terms(form)))
                case Phrase(phrase):
                    found.update(phrase)
                case Prefix() | Fuzzy():
                    found.update(self._expand(part))
        return frozenset(found)


def _scored_leaves(query: Query) -> Iterator[Query]:
    """Yield the words, phrases, prefixes and fuzzy words that are not excluded, each once a time it is asked for."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _scored_leaves(part)
        case Not() | Filter():
            return
        case _:
            yield query
