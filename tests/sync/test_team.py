"""Several people write notes, questions, answers and marks at once: every machine tells the same of them, and all of them.

`INDEXER_TEST_OPERATIONS=1000 INDEXER_TEST_SEED=… python -m pytest tests/sync/test_team.py` runs a long day.
"""

from __future__ import annotations

import os
import random
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
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
from .simulator import Machine, Service

OPERATIONS = int(os.environ.get("INDEXER_TEST_OPERATIONS", "90"))
SEED = int(os.environ.get("INDEXER_TEST_SEED", "20261127"))
WHO = {
    "ann": Whose("Ann", "DESKTOP-4F7G2H1", "ABCDEFG"),
    "bo": Whose("Bo", "LAPTOP-BO", "BCDEFGH"),
    "cem": Whose("Cem", "WIN-7Q2K9M4LP1X", "CDEFGHI"),
}
RESULT = ("type", "url", "tags")
ALONE = ("path", "title", "department", "conflict_of")
"""What is told of a result; the latter is that of one of several copies, the one that the machine saw first."""
QUESTION = ("path", "question", "by", "needs_by", "department")
FACT = re.compile(r"fact\d+x")
NOTE = re.compile(r"(?P<on>.+)\.note(?:\.[^./]+)?\.(?:md|txt)")
SAYING = re.compile(r"(?P<on>.+)\.(?P<role>answer|closed)\.[^./]+\.md")
MARK = re.compile(r"(?P<on>.+)\.mark\.(?P<mark>useful|outdated|wrong)\.(?P<who>\w+)")


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
        found = knowing.questions(self.machine.folder, self._settings, everything=True)
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
    monkeypatch.setattr(secrets, "choice", day.chance.choice)
    day.live(OPERATIONS)
    day.end()
    print(f"{sum(day.team.done.values())} deeds: {day.team.done}")
    print(f"{len(day.service.conflicts)} conflict copies, {len(day.service.tree)} paths at the end")
    nothing_is_lost(day)
    newcomer = day.read(day.readers[-1].machine, False, "newcomer")
    newcomer.take_in(day.service)
    for reader in (*day.readers, newcomer):
        everything_is_told(day, reader)
    tree = texts_of(day.service)
    first, *others = day.readers
    for other in (*others, newcomer):
        assert differing(told(first, tree), told(other, tree)) == []


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


def texts_of(service: Service) -> dict[str, str]:
    """Return the texts of all files of people, as all machines have them."""
    files = {path: entry.content for path, entry in service.tree.items() if _is_persons(path)}
    return {path: content.decode() for path, content in files.items() if content is not None}


def told(reader: Reader, tree: dict[str, str]) -> dict[str, Any]:
    """Return what a machine tells of items and questions, but for what it knows by its own memory.

    That is when it first saw something, to which file a note belongs that doesn't lie beside it (a person moved the file
    without its notes), and whether what an answer names has changed since.
    """
    hidden = _hidden(tree)
    results: dict[str, Any] = {}
    for result in reader.search(""):
        paths = sorted((result["path"], *result["copies"]))
        if all(map(partial(is_beside, tree), paths)):
            names = RESULT if result["copies"] else (*RESULT, *ALONE)
            results[" = ".join((*paths, result["url"] or ""))] = {name: result[name] for name in names} | {
                "notes": sorted(
                    (note["path"], note["by"], note["level"], note["text"])
                    for note in result["notes"]
                    if is_beside(tree, note["path"]) and note["path"] not in hidden
                )
            }
    questions: dict[str, Any] = {}
    for one in reader.questions():
        answers = [(a["path"], a["by"], a["text"]) for a in one["answers"]]
        answers = [answer for answer in answers if is_beside(tree, answer[0]) and answer[0] not in hidden]
        questions[one["path"]] = {name: one[name] for name in QUESTION} | {"answers": sorted(answers)}
    return {"results": results, "questions": questions}


def is_beside(tree: Mapping[str, object], path: str) -> bool:
    """Tell whether a note lies beside its file; true of what is no note."""
    said = NOTE.fullmatch(path) or SAYING.fullmatch(path)
    return said is None or said["on"] in tree


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return a line for each thing that two machines tell differently."""
    lines = []
    for part in one:
        for key in sorted(one[part].keys() | other[part].keys()):
            a, b = one[part].get(key), other[part].get(key)
            if a is None or b is None:
                lines.append(
                    f"{part}: {key!r} is told by {'the other' if a is None else 'the first'} only: {a or b}"
                )
            else:
                lines += [
                    f"{part}: {key!r}: {name}: {a[name]!r} != {b[name]!r}" for name in a if a[name] != b[name]
                ]
    return lines


def everything_is_told(day: Day, reader: Reader) -> None:
    """Each fact in the folder is told by the program, on what it is about."""
    tree = texts_of(day.service)
    called = {path: _plain(day.service, path) for path in tree}
    results = reader.search("")
    on: dict[str, dict[str, Any]] = {}
    for result in results:
        for path in (result["path"], *result["copies"]):
            if result["url"] is None or not path.endswith(".txt"):  # the list itself, not a link in it
                on[path] = result
    hidden = _hidden(tree)
    missing = []
    for path, text in tree.items():
        facts = FACT.findall(text)
        if not facts or path in hidden:
            continue
        said = NOTE.fullmatch(called[path]) or SAYING.fullmatch(called[path])
        if path.startswith("Questions/") and said is None:
            is_told = any(facts[0] in one["question"] for one in reader.questions())
        elif said is None or said["on"] not in tree:
            is_told = path in on or any(path in _notes(result) for result in results)
        elif NOTE.fullmatch(called[path]):
            is_told = any(
                path in _notes(result) for result in results
                if said["on"] in (result["path"], *result["copies"])
            )  # fmt: skip
        else:
            is_told = said["role"] == "closed" or any(
                path == answer["path"] for one in reader.questions() for answer in one["answers"]
            )
        if not is_told or not any(path in _paths(result) for result in reader.search(facts[0])):
            missing.append(path)
    assert missing == [], f"{reader.state}: not told: {missing}"
    marks_are_told(tree, hidden, on, reader.state)
    states_are_told(
        tree, hidden, called, {one["path"]: one["state"] for one in reader.questions()}, reader.state
    )


def marks_are_told(
    tree: dict[str, str], hidden: set[str], on: dict[str, dict[str, Any]], where: Path
) -> None:
    """Each file has the marks beside it, and at most those whose file is elsewhere by now, too."""
    marks: dict[str, Counter[str]] = defaultdict(Counter)
    away: Counter[str] = Counter()
    for path in tree.keys() - hidden:
        if mark := MARK.fullmatch(path):
            (marks[mark["on"]] if mark["on"] in tree else away)[mark["mark"]] += 1
    for path, result in on.items():
        for name, count in result["marks"].items():
            if not result["copies"]:
                assert marks[path][name] <= count <= marks[path][name] + away[name], (
                    f"{where}: {path} is {name}"
                )


def states_are_told(
    tree: dict[str, str], hidden: set[str], called: dict[str, str], states: dict[str, str], where: Path
) -> None:
    """Each question is as far as the answers and closings beside it say; more if there are some whose question is elsewhere."""
    said: dict[str, set[str]] = defaultdict(set)
    for path in tree.keys() - hidden:
        if saying := SAYING.fullmatch(called[path]):
            on = saying["on"] if saying["on"] in tree else ""
            said[on].add(saying["role"])
            if "\nitem: " in tree[path]:
                said[on].add("reopened")
    texts = Counter(tree[path] for path in states)
    for path, state in states.items():
        if texts[tree[path]] == 1:
            said_of_it = said[path]
            so_far = "closed" if "closed" in said_of_it else "answered" if "answer" in said_of_it else "open"
            may_be = {so_far} | ({"reopened"} & said_of_it)
            may_be |= {"answered", "closed", "reopened"} if said[""] else set()
            assert state in may_be, f"{where}: {path} is {state}, not {so_far}"


def _notes(result: dict[str, Any]) -> set[str]:
    return {note["path"] for note in result["notes"]}


def _paths(result: dict[str, Any]) -> set[str]:
    return {result["path"], *result["copies"], *_notes(result)}


def _hidden(tree: dict[str, str]) -> set[str]:
    """Return what another file beside it replaces or withdraws, or may: that file's own may be elsewhere by now."""
    hidden = set()
    for path, text in tree.items():
        if found := re.search(r"^(?:replaces|withdraws): (.+)$", text, re.MULTILINE):
            beside = f"{path.rpartition('/')[0]}/{found[1]}".lstrip("/")
            hidden.add(beside)
            if not is_beside(tree, path):
                hidden.update(one for one in tree if one.rpartition("/")[2] == found[1])
    return hidden


def _plain(service: Service, path: str) -> str:
    """Return a path without what a sync client has put into it."""
    return dict(service.conflicts).get(path, path)
