"""One process holds the state; the system frees it when that dies."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from indexer.errors import AlreadyWatched, UserError
from indexer.files import retrying
from indexer.files.opening import Directory
from indexer.state import requests
from indexer.state.lock import hold, read_holder
from indexer.state.requests import Reply, Request

HOLDER = """
import sys, pathlib
from indexer.state.lock import hold
with hold(pathlib.Path(sys.argv[1]), "watch"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_holder_is_told_who_is_first_and_a_killed_one_leaves_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert child.stdout
    assert child.stdin
    try:
        assert child.stdout.readline().strip() == b"held"
        with pytest.raises(AlreadyWatched, match=f"watch.*pid {child.pid}"), hold(tmp_path, "scan"):
            pass
        child.kill()
        child.wait(60)
        assert read_holder(tmp_path) is None
        with hold(tmp_path, "scan"):
            holder = read_holder(tmp_path)
            assert holder
            assert holder.command == "scan"
    finally:
        child.kill()
        child.wait(60)
        child.stdout.close()
        child.stdin.close()
    assert read_holder(tmp_path) is None


def test_a_number_that_belongs_to_another_by_now_is_no_holder(tmp_path: Path) -> None:
    (tmp_path / "holder.json").write_text(json.dumps({"pid": 1, "command": "watch", "started": 5.0}))
    assert read_holder(tmp_path) is None


def test_unwritable_state_is_one_plain_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="--state-dir"), hold(tmp_path / "file", "scan"):
        pass


def held(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, times: int) -> None:
    """Have a method of paths or directories refused so often, as Windows does while somebody has the file open."""
    real, left = getattr(owner, method), [times]

    def refuse(self: Path, *arguments: object, **more: object) -> object:
        if left[0]:
            left[0] -= 1
            error = PermissionError(13, "The process cannot access the file", str(self))
            error.winerror = 32  # type: ignore[attr-defined]
            raise error
        return real(self, *arguments, **more)

    monkeypatch.setattr(owner, method, refuse)
    monkeypatch.setattr(retrying, "PAUSE_S", 0)


@pytest.mark.parametrize("times", [3, 10_000], ids=["for a moment", "for good"])
def test_a_holder_ends_though_somebody_reads_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    with hold(tmp_path, "watch"):
        held(monkeypatch, Path, "unlink", times)
    with hold(tmp_path, "scan"):
        assert (tmp_path / "holder.json").read_text().find("scan") > 0


@pytest.mark.parametrize(("owner", "method"), [(Directory, "rename"), (Path, "read_text"), (Path, "unlink")])
def test_a_virus_scanner_that_looks_at_a_request_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: type, method: str
) -> None:
    held(monkeypatch, owner, method, 3)
    until = time.monotonic() + 60
    got: list[Reply | None] = []
    asker = threading.Thread(
        target=lambda: got.append(requests.ask(tmp_path, Request("scan"), lambda: time.monotonic() < until))
    )
    asker.start()
    while asker.is_alive():
        for _, answer in requests.waiting(tmp_path):
            answer(Reply(0, "done"))
    asker.join(60)
    assert got == [Reply(0, "done")]


def test_a_request_is_answered_once(tmp_path: Path) -> None:
    asked = Request("forget", ("Sales/caf\udce9.txt",))
    got: list[Reply | None] = []
    asker = threading.Thread(target=lambda: got.append(requests.ask(tmp_path, asked, lambda: True)))
    asker.start()
    seen: list[Request] = []
    while not seen:
        for request, answer in requests.waiting(tmp_path):
            seen.append(request)
            answer(Reply(2, err="no"))
    asker.join(60)
    assert seen == [asked]
    assert got == [Reply(2, err="no")]
    assert list((tmp_path / "requests").iterdir()) == []


def test_a_watcher_that_ends_answers_nothing(tmp_path: Path) -> None:
    assert requests.ask(tmp_path, Request("scan"), lambda: False) is None
    assert list(requests.waiting(tmp_path)) == []
