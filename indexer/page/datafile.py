"""A data file of the page: bytes as a script that loads from `file://`, and containers of several. Pure.

docs/page-format.md has the format.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from typing import Any, Protocol

SUFFIX = ".js"
NAME = re.compile(r"[a-z]-[0-9a-f]{16}")
_SCRIPT = re.compile(rb'F\("([a-z]-[0-9a-f]{16})","([A-Za-z0-9+/=]*)",([0-9]{1,10})\)\n')
_POINTER = re.compile(rb"H\((\{[^\n]*\})\)\n")
_MOST_BYTES = 1 << 30


class Files(Protocol):
    """Where data files are kept by name."""

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name."""
        ...

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile where it is missing or not as it was written."""
        ...

    def size(self, name: str) -> int:
        """Return how large a file is on the disk; 0 where it is missing."""
        ...


class MemoryFiles:
    """Data files that are kept in memory: for a page of one file."""

    def __init__(self) -> None:
        self.raw: dict[str, bytes] = {}

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name."""
        name = name_of(letter, raw)
        self.raw[name] = raw
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile where it is missing."""
        if name not in self.raw:
            raise DamagedFile(name)
        return self.raw[name]

    def size(self, name: str) -> int:
        """Return how large a file would be on the disk, about."""
        return len(self.raw.get(name, b"")) // 2


class DamagedFile(Exception):
    """A data file is missing, or not as it was written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def name_of(letter: str, raw: bytes) -> str:
    """Return the name of the file with these bytes."""
    return f"{letter}-{hashlib.sha256(raw).hexdigest()[:16]}"


def script(name: str, raw: bytes) -> bytes:
    """Return a data file: one call with the name, the deflated bytes in base64, and how long they are."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = base64.b64encode(packer.compress(raw) + packer.flush()).decode()
    return f'F("{name}","{packed}",{len(raw)})\n'.encode()


def unscript(data: bytes) -> tuple[str, bytes]:
    """Return name and bytes of a data file; raise ValueError for anything else, down to one changed byte."""
    match = _SCRIPT.fullmatch(data)
    if match is None:
        raise ValueError("not a data file")
    name, length = match[1].decode(), int(match[3])
    if length > _MOST_BYTES:
        raise ValueError("not a data file of ours")
    try:
        raw = zlib.decompressobj(-15).decompress(base64.b64decode(match[2], validate=True), length + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError("a damaged data file") from error
    if len(raw) != length or name_of(name[0], raw) != name:
        raise ValueError("a damaged data file")
    return name, raw


def pointer(now: str, before: str) -> bytes:
    """Return the file that names the present head and the one before it."""
    return f"H({json.dumps({'now': now, 'before': before}, separators=(',', ':'))})\n".encode()


def read_pointer(data: bytes) -> tuple[str, str]:
    """Return the heads that a pointer names, empty for none; raise ValueError for anything else."""
    match = _POINTER.fullmatch(data)
    found = json.loads(match[1]) if match else None
    names = (found.get("now"), found.get("before")) if isinstance(found, dict) else (None, None)
    if not all(isinstance(name, str) and (not name or NAME.fullmatch(name)) for name in names):
        raise ValueError("not a pointer")
    return str(names[0]), str(names[1])


def to_json(value: object) -> bytes:
    """Return compact JSON; what has no place in UTF-8 becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def contain(facts: dict[str, object], blobs: Sequence[bytes]) -> bytes:
    """Return a container: facts, and blobs that they mean by number."""
    line = to_json({**facts, "blobs": list(map(len, blobs))})
    return b"".join((line, b"\n", *blobs))


def uncontain(raw: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return facts and blobs of a container; raise ValueError for anything else."""
    line, _, rest = raw.partition(b"\n")
    facts = json.loads(line)
    blobs, at = [], 0
    for length in facts["blobs"]:
        blobs.append(rest[at : at + length])
        at += length
    if at != len(rest):
        raise ValueError("not a container")
    return facts, blobs
