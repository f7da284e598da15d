"""Directories are due once quiet, and never later than the limit; files are taken in once they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.folder.settle import DONE_S, LARGE_BYTES, LARGE_S, OPEN_S, RESTLESS_S, Settle
from indexer.model.items import RelPath, Stamp

A, FILE = RelPath("a"), RelPath("a/file.txt")
WALL_S = 1_790_000_000.0


def stamp(age_s: float, now: float, size: int = 10) -> Stamp:
    return Stamp(size, round((WALL_S + now - age_s) * 1e9), 0, 7)


def waits(settle: Settle, now: float, age_s: float = 0.0, size: int = 10, path: RelPath = FILE) -> bool:
    files = {path: stamp(age_s, now, size)}
    return bool(settle.put_off(files, now, round((WALL_S + now) * 1e9), None))


def test_quiet_directory_is_due_once() -> None:
    settle = Settle(0.5, 5.0)
    settle.mark(A, 0.0)
    settle.mark(A, 0.4)
    assert settle.due(0.8) == []
    assert settle.due(0.9) == [A]
    assert settle.due(9.0) == []


@given(st.lists(st.floats(0.01, 0.49), min_size=20, max_size=60))
def test_restless_directory_waits_no_longer_than_the_ceiling(gaps: list[float]) -> None:
    settle = Settle(0.5, 3.0)
    now = 0.0
    settle.mark(A, now)
    for gap in gaps:
        now += gap
        if settle.due(now):
            assert now >= 3.0
            return
        settle.mark(A, now)
        assert now < 3.0


def test_next_due() -> None:
    settle = Settle(0.5, 5.0)
    assert settle.next_due(0.0) is None
    settle.mark(A, 1.0)
    assert settle.next_due(1.2) == pytest.approx(0.3)
    settle.close(FILE, 1.2)
    assert settle.next_due(1.2) == pytest.approx(DONE_S)


def test_a_closed_file_is_taken_in_at_once_whatever_else_goes_on() -> None:
    settle = Settle(0.5, 5.0, tells_closing=True)
    settle.write(FILE, 0.0)
    settle.close(FILE, 0.2)
    settle.mark(A, 0.25)
    assert settle.due(0.2 + DONE_S) == [A]
    assert not waits(settle, 0.3)


def test_a_file_that_is_open_waits_and_one_kept_open_idle_does_not_wait_for_ever() -> None:
    settle = Settle(0.5, 5.0, tells_closing=True)
    settle.write(FILE, 0.0)
    assert waits(settle, 5.0)
    assert settle.due(OPEN_S) == [A]
    assert not waits(settle, OPEN_S, age_s=OPEN_S)


@pytest.mark.parametrize("tells_closing", [True, False])
def test_a_file_without_a_word_of_its_writer_rests_first(tells_closing: bool) -> None:
    settle = Settle(0.5, 5.0, calm_s=2.0, tells_closing=tells_closing)
    assert waits(settle, 0.0, age_s=0.1, size=1)
    assert settle.due(1.9) == []
    assert settle.due(2.0) == [A]
    assert waits(settle, 2.0, age_s=0.6, size=2)  # it has grown
    assert waits(settle, 3.0, age_s=1.6, size=2)
    assert settle.due(3.9) == []
    assert settle.due(4.0) == [A]
    assert not waits(settle, 4.0, age_s=2.6, size=2)


def test_old_files_and_those_of_a_time_to_come_are_taken_in_at_once() -> None:
    settle = Settle(0.5, 5.0)
    assert not waits(settle, 0.0, age_s=3600)
    assert not waits(settle, 0.0, age_s=-3600)


def test_a_large_file_rests_for_longer() -> None:
    settle = Settle(0.5, 5.0, calm_s=2.0)
    assert waits(settle, 0.0, age_s=0.0, size=LARGE_BYTES + 1)
    assert waits(settle, 3.0, age_s=3.0, size=LARGE_BYTES + 1)
    assert not waits(settle, LARGE_S, age_s=LARGE_S, size=LARGE_BYTES + 1)


def test_a_restless_file_is_read_as_it_is_now_and_then() -> None:
    settle = Settle(0.5, 5.0, calm_s=2.0)
    times = []
    for second in range(200):
        settle.write(FILE, float(second))
        if not waits(settle, second + 0.5, age_s=0.5, size=second):
            times.append(second)
    assert len(times) == 3
    assert times[0] == pytest.approx(RESTLESS_S, abs=2)


def test_a_new_name_says_that_the_file_is_done_unless_it_is_open() -> None:
    settle = Settle(0.5, 5.0, tells_closing=True)
    settle.write(RelPath("a/file.part"), 0.0)
    settle.close(RelPath("a/file.part"), 0.1)
    settle.close(FILE, 0.2, origin=RelPath("a/file.part"))
    assert not waits(settle, 0.3)
    settle.write(RelPath("a/other"), 0.0)
    settle.close(FILE, 0.2, origin=RelPath("a/other"))
    assert waits(settle, 0.3)


def test_what_was_said_of_a_file_holds_for_one_look() -> None:
    settle = Settle(0.5, 5.0)
    settle.close(FILE, 0.0)
    assert not waits(settle, 0.1, age_s=0.1)
    assert waits(settle, 0.2, age_s=0.0, size=11)


def test_files_elsewhere_keep_waiting() -> None:
    settle = Settle(0.5, 5.0)
    settle.close(FILE, 0.0)
    settle.put_off({}, 0.1, round(WALL_S * 1e9), {RelPath("b")})
    assert not waits(settle, 0.2)
