"""When is each job due? A job is one line: its name, what it does, and an interval or a time of day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Literal, cast

import schedule

from indexer.clock import Clock

AGAIN_S = 600.0
"""Seconds until a failed job is tried again, at the latest, even if it is rare."""
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Outcome(Enum):
    """The outcome of a step or a job."""

    DONE = auto()
    """It is done: an earlier failure is over."""
    MORE = auto()
    """Part of it is done; more is left."""
    WAITS = auto()
    """It was not done, because it failed or is not due: an earlier failure may persist."""


Step = Callable[[], Outcome]
Attempt = Callable[[str, Step], Outcome]
"""Does a named step, and survives its failure."""


def done(step: Callable[[], object]) -> Step:
    """Return a step that calls a function without a result; it is then done."""

    def do() -> Outcome:
        step()
        return Outcome.DONE

    return do


def until_none_is_left(step: Callable[[], bool]) -> Step:
    """Return a step that calls a function that does one part and tells whether more is left."""
    return lambda: Outcome.MORE if step() else Outcome.DONE


@dataclass(frozen=True, slots=True)
class Job:
    """A repeated task: at an interval in seconds, or at a time of day, daily or on one day of the week."""

    name: str
    do: Step
    every_s: int = 0
    at: str = ""
    """Such as 03:00, local time."""
    on: Weekday | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if it has no time, or two."""
        if bool(self.every_s) == bool(self.at) or (self.on and not self.at):
            raise ValueError(f"the job {self.name!r} needs an interval, or a time of day")


@dataclass(slots=True)
class _Plan:
    """A job, and when it is due."""

    job: Job
    timed: schedule.Job
    made_s: float = 0.0
    """When this was planned, in seconds since 1970."""
    left_s: float = 0.0
    """The seconds from then until the job is due."""

    @property
    def turn(self) -> datetime:
        """When it is due, in local time."""
        return cast("datetime", self.timed.next_run)

    @property
    def period(self) -> timedelta:
        """The time from one due time to the next."""
        return timedelta(weeks=1) if self.job.on else timedelta(days=1)


class Schedule:
    """The jobs of one folder. They go by the time of day, which goes on while the machine sleeps."""

    def __init__(self, jobs: Iterable[Job], attempt: Attempt, clock: Clock) -> None:
        """Plan the jobs from now on; an interval first ends, then its job is due."""
        self._attempt, self._clock = attempt, clock
        self._scheduler = schedule.Scheduler()
        self._plans = [_Plan(job, self._timed(job)) for job in jobs]
        for plan in self._plans:
            self._plan_next(plan, Outcome.DONE)

    def run_pending(self) -> None:
        """Do each job that is due; one that was due several times meanwhile is done once."""
        for plan in sorted(self._plans, key=lambda plan: plan.turn):
            if plan.turn <= self._clock.local():
                self._plan_next(plan, plan.timed.run())  # type: ignore[no-untyped-call]

    def replan(self) -> None:
        """Plan again after the time of day jumped: jobs that the jump skipped are due now.

        If it was set back, nobody knows how long ago a job was done: then those with an interval are due now, too.
        """
        local, wall_s = self._clock.local(), self._wall_s()
        for plan in self._plans:
            if plan.job.every_s:
                passed_s = wall_s - plan.made_s
                left_s = max(0.0, plan.left_s - passed_s) if passed_s >= 0 else 0.0
                plan.timed.next_run = local + timedelta(seconds=left_s)
            elif plan.turn > local:
                plan.timed.next_run = _first_after(local, plan.turn, plan.period)

    def _timed(self, job: Job) -> schedule.Job:
        every = self._scheduler.every
        if job.at:
            timed = (getattr(every(), job.on) if job.on else every().day).at(job.at)
        else:
            timed = every(job.every_s).seconds
        return cast("schedule.Job", timed.do(self._attempt, job.name, job.do))

    def _plan_next(self, plan: _Plan, outcome: Any) -> None:
        """Convert the next due time, which the library gives by the system's clock, to ours."""
        now = self._clock.local()
        turn = now + timedelta(seconds=plan.job.every_s)
        if plan.job.at:
            turn = _first_after(now, plan.turn, plan.period)
        if outcome is Outcome.WAITS:
            turn = min(turn, now + timedelta(seconds=AGAIN_S))
        plan.timed.next_run = turn
        plan.made_s, plan.left_s = self._wall_s(), (turn - now).total_seconds()

    def _wall_s(self) -> float:
        return self._clock.time_ns() / 1e9


def _first_after(now: datetime, turn: datetime, period: timedelta) -> datetime:
    """Return the first time after `now` that is whole periods from `turn`."""
    return turn - (turn - now - timedelta(microseconds=1)) // period * period
