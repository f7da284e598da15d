"""Without console streams, as under `pythonw`, commands end as ever: what they print goes nowhere."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.cli import program

from .conftest import Indexer


def test_commands_end_as_ever(indexer: Indexer, monkeypatch: pytest.MonkeyPatch) -> None:
    (indexer.folder / "a.txt").write_text("zebra")
    monkeypatch.delenv("INDEXER_CONFIG", raising=False)
    for name, value in indexer.environment(XDG_CONFIG_HOME=str(indexer.state)).items():
        if name.startswith(("INDEXER_", "XDG_")) and name != "INDEXER_CONFIG":
            monkeypatch.setenv(name, value)

    def no_command() -> None:  # Windows answers by `ver`, where nothing else tells: in a window
        raise AssertionError("`platform` was asked")

    monkeypatch.setattr("platform.uname", no_command)

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


@pytest.mark.skipif(sys.platform != "win32", reason="the consoles of Windows")
def test_no_window_opens(indexer: Indexer) -> None:
    """A console, seen or not, is a process of its own; reading text starts no helper program that needs one."""
    (indexer.folder / "a.txt").write_text("zebra")
    python = str(Path(sys.executable).with_name("pythonw.exe"))
    environment = indexer.environment()
    del environment["INDEXER_CONFIG"]
    seen: set[str] = set()

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([python, *arguments], env=environment, creationflags=0x8)  # DETACHED_PROCESS

    def ended(process: subprocess.Popen[bytes]) -> bool:
        seen.update(started_by(os.getpid()))
        return process.poll() is not None

    with start(
        "-c", f"import subprocess; subprocess.run([{sys.executable!r}, '-c', 'import time; time.sleep(3)'])"
    ) as control:
        indexer.wait_for(lambda: ended(control))
    assert "conhost.exe" in seen
    seen.clear()
    with start("-m", "indexer", "watch", str(indexer.folder)) as daemon:
        indexer.wait_for(lambda: ended(daemon) or (indexer.folder / "index.html").exists())
        assert daemon.poll() is None
        for command in (["scan"], ["search", "zebra"], ["status"], ["publish"]):
            with start("-m", "indexer", *command) as process:
                indexer.wait_for(lambda process=process: ended(process))  # type: ignore[misc]
            assert process.returncode == 0, command
        daemon.kill()
    assert seen - {""} == {"pythonw.exe"}  # Wine tells no name of what is about to start


class _Entry(ctypes.Structure):
    """PROCESSENTRY32W."""

    _fields_ = (
        *((name, ctypes.c_ulong) for name in ("size", "usage", "pid")),
        ("heap", ctypes.c_void_p),
        *((name, ctypes.c_ulong) for name in ("module", "threads", "parent", "priority", "flags")),
        ("name", ctypes.c_wchar * 260),
    )


def started_by(pid: int) -> set[str]:
    """Return the names of all processes that one has started, and those have."""
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
    snapshot = ctypes.c_void_p(kernel.CreateToolhelp32Snapshot(2, 0))
    entry = _Entry(size=ctypes.sizeof(_Entry))
    parents, names = dict[int, int](), dict[int, str]()
    more = kernel.Process32FirstW(snapshot, ctypes.byref(entry))
    while more:
        parents[entry.pid], names[entry.pid] = entry.parent, entry.name
        more = kernel.Process32NextW(snapshot, ctypes.byref(entry))
    kernel.CloseHandle(snapshot)
    family = {pid}
    while found := {one for one, parent in parents.items() if parent in family} - family:
        family |= found
    return {names[one] for one in family - {pid}}
