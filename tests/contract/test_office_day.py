"""A day in minutes: while people and programs work, the daemon ends each hour in the state of one fresh full pass."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue

from .conftest import Indexer, looks
from .office import Hands, Office

HOURS = int(os.environ.get("INDEXER_TEST_HOURS", "2"))
OPERATIONS = int(os.environ.get("INDEXER_TEST_OPERATIONS", "120"))
"""Operations an hour."""
SEED = int(os.environ.get("INDEXER_TEST_SEED", "20261125"))
AGREE_S, GUARD_S = 120.0, 60.0
ASKED = ("harbour", "type:docx", '"travel budget"', "Prüf*")
GUARD_EVERY = 3
"""A drive is lost for a while once in this many hours."""
PAGE = ("index.html", "_index")

Standing = dict[str, list[tuple[object, ...]]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names and saves of POSIX programs")


@contextmanager
def following(indexer: Indexer, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have the daemon run until the block ends; what it says goes to a file."""
    daemon = start(indexer, log)
    try:
        wait_until(lambda: b'"running": true' in indexer.run("status", "--json").stdout, 30, "no daemon")
        yield daemon
        assert daemon.poll() is None, f"the daemon ended: {_end_of(log)}"
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0, f"the daemon did not end well: {_end_of(log)}"
        assert "Traceback" not in log.read_text("utf-8", "replace")
    finally:
        daemon.kill()
        daemon.wait(60)


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-3000:]


def start(indexer: Indexer, log: Path) -> subprocess.Popen[bytes]:
    """Start a daemon."""
    indexer.state.mkdir(exist_ok=True)
    env = indexer.environment(XDG_CONFIG_HOME=str(indexer.state / "config"))
    del env["INDEXER_CONFIG"]
    with log.open("ab") as said:
        return indexer.begin(
            "--verbose", "watch", str(indexer.folder),
            env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip


def wait_until(is_so: Callable[[], bool], seconds: float, otherwise: str) -> float:
    """Wait until `is_so`, with a limit; return how long it took."""
    began = time.monotonic()
    for _ in looks():
        if is_so():
            break
        assert time.monotonic() - began < seconds, otherwise
    return time.monotonic() - began


def standing(indexer: Indexer) -> Standing:
    """Return what the state says of each path: all its items, and what could not be read."""
    (database,) = indexer.state.rglob("catalogue.db")
    catalogue = Catalogue(database, readonly=True)
    try:
        seen: Standing = defaultdict(list)
        for item, _, passages in catalogue.items.live():
            seen[item.path].append(
                (str(item.kind), item.title, item.author, item.url or "", item.digest, item.size,
                 item.modified, item.conflict_of or "", passages)
            )  # fmt: skip
        for item_id, path in catalogue.items.untold():
            seen[path].append((f"not read yet: {item_id}",))
        for failure in catalogue.failures.told(everything=True):
            seen[failure.path].append(("failed", str(failure.reason)))
        return {path: sorted(said, key=repr) for path, said in seen.items()}
    finally:
        catalogue.close()


def answers(indexer: Indexer, queries: tuple[str, ...]) -> dict[str, tuple[int, list[str]]]:
    """Return how many results each search has, and the paths of these and their copies."""
    found = {}
    for query in queries:
        said = indexer.json("-n", "1000", "--", query)
        paths = [path for result in said["results"] for path in (result["path"], *result["copies"])]
        found[query] = said["total"], sorted(paths)
    return found


def differing(ours: Standing, true: Standing) -> str:
    """Return one line for each path that differs."""
    lines = []
    for path in sorted(ours.keys() | true.keys()):
        if ours.get(path) != true.get(path):
            what = "not known" if path not in ours else "a ghost" if path not in true else "differs"
            lines.append(
                f"  {what}: {path!r}\n    daemon: {_brief(ours, path)}\n    judge:  {_brief(true, path)}"
            )
    return "\n".join(lines)


def _brief(all_of_them: Standing, path: str) -> str:
    said = [tuple(str(fact)[:60] for fact in facts[:-1] or facts) for facts in all_of_them.get(path, [])]
    return repr(said) if said else "nothing"


@dataclass
class Judge:
    """Compares a daemon's state with that of one fresh full pass over the same folder, which must be still."""

    indexer: Indexer
    states: Path
    log: Path
    count: int = 0
    truth: Standing = field(default_factory=dict)

    def wait_for_agreement(self, what: str, seconds: float = AGREE_S, more: tuple[str, ...] = ()) -> float:
        """Wait until items and searches of both are equal; return how long it took without the pass itself."""
        truth, self.truth = self.look(), {}
        return self.wait_for(truth, what, seconds, more)

    def look(self) -> Indexer:
        """Return the state of a fresh full pass."""
        self.count += 1
        fresh = replace(self.indexer, state=self.states / f"judge {self.count}")
        fresh.ok("scan", str(fresh.folder), INDEXER_PAGE_ENABLED="false")
        return fresh

    def wait_for(self, fresh: Indexer, what: str, seconds: float, more: tuple[str, ...] = ()) -> float:
        """Wait until the daemon's state equals that of a fresh pass."""
        began = time.monotonic()
        self.truth = standing(fresh)
        while (ours := standing(self.indexer)) != self.truth:
            assert time.monotonic() - began < seconds, self._say(what, differing(ours, self.truth))
            time.sleep(0.25)
        asked = (*ASKED, *more)
        true = answers(fresh, asked)
        while (found := answers(self.indexer, asked)) != true:
            assert time.monotonic() - began < seconds, self._say(what, f"daemon: {found}\njudge:  {true}")
            time.sleep(1.0)
        return time.monotonic() - began

    def _say(self, what: str, differences: str) -> str:
        said = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-30:])
        return f"{what}: the daemon and a fresh pass differ:\n{differences}\nthe daemon's log:\n{said}"


def is_held_back(indexer: Indexer) -> bool:
    """Tell whether `status` says that the removal guard holds."""
    done = indexer.run("status", "--json")
    said = any("vanished" in problem for problem in json.loads(done.stdout)["problems"])
    assert not said or done.returncode == 1
    return said


@pytest.mark.timeout(600 + 360 * HOURS)
def test_a_day_at_the_office(indexer: Indexer, tmp_path: Path) -> None:
    indexer = replace(indexer, workers="")
    office = Office(random.Random(SEED))
    hands = Hands(indexer.folder, tmp_path / "attic")
    hands.do(office.begin())
    log = tmp_path / "daemon.log"
    judge = Judge(indexer, tmp_path, log)
    began = time.monotonic()
    with following(indexer, log):
        judge.wait_for_agreement(f"seed {SEED}, before the day")
        for hour in range(1, HOURS + 1):
            where = f"seed {SEED}, hour {hour}"
            hands.do(office.hour(OPERATIONS))
            took_s = judge.wait_for_agreement(where, more=tuple(office.fresh[-2:]))
            assert set(hands.left) == set(office.files)
            if hour % GUARD_EVERY == 2:
                the_guard_holds(judge, office, hands, where)
            print(
                f"{time.monotonic() - began:5.1f} s: hour {hour}, {len(office.files)} files, equal after {took_s:.1f} s"
            )
        status = json.loads(indexer.ok("status", "--json"))
        assert status["problems"] == [], status
    assert hands.differences(but=PAGE) == [], f"seed {SEED}: the daemon touched somebody's files"
    assert all((indexer.folder / name).exists() for name in PAGE)


def the_guard_holds(judge: Judge, office: Office, hands: Hands, where: str) -> None:
    """Lose a drive: nothing is removed, and `status` says so; once it is back all is as it was, and goes on."""
    indexer, before = judge.indexer, judge.truth
    away, back, renamed = office.lose_much()
    hands.do(away)
    wait_until(lambda: is_held_back(indexer), GUARD_S, f"{where}: nobody said that a drive was lost")
    assert standing(indexer) == before, f"{where}: {differing(standing(indexer), before)}"
    hands.do(back)
    judge.wait_for_agreement(f"{where}, the drive is back")
    wait_until(lambda: not is_held_back(indexer), GUARD_S, f"{where}: the guard still holds")
    hands.do(renamed)
    judge.wait_for_agreement(f"{where}, what came back has another name")
