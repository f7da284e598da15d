"""Killed in the midst of commits and of publishes, or stopped for a while: nothing is lost, and readers of the page never notice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import psutil
import pytest

from indexer.catalogue import Catalogue
from indexer.model.readings import unpack_passages
from indexer.page.belonging import POINTER
from indexer.terms.one_line import one_line

from .conftest import Indexer
from .office import Hands, Office
from .page_reader import DIRECTORY, HTML, PageReader, Shown, shown_items
from .test_office_day import ASKED, Judge, answers, following, start, wait_until

KILLS = int(os.environ.get("INDEXER_TEST_KILLS", "8"))
"""The least number; more if on a slow machine few of them interrupt anything."""
MOST_TRIES = 10
"""The factor by which more are tried before giving up."""
STOPPED_S = float(os.environ.get("INDEXER_TEST_STOPPED_S", "10"))
STOPPED_OPERATIONS = 100
"""So much is done meanwhile: few enough that what was edited and renamed, and so vanished, is below the removal guard."""
SEED = int(os.environ.get("INDEXER_TEST_SEED", "30"))
SIGN_S = 120.0
"""A sign comes so soon after the daemon was started, for there is always something new in the folder."""
PAGE_S = 120.0
FILES = 60
AT_ONCE = 0.3
"""The share of kills as soon as the sign is seen; the others come up to 30 ms later."""
TO_THE_END = 4
"""Each fourth daemon is let live until it has published, so that there is progress on any machine."""
HOUR_AGO = 2 * 3600

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

Signs = Callable[[], set[str]]


@dataclass(frozen=True)
class Eager(Indexer):
    """An indexer that publishes as often as it can."""

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of its commands."""
        return super().environment(**{"INDEXER_PAGE_EVERY_S": "1", "INDEXER_PAGE_QUIET_S": "0.2", **more})


@dataclass
class Stage:
    """A folder where people work all the time, a reader of its page, and a daemon that is killed again and again."""

    indexer: Eager
    hands: Hands
    office: Office
    log: Path
    judge: Judge
    chance: random.Random
    hits: int = 0
    """Kills of a living daemon just after a sign was seen."""
    midst: int = 0
    """Kills before that commit or publish had named its result."""
    tries: int = 0
    helpers: list[psutil.Process] = field(default_factory=list)
    """Reading processes of daemons that were killed."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have people work until the block ends."""
        stop, problems = threading.Event(), []

        def work() -> None:
            try:
                while not stop.is_set():
                    self.hands.do(self.office.hour(20, gap_s=0.2))
            except Exception as error:  # noqa: BLE001 - told by the thread that waits
                problems.append(error)

        people = threading.Thread(target=work)
        people.start()
        try:
            yield
        finally:
            stop.set()
            people.join(60)
        assert problems == []

    def kill_at(self, signs: Signs, end: Path) -> None:
        """Start the daemon, wait for a new sign, kill it, and count whether that hit, and was before `end` was written."""
        self.tries += 1
        before = signs()
        daemon = start(self.indexer, self.log)
        try:
            until = time.monotonic() + SIGN_S
            pointer = self.indexer.folder / DIRECTORY / POINTER
            published = pointer.stat().st_mtime_ns if self.tries % TO_THE_END == 0 else None
            for _ in range(self.chance.choice((1, 1, 2, 3))):
                while not (seen := signs() - before) or pointer.stat().st_mtime_ns == published:
                    assert daemon.poll() is None, f"the daemon ended: {self.log.read_text()[-2000:]}"
                    assert time.monotonic() < until, "no sign of life"
                    time.sleep(0.002)
                before |= seen
            written = end.stat().st_mtime_ns
            if self.chance.random() > AT_ONCE:
                time.sleep(self.chance.uniform(0, 0.03))
            self.helpers += _children(daemon.pid)
            daemon.kill()
        finally:
            daemon.kill()
            self.hits += daemon.wait(60) == -signal.SIGKILL
        self.midst += end.stat().st_mtime_ns == written

    # --- signs ------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Path:
        """The catalogue's file."""
        (found,) = self.indexer.state.rglob("catalogue.db")
        return found

    def index_signs(self) -> set[str]:
        """Return what is new while the index commits: its files."""
        return {
            path.name for directory in self.database.parent.glob("index-*") for path in directory.iterdir()
        }

    def catalogue_signs(self) -> set[str]:
        """Return what is new while the catalogue commits: its journal was written."""
        try:
            written = self.database.with_name(self.database.name + "-wal").stat().st_mtime_ns
        except OSError:
            return set()
        return {f"journal written at {written}"}

    def publish_signs(self) -> set[str]:
        """Return what is new while a publish is under way: files of the page by name, temporary ones too."""
        folder = self.indexer.folder
        return {
            path.name for path in [*(folder / DIRECTORY).iterdir(), *folder.glob("~syncthing~index.html.*")]
        }

    # --- the end ----------------------------------------------------------------------------------

    def all_is_well(self, reader: PageReader, tmp_path: Path) -> None:
        """Start it a last time: state and page equal those of an undisturbed run over the same files."""
        age_leftovers(self.indexer.folder)
        self.judge.log = self.log.with_name("last daemon.log")
        with following(self.indexer, self.judge.log):
            self.judge.wait_for_agreement("after the kills", more=tuple(self.office.fresh[-2:]))
            self.wait_for_page()
            wait_until(
                lambda: _all_gone(self.helpers), 60, "reading processes of a killed daemon are still there"
            )
        copy = Eager(tmp_path / "fresh" / self.indexer.folder.name, tmp_path / "fresh state", workers="")
        shutil.copytree(self.indexer.folder, copy.folder, ignore=_page_itself(self.indexer.folder))
        copy.scan()
        ours, fresh = (_told_by(shown_items(folder)) for folder in (self.indexer.folder, copy.folder))
        assert ours == fresh
        assert answers(self.indexer, ASKED) == answers(copy, ASKED)
        assert reader.broken == [], f"{len(reader.broken)} of {reader.reads} looks"
        assert leftovers(self.indexer.folder) == []
        assert self.hands.differences(but=(HTML, DIRECTORY)) == []

    def wait_for_page(self) -> None:
        """Wait until the page shows all items as the catalogue knows them."""
        until = time.monotonic() + PAGE_S
        while differing := self.page_differs():
            said = self.judge.log.read_text("utf-8", "replace").splitlines()[-20:]
            assert time.monotonic() < until, "\n".join(["the page differs:", *differing, "the log:", *said])
            time.sleep(0.2)

    def page_differs(self) -> list[str]:
        """Return items that are not shown as the catalogue knows them, by path and id."""
        catalogue = Catalogue(self.database, readonly=True)
        try:
            known = {
                (item.path, item.id, item.title, item.size, int(item.date.timestamp()), item.conflict_of or "",
                 _words(one_line(passage.text) for passage in unpack_passages(passages)))
                for item, _, passages in catalogue.items.live()
            }  # fmt: skip
        finally:
            catalogue.close()
        shown = {
            (one.path, one.id, one.title, one.size, one.date, one.conflict, _words([one.text]))
            for one in shown_items(self.indexer.folder)
        }
        told = [f"catalogue: {item}" for item in known - shown] + [
            f"page:      {item}" for item in shown - known
        ]
        return sorted(told, key=lambda line: line[11:])


def _words(texts: Iterable[str]) -> str:
    return " ".join(word for text in texts for word in text.split())


def _children(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _all_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def _page_itself(folder: Path) -> Callable[[str, list[str]], list[str]]:
    def ignore(directory: str, names: list[str]) -> list[str]:
        return [name for name in (HTML, DIRECTORY) if name in names] if Path(directory) == folder else []

    return ignore


def _told_by(items: list[Shown]) -> list[tuple[object, ...]]:
    """Return what does not depend on the history of a state, as ids and dates do."""
    return sorted(
        (one.path, one.url, one.title, one.author, one.size, one.conflict, one.kind, one.text)
        for one in items
    )


def leftovers(folder: Path) -> list[Path]:
    """Return temporary files of publishes that were cut off."""
    return [*folder.glob("~syncthing~*.tmp"), *(folder / DIRECTORY).glob("~syncthing~*.tmp")]


def age_leftovers(folder: Path) -> None:
    """Let them be hours old, so that the next publish sweeps them."""
    for path in leftovers(folder):
        os.utime(path, (time.time() - HOUR_AGO,) * 2)


@pytest.fixture
def stage(indexer: Indexer, tmp_path: Path) -> Stage:
    """A folder with a page, and nobody at work yet."""
    eager = Eager(indexer.folder, indexer.state, workers="")
    office, hands = Office(random.Random(SEED)), Hands(indexer.folder, tmp_path / "attic")
    hands.do(office.begin(FILES))
    eager.scan()
    log = tmp_path / "daemon.log"
    judge = Judge(replace(eager), tmp_path, log)
    return Stage(eager, hands, office, log, judge, random.Random(SEED))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("moment", ["commit", "publish"])
def test_kills_in_the_midst_of_it(stage: Stage, tmp_path: Path, moment: str) -> None:
    states = 3 if moment == "publish" else 2
    signs, end = [stage.publish_signs], stage.indexer.folder / DIRECTORY / POINTER
    if moment == "commit":
        (end,) = stage.database.parent.glob("index-*/commit.json")
        signs = [stage.index_signs, stage.index_signs, stage.catalogue_signs]
    with PageReader(stage.indexer.folder) as reader:
        began = time.monotonic()

        def is_enough() -> bool:
            return stage.hits >= KILLS and stage.midst >= KILLS // 6 and len(reader.states) >= states

        with stage.at_work():
            while not is_enough() and stage.tries < MOST_TRIES * KILLS:
                stage.kill_at(stage.chance.choice(signs), end)
        print(f"\n{stage.hits} hits of {stage.tries}, {stage.midst} in the midst", end="")
        print(f" in {time.monotonic() - began:.0f} s", end="")
        assert is_enough()
        stage.all_is_well(reader, tmp_path)
        print(f", {reader.reads} looks at {len(reader.states)} states of the page, {reader.retries} retries")


@pytest.mark.timeout(600 + 2 * STOPPED_S)
def test_stopped_for_a_while(stage: Stage) -> None:
    with following(stage.indexer, stage.log) as daemon:
        stage.hands.do(stage.office.hour(20))
        daemon.send_signal(signal.SIGSTOP)
        try:
            stage.hands.do(stage.office.hour(STOPPED_OPERATIONS, gap_s=STOPPED_S / STOPPED_OPERATIONS))
            truth = stage.judge.look()
        finally:
            daemon.send_signal(signal.SIGCONT)
        took_s = stage.judge.wait_for(
            truth, f"seed {SEED}, after a stop of {STOPPED_S} s", 80, tuple(stage.office.fresh[-2:])
        )
        print(f"\nequal {took_s:.1f} s after it went on")
    assert stage.hands.differences(but=(HTML, DIRECTORY)) == []
