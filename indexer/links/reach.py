"""Is it the host that is silent, or this machine that is offline?

A failure without a sign of the network (no name, no route, no answer to a connection) is held back until another host
answers: then the host was silent. After three such hosts in a row nothing is held against any of them.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")
_SUSPICIOUS = 3
_BELIEVED_S = 600.0
"""Seconds for which an answer of another host is evidence if there is nobody else to ask."""


class Reach(Generic[T]):
    """What failed without a sign of the network. Time is an argument, in seconds."""

    def __init__(self) -> None:
        self._held: list[tuple[str, T]] = []
        self._heard: float | None = None
        self.known_good = ""
        """The host that answered last."""
        self.is_offline = False

    def hear(self, host: str, now: float) -> list[T]:
        """Note that a host answered; return what failed before because of its own host."""
        self.known_good, self._heard, self.is_offline = host, now, False
        return self._release()

    def miss(self, host: str, failed: T) -> None:
        """Hold back what failed without a sign of the network."""
        self._held.append((host, failed))

    @property
    def is_suspicious(self) -> bool:
        """Whether so many hosts in a row are silent that this machine may be offline."""
        return len({host for host, _ in self._held}) >= _SUSPICIOUS or (self.is_offline and bool(self._held))

    def judge(self, *, is_online: bool) -> list[T]:
        """Note whether this machine is online after all; return what was held back."""
        self.is_offline = not is_online
        return self._release()

    def settle(self, now: float) -> tuple[list[T], bool]:
        """Return what is held back if nobody else will be asked, and whether it is the hosts' own failure."""
        return self._release(), self._heard is not None and now - self._heard <= _BELIEVED_S

    def _release(self) -> list[T]:
        released = [failed for _, failed in self._held]
        self._held.clear()
        return released
