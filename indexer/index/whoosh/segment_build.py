"""How does a batch of items become a segment? Its ready postings are entered column by column, none as an object.

Only the writer imports this: searching needs no numpy.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np

from indexer.index.whoosh.segment_file import BIG, COLUMNS, FIELDS, join_texts, key_of, write_segment
from indexer.model.items import KINDS, Item
from indexer.model.names import fold_folder
from indexer.model.site import sites_above
from indexer.model.terms import ItemTerms
from indexer.terms import weighing
from indexer.terms.languages import CODES
from indexer.terms.rows import Numbers, Rows
from indexer.terms.words import forms

Sections = dict[str, tuple[str, bytes]]


def build_segment(path: Path, items: Iterable[tuple[Item, ItemTerms]]) -> tuple[int, int]:
    """Write the segment of `items`, each with its terms; return documents and size in bytes."""
    text, others = Rows(), Rows()
    columns = {name: array(typecode) for name, typecode in COLUMNS.items()}
    paths: list[str] = []
    names: list[str] = []
    for item, terms in items:
        text.add_text(terms)
        keys = list(dict.fromkeys(key_of(name, value) for name, value in _values(item)))
        title_positions = terms.beside.title_positions
        titles = [key_of("title", form) for form in title_positions]
        others.add_keys([*keys, *titles], [*([()] * len(keys)), *title_positions.values()])
        values = (
            int(item.id, 16), min(terms.length, 2**32 - 1),
            round(item.date.timestamp() * 1000), item.content_number,
            weighing.quality(item, has_text=terms.has_text), CODES.index(terms.language), KINDS.index(item.kind),
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
    """Return the facts of a segment's directory: documents, their total length, and the number in each language."""
    lengths = list(lengths)
    return {
        "docs": len(lengths),
        "total_length": int(sum(lengths)),
        "languages": {CODES[code]: count for code, count in sorted(Counter(languages).items())},
    }


def _values(item: Item) -> Iterator[tuple[str, str]]:
    yield "kind", str(item.kind)
    if item.department is not None:
        yield "department", item.department
    for names in _chains(item):
        yield "folder", names
    for form in forms(item.author):
        yield "by", form
    if item.author:
        yield "person", item.author
    for tag in item.tags:
        yield "tag", " ".join(forms(tag))
        yield "label", tag
    for value in item.found_by_is:
        yield "is", value
    for site in sites_above(item.site):
        yield "site", site


def _chains(item: Item) -> Iterator[str]:
    """Yield every run of whole folder names, so that `in:` is one lookup."""
    names = fold_folder("/".join(item.folders)).split("/")
    for start in range(len(names)):
        for end in range(start + 1, len(names) + 1):
            if names[start]:
                yield "/".join(names[start:end])


# --- sections -------------------------------------------------------------------------------------


def _postings_sections(others: Rows, text: Rows) -> Sections:
    """Sort the rows by term; fields are in the order of their first byte, the text last."""
    parts = [others.sort(), text.sort()]
    keys = parts[0].keys + [FIELDS["text"] + key for key in parts[1].keys]
    return {
        "keys": ("B", b"".join(keys)),
        "key_ends": ("I", array("I", accumulate(map(len, keys))).tobytes()),
        "posting_ends": _ends([part.frequencies for part in parts]),
        "position_ends": _ends([part.sums for part in parts]),
        "docs": narrowed(np.concatenate([part.docs for part in parts])),
        "positions": narrowed(np.concatenate([part.positions for part in parts])),
        **with_big("weights", np.concatenate([part.weights for part in parts])),
        **with_big("counts", np.concatenate([part.counts for part in parts])),
    }


def _ends(lengths: list[Numbers]) -> tuple[str, bytes]:
    return "I", np.cumsum(np.concatenate(lengths), dtype=np.uint32).tobytes()


def narrowed(values: Numbers) -> tuple[str, bytes]:
    """Return a section in two bytes a number, or in four if needed."""
    if not len(values) or int(values.max()) < 1 << 16:
        return "H", values.astype(np.uint16).tobytes()
    return "I", values.astype(np.uint32).tobytes()


def with_big(name: str, values: Numbers, base: int = 0) -> Sections:
    """Return a section with one byte a number, and one with the places (from `base`) and values of larger numbers."""
    large = np.flatnonzero(values >= BIG)
    pairs = np.stack((large + base, values[large]), 1).astype(np.uint32)
    return {
        name: ("B", np.minimum(values, BIG).astype(np.uint8).tobytes()),
        f"big_{name}": ("I", pairs.tobytes()),
    }


def _id_sections(idents: array[int]) -> Sections:
    numbers = np.asarray(idents, np.uint64)
    order = np.argsort(numbers, kind="stable")
    return {"ids": ("Q", numbers[order].tobytes()), "id_docs": ("I", order.astype(np.uint32).tobytes())}


def _text_section(name: str, texts: list[str]) -> Sections:
    raw, ends = join_texts(texts)
    return {name: ("B", raw), f"{name[:-1]}_ends": ("I", ends.tobytes())}
