"""What somebody saves is recorded before anything else; no reading is lost, whoever calls meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from indexer.app import building
from indexer.extract.worker import Job
from indexer.model.items import RelPath
from indexer.model.readings import Reading
from indexer.page.pace import Extent
from indexer.pipeline import intake, page_follower
from indexer.pipeline.page_facts import PUBLISHED_SEQ
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, Settings
from indexer.state import places

MakeTree = Callable[[Mapping[str, str | bytes]], Path]


class Cage:
    """Gives readings in the order in which files were submitted, a few at a time."""

    def __init__(self) -> None:
        self.submitted: list[str] = []

    def has_room(self, *, urgent: bool) -> bool:
        return urgent or len(self.submitted) < 40

    def submit(self, key: str, job: Job, *, urgent: bool = False) -> None:
        del job
        self.submitted.insert(0 if urgent else len(self.submitted), key)

    def collect(self, timeout_s: float) -> Iterator[tuple[str, Reading]]:
        del timeout_s
        for _ in range(min(10, len(self.submitted))):
            key = self.submitted.pop(0)
            yield key, Reading(digest=f"{key:0>64}"[:64])

    def retire(self, idle_s: float) -> None:
        del idle_s

    def close(self) -> None:
        pass


@pytest.fixture
def pipeline(make_tree: MakeTree, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline that has noted a hundred files and read none."""
    folder = make_tree({f"{n:03d}.txt": f"text {n}" for n in range(100)})
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1, ocr=False))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.cage = pipeline._intake.cage = Cage()  # type: ignore[assignment]
        pipeline.look()
        yield pipeline


def save(pipeline: Pipeline, name: str) -> None:
    """Save a file, and look where that happened."""
    (pipeline.folder / name).write_text("just saved")
    pipeline.look([RelPath("")])


def work_off(pipeline: Pipeline) -> None:
    """Take turns until nothing is left."""
    for _ in range(50):
        if not pipeline.turn():
            return
    pytest.fail("turns don't end")


def waiting(pipeline: Pipeline) -> int:
    return pipeline.catalogue.queue.count()


def test_who_calls_ends_a_turn_and_loses_nothing(pipeline: Pipeline) -> None:
    calls = iter([False] * 14 + [True])
    assert pipeline.turn(calls=lambda: next(calls))
    assert waiting(pipeline) == 100
    assert len(pipeline._intake._read) == 15
    work_off(pipeline)
    assert waiting(pipeline) == 0


def test_what_was_just_saved_is_recorded_alone(pipeline: Pipeline) -> None:
    calls = iter([False] * 24 + [True])
    pipeline.turn(calls=lambda: next(calls))
    save(pipeline, "saved.txt")
    assert waiting(pipeline) == 101
    pipeline.turn()
    assert waiting(pipeline) == 100
    assert not [wanted for wanted in pipeline.catalogue.queue.next(200) if wanted.path == "saved.txt"]
    pipeline.turn()
    assert waiting(pipeline) == 0


def test_a_saved_file_that_takes_long_keeps_no_other_waiting(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(pipeline, "saved.txt")
    saved = next(one.id for one in pipeline.catalogue.queue.next(200) if one.path == "saved.txt")
    submit = Cage.submit

    def lose(cage: Cage, key: str, job: Job, *, urgent: bool = False) -> None:
        if key != saved:
            submit(cage, key, job, urgent=urgent)

    monkeypatch.setattr(Cage, "submit", lose)
    monkeypatch.setattr(intake, "TURN_S", 0.2)
    pipeline.turn()
    assert waiting(pipeline) == 1


def test_readings_are_bounded_in_number(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "TURN_ITEMS", 30)
    pipeline.turn()
    assert waiting(pipeline) == 70


def test_a_part_of_what_is_due_is_published_where_the_log_leads(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_off(pipeline)
    pipeline.publish()
    assert not pipeline.page_is_behind
    for n in range(10):
        save(pipeline, f"more {n}.txt")
    work_off(pipeline)
    monkeypatch.setattr(page_follower, "MANY", 4)
    before = pipeline.catalogue.facts.get(PUBLISHED_SEQ)
    places: list[int | None] = []
    for _ in range(3):
        pipeline.publish(Extent.PART)
        places.append(pipeline.catalogue.facts.get(PUBLISHED_SEQ))
    assert not pipeline.page_is_behind
    assert before is not None
    assert places == sorted(places, key=lambda place: place or 0)
    assert places[-1] == pipeline.catalogue.log.seq
    assert pipeline.page is not None
    assert pipeline.page.is_whole()
    written = pipeline.publish(Extent.WHOLE)
    assert written
    assert not [name for name in written.files if name.endswith(".js")]  # nothing differs
