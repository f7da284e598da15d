"""Archives (zip, tar and its compressions, 7z, single compressed files): the documents in them, each by its reader.

Nothing is unpacked to a disk, links in archives are not followed, and sizes are looked at before and while unpacking.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import py7zr
from py7zr.exceptions import ArchiveError

from indexer.errors import FileProblem, Reason
from indexer.extract.encrypted import NEEDS_PASSWORD
from indexer.extract.inside import MAX_FILES, MAX_UNPACKED, read_parts
from indexer.extract.link_list import distinct
from indexer.extract.package import is_bomb
from indexer.extract.passages import limit
from indexer.extract.source import Source
from indexer.model import Extract

MAX_LISTED = 100_000
_MAX_PART = 64 << 20
_HIDDEN = ("__MACOSX/", ".DS_Store", ".git/")
_FOREIGN = (zipfile.BadZipFile, tarfile.TarError, ArchiveError, lzma.LZMAError, zlib.error, EOFError, OSError,
            ValueError, LookupError, NotImplementedError, RuntimeError, TypeError, AttributeError, AssertionError)  # fmt: skip
"""What the libraries raise at damaged archives."""
_OPEN: dict[str, Callable[[io.BytesIO], Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}


def read(source: Source) -> Extract:
    """Return the text of the documents in it; raise FileProblem where it is encrypted, damaged or a bomb."""
    try:
        parts = _parts(source)
        within = read_parts(source, parts)
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a whole archive ({error})"[:200]) from error
    kept, truncated = limit(within.passages, source.text_limit)
    return Extract(kept, links=tuple(distinct(within.links)), truncated=truncated or within.truncated)


def _parts(source: Source) -> Iterator[tuple[str, bytes]]:
    data = source.data
    if data.startswith(b"7z\xbc\xaf\x27\x1c"):
        return _from_7z(source)
    if data.startswith(b"PK"):
        return _from_zip(source)
    packing = {b"\x1f\x8b": "gz", b"BZ": "bz2", b"\xfd7": "xz"}.get(data[:2])
    if not packing:
        return _from_tar(data)
    unpacked = _unpack(data, packing)
    if unpacked[257:262] == b"ustar" or _is_tar_name(source.name):
        return _from_tar(unpacked)
    return iter([(PurePosixPath(source.name).stem or "content", unpacked)])


def _is_tar_name(name: str) -> bool:
    return ".tar." in name.lower() or name.lower().endswith((".tgz", ".tbz2", ".txz"))


def _unpack(data: bytes, packing: str) -> bytes:
    with _OPEN[packing](io.BytesIO(data)) as file:
        unpacked: bytes = file.read(MAX_UNPACKED + 1)
    if len(unpacked) > MAX_UNPACKED or is_bomb(len(unpacked), len(data)):
        raise FileProblem(Reason.TOO_BIG, f"unpacks to more than {min(len(unpacked), MAX_UNPACKED) >> 20} MB")
    return unpacked


def _is_wanted(name: str) -> bool:
    return not name.endswith("/") and not any(hidden in name for hidden in _HIDDEN)


def _check(count: int, size: int) -> None:
    if count > MAX_LISTED:
        raise FileProblem(Reason.TOO_BIG, f"an archive of {count:,} files")
    if size > MAX_UNPACKED:
        raise FileProblem(Reason.TOO_BIG, f"unpacks to {size >> 20} MB")


def _from_zip(source: Source) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
        entries = [entry for entry in archive.infolist() if _is_wanted(entry.filename)]
        _check(len(entries), sum(entry.file_size for entry in entries))
        if any(is_bomb(entry.file_size, entry.compress_size) for entry in entries):
            raise FileProblem(Reason.TOO_BIG, "packed far tighter than any text: a zip bomb, most likely")
        for entry in entries[: MAX_FILES + 1]:
            yield entry.filename, _zip_part(archive, entry, source.passwords)


def _zip_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: tuple[str, ...]) -> bytes:
    """Return the bytes of a part; nothing where it is too large, damaged or its password is not known."""
    if entry.file_size > _MAX_PART:
        return b""
    keys = [key.encode() for key in passwords] if entry.flag_bits & 1 else [None]
    for key in keys:
        try:
            return archive.read(entry, key)
        except _FOREIGN:
            continue
    return b""


def _from_tar(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for count, entry in enumerate(archive):
            _check(count, 0)
            if entry.isreg() and _is_wanted(entry.name) and not entry.issparse():
                file = archive.extractfile(entry)
                yield entry.name, file.read(_MAX_PART) if file and entry.size <= _MAX_PART else b""


def _from_7z(source: Source) -> Iterator[tuple[str, bytes]]:
    for password in (None, *source.passwords):
        try:
            with py7zr.SevenZipFile(io.BytesIO(source.data), password=password) as archive:
                entries = [e for e in archive.list() if not e.is_directory and _is_wanted(e.filename)]
                _check(len(entries), sum(entry.uncompressed for entry in entries))
                if is_bomb(sum(entry.uncompressed for entry in entries), len(source.data)):
                    raise FileProblem(Reason.TOO_BIG, "packed far tighter than any text: a bomb, most likely")
                names = [entry.filename for entry in entries][: MAX_FILES + 1]
                factory = py7zr.io.BytesIOFactory(MAX_UNPACKED)
                archive.extract(targets=names, factory=factory)
                return iter(
                    [(name, factory.products[name].read()) for name in names if name in factory.products]
                )
        except py7zr.PasswordRequired:
            continue
        except _FOREIGN:
            if password is None:
                raise
    raise FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD)
