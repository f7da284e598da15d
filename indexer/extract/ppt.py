"""PowerPoint files from before 2007: the texts among their records (MS-PPT), in stored order."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import olefile

from indexer.errors import FileProblem, Reason
from indexer.extract.document import make_extract
from indexer.extract.encrypted import decrypt_office
from indexer.extract.legacy import summary_facts
from indexer.extract.source import Source
from indexer.model.items import Extract

_CHARACTERS, _BYTES, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_MASTERS = frozenset({0x03F8, 0x0FC9})
"""Main master and handout master: their texts are prompts of the program."""
_WITH_STRINGS = frozenset({0x2EE0, 0x2EE1, 0x0FD7})
"""Comments and hyperlinks hold plain strings."""
_MAX_DEPTH = 30
_FOREIGN = (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error)
_PROMPTS = ("*", "Click to edit Master")


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem if the file is encrypted or damaged."""
    data = decrypt_office(source)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            stream = file.openstream("PowerPoint Document").read()
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete PowerPoint file ({error})"[:200]) from error
    texts = (text.replace("\r", "\n").replace("\x0b", "\n") for text in _texts(stream, 0, len(stream), 0, 0))
    lines = dict.fromkeys(text for text in texts if text.strip() and not text.startswith(_PROMPTS))
    return make_extract(source, [(None, list(lines))], (), summary_facts(data), next(iter(lines), ""))


def _texts(stream: bytes, at: int, end: int, depth: int, inside: int) -> Iterator[str]:
    """Yield the texts of the records between two offsets; `inside` is the type of the record around them."""
    while at + 8 <= end:
        flags, kind, length = struct.unpack_from("<HHI", stream, at)
        at += 8
        stop = min(at + length, end)
        if flags & 0xF == 0xF:
            if kind not in _MASTERS and depth < _MAX_DEPTH:
                yield from _texts(stream, at, stop, depth + 1, kind)
        elif kind == _CHARACTERS or (kind == _STRING and inside in _WITH_STRINGS):
            yield stream[at : stop - (stop - at) % 2].decode("utf-16-le", "replace")
        elif kind == _BYTES:
            yield stream[at:stop].decode("latin-1")
        at = stop
