"""However much is dropped, only so much of it is in memory at once, and only so much of one file counts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.app import building
from indexer.extract import worker
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Extract, Kind, Passage
from indexer.model.log import Change, Place
from indexer.model.readings import pack_passages, passages_of, unpack_passages
from indexer.page import runs
from indexer.page.pace import Extent
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from indexer.terms import block, postings, rows, text_terms


def test_followers_and_page_take_in_texts_by_their_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.pipeline.followers.BATCH_BYTES", 1)
    monkeypatch.setattr("indexer.page.making.BATCH_BYTES", 1)
    monkeypatch.setattr("indexer.page.making.INLINE_BYTES", 60)
    monkeypatch.setattr(block, "SLICE", 1)
    monkeypatch.setattr(rows, "GATHERED", 1)
    batches: list[int] = []
    blocks: list[int] = []
    apply, add = WhooshIndex.apply, runs.Runs.add

    def noting(self: WhooshIndex, changes: Sequence[Change], place: Place) -> None:
        batches.append(len(changes))
        apply(self, changes, place)

    def noting_blocks(self: runs.Runs, postings_of: block.Block) -> object:
        blocks.append(len(np.unique(postings_of.docs)))
        return add(self, postings_of)

    monkeypatch.setattr(WhooshIndex, "apply", noting)
    monkeypatch.setattr(runs.Runs, "add", noting_blocks)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(f"pumps and valves, number{number}")
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    assert batches == [1] * 5
    assert blocks == [1] * 5
    assert list((folder / "_index").glob("s-*.js"))  # too large for the one file that a small segment is
    with building.open_pipeline(folder, settings) as pipeline:
        assert not pipeline.publish(Extent.WHOLE).files  # type: ignore[union-attr]  # and it is read as it was written
    assert asking.search(folder, settings, "pumps", asking.SearchOptions()).total == 5


def test_a_text_is_unpacked_as_far_as_it_is_asked_for() -> None:
    chance = random.Random(1)
    passages = [
        Passage('\u00e9"\\],' * chance.choice([1, 10, 30_000]), chance.choice([None, 3])) for _ in range(40)
    ]
    packed = pack_passages(passages)
    assert tuple(passages_of(packed)) == unpack_passages(packed) == tuple(passages)
    assert tuple(passages_of(b"")) == ()


def test_a_text_of_very_many_words_is_found_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    passages = tuple(Passage(" ".join(f"word{n}x{m}" for m in range(10))) for n in range(10))
    monkeypatch.setattr(text_terms, "MOST_DISTINCT", 35)
    reading = worker._reading("d", "k", Extract(passages), Kind.TEXT)
    assert unpack_passages(reading.passages) == passages[:4]
    assert len(postings.starts_of(reading.terms)) == 4
    assert reading.about
    assert "different words" in reading.about.truncated
    monkeypatch.setattr(text_terms, "MOST_DISTINCT", 1000)
    reading = worker._reading("d", "k", Extract(passages), Kind.TEXT)
    assert unpack_passages(reading.passages) == passages
    assert reading.about
    assert not reading.about.truncated


def test_numbers_are_gathered_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(1)
    values = np.arange(1000, dtype=np.uint32)
    lengths = chance.integers(0, 30, 100)
    starts = chance.integers(0, 900, 100)
    expected = values[rows.ranges(starts, lengths)]
    for most in (1, 7, 100, 10_000):
        monkeypatch.setattr(rows, "GATHERED", most)
        assert (rows.gathered(values, starts, lengths) == expected).all()
