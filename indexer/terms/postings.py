"""The words of one text as ready postings: made by reading processes, kept in the catalogue, put into the index unchanged.

Packed: a head (version, language, numbers, column types), the positions at which passages begin, then, deflated, the
terms in order of their bytes, separated by line ends, and three columns: weights, numbers of positions, positions.
Numbers are little-endian.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping
from itertools import chain

from indexer.model.terms import Postings, room
from indexer.terms import words
from indexer.terms.languages import CODES
from indexer.terms.words import VERSION, Terms, index_passages

_HEAD = struct.Struct("<BB3sxIIIII")


NONE = Postings("", 0, 0, b"", array("H"), array("H"), array("H"))


def pack(passages: Iterable[str], headings: Iterable[str] = (), language: str = "en") -> bytes:
    """Return the packed postings of a text; the words of its headings count twice."""
    body = index_passages(passages, language=language)
    more = index_passages(headings, language=language)
    weights = {term: len(where) for term, where in body.positions.items()}
    for term, where in more.positions.items():
        if term in weights:  # headings are part of the text
            weights[term] += len(where)
    return _pack(body, weights, body.length + more.length)


def _pack(body: Terms, weights: Mapping[str, int], length: int) -> bytes:
    names = sorted(weights)
    where = [body.positions[name] for name in names]
    columns = (
        _narrow(array("I", map(weights.__getitem__, names))),
        _narrow(array("I", map(len, where))),
        _narrow(array("I", chain.from_iterable(where))),
    )
    terms = "\n".join(names).encode()
    head = _HEAD.pack(
        VERSION, CODES.index(body.language), "".join(c.typecode for c in columns).encode(),
        length, body.end, len(body.starts), len(names), len(terms),
    )  # fmt: skip
    raw = b"".join((terms, *map(_to_bytes, columns)))
    return b"".join((head, _to_bytes(body.starts), zlib.compress(raw, 1)))


def _narrow(column: array[int]) -> array[int]:
    return array("H", column) if max(column, default=0) < 1 << 16 else column


def _to_bytes(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _from_bytes(typecode: str, raw: bytes) -> array[int]:
    column = array(typecode)
    column.frombytes(raw)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def unpack(packed: bytes) -> Postings:
    """Return what `pack` packed; empty bytes give no postings. Raise ValueError if they are damaged."""
    if not packed:
        return NONE
    try:
        _, language, types, length, end, n_starts, n_terms, n_names = _HEAD.unpack_from(packed)
        raw = zlib.decompress(packed[_HEAD.size + 4 * n_starts :])
        a, b, c = types.decode()
        at_counts = n_names + n_terms * array(a).itemsize
        at_positions = at_counts + n_terms * array(b).itemsize
        return Postings(
            CODES[language], length, end, raw[:n_names], _from_bytes(a, raw[n_names:at_counts]),
            _from_bytes(b, raw[at_counts:at_positions]), _from_bytes(c, raw[at_positions:]),
        )  # fmt: skip
    except (struct.error, zlib.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("damaged postings") from error


def starts_of(packed: bytes) -> array[int]:
    """Return the position at which each passage begins, without unpacking the rest."""
    if not packed:
        return array("I")
    n_starts = _HEAD.unpack_from(packed)[5]
    return _from_bytes("I", packed[_HEAD.size : _HEAD.size + 4 * n_starts])


def room_of(packed: bytes) -> int:
    """Estimate, without unpacking, the bytes of memory that a text's postings take while they are sorted."""
    if not packed:
        return 0
    _, _, _, length, _, _, n_terms, n_names = _HEAD.unpack_from(packed)
    return room(n_names, n_terms, length)


def language_of(packed: bytes) -> str:
    """Return the language in which a text was indexed; empty if there is none."""
    return CODES[packed[1]] if packed else ""


def is_current(packed: bytes) -> bool:
    """Tell whether the terms were made by this definition of a word."""
    return not packed or packed[0] == words.VERSION
