"""Tests that mount: each runs in a mount and process namespace of its own, where nothing it leaves behind stays."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

_NAME = "INDEXER_TEST_NAMESPACE"
_TIMEOUT_S = 590


def is_inside() -> bool:
    """Tell whether this process has a namespace of its own, made for one test."""
    return os.environ.get(_NAME) == "1"


def run_inside(test: str, root: Path, base: Path) -> None:
    """Run one test by its id in a new namespace, and end here as it ended there: passed, skipped or failed."""
    words = _way_in()
    if not words:
        pytest.skip("needs Linux, `unshare` and the right to mount")
    command = [
        *words,
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-rs",
        "--basetemp",
        str(base),
        test,
    ]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, _NAME: "1"}, capture_output=True, text=True, timeout=_TIMEOUT_S
    )
    said = done.stdout + done.stderr
    if done.returncode:
        pytest.fail(f"in a namespace of its own:\n{said}", pytrace=False)
    if skipped := re.search(r"^SKIPPED \[1\] \S+ (.*)$", done.stdout, re.MULTILINE):
        pytest.skip(skipped[1])
    assert "1 passed" in said, said


@cache
def _way_in() -> tuple[str, ...]:
    """Return the command that makes a namespace and what follows it in it; empty if none may be made."""
    unshare = shutil.which("unshare")
    if not unshare:
        return ()
    # Its processes end with it, so that no daemon and no mount outlives a test that is broken off.
    made = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc")
    for words in ((unshare, *made), (unshare, "--user", "--map-root-user", *made)):
        tried = subprocess.run([*words, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
        if tried.returncode == 0:
            return words
    return ()


def mount_tmpfs(place: Path, size_kb: int = 65536) -> None:
    """Mount an empty file system in memory."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", place], check=True)


def resize_tmpfs(place: Path, size_kb: int) -> None:
    """Give a file system in memory more room, or less."""
    subprocess.run(["mount", "-o", f"remount,size={size_kb}k", place], check=True)


def mount_also(place: Path, at: Path) -> None:
    """Have a directory appear in a second place, as a mount."""
    subprocess.run(["mount", "--bind", place, at], check=True)


def unmount(place: Path) -> None:
    """Take a mount away, in use or not."""
    subprocess.run(["umount", "-l", place], check=True)
