"""Whose turn is it? One request a host at a time, with a pause between two; a host that pauses holds up no other."""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST_REMEMBERED = 5_000
"""Hosts without jobs whose last request is remembered; beyond, those whose pause is over are forgotten."""


class Hosts(Generic[T]):
    """Jobs by host. Time is an argument, in seconds; not for several threads at once."""

    def __init__(self, earliest: float = 0.0) -> None:
        """No host has its turn before `earliest`."""
        self._earliest = earliest
        self._jobs: dict[str, deque[T]] = {}
        """Never empty ones."""
        self._free: dict[str, float] = {}
        """When the pause of a host is over."""
        self._resting: dict[str, float] = {}
        """Until when a host asked to be left alone."""
        self._busy: set[str] = set()
        self._turns: list[tuple[float, int, str]] = []
        """When the hosts with jobs that are not busy have their turn."""
        self._order = count()

    def add(self, host: str, job: T, *, is_next: bool = False) -> None:
        """Put a job behind the others of its host, or before them."""
        jobs = self._jobs.get(host)
        if jobs is None:
            jobs = self._jobs[host] = deque()
            if host not in self._busy:
                self._queue(host)
        if is_next:
            jobs.appendleft(job)
        else:
            jobs.append(job)

    def take(self, now: float) -> tuple[str, T] | None:
        """Return the job whose turn it is, and its host, which is busy until `finish`."""
        if not self._turns or self._turns[0][0] > now:
            return None
        host = heapq.heappop(self._turns)[2]
        jobs = self._jobs[host]
        job = jobs.popleft()
        if not jobs:
            del self._jobs[host]
        self._busy.add(host)
        return host, job

    def finish(self, host: str, free: float, now: float) -> None:
        """Note that a busy host may be asked again from `free` on."""
        self._busy.discard(host)
        self._free[host] = free
        if host in self._jobs:
            self._queue(host)
        if len(self._free) > _MOST_REMEMBERED:
            self._free = {name: at for name, at in self._free.items() if at > now or name in self._jobs}
            self._resting = {name: at for name, at in self._resting.items() if at > now}

    def wait_s(self, now: float) -> float | None:
        """Return the seconds until the next turn; None if no host waits for one."""
        return max(0.0, self._turns[0][0] - now) if self._turns else None

    def rest(self, host: str, until: float) -> list[T]:
        """Leave a host alone until then; return its jobs, which are taken away."""
        self._resting[host] = max(until, self._resting.get(host, 0.0))
        self._turns = [turn for turn in self._turns if turn[2] != host]
        heapq.heapify(self._turns)
        return list(self._jobs.pop(host, ()))

    def rests_s(self, host: str, now: float) -> float:
        """Return the seconds for which a host is to be left alone."""
        return max(0.0, self._resting.get(host, 0.0) - now)

    def clear(self) -> list[T]:
        """Take away all jobs and return them."""
        jobs = [job for waiting in self._jobs.values() for job in waiting]
        self._jobs.clear()
        self._turns.clear()
        return jobs

    @property
    def is_idle(self) -> bool:
        """Whether no job waits and no host is busy."""
        return not self._jobs and not self._busy

    def _queue(self, host: str) -> None:
        heapq.heappush(self._turns, (self._free.get(host, self._earliest), next(self._order), host))
