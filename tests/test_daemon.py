"""The daemon against everything that makes it deaf or blind: a pass follows by itself, and nothing else causes any."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from indexer.app import building
from indexer.app import commands as work
from indexer.app.status import folder_status
from indexer.catalogue import Catalogue
from indexer.daemon.daemon import DAY_S, IDLE_S, PAUSE_S, Daemon
from indexer.daemon.jobs import Outcome
from indexer.daemon.listening import HEARING_S
from indexer.daemon.looking import Looker
from indexer.daemon.rounds import JUMP_S
from indexer.errors import UserError
from indexer.folder.mounts import Mount
from indexer.folder.scan import stamp_of
from indexer.folder.settle import COARSE_S
from indexer.folder.watch import Hint, HintKind, Watcher
from indexer.model.items import RelPath
from indexer.pipeline.guard import AT_ONCE
from indexer.pipeline.page_follower import PageFollower
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, PageSettings, Settings, WatchSettings
from indexer.state import places, requests
from indexer.state.lock import hold
from indexer.state.requests import Reply, Request
from tests.fake_clock import FakeClock
from tests.wine import IS_WINE

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
FILES = {"a.txt": "alpha", "Sales/b.txt": "beta", "Sales/Offers/c.txt": "gamma"}


def counted(looks: list[list[str] | None], pipeline: Pipeline, state: Path, stop: threading.Event) -> Daemon:
    """Return a daemon that tells where it looks (None: everywhere)."""

    class Counted(Looker):
        def look_at(self, directories: list[RelPath] | None, *, deep: bool = False) -> None:
            looks.append(None if directories is None else [*directories])
            super().look_at(directories, deep=deep)

    with patch("indexer.daemon.daemon.Looker", Counted):
        return Daemon(pipeline, state, stop)


def paths_in(state: Path) -> set[str]:
    """Return the paths of the items that were read."""
    catalogue = Catalogue(state / places.DATABASE, readonly=True)
    try:
        return {item.path for item, _ in catalogue.items.told()}
    finally:
        catalogue.close()


class Following:
    """A daemon at work in a thread of its own, with a count of its looks."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.state = places.register(folder, settings)
        self.looks: list[list[str] | None] = []
        self.stop = threading.Event()
        self.daemon: Daemon | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        # Held as `watch` holds it: what a test asks for is done by the daemon, not next to it in the same state.
        with hold(self.state, "watch"), building.open_pipeline(self.folder, self.settings) as pipeline:
            self.daemon = counted(self.looks, pipeline, self.state, self.stop)
            self.daemon.run()

    def __enter__(self) -> Following:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(60)

    def paths(self) -> set[str]:
        return paths_in(self.state)

    def wait(self, is_so: Callable[[], bool], seconds: float = 90.0) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, (self.paths(), self.looks)
            time.sleep(0.05)

    def wait_for(self, *paths: str, seconds: float = 90.0) -> None:
        self.wait(lambda: self.paths() == {*paths}, seconds)

    def be_quiet(self) -> None:
        """Wait until nothing has been looked at for a while, and forget what was."""
        self.wait(lambda: bool(self.looks))
        count = -1
        while count != len(self.looks):
            count = len(self.looks)
            time.sleep(3.0)
        self.looks.clear()


class Stepped:
    """A daemon that the test steps, by a clock that goes on only where the daemon waits."""

    def __init__(self, pipeline: Pipeline, state: Path, clock: FakeClock) -> None:
        self.folder, self.settings, self.state, self.clock = pipeline.folder, pipeline.settings, state, clock
        self.looks: list[list[str] | None] = []
        self.daemon = counted(self.looks, pipeline, state, threading.Event())

    def paths(self) -> set[str]:
        return paths_in(self.state)

    def wait(self, is_so: Callable[[], bool], seconds: float = 90.0) -> None:
        """Have the daemon work until it is so, at most so long by its clock."""
        until = self.clock.monotonic() + seconds
        while not is_so():
            assert self.clock.monotonic() < until, (self.paths(), self.looks)
            self.daemon.step()
            self.daemon.rest()

    def wait_for(self, *paths: str, seconds: float = 90.0) -> None:
        self.wait(lambda: self.paths() == {*paths}, seconds)

    def work(self, seconds: float) -> None:
        """Have the daemon work for so long."""
        until = self.clock.monotonic() + seconds
        self.wait(lambda: self.clock.monotonic() >= until, seconds + 1)

    def be_quiet(self) -> None:
        """Wait until nothing is under way, and forget where it was looked."""
        self.wait(lambda: bool(self.looks))
        until = self.clock.monotonic() + 90.0
        while self.daemon.step() is Outcome.MORE or self.daemon.next_due() < 1.0:
            assert self.clock.monotonic() < until, self.looks
            self.daemon.rest()
        self.looks.clear()


def settings_of(state: Path, **watch: Any) -> Settings:
    return replace(
        Settings(), state_dir=state, watch=WatchSettings(**watch), extract=ExtractSettings(workers=1, ocr=False),
        page=PageSettings(quiet_s=0.2, every_s=0.5),
    )  # fmt: skip


@contextmanager
def following(folder: Path, state: Path, **watch: Any) -> Iterator[Following]:
    with Following(folder, settings_of(state, **watch)) as daemon:
        daemon.wait(lambda: daemon.daemon is not None and bool(daemon.looks))
        yield daemon


@contextmanager
def stepped(folder: Path, state: Path, **watch: Any) -> Iterator[Stepped]:
    settings, clock = settings_of(state, **watch), FakeClock()
    at = places.register(folder, settings)
    with hold(at, "watch"), building.open_pipeline(folder, settings, clock) as pipeline:
        daemon = Stepped(pipeline, at, clock)
        with daemon.daemon:
            yield daemon


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """No event reaches the daemon."""
    monkeypatch.setattr("indexer.folder.watch.Handler.dispatch", lambda self, event: None)


@pytest.fixture
def unheard(deaf: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No event reaches the daemon, and it does not notice: it looks as hints and time have it."""
    monkeypatch.setattr("indexer.daemon.listening.HEARING_S", 1e9)


def test_our_own_writing_and_reading_cause_no_look(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait(lambda: (folder / "index.html").exists())
        daemon.be_quiet()
        (folder / "Sales/new.txt").write_text("delta")
        daemon.wait_for(*FILES, "Sales/new.txt")
        before = (folder / "_index/head.js").stat().st_mtime_ns
        daemon.wait(lambda: (folder / "_index/head.js").stat().st_mtime_ns != before)
        time.sleep(2.0)
        assert {tuple(look or ["everything"]) for look in daemon.looks} == {("Sales",)}
        assert len(daemon.looks) <= 2


def test_what_no_event_tells_is_found_since_our_own_page_was_not_heard(
    make_tree: MakeTree, tmp_path: Path, deaf: None
) -> None:
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait(lambda: (folder / "index.html").exists())
        daemon.be_quiet()
        daemon.work(HEARING_S / 2)
        assert daemon.looks == []
        daemon.wait(lambda: daemon.daemon._ears._is_deaf)
        daemon.looks.clear()
        poll_s = daemon.settings.watch.poll_s
        daemon.work(4 * poll_s + IDLE_S)
        assert daemon.looks.count(None) >= 4  # where all is well, one comes in five minutes
        (folder / "Sales/new.txt").write_text("delta")
        daemon.wait_for(*FILES, "Sales/new.txt", seconds=2 * poll_s)


def test_who_hears_again_stops_looking_all_the_time(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.daemon.listening.HEARING_S", 1.0)
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait(lambda: (folder / "index.html").exists())
        assert daemon.daemon
        daemon.daemon._ears._is_deaf = True
        (folder / "new.txt").write_text("delta")
        daemon.wait(lambda: daemon.daemon is not None and not daemon.daemon._ears._is_deaf)


@pytest.mark.parametrize("where", ["", "Sales"])
def test_file_systems_that_tell_nothing_are_looked_at_regularly(
    make_tree: MakeTree, tmp_path: Path, deaf: None, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    mounts = [Mount(RelPath(""), "ext4"), Mount(RelPath(where), "cifs")]
    monkeypatch.setattr("indexer.daemon.listening.mounts_of", lambda folder: mounts if where else mounts[1:])
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        (folder / "Sales/Offers/new.txt").write_text("delta")
        daemon.wait_for(*FILES, "Sales/Offers/new.txt")
        shutil.rmtree(folder / "Sales/Offers")
        daemon.wait_for("a.txt", "Sales/b.txt")
        assert where == "" or [where] in daemon.looks


def test_a_loss_is_followed_by_a_look_at_everything(
    make_tree: MakeTree, tmp_path: Path, unheard: None
) -> None:
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        daemon.be_quiet()
        (folder / "Sales/new.txt").write_text("delta")
        os.utime(folder / "Sales/new.txt", (time.time() - 60, time.time() - 60))
        daemon.work(HEARING_S / 2)
        assert daemon.looks == []
        daemon.daemon.hints.put(Hint(HintKind.LOST))
        daemon.wait_for(*FILES, "Sales/new.txt", seconds=1.0)
        assert daemon.looks == [None]


@pytest.mark.skipif(sys.platform != "linux", reason="the thread that only Linux has")
def test_a_watcher_whose_thread_ended_is_replaced(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        assert daemon.daemon
        before = daemon.daemon._ears._watcher
        assert before
        before._observer._queue.stop()  # type: ignore[attr-defined]
        (folder / "Sales/new.txt").write_text("delta")
        daemon.wait_for(*FILES, "Sales/new.txt")
        assert daemon.daemon._ears._watcher is not before


def test_a_folder_that_can_t_be_watched_is_looked_at_and_status_says_so(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(FILES)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "inotify instance limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.start", refuse)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        (folder / "new.txt").write_text("delta")
        daemon.wait_for(*FILES, "new.txt", seconds=20.0)
        assert any("instance limit" in problem for problem in folder_status(folder, daemon.settings).problems)


def test_directories_beyond_the_limit_are_looked_at_and_status_says_so(
    make_tree: MakeTree, tmp_path: Path, deaf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watcher, "misses_directories", property(lambda self: True))
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        (folder / "new.txt").write_text("delta")
        daemon.wait_for(*FILES, "new.txt", seconds=20.0)
        daemon.wait(lambda: "max_user_watches" in " ".join(folder_status(folder, daemon.settings).problems))


def test_a_jump_of_time_is_followed_by_a_look_at_everything(
    make_tree: MakeTree, tmp_path: Path, unheard: None
) -> None:
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        daemon.be_quiet()
        (folder / "new.txt").write_text("delta")
        os.utime(folder / "new.txt", (time.time() - 60, time.time() - 60))
        daemon.work(HEARING_S / 2)
        assert daemon.looks == []
        daemon.clock.set(-7200.0)  # set back: what is planned by time of day would be two hours late
        daemon.wait_for(*FILES, "new.txt", seconds=10.0)
        shutil.rmtree(folder / "_index")
        daemon.wait((folder / "_index/head.js").exists, seconds=20.0)


def test_a_machine_that_slept_looks_at_everything(make_tree: MakeTree, tmp_path: Path, unheard: None) -> None:
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        daemon.be_quiet()
        (folder / "new.txt").write_text("delta")
        os.utime(folder / "new.txt", (time.time() - 60, time.time() - 60))
        daemon.work(HEARING_S / 2)
        assert daemon.looks == []
        daemon.clock.sleeps_s = JUMP_S + 1  # both clocks go on meanwhile: a short wait took that long
        daemon.wait_for(*FILES, "new.txt", seconds=JUMP_S + 5)


def test_the_daily_check_comes_though_the_machine_sleeps_between(
    make_tree: MakeTree, tmp_path: Path, deaf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[float] = []
    hours = before = 0.0
    monkeypatch.setattr(Pipeline, "check", lambda self: checked.append(hours))
    with stepped(make_tree(FILES), tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        for hours in (0.0, 9.0, 18.0, 25.0, 34.0, 48.9, 49.1, 2.0, 3.0):
            daemon.clock.set((hours - before) * 3600)
            before = hours
            daemon.daemon.step()
        assert checked == [25.0, 49.1, 2.0]  # set back: nobody knows when it was
        while hours < 30.0:  # nobody sets the clock, and the machine is awake
            hours += 1.0
            daemon.clock.advance(3600)
            daemon.daemon.step()
        assert checked[3:] == [26.0]


def test_a_check_that_fails_is_tried_again_soon(
    make_tree: MakeTree, tmp_path: Path, deaf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[float] = []

    def fails(_: Pipeline) -> None:
        checks.append(daemon.clock.monotonic())
        raise UserError("no check today")

    monkeypatch.setattr(Pipeline, "check", fails)
    with stepped(make_tree(FILES), tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        daemon.clock.set(DAY_S)
        daemon.wait(lambda: len(checks) == 2, seconds=900.0)
        assert checks[1] - checks[0] >= 600.0
        assert "no check today" in folder_status(daemon.folder, daemon.settings).problems


def test_a_folder_that_is_replaced_and_comes_back_loses_nothing(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state", removal_delay_s=0.5) as daemon:
        daemon.wait_for(*FILES)  # a page of none of them may be there before
        daemon.wait(lambda: (folder / "index.html").exists())
        daemon.be_quiet()
        folder.rename(tmp_path / "away")
        time.sleep(1.0)
        folder.mkdir()
        daemon.wait(
            lambda: any(
                "not the folder" in problem for problem in folder_status(folder, daemon.settings).problems
            )
        )
        assert daemon.paths() == {*FILES}
        assert list(folder.iterdir()) == []
        if IS_WINE:  # a deleted folder stays as long as it is watched
            folder.rename(tmp_path / "another")
        else:
            folder.rmdir()
        (tmp_path / "away").rename(folder)
        (folder / "new.txt").write_text("delta")
        daemon.wait_for(*FILES, "new.txt")
        problems = {"not the folder", "not there"}
        daemon.wait(
            lambda: (
                not any(
                    word in line
                    for line in folder_status(folder, daemon.settings).problems
                    for word in problems
                )
            )
        )
        (folder / "Sales/newer.txt").write_text("epsilon")  # events arrive again
        daemon.wait_for(*FILES, "new.txt", "Sales/newer.txt")


def test_a_file_is_read_once_it_is_written(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        with (folder / "slow.txt").open("w") as file:
            for n in range(6):
                file.write(f"part {n}\n")
                file.flush()
                time.sleep(0.5)
                assert "slow.txt" not in daemon.paths()
        daemon.wait_for(*FILES, "slow.txt")
        assert folder_status(folder, daemon.settings).failed == 0


def test_contents_that_stamps_hide_are_found_by_going_round(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({f"{n}.txt": f"alpha {n:04}" for n in range(48)})
    settings = replace(Settings(), state_dir=tmp_path / "state", page=PageSettings(enabled=False))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        before = pipeline.catalogue.log.seq
        with pipeline.catalogue.writing():  # a change without a trace
            (known,) = [k for k in pipeline.catalogue.files.known().values() if k.path == "7.txt"]
            (folder / "7.txt").write_text("omega 0007")
            os.utime(folder / "7.txt", ns=(known.stamp.mtime_ns, known.stamp.mtime_ns))
            seen = stamp_of((folder / "7.txt").stat())
            pipeline.catalogue.files.restamp(known.id, known.stamp._replace(ctime_ns=seen.ctime_ns))
        assert pipeline.run_pass().changed == 0
        rounds = 0
        while pipeline.catalogue.log.seq == before:
            pipeline.control([RelPath("")])
            pipeline.work_off(None, lambda: None)
            rounds += 1
            assert rounds <= 49
        assert pipeline.catalogue.log.seq == before + 1  # the others are as they were


@pytest.mark.parametrize(("age_s", "again"), [(0.5, True), (10.0, False)])
def test_a_file_saved_twice_within_a_coarse_time_is_read_again(
    make_tree: MakeTree, tmp_path: Path, age_s: float, again: bool
) -> None:
    folder = make_tree({"a.txt": "alpha"})
    second = int(time.time())
    os.utime(folder / "a.txt", (second, second))
    clock = FakeClock(datetime.fromtimestamp(second + age_s, UTC))
    settings = replace(Settings(), state_dir=tmp_path / "state", page=PageSettings(enabled=False))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings, clock) as pipeline:
        pipeline.run_pass()
        clock.advance(COARSE_S)
        pipeline.want_due()
        assert pipeline.catalogue.queue.count() == 0
        clock.advance(0.1)
        pipeline.want_due()
        assert pipeline.catalogue.queue.count() == int(again)


def test_one_part_that_fails_blocks_no_other_and_is_told_until_it_is_done(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(FILES)
    fails = [True]
    publish = PageFollower.publish

    def failing(page: PageFollower, *arguments: Any) -> Any:
        if fails:
            raise UserError("no page today")
        return publish(page, *arguments)

    def broken(_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(PageFollower, "publish", failing)
    monkeypatch.setattr(Looker, "look_behind_closed_doors", broken)
    monkeypatch.setattr(Pipeline, "want_due", broken)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        daemon.wait(
            lambda: any("broken" in problem for problem in folder_status(folder, daemon.settings).problems)
        )
        daemon.wait(lambda: "no page today" in folder_status(folder, daemon.settings).problems)
        for _ in range(20):
            assert "no page today" in folder_status(folder, daemon.settings).problems
            time.sleep(0.1)
        (folder / "new.txt").write_text("delta")
        daemon.wait_for(*FILES, "new.txt")
        assert work.run_command(folder, daemon.settings, Request("retry")).exit_code == 2  # it publishes, too
        fails.clear()
        assert work.run_command(folder, daemon.settings, Request("publish")).exit_code == 0
        daemon.wait(lambda: "no page today" not in folder_status(folder, daemon.settings).problems)


def delete(path: Path) -> None:
    """Delete a file or a directory, into which the daemon may be writing at that moment, as people do: trying again."""
    until = time.monotonic() + 60
    while True:
        try:
            return shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_page_that_somebody_deleted_is_written_anew_at_once_and_told(
    make_tree: MakeTree, tmp_path: Path, unheard: None
) -> None:
    folder = make_tree(FILES)
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.daemon._pace.every_s = 1e9  # only what is missing is written
        for name in ("index.html", "_index"):
            daemon.wait(lambda: (folder / "index.html").exists() and (folder / "_index/head.js").exists())
            daemon.work(5.0)
            delete(folder / name)
            told = any(
                "somebody deleted it" in problem
                for problem in folder_status(folder, daemon.settings).problems
            )
            assert told == (name == "index.html")
            daemon.wait(
                lambda: (folder / "index.html").exists() and (folder / "_index/head.js").exists(),
                seconds=15.0,
            )
        daemon.wait(lambda: not folder_status(folder, daemon.settings).problems)


def test_somebodys_file_in_place_of_our_page_is_found_soon(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait(lambda: (folder / "index.html").exists())
        daemon.be_quiet()
        (folder / "index.html").write_text("<p>mine")
        daemon.wait_for(*FILES, "index.html")
        assert (folder / "index.html").read_text() == "<p>mine"


def test_who_works_for_somebody_removes_publishes_and_can_be_stopped(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(FILES)
    turn, ended = Pipeline.turn, threading.Event()

    def endless(pipeline: Pipeline, *, recognising: bool = True) -> bool:
        turn(pipeline, recognising=recognising)
        time.sleep(0.2)
        return not ended.is_set()

    with following(folder, tmp_path / "state", removal_delay_s=0.5) as daemon:
        daemon.wait(lambda: (folder / "index.html").exists())
        daemon.be_quiet()
        monkeypatch.setattr(Pipeline, "turn", endless)
        replies: list[Reply | None] = []
        asking = threading.Thread(
            target=lambda: replies.append(
                requests.ask(daemon.state, Request("scan"), lambda: not ended.is_set())
            )
        )
        asking.start()
        daemon.wait(lambda: not requests.are_waiting(daemon.state))
        (folder / "a.txt").unlink()
        daemon.wait(lambda: "a.txt" not in daemon.paths())
        daemon.stop.set()
        daemon._thread.join(60)
        assert not daemon._thread.is_alive()
        ended.set()
        asking.join(60)
    assert replies == [None]


def test_what_a_daemon_met_ends_with_it(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with following(folder, tmp_path / "state") as daemon:
        daemon.wait_for(*FILES)
        folder.rename(tmp_path / "away")
        daemon.wait(
            lambda: any("can't be watched" in p for p in folder_status(folder, daemon.settings).problems)
        )
    (tmp_path / "away").rename(folder)
    problems = folder_status(folder, daemon.settings).problems
    assert any("no daemon runs" in problem for problem in problems)
    assert not any("can't be" in problem for problem in problems)
    with building.open_pipeline(folder, daemon.settings) as pipeline, pipeline.catalogue.writing():
        told = ["of an hour ago"]  # the next one is in an hour
        pipeline.catalogue.problems.tell("purge", told, of_daemon=True)
    with following(folder, tmp_path / "state") as another:
        assert not any(
            "an hour ago" in problem for problem in folder_status(folder, another.settings).problems
        )


def test_what_is_held_back_is_judged_again_once_what_went_before_is_old(
    make_tree: MakeTree, tmp_path: Path, unheard: None
) -> None:
    files = {f"{name}/{number}.txt": f"{name} {number}" for name in "ab" for number in range(40)}
    folder = make_tree({**FILES, **files})
    with stepped(folder, tmp_path / "state") as daemon:
        daemon.wait(lambda: len(daemon.paths()) == 83)
        daemon.be_quiet()
        for number in range(15):
            (folder / f"a/{number}.txt").unlink()
        daemon.daemon.hints.put(Hint(HintKind.CHANGED, RelPath("a")))
        daemon.wait(lambda: len(daemon.paths()) == 68)
        went = daemon.clock.monotonic()
        shutil.rmtree(folder / "b")
        for changed in ("", "b"):
            daemon.daemon.hints.put(Hint(HintKind.CHANGED, RelPath(changed)))
        daemon.wait(
            lambda: any("vanished at once" in p for p in folder_status(folder, daemon.settings).problems)
        )
        assert len(daemon.paths()) == 68
        daemon.wait(lambda: len(daemon.paths()) == 28)
        assert daemon.clock.monotonic() - went > AT_ONCE.total_seconds()
        assert None not in daemon.looks


def test_one_thread_follows_several_folders_each_in_its_time_and_the_log_says_which(
    tmp_path: Path, unheard: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="indexer")
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
        (folder / "a.txt").write_text("alpha")
    with ExitStack() as stack:
        daemons = [stack.enter_context(stepped(folder, tmp_path / "state")) for folder in folders]
        clocks = [daemon.clock for daemon in daemons]
        steps = [0, 0]

        def follow(seconds: float) -> None:
            """Step each daemon when it says so, and let time pass for both until the next."""
            while seconds > 0:
                for number, daemon in enumerate(daemons):
                    if daemon.daemon.next_due() == 0:
                        daemon.daemon.step()
                        steps[number] += 1
                passes = min(seconds, *(max(0.01, daemon.daemon.next_due()) for daemon in daemons))
                seconds -= passes
                for clock in clocks:
                    clock.advance(passes)

        follow(20.0)
        assert [daemon.paths() for daemon in daemons] == [{"a.txt"}, {"a.txt"}]
        assert all((folder / "index.html").exists() for folder in folders)
        assert {vars(record)["folder"] for record in caplog.records} == {*map(str, folders)}
        caplog.clear()
        steps[:] = 0, 0
        (folders[1] / "b.txt").write_text("beta")
        daemons[1].daemon.hints.put(Hint(HintKind.CHANGED, RelPath("")))
        assert [daemon.daemon.next_due() > 0 for daemon in daemons] == [True, False]
        follow(4.0)
        assert [daemon.paths() for daemon in daemons] == [{"a.txt"}, {"a.txt", "b.txt"}]
        assert steps[0] <= 1 < steps[1]
        assert {vars(record)["folder"] for record in caplog.records} == {str(folders[1])}


def test_what_fails_is_not_done_again_at_once(
    make_tree: MakeTree, tmp_path: Path, deaf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def fails(_: Looker) -> Outcome:
        looks.append(daemon.clock.monotonic())
        raise UserError("no look today")

    monkeypatch.setattr(Looker, "look", fails)
    with stepped(make_tree(FILES), tmp_path / "state") as daemon:
        while len(looks) < 5:
            daemon.daemon.step()
            daemon.daemon.hints.put(Hint(HintKind.CHANGED, RelPath("")))  # is no reason to hurry
            assert daemon.daemon.next_due() == pytest.approx(PAUSE_S)
            daemon.daemon.rest()
        assert [round(then - before, 2) >= PAUSE_S for before, then in pairwise(looks)] == [True] * 4
