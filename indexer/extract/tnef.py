"""Outlook's wrapping of mails (`winmail.dat`, MS-OXTNEF): text, names and attachments. Bounded, our own.

The libraries for it are no longer maintained, and little of the format is needed: a stream of attributes, two of which
hold lists of MAPI properties (MS-OXCDATA), and text compressed by MS-OXRTFCP.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from indexer.errors import FileProblem, Reason
from indexer.extract.html import decode_html
from indexer.extract.mail import Letter, from_letter, take_html
from indexer.extract.source import Source
from indexer.extract.text import decode_as
from indexer.model.items import Extract

_SIGNATURE = 0x223E9F78
_SUBJECT, _BODY, _CODE_PAGE, _PROPERTIES = 0x8004, 0x800C, 0x9007, 0x9003
_NEXT_ATTACHMENT, _ATTACHMENT_NAME, _ATTACHMENT_DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_PR_SUBJECT, _PR_SENDER, _PR_BODY, _PR_HTML, _PR_RTF = 0x0037, 0x0C1A, 0x1000, 0x1013, 0x1009
_PR_DATA, _PR_NAME, _PR_LONG_NAME = 0x3701, 0x3704, 0x3707
_WIDTHS = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
"""Types of properties with a fixed size, and that size in bytes."""
_STRING, _UNICODE, _OBJECT, _BINARY, _MANY = 0x1E, 0x1F, 0x0D, 0x102, 0x1000
_MAX_ATTRIBUTES, _MAX_PROPERTIES, _MAX_VALUES, _MAX_ATTACHMENTS = 10_000, 5_000, 2_000, 500
_MAX_RTF = 64 << 20
_PREFIX = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans "
    b"SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""The initial dictionary of every packed text (MS-OXRTFCP 2.1.3.1.3)."""
_RING = 4096


@dataclass(slots=True)
class _Attached:
    name: bytes | str = ""
    data: bytes = b""


@dataclass(slots=True)
class _Found:
    """What is collected from the attributes."""

    code_page: str = "cp1252"
    subject: bytes | str = b""
    body: bytes | str = b""
    properties: dict[int, bytes | str] = field(default_factory=dict)
    attached: list[_Attached] = field(default_factory=list)


def read(source: Source) -> Extract:
    """Return its content; raise FileProblem if it is not TNEF, or nothing in it can be read."""
    found = _Found()
    try:
        _take_attributes(source.data, found)
    except (struct.error, ValueError, IndexError) as error:
        if not (found.attached or found.properties or found.body or found.subject):
            raise FileProblem(Reason.DAMAGED, "not a complete winmail.dat") from error

    def text(value: bytes | str) -> str:
        return (value if isinstance(value, str) else decode_as(value, found.code_page)).strip("\0 ")

    of = found.properties.get
    letter = Letter(text(of(_PR_SUBJECT) or found.subject), text(of(_PR_SENDER, "")))
    body, html, rtf = text(of(_PR_BODY) or found.body), of(_PR_HTML, b""), of(_PR_RTF, b"")
    letter.lines = body.replace("\r\n", "\n").split("\n\n")
    if html:
        take_html(letter, decode_html(html) if isinstance(html, bytes) else html, only_news=bool(body))
    elif not body and isinstance(rtf, bytes) and (unpacked := unpack_rtf(rtf)):
        letter.attachments.append(("text.rtf", unpacked))
    letter.attachments += [(text(one.name) or "attachment", one.data) for one in found.attached]
    if not (letter.subject or letter.attachments or any(letter.lines)):
        raise FileProblem(Reason.NO_TEXT, "no text in it")
    return from_letter(source, letter)


def _take_attributes(data: bytes, found: _Found) -> None:
    signature, _ = struct.unpack_from("<IH", data)
    if signature != _SIGNATURE:
        raise ValueError("not a winmail.dat")
    at = 6
    for _ in range(_MAX_ATTRIBUTES):
        if at + 9 > len(data):
            return
        _, name, _, length = struct.unpack_from("<BHHI", data, at)
        value = data[at + 9 : at + 9 + length]
        at += 9 + length + 2  # it ends with a checksum
        _take_attribute(name, value, found)


def _take_attribute(name: int, value: bytes, found: _Found) -> None:
    if name == _CODE_PAGE and len(value) >= 4:
        found.code_page = f"cp{struct.unpack_from('<I', value)[0]}"
    elif name == _SUBJECT:
        found.subject = value
    elif name == _BODY:
        found.body = value
    elif name == _PROPERTIES:
        found.properties.update(_properties(value))
    elif name == _NEXT_ATTACHMENT and len(found.attached) < _MAX_ATTACHMENTS:
        found.attached.append(_Attached())
    elif found.attached:
        last = found.attached[-1]
        if name == _ATTACHMENT_NAME:
            last.name = last.name or value
        elif name == _ATTACHMENT_DATA:
            last.data = value
        elif name == _ATTACHMENT:
            inner = dict(_properties(value))
            last.name = inner.get(_PR_LONG_NAME) or last.name or inner.get(_PR_NAME, "")
            if not last.data and isinstance(wrapped := inner.get(_PR_DATA), bytes):
                last.data = wrapped


def _properties(data: bytes) -> Iterator[tuple[int, bytes | str]]:
    """Yield the texts and bytes among the properties with their numbers; of several values, the first."""
    count = struct.unpack_from("<I", data)[0]
    at = 4
    for _ in range(min(count, _MAX_PROPERTIES)):
        if at + 4 > len(data):
            return
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:  # a name instead of a number
            at = _after_name(data, at)
        is_many, kind = bool(kind & _MANY), kind & ~_MANY
        width = _WIDTHS.get(kind)
        if width and not is_many:
            at += width
            continue
        values = struct.unpack_from("<I", data, at)[0]
        at += 4
        if width:
            at += width * values
            continue
        for index in range(min(values, _MAX_VALUES)):
            length = struct.unpack_from("<I", data, at)[0]
            value = data[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
            if index == 0:
                yield from _as_value(number, kind, value)


def _after_name(data: bytes, at: int) -> int:
    is_text, number_or_length = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (number_or_length + -number_or_length % 4 if is_text else 0)


def _as_value(number: int, kind: int, value: bytes) -> Iterator[tuple[int, bytes | str]]:
    if kind == _UNICODE:
        yield number, value.decode("utf-16-le", "replace").rstrip("\0")
    elif kind == _OBJECT:
        yield number, value[16:]  # after the id of its interface: a message in a message
    elif kind in (_STRING, _BINARY):
        yield number, value


def unpack_rtf(packed: bytes) -> bytes:
    """Return unpacked Rich Text (MS-OXRTFCP), up to any damage; empty if it is not packed Rich Text."""
    if len(packed) < 16:
        return b""
    _, size, how = struct.unpack_from("<III", packed)
    if how == 0x414C454D:  # not packed at all
        return packed[16 : 16 + min(size, _MAX_RTF)]
    if how != 0x75465A4C:
        return b""
    ring = bytearray(_PREFIX.ljust(_RING, b"\0"))
    out = bytearray()
    write, at, limit = len(_PREFIX), 16, min(size, _MAX_RTF)
    while at < len(packed) and len(out) < limit:
        control = packed[at]
        at += 1
        for bit in range(8):
            if at >= len(packed) or len(out) >= limit:
                break
            if not control >> bit & 1:
                piece = packed[at : at + 1]
                at += 1
                write = _put(ring, out, piece, write)
                continue
            reference = int.from_bytes(packed[at : at + 2], "big")
            at += 2
            offset, length = reference >> 4, (reference & 15) + 2
            if offset == write:
                return bytes(out)
            for step in range(length):
                write = _put(ring, out, bytes((ring[(offset + step) % _RING],)), write)
    return bytes(out)


def _put(ring: bytearray, out: bytearray, piece: bytes, write: int) -> int:
    out += piece
    ring[write] = piece[0]
    return (write + 1) % _RING
