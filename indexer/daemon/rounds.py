"""When is the whole folder looked at? Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

SMALL_ITEMS, SMALL_S, LARGE_S = 20_000, 300.0, 1_800.0
"""A folder of fewer items has a full pass every five minutes, a larger one every thirty."""
SHARE, POLL_SHARE, WANTED_SHARE = 50, 10, 3
"""At most one part in this many of the time goes into full passes: regular ones, polls, and after lost events."""
JUMP_S = 30.0


@dataclass(slots=True)
class Rounds:
    """Full passes of one folder."""

    minutes: int
    """Minutes between full passes; 0: decided by the number of items."""
    _wanted: bool = True
    _ended: float = float("-inf")
    _took_s: float = 0.0
    _items: int = 0

    def want(self) -> None:
        """Note that something may have been missed."""
        self._wanted = True

    def is_due(self, now: float, poll_s: float | None = None) -> bool:
        """Tell whether a full pass is due; without events, the folder is also polled every `poll_s`."""
        since = now - self._ended
        if self._wanted:
            return since >= self._took_s * WANTED_SHARE
        if poll_s is not None and since >= max(poll_s, self._took_s * POLL_SHARE):
            return True
        wanted_s = self.minutes * 60.0 or (SMALL_S if self._items < SMALL_ITEMS else LARGE_S)
        return since >= max(wanted_s, self._took_s * SHARE)

    def begin(self) -> None:
        """Note that a pass begins: events missed from here on need another."""
        self._wanted = False

    def end(self, now: float, took_s: float, items: int) -> None:
        """Note how a pass went."""
        self._ended, self._took_s, self._items = now, took_s, items


@dataclass(slots=True)
class Jumps:
    """Notices that time jumped: the machine slept, or somebody set the clock."""

    _difference: float | None = None

    def has_jumped(self, monotonic_s: float, local: datetime) -> bool:
        """Tell whether the time of day (local, so summer time too) went another way than the time that passed."""
        before = self._difference
        self._difference = (
            local.replace(tzinfo=UTC).timestamp() - monotonic_s
        )  # as if it were that of one zone
        return before is not None and abs(self._difference - before) > JUMP_S
