"""How does Whoosh see our segments? Through a codec, Whoosh's own extension point.

Whoosh keeps each commit (the TOC: schema, segments, removed documents) and can read the whole index with its own readers,
searchers and queries. What a search needs a thousand times a query, it takes from the segment file directly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from indexer.index.whoosh.importing import without_ballast

with without_ballast():
    from whoosh import fields, formats
    from whoosh.codec import base
    from whoosh.reading import TermInfo, TermNotFound

from indexer.index.whoosh.segment import EXTENSION
from indexer.index.whoosh.segment_file import FIELDS, SegmentFile


class Segment(base.Segment):  # type: ignore[misc]
    """One segment in the TOC: its numbers, and its removed documents."""

    def __init__(self, indexname: str) -> None:
        super().__init__(indexname)
        self.docs = 0
        self.size = 0
        """Bytes of the file."""
        self.removed: frozenset[int] = frozenset()

    def codec(self) -> Codec:
        return Codec()

    @property
    def filename(self) -> str:
        return str(self.make_filename(EXTENSION))

    def doc_count_all(self) -> int:
        return self.docs

    def deleted_count(self) -> int:
        return len(self.removed)

    def deleted_docs(self) -> frozenset[int]:
        return self.removed

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self.removed

    def should_assemble(self) -> bool:
        return False


class Codec(base.Codec):  # type: ignore[misc]
    """Reads segments; `segment_build` and `segment_merge` write them."""

    def terms_reader(self, storage: Any, segment: Segment) -> TermsReader:
        return TermsReader(SegmentFile(Path(storage.folder) / segment.filename, segment.size))

    def per_document_reader(self, storage: Any, segment: Segment) -> DocumentReader:
        return DocumentReader(Path(storage.folder) / segment.filename, segment)


class TermsReader(base.TermsReader):  # type: ignore[misc]
    """The terms of a segment."""

    def __init__(self, file: SegmentFile) -> None:
        self.file = file
        self._names = {prefix: name for name, prefix in FIELDS.items()}

    def _number(self, fieldname: str, text: bytes) -> int:
        number = self.file.term(FIELDS[fieldname] + text) if fieldname in FIELDS else None
        if number is None:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        return number

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return term[0] in FIELDS and self.file.term(FIELDS[term[0]] + term[1]) is not None

    def _named(self, number: int) -> tuple[str, bytes]:
        key = self.file.key(number)
        return self._names[key[:1]], key[1:]

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return map(self._named, range(self.file.term_count))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        return map(self._named, range(self.file.find(FIELDS[fieldname] + prefix), self.file.term_count))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        number = self._number(fieldname, text)
        docs, weights = self.file.docs(number), self.file.weights(number)
        return TermInfo(
            weight=float(sum(weights)), df=len(docs), minlength=1, maxlength=2**31, maxweight=float(max(weights)),
            minid=docs[0], maxid=docs[-1],
        )  # fmt: skip

    def frequency(self, fieldname: str, text: bytes) -> float:
        return float(self.term_info(fieldname, text).weight())

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        try:
            return self.file.frequency(self._number(fieldname, text))
        except TermNotFound:
            return 0

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> Any:
        from whoosh.matching import ListMatcher

        number = self._number(fieldname, text)
        positions, ends = self.file.position_ends(number)
        begins = [0, *ends[:-1]]
        return ListMatcher(
            self.file.docs(number).tolist(), list(map(float, self.file.weights(number))),
            [bytes(positions[a:b].tobytes()) for a, b in zip(begins, ends, strict=True)],
            format_, scorer, term=(fieldname, text), terminfo=self.term_info(fieldname, text),
        )  # fmt: skip

    def indexed_field_names(self) -> list[str]:
        return list(FIELDS)

    def close(self) -> None:
        self.file.close()


class DocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    """The documents of a segment."""

    def __init__(self, path: Path, segment: Segment) -> None:
        self._path, self._segment = path, segment

    @cached_property
    def _file(self) -> SegmentFile:
        return SegmentFile(self._path, self._segment.size)

    def doc_count(self) -> int:
        return int(self._segment.doc_count())

    def doc_count_all(self) -> int:
        return self._segment.docs

    def has_deletions(self) -> bool:
        return bool(self._segment.removed)

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self._segment.removed

    def deleted_docs(self) -> frozenset[int]:
        return self._segment.removed

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._file.section("lengths")[docnum]) if fieldname == "text" else default

    def field_length(self, fieldname: str) -> int:
        return int(self._file.facts["total_length"]) if fieldname == "text" else 0

    def min_field_length(self, fieldname: str) -> int:
        return min(self._file.section("lengths"), default=0) if fieldname == "text" else 0

    def max_field_length(self, fieldname: str) -> int:
        return max(self._file.section("lengths"), default=0) if fieldname == "text" else 0

    def stored_fields(self, docnum: int) -> dict[str, str]:
        file = self._file
        return {"id": f"{file.section('idents')[docnum]:016x}", "path": file.text_of("paths", docnum)}


class Positions(formats.Format):  # type: ignore[misc]
    """The values of postings are the segment's positions, in two or four bytes each."""

    posting_size = -1

    def __init__(self) -> None:
        super().__init__()


class Ready(fields.FieldType):  # type: ignore[misc]
    """A field whose terms are made by `indexer.words`, not by Whoosh's analysers."""

    def __init__(self) -> None:
        self.format = Positions()
        self.analyzer = self.vector = self.column_type = None
        self.indexed = self.scorable = True
        self.stored = self.unique = self.spelling = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ready)

    def __hash__(self) -> int:
        return hash(Ready)


def schema() -> Any:
    """Return the fields of the index."""
    return fields.Schema(id=fields.STORED(), path=fields.STORED(), **{name: Ready() for name in FIELDS})
