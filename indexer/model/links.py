"""What is known of the page behind a link?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class LinkState(StrEnum):
    """How a link is."""

    UNCHECKED = "unchecked"
    OK = "ok"
    MOVED = "moved"
    """It leads to another address for good."""
    SIGN_IN = "sign-in"
    """Only who signs in sees the page."""
    FAILING = "failing"
    GONE = "gone"
    """It failed at least three times over seven days."""
    REFUSED = "refused"
    """It must not be read: the address leads into a private network, or the host forbids it."""


class Health(NamedTuple):
    """How a link is, as people see it."""

    state: LinkState = LinkState.UNCHECKED
    checked: datetime | None = None
    """When it was last checked."""
    status: int | None = None
    """The HTTP status of the last answer; None if there was none."""
    moved_to: str = ""
    """The address that it leads to for good."""
    failures: int = 0
    """Checks that failed since the last one that did not."""


class LinkMemory(NamedTuple):
    """What is remembered of a link from one check to the next."""

    health: Health = Health()
    since: datetime | None = None
    """When its state began."""
    failing_since: datetime | None = None
    """When the first of `failures` was."""
    due: datetime | None = None
    """When it is to be checked next; None: at once."""
    etag: str = ""
    last_modified: str = ""
    """What the host called the version that was read, for conditional requests."""
    digest: str = ""
    """SHA-256 of the text of the version that was read."""


class Answer(StrEnum):
    """What a check of a link came to."""

    READ = "read"
    """A page or document came."""
    UNCHANGED = "unchanged"
    """The version that was read before is still there (304)."""
    SIGN_IN = "sign-in"
    FAILED = "failed"
    """The host said that there is nothing, or there is no such host, or no answer came."""
    REFUSED = "refused"
    """The address or the host's rules forbid it: nothing was asked."""
    LATER = "later"
    """The host asks to come back later, or this machine is offline: it says nothing of the link."""


class Outcome(NamedTuple):
    """What a check of a link gave."""

    answer: Answer
    status: int | None = None
    url: str = ""
    """The address at the end of all redirects."""
    moved_to: str = ""
    """The address that the first redirects, all of them permanent, lead to; empty if there were none."""
    detail: str = ""
    """One line for people."""
    later_s: float = 0.0
    """If LATER: the seconds to wait at least."""
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    """The media type without parameters, in lower case."""
    charset: str = ""
    body: str = ""
    """If READ: the name of the file in the spool directory that has the bytes."""
    is_soft_gone: bool = False
    """Whether the host answers a nonsense address in the same way: the page is probably not there."""
