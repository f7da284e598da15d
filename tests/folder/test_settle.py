"""Directories are looked at once quiet, and never later than the ceiling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.folder.settle import Settle
from indexer.model import RelPath

A = RelPath("a")


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
    assert settle.next_due(1.2) == 0.3 or abs((settle.next_due(1.2) or 0) - 0.3) < 1e-9
