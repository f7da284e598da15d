"""A mailbox in one file (RFC 4155): each mail an item of its own."""

from __future__ import annotations

from dataclasses import replace

from indexer.errors import FileProblem, Reason
from indexer.extract.mail import from_letter, parse_letter, split_mbox
from indexer.extract.source import Source
from indexer.model.items import Extract

TOO_MUCH = "only the first of its mails can be searched: it has too much text"


def read(source: Source) -> Extract:
    """Return the mails as `messages`; raise FileProblem if there are none."""
    found: list[Extract] = []
    left = source.text_limit
    for data in split_mbox(source.data):
        try:
            message = from_letter(replace(source, data=data, text_limit=left), parse_letter(data))
        except FileProblem:
            continue  # only the damaged mail is lost
        found.append(message)
        left -= sum(len(passage.text) for passage in message.passages)
        if left <= 0:
            break
    if not found and source.data.strip():
        raise FileProblem(Reason.DAMAGED, "no mail in it")
    unread = next((message.unread for message in found if message.unread), None)
    return Extract(messages=tuple(found), truncated=TOO_MUCH if left <= 0 else "", unread=unread)
