"""Mails: their heads as words, their bodies, and their attachments read by their own readers.

RFC 5322 and MIME by Python's own parser (eml, emlx, mbox, mht), Outlook's msg by python-oxmsg (MS-OXMSG).
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, make_extract
from indexer.extract.html import parse_markup
from indexer.extract.inside import read_parts
from indexer.extract.link_list import distinct
from indexer.extract.passages import limit
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model import Extract, Link

MAX_HEAD = 1 << 20
MAX_PARTS = 1_000
MAX_NESTED = 40
MAX_MESSAGES = 10_000

_SHOWN = ("From", "To", "Cc", "Bcc", "Reply-To", "Organization", "Keywords")
_BOUNDARY = re.compile(rb"^From \S+.*\d{2}:\d{2}.*\r?\n", re.MULTILINE)
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
"""What the parsers raise at damaged mails."""


@dataclass(slots=True)
class Letter:
    """One mail, whatever it came as."""

    subject: str = ""
    sender: str = ""
    sent: datetime | None = None
    lines: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)
    unread: tuple[Reason, str] | None = None
    """Why a part of it can't be read."""


def read(source: Source) -> Extract:
    """Return one mail of RFC 5322; raise FileProblem where it is none."""
    data = source.data
    if source.suffix == "emlx":  # Apple Mail: the length on a line of its own, the mail, a property list
        length, _, rest = data.partition(b"\n")
        data = rest[: int(length)] if length.strip().isdigit() else data
    letter = parse_letter(data)
    if not (letter.subject or letter.sender or letter.lines or letter.attachments):
        raise FileProblem(Reason.DAMAGED, "not a mail, or cut off")
    return from_letter(source, letter)


def from_letter(source: Source, letter: Letter) -> Extract:
    """Return what a mail says; one that is mostly links is a list of links."""
    facts = Facts(" ".join(letter.subject.split())[:300], " ".join(letter.sender.split())[:200], letter.sent)
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


# --- MIME -----------------------------------------------------------------------------------------


def parse_letter(data: bytes) -> Letter:
    """Return the mail that `data` is; what is damaged in it is left out."""
    _check_bounds(data)
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a whole mail ({error})"[:200]) from error
    letter = Letter(_header(message, "Subject"), _header(message, "From"), _date(message))
    letter.lines = [f"{name}: {text}" for name in _SHOWN if (text := _header(message, name))]
    _take_parts(message, letter)
    return letter


def _check_bounds(data: bytes) -> None:
    """Raise FileProblem where Python's parser would need for ever."""
    head = re.search(rb"\r?\n\r?\n", data)
    if (head.start() if head else len(data)) > MAX_HEAD:
        raise FileProblem(Reason.TOO_BIG, f"the head of the mail is larger than {MAX_HEAD >> 20} MB")
    if len(_MULTIPART.findall(data)) > MAX_NESTED * 5:
        raise FileProblem(Reason.TOO_BIG, "more parts within parts than any mail has")


def _header(message: Message, name: str) -> str:
    """Return a header's words, decoded (RFC 2047)."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        parts = decode_header(str(raw)[:20_000])
    except _FOREIGN:
        return " ".join(str(raw).split())
    return " ".join("".join(_word(text, charset) for text, charset in parts).split())


def _word(text: bytes | str, charset: str | None) -> str:
    if isinstance(text, str):
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return text.decode(charset or "utf-8", "replace")
    except LookupError:
        return text.decode("latin-1")


def _date(message: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(message.get("Date", "")))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (*_FOREIGN, OverflowError):
        return None


def _take_parts(message: Message, letter: Letter) -> None:
    stack = [message]
    for _ in range(MAX_PARTS):
        if not stack:
            return
        part = stack.pop()
        kind = part.get_content_type()
        payload = part.get_payload()
        content = (
            [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else None
        )
        if kind == "message/rfc822" and content:
            inner = content[0]
            letter.lines += [
                f"{name}: {text}" for name in ("Subject", *_SHOWN) if (text := _header(inner, name))
            ]
            stack.append(inner)
        elif content is not None:
            if kind == "multipart/alternative":
                content = _best(content)
            stack.extend(reversed(content))
        else:
            _take_part(part, kind, letter)


def _best(parts: list[Message]) -> list[Message]:
    """Return the one of several alternatives that has the words: plain text where it has any, else the last."""
    plain = [
        part for part in parts if part.get_content_type() == "text/plain" and str(part.get_payload()).strip()
    ]
    others = [part for part in parts if part.get_content_type() not in ("text/plain", "text/html")]
    html = [part for part in parts if part.get_content_type() == "text/html"]
    return [*(plain[:1] or html[-1:]), *others]


def _take_part(part: Message, kind: str, letter: Letter) -> None:
    name = _file_name(part)
    try:
        data = part.get_payload(decode=True)
    except _FOREIGN:
        return
    if not isinstance(data, bytes) or not data:
        return
    is_attached = part.get_content_disposition() == "attachment" or (name and not kind.startswith("text/"))
    if not is_attached and kind in ("text/plain", "text/html"):
        text = _text(data, part.get_content_charset())
        if kind == "text/html":
            take_html(letter, text)
        else:
            letter.lines += re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    elif name or not kind.startswith(("multipart/", "application/pkcs7", "image/")):
        letter.attachments.append((name or f"attachment.{kind.partition('/')[2]}", data))


def take_html(letter: Letter, markup: str) -> None:
    """Take in the words and links of a mail written as a web page."""
    page = parse_markup(markup)
    letter.lines += page.text.split("\n\n")
    letter.links += page.links


def _text(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        try:
            return decode(data)
        except FileProblem:
            return data.decode("latin-1")


def _file_name(part: Message) -> str:
    try:
        raw = part.get_filename() or ""
        name = "".join(_word(text, charset) for text, charset in decode_header(raw))
    except _FOREIGN:
        return ""
    return name.replace("\\", "/").rpartition("/")[2][:200]


# --- many in one file -----------------------------------------------------------------------------


def split_mbox(data: bytes) -> Iterator[bytes]:
    """Yield the mails of an mbox file (RFC 4155)."""
    starts = [match.span() for match in _BOUNDARY.finditer(data)][:MAX_MESSAGES]
    for (_, begin), (end, _) in zip(starts, [*starts[1:], (len(data), 0)], strict=True):
        yield data[begin:end]
