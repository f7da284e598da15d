"""The daemon over a file system that fails: what can't be read is unknown, and nothing of it is lost."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import COMMON, PAGE, SECOND_PAGE, WATCH_S, Office, fill
from .mounting import mounted

LOOKING = ["readdir", "getattr", "open", "read"]
WRITING = ["create", "write", "rename", "unlink", "mkdir"]
POLLED = {"INDEXER_WATCH_POLL": "true", "INDEXER_WATCH_POLL_S": "1"}
STIRRED_S = 20.0

Fault = dict[str, Any]


@dataclass(frozen=True)
class Share:
    """A folder whose file system fails when told to."""

    office: Office
    backing: Path
    control: Path

    def have(self, *faults: Fault, seed: int = 1) -> None:
        """Let these faults be on, and no others."""
        made = self.control.with_suffix(".new")
        made.write_text(json.dumps({"seed": seed, "faults": faults}), "utf-8")
        made.replace(self.control)

    def lift(self) -> None:
        """Let nothing fail any more."""
        self.have()

    def polled(self, **more: str) -> Share:
        """Return it with a daemon that looks regularly: what is done on the other side raises no events."""
        return Share(
            Office(self.office.folder, self.office.state, more={**POLLED, **more}), self.backing, self.control
        )


@pytest.fixture
def share(office: Office, tmp_path: Path) -> Iterator[Share]:
    """A share without faults, mounted as the folder of `office`."""
    share = Share(office, tmp_path / "backing", tmp_path / "control.json")
    share.backing.mkdir()
    share.lift()
    with mounted(share.backing, office.folder, share.control):
        try:
            yield share
        finally:
            share.lift()  # what is held up ends


# --- a part of it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "errno", "polled"),
    [
        (["readdir"], "EIO", False),
        (["readdir"], "EIO", True),
        (LOOKING, "ESTALE", False),
        (LOOKING, "EACCES", True),
    ],
    ids=["no listing", "no listing, polled", "nothing", "nothing, polled"],
)
def test_a_subtree_that_can_not_be_read_for_a_while(
    share: Share, on: list[str], errno: str, polled: bool
) -> None:
    share = share.polled() if polled else share
    office = share.office
    fill(share.backing, 20)
    fill(share.backing / "Sales", 30, "s")
    fill(share.backing / "Sales" / "Deep", 10, "d")
    office.scan()
    with office.following():
        share.have({"below": "Sales", "on": on, "errno": errno})
        if on == ["readdir"]:
            (office.folder / "Sales" / "during.txt").write_text("during", "utf-8")  # somebody works there
        (office.folder / "other.txt").write_text(f"{COMMON} other", "utf-8")
        office.wait_for(lambda: office.found("other") == {"other.txt"})
        assert office.run("scan", str(office.folder)).returncode in (0, 2)  # looks at everything
        office.keeps(office.count, 61, WATCH_S)
        share.lift()
        (office.folder / "Sales" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        (office.folder / "Sales" / "s3.txt").unlink()
        office.wait_for(lambda: office.found("newest") == {"Sales/new.txt"})
        office.wait_for(lambda: office.found("sword3") == set())
        office.wait_for(office.is_well)
        office.see_that_all_is_as_undisturbed("sword7", "dword2", "during")


@pytest.mark.parametrize("by_itself", [True, False], ids=["by itself", "by a retry"])
def test_a_file_that_can_not_be_read_for_a_while(share: Share, by_itself: bool) -> None:
    office = share.office
    fill(share.backing, 5)
    office.scan()
    with office.following():
        share.have({"at": "Sales/bad.txt", "on": ["read"]})
        (office.folder / "Sales").mkdir()
        (office.folder / "Sales" / "bad.txt").write_text(f"{COMMON} precious", "utf-8")
        office.wait_for(lambda: "bad.txt" in office.ok("failed"))
        assert office.found("precious") == set()
        assert office.found("bad") == {"Sales/bad.txt"}  # by its name
        share.lift()
        if not by_itself:
            assert "none can't be read" in office.ok("retry")
            assert office.found("precious") == {"Sales/bad.txt"}
        office.wait_for(lambda: office.found("precious") == {"Sales/bad.txt"})
        office.see_that_all_is_as_undisturbed("precious")
        assert office.is_well()


def test_a_text_that_is_known_stays_while_the_file_can_not_be_read(share: Share) -> None:
    office = share.office
    fill(share.backing, 5)
    (share.backing / "a.txt").write_text(f"{COMMON} precious", "utf-8")
    office.scan()
    with office.following():
        share.have({"at": "a.txt", "on": ["read", "open", "getattr"]})
        office.run("scan", str(office.folder))
        office.keeps(lambda: office.found("precious"), {"a.txt"}, WATCH_S)
        share.lift()
        office.see_that_all_is_as_undisturbed("precious")


def test_files_whose_reading_fails_every_second_time(share: Share) -> None:
    office = share.office
    fill(share.backing, 5)
    office.scan()
    share.have({"below": "Sales", "on": ["read"], "every": 2})
    with office.following():
        fill(office.folder / "Sales", 10, "s")
        office.wait_for(lambda: "s3.txt" in office.ok("failed"))
        office.wait_until_equal(office.count, 15, 60)
        share.lift()
        office.see_that_all_is_as_undisturbed("sword3", "sword9")
        assert office.is_well()


def test_a_file_that_hangs_holds_up_nothing_else(share: Share) -> None:
    office = share.office
    fill(share.backing, 5)
    office.scan()
    with office.following():
        share.have({"at": "slow.txt", "on": ["read"], "errno": None, "delay_s": 50})
        (office.folder / "slow.txt").write_text(f"{COMMON} snail", "utf-8")
        for number in range(3):
            (office.folder / f"quick{number}.txt").write_text(f"{COMMON} quick{number}", "utf-8")
            office.wait_for(lambda n=number: office.found(f"quick{n}") == {f"quick{n}.txt"}, 15)  # type: ignore[misc]
        assert office.found("snail") == set()
        share.lift()
        office.wait_for(lambda: office.found("snail") == {"slow.txt"})
        office.see_that_all_is_as_undisturbed("snail")


def test_a_directory_that_hangs_is_only_waited_for(share: Share) -> None:
    office = share.office
    fill(share.backing / "Sales", 60, "s")
    office.scan()
    with office.following():
        share.have({"below": "Sales", "on": ["readdir"], "errno": None, "delay_s": 8})
        (office.folder / "Sales" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        began = time.monotonic()
        assert office.count() == 60
        office.problems()
        assert time.monotonic() - began < 5  # who asks doesn't wait
        office.wait_for(lambda: office.found("newest") == {"Sales/new.txt"})
        share.lift()
        office.see_that_all_is_as_undisturbed("newest", "sword7")
        assert office.is_well()


@pytest.mark.parametrize("names", [PAGE[:1], PAGE[1:], PAGE], ids=" and ".join)
def test_a_page_that_can_not_be_read_for_a_while_is_still_ours(share: Share, names: tuple[str, ...]) -> None:
    office = share.office
    fill(share.backing, 15)
    office.scan()
    with office.following():
        assert office.is_well()
        share.have(*({"below": name, "on": ["open", "read"]} for name in names))
        (office.folder / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"new.txt"})
        office.keeps(
            lambda: {*office.everything()}, office.files_there(), WATCH_S
        )  # no part of it is an item
        assert not {path.name for path in office.folder.iterdir()}.intersection(SECOND_PAGE)
        share.lift()
        office.see_that_all_is_as_undisturbed("newest")
        office.wait_for(office.is_well)


# --- all of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"at": "", "on": ["readdir"], "errno": "EIO"},
        {"at": "", "on": ["readdir", "getattr"], "errno": "EIO"},
        {"below": "", "on": [*LOOKING, *WRITING], "errno": "ESTALE"},
    ],
    ids=["no listing", "nothing of the top", "nothing at all"],
)
def test_a_folder_that_can_not_be_read_for_a_while(share: Share, fault: Fault) -> None:
    office = share.office
    fill(share.backing, 15)
    fill(share.backing / "Sales", 15, "s")
    office.scan()
    with office.following():
        assert office.is_well()
        share.have(fault)
        (share.backing / "while.txt").write_text(f"{COMMON} meanwhile", "utf-8")
        (share.backing / "n3.txt").unlink()
        assert office.run("scan", str(office.folder)).returncode == 2  # looks at everything
        office.wait_for(lambda: any(str(office.folder) in problem for problem in office.problems()))
        office.keeps(office.count, 30, WATCH_S)
        assert any(str(office.folder) in problem for problem in office.problems())
        share.lift()
        office.wait_for(office.is_well)
        office.wait_for(lambda: office.found("meanwhile") == {"while.txt"})
        (office.folder / "Sales" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"Sales/new.txt"})
        office.see_that_all_is_as_undisturbed("nword3", "sword7")
        assert office.is_well()


def test_the_daemon_is_started_while_the_folder_can_not_be_read(share: Share) -> None:
    office = share.office
    fill(share.backing, 30)
    office.scan()
    share.have({"below": "", "on": ["readdir"]})
    with office.following():
        office.wait_for(lambda: any(str(office.folder) in problem for problem in office.problems()))
        office.keeps(office.count, 30, 5)
        share.lift()
        office.wait_for(office.is_well)
        (office.folder / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"new.txt"})
        office.see_that_all_is_as_undisturbed("nword3")


# --- any of it ------------------------------------------------------------------------------------


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [1, 2])
def test_any_faults_while_files_come_and_go(share: Share, seed: int) -> None:
    share = share.polled(INDEXER_WATCH_FULL_SCAN_MINUTES="1")
    office = share.office
    fill(share.backing, 60)
    for name in ("Sales", "Board", "Lab"):
        fill(share.backing / name, 40, name.lower())
    office.scan()
    with office.following():
        share.have(
            {"on": LOOKING, "errno": "EIO", "share": 0.02},
            {"below": "Sales", "on": LOOKING, "errno": "ESTALE", "share": 0.2},
            {"below": "Board", "on": ["getattr", "open"], "errno": "EACCES", "share": 0.1},
            {"at": "", "on": ["readdir", "getattr"], "errno": "EIO", "share": 0.1},
            {"on": ["read"], "errno": None, "share": 0.05, "delay_s": 0.5},
            {"on": WRITING, "errno": "EIO", "share": 0.02},
            seed=seed,
        )
        stir(share.backing, random.Random(seed))
        share.lift()
        office.wait_until_equal(lambda: {*office.everything()}, office.files_there(), 90)
        office.ok("retry")  # what failed again and again is waited with
        office.see_that_all_is_as_undisturbed("salesword7", "boardword7", "addedword3", "changed", "moved")
        office.wait_for(office.is_well)


def stir(folder: Path, chance: random.Random) -> None:
    """Add, change, move and delete files for some time, of those that were there at first no more than a few."""
    until = time.monotonic() + STIRRED_S
    deleted = number = 0
    while time.monotonic() < until:
        number += 1
        files = sorted(
            path for path in folder.rglob("*.txt") if path.is_file() and "_index" not in path.parts
        )
        directories = [folder, *(folder / name for name in ("Sales", "Board", "Lab", "Lab/Deep"))]
        one, place = chance.choice(files), chance.choice(directories)
        place.mkdir(exist_ok=True)
        match chance.choice(["add", "add", "change", "move", "delete", "move all"]):
            case "add":
                (place / f"added{number}.txt").write_text(f"{COMMON} addedword{number}", "utf-8")
            case "change":
                one.write_text(f"{COMMON} changed changedword{number}", "utf-8")
            case "move":
                one.rename(place / f"moved{number}.txt")
            case "delete" if deleted < 30:
                deleted += 1
                one.unlink()
            case "move all" if number % 10 == 0 and (folder / "Lab" / "Deep").is_dir():
                (folder / "Lab" / "Deep").rename(folder / f"Deep{number}")
        time.sleep(0.1)
