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
from collections.abc import Iterable
from typing import Any

from indexer.model.terms import Postings, room
from indexer.terms import words
from indexer.terms.languages import CODES
from indexer.terms.words import VERSION

_HEAD = struct.Struct("<BB3sxIIIII")


NONE = Postings("", 0, 0, b"", array("H"), array("H"), array("H"))


def pack(passages: Iterable[str], headings: Iterable[str] = (), language: str = "en") -> bytes:
    """Return the packed postings of a text; the words of its headings count twice."""
    from indexer.terms.word_table import columns_of  # numpy: readers of postings need none

    found = columns_of(passages, headings, language)
    columns = [_narrow(column) for column in (found.weights, found.counts, found.positions)]
    terms = "\n".join(found.names).encode()
    head = _HEAD.pack(
        VERSION, CODES.index(language), "".join(c.typecode for c in columns).encode(),
        found.length, found.end, len(found.starts), len(found.names), len(terms),
    )  # fmt: skip
    raw = b"".join((terms, *map(_to_bytes, columns)))
    return b"".join((head, _to_bytes(found.starts), zlib.compress(raw, 1)))


def _narrow(column: Any) -> array[int]:
    """Return numbers in two bytes each, or in four if needed."""
    typecode = "H" if not len(column) or int(column.max()) < 1 << 16 else "I"
    return array(typecode, column.astype(typecode).tobytes())


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
