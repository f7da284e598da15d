"""What is in the file of a segment? Columns of numbers, mapped into memory and read in place.

The file is a row of sections, each at a multiple of 8, then a directory in JSON (for each section its type, offset,
count and CRC-32; the byte order; facts on the whole), then the directory's length, its CRC-32 and `MAGIC`. The last
section, `sums`, has a CRC-32 of each block of 4096 bytes before it: a search checks a block when it first reads it, and
no others.

Terms are keys: one byte for the field, then the term in UTF-8, sorted by bytes across all fields.

| section | for each | holds |
| --- | --- | --- |
| keys, key_ends | term | its key; where it ends |
| posting_ends | term | where its postings end |
| position_ends | term | where its positions end |
| docs, weights, counts | posting | document, weighted frequency, number of positions; 255 in the last two means: see `big_…` |
| positions | position | its number within the document |
| big_weights, big_counts | posting that needs more than a byte | its number and its value in turn |
| idents, lengths, dates, folds, qualities, languages, kinds | document | see `COLUMNS` |
| ids, id_docs | document | item ids as numbers, ascending, and the document of each |
| paths, path_ends, names, name_ends | document | path; the form of the title used for sorting |
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO

from indexer.errors import Damaged

MAGIC = b"indexer segment 2"
FIELDS = {
    "department": b"D", "folder": b"F", "is": b"I", "by": b"B", "kind": b"K", "label": b"L", "person": b"P", "site": b"S",
    "tag": b"T", "title": b"a", "text": b"t",
}  # fmt: skip
"""Field name to the first byte of its keys. `label` and `person` hold tags and authors as shown."""

COLUMNS = {
    "idents": "Q", "lengths": "I", "dates": "q", "folds": "Q", "qualities": "B", "languages": "B", "kinds": "B",
}  # fmt: skip
"""Item id as a number, weighted length, date in ms, digest of the fold key or 0, static byte; language and kind as their
place in the list."""

BIG = 255
_BLOCK, _BLOCK_BITS = 4096, 12
_SYNC_BYTES = 16 << 20
_TAIL = struct.Struct("<II")
_SIZES = {"B": 1, "H": 2, "I": 4, "Q": 8, "q": 8}


def key_of(fieldname: str, text: str) -> bytes:
    """Return the key of a term of a field."""
    return FIELDS[fieldname] + text.encode("utf-8", "surrogatepass")


class SegmentWriter:
    """Writes a segment file, section by section or many at once, each within its reserved room."""

    def __init__(self, path: Path, rooms: Mapping[str, tuple[str, int]]) -> None:
        """Begin a file; for each section, its type and the most numbers it may hold are given."""
        self._file: BinaryIO = path.open("w+b")
        self._path = path
        self._sections: dict[str, list[Any]] = {}
        at = 0
        for name, (typecode, most) in rooms.items():
            self._sections[name] = [typecode, at, 0, 0]
            at += -(-most * _SIZES[typecode] // 8) * 8
        self._end = at
        self._unsynced = 0
        self._sums = array("I")

    def append(self, name: str, raw: bytes) -> None:
        """Add numbers (in this machine's byte order) to a section."""
        section = self._sections[name]
        self._file.seek(section[1] + section[2])
        self._file.write(raw)
        section[2] += len(raw)
        section[3] = zlib.crc32(raw, section[3])
        self._unsynced += len(raw)
        if self._unsynced > _SYNC_BYTES:
            self._sync()

    def _sync(self) -> None:
        """Flush what there is to the disk: little at a time, so that the end is quick."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unsynced = 0

    def sum_blocks(self, most: int) -> bool:
        """Compute the checksums of at most `most` more written bytes; False once all are done."""
        self._file.truncate(self._end)
        at = len(self._sums) * _BLOCK
        self._file.seek(at)
        raw = memoryview(self._file.read(-(-most // _BLOCK) * _BLOCK))
        self._sums.extend(zlib.crc32(raw[start : start + _BLOCK]) for start in range(0, len(raw), _BLOCK))
        return at + len(raw) < self._end

    def finish(self, facts: Mapping[str, Any]) -> int:
        """Complete the file, flush it to the disk, and return its size in bytes."""
        while self.sum_blocks(_SYNC_BYTES):
            pass
        sums = self._sums.tobytes()
        self._sections["sums"] = ["I", self._end, 0, 0]
        self.append("sums", sums)
        directory = {
            "byte_order": sys.byteorder,
            "sections": {
                n: [t, at, size // _SIZES[t], crc] for n, (t, at, size, crc) in self._sections.items()
            },
            **facts,
        }
        raw = json.dumps(directory).encode()
        self._file.seek(self._end + len(sums))
        self._file.write(raw + _TAIL.pack(len(raw), zlib.crc32(raw)) + MAGIC)
        size = self._file.tell()
        self._sync()
        self._file.close()
        return size

    def abandon(self) -> None:
        """Abandon the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def write_segment(path: Path, sections: Mapping[str, tuple[str, bytes]], facts: Mapping[str, Any]) -> int:
    """Write a whole segment at once and return its size in bytes."""
    rooms = {name: (typecode, len(raw) // _SIZES[typecode]) for name, (typecode, raw) in sections.items()}
    writer = SegmentWriter(path, rooms)
    try:
        for name, (_, raw) in sections.items():
            writer.append(name, raw)
        return writer.finish(facts)
    except BaseException:
        writer.abandon()
        raise


class SegmentFile:
    """A segment open for reading. Documents are numbered from 0; nothing is copied before it is needed.

    All methods return data as written, or raise Damaged.
    """

    def __init__(self, path: Path, size: int | None = None) -> None:
        """Map the file; raise Damaged if it is missing, cut, or (if `size` is given) not of that size."""
        self.path = path
        try:
            with path.open("rb") as file:
                self._inode = os.fstat(file.fileno()).st_ino
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as error:
            raise Damaged(damaged(path, f"{path.name} is missing")) from error
        except ValueError as error:  # an empty file
            raise Damaged(damaged(path)) from error
        self._view = memoryview(self._map)
        self._sections: dict[str, tuple[Any, int, int]] = {}
        """How many numbers, where they begin in the file, bytes of each."""
        self._seen_whole: set[str] = set()
        try:
            self._read_facts(size)
        except BaseException:
            self.close()  # Windows deletes no file that is mapped
            raise

    def _read_facts(self, size: int | None) -> None:
        if size is not None and len(self._map) != size:
            raise Damaged(damaged(self.path))
        self.facts = self._read_directory()
        self._sums, self._sums_at, _ = self._find_section("sums")
        if not self._is_whole("sums"):
            raise Damaged(damaged(self.path))
        self._seen = bytearray(len(self._sums))
        """For each block, whether it has been checked."""
        self.doc_count = int(self.facts["docs"])
        self.term_count = int(self.facts["sections"]["key_ends"][2])
        self._keys, self._keys_at, _ = self._find_section("keys")
        self._key_ends, self._key_ends_at, _ = self._find_section("key_ends")

    def _read_directory(self) -> dict[str, Any]:
        tail = _TAIL.size + len(MAGIC)
        try:
            length, crc = _TAIL.unpack_from(self._map, len(self._map) - tail)
            raw = self._map[len(self._map) - tail - length : len(self._map) - tail]
            if self._map[-len(MAGIC) :] != MAGIC or zlib.crc32(raw) != crc:
                raise Damaged(damaged(self.path))
            facts: dict[str, Any] = json.loads(raw)
        except (struct.error, ValueError) as error:
            raise Damaged(damaged(self.path)) from error
        if facts["byte_order"] != sys.byteorder:
            raise Damaged(damaged(self.path, "it was written on another kind of machine"))
        return facts

    def section(self, name: str) -> Any:
        """Return a whole section as numbers in the mapped file; reads all of it."""
        numbers, at, size = self._find_section(name)
        if name not in self._seen_whole:
            self._check(at, at + len(numbers) * size)
            self._seen_whole.add(name)
        return numbers

    def part(self, name: str, begin: int, end: int) -> Any:
        """Return the numbers of a section from `begin` to `end`; reads only their blocks."""
        numbers, at, size = self._find_section(name)
        self._check(at + begin * size, at + end * size)
        return numbers[begin:end]

    def _find_section(self, name: str) -> tuple[Any, int, int]:
        if name not in self._sections:
            typecode, at, count, _ = self.facts["sections"][name]
            raw = self._view[at : at + count * _SIZES[typecode]]
            self._sections[name] = (raw.cast(typecode) if count else array(typecode)), at, _SIZES[typecode]
        return self._sections[name]

    def _check(self, begin: int, end: int) -> None:
        """Raise Damaged if these bytes of the file are not as written; each block is checked once."""
        first, last = begin >> _BLOCK_BITS, (end - 1) >> _BLOCK_BITS
        seen = self._seen
        for block in range(first, last + 1):
            if not seen[block]:
                at = block << _BLOCK_BITS
                if zlib.crc32(self._view[at : min(at + _BLOCK, self._sums_at)]) != self._sums[block]:
                    raise Damaged(damaged(self.path))
                seen[block] = 1

    def _is_whole(self, name: str) -> bool:
        typecode, at, count, crc = self.facts["sections"][name]
        return bool(zlib.crc32(self._view[at : at + count * _SIZES[typecode]]) == crc)

    def is_whole(self) -> bool:
        """Tell whether the file exists and every block, also between sections, is as written; reads the whole file."""
        if not self.is_there() or not self._is_whole("sums"):
            return False
        starts = range(0, self._sums_at, _BLOCK)
        ends = (min(start + _BLOCK, self._sums_at) for start in starts)
        found = (zlib.crc32(self._view[start:end]) for start, end in zip(starts, ends, strict=True))
        return all(one == said for one, said in zip(found, self._sums, strict=True))

    def is_there(self) -> bool:
        """Tell whether the file is still the opened one, with its size: reading a shortened one would crash."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        return (status.st_ino, status.st_size) == (self._inode, len(self._map))

    def let_go(self) -> None:
        """Let the system take back the memory of what was read, if it can be told; it is read again when it is needed."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Release the file, once none of its data is in use."""
        sections = [numbers for numbers, _, _ in self._sections.values() if isinstance(numbers, memoryview)]
        self._sections = {}
        self._keys = self._key_ends = self._sums = None
        try:
            for section in [*sections, self._view]:
                section.release()
            self._map.close()
        except BufferError:  # a piece is still in use: the file is released with it
            pass

    # --- terms ------------------------------------------------------------------------------------

    def key(self, term: int) -> bytes:
        """Return the key of a term by its number."""
        ends, ends_at = self._key_ends, self._key_ends_at + 4 * term
        begin, end = (ends[term - 1] if term else 0), ends[term]
        self._check(ends_at - 4 if term else ends_at, ends_at + 4)
        self._check(self._keys_at + begin, self._keys_at + end)
        return bytes(self._keys[begin:end])

    def keys(self, first: int, last: int) -> list[bytes]:
        """Return the keys of the terms from `first` to `last`."""
        ends = self._ends("key_ends", first, last)
        raw = bytes(self.part("keys", ends[0], ends[-1]))
        return [raw[begin - ends[0] : end - ends[0]] for begin, end in pairwise(ends)]

    def frequencies(self, first: int, last: int) -> list[int]:
        """Return how many documents have each of the terms from `first` to `last`, removed ones included."""
        return [end - begin for begin, end in pairwise(self._ends("posting_ends", first, last))]

    def _ends(self, name: str, first: int, last: int) -> list[int]:
        """Return where the first of some pieces begins and where each ends."""
        if first:
            return self.part(name, first - 1, last).tolist()  # type: ignore[no-any-return]
        return [0, *self.part(name, 0, last)]

    def find(self, key: bytes) -> int:
        """Return the number of the first term whose key is `key` or later.

        Keys compared on the way are not checked, only the two around the place found: in an undamaged order there is
        only one such place.
        """
        low, high = 0, self.term_count
        keys, ends = self._keys, self._key_ends
        while low < high:
            middle = (low + high) >> 1
            if keys[ends[middle - 1] if middle else 0 : ends[middle]].tobytes() < key:
                low = middle + 1
            else:
                high = middle
        if (low and self.key(low - 1) >= key) or (low < self.term_count and self.key(low) < key):
            raise Damaged(damaged(self.path))
        return low

    def term(self, key: bytes) -> int | None:
        """Return the number of the term with this key."""
        number = self.find(key)
        return number if number < self.term_count and self.key(number) == key else None

    def frequency(self, term: int) -> int:
        """Return how many documents have a term, removed ones included."""
        begin, end = self.extent(term)
        return end - begin

    def extent(self, term: int) -> tuple[int, int]:
        """Return where the postings of a term begin and end."""
        begin, end = self._ends("posting_ends", term, term + 1)
        return begin, end

    def docs(self, term: int) -> Any:
        """Return the documents that have a term, ascending."""
        return self.part("docs", *self.extent(term))

    def weights(self, term: int) -> Any:
        """Return the weighted frequencies, parallel to `docs`."""
        return self._bytes_or_big("weights", *self.extent(term))

    def _bytes_or_big(self, name: str, begin: int, end: int) -> Any:
        found = self.part(name, begin, end)
        big = self.section(f"big_{name}")
        if not len(big):
            return found
        at = _bisect_pairs(big, begin)
        if 2 * at >= len(big) or big[2 * at] >= end:
            return found
        values = array("I", found.tolist())
        while 2 * at < len(big) and big[2 * at] < end:
            values[big[2 * at] - begin] = big[2 * at + 1]
            at += 1
        return values

    def position_ends(self, term: int) -> tuple[Any, list[int]]:
        """Return the positions of a term in all documents, and, parallel to `docs`, where those of each document end."""
        counts = self._bytes_or_big("counts", *self.extent(term))
        positions = self.part("positions", *self._ends("position_ends", term, term + 1))
        return positions, list(accumulate(counts))

    # --- documents --------------------------------------------------------------------------------

    def doc_of(self, ident: int) -> int | None:
        """Return the document of an item, by its id as a number."""
        ids = self.section("ids")
        at = bisect_left(ids, ident)
        return int(self.section("id_docs")[at]) if at < len(ids) and ids[at] == ident else None

    def text_of(self, name: str, doc: int) -> str:
        """Return the path (`paths`) or name (`names`) of a document."""
        raw = bytes(self.part(name, *self._ends(f"{name[:-1]}_ends", doc, doc + 1)))
        return raw.decode("utf-8", "surrogatepass")


def _bisect_pairs(pairs: Any, number: int) -> int:
    """Return the place of the first pair whose first number is `number` or higher."""
    low, high = 0, len(pairs) // 2
    while low < high:
        middle = (low + high) >> 1
        if pairs[2 * middle] < number:
            low = middle + 1
        else:
            high = middle
    return low


def damaged(path: Path | str, why: str = "") -> str:
    """Return the message about a damaged index."""
    name = path.name if isinstance(path, Path) else path
    return f"the search index is damaged ({why or f'{name} is not as it was written'}): run `indexer rebuild`"


def join_texts(texts: Iterable[str]) -> tuple[bytes, array[int]]:
    """Return texts as one run of bytes and where each ends."""
    raws = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join(raws), array("I", accumulate(map(len, raws)))
