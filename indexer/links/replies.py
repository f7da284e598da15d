"""What is asked, and what of the answer is kept? Nothing more than the limits allow, whatever comes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from indexer.links.addresses import Address

READ_TYPES = re.compile(
    r"text/(html|plain|rtf|richtext|xml|markdown)|application/(xhtml\+xml|xml|pdf|x-pdf|rtf|msword|epub\+zip"
    r"|vnd\.ms-(excel|powerpoint)[a-z0-9.+-]*|vnd\.openxmlformats-officedocument\.[a-z0-9.+-]+"
    r"|vnd\.oasis\.opendocument\.[a-z0-9.+-]+)"
)
"""Media types whose bytes are kept: those that a reader of ours takes."""
_UNSAID = ("", "application/octet-stream", "binary/octet-stream", "application/x-download")
_SIGNS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"<")
"""How bytes begin that are kept though the host does not say what they are."""
_CUT_TYPES = re.compile(r"text/.*|application/(xhtml\+xml|xml)|")
"""What can still be read if its end is missing."""


MOST_MEMBERS = 50
"""Members of a gzip body; those beyond are left out: hosts send one, and each copies all that follows it."""


class Trouble(Enum):
    """Why no answer came."""

    REFUSED = "refused"
    SILENT = "silent"
    """No sign of the network: the host may be dead or this machine offline."""
    FAILED = "failed"
    PROXY = "proxy"
    """The proxy in between failed."""


class Ask(NamedTuple):
    """One request. It is always a GET."""

    address: Address
    seconds: float
    most: int
    """Bytes of the body."""
    etag: str = ""
    last_modified: str = ""
    any_type: bool = False
    """Whether the body is read whatever it is."""


class Reply(NamedTuple):
    """What came."""

    status: int = 0
    headers: Mapping[str, str] = {}
    """In lower case, the first of each name."""
    body: bytes | None = None
    """Inflated; None if it was not read or can't be."""
    took_s: float = 0.0
    trouble: Trouble | None = None
    detail: str = ""
    """One line for people."""
    by_proxy: bool = False


def read(ask: Ask, status: int, heads: Iterable[tuple[bytes, bytes]], pieces: Iterable[bytes]) -> Reply:
    """Return a reply with as much of the body as is wanted; `pieces` are as they come, and not all are taken."""
    headers: dict[str, str] = {}
    for name, value in heads:
        headers.setdefault(name.decode("latin-1").lower(), _text(value))
    reply = Reply(status, headers)
    kind = media_type(headers)
    if not 200 <= status < 300 or status in (204, 205):
        return reply
    if not (ask.any_type or kind in _UNSAID or READ_TYPES.fullmatch(kind)):
        return reply
    may_be_cut = ask.any_type or bool(_CUT_TYPES.fullmatch(kind))
    too_large = reply._replace(detail=f"larger than {ask.most >> 20} MB: its text is not read")
    if not may_be_cut and _length(headers) > ask.most:
        return too_large
    raw = bytearray()
    for piece in pieces:
        raw += piece
        if len(raw) > ask.most:
            break
    body, is_cut = inflate(bytes(raw), headers.get("content-encoding", ""), ask.most)
    if body is None:
        return reply._replace(detail="sent in an encoding that was not asked for: its text is not read")
    if is_cut and not may_be_cut:
        return too_large
    if kind in _UNSAID and not ask.any_type and not body.lstrip().startswith(_SIGNS):
        return reply
    return reply._replace(body=body, detail=f"read to {ask.most >> 20} MB only" if is_cut else "")


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type without parameters, in lower case; empty if it is none."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,39}", kind) else ""


def charset(headers: Mapping[str, str]) -> str:
    """Return the encoding that the host names; empty if it names none."""
    match = re.search(
        r";\s*charset\s*=\s*[\"']?([a-z0-9_.:+-]{1,40})", headers.get("content-type", "").lower()
    )
    return match[1].replace(":", "_") if match else ""


def inflate(raw: bytes, encoding: str, most: int) -> tuple[bytes | None, bool]:
    """Return at most so many bytes of a body, and whether there would be more; None if it can't be inflated."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return raw[:most], len(raw) > most
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return None, False
    for bits in (47, -15) if encoding == "deflate" else (47,):  # some send deflate without the head of zlib
        made, rest = bytearray(), raw
        try:
            for _ in range(MOST_MEMBERS):
                if not rest or len(made) > most:
                    break
                inflater = zlib.decompressobj(bits)
                made += inflater.decompress(rest, most + 1 - len(made))
                if not inflater.eof:
                    break
                rest = inflater.unused_data
        except zlib.error:
            if not made:
                continue
        return bytes(made[:most]), len(made) > most
    return None, False


def _length(headers: Mapping[str, str]) -> int:
    value = headers.get("content-length", "")
    return int(value) if re.fullmatch(r"[0-9]{1,15}", value) else 0


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
