"""Archives (zip, tar and its compressions, 7z, single compressed files): the documents in them, each by its own reader.

Nothing is unpacked to a disk, links in archives are not followed, and sizes are checked before and while unpacking.
If a file in it can't be unpacked, only that file is lost, and it is reported.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import py7zr
from py7zr.exceptions import ArchiveError, UnsupportedCompressionMethodError

from indexer.errors import FileProblem, Reason
from indexer.extract.charsets import guess
from indexer.extract.encrypted import NEEDS_PASSWORD
from indexer.extract.inside import MAX_FILES, MAX_UNPACKED, read_parts
from indexer.extract.link_list import distinct
from indexer.extract.package import is_bomb
from indexer.extract.passages import limit
from indexer.extract.source import Source
from indexer.model.items import Extract

MAX_LISTED = 100_000
_MAX_PART = 64 << 20
_HIDDEN = ("__MACOSX/", ".DS_Store", ".git/")
_FOREIGN = (zipfile.BadZipFile, tarfile.TarError, ArchiveError, lzma.LZMAError, zlib.error, EOFError, OSError,
            ValueError, LookupError, NotImplementedError, RuntimeError, TypeError, AttributeError, AssertionError)  # fmt: skip
"""What the libraries raise on damaged archives."""
_AES = 99
"""The method number of WinZip's encryption (AE-1, AE-2); the packed bytes are inside it."""
_PACKINGS = {1: "shrink", 6: "implode", 9: "deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd"}
"""Compression methods that zipfile lacks (APPNOTE 4.4.5)."""
_OPEN: dict[str, Callable[[io.BytesIO], Any]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}


_Part = tuple[str, bytes | FileProblem]


def read(source: Source) -> Extract:
    """Return the text of the documents in it; raise FileProblem if all of it is encrypted, damaged or a bomb."""
    try:
        within = read_parts(source, _parts(source))
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete archive ({error})"[:200]) from error
    kept, truncated = limit(within.passages, source.text_limit)
    return Extract(
        kept,
        links=tuple(distinct(within.links)),
        truncated=truncated or within.truncated,
        opened=within.opened,
        unread=within.unread,
    )


def _parts(source: Source) -> Iterator[_Part]:
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


def _from_zip(source: Source) -> Iterator[_Part]:
    with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
        listed = archive.infolist()
        entries = [entry for entry in listed if _is_wanted(entry.filename)]
        _check(len(entries), sum(entry.file_size for entry in entries))
        if any(is_bomb(entry.file_size, entry.compress_size) for entry in entries):
            raise FileProblem(Reason.TOO_BIG, "packed far more tightly than any text: most likely a zip bomb")
        names = _names(entries[: MAX_FILES + 1])
        for entry, name in zip(entries, names, strict=False):
            yield name, _zip_part(archive, entry, source.passwords)


def _names(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Return the decoded names: one not marked as UTF-8 (bit 11) may be UTF-8, or in its writer's encoding."""
    raw = [
        b"" if entry.flag_bits & 0x800 else entry.orig_filename.encode("cp437", "replace")
        for entry in entries
    ]
    likely = guess(b"\n".join(name for name in raw if not _is_utf8(name)), of_dos=True)
    return [
        _unicode_path(entry)
        or (_decoded(name, likely.encoding if likely else "cp437") if name else entry.filename)
        for entry, name in zip(entries, raw, strict=True)
    ]


def _unicode_path(entry: zipfile.ZipInfo) -> str:
    """Return the UTF-8 name stored next to the plain one (APPNOTE 4.6.9); empty if there is none."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 0x7075 and length > 5:
            return extra[9 : 4 + length].decode("utf-8", "replace")
        extra = extra[4 + length :]
    return ""


def _decoded(name: bytes, encoding: str) -> str:
    return name.decode("utf-8" if _is_utf8(name) else encoding, "replace")


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _zip_part(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, passwords: tuple[str, ...]
) -> bytes | FileProblem:
    """Return the bytes of a part, or why it can't be read."""
    if entry.file_size > _MAX_PART:
        return FileProblem(Reason.TOO_BIG, f"unpacks to {entry.file_size >> 20} MB")
    is_encrypted = bool(entry.flag_bits & 1)
    if entry.compress_type == _AES or (is_encrypted and entry.flag_bits & 0x40):
        return FileProblem(Reason.ENCRYPTED, "encrypted by an unknown method (AES)")
    problem = FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD)
    for key in [key.encode() for key in passwords] if is_encrypted else [None]:
        try:
            return archive.read(entry, key)
        except NotImplementedError:
            how = _PACKINGS.get(entry.compress_type, f"method {entry.compress_type}")
            return FileProblem(Reason.UNSUPPORTED, f"packed by an unknown method ({how})")
        except _FOREIGN as error:
            if not is_encrypted:
                problem = FileProblem(Reason.DAMAGED, f"can't be unpacked ({error})"[:200])
    return problem


def _from_tar(data: bytes) -> Iterator[_Part]:
    """Yield the files of a tar; if it is cut off, those before the cut."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errors="surrogateescape") as archive:
        try:
            for count, entry in enumerate(archive):
                _check(count, 0)
                if entry.isreg() and _is_wanted(entry.name) and not entry.issparse():
                    yield _tar_name(entry.name), _tar_part(archive, entry)
        except tarfile.TarError as error:
            yield "(the rest)", FileProblem(Reason.DAMAGED, f"not a complete archive ({error})"[:200])


def _tar_name(name: str) -> str:
    """Return a name whose bytes are not UTF-8, decoded by its writer's encoding."""
    if name.isascii():
        return name
    raw = name.encode("utf-8", "surrogateescape")
    likely = None if _is_utf8(raw) else guess(raw, of_dos=True)
    return raw.decode(likely.encoding if likely else "utf-8", "replace")


def _tar_part(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes | FileProblem:
    if entry.size > _MAX_PART:
        return FileProblem(Reason.TOO_BIG, f"unpacks to {entry.size >> 20} MB")
    file = archive.extractfile(entry)
    return file.read(_MAX_PART) if file else b""


def _from_7z(source: Source) -> Iterator[_Part]:
    for password in (None, *source.passwords):
        try:
            with py7zr.SevenZipFile(io.BytesIO(source.data), password=password) as archive:
                entries = [e for e in archive.list() if not e.is_directory and _is_wanted(e.filename)]
                _check(len(entries), sum(entry.uncompressed for entry in entries))
                if is_bomb(sum(entry.uncompressed for entry in entries), len(source.data)):
                    raise FileProblem(
                        Reason.TOO_BIG, "packed far more tightly than any text: most likely a bomb"
                    )
                names = [entry.filename for entry in entries][: MAX_FILES + 1]
                factory = py7zr.io.BytesIOFactory(MAX_UNPACKED)
                archive.extract(targets=names, factory=factory)
                return iter(
                    [(name, factory.products[name].read()) for name in names if name in factory.products]
                )
        except py7zr.PasswordRequired:
            continue
        except UnsupportedCompressionMethodError as error:
            raise FileProblem(Reason.UNSUPPORTED, "packed by an unknown method") from error
        except _FOREIGN:
            if password is None:
                raise
    raise FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD)
