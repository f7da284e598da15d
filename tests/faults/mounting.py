"""Mounts the file system of `faulty.py` for the time of a test, and surely takes it away again."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(backing: Path, place: Path, control: Path, *more: str) -> Iterator[None]:
    """Show `backing` at `place`; the test is skipped if that can't be done."""
    if not Path("/dev/fuse").exists():
        pytest.skip("needs /dev/fuse")
    try:
        importlib.import_module("mfusepy")
    except (ImportError, OSError) as error:
        pytest.skip(f"needs mfusepy and libfuse ({error})")
    log = control.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.faulty", *map(str, (backing, place, control)), *more],
            stdout=said, stderr=said,
        )  # fmt: skip
    try:
        until = time.monotonic() + 20
        while not is_mounted(place):
            if process.poll() is not None or time.monotonic() > until:
                pytest.skip(f"can't mount: {log.read_text('utf-8')}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)
        if is_mounted(place):
            for words in (["umount", "-l"], ["fusermount3", "-u", "-z"]):
                subprocess.run([*words, place], capture_output=True)
        assert not is_mounted(place)


def is_mounted(place: Path) -> bool:
    """Tell whether something is mounted at a place, without asking the file system that is."""
    escaped = str(place).replace(" ", r"\040")
    return any(
        line.split()[4] == escaped for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    )
