"""Mails as Outlook saves them (MS-OXMSG), by python-oxmsg."""

from __future__ import annotations

import io
import struct
from datetime import UTC

import oxmsg
from olefile.olefile import OleFileError

from indexer.errors import FileProblem, Reason
from indexer.extract.html import decode_html
from indexer.extract.mail import Letter, from_letter, take_html
from indexer.extract.source import Source
from indexer.model.items import Extract

_FOREIGN = (
    OleFileError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
)
_MAX_ATTACHMENTS = 200
_RECIPIENT_TYPE, _BLIND_COPY = 0x0C15, 3


def read(source: Source) -> Extract:
    """Return the mail; raise FileProblem if it is damaged."""
    try:
        message = oxmsg.Message.load(io.BytesIO(source.data))
        letter = Letter(message.subject or "", message.sender or "")
        names = [
            f"{one.name or ''} {one.email_address or ''}".strip()
            for one in message.recipients
            if one.properties.int_prop_value(_RECIPIENT_TYPE) != _BLIND_COPY
        ]
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete mail of Outlook ({error})"[:200]) from error
    letter.lines = [f"From: {letter.sender}", f"To: {', '.join(dict.fromkeys(names))}"]
    _take_body(message, letter)
    _take_attachments(message, letter)
    try:
        sent = message.sent_date
        letter.sent = sent.replace(tzinfo=UTC) if sent and sent.tzinfo is None else sent
    except _FOREIGN:
        pass
    return from_letter(source, letter)


def _take_body(message: oxmsg.Message, letter: Letter) -> None:
    try:
        body = message.body
    except _FOREIGN:
        body = None
    try:
        html = message.html_body
    except _FOREIGN:
        html = None
    if body and body.strip():
        letter.lines += body.replace("\r\n", "\n").split("\n\n")
    if html:
        take_html(letter, html if isinstance(html, str) else decode_html(html), only_news=bool(body))


def _take_attachments(message: oxmsg.Message, letter: Letter) -> None:
    try:
        attachments = list(message.attachments)[:_MAX_ATTACHMENTS]
    except _FOREIGN:
        return
    for attachment in attachments:
        try:
            if attachment.file_bytes:
                letter.attachments.append((attachment.file_name or "attachment", attachment.file_bytes))
        except _FOREIGN:
            continue
