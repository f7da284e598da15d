"""The daemon over a file system of which a part fails: what can't be read is unknown, and nothing of it is lost."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from .conftest import COMMON, LOOKING, PAGE, SECOND_PAGE, WATCH_S, Share, fill


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
        office.wait_for(office.is_well)


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


def test_a_changed_file_that_goes_while_it_is_read_and_comes_back(share: Share, tmp_path: Path) -> None:
    office = share.office
    fill(share.backing, 5)
    (share.backing / "a.txt").write_text(f"{COMMON} earlier", "utf-8")
    office.scan()
    with office.following():
        share.have({"at": "a.txt", "on": ["read"], "errno": None, "delay_s": 60})  # until it is lifted
        (office.folder / "a.txt").write_text(f"{COMMON} later", "utf-8")
        office.wait_for(lambda: json.loads(office.ok("status", "--json"))["queue"] == 1)
        (share.backing / "a.txt").rename(tmp_path / "away.txt")
        office.wait_until_equal(office.count, 5)
        (tmp_path / "away.txt").rename(share.backing / "a.txt")
        share.lift()
        office.scan()
        office.wait_until_equal(lambda: office.everything().get("a.txt", ("",))[-1], f"{COMMON} later", 20)
        office.see_that_all_is_as_undisturbed("earlier", "later")


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
        office.wait_for(office.is_well)


def test_a_file_that_hangs_holds_up_nothing_else(share: Share) -> None:
    office = share.office
    fill(share.backing, 5)
    office.scan()
    with office.following():
        share.have({"at": "slow.txt", "on": ["read"], "errno": None, "delay_s": 100})
        (office.folder / "slow.txt").write_text(f"{COMMON} snail", "utf-8")
        for number in range(3):
            (office.folder / f"quick{number}.txt").write_text(f"{COMMON} quick{number}", "utf-8")
            office.wait_for(lambda n=number: office.found(f"quick{n}") == {f"quick{n}.txt"}, 60)  # type: ignore[misc]
        assert office.found("snail") == set()
        share.lift()
        office.wait_for(lambda: office.found("snail") == {"slow.txt"})
        office.see_that_all_is_as_undisturbed("snail")


def test_a_directory_that_hangs_is_only_waited_for(share: Share) -> None:
    office = share.office
    fill(share.backing / "Sales", 60, "s")
    office.scan()
    with office.following():
        share.have({"below": "Sales", "on": ["readdir"], "errno": None, "delay_s": 60})
        (office.folder / "Sales" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        began = time.monotonic()
        assert office.count() == 60
        office.problems()
        assert time.monotonic() - began < 55  # who asks doesn't wait
        share.have({"below": "Sales", "on": ["readdir"], "errno": None, "delay_s": 8})
        office.wait_for(lambda: office.found("newest") == {"Sales/new.txt"})
        share.lift()
        office.see_that_all_is_as_undisturbed("newest", "sword7")
        office.wait_for(office.is_well)


@pytest.mark.parametrize("names", [PAGE[:1], PAGE[1:], PAGE], ids=" and ".join)
def test_a_page_that_can_not_be_read_for_a_while_is_still_ours(share: Share, names: tuple[str, ...]) -> None:
    office = share.office
    fill(share.backing, 15)
    office.scan()
    with office.following():
        office.wait_for(office.is_well)
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
