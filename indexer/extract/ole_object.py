"""Files embedded in an Office document, taken from the compound file around them (MS-OLEDS 2.3.6, MS-CFB)."""

from __future__ import annotations

import io
import struct

import olefile

from indexer.extract.encrypted import OLE

_NATIVE = "\x01Ole10Native"
_WHOLE = ("Package", "CONTENTS")
"""Streams that are the file itself: a zipped Office document, a PDF."""
_FOREIGN = (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error)


def unwrap(name: str, data: bytes) -> tuple[str, bytes]:
    """Return name and bytes of the file in an embedded object; those of the object if it holds none."""
    if not data.startswith(OLE):
        return name, data
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            if file.exists(_NATIVE):
                return _native(file.openstream(_NATIVE).read())
            for stream in _WHOLE:
                if file.exists(stream):
                    return name, file.openstream(stream).read()
    except _FOREIGN:
        pass  # its content decides how it is read
    return name, data


def _native(stream: bytes) -> tuple[str, bytes]:
    """Return the packed file: after a label and two paths, each ended by a zero byte, come its bytes."""
    label, _, rest = stream[6:].partition(b"\0")
    _, _, rest = rest.partition(b"\0")
    (length,) = struct.unpack_from("<I", rest, 4)
    (size,) = struct.unpack_from("<I", rest, 8 + length)
    begin = 12 + length
    return label.decode("cp1252", "replace") or "object", rest[begin : begin + size]
