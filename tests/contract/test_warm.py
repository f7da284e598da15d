"""Commands that a server forks (`warm`) are as commands that are started: what they print, how they end, what they are."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from . import warm
from .conftest import Indexer

COMMANDS: dict[str, tuple[str, ...]] = {
    "help": ("--help",),
    "init": ("init", "{folder}"),
    "scan": ("scan", "{folder}"),
    "search": ("search", "--json", "steel"),
    "nothing found": ("search", "nothing"),
    "show": ("show", "1"),
    "related": ("related", "1"),
    "status": ("status", "--json"),
    "failed": ("failed", "--all"),
    "retry": ("retry", "--all"),
    "rebuild": ("rebuild",),
    "publish": ("publish",),
    "forget": ("forget", "{folder}/b.txt"),
    "completion": ("completion", "bash"),
    "wrong": ("search", "--nonsense"),
    "no folder": ("scan", "{folder}/none"),
}
"""One call of each command, in an order that gives each something to do."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all commands are started")


def test_each_command_does_the_same_when_it_is_really_started(tmp_path: Path) -> None:
    told = {}
    for way in ("started", "forked"):
        top = tmp_path / way
        folder = top / "Team folder"
        folder.mkdir(parents=True)
        for name, text in (("a.txt", "steel and iron"), ("b.txt", "steel and copper")):
            (folder / name).write_text(text)
            os.utime(folder / name, (1_700_000_000, 1_700_000_000))
        indexer = Indexer(folder, top / "state")
        env = indexer.environment(XDG_CONFIG_HOME=str(top / "config"))
        del env["INDEXER_CONFIG"]
        told[way] = {name: _outcome(indexer, way, call, env) for name, call in COMMANDS.items()}
    for name, outcome in told["started"].items():
        assert told["forked"][name] == outcome, name


def _outcome(
    indexer: Indexer, way: str, call: tuple[str, ...], env: dict[str, str]
) -> tuple[int, list[str], list[str]]:
    """Return how a call ends and what it prints, without what differs from run to run."""
    command = indexer.command(*(word.format(folder=indexer.folder) for word in call))
    if way == "forked":
        done = warm.run(command, env, timeout=120)
    else:
        done = subprocess.run(command, env=env, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    return done.returncode, _plain(done.stdout, way), _plain(done.stderr, way)


def _plain(said: bytes, way: str) -> list[str]:
    text = said.decode().replace(way, "WAY")
    text = re.sub(
        r"\b[0-9a-f]{12,64}\b|\d+(\.\d+)? s\b|\d{4}-\d\d-\d\d[T ][\d:.+Z]*|\"(score|took_s|took_ms)\": [\d.]+",
        "…",
        text,
    )
    return text.splitlines()


def test_only_what_means_us_may_differ(indexer: Indexer) -> None:
    kept = indexer.environment()
    for more, is_forked in (({}, True), ({"INDEXER_PAGE_EVERY_S": "9"}, True), ({"LC_ALL": "C"}, False)):
        with indexer.begin("--version", env=kept | more, stdout=subprocess.PIPE) as process:
            said, _ = process.communicate(timeout=60)
        assert said.startswith(b"indexer "), more
        assert isinstance(process, warm.Forked) is is_forked, more


def test_a_forked_command_is_a_process_that_can_be_killed(indexer: Indexer) -> None:
    with indexer.watching() as daemon:
        assert isinstance(daemon, warm.Forked)
        assert daemon.poll() is None
        assert psutil.Process(daemon.pid).children() == []
        daemon.kill()
        assert daemon.wait(60) == -signal.SIGKILL
        assert not psutil.pid_exists(daemon.pid)
