"""What time is it? Whoever decides by time is given a clock, so that another can be given for the system's."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

_T = TypeVar("_T")


class Clock:
    """The system's clock. A clock of another kind overrides the first three methods: the others follow from these."""

    def monotonic(self) -> float:
        """Return the seconds since some moment: they never go back, and on some systems stand still
        while the machine sleeps.
        """
        return time.monotonic()

    def time_ns(self) -> int:
        """Return the nanoseconds since 1970, as files have them: somebody may set them."""
        return time.time_ns()

    def wait(self, waiting: Callable[[float], _T], seconds: float) -> _T:
        """Call `waiting` with a timeout; return its result: true if what it waits for came."""
        return waiting(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait for nothing but the time."""
        self.wait(time.sleep, seconds)

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.fromtimestamp(self.time_ns() / 1e9, UTC)

    def local(self) -> datetime:
        """Return the time of day as clocks on the wall show it, summer time too; it has no zone."""
        return self.now().astimezone().replace(tzinfo=None)


SYSTEM = Clock()
