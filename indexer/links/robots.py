"""What does a site ask of those who read it by machine? Its robots.txt (RFC 9309), kept for a day."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from protego import Protego

from indexer.links.limits import MOST_CRAWL_DELAY_S, NO_ROBOTS_KEPT_S, ROBOTS_KEPT_S

TOKEN = "indexer"  # noqa: S105 - a product token, as RFC 9309 calls it
_MOST_SITES, _MOST_TEXT = 2_000, 4 << 20
"""Sites whose rules are kept, and characters of their texts in all; parsed, a character takes up to 31 bytes."""
_AGENT_LINE = re.compile(r"\s*user[- ]?agent\s*[: ]\s*(.*)", re.IGNORECASE)


class Rules:
    """What one site asks."""

    def __init__(self, text: str = "", lost_by: int = 0) -> None:
        self.text = text
        self.lost_by = lost_by
        """The status by which the site's server says that it has a fault, instead of its rules; 0: these are the rules."""

    @cached_property
    def _rules(self) -> Protego:
        return Protego.parse("\n".join(map(_about_us, self.text.splitlines())))

    def allows(self, url: str) -> bool:
        """Tell whether we may read this address."""
        return bool(self._rules.can_fetch(url, TOKEN))

    @property
    def delay_s(self) -> float:
        """Seconds that the site asks to have between requests, within bounds."""
        return min(self._rules.crawl_delay(TOKEN) or 0.0, MOST_CRAWL_DELAY_S)


def _about_us(line: str) -> str:
    """Return a line in which all others are one: a file of many agents and many rules would cost their product."""
    match = _AGENT_LINE.match(line)
    if match is None:
        return line
    agent = match[1].partition("#")[0].strip().lower()
    return line if agent == "*" else f"User-agent: {TOKEN if agent.partition('/')[0] == TOKEN else 'others'}"


class _Kept(NamedTuple):
    rules: Rules
    until: float


class Robots:
    """The rules of sites, for as long as they are kept. Threads may share it."""

    def __init__(self, note: Callable[[str, Rules, float], None] | None = None) -> None:
        """`note` is told what is to be remembered, and until when."""
        self._note = note
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, site: str, now: float) -> Rules | None:
        """Return what is known of a site."""
        with self._lock:
            kept = self._kept.get(site)
            if kept is None or kept.until <= now:
                return None
            self._kept.move_to_end(site)
            return kept.rules

    def keep(self, site: str, rules: Rules, now: float) -> None:
        """Remember what a site asks."""
        until = now + (NO_ROBOTS_KEPT_S if rules.lost_by else ROBOTS_KEPT_S)
        self.keep_until(site, rules, until)
        if self._note:
            self._note(site, rules, until)

    def keep_until(self, site: str, rules: Rules, until: float) -> None:
        """Remember until then what a site asks."""
        with self._lock:
            if former := self._kept.pop(site, None):
                self._size -= len(former.rules.text)
            self._kept[site] = _Kept(rules, until)
            self._size += len(rules.text)
            while len(self._kept) > 1 and (len(self._kept) > _MOST_SITES or self._size > _MOST_TEXT):
                self._size -= len(self._kept.popitem(last=False)[1].rules.text)
