"""How do the fetching process and the one that started it talk? In JSON; what comes back is believed only as far as checked."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from indexer.links.limits import MOST_LATER_S, MOST_URL
from indexer.model.links import Answer, Outcome

MOST_MESSAGE = 64 << 10
"""Bytes."""
ALIVE = b"{}"
"""Says only that the process lives."""
OFFLINE = "this machine seems to be offline"
"""The detail of checks that could not be made for this reason."""
MOST_TAG = 500
"""Characters of an ETag or a date of a host; longer ones are not kept."""
MOST_DETAIL = 300
BODY_NAME = re.compile(r"[0-9a-f]{32}\.body")
_LONGEST = {
    "url": MOST_URL, "moved_to": MOST_URL, "detail": MOST_DETAIL, "etag": MOST_TAG, "last_modified": MOST_TAG,
    "content_type": 100, "charset": 40, "body": 37,
}  # fmt: skip
_TOKEN = re.compile(r"[a-z0-9!#$&^_.+/-]*")


class Request(NamedTuple):
    """A link to check."""

    url: str
    etag: str = ""
    last_modified: str = ""
    """What the host called the version that is known; empty: none is."""
    probes: bool = False
    """Whether to ask the host for a nonsense address, too, if a page comes: it may answer everything alike."""
    insists: bool = False
    """Whether to ask for the page though the site's robots.txt can't be had because its server has a fault."""


def pack_request(key: str, request: Request) -> bytes:
    """Return a request as bytes."""
    return json.dumps([key, *request]).encode()


def unpack_request(packed: bytes) -> tuple[str, Request]:
    """Return what `pack_request` packed; only for bytes of our own."""
    key, *request = json.loads(packed)
    return key, Request(*request)


def pack_outcome(key: str, outcome: Outcome) -> bytes:
    """Return an outcome as bytes; its detail is cut to one short line."""
    detail = "".join(char for char in outcome.detail if char.isprintable())
    return json.dumps([key, outcome._replace(detail=detail[:MOST_DETAIL])._asdict()]).encode()


def unpack_outcome(packed: bytes) -> tuple[str, Outcome]:
    """Return what `pack_outcome` packed; raise ValueError for anything that it would not have made."""
    try:
        key, fields = json.loads(packed)
        if not isinstance(key, str) or not isinstance(fields, dict) or fields.keys() != set(Outcome._fields):
            raise ValueError("not an outcome")
        outcome = Outcome(**(fields | {"answer": Answer(fields["answer"])}))
    except (TypeError, RecursionError) as error:
        raise ValueError("not an outcome") from error
    for name, longest in _LONGEST.items():
        _check_text(getattr(outcome, name), longest)
    if outcome.status is not None and not (type(outcome.status) is int and 100 <= outcome.status <= 999):
        raise ValueError("not a status")
    if type(outcome.later_s) not in (int, float) or not 0 <= outcome.later_s <= MOST_LATER_S:
        raise ValueError("not a wait")
    if type(outcome.is_soft_gone) is not bool or type(outcome.has_no_rules) is not bool:
        raise ValueError("not a yes or no")
    for url in (outcome.url, outcome.moved_to):
        if not re.fullmatch(r"(https?://[!-~]+)?", url):
            raise ValueError("not an address")
    if not _TOKEN.fullmatch(outcome.content_type) or not _TOKEN.fullmatch(outcome.charset):
        raise ValueError("not a type")
    if outcome.body and (outcome.answer is not Answer.READ or not BODY_NAME.fullmatch(outcome.body)):
        raise ValueError("not a body")
    return key, outcome


def _check_text(value: Any, longest: int) -> None:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise ValueError("not a short line")
