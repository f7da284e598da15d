"""A batch of items made into one segment: their ready postings are entered column by column, none as an object.

Only the writer imports this: searching needs no numpy.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer import postings, ranking
from indexer.index.query import fold_folder
from indexer.index.segment_file import BIG, COLUMNS, FIELDS, join_texts, write_segment
from indexer.model import Item, Kind
from indexer.words import LANGUAGES, forms

KINDS = tuple(Kind)
CODES = ("", *LANGUAGES)
Numbers = npt.NDArray[np.int64]
Column = npt.NDArray[np.unsignedinteger[npt.NBitBase]]
Sections = dict[str, tuple[str, bytes]]


class _Ids(dict[bytes, int]):
    """Key to a number, given in the order in which keys are first asked for."""

    def __missing__(self, key: bytes) -> int:
        made = self[key] = len(self)
        return made


@dataclass(slots=True)
class _Rows:
    """Postings in the order of documents, one row each: a document's text first, then what stands beside it."""

    ids: _Ids = field(default_factory=_Ids)
    terms: array[int] = field(default_factory=lambda: array("q"))
    weights: list[Column] = field(default_factory=list)
    counts: list[Column] = field(default_factory=list)
    positions: list[Column] = field(default_factory=list)
    per_doc: array[int] = field(default_factory=lambda: array("q"))


def build_segment(path: Path, items: Iterable[tuple[Item, bytes]]) -> tuple[int, int]:
    """Write the segment of `items`, each with the packed postings of its text; return documents and size in bytes."""
    text, others = _Rows(), _Rows()
    columns = {name: array(typecode) for name, typecode in COLUMNS.items()}
    paths: list[str] = []
    names: list[str] = []
    for item, packed in items:
        body = postings.unpack(packed)
        language = body.language if packed else ranking.language_beside(item)
        more = ranking.beside(item, language, body.end)
        _take_text(text, body, more)
        _take_fields(others, item, more)
        values = (
            int(item.id, 16), min(body.length * ranking.BODY + more.length, 2**32 - 1),
            round(item.date.timestamp() * 1000), fold_number(item.fold_key),
            ranking.quality(item, has_text=bool(body.terms)), CODES.index(language), KINDS.index(item.kind),
        )  # fmt: skip
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
        paths.append(item.path)
        names.append(item.title.casefold())
    sections = {
        **_postings_sections(others, text),
        **{name: (column.typecode, column.tobytes()) for name, column in columns.items()},
        **_id_sections(columns["idents"]),
        **_text_section("paths", paths),
        **_text_section("names", names),
    }
    return len(paths), write_segment(path, sections, segment_facts(columns["lengths"], columns["languages"]))


def segment_facts(lengths: Iterable[int], languages: Iterable[int]) -> dict[str, object]:
    """Return the facts of a segment's directory: documents, their total length, and how many are in each language."""
    lengths = list(lengths)
    return {
        "docs": len(lengths),
        "total_length": int(sum(lengths)),
        "languages": {CODES[code]: count for code, count in sorted(Counter(languages).items())},
    }


def fold_number(key: str) -> int:
    """Return the number that stands for a fold key; 0 where the item has no copies."""
    if not key:
        return 0
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


# --- taking in ------------------------------------------------------------------------------------


def _take_text(rows: _Rows, body: postings.Postings, more: ranking.Beside) -> None:
    before = len(rows.terms)
    if body.terms:
        rows.terms.extend(map(rows.ids.__getitem__, body.terms.split(b"\n")))
        rows.weights.append(np.asarray(body.weights))
        rows.counts.append(np.asarray(body.counts))
        rows.positions.append(np.asarray(body.positions))
    where = [more.positions[term] for term in more.weights]
    rows.terms.extend([rows.ids[term.encode()] for term in more.weights])
    rows.weights.append(np.fromiter(more.weights.values(), np.uint32, len(where)))
    rows.counts.append(np.fromiter(map(len, where), np.uint32, len(where)))
    rows.positions.append(np.fromiter(chain.from_iterable(where), np.uint32))
    rows.per_doc.append(len(rows.terms) - before)


def _take_fields(rows: _Rows, item: Item, more: ranking.Beside) -> None:
    keys = [FIELDS[name] + value.encode("utf-8", "surrogatepass") for name, value in _values(item)]
    keys = list(dict.fromkeys(keys))
    where = [(), *more.title_positions.values()]
    counts = [0] * len(keys) + [len(at) for at in more.title_positions.values()]
    keys += [FIELDS["title"] + form.encode() for form in more.title_positions]
    rows.terms.extend([rows.ids[key] for key in keys])
    rows.weights.append(np.ones(len(keys), np.uint32))
    rows.counts.append(np.asarray(counts, np.uint32))
    rows.positions.append(np.fromiter(chain.from_iterable(where), np.uint32))
    rows.per_doc.append(len(keys))


def _values(item: Item) -> Iterator[tuple[str, str]]:
    yield "kind", str(item.kind)
    if item.department is not None:
        yield "department", item.department
    for chain_of_names in _chains(item):
        yield "folder", chain_of_names
    for form in forms(item.author):
        yield "by", form
    if item.author:
        yield "person", item.author
    for tag in item.tags:
        yield "tag", " ".join(forms(tag))
        yield "label", tag


def _chains(item: Item) -> Iterator[str]:
    """Yield every run of whole folder names, so that `in:` finds any of them at once."""
    names = fold_folder("/".join(item.folders)).split("/")
    for start in range(len(names)):
        for end in range(start + 1, len(names) + 1):
            if names[start]:
                yield "/".join(names[start:end])


# --- sections -------------------------------------------------------------------------------------


def _postings_sections(others: _Rows, text: _Rows) -> Sections:
    """Sort the rows by term; fields come in the order of their first byte, the text last."""
    made = [_sorted_rows(others, b""), _sorted_rows(text, FIELDS["text"])]
    keys = [key for keys, *_ in made for key in keys]
    frequencies, sums, docs, weights, counts, positions = (
        np.concatenate([part[number] for part in made]) for number in range(1, 7)
    )
    return {
        "keys": ("B", b"".join(keys)),
        "key_ends": ("I", array("I", accumulate(map(len, keys))).tobytes()),
        "posting_ends": ("I", np.cumsum(frequencies, dtype=np.uint32).tobytes()),
        "position_ends": ("I", np.cumsum(sums, dtype=np.uint32).tobytes()),
        "docs": narrowed(docs),
        "positions": narrowed(positions),
        **with_big("weights", weights),
        **with_big("counts", counts),
    }


def _sorted_rows(rows: _Rows, prefix: bytes) -> tuple[list[bytes], Numbers, Numbers, Numbers, Numbers, Numbers, Numbers]:
    """Return keys; for each its number of postings and of positions; then documents, weights, counts, positions."""
    keys = sorted(rows.ids)
    rank = np.empty(len(keys), np.int64)
    rank[np.fromiter(map(rows.ids.__getitem__, keys), np.int64, len(keys))] = np.arange(len(keys))
    ranks = rank[np.asarray(rows.terms, np.int64)]
    order = np.argsort(ranks, kind="stable")
    ranks = ranks[order]
    per_doc = np.asarray(rows.per_doc, np.int64)
    docs = np.repeat(np.arange(len(per_doc)), per_doc)[order]
    counts = _joined(rows.counts)
    starts = np.cumsum(counts) - counts
    positions = _joined(rows.positions)
    weights, counts = _joined(rows.weights)[order], counts[order]
    positions = positions[ranges(starts[order], counts)]
    # a term of the text that stands beside it as well is one posting
    first = np.ones(len(docs), bool)
    first[1:] = (ranks[1:] != ranks[:-1]) | (docs[1:] != docs[:-1])
    at = np.flatnonzero(first)
    if len(at):
        weights, counts = np.add.reduceat(weights, at), np.add.reduceat(counts, at)
    ranks, docs = ranks[at], docs[at]
    frequencies = np.bincount(ranks, minlength=len(keys))
    sums = np.bincount(ranks, weights=counts, minlength=len(keys)).astype(np.int64)
    return [prefix + key for key in keys], frequencies, sums, docs, weights, counts, positions


def _joined(columns: list[Column]) -> Numbers:
    return np.concatenate([*columns, np.zeros(0, np.uint16)]).astype(np.int64)


def ranges(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return the numbers of all ranges, one after the other."""
    total = int(lengths.sum())
    shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return shift + np.arange(total)


def narrowed(values: Numbers) -> tuple[str, bytes]:
    """Return a section in two bytes a number, or in four where it must be."""
    if not len(values) or int(values.max()) < 1 << 16:
        return "H", values.astype(np.uint16).tobytes()
    return "I", values.astype(np.uint32).tobytes()


def with_big(name: str, values: Numbers, base: int = 0) -> Sections:
    """Return a section in one byte a number, and one with the places (from `base`) and values of those that need more."""
    large = np.flatnonzero(values >= BIG)
    pairs = np.stack((large + base, values[large]), 1).astype(np.uint32)
    return {name: ("B", np.minimum(values, BIG).astype(np.uint8).tobytes()), f"big_{name}": ("I", pairs.tobytes())}


def _id_sections(idents: array[int]) -> Sections:
    numbers = np.asarray(idents, np.uint64)
    order = np.argsort(numbers, kind="stable")
    return {"ids": ("Q", numbers[order].tobytes()), "id_docs": ("I", order.astype(np.uint32).tobytes())}


def _text_section(name: str, texts: list[str]) -> Sections:
    raw, ends = join_texts(texts)
    return {name: ("B", raw), f"{name[:-1]}_ends": ("I", ends.tobytes())}
