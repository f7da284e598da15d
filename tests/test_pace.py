"""The page is written when it is behind, at most so often, and gives way while many files are read."""

from __future__ import annotations

from indexer.page.pace import REST, Pace


def test_it_waits_for_quiet_and_is_written_at_most_so_often() -> None:
    pace = Pace(quiet_s=2, every_s=60)
    assert not pace.is_due(0, is_behind=True, is_spoilt=False)
    assert pace.is_due(2, is_behind=True, is_spoilt=False)
    assert not pace.is_due(10, is_behind=True, is_spoilt=False)
    assert pace.is_due(11, is_behind=True, is_spoilt=True)
    assert not pace.is_due(100, is_behind=False, is_spoilt=False)


def test_it_gives_way_while_many_files_are_read() -> None:
    pace = Pace(quiet_s=0, every_s=60)
    assert pace.is_due(0, is_behind=True, is_spoilt=False, is_busy=True)
    pace.note(30)
    assert not pace.is_due(100, is_behind=True, is_spoilt=False, is_busy=True)
    assert not pace.is_due(REST * 30 - 1, is_behind=True, is_spoilt=False, is_busy=True)
    assert pace.is_due(REST * 30, is_behind=True, is_spoilt=False, is_busy=True)
    assert pace.is_due(REST * 30 + 60, is_behind=True, is_spoilt=False, is_busy=False)
