"""The installed command, driven as people and scripts drive it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from . import warm


@dataclass(frozen=True)
class Indexer:
    """`indexer` with a state directory and a folder of its own."""

    folder: Path
    state: Path
    cwd: Path | None = None
    """The directory that commands run in; None: that of the tests."""
    workers: str = "1"
    """Reading processes; empty: as many as people have, for tests in which it matters what happens at the same time."""

    def inside(self, directory: Path) -> Indexer:
        """Return the same, its commands run in a directory."""
        return replace(self, cwd=directory)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "indexer", *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INDEXER_")}
        return {
            **kept,
            "INDEXER_STATE_DIR": str(self.state),
            "INDEXER_CONFIG": str(self.state / "none.toml"),
            **({"INDEXER_EXTRACT_WORKERS": self.workers} if self.workers else {}),
            "INDEXER_EXTRACT_OCR": "false",  # takes minutes on the large corpus, where Tesseract is installed
            **more,
        }

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        """Run to the end; no traceback ever reaches a person."""
        env = self.environment(**more)
        if not Path(env["INDEXER_CONFIG"]).exists():
            del env["INDEXER_CONFIG"]
            env["XDG_CONFIG_HOME"] = str(self.state / "config")
        done = warm.run(self.command(*arguments), env, timeout=400, cwd=self.cwd)
        assert b"Traceback" not in done.stderr + done.stdout
        return done

    def begin(self, *arguments: str, env: dict[str, str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a command and let it run; `options` as `subprocess.Popen` has them."""
        return warm.popen(self.command(*arguments), env, **options)

    def ok(self, *arguments: str, code: int = 0, **more: str) -> str:
        done = self.run(*arguments, **more)
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return printed(done.stdout)

    def scan(self, *arguments: str, code: int = 0) -> str:
        return self.ok("scan", str(self.folder), *arguments, code=code)

    def json(self, *query: str) -> dict[str, Any]:
        done = self.run("search", "--json", *query)
        found: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if found["total"] else 1)
        assert done.stderr.count(b"\n") == found["relaxed"] + len(found["remarks"])  # on stderr
        return found

    def paths(self, *query: str) -> list[str]:
        return [result["path"] for result in self.json(*query)["results"]]

    def refused(self, *arguments: str, **more: str) -> str:
        """Run what must fail: exit 2, nothing on stdout, one plain line on stderr; return that line."""
        done = self.run(*arguments, **more)
        assert done.returncode == 2, (done.stdout, done.stderr)
        assert done.stdout == b""
        line = printed(done.stderr).rstrip("\n")
        assert line.startswith("indexer: ")
        assert "\n" not in line
        return line

    @contextmanager
    def watching(self, cwd: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Have the daemon, begun in `cwd`, run until the block ends."""
        env = self.environment(XDG_CONFIG_HOME=str(self.state / "config"))
        del env["INDEXER_CONFIG"]
        daemon = self.begin("watch", str(self.folder), env=env, stderr=subprocess.PIPE, cwd=cwd)
        try:
            self.wait_for(lambda: b'"running": true' in self.run("status", "--json").stdout)
            yield daemon
        finally:
            daemon.kill()
            daemon.wait(60)
            assert daemon.stderr
            daemon.stderr.close()

    @staticmethod
    def wait_for(is_so: Callable[[], bool], seconds: float = 300.0) -> float:
        """Wait until `is_so`; return how long it took."""
        began = time.monotonic()
        for _ in looks():
            if is_so():
                break
            assert time.monotonic() - began < seconds, "it never came"
        return time.monotonic() - began


def printed(raw: bytes) -> str:
    """Return what a command printed, its lines ended alike on every system."""
    return raw.decode().replace(os.linesep, "\n")


def looks(pause_s: float = 0.1) -> Iterator[None]:
    """Yield for each look at what is waited for; most of the time the machine is left to those who are to do it."""
    while True:
        began = time.monotonic()
        yield
        time.sleep(max(pause_s, 3 * (time.monotonic() - began)))


@pytest.fixture
def indexer(tmp_path: Path) -> Indexer:
    """A fresh folder and state."""
    (tmp_path / "Team folder").mkdir()
    return Indexer(tmp_path / "Team folder", tmp_path / "state")
