"""What does one commit of the index hold? Its segments, open for reading, and what is known of them together."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from indexer.index.whoosh.segment_file import FIELDS, SegmentFile, key_of
from indexer.model.items import ItemId
from indexer.terms.languages import CODES
from indexer.terms.words import STEM_MARK

if TYPE_CHECKING:
    from indexer.index.whoosh.segment import Segment

_MOST_REACHED = 2000
_LAST = "\U0010ffff"
_IDEOGRAPHS = "\u3400", "\u9fff"
_AFTER_IDEOGRAPHS = "\ua000"


class Reached(NamedTuple):
    """The places of one term in the documents of a segment."""

    docs: Any
    """Ascending."""
    flat: Any
    """The positions in all documents."""
    ends: list[int]
    """Where the positions of each document end."""

    def positions(self, doc: int) -> Any:
        """Return the ascending positions in a document; empty if it lacks the term."""
        at = bisect_left(self.docs, doc)
        if at == len(self.docs) or self.docs[at] != doc:
            return ()
        return self.flat[self.ends[at - 1] if at else 0 : self.ends[at]]


class View:
    """Segments of one commit. Documents are numbered within their segment."""

    def __init__(
        self, generation: int, files: list[SegmentFile], removed: list[frozenset[int]], live: int, mean_length: float,
        languages: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.generation = generation
        self.files = files
        self.removed = removed
        self.live = live
        """The number of live items."""
        self.mean_length = mean_length
        self.languages = languages
        """The languages of the live items, without the empty one."""
        self._reached: dict[tuple[int, bytes], Reached | None] = {}

    @staticmethod
    def of(
        directory: Path, generation: int, segments: Sequence[Segment], previous: View | None = None
    ) -> View:
        """Open the segments of a commit; files already open in `previous` are shared.

        Raise StateError if a file is missing or its size is wrong.
        """
        open_files = {file.path.name: file for file in previous.files} if previous else {}
        files: list[SegmentFile] = []
        opened: list[SegmentFile] = []
        try:
            for segment in segments:
                file = open_files.get(segment.filename)
                if file is None:
                    file = SegmentFile(directory / segment.filename, segment.size)
                    opened.append(file)
                files.append(file)
        except BaseException:
            for file in opened:
                file.close()
            raise
        for segment in segments:
            open_files.pop(segment.filename, None)
        if previous:
            previous._reached.clear()
        for file in open_files.values():
            file.close()
        removed = [segment.removed for segment in segments]
        live = sum(segment.doc_count() for segment in segments)
        total = sum(file.facts["total_length"] for file in files)
        languages: Counter[str] = Counter()
        for file, gone in zip(files, removed, strict=True):
            languages.update(file.facts["languages"])
            if gone:
                lengths, codes = file.section("lengths"), file.section("languages")
                total -= sum(lengths[doc] for doc in gone)
                languages.subtract(CODES[codes[doc]] for doc in gone)
        spoken = tuple(sorted(language for language, count in languages.items() if language and count > 0))
        return View(generation, files, removed, live, total / live if live else 0.0, spoken)

    def is_whole(self) -> bool:
        """Tell whether every file is as written; reads all of them."""
        return all(file.is_whole() for file in self.files)

    def close(self) -> None:
        """Release the files."""
        self._reached.clear()
        for file in self.files:
            file.close()

    def all_docs(self, number: int) -> set[int]:
        """Return the live documents of a segment."""
        return set(range(self.files[number].doc_count)) - self.removed[number]

    def docs(self, number: int, fieldname: str, text: str) -> set[int]:
        """Return the live documents of a segment that have a term in a field."""
        file = self.files[number]
        term = file.term(key_of(fieldname, text))
        return set() if term is None else set(file.docs(term)) - self.removed[number]

    def docs_but(self, number: int, fieldname: str, text: str) -> set[int]:
        """Return the live documents of a segment that have another value than this in a field; not those without any."""
        found: set[int] = set()
        for at, value, term in self.values(fieldname):
            if at == number and value != text:
                found.update(self.files[number].docs(term))
        return found - self.removed[number]

    def has(self, number: int, term: str) -> bool:
        """Tell whether a segment has a term of the text, in removed documents at least."""
        return self.files[number].term(key_of("text", term)) is not None

    def weights(self, number: int, term: str) -> dict[int, float]:
        """Return the live documents of a segment that have a term of the text, with their weights."""
        file = self.files[number]
        found = file.term(key_of("text", term))
        if found is None:
            return {}
        made = dict(zip(file.docs(found), file.weights(found), strict=True))
        for doc in self.removed[number] & made.keys():
            del made[doc]
        return made

    def frequency(self, form: str) -> int:
        """Return how many live items have a form."""
        count = 0
        for file, gone in zip(self.files, self.removed, strict=True):
            term = file.term(key_of("text", form))
            if term is not None:
                count += file.frequency(term)
                if gone:
                    count -= len(gone.intersection(file.docs(term)))
        return count

    def where(self, item_id: ItemId, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions of any of `terms` in an item."""
        place = self._place_of(item_id)
        return self.positions(*place, terms) if place else ()

    def copies(self, item_id: ItemId) -> frozenset[ItemId]:
        """Return the live items that form one result with an item, itself included; none if it is not among them."""
        place = self._place_of(item_id)
        if place is None:
            return frozenset()
        fold = self.files[place[0]].section("folds")[place[1]]
        found = {item_id}
        for file, gone in zip(self.files, self.removed, strict=True) if fold else ():
            idents, folds = file.section("idents"), file.section("folds")
            found.update(
                ItemId(f"{idents[doc]:016x}")
                for doc, other in enumerate(folds)
                if other == fold and doc not in gone
            )
        return frozenset(found)

    def _place_of(self, item_id: ItemId) -> tuple[int, int] | None:
        """Return the segment of a live item, and its document there."""
        ident = int(item_id, 16)
        for number, file in enumerate(self.files):
            doc = file.doc_of(ident)
            if doc is not None and doc not in self.removed[number]:
                return number, doc
        return None

    def positions(self, number: int, doc: int, terms: frozenset[str]) -> tuple[int, ...]:
        """Return the ascending positions of any of `terms` in a document."""
        found: set[int] = set()
        for term in terms:
            if reached := self.reached(number, "text", term):
                found.update(reached.positions(doc))
        return tuple(sorted(found))

    def reached(self, number: int, fieldname: str, term: str) -> Reached | None:
        """Return the places of a term in a segment; None if it has none there."""
        key = key_of(fieldname, term)
        if (number, key) not in self._reached:
            if len(self._reached) > _MOST_REACHED:
                self._reached.clear()
            file = self.files[number]
            found = file.term(key)
            made = None if found is None else Reached(file.docs(found), *file.position_ends(found))
            self._reached[number, key] = made
        return self._reached[number, key]

    # --- vocabulary -------------------------------------------------------------------------------

    def values(self, fieldname: str) -> Iterator[tuple[int, str, int]]:
        """Yield (segment, value, term number) of each value of a field."""
        prefix = FIELDS[fieldname]
        for number, file in enumerate(self.files):
            first, last = file.find(prefix), file.find(bytes((prefix[0] + 1,)))
            for term, key in enumerate(file.keys(first, last), first):
                yield number, key[1:].decode("utf-8", "surrogatepass"), term

    def forms_from(self, prefix: str) -> dict[str, int]:
        """Return the forms with a prefix, and how many items have them, removed ones included."""
        found: dict[str, int] = {}
        for file in self.files:
            first, last = file.find(key_of("text", prefix)), file.find(key_of("text", prefix + _LAST))
            for key, count in zip(file.keys(first, last), file.frequencies(first, last), strict=True):
                form = key[1:].decode()
                found[form] = found.get(form, 0) + count
        return found

    def forms_near(self, form: str) -> dict[str, int]:
        """Return the forms at most one edit away (insert, drop, change, swap), and how many items have them."""
        found: dict[str, int] = {}
        for file in self.files:
            for near in _near(file, form):
                term = file.term(key_of("text", near))
                if term is not None:
                    found[near] = found.get(near, 0) + file.frequency(term)
        return found


def _near(file: SegmentFile, form: str) -> set[str]:
    """Return forms one edit away that may be in the segment: dropped and swapped letters are tried; changed and
    inserted ones come from the characters that follow each beginning of the form in the sorted terms."""
    found = {form}
    for at in range(len(form) + 1):
        start, rest = form[:at], form[at:]
        first, last = file.find(key_of("text", start)), file.find(key_of("text", start + _LAST))
        if first == last:
            break
        found.add(start + rest[1:])
        if len(rest) > 1:
            found.add(start + rest[1] + rest[0] + rest[2:])
        for c in _following(file, start, first, last):
            found.update((start + c + rest[1:], start + c + rest) if rest else (start + c,))
    return {near for near in found if near and not near.startswith(STEM_MARK)}


def _following(file: SegmentFile, start: str, first: int, last: int) -> Iterator[str]:
    """Yield the characters that come after `start` in the terms from `first` to `last`."""
    at = first
    while at < last:
        text = file.key(at)[1:].decode()
        if len(text) == len(start):
            at += 1
            continue
        c = text[len(start)]
        if _IDEOGRAPHS[0] <= c <= _IDEOGRAPHS[1] and not any(_is_ideograph(other) for other in start):
            at = file.find(key_of("text", start + _AFTER_IDEOGRAPHS))  # never adjacent to letters
            continue
        yield c
        at = file.find(key_of("text", start + c + _LAST))


def _is_ideograph(c: str) -> bool:
    return _IDEOGRAPHS[0] <= c <= _IDEOGRAPHS[1]


def most_frequent(forms: dict[str, int], view: View, most: int, *, exact: bool) -> tuple[list[str], bool]:
    """Return the most frequent of `forms`, ties by spelling, and whether these are all.

    The numbers are upper bounds of how many live items have the forms, or exact numbers if `exact`.
    """
    if exact:
        best = heapq.nsmallest(most, ((-count, form) for form, count in forms.items() if count))
        return [form for _, form in best], sum(1 for count in forms.values() if count) <= most
    bounded = sorted(forms.items(), key=lambda pair: (-pair[1], pair[0]))
    counted: list[tuple[int, str]] = []
    alive = 0
    for form, bound in bounded:
        if alive > most and bound < -counted[most - 1][0]:
            break
        count = view.frequency(form)
        if count:
            alive += 1
            counted.append((-count, form))
            counted.sort()
            counted = counted[: most + 1]
    return [form for _, form in counted[:most]], alive <= most
