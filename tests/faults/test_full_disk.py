"""No room: where the page goes, and where the state lies."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COMMON, Office, fill
from .in_namespace import mount_tmpfs, resize_tmpfs

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux"),
    pytest.mark.in_namespace,
]
ROOMY_KB = 65536


def take_all_room(file: Path, but_kb: int = 0) -> None:
    """Fill the disk that a file lies on to the last byte, or but for so much."""
    with file.open("wb", buffering=0) as filler:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    filler.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        filler.truncate(filler.tell() - (but_kb << 10))


def used_kb(place: Path) -> int:
    """Return how much of a disk is in use."""
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize // 1024


def fill_with_much(directory: Path, count: int) -> None:
    """Make files whose words are new, each of them: they take more room in the state than in the folder."""
    for number in range(count):
        words = " ".join(f"long{number}x{word}" for word in range(1500))
        (directory / f"more{number}.txt").write_text(f"{COMMON} moreword{number} {words}", "utf-8")


def says_full(office: Office) -> Callable[[], bool]:
    """Return the question whether `status` tells that there is no room."""
    return lambda: any("space" in problem or "full" in problem for problem in office.problems())


@pytest.mark.parametrize("left_kb", [0, 16])
def test_a_page_that_has_no_room(tmp_path: Path, left_kb: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount_tmpfs(disk, 4096)
    (disk / "Team folder").mkdir()
    office = Office(disk / "Team folder", tmp_path / "state")
    fill(office.folder, 40)
    office.scan()
    before = office.page_paths()
    assert len(before) == 40
    with office.following():
        office.wait_for(office.is_well)
        fill(office.folder / "Sales", 20, "s")
        take_all_room(disk / "filler", left_kb)
        office.wait_until_equal(office.count, 60)
        if not left_kb:  # else there may be room at the second attempt
            office.wait_for(says_full(office))
        office.keeps(lambda: office.page_paths() >= before, True, 5)  # whole, and not poorer
        assert left_kb or says_full(office)()
        (disk / "filler").unlink()
        office.wait_for(office.is_well)
        office.see_that_all_is_as_undisturbed("sword7", "nword3")
    leftover = [path.name for path in office.folder.rglob("*.tmp")]
    assert leftover == []


def test_a_first_page_that_has_no_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount_tmpfs(disk, 2048)
    (disk / "Team folder").mkdir()
    office = Office(disk / "Team folder", tmp_path / "state")
    fill(office.folder, 40)
    take_all_room(disk / "filler")
    with office.following():
        office.wait_until_equal(office.count, 40)
        office.wait_for(says_full(office))
        (disk / "filler").unlink()
        office.wait_for(office.is_well)
        office.see_that_all_is_as_undisturbed("nword3")


@pytest.mark.parametrize("room_kb", [0, 256])
def test_a_state_that_has_no_room(office: Office, room_kb: int) -> None:
    office.state.mkdir()
    mount_tmpfs(office.state, ROOMY_KB)
    fill(office.folder, 20)
    office.scan()
    with office.following():
        office.wait_until_equal(office.count, 20)
        resize_tmpfs(office.state, used_kb(office.state) + room_kb)
        fill_with_much(office.folder, 60)
        office.wait_for(says_full(office))
        assert office.count() >= 20  # what was known is still found
        resize_tmpfs(office.state, ROOMY_KB)
        office.wait_until_equal(office.count, 80, 60)
        office.wait_for(office.is_well)
        assert "nothing new" in office.scan()
    said = office.log.read_text("utf-8")
    assert "damaged" not in said, said
    assert "nothing new" in office.scan()  # opens the state anew, and checks all of it
    office.see_that_all_is_as_undisturbed("moreword7", "nword3", "long7x77")


def test_the_daemon_is_ended_where_the_state_has_no_room(office: Office) -> None:
    office.state.mkdir()
    mount_tmpfs(office.state, ROOMY_KB)
    fill(office.folder, 20)
    office.scan()
    with office.following():
        resize_tmpfs(office.state, used_kb(office.state) + 64)
        fill_with_much(office.folder, 30)
        office.wait_for(says_full(office))
    resize_tmpfs(office.state, ROOMY_KB)  # it was killed in the midst
    assert "damaged" not in office.scan()
    assert office.count() == 50
    office.see_that_all_is_as_undisturbed("moreword7", "nword3")
