"""A job's turn comes by its interval or its time of day, also if the machine sleeps or somebody sets the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from indexer.daemon.jobs import AGAIN_S, Job, Outcome, Schedule, Step, done
from tests.fake_clock import FakeClock

HOUR_S, DAY_S = 3600.0, 24 * 3600.0


class Days:
    """A schedule, and when its jobs were done."""

    def __init__(self, **timed: Any) -> None:
        # Noon here: times of day are those of the place, and no zone changes its own in this week.
        start = datetime(2026, 9, 21, 12).astimezone()  # a Monday
        self.clock, self.start = FakeClock(start), start.replace(tzinfo=None)
        self.turns: list[timedelta] = []
        self.outcome = Outcome.DONE
        self.schedule = Schedule([Job("digest", self._do, **timed)], self._attempt, self.clock)

    def _attempt(self, name: str, step: Step) -> Outcome:
        assert name == "digest"
        return step()

    def _do(self) -> Outcome:
        self.turns.append(self.clock.local() - self.start)
        return self.outcome

    def pass_by(self, seconds: float, tick_s: float = 60.0) -> None:
        for _ in range(round(seconds / tick_s)):
            self.clock.advance(tick_s)
            self.schedule.run_pending()

    def jump(self, seconds: float) -> None:
        self.clock.set(seconds)
        self.schedule.replan()
        self.schedule.run_pending()


def hours(*numbers: float) -> list[timedelta]:
    return [timedelta(hours=number) for number in numbers]


def test_an_interval_ends_again_and_again() -> None:
    days = Days(every_s=7200)
    days.pass_by(7 * HOUR_S)
    assert days.turns == hours(2, 4, 6)


def test_a_time_of_day_comes_daily() -> None:
    days = Days(at="15:30")
    days.pass_by(2 * DAY_S)
    assert days.turns == hours(3.5, 27.5)


def test_a_time_of_day_that_is_over_comes_tomorrow() -> None:
    days = Days(at="03:00")
    days.pass_by(DAY_S)
    assert days.turns == hours(15)


def test_a_day_of_the_week_comes_weekly() -> None:
    days = Days(at="03:00", on="wednesday")
    days.pass_by(14 * DAY_S, tick_s=HOUR_S)
    assert days.turns == hours(39, 39 + 7 * 24)


def test_turns_that_nobody_asked_for_are_made_up_for_by_one() -> None:
    days = Days(every_s=60)
    days.clock.advance(HOUR_S)
    days.schedule.run_pending()
    days.schedule.run_pending()
    assert days.turns == hours(1)


@pytest.mark.parametrize("timed", [{"every_s": int(DAY_S)}, {"at": "03:00"}])
def test_what_could_not_be_done_is_tried_again_soon_and_then_comes_as_before(timed: dict[str, Any]) -> None:
    days = Days(**timed)
    days.outcome = Outcome.WAITS
    days.pass_by(DAY_S + 2 * AGAIN_S)
    first = days.turns[0]
    assert days.turns[:3] == [
        first,
        first + timedelta(seconds=AGAIN_S),
        first + timedelta(seconds=2 * AGAIN_S),
    ]
    days.outcome = Outcome.DONE
    days.pass_by(AGAIN_S)
    last = days.turns[-1]
    days.turns.clear()
    days.pass_by(DAY_S)
    assert days.turns == ([last + timedelta(days=1)] if "every_s" in timed else hours(39))


@pytest.mark.parametrize("timed", [{"every_s": int(DAY_S)}, {"at": "03:00"}])
def test_a_turn_that_the_machine_slept_over_comes_when_it_wakes(timed: dict[str, Any]) -> None:
    days = Days(**timed)
    for _ in range(3):
        days.jump(9 * HOUR_S)
    assert days.turns == (hours(27) if "every_s" in timed else hours(18))


def test_sleeping_does_not_make_an_interval_longer() -> None:
    days = Days(every_s=3600)
    for _ in range(10):
        days.jump(HOUR_S / 4)
    assert days.turns == hours(1, 2)


def test_where_the_clock_was_set_back_an_interval_ends_at_once_and_a_time_of_day_comes_in_time() -> None:
    interval, daily = Days(every_s=3600), Days(at="03:00")
    for days in (interval, daily):
        days.jump(-48 * HOUR_S)
        days.pass_by(HOUR_S)
    assert interval.turns == hours(-48, -47)
    daily.pass_by(DAY_S)
    assert daily.turns == hours(-48 + 15)


@pytest.mark.parametrize("timed", [{}, {"every_s": 5, "at": "03:00"}, {"every_s": 5, "on": "monday"}])
def test_a_job_has_one_time(timed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="'digest' needs an interval"):
        Job("digest", done(lambda: None), **timed)


def test_the_clock_on_the_wall_is_the_one_of_the_place() -> None:
    clock = FakeClock(datetime(2026, 9, 21, 12, tzinfo=UTC))
    assert clock.local() == clock.now().astimezone().replace(tzinfo=None)
