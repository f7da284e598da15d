"""The page as a source: who has lost the state, or begins on another machine, goes on with what is published."""

from __future__ import annotations

import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.app import building
from indexer.app.status import folder_status
from indexer.errors import UserError
from indexer.model.items import Item, RelPath
from indexer.page.pace import Extent
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places

LONG_AGO = datetime(2020, 5, 4, tzinfo=UTC).timestamp()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "Sales").mkdir(parents=True)
    for number in range(30):
        path = folder / f"Sales/offer {number}.txt"
        path.write_text(f"An offer of {number} pumps")
        os.utime(path, (LONG_AGO, LONG_AGO))
    (folder / "Links.txt").write_text("Steel https://example.org/steel\nPumps https://example.org/pumps\n")
    return folder


def settings_of(tmp_path: Path, machine: str, **page: object) -> Settings:
    made = PageSettings(**page)  # type: ignore[arg-type]
    return Settings(state_dir=tmp_path / machine, extract=ExtractSettings(workers=1), page=made)


def known(pipeline: Pipeline) -> dict[str, Item]:
    return {item.path + (item.url or ""): item for item, _ in pipeline.catalogue.items.told()}


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "_index").iterdir()}


def test_a_new_state_takes_ids_and_dates_and_writes_no_data(tmp_path: Path, folder: Path) -> None:
    settings = settings_of(tmp_path, "one")
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        (folder / "Sales/offer 3.txt").rename(folder / "moved.txt")
        late = folder / "Sales/dropped late.txt"
        late.write_text("An old file, dropped today")
        os.utime(late, (LONG_AGO, LONG_AGO))
        pipeline.run_pass()
        before = known(pipeline)
    data = written(folder)
    other = settings_of(tmp_path, "two")
    places.register(folder, other)
    with building.open_pipeline(folder, other) as pipeline:
        pipeline.run_pass()
        after = known(pipeline)
    left = written(folder)
    assert left.pop("head.js"), "which names the state before, which may be anybody's, no more"
    assert left.items() <= data.items(), "nothing differs, so nothing is written"
    assert len(left) >= len(data) - 2
    assert after.keys() == before.keys()
    for name, item in before.items():
        assert after[name].id == item.id, name
        assert int(after[name].added.timestamp()) == int(item.added.timestamp()), name


def test_what_is_not_read_yet_stays_on_the_page(tmp_path: Path, folder: Path) -> None:
    settings = settings_of(tmp_path, "one")
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    other = settings_of(tmp_path, "two")
    places.register(folder, other)
    data = written(folder)
    with building.open_pipeline(folder, other) as pipeline:
        pipeline.look()
        pipeline.publish(Extent.DUE)
        assert {name for name in data if name[0] in "rt"} <= written(folder).keys()
        assert pipeline.catalogue.queue.count() == 31


def test_a_state_that_came_from_a_backup_compares_everything(tmp_path: Path, folder: Path) -> None:
    settings = settings_of(tmp_path, "one")
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    shutil.copytree(tmp_path / "one", tmp_path / "backup")
    with building.open_pipeline(folder, settings) as pipeline:
        (folder / "new.txt").write_text("A zebra came")
        (folder / "Sales/offer 5.txt").unlink()
        pipeline.run_pass()
    shutil.rmtree(tmp_path / "one")
    shutil.copytree(tmp_path / "backup", tmp_path / "one")
    (folder / "new.txt").unlink()
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        names = {item.path for item, _ in pipeline.catalogue.items.told()}
    other = settings_of(tmp_path, "three")
    places.register(folder, other)
    with building.open_pipeline(folder, other) as pipeline:
        pipeline.run_pass()
        assert {item.path for item, _ in pipeline.catalogue.items.told()} == names
    assert RelPath("new.txt") not in names
    assert b"zebra" not in (folder / "index.html").read_bytes()


def test_a_page_of_one_file_and_back(tmp_path: Path, folder: Path) -> None:
    settings = settings_of(tmp_path, "one")
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    single = settings_of(tmp_path, "one", mode="single")
    with building.open_pipeline(folder, single) as pipeline:
        pipeline.run_pass()
        assert not (folder / "_index").exists()
        before = (folder / "index.html").stat().st_mtime_ns
        pipeline.publish()
        assert (folder / "index.html").stat().st_mtime_ns == before, "an unchanged page is not written again"
        (folder / "Sales/offer 1.txt").write_text("changed")
        pipeline.run_pass()
        assert (folder / "index.html").stat().st_mtime_ns != before
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        assert (folder / "_index/head.js").exists()


def test_a_page_of_one_file_has_its_limit(tmp_path: Path, folder: Path) -> None:
    chance = random.Random(1)
    (folder / "large.txt").write_text(" ".join(f"{chance.getrandbits(60):x}" for _ in range(200_000)))
    settings = settings_of(tmp_path, "one", mode="single", single_mb=1, text_kb=4096)
    places.register(folder, settings)
    with (
        building.open_pipeline(folder, settings) as pipeline,
        pytest.raises(UserError, match=r"too large for one file"),
    ):
        pipeline.run_pass()
    assert any("page.single_mb" in problem for problem in folder_status(folder, settings).problems)
