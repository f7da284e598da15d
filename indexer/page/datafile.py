"""What is a data file of the page? Bytes as a script that loads from `file://`, and containers of several. Pure.

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
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import Any, Protocol, Self

SUFFIX = ".js"
NAME = re.compile(r"[a-z]-[0-9a-f]{16}")
_SCRIPT = re.compile(rb'F\("([a-z]-[0-9a-f]{16})","([A-Za-z0-9+/=]*)",([0-9]{1,10})\)\n')
_POINTER = re.compile(rb"H\((\{[^\n]*\})\)\n")
MOST_BYTES = 32 << 20
"""The most bytes of a data file, packed or unpacked."""
_POINTER_BYTES = 1_000
_MOST_DEPTH, _MOST_VALUES = 20, 2_000_000
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_OTHERS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\xff\xff")


class Files(Protocol):
    """Where data files are kept by name."""

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name."""
        ...

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile if it is missing or not as written."""
        ...

    def size(self, name: str) -> int:
        """Return the size of a file on the disk; 0 if it is missing."""
        ...


class MemoryFiles:
    """Data files in memory: for a page of one file."""

    def __init__(self) -> None:
        self.raw: dict[str, bytes] = {}

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name."""
        name = name_of(letter, raw)
        self.raw[name] = raw
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile if it is missing."""
        if name not in self.raw:
            raise DamagedFile(name)
        return self.raw[name]

    def size(self, name: str) -> int:
        """Return the approximate size that a file would have on the disk."""
        return len(self.raw.get(name, b"")) // 2


class WritingAhead:
    """Keeps files in a thread of its own while the next ones are made; once it is closed, all of them are kept."""

    def __init__(self, files: Files) -> None:
        """Keep them in `files`, which nobody else writes meanwhile."""
        self._files = files
        self._writer = ThreadPoolExecutor(1)
        self._waiting: dict[str, tuple[Future[str], int]] = {}
        """Files that are not kept yet, with their sizes."""
        self._held = 0

    def __enter__(self) -> Self:
        """Keep what is put until the block ends."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Wait for all files; raise what kept one from being written, unless something else is raised."""
        try:
            if kind is None:
                self._wait(-1)
        finally:
            self._writer.shutdown(cancel_futures=True)

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name; raise what kept an earlier one from being written."""
        self._wait(_MOST_AHEAD_BYTES)
        name = name_of(letter, raw)
        if name not in self._waiting:
            self._waiting[name] = self._writer.submit(self._files.put, letter, raw), len(raw)
            self._held += len(raw)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile if it is missing or not as written."""
        if name in self._waiting:
            self._wait(-1)
        return self._files.get(name)

    def size(self, name: str) -> int:
        """Return the size of a file on the disk; 0 if it is missing."""
        if name in self._waiting:
            self._wait(-1)
        return self._files.size(name)

    def _wait(self, most: int) -> None:
        """Wait until files of at most so many bytes are not kept yet; -1: until all are."""
        while self._waiting and self._held > most:
            future, size = self._waiting.pop(next(iter(self._waiting)))
            self._held -= size
            future.result()


_MOST_AHEAD_BYTES = 4 << 20
"""Bytes of files that wait to be written."""


class DamagedFile(ValueError):
    """A data file is missing, or not as written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def name_of(letter: str, raw: bytes) -> str:
    """Return the name of the file with these bytes."""
    return f"{letter}-{hashlib.sha256(raw).hexdigest()[:16]}"


def script(name: str, raw: bytes) -> bytes:
    """Return a data file: one call with the name, the deflated bytes in base64, and their length."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = base64.b64encode(packer.compress(raw) + packer.flush()).decode()
    return f'F("{name}","{packed}",{len(raw)})\n'.encode()


def unscript(data: bytes) -> tuple[str, bytes]:
    """Return name and bytes of a data file; raise ValueError for anything else, even if one byte was changed."""
    match = _SCRIPT.fullmatch(data) if len(data) <= MOST_BYTES else None
    if match is None:
        raise ValueError("not a data file")
    name, length = match[1].decode(), int(match[3])
    if length > MOST_BYTES:
        raise ValueError("not a data file of ours")
    try:
        raw = zlib.decompressobj(-15).decompress(base64.b64decode(match[2], validate=True), length + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError("a damaged data file") from error
    if len(raw) != length or name_of(name[0], raw) != name:
        raise ValueError("a damaged data file")
    return name, raw


def pointer(now: str, before: str) -> bytes:
    """Return the file that names the current head and the previous one."""
    return f"H({json.dumps({'now': now, 'before': before}, separators=(',', ':'))})\n".encode()


def read_pointer(data: bytes) -> tuple[str, str]:
    """Return the heads that a pointer names, empty for none; raise ValueError for anything else."""
    match = _POINTER.fullmatch(data) if len(data) <= _POINTER_BYTES else None
    found = from_json(match[1]) if match else None
    names = (found.get("now"), found.get("before")) if isinstance(found, dict) else (None, None)
    if not all(isinstance(name, str) and (not name or NAME.fullmatch(name)) for name in names):
        raise ValueError("not a pointer")
    return str(names[0]), str(names[1])


def to_json(value: object) -> bytes:
    """Return compact JSON; lone surrogates, which UTF-8 can't hold, are escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def from_json(raw: bytes) -> Any:
    """Return the value of JSON; raise ValueError for anything else, or if it is too deep or has too many values.

    The limits are checked before anything is decoded, so that foreign bytes cost little.
    """
    import numpy as np  # `indexer status` does without

    if raw.count(b'"') > 2 * _MOST_VALUES:
        raise ValueError("too many texts")
    outside = b"".join(_ESCAPED.sub(b"", raw).split(b'"')[::2])
    steps = np.frombuffer(outside.translate(_STEPS, _OTHERS), np.int8)
    if outside.count(b",") > _MOST_VALUES or len(steps) > 2 * _MOST_VALUES:
        raise ValueError("too many values")
    if np.cumsum(steps, dtype=np.int64).max(initial=0) > _MOST_DEPTH:
        raise ValueError("nested too deep")
    return json.loads(raw.decode(), parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def contain(facts: dict[str, object], blobs: Sequence[bytes]) -> bytes:
    """Return a container: facts, and blobs to which they refer by number."""
    line = to_json({**facts, "blobs": list(map(len, blobs))})
    return b"".join((line, b"\n", *blobs))


def uncontain(raw: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return facts and blobs of a container; raise ValueError for anything else."""
    line, _, rest = raw.partition(b"\n")
    facts = from_json(line)
    sizes = facts.get("blobs") if isinstance(facts, dict) else None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("not a container")
    if sum(sizes) != len(rest):
        raise ValueError("not a container")
    ends = [0, *accumulate(sizes)]
    return facts, [rest[begin:end] for begin, end in pairwise(ends)]
