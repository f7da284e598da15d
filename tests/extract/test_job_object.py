"""Job objects, and processes without windows: Windows only."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from indexer.bounds import job_object
from indexer.extract.cage import Cage
from indexer.extract.reading_process import Limits
from indexer.extract.worker import Job
from indexer.folder.scan import stamp_of
from indexer.model.readings import Reading, unpack_passages
from tests.hostile.outside import install_here
from tests.wine import wine_cannot

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="Windows alone has job objects")


@pytest.fixture
def held() -> Iterator[job_object.JobObject]:
    made = job_object.make(300 << 20, 3)
    assert made is not None
    yield made
    made.close()


def started(held: job_object.JobObject, code: str) -> subprocess.Popen[bytes]:
    """Start Python code that begins once it is in the job object."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"input()\n{code}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    held.take_in(int(process._handle))  # type: ignore[attr-defined,unused-ignore] # Windows' Popen has it
    assert process.stdin
    process.stdin.write(b"\n")
    process.stdin.flush()
    return process


def test_all_it_has_started_ends_with_it(held: job_object.JobObject) -> None:
    code = "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True); time.sleep(600)"
    process = started(held, code)
    assert process.stdout
    child = int(process.stdout.readline())
    held.close()
    process.wait(60)
    until = time.monotonic() + 60
    while psutil.pid_exists(child) and time.monotonic() < until:
        time.sleep(0.1)
    assert not psutil.pid_exists(child)


@wine_cannot("keeps no limit of memory")
def test_memory_is_limited(held: job_object.JobObject) -> None:
    code = "try: bytearray(600 << 20); print('got it')\nexcept MemoryError: print('refused')"
    process = started(held, code)
    assert process.stdout
    assert process.stdout.read().strip() == b"refused"


def test_a_reading_process_has_no_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_here(monkeypatch, tmp_path / "packages", "window")
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "x.window"
    path.write_text("x")
    cage = Cage(1, Limits(cpu_s=60, wall_s=120, memory=1 << 30), folder)
    found: dict[str, Reading] = {}
    try:
        cage.submit("x", Job(path, stamp_of(path.lstat()), frozenset(), 1 << 28, 1 << 24))
        until = time.monotonic() + 80
        while not found and time.monotonic() < until:
            found.update(cage.collect(0.5))
    finally:
        cage.close()
    assert found["x"].failure is None, found["x"].failure
    assert unpack_passages(found["x"].passages)[0].text == "window 0"
