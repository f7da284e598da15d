"""Mails: their heads as words, their bodies, and their attachments read by their own readers.

RFC 5322 and MIME by Python's own parser (eml, emlx, mbox, mht), Outlook's msg by python-oxmsg (MS-OXMSG).
"""

from __future__ import annotations

import base64
import email
import email.policy
import mimetypes
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, make_extract
from indexer.extract.html import parse_markup
from indexer.extract.inside import read_parts
from indexer.extract.link_list import distinct, links_within
from indexer.extract.passages import clean_text, limit
from indexer.extract.source import Source
from indexer.extract.text import decode_as
from indexer.model.items import Extract, Link

MAX_HEAD = 1 << 20
MAX_PARTS = 1_000
MAX_NESTED = 40
MAX_MESSAGES = 10_000

_SHOWN = ("From", "To", "Cc", "Reply-To", "Organization", "Keywords")
"""Headers that are searched. Recipients of blind copies stay private."""
_BOUNDARY = re.compile(rb"^From \S[^\n]*\d{2}:\d{2}[^\n]*\n", re.MULTILINE)
_MULTIPART = re.compile(rb"content-type:\s*multipart/", re.IGNORECASE)
_FOREIGN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OSError,
    RecursionError,
)
"""What the parsers raise on damaged mails."""
_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_COMMAND = re.compile(r"<[^<>]{0,200}>")
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
_WORD = re.compile(r"\w+")
_MAX_LINE, _MAX_HEADS = 20_000, 200


@dataclass(slots=True)
class Letter:
    """One mail, of any format."""

    subject: str = ""
    sender: str = ""
    sent: datetime | None = None
    lines: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)
    unread: tuple[Reason, str] | None = None
    """Why a part of it can't be read."""
    said: set[str] = field(default_factory=set)
    """The words of the first `counted` lines."""
    counted: int = 0


def read(source: Source) -> Extract:
    """Return one mail of RFC 5322; raise FileProblem if it is not one."""
    data = source.data
    if source.suffix == "emlx":  # Apple Mail: the length on a line of its own, the mail, a property list
        length, _, rest = data.partition(b"\n")
        data = rest[: int(length)] if length.strip().isdigit() else data
    letter = parse_letter(data)
    if not (letter.subject or letter.sender or letter.lines or letter.attachments):
        raise FileProblem(Reason.DAMAGED, "not a mail, or cut off")
    return from_letter(source, letter)


def from_letter(source: Source, letter: Letter) -> Extract:
    """Return the extract of a mail; one that is mostly links is a list of links."""
    facts = Facts(_one_line(letter.subject)[:300], _one_line(letter.sender)[:200], letter.sent)
    within = read_parts(source, letter.attachments)
    made = make_extract(source, [(None, letter.lines)], letter.links, facts)
    passages, truncated = limit((*made.passages, *within.passages), source.text_limit)
    return Extract(
        passages,
        facts.title,
        facts.author,
        facts.created,
        links=made.links if made.is_link_list else tuple(distinct((*made.links, *within.links))),
        is_link_list=made.is_link_list,
        truncated=truncated or made.truncated or within.truncated,
        opened=within.opened,
        unread=letter.unread or within.unread,
    )


def _one_line(text: str) -> str:
    return " ".join(clean_text(text).split())


# --- MIME -----------------------------------------------------------------------------------------


def parse_letter(data: bytes) -> Letter:
    """Parse `data` as a mail, leaving out damaged parts."""
    _check_bounds(data)
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete mail ({error})"[:200]) from error
    letter = Letter(_header(message, "Subject"), _header(message, "From"), _date(message))
    letter.lines = [f"{name}: {text}" for name in _SHOWN if (text := _header(message, name))]
    _take_parts(message, letter)
    return letter


def _check_bounds(data: bytes) -> None:
    """Raise FileProblem if Python's parser would never finish."""
    head = re.search(rb"\r?\n\r?\n", data)
    if (head.start() if head else len(data)) > MAX_HEAD:
        raise FileProblem(Reason.TOO_BIG, f"the head of the mail is larger than {MAX_HEAD >> 20} MB")
    if len(_MULTIPART.findall(data)) > MAX_NESTED * 5:
        raise FileProblem(Reason.TOO_BIG, "more parts within parts than any mail has")


def _header(message: Message, name: str) -> str:
    """Return a header's words, decoded."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(decode_words(raw[:_MAX_LINE]).split())


def decode_words(raw: str) -> str:
    """Return a header with its encoded words (RFC 2047) and its raw bytes decoded.

    Successive words in the same encoding are decoded together: some writers cut within a letter.
    """
    pieces: list[tuple[bytes, str | None]] = []
    at = 0
    for match in _ENCODED_WORD.finditer(raw):
        between = raw[at : match.start()]
        if between.strip() or not pieces or pieces[-1][1] is None:
            pieces.append((between.encode("utf-8", "surrogateescape"), None))
        charset, content = match[1].lower(), _unpacked(match[2], match[3])
        if pieces[-1][1] == charset:
            content = pieces.pop()[0] + content
        pieces.append((content, charset))
        at = match.end()
    pieces.append((raw[at:].encode("utf-8", "surrogateescape"), None))
    return "".join(decode_as(content, charset) for content, charset in pieces)


def _unpacked(how: str, text: str) -> bytes:
    """Return the bytes of an encoded word."""
    raw = text.encode("ascii", "ignore")
    if how in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "), header=True)
    digits = _NO_BASE64.sub(b"", raw)
    return base64.b64decode(digits + b"=" * (-len(digits) % 4)) if len(digits) % 4 != 1 else raw


def _date(message: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(message.get("Date", "")))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (*_FOREIGN, OverflowError):
        return None


def _take_parts(message: Message, letter: Letter) -> None:
    stack = [(message, False)]
    for _ in range(MAX_PARTS):
        if not stack:
            return
        part, is_alternative = stack.pop()
        kind = part.get_content_type()
        payload = part.get_payload()
        if not isinstance(payload, list):
            _take_part(part, kind, letter, is_alternative=is_alternative)
            continue
        content = [inner for inner in payload if isinstance(inner, Message)]
        if kind == "multipart/encrypted":
            letter.unread = (Reason.ENCRYPTED, "encrypted for its recipients")
        elif kind == "message/delivery-status":
            letter.lines += [f"{name}: {_header(one, name)}" for one in content for name in one][:_MAX_HEADS]
        elif kind in ("message/rfc822", "message/global") and content:
            inner = _unpacked_message(part, content[0])
            letter.lines += [
                f"{name}: {text}" for name in ("Subject", *_SHOWN) if (text := _header(inner, name))
            ]
            stack.append((inner, False))
        else:
            if kind == "multipart/alternative":
                is_alternative = True
                content.sort(key=lambda one: one.get_content_type() != "text/plain")
            stack.extend((inner, is_alternative) for inner in reversed(content))


def _unpacked_message(part: Message, inner: Message) -> Message:
    """Return the mail in a mail, decoded if it was encoded (no writer should do that)."""
    how = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if how not in ("base64", "quoted-printable"):
        return inner
    try:
        packed = inner.as_bytes()
        data = base64.b64decode(packed) if how == "base64" else quopri.decodestring(packed)
        _check_bounds(data)
        return email.message_from_bytes(data, policy=email.policy.compat32)
    except _FOREIGN:
        return inner


def _take_part(part: Message, kind: str, letter: Letter, *, is_alternative: bool) -> None:
    name = _file_name(part)
    try:
        data = part.get_payload(decode=True)
    except _FOREIGN:
        return
    if not isinstance(data, bytes) or not data:
        return
    is_attached = part.get_content_disposition() == "attachment" or (name and not kind.startswith("text/"))
    if is_attached or kind not in _BODIES:
        if name or not kind.startswith(
            ("multipart/", "application/pkcs7-sig", "application/pgp-sig", "image/")
        ):
            letter.attachments.append((name or _name_for(kind), data))
        return
    text = decode_as(data, part.get_content_charset())
    if kind == "text/html":
        take_html(letter, text, only_news=is_alternative)
        return
    if kind in ("text/enriched", "text/richtext"):
        text = _COMMAND.sub("", text.replace("<<", "\0")).replace("\0", "<")
    if str(part.get_param("format", "")).lower() == "flowed":
        text = unflow(text, joined=str(part.get_param("delsp", "")).lower() == "yes")
    if _ARMOUR in text:
        letter.unread = (Reason.ENCRYPTED, "encrypted for its recipients")
        text = text.partition(_ARMOUR)[0]
    letter.links += links_within(text)
    _take_paragraphs(letter, re.split(r"\n\s*\n", text.replace("\r\n", "\n")), only_news=is_alternative)


_BODIES = ("text/plain", "text/html", "text/enriched", "text/richtext")
_SUFFIXES = {"text/calendar": "ics", "application/ics": "ics", "text/vcard": "vcf", "text/x-vcard": "vcf",
             "text/directory": "vcf", "text/markdown": "md", "application/ms-tnef": "tnef", "application/rtf": "rtf",
             "application/pkcs7-mime": "p7m", "application/x-pkcs7-mime": "p7m", "message/rfc822": "eml",
             "text/rfc822-headers": "txt", "text/x-amp-html": "amp", "text/watch-html": "amp"}  # fmt: skip


def _name_for(kind: str) -> str:
    """Return a name for an attachment without one; its extension decides how it is read."""
    suffix = _SUFFIXES.get(kind) or (mimetypes.guess_extension(kind) or ".bin").lstrip(".")
    return f"attachment.{suffix}"


def unflow(text: str, *, joined: bool) -> str:
    """Return text of `format=flowed` (RFC 3676) with each paragraph in one line.

    `joined`: the blank at the end of a line is not part of the text (DelSp).
    """
    lines: list[list[str]] = []
    depth, is_open = 0, False
    for raw in text.split("\n"):
        line = raw.removesuffix("\r")
        quoted = len(line) - len(line.lstrip(">"))
        line = line[quoted:].removeprefix(" ")
        if not (is_open and quoted == depth and line != "-- "):
            lines.append(["> "] if quoted else [])
        depth, is_open = quoted, line.endswith(" ") and line != "-- "
        lines[-1].append(line.removesuffix(" ") if is_open and joined else line)
    return "\n".join("".join(pieces) for pieces in lines)


def take_html(letter: Letter, markup: str, *, only_news: bool = False) -> None:
    """Take in the words and links of a mail written as a web page.

    `only_news`: only the paragraphs with words that the mail did not have before.
    """
    page = parse_markup(markup)
    _take_paragraphs(letter, page.text.split("\n\n"), only_news=only_news)
    letter.links += page.links


def _take_paragraphs(letter: Letter, paragraphs: list[str], *, only_news: bool) -> None:
    if not only_news:
        letter.lines += paragraphs
        return
    for line in letter.lines[letter.counted :]:
        letter.said.update(_WORD.findall(line.casefold()))
    letter.counted = len(letter.lines)
    letter.lines += [one for one in paragraphs if not letter.said.issuperset(_WORD.findall(one.casefold()))]


def _file_name(part: Message) -> str:
    for header in ("Content-Disposition", "Content-Type"):
        raw = next((str(value) for key, value in part.raw_items() if key.lower() == header.lower()), "")
        if not raw.isascii():  # the raw bytes
            part.replace_header(header, decode_words(raw))
    try:
        name = decode_words(part.get_filename() or "")
    except _FOREIGN:
        return ""
    return name.replace("\\", "/").rpartition("/")[2][:200]


# --- mailboxes ------------------------------------------------------------------------------------


def split_mbox(data: bytes) -> Iterator[bytes]:
    """Yield the mails of an mbox file (RFC 4155)."""
    starts = [match.span() for match in _BOUNDARY.finditer(data)][:MAX_MESSAGES]
    for (_, begin), (end, _) in zip(starts, [*starts[1:], (len(data), 0)], strict=True):
        yield data[begin:end]
