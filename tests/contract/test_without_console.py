"""Without console streams, as under `pythonw`, commands end as ever: what they print goes nowhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from indexer.cli import program

from .conftest import Indexer


def test_commands_end_as_ever(indexer: Indexer, monkeypatch: pytest.MonkeyPatch) -> None:
    (indexer.folder / "a.txt").write_text("zebra")
    monkeypatch.delenv("INDEXER_CONFIG", raising=False)
    for name, value in indexer.environment(XDG_CONFIG_HOME=str(indexer.state)).items():
        if name.startswith(("INDEXER_", "XDG_")) and name != "INDEXER_CONFIG":
            monkeypatch.setenv(name, value)

    def ends(*arguments: str) -> int:
        for stream in ("stdin", "stdout", "stderr"):
            monkeypatch.setattr(sys, stream, None)
        return program.run(arguments)

    forms: tuple[list[str], ...] = ([], ["-l"], ["-c"], ["--json"], ["--format", "csv"])
    assert ends("scan", str(indexer.folder)) == 0
    assert [ends("search", *form, "zebra") for form in forms] == [0] * len(forms)
    assert [ends("publish"), ends("failed"), ends("show", "1"), ends("--help")] == [0] * 4
    assert [ends("search", "okapi"), ends("status"), ends("open", "7"), ends("nonsense")] == [1, 1, 2, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="streams are closed by a shell of POSIX")
def test_whole_processes_with_closed_streams_end_as_ever(indexer: Indexer) -> None:
    def closed(*arguments: str) -> subprocess.Popen[bytes]:
        command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *indexer.command(*arguments)]
        return subprocess.Popen(command, env=indexer.environment(INDEXER_CONFIG="/dev/null"))

    with closed("watch", str(indexer.folder)) as daemon:
        indexer.wait_for((indexer.folder / "index.html").exists)
        with closed("publish") as asked:
            assert asked.wait(60) == 0
        daemon.terminate()
        assert daemon.wait(60) == 0
