"""How is a link, after this check, and when is it checked next? Pure: time and chance are given.

One failure says little: hosts are repaired and moved. So a link that fails is tried again soon, and is gone only
after three failures over seven days; from then on it is tried once a month, as even such pages come back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from urllib.parse import SplitResult, urlsplit

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
) -> LinkMemory:
    """Return what is to be remembered of a link after a check.

    `text_digest` is the digest of the text that was read, `is_parked` what `parking.parked` says of it; neither counts
    unless the answer is READ. A page that was read counts as a failure if its host answers nonsense addresses alike
    or if it seems to be parked, but not with the text that it had when it was last well; a parked one only if it
    had a text then, as somebody may have meant just that page.
    """
    match outcome.answer:
        case Answer.LATER:
            return memory._replace(due=now + _later(outcome.later_s, chance))
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
            is_known = text_digest == memory.digest != ""
            if not is_known and (outcome.is_soft_gone or (is_parked and memory.digest)):
                return _failed(memory, outcome, now, chance)
            return _well(memory, outcome, now, chance)._replace(
                etag=_kept(outcome.etag), last_modified=_kept(outcome.last_modified), digest=text_digest
            )


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


def looks_the_same(before: Health, after: Health) -> bool:
    """Tell whether people see no difference, so that nothing needs to be written for a mere re-check."""
    return _seen(before) == _seen(after)


def _seen(health: Health) -> tuple[object, ...]:
    return health.state, health.moved_to, health.since if health.state in _BROKEN else None


def shown(health: Health, url: str, fine: Collection[str]) -> Health:
    """Return how a link is to be shown: well if a person says so, unless it was never checked."""
    if health.state in (LinkState.UNCHECKED, LinkState.OK) or not is_fine(url, fine):
        return health
    return Health(LinkState.OK, health.checked, health.status)


def is_fine(url: str, fine: Collection[str]) -> bool:
    """Tell whether a link is well whatever the check says: `fine` has addresses (scheme, `www.`, fragment and a last
    `/` do not matter) and hosts, each with those below it and perhaps with a port.
    """
    parts = _split(url)
    return parts is not None and any(_covers(entry.strip(), parts) for entry in fine)


def _covers(entry: str, parts: SplitResult) -> bool:
    wanted = _split(entry if "://" in entry else f"http://{entry}")
    if wanted is None:
        return False
    if "/" in entry or wanted.query:
        return _page(parts) == _page(wanted)
    port = parts.port or _USUAL_PORTS[parts.scheme]
    return wanted.port in (None, port) and is_within(site_of(parts.geturl()), site_of(wanted.geturl()))


def _split(url: str) -> SplitResult | None:
    """Return the parts of a web address; None if it is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in _USUAL_PORTS and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _page(parts: SplitResult) -> tuple[object, ...]:
    port = None if parts.port == _USUAL_PORTS[parts.scheme] else parts.port
    return site_of(parts.geturl()), port, parts.path.rstrip("/"), parts.query
