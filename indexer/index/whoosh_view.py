"""One commit of the Whoosh index, open for reading: documents, columns, posting lists."""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh was written for an older Python
    from whoosh.reading import TermNotFound

from indexer.model import ItemId
from indexer.words import STEM_MARK


class View:
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
