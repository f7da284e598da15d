"""Repairs a PDF whose end is gone: its objects may be whole, and only their table is missing (ISO 32000-2, 7.5)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_ROOT = re.compile(rb"/Root\s{0,9}(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}R\b")
_ENCRYPT = re.compile(rb"/Encrypt\s{0,9}(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}R\b")
_OBJECT = re.compile(rb"(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}obj\b")
_CATALOG = re.compile(rb"/Type\s{0,9}/Catalog\b")
_ID = re.compile(rb"/ID\s{0,9}\[\s{0,9}<[0-9A-Fa-f]{1,200}>\s{0,9}<[0-9A-Fa-f]{1,200}>\s{0,9}\]")
_PACKED = re.compile(rb"/Type\s{0,9}/ObjStm\b")
_FIRST = re.compile(rb"/First\s{1,9}(\d{1,8})")
_STREAM = re.compile(rb"stream\r?\n")
_NEAR = 1 << 12
"""The beginning of an object is within this many bytes."""
_MOST_UNPACKED = 64 << 20


def with_trailer(data: bytes) -> bytes | None:
    """Return the file with a trailer that names its catalogue, from which readers find the rest; None if it has none.

    Objects packed within others, which readers find only by the table, are appended unpacked before the trailer.
    """
    encrypt, key = _last(_ENCRYPT, data), _ID.search(data)
    if not encrypt:
        data += b"".join(_unpacked(data))
    root = _last(_ROOT, data) or _catalog(data)
    if root is None:
        return None
    entries = b"/Root %s %s R" % root
    if encrypt:
        entries += b" /Encrypt %s %s R" % encrypt
    if key:
        entries += b" " + key[0]
    return data + b"\nendobj\ntrailer\n<< " + entries + b" >>\nstartxref\n0\n%%EOF\n"


def _last(reference: re.Pattern[bytes], data: bytes) -> tuple[bytes, bytes] | None:
    found = None
    for match in reference.finditer(data):
        found = match
    return (found[1], found[2]) if found else None


def _catalog(data: bytes) -> tuple[bytes, bytes] | None:
    """Return number and generation of the last object that declares itself the catalogue."""
    for match in reversed(list(_CATALOG.finditer(data))):
        objects = list(_OBJECT.finditer(data, max(0, match.start() - _NEAR), match.start()))
        if objects:
            return objects[-1][1], objects[-1][2]
    return None


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield the objects packed in streams, except those also in the file itself."""
    left = _MOST_UNPACKED
    marks = list(_PACKED.finditer(data))
    plain = {int(match[1]) for match in _OBJECT.finditer(data)} if marks else set()
    for mark in marks:
        stream = _STREAM.search(data, mark.end(), mark.end() + _NEAR)
        head = max(0, data.rfind(b"obj", max(0, mark.start() - _NEAR), mark.start()))
        first = _FIRST.search(data, head, stream.start()) if stream else None
        if not stream or not first or left <= 0:
            continue
        end = data.find(b"endstream", stream.end())
        try:
            raw = zlib.decompressobj().decompress(data[stream.end() : end if end > 0 else len(data)], left)
        except zlib.error:
            continue
        left -= len(raw)
        begin = int(first[1])
        numbers = [int(number) for number in raw[:begin].split() if number.isdigit()]
        places = [*numbers[1::2], len(raw) - begin]
        for number, at, until in zip(numbers[::2], places, places[1:], strict=False):
            if number not in plain and 0 <= at < until:
                yield b"\n%d 0 obj\n%s\nendobj" % (number, raw[begin + at : begin + until])
