"""The cage: whatever a file does to its reader, the others are read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from indexer.errors import Reason
from indexer.extract.cage import Cage
from indexer.extract.reading_process import Limits
from indexer.extract.worker import Job, read
from indexer.folder.scan import stamp_of
from indexer.model.readings import Reading, unpack_passages
from tests.hostile.outside import install


@pytest.fixture
def cage(tmp_path: Path) -> Iterator[Cage]:
    made = Cage(1, Limits(cpu_s=30, wall_s=60, memory=400 << 20), tmp_path)
    yield made
    made.close()


def job(path: Path) -> Job:
    return Job(path, stamp_of(path.lstat()), frozenset(), 1 << 28, 1 << 24)


def collect(cage: Cage, count: int, seconds: float = 90) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    until = time.monotonic() + seconds
    while len(found) < count:
        assert time.monotonic() < until, "nothing came out"
        found.update(cage.collect(0.5))
    return found


def slow_html(path: Path) -> Path:
    """Markup that a linear reader needs many seconds for."""
    path.write_bytes(
        b"<p>" + b"<b><i>x</b></i>" * 24_000 * 8 + b"<a href='https://example.org/1'>y" * 240_000
    )
    return path


def test_a_file_is_read_and_the_process_stays(cage: Cage, tmp_path: Path) -> None:
    for number in range(3):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"word{number}")
        cage.submit(str(number), job(path))
        reading = collect(cage, 1)[str(number)]
        assert unpack_passages(reading.passages)[0].text == f"word{number}"
    assert len(cage._cells) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the test needs a file that never ends")
def test_a_reader_that_hangs_is_ended_and_the_next_file_is_read(tmp_path: Path) -> None:
    cage = Cage(1, Limits(cpu_s=60, wall_s=10, memory=1 << 30), tmp_path)  # to start takes seconds, too
    try:
        path = tmp_path / "pipe.txt"
        path.write_text("x")
        hung = job(path)
        path.unlink()
        os.mkfifo(path)  # no regular file any more: refused before it is opened
        cage.submit("fifo", hung)
        assert collect(cage, 1)["fifo"].failure == (Reason.UNSUPPORTED, "not a regular file")
        other = tmp_path / "a.txt"
        other.write_text("fine")
        cage.submit("stopped", job(other))
        cage._cells[0].watch.suspend()  # stands for native code that never returns
        reading = collect(cage, 1)["stopped"]
        assert reading.failure is None or reading.failure[0] is Reason.TIMED_OUT
        cage.submit("next", job(other))
        assert collect(cage, 1)["next"].failure is None
    finally:
        cage.close()


def test_limits_of_time_and_memory_end_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.extract.cage._LOOK_EVERY_S", 0.01)  # a fast machine has read it soon
    for limits, reason in (
        (Limits(cpu_s=0.0, wall_s=60, memory=1 << 30), Reason.TIMED_OUT),
        (Limits(cpu_s=60, wall_s=0.0, memory=1 << 30), Reason.TIMED_OUT),
        (Limits(cpu_s=60, wall_s=60, memory=30 << 20), Reason.TOO_BIG),
    ):
        cage = Cage(1, limits, tmp_path)
        try:
            cage.submit("x", job(slow_html(tmp_path / "slow.html")))
            failure = collect(cage, 1)["x"].failure
            assert failure
            # a process that can't even start within its memory is told as crashed
            assert (
                failure[0] in {reason, Reason.CRASHED} if reason is Reason.TOO_BIG else failure[0] is reason
            )
        finally:
            cage.close()
        assert cage.busy() == set()


def test_a_process_that_dies_is_a_result_too(cage: Cage, tmp_path: Path) -> None:
    cage.submit("x", job(slow_html(tmp_path / "slow.html")))
    psutil.Process(cage._cells[0].process.pid).kill()
    failure = collect(cage, 1)["x"].failure
    assert failure
    assert failure[0] is Reason.CRASHED
    path = tmp_path / "a.txt"
    path.write_text("fine")
    cage.submit("y", job(path))
    assert collect(cage, 1)["y"].failure is None


def test_an_idle_process_that_dies_is_replaced(cage: Cage, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("fine")
    cage.submit("x", job(path))
    collect(cage, 1)
    cage._cells[0].process.kill()
    cage._cells[0].process.wait()
    cage.submit("y", job(path))
    failure = collect(cage, 1)["y"].failure
    assert (
        failure is None or failure[0] is Reason.CRASHED
    )  # found dead at once, or with the file in its hands


def test_idle_processes_are_retired(cage: Cage, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("fine")
    cage.submit("x", job(path))
    collect(cage, 1)
    cage.retire(60)
    assert len(cage._cells) == 1
    cage.retire(0)
    assert cage._cells == []
    cage.submit("y", job(path))
    assert collect(cage, 1)["y"].failure is None


def test_one_place_more_for_urgent_files(cage: Cage, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("fine")
    cage.submit("slow", job(slow_html(tmp_path / "slow.html")))
    cage._cells[0].watch.suspend()  # it takes longer than the urgent one
    number = 0
    while cage.has_room(urgent=False):
        cage.submit(str(number), job(path))
        number += 1
    assert number > 1  # files wait in the pipe, so that the process goes on at once
    assert len(cage._cells) == 1
    assert cage.has_room(urgent=True)
    cage.submit("urgent", job(path), urgent=True)
    assert len(cage._cells) == 2
    assert "urgent" in collect(cage, 1)  # it waits for none of them


def test_what_waits_behind_a_file_that_kills_its_reader_is_read(cage: Cage, tmp_path: Path) -> None:
    files = []
    for number in range(5):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text(f"word{number}")
    cage.submit("bad", job(slow_html(tmp_path / "slow.html")))
    for path in files:
        cage.submit(path.name, job(path))
    cage._cells[0].process.kill()
    found = collect(cage, 6)
    assert (found.pop("bad").failure or ("",))[0] is Reason.CRASHED
    assert {name: reading.failure for name, reading in found.items()} == {path.name: None for path in files}
    assert cage.busy() == set()


def test_what_waits_is_read_though_no_process_is_left(cage: Cage, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("fine")
    for number in range(5):
        cage.submit(str(number), job(path))
    (cell,) = cage._cells
    cage._end(cell, cell.jobs)  # as one that keeps too much memory between files
    assert {reading.failure for reading in collect(cage, 5).values()} == {None}


def test_large_results_wait_for_nobody(cage: Cage, tmp_path: Path) -> None:
    """A process that waits to be rid of a result must not keep the cage from giving it more to do."""
    path = tmp_path / "large.txt"
    path.write_text(" ".join(f"w{number}" for number in range(30_000)))
    number = 0
    while cage.has_room(urgent=False):
        cage.submit(str(number), job(path))
        number += 1
    time.sleep(1.0)
    assert len(collect(cage, number)) == number


def test_a_file_that_is_not_what_was_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    seen = job(path)
    path.write_text("another")
    assert (read(seen).failure or ("",))[0] is Reason.CHANGED
    path.unlink()
    assert (read(seen).failure or ("",))[0] is Reason.VANISHED


@pytest.mark.parametrize(("ctime_ns", "is_another"), [(1, True), (0, False)])
def test_a_file_of_another_number_is_the_same_where_only_that_differs(
    tmp_path: Path, ctime_ns: int, is_another: bool
) -> None:
    """On Windows the number is that of the first look: what was restored or downloaded anew since has another."""
    path = tmp_path / "a.txt"
    path.write_text("one")
    seen = job(path)
    stamp = seen.stamp._replace(file_id=seen.stamp.file_id + 1, ctime_ns=ctime_ns)
    assert (read(replace(seen, stamp=stamp)).failure is not None) == is_another


def test_known_bytes_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    first = read(job(path))
    again = read(Job(path, stamp_of(path.lstat()), frozenset({first.text_key}), 1 << 28, 1 << 24))
    assert (again.text_key, again.about, again.passages) == (first.text_key, None, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_reading_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    packages = install(tmp_path / "packages", "sleep")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x.sleep").write_text("a file without end")
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, signal, sys, time\nfrom pathlib import Path\nfrom queue import SimpleQueue\n"
        "from indexer.extract.reading_process import Cell, Limits\nfrom tests.extract.test_cage import job\n"
        f"sys.path.append({packages!r})\n"
        "cell = Cell.start(Limits(60, 60, 1 << 30), Path.cwd(), Path.cwd(), SimpleQueue(), is_extra=False)\n"
        "cell.send('x', job(Path('x.sleep').absolute()))\n"
        "print(cell.process.pid, flush=True)\n"
        "until = time.monotonic() + 60\n"
        "while not (cell.scratch / 'asleep').exists() and not cell._replies.qsize() and time.monotonic() < until: pass\n"
        "print(cell._replies.qsize() > 0, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (tmp_path / "out").open("wb") as out:  # a pipe would stay open as long as the reading process
        subprocess.run([sys.executable, script], env=environment, cwd=folder, stdout=out, check=False)
    reader, answered = (tmp_path / "out").read_text().split()
    assert answered == "False"  # it was at work
    until = time.monotonic() + 50
    while psutil.pid_exists(int(reader)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not psutil.pid_exists(int(reader))
