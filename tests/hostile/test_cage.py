"""Foreign code at work in a real reading process: whatever it tries, it stays there."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from indexer.bounds import landlock
from indexer.errors import Reason
from indexer.extract.cage import Cage
from indexer.extract.reading_process import Limits
from indexer.extract.worker import Job
from indexer.folder.scan import stamp_of
from indexer.model.readings import Reading, unpack_passages
from tests.hostile.outside import install_here

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="calls Linux by its numbers")
SECRET = "a-password-of-the-daemon"
PATIENT = Limits(cpu_s=60, wall_s=120, memory=1 << 30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    (made / "a.txt").write_text("an ordinary file")
    return made


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install_here(
        monkeypatch, tmp_path / "packages", "escape", "swarm", "fill", "dig", "half", "endless", "nest"
    )


def job(path: Path) -> Job:
    return Job(path, stamp_of(path.lstat()), frozenset(), 1 << 28, 1 << 24)


def read(folder: Path, scratch: Path, *names: str) -> dict[str, Reading]:
    """Return what reading these files gives, of each in a process of its own."""
    cage = Cage(len(names), PATIENT, folder, scratch)
    try:
        for name in names:
            cage.submit(name, job(folder / name))
        return collect(cage, len(names))
    finally:
        cage.close()


def collect(cage: Cage, count: int, wait: Callable[[], bool] = lambda: False) -> dict[str, Reading]:
    """Return a number of readings; go on while `wait` says so."""
    found: dict[str, Reading] = {}
    until = time.monotonic() + 200
    while len(found) < count or wait():
        assert time.monotonic() < until, "nothing came out"
        found.update(cage.collect(0.5))
    return found


@pytest.mark.skipif(landlock.abi() == 0, reason="the kernel has no Landlock")
def test_nothing_gets_out(
    folder: Path, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXER_PASSWORD", SECRET)
    outside = tmp_path / "outside.txt"
    outside.write_text("private")
    before = (folder / "a.txt").stat()
    told = {"folder": str(folder), "outside": str(outside), "parent": os.getpid()}
    (folder / "x.escape").write_text(json.dumps(told))
    reading = read(folder, scratch, "x.escape")["x.escape"]
    assert reading.failure is None
    ended = json.loads(unpack_passages(reading.passages)[0].text)
    assert SECRET not in ended.pop("environment")
    orphan = int(ended.pop("orphan"))
    assert ended.pop("fork") == "done"
    assert {name for name, end in ended.items() if end == "done"} == set()
    assert (folder / "a.txt").stat() == before
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "x.escape"]
    assert_gone([orphan])
    assert list(scratch.iterdir()) == []


def assert_gone(processes: list[int]) -> None:
    until = time.monotonic() + 30
    while any(map(psutil.pid_exists, processes)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(psutil.pid_exists, processes))


def test_what_takes_too_much_is_ended(folder: Path, scratch: Path) -> None:
    for name in ("x.swarm", "x.fill", "x.dig"):
        (folder / name).write_text(name)
    found = read(folder, scratch, "x.swarm", "x.fill", "x.dig")
    assert found["x.swarm"].failure == (Reason.CRASHED, "starts too many programs")
    assert (found["x.fill"].failure or ("",))[0] is Reason.TOO_BIG
    assert found["x.dig"].failure is None or found["x.dig"].failure[0] is Reason.TOO_BIG
    assert list(scratch.iterdir()) == []
    ours = psutil.Process().children(recursive=True)
    assert not [one for one in ours if "indexer.extract.worker" in " ".join(one.cmdline())]


def test_false_replies_hold_nobody_up(folder: Path, scratch: Path) -> None:
    others = ("a.txt", "x.endless", "x.nest")
    for name in ("x.half", *others[1:]):
        (folder / name).write_text(name)
    cage = Cage(4, PATIENT, folder, scratch)
    try:
        cage.submit("x.half", job(folder / "x.half"))
        half = cage._cells[0]
        collect(cage, 0, lambda: not (half.scratch / "said").exists())
        for name in others:
            cage.submit(name, job(folder / name))
        found = collect(cage, len(others))
        assert found["a.txt"].failure is None
        assert (found["x.endless"].failure or ("",))[0] is Reason.TOO_BIG
        assert (found["x.nest"].failure or ("",))[0] is Reason.CRASHED
        half.limits = Limits(cpu_s=60, wall_s=0, memory=1 << 30)  # as if it had been waited for
        found = collect(cage, 1)
        assert (found["x.half"].failure or ("",))[0] is Reason.TIMED_OUT
    finally:
        cage.close()
