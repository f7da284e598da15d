"""What is known of the page behind a link?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple


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


FOUND_BY_IS: Mapping[str, tuple[LinkState, ...]] = {
    "broken": (LinkState.FAILING, LinkState.GONE),
    "moved": (LinkState.MOVED,),
}
"""The values of `is:` in a query, each with the states of the links that it finds."""


BROKEN = FOUND_BY_IS["broken"]


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
    since: datetime | None = None
    """When its state began; if failing or gone: when the first of its failures was."""

    @property
    def found_by_is(self) -> tuple[str, ...]:
        """The values of `is:` that find such a link."""
        return tuple(value for value, states in FOUND_BY_IS.items() if self.state in states)

    def looks_like(self, other: Health) -> bool:
        """Tell whether people see no difference, so that nothing needs to be written for a mere re-check."""
        return self._seen == other._seen

    @property
    def _seen(self) -> tuple[object, ...]:
        return self.state, self.moved_to, self.since if self.state in FOUND_BY_IS["broken"] else None


class LinkMemory(NamedTuple):
    """What is remembered of a link from one check to the next."""

    health: Health = Health()
    """How it is by its checks."""
    due: datetime | None = None
    """When it is to be checked next; None: at once."""
    etag: str = ""
    last_modified: str = ""
    """What the host called the version that was read, for conditional requests."""
    digest: str = ""
    """SHA-256 of the text of the version that was read."""
    target: str = ""
    """The address that it led to for good when it was last well, be that believed or not."""
    is_soft: bool = False
    """Whether its host answered a nonsense address in the same way when it was last well."""
    no_rules_since: datetime | None = None
    """Since when its site's robots.txt can't be had."""
    is_fine: bool = False
    """Whether a person says that it is well whatever its checks say."""

    @property
    def shown(self) -> Health:
        """How it is told: well if a person says so."""
        if not self.is_fine or self.health.state is LinkState.OK:
            return self.health
        return Health(LinkState.OK, self.health.checked, self.health.status)


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
    """Whether the host answers a nonsense address in the same way: the page is perhaps not there."""
    has_no_rules: bool = False
    """Whether the site's robots.txt can't be had, because its server has a fault."""


def to_json(memory: LinkMemory) -> str:
    """Return what is remembered as a text, for `from_json`; what is as in an empty memory is left out."""
    health, empty = memory.health._asdict(), LinkMemory()
    flat = health | {name: value for name, value in memory._asdict().items() if name != "health"}
    usual = empty.health._asdict() | empty._asdict()
    told = {name: value for name, value in flat.items() if value != usual[name]}
    return json.dumps({n: v.isoformat() if isinstance(v, datetime) else v for n, v in told.items()})


def from_json(text: str) -> LinkMemory:
    """Return what `to_json` was given; an empty memory if the text is damaged, as then the link is only checked anew."""
    try:
        raw = json.loads(text)
        health = Health(**{name: _READ[name](raw.pop(name)) for name in Health._fields if name in raw})
        rest = {name: _READ[name](value) for name, value in raw.items()}
        return LinkMemory(health, **rest)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return LinkMemory()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


_READ: dict[str, Callable[[Any], Any]] = {
    "state": LinkState,
    "checked": _moment,
    "status": _number,
    "moved_to": _text,
    "failures": _number,
    "since": _moment,
    "due": _moment,
    "etag": _text,
    "last_modified": _text,
    "digest": _text,
    "target": _text,
    "is_soft": _flag,
    "no_rules_since": _moment,
    "is_fine": _flag,
}
"""How each value that is no default is read."""
