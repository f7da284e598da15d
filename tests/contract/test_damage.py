"""Whatever happens to index and catalogue: searches are right or say what to do, and the next scan or the watcher mends it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.daemon.daemon import DAY_S, Daemon
from indexer.daemon.process import watch

from ..damaged_states import (
    CATALOGUE,
    COMMIT,
    JOURNAL,
    SEGMENT,
    Case,
    Damage,
    Office,
    Verdict,
    cut,
    delete,
    flip,
    judge,
    judge_command,
    judge_watch,
    make_office,
    see_that_it_is_healed,
    shared_cage,
    some_cases,
)
from ..fake_clock import SetClock
from .conftest import Indexer, looks

SEED, COUNT = 1, 60
WATCHED = (
    (Damage(flip, SEGMENT), Damage(delete, COMMIT)),
    (Damage(cut, CATALOGUE),),
    (Damage(flip, JOURNAL), Damage(delete, SEGMENT)),
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with shared_cage():
        made = make_office(tmp_path_factory.mktemp("damage"))
        before = made.listing()
        yield made
        assert made.listing() == before, "something in the folder was changed"


@pytest.mark.parametrize("case", some_cases(SEED, COUNT), ids=str)
def test_a_search_is_right_or_says_what_to_do_and_a_scan_mends(
    office: Office, tmp_path: Path, case: Case
) -> None:
    verdict = judge(case, office, tmp_path)
    assert verdict.faults == []
    assert not verdict.wrong, "a wrong answer without a word"


@pytest.mark.parametrize("case", some_cases(SEED + 1, COUNT)[::12], ids=str)
def test_the_command_says_it_in_one_line(office: Office, tmp_path: Path, case: Case) -> None:
    assert judge_command(case, office, tmp_path) == []


@pytest.mark.parametrize("damages", WATCHED, ids=lambda damages: " + ".join(map(str, damages)))
def test_the_watcher_mends_it_as_it_starts(
    office: Office, tmp_path: Path, damages: tuple[Damage, ...]
) -> None:
    assert judge_watch(Case(SEED, 0, damages), office, tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="a file in use can't be cut or deleted there")
@pytest.mark.parametrize(
    "damage",
    [
        *(Damage(do, SEGMENT) for do in (flip, cut, delete)),
        Damage(delete, COMMIT),
        Damage(flip, CATALOGUE),
        Damage(delete, CATALOGUE),
    ],
    ids=str,
)
def test_the_daily_check_finds_it_and_the_watcher_begins_anew(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage
) -> None:
    case = Case(SEED, 0, (damage,))
    state = tmp_path / "state"
    shutil.copytree(office.whole, state)
    runs: list[Daemon] = []
    run = Daemon.run

    def noted(self: Daemon) -> None:
        runs.append(self)
        run(self)

    monkeypatch.setattr(Daemon, "run", noted)
    problems: list[str] = []
    clock = SetClock()

    def damage_it() -> None:
        try:
            wait_for(lambda: bool(runs) and bool(runs[0]._looker.looks))
            case.do(office, state)
            clock.ahead_s = DAY_S
            wait_for(lambda: len(runs) == 2)
            wait_for(lambda: is_healed(case, office, state))
        except AssertionError as error:
            problems.append(str(error))
        runs[-1].stop.set()

    other = threading.Thread(target=damage_it)
    other.start()
    assert watch(office.folder, office.settings(state), clock) == 0
    other.join()
    assert problems == []


@pytest.mark.parametrize("target", [SEGMENT, CATALOGUE])
def test_the_watcher_mends_it_when_it_is_asked_to_scan(office: Office, tmp_path: Path, target: str) -> None:
    case = Case(SEED, 0, (Damage(flip, target),))
    state = tmp_path / "state"
    shutil.copytree(office.whole, state)
    indexer = Indexer(office.folder, state)
    with indexer.watching():
        case.do(office, state)
        indexer.scan()
        verdict = Verdict(case)
        see_that_it_is_healed(office, state, verdict)
        assert verdict.faults == []


def wait_for(is_so: Callable[[], bool], seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    for _ in looks():
        if is_so():
            return
        assert time.monotonic() < until, "it never came"


def is_healed(case: Case, office: Office, state: Path) -> bool:
    verdict = Verdict(case)
    see_that_it_is_healed(office, state, verdict)
    return not verdict.faults
