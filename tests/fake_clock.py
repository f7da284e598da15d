"""A clock that goes on only as a test says, or as somebody waits by it: hours pass at once, and the same each time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from indexer.clock import Clock

_T = TypeVar("_T")


class FakeClock(Clock):
    """Begins at a moment, now if none is given; whoever waits and is given nothing has waited to the end at once."""

    def __init__(self, start: datetime | None = None) -> None:
        self._passed = 1_000.0
        self.sleeps_s = 0.0
        """So much longer the next wait takes: the machine sleeps."""
        self._wall_ns = round((start or datetime.now(UTC)).timestamp() * 1e9)

    def monotonic(self) -> float:
        return self._passed

    def time_ns(self) -> int:
        return self._wall_ns

    def wait(self, waiting: Callable[[float], _T], seconds: float) -> _T:
        came = waiting(0.0)
        if not came:
            self.advance(seconds + self.sleeps_s)
            self.sleeps_s = 0.0
        return came

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds
        self.set(seconds)

    def set(self, seconds: float) -> None:
        """Set the time of day forward, or back, though no time passes: so it is, too, when a machine sleeps."""
        self._wall_ns += round(seconds * 1e9)


class SetClock(Clock):
    """The system's clock, whose time of day somebody sets."""

    ahead_s = 0.0

    def time_ns(self) -> int:
        return super().time_ns() + round(self.ahead_s * 1e9)
