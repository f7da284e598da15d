"""Data files that a thread writes while the next ones are made: none is lost, and no failure is."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.page import datafile
from indexer.page.datafile import MemoryFiles, WritingAhead, name_of


class Failing(MemoryFiles):
    """Keeps nothing that says `no`."""

    def put(self, letter: str, raw: bytes) -> str:
        if raw == b"no":
            raise OSError("no room")
        return super().put(letter, raw)


@given(st.lists(st.binary(max_size=20), max_size=30))
def test_all_files_are_kept_and_can_be_read_at_once(raws: list[bytes]) -> None:
    kept = MemoryFiles()
    with WritingAhead(kept) as ahead:
        for raw in raws:
            name = ahead.put("t", raw)
            assert name == name_of("t", raw)
            if len(raw) % 3 == 0:
                assert ahead.get(name) == raw
    assert set(kept.raw.values()) == set(raws)


@pytest.mark.parametrize("after", [0, 1, 500])
def test_a_file_that_cannot_be_written_is_told(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datafile, "_MOST_AHEAD_BYTES", 1000)
    with pytest.raises(OSError, match="no room"), WritingAhead(Failing()) as ahead:
        ahead.put("t", b"no")
        for number in range(after):
            ahead.put("t", b"%d" % number * 10)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_what_went_wrong_while_files_were_made_is_what_is_told() -> None:
    with pytest.raises(KeyError), WritingAhead(Failing()) as ahead:
        ahead.put("t", b"no")
        raise KeyError("a bug")
