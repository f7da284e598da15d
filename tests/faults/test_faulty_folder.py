"""The daemon over a file system that fails as a whole, or anywhere at any time: nothing is lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from .conftest import COMMON, LOOKING, STIRRED_S, WATCH_S, WRITING, Fault, Share, fill


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
        office.wait_for(office.is_well)
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
        office.wait_for(office.is_well)


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
