"""Several people write notes, questions, answers and marks at once: every machine tells the same of them, and all of them.

`INDEXER_TEST_OPERATIONS=1000 INDEXER_TEST_SEED=… python -m pytest tests/sync/test_team.py` runs a long day.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from indexer.app import building, knowing
from indexer.cli.results import result_object
from indexer.cli.team import questions_object
from indexer.clock import Clock
from indexer.pipeline.pipeline import Pipeline
from indexer.search import asking
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places

from .conflict_names import Style, Whose
from .deeds import PAGE, Team
from .facts import Facts, differing
from .simulator import Machine, Service

OPERATIONS = int(os.environ.get("INDEXER_TEST_OPERATIONS", "90"))
SEED = int(os.environ.get("INDEXER_TEST_SEED", "20261127"))
WHO = {
    "ann": Whose("Ann", "DESKTOP-4F7G2H1", "ABCDEFG"),
    "bo": Whose("Bo", "LAPTOP-BO", "BCDEFGH"),
    "cem": Whose("Cem", "WIN-7Q2K9M4LP1X", "CDEFGHI"),
}


class ServiceClock(Clock):
    """Shows the time of the simulated service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def time_ns(self) -> int:
        return int(self._service.now.timestamp() * 1e9)


class Reader:
    """The program on one machine."""

    def __init__(self, machine: Machine, state: Path, pipeline: Pipeline, settings: Settings) -> None:
        self.machine, self.state, self._pipeline, self._settings = machine, state, pipeline, settings

    def take_in(self, service: Service) -> None:
        """Make a pass, and see that no file of a person is touched by it."""
        before = {path: seen for path, seen in self.machine.look().items() if _is_persons(path)}
        self._pipeline.run_pass(accept_removals=True)
        after = {path: seen for path, seen in self.machine.look().items() if _is_persons(path)}
        assert before == after, "the program touched somebody's files"
        service.notice(self.machine)

    def search(self, query: str, **options: Any) -> list[dict[str, Any]]:
        """Return results as `indexer search --json` has them."""
        given = asking.SearchOptions(limit=100_000, relax=False, **options)
        found = asking.search(self.machine.folder, self._settings, query, given)
        return [result_object(result) for result in found.results]

    def questions(self) -> list[dict[str, Any]]:
        """Return what `indexer questions --all --json` has."""
        found = knowing.questions(self.machine.folder, self._settings)
        return questions_object(found)["questions"]  # type: ignore[return-value]


def _is_persons(path: str) -> bool:
    return path.partition("/")[0] not in PAGE


class Day:
    """A team, its machines and the program on each."""

    def __init__(self, place: Path, style: Style, count: int, seed: int, stack: ExitStack) -> None:
        self.chance = random.Random(seed)
        self.service = Service(style, seed, delay_s=40.0, loss=0.1)
        self.team = Team(self.service, self.chance)
        self.place, self.stack = place, stack
        machines = [
            self.service.join(name, place / name / "Team", whose) for name, whose in [*WHO.items()][:count]
        ]
        machines[0].renames = False
        self.readers = [self.read(machine, machine is machines[0]) for machine in machines]

    def read(self, machine: Machine, publishes: bool, state: str = "state") -> Reader:
        """Have the program follow a machine's folder."""
        settings = Settings(
            state_dir=self.place / machine.name / state,
            extract=ExtractSettings(workers=1),
            page=PageSettings(enabled=publishes),
        )
        places.register(machine.folder, settings)
        opened = building.open_pipeline(machine.folder, settings, ServiceClock(self.service))
        return Reader(machine, settings.state_dir, self.stack.enter_context(opened), settings)

    def live(self, operations: int) -> None:
        """Have people work; the program takes it in now and then."""
        for _ in range(operations):
            self.team.do()
            self.service.advance(self.chance.choice([0, 1, 5, 30, 120]))
            if self.chance.random() < 0.2:
                self.chance.choice(self.readers).take_in(self.service)

    def end(self) -> None:
        """Have all machines get alike, and the program take in all of it."""
        for _ in range(4):
            self.service.settle()
            for reader in self.readers:
                reader.take_in(self.service)
            self.service.advance(3_600)
            if self.service.is_settled:
                return
        raise AssertionError("the page is never the same")


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.timeout(120 + 3 * OPERATIONS)
@pytest.mark.parametrize(("style", "count"), [(Style.DROPBOX, 2), (Style.GOOGLE_DRIVE, 3)])
def test_a_day_of_a_team(
    style: Style, count: int, tmp_path: Path, days: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, style, count, SEED, days)
    monkeypatch.setattr(secrets, "choice", random.Random(SEED).choice)
    day.live(OPERATIONS)
    day.end()
    print(f"{sum(day.team.done.values())} deeds: {day.team.done}")
    print(f"{len(day.service.conflicts)} conflict copies, {len(day.service.tree)} paths at the end")
    nothing_is_lost(day)
    facts = Facts(day.service)
    newcomer = day.read(day.readers[-1].machine, False, "newcomer")
    newcomer.take_in(day.service)
    readers = (*day.readers, newcomer)
    told = []
    for reader in readers:
        results, questions = reader.search(""), reader.questions()
        assert facts.wrong(results, questions, reader.search) == [], reader.state
        told.append(facts.told(results, questions))
    for other in told[1:]:
        assert differing(told[0], other) == []


def nothing_is_lost(day: Day) -> None:
    """No file of a person was changed or made by the program, and none was lost on the way."""
    people = day.team.people
    lost = people.lost()
    assert lost == [], f"lost: {lost}"
    kept = {path: e.content for path, e in day.service.tree.items() if e.content and _is_persons(path)}
    foreign = [path for path, content in kept.items() if content not in people.written]
    assert foreign == [], f"not written by a person: {foreign}"
    unmarked = day.team.marked.keys() - people.removed - day.service.tree.keys()
    assert unmarked == set(), f"marks are lost: {unmarked}"
