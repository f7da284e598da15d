"""Full passes come as the folder's size, its speed and what was missed ask for; jumps of time are noticed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from indexer.daemon.rounds import LARGE_S, SMALL_ITEMS, SMALL_S, Jumps, Rounds


def passed(items: int, took_s: float, minutes: int = 0) -> Rounds:
    rounds = Rounds(minutes)
    assert rounds.is_due(0.0)
    rounds.begin()
    rounds.end(0.0, took_s, items)
    return rounds


@pytest.mark.parametrize(
    ("items", "took_s", "minutes", "poll_s", "due_s"),
    [
        (100, 0.1, 0, None, SMALL_S),
        (SMALL_ITEMS, 0.1, 0, None, LARGE_S),
        (100, 60.0, 0, None, 3000.0),
        (100, 0.1, 10, None, 600.0),
        (100, 60.0, 10, None, 3000.0),
        (100, 0.1, 0, 10.0, 10.0),
        (100, 5.0, 0, 10.0, 50.0),
    ],
)
def test_when_the_next_pass_is_due(
    items: int, took_s: float, minutes: int, poll_s: float | None, due_s: float
) -> None:
    rounds = passed(items, took_s, minutes)
    assert not rounds.is_due(due_s - 0.1, poll_s)
    assert rounds.is_due(due_s, poll_s)


def test_a_loss_wants_a_pass_soon_but_never_all_the_time() -> None:
    rounds = passed(100, 2.0)
    rounds.want()
    assert not rounds.is_due(5.0)
    assert rounds.is_due(6.0)


def test_a_loss_while_a_pass_runs_wants_another() -> None:
    rounds = Rounds(0)
    rounds.begin()
    rounds.want()
    rounds.end(10.0, 1.0, 5)
    assert rounds.is_due(13.0)


@pytest.mark.parametrize(
    ("passes_s", "shows_s", "jumped"),
    [
        (5.0, 5.0, False),
        (5.0, 4.0, False),
        (5.0, 3600.0, True),  # the machine slept, or summer time began
        (5.0, -3600.0, True),  # somebody set the clock back
    ],
)
def test_jumps_of_time(passes_s: float, shows_s: float, jumped: bool) -> None:
    jumps, local = Jumps(), datetime(2026, 9, 21, 14, 13)  # noqa: DTZ001 - as a clock on the wall shows it
    assert not jumps.has_jumped(100.0, local)
    later = local + timedelta(seconds=shows_s)
    assert jumps.has_jumped(100.0 + passes_s, later) is jumped
    assert not jumps.has_jumped(105.0 + passes_s, later + timedelta(seconds=5))
