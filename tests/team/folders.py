"""A folder in which a team writes, and what is found in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexer.app import building, knowing
from indexer.model.items import RelPath
from indexer.model.results import Result
from indexer.model.team import Question
from indexer.pipeline.pipeline import Pipeline
from indexer.search import asking
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from tests.fake_clock import SetClock

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)


class TeamFolder:
    """A folder that is scanned after each change, at a time that goes on by an hour."""

    def __init__(self, folder: Path, settings: Settings, pipeline: Pipeline, clock: SetClock) -> None:
        self.folder, self.settings, self.pipeline, self._clock = folder, settings, pipeline, clock
        self.now = NOW

    def write(self, files: dict[str, str | None]) -> None:
        """Write files as of now, None removes one, and take them in."""
        self.now += timedelta(hours=1)
        self._clock.ahead_s += (self.now - self._clock.now()).total_seconds()
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            os.utime(path, (self.now.timestamp(), self.now.timestamp()))
        self.pipeline.run_pass()

    def move(self, old: str, new: str) -> None:
        """Rename a file and take that in."""
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / old).rename(self.folder / new)
        self.write({})

    def ask(self, query: str) -> list[Result]:
        return list(asking.search(self.folder, self.settings, query, asking.SearchOptions()).results)

    def found(self, query: str) -> list[RelPath]:
        return [result.item.path for result in self.ask(query)]

    def questions(self) -> dict[str, Question]:
        every = knowing.questions(self.folder, self.settings)
        return {question.question: question for question in every}


@contextmanager
def team_folder(tmp_path: Path, **page: object) -> Iterator[TeamFolder]:
    """Make an empty folder with its pipeline."""
    folder = tmp_path / "Team"
    folder.mkdir(exist_ok=True)
    settings = Settings(
        state_dir=tmp_path / "state",
        extract=ExtractSettings(workers=1),
        page=PageSettings(**page),  # type: ignore[arg-type]
    )
    places.register(folder, settings)
    clock = SetClock()
    with building.open_pipeline(folder, settings, clock) as pipeline:
        yield TeamFolder(folder, settings, pipeline, clock)
