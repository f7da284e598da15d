"""A file is replaced at once: whoever looks sees all of it or all of the one before, and nothing stays beside it."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from indexer.files import private, retrying
from indexer.files.opening import Directory
from indexer.files.replacing import replace_file, write_file
from indexer.files.retrying import InUse, insist


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_it_is_written_and_nothing_is_beside_it(tmp_path: Path) -> None:
    for content in (b"one", b"", b"another" * 100_000):
        write_file(tmp_path / "a.json", content, durable=len(content) > 3)
        assert (tmp_path / "a.json").read_bytes() == content
        assert names(tmp_path) == ["a.json"]


def test_what_a_killed_process_left_is_overwritten_and_no_link_is_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"kept")
    left, name = tmp_path / "a.json.tmp", tmp_path / "a.json"
    left.write_bytes(b"half of so")
    write_file(name, b"whole")
    assert name.read_bytes() == b"whole"
    if sys.platform != "win32":
        for link in (left, name):
            link.unlink(missing_ok=True)
            link.symlink_to(kept)
            write_file(name, b"whole")
            assert not name.is_symlink()
    assert kept.read_bytes() == b"kept"
    assert names(tmp_path) == ["a.json", "kept"]


def test_readers_never_see_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    contents = {bytes([number]) * 300_000 for number in range(8)}
    write_file(path, bytes(300_000))

    def write() -> None:
        for content in [*contents] * 20:
            write_file(path, content)

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while writer.is_alive():
        try:
            seen.add(path.read_bytes())
        except PermissionError:  # Windows, in the moment of replacing
            continue
    writer.join()
    assert seen <= contents


@pytest.mark.parametrize("step", ["rename", "create"])
def test_where_it_can_not_be_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    write_file(tmp_path / "a.json", b"old")

    def full(*_: object) -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr(Directory, step, full)
    with pytest.raises(OSError, match="disk full") as raised:
        write_file(tmp_path / "a.json", b"new")
    assert not isinstance(raised.value, InUse)
    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def in_use(winerror: int) -> OSError:
    error = PermissionError(13, "Access is denied")
    error.winerror = winerror  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_somebody_who_keeps_it_open_is_told_and_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    real, refusals = Directory.rename, [2]

    def rename(self: Directory, name: str, to: str) -> None:
        if refusals[0]:
            refusals[0] -= 1
            raise in_use(winerror)
        real(self, name, to)

    monkeypatch.setattr(Directory, "rename", rename)
    with Directory(tmp_path) as directory:
        replace_file(directory, "a", b"one", "t", pauses_s=(0.0, 0.0))
        assert (tmp_path / "a").read_bytes() == b"one"
        refusals[0] = 3
        with pytest.raises(InUse) as raised:
            replace_file(directory, "a", b"two", "t", pauses_s=(0.0, 0.0))
    assert raised.value.filename == str(tmp_path / "a")
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"one"


def test_what_waiting_can_not_mend_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def refused() -> None:
        tries.append(1)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(retrying, "PAUSE_S", 0)
    with pytest.raises(PermissionError):
        insist(refused)
    assert len(tries) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_it_is_for_the_owner_alone_unless_it_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0o077)
    try:
        monkeypatch.setattr(private, "_umask_of_person", 0o022)
        write_file(tmp_path / "own", b"x")
        with Directory(tmp_path) as directory:
            replace_file(directory, "shared", b"x", "t", shared=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o644
