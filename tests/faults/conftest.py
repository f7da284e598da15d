"""A folder followed by the daemon while drives, shares and disks fail under it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from indexer.page.belonging import Location
from indexer.page.datafile import DamagedFile
from indexer.page.writer import DataFiles, heads

from ..contract.conftest import Indexer, looks
from ..page.decoded import decoded
from . import in_namespace
from .mounting import mounted

QUICK = {"INDEXER_PAGE_QUIET_S": "0.5", "INDEXER_PAGE_EVERY_S": "1", "INDEXER_WATCH_REMOVAL_DELAY_S": "2"}
WATCH_S = 9.0
"""Seconds during which nothing may get lost: more than it takes to notice what is gone and to remove it."""
COMMON = "common"
"""A word of every file that `fill` makes."""
ENOUGH = "1000"
PAGE, SECOND_PAGE = ("index.html", "_index"), ("indexer.html", "_indexer")
"""What is written into a folder, and its names next to another's page."""


@dataclass(frozen=True)
class Office(Indexer):
    """`indexer` with a folder and a state of its own, quick to publish."""

    more: dict[str, str] = field(default_factory=dict)
    """Settings of its own."""
    prefix: tuple[str, ...] = ()
    """What each command is started by."""

    def command(self, *arguments: str) -> list[str]:
        """Return the words that start a command."""
        return [*self.prefix, *super().command(*arguments)]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a command."""
        return super().environment(**{**QUICK, **self.more, **more})

    @property
    def log(self) -> Path:
        """What the daemon says."""
        return self.state.with_name(f"{self.state.name}.log")

    @contextmanager
    def following(self) -> Iterator[subprocess.Popen[bytes]]:
        """Have the daemon run until the block ends, and see that it lived until then."""
        env = self.environment(XDG_CONFIG_HOME=str(self.state / "config"))
        del env["INDEXER_CONFIG"]
        with self.log.open("ab") as said:
            daemon = self.begin("watch", str(self.folder), env=env, stderr=said)
        try:
            self.wait_for(lambda: b'"running": true' in self.run("status", "--json").stdout)
            yield daemon
            assert daemon.poll() is None, "the daemon ended"
            assert "Traceback" not in self.log.read_text("utf-8")
        finally:
            daemon.kill()
            daemon.wait(60)
            print(self.log.read_text("utf-8"))  # shown if a test fails

    def problems(self) -> list[str]:
        """Return what `status` names; it ends with 1 if there is any, and each is one line."""
        done = self.run("status", "--json")
        assert done.returncode in (0, 1), (done.returncode, done.stdout, done.stderr)
        problems: list[str] = json.loads(done.stdout)["problems"]
        assert done.returncode == (1 if problems else 0)
        assert all(problem and "\n" not in problem for problem in problems)
        return problems

    def is_well(self) -> bool:
        """Tell whether `status` has nothing to complain of."""
        return not self.problems()

    def has_trouble(self) -> bool:
        """Tell whether `status` names a problem."""
        return bool(self.problems())

    def everything(self) -> dict[str, tuple[Any, ...]]:
        """Return each path that is found, with what its result shows."""
        found = self.json("-n", ENOUGH, "")
        assert found["complete"]
        return {
            one["path"]: tuple(one[name] for name in ("title", "type", "size", "modified", "snippet"))
            for one in found["results"]
        }

    def count(self) -> int:
        """Return how many items `fill` and the like have made are found."""
        return len(self.found(COMMON))

    def found(self, *query: str) -> set[str]:
        """Return all paths that a query finds."""
        return set(self.paths("-n", ENOUGH, *query))

    def files_there(self) -> set[str]:
        """Return the paths of the persons' files in the folder."""
        paths = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {path.as_posix() for path in paths if path.parts[0] not in (*PAGE, *SECOND_PAGE)}

    def page_paths(self) -> set[str]:
        """Return the paths of the items on the page; none if it was written again meanwhile. Raise if it is not whole."""
        directory = self.folder / "_index"
        head, _ = before = heads(Location(self.folder / "index.html", directory))
        assert "</html>" in (self.folder / "index.html").read_text("utf-8")
        try:
            return {said["row"]["p"] for said in decoded(DataFiles(directory), head).values()}
        except DamagedFile:  # a publish that leaves nothing of a removed item drops files at once
            assert heads(Location(self.folder / "index.html", directory)) != before
            return set()

    def see_that_all_is_as_undisturbed(self, *words: str, seconds: float = 300.0) -> None:
        """Compare with a first scan that never saw a fault: paths, texts, failures, and the page."""
        fresh = Office(self.folder, self.state / "undisturbed", more={**self.more, "INDEXER_PAGE_ENABLED": "false"},
                       prefix=self.prefix)  # fmt: skip
        fresh.scan()
        expected = fresh.everything()
        self.wait_until_equal(self.everything, expected, seconds)
        for word in (COMMON, *words):
            self.wait_until_equal(lambda word=word: self.found(word), fresh.found(word), seconds)  # type: ignore[misc]
        failures = [(one["path"], one["reason"]) for one in _failures(fresh)]
        self.wait_until_equal(
            lambda: [(one["path"], one["reason"]) for one in _failures(self)], failures, seconds
        )
        self.wait_until_equal(self.page_paths, {*expected}, seconds)
        assert self.files_there() == {*expected}
        assert not {path.name for path in self.folder.iterdir()}.intersection(SECOND_PAGE)

    def wait_until_equal(self, tell: Callable[[], object], expected: object, seconds: float = 300.0) -> None:
        """Wait until `status` says what is expected; show both if it never does."""
        until = time.monotonic() + seconds
        for _ in looks():
            if (told := tell()) == expected:
                return
            if time.monotonic() > until:
                assert told == expected, self.problems()

    def keeps(self, tell: Callable[[], object], expected: object, seconds: float) -> None:
        """Check that `status` says what is expected, and goes on doing so for some time."""
        until = time.monotonic() + seconds
        for _ in looks():
            assert tell() == expected, self.problems()
            if time.monotonic() > until:
                return


def _failures(office: Office) -> list[dict[str, Any]]:
    failed: list[dict[str, Any]] = json.loads(office.ok("failed", "--json"))["failed"]
    return failed


def fill(directory: Path, count: int, name: str = "n") -> None:
    """Make files that share one word and have one of their own each."""
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (directory / f"{name}{number}.txt").write_text(f"{COMMON} {name}word{number}", "utf-8")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An empty folder and a state to be."""
    (tmp_path / "Team folder").mkdir()
    return Office(tmp_path / "Team folder", tmp_path / "state")


# --- a share that fails when told to ---


LOOKING = ["readdir", "getattr", "open", "read"]
WRITING = ["create", "write", "rename", "unlink", "mkdir"]
POLLED = {"INDEXER_WATCH_POLL": "true", "INDEXER_WATCH_POLL_S": "1"}
STIRRED_S = 12.0

Fault = dict[str, Any]


@dataclass(frozen=True)
class Share:
    """A folder whose file system fails when told to."""

    office: Office
    backing: Path
    control: Path

    def have(self, *faults: Fault, seed: int = 1) -> None:
        """Let these faults be on, and no others."""
        made = self.control.with_suffix(".new")
        made.write_text(json.dumps({"seed": seed, "faults": faults}), "utf-8")
        made.replace(self.control)

    def lift(self) -> None:
        """Let nothing fail any more."""
        self.have()

    def polled(self, **more: str) -> Share:
        """Return it with a daemon that looks regularly: what is done on the other side raises no events."""
        return Share(
            Office(self.office.folder, self.office.state, more={**POLLED, **more}), self.backing, self.control
        )


@pytest.fixture
def share(office: Office, tmp_path: Path) -> Iterator[Share]:
    """A share without faults, mounted as the folder of `office`."""
    share = Share(office, tmp_path / "backing", tmp_path / "control.json")
    share.backing.mkdir()
    share.lift()
    with mounted(share.backing, office.folder, share.control):
        try:
            yield share
        finally:
            share.lift()  # what is held up ends


# --- tests that mount -----------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "in_namespace: mounts, so it runs in a mount namespace of its own")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Have a test that mounts run in a namespace of its own."""
    if in_namespace.is_inside() or not pyfuncitem.get_closest_marker("in_namespace"):
        return None
    base = pyfuncitem.funcargs["tmp_path"]
    assert isinstance(base, Path)
    in_namespace.run_inside(pyfuncitem.nodeid, pyfuncitem.config.rootpath, base / "inside")
    return True
