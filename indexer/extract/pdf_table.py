"""A PDF whose end is gone: its objects may be whole, only the table of them is missing (ISO 32000-2, 7.5.5)."""

from __future__ import annotations

import re

_ROOT = re.compile(rb"/Root\s{0,9}(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}R\b")
_ENCRYPT = re.compile(rb"/Encrypt\s{0,9}(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}R\b")
_OBJECT = re.compile(rb"(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}obj\b")
_CATALOG = re.compile(rb"/Type\s{0,9}/Catalog\b")
_ID = re.compile(rb"/ID\s{0,9}\[\s{0,9}<[0-9A-Fa-f]{1,200}>\s{0,9}<[0-9A-Fa-f]{1,200}>\s{0,9}\]")
_BEFORE = 1 << 12


def with_trailer(data: bytes) -> bytes | None:
    """Return the file with a trailer that names its catalogue, from which readers find the rest; None where none is seen."""
    root = _last(_ROOT, data) or _catalog(data)
    if root is None:
        return None
    entries = b"/Root %s %s R" % root
    encrypt, key = _last(_ENCRYPT, data), _ID.search(data)
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
    """Return number and generation of the object that says it is the catalogue, the last of them."""
    for match in reversed(list(_CATALOG.finditer(data))):
        begin = max(0, match.start() - _BEFORE)
        objects = list(_OBJECT.finditer(data, begin, match.start()))
        if objects:
            return objects[-1][1], objects[-1][2]
    return None
