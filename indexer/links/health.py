"""How is a link, after this check, and when is it checked next? Pure: time and chance are given.

One failure says little: hosts are repaired and moved. So a link that fails is tried again soon, and is gone only
after three failures over seven days; from then on it is tried once a month, as even such pages come back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from urllib.parse import SplitResult, urlsplit

from indexer.model.address import address_key
from indexer.model.links import Answer, Health, LinkMemory, LinkState, Outcome
from indexer.model.site import is_within, site_of

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_WEEK = 7 * _DAY
_AFTER_FAILURE = (_HOUR, 6 * _HOUR, _DAY, 2 * _DAY, 3 * _DAY)
"""How long after the first failure, the second, …; after all others as after the last."""
_AFTER_GONE = 30 * _DAY
_GONE_AFTER = _WEEK
_GONE_FAILURES = 3
_JITTER = 0.2
"""The part of a time by which it is made longer or shorter, so that links checked together are not so for ever."""
LONGEST = _AFTER_GONE * (1 + _JITTER)
"""No check is longer away than this."""
_LATER_LEAST, _LATER_UNTOLD = timedelta(minutes=1), _HOUR
"""How long to wait at least if a host says how long it wants to be left alone; how long if it does not say."""
_BROKEN = frozenset({LinkState.FAILING, LinkState.GONE})
_PATIENCE = _WEEK
"""How long to ask nothing of a site whose robots.txt can't be had; RFC 9309, 2.3.1.4, allows to ask after a reasonable time."""
_MOST_TAG, _MOST_ADDRESS = 1_000, 4_096
"""Characters; what is longer is not remembered."""
_USUAL_PORTS = {"http": 80, "https": 443}


def after(
    memory: LinkMemory,
    outcome: Outcome,
    text_digest: str,
    now: datetime,
    chance: Random,
    *,
    is_parked: bool = False,
    says_missing: bool = False,
) -> LinkMemory:
    """Return what is to be remembered of a link after a check.

    `text_digest` is the digest of the text that was read, `is_parked` and `says_missing` what `parking` tells of it; none
    counts unless the answer is READ. A page that came may be a failure nevertheless: see `_is_there`.
    """
    if outcome.answer is Answer.LATER:
        return memory._replace(due=now + _later(outcome.later_s, chance))
    memory = memory._replace(no_rules_since=(memory.no_rules_since or now) if outcome.has_no_rules else None)
    match outcome.answer:
        case Answer.REFUSED:
            return _changed(memory, outcome, LinkState.REFUSED, now, chance)
        case Answer.SIGN_IN:
            return _changed(memory, outcome, LinkState.SIGN_IN, now, chance)
        case Answer.FAILED:
            return _failed(memory, outcome, now, chance)
        case Answer.UNCHANGED:
            return _well(memory, outcome, now, chance)._replace(
                etag=_kept(outcome.etag) or memory.etag,
                last_modified=_kept(outcome.last_modified) or memory.last_modified,
            )
        case Answer.READ:
            is_changed = text_digest != memory.digest != ""
            if not _is_there(memory, outcome, is_changed, is_parked=is_parked, says_missing=says_missing):
                return _failed(memory, outcome, now, chance)
            return _well(memory, outcome, now, chance)._replace(
                etag=_kept(outcome.etag),
                last_modified=_kept(outcome.last_modified),
                digest=text_digest,
                is_soft=outcome.is_soft_gone,
            )


def _is_there(
    memory: LinkMemory, outcome: Outcome, is_changed: bool, *, is_parked: bool, says_missing: bool
) -> bool:
    """Tell whether a page that came is the one that is meant.

    A host that answers every address alike may be an application that makes its pages in the browser. So that counts only if
    the page itself says that nothing is there, or if the text is another one than when the link was last well, and the host
    did not answer alike then. With the text that it had then, a page is well, as somebody may have meant just that; nor does
    it count that a page seems to be parked if it had no text before.
    """
    if not is_changed and memory.digest:
        return True
    if outcome.is_soft_gone and (says_missing or (is_changed and not memory.is_soft)):
        return False
    return not (is_parked and is_changed)


def insists(memory: LinkMemory, now: datetime) -> bool:
    """Tell whether to ask for a page though its site's robots.txt can't be had: it could not be had for long."""
    return memory.no_rules_since is not None and now - memory.no_rules_since >= _PATIENCE


def _well(memory: LinkMemory, outcome: Outcome, now: datetime, chance: Random) -> LinkMemory:
    """A permanent redirect is believed unless it led elsewhere the last time, as some lead to another address for
    every visitor.
    """
    target = outcome.moved_to if len(outcome.moved_to) <= _MOST_ADDRESS else ""
    moved_to = target if memory.target in ("", target) else ""
    state = LinkState.MOVED if moved_to else LinkState.OK
    changed = _changed(memory, outcome, state, now, chance)
    return changed._replace(health=changed.health._replace(moved_to=moved_to), target=target)


def _changed(
    memory: LinkMemory, outcome: Outcome, state: LinkState, now: datetime, chance: Random
) -> LinkMemory:
    before = memory.health
    since = before.since if before.state is state and before.since else now
    return memory._replace(
        health=Health(state, now, outcome.status, since=since), due=now + _about(_WEEK, chance)
    )


def _failed(memory: LinkMemory, outcome: Outcome, now: datetime, chance: Random) -> LinkMemory:
    before = memory.health
    failures = before.failures + 1
    since = min(before.since or now, now) if before.state in _BROKEN else now
    is_gone = before.state is LinkState.GONE or (failures >= _GONE_FAILURES and now - since >= _GONE_AFTER)
    wait = _AFTER_GONE if is_gone else _AFTER_FAILURE[min(failures, len(_AFTER_FAILURE)) - 1]
    state = LinkState.GONE if is_gone else LinkState.FAILING
    return memory._replace(
        health=Health(state, now, outcome.status, failures=failures, since=since),
        due=now + _about(wait, chance),
    )


def _about(wait: timedelta, chance: Random) -> timedelta:
    return wait * chance.uniform(1 - _JITTER, 1 + _JITTER)


def _later(seconds: float, chance: Random) -> timedelta:
    """Return how long to leave a host alone: as long as it asks for, though no longer than a week."""
    told = min(seconds, _WEEK.total_seconds())
    wait = max(timedelta(seconds=told), _LATER_LEAST) if told > 0 else _LATER_UNTOLD
    return wait * chance.uniform(1, 1 + _JITTER)


def _kept(tag: str) -> str:
    return tag if len(tag) <= _MOST_TAG else ""


def is_fine(url: str, fine: Collection[str]) -> bool:
    """Tell whether a link is well whatever a check says: `fine` has addresses, in any of the forms that one page has (see
    `model.address`), and hosts, each with those below it and perhaps with a port.
    """
    parts = _split(url)
    return parts is not None and any(_covers(entry.strip(), parts) for entry in fine)


def _covers(entry: str, parts: SplitResult) -> bool:
    wanted = _split(entry if "://" in entry else f"http://{entry}")
    if wanted is None:
        return False
    if "/" in entry or wanted.query:
        return address_key(parts.geturl()) == address_key(wanted.geturl())
    port = parts.port or _USUAL_PORTS[parts.scheme]
    return wanted.port in (None, port) and is_within(site_of(parts.geturl()), site_of(wanted.geturl()))


def _split(url: str) -> SplitResult | None:
    """Return the parts of a web address; None if it is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in _USUAL_PORTS and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None
