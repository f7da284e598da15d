"""What a person's system takes away under the daemon: drives, the folder itself, a part of it, the right to read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.app import building
from indexer.errors import UserError
from indexer.page import writer
from indexer.pipeline import guard
from indexer.settings import Settings
from indexer.state import places

from .conftest import COMMON, WATCH_S, Office, fill
from .in_namespace import mount_also, mount_tmpfs, unmount

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
mounts = pytest.mark.in_namespace
NOBODY = "65534"
SLOW_PAGE = {"INDEXER_PAGE_QUIET_S": "3"}


def names_in(folder: Path) -> list[str]:
    """Return what lies in a directory."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def drive(office: Office, tmp_path: Path) -> Iterator[Path]:
    """A drive that stays alive where it is while it comes and goes as the folder; not mounted yet."""
    drive = tmp_path / "drive"
    drive.mkdir()
    yield drive


def plug_in(office: Office, drive: Path) -> None:
    """Have the drive be the folder."""
    mount_also(drive, office.folder)


@mounts
@pytest.mark.parametrize("count", [80, 12])
def test_a_drive_that_is_unplugged(office: Office, drive: Path, count: int) -> None:
    office = Office(office.folder, office.state, more=SLOW_PAGE)
    mount_tmpfs(drive)
    fill(drive, count)
    plug_in(office, drive)
    office.scan()
    with office.following():
        office.wait_for(office.is_well)
        (office.folder / "late.txt").write_text(f"{COMMON} latest", "utf-8")
        office.wait_for(lambda: office.found("latest") == {"late.txt"})
        unmount(office.folder)  # the page with the latest file was still to be written
        assert names_in(office.folder) == []
        office.wait_for(office.has_trouble)
        office.keeps(lambda: (office.count(), names_in(office.folder)), (count + 1, []), WATCH_S)
        assert office.has_trouble()

        (drive / "n3.txt").unlink()  # somebody works on it elsewhere
        (drive / "elsewhere.txt").write_text(f"{COMMON} elsewhere", "utf-8")
        plug_in(office, drive)
        office.wait_for(office.is_well)
        office.wait_for(lambda: office.found("elsewhere") == {"elsewhere.txt"})
        (office.folder / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"new.txt"})
        office.see_that_all_is_as_undisturbed("nword3", "nword7", "latest")
        office.wait_for(office.is_well)


@mounts
def test_a_scan_where_the_drive_is_unplugged(office: Office, drive: Path) -> None:
    mount_tmpfs(drive)
    fill(drive, 80)
    plug_in(office, drive)
    with office.following():
        office.wait_until_equal(office.count, 80)
        unmount(office.folder)
        assert office.run("scan", str(office.folder)).returncode == 2
        assert office.has_trouble()
        office.run("publish")
        assert names_in(office.folder) == []
        assert office.count() == 80
        plug_in(office, drive)
        office.wait_for(office.is_well)
        office.see_that_all_is_as_undisturbed("nword7")


@mounts
def test_the_daemon_is_started_before_the_drive_is_there(office: Office, drive: Path) -> None:
    mount_tmpfs(drive)
    fill(drive, 80)
    plug_in(office, drive)
    office.scan()
    unmount(office.folder)
    with office.following():
        office.wait_for(office.has_trouble)
        office.keeps(lambda: (office.count(), names_in(office.folder)), (80, []), WATCH_S)
        plug_in(office, drive)
        office.wait_for(office.is_well)
        (office.folder / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"new.txt"})
        office.see_that_all_is_as_undisturbed("nword7")


@mounts
@pytest.mark.parametrize("moment", ["after the check", "while it is written"])
def test_a_drive_that_is_unplugged_between_check_and_writing(
    office: Office, drive: Path, tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount_tmpfs(drive)
    fill(drive, 3)
    plug_in(office, drive)
    settings = replace(Settings(), state_dir=tmp_path / "state")
    places.register(office.folder, settings)
    with building.open_pipeline(office.folder, settings) as pipeline:
        pipeline.run_pass()
        where, name = (guard, "require_folder") if moment == "after the check" else (writer, "prepare")
        step = getattr(where, name)

        def then_unplugged(*arguments: object) -> object:
            done = step(*arguments)
            unmount(office.folder)
            return done

        monkeypatch.setattr(where, name, then_unplugged)
        (office.folder / "index.html").unlink()
        with suppress(UserError):
            pipeline.publish()
        assert names_in(office.folder) == []
        monkeypatch.undo()
        plug_in(office, drive)
        pipeline.publish()
        assert {"index.html", "_index"} <= set(names_in(office.folder))


def test_the_folder_is_moved_away_and_an_empty_one_made(office: Office, tmp_path: Path) -> None:
    fill(office.folder, 80)
    office.scan()
    with office.following():
        office.folder.rename(tmp_path / "away")
        office.folder.mkdir()
        office.wait_for(office.has_trouble)
        office.keeps(lambda: (office.count(), names_in(office.folder)), (80, []), WATCH_S)
        assert office.has_trouble()
        office.folder.rmdir()
        (tmp_path / "away").rename(office.folder)
        office.wait_for(office.is_well)
        (office.folder / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"new.txt"})
        office.see_that_all_is_as_undisturbed("nword7")
        office.wait_for(office.is_well)


def test_the_folder_is_deleted_and_its_files_come_from_a_copy(office: Office, tmp_path: Path) -> None:
    fill(office.folder, 40)
    fill(office.folder / "Sales", 40, "s")
    shutil.copytree(office.folder, tmp_path / "backup")
    office.scan()
    with office.following():
        shutil.rmtree(office.folder)
        office.folder.mkdir()
        office.wait_for(office.has_trouble)
        office.keeps(office.count, 80, WATCH_S)
        shutil.copytree(tmp_path / "backup", office.folder, dirs_exist_ok=True)
        office.wait_for(office.is_well)
        (office.folder / "Sales" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"Sales/new.txt"})
        office.see_that_all_is_as_undisturbed("nword7", "sword9")
        office.wait_for(office.is_well)


@mounts
def test_a_drive_within_the_folder_is_unplugged(office: Office, drive: Path) -> None:
    fill(office.folder, 170)
    inner = office.folder / "Projects" / "Archive"
    inner.mkdir(parents=True)
    mount_tmpfs(drive)
    fill(drive / "2020", 30, "old")
    mount_also(drive, inner)
    office.scan()
    with office.following():
        office.wait_for(office.is_well)
        unmount(inner)
        office.wait_for(lambda: any("Archive" in problem for problem in office.problems()))
        office.keeps(lambda: (office.count(), names_in(inner)), (200, []), WATCH_S)
        (office.folder / "other.txt").write_text(f"{COMMON} other", "utf-8")
        office.wait_for(lambda: office.found("other") == {"other.txt"})  # the rest is followed all the same
        (office.folder / "n3.txt").unlink()
        office.wait_for(lambda: office.found("nword3") == set())
        mount_also(drive, inner)
        office.wait_for(office.is_well)
        (inner / "2020" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"Projects/Archive/2020/new.txt"})
        (inner / "2020" / "old4.txt").unlink()
        office.wait_for(lambda: office.found("oldword4") == set())
        office.see_that_all_is_as_undisturbed("oldword7", "nword7")
        office.wait_for(office.is_well)


# --- the right to read ----------------------------------------------------------------------------


@pytest.fixture
def as_nobody() -> Iterator[Office]:
    """A folder followed by somebody who may not read everything."""
    prefix: tuple[str, ...] = ()
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        (base / "Team folder").mkdir()
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                pytest.skip("needs `setpriv`: root may read everything")
            prefix = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
            if subprocess.run(
                [*prefix, sys.executable, "-c", "import indexer"], capture_output=True
            ).returncode:
                pytest.skip("another user can't run this Python")
            for path in (base, base / "Team folder"):
                os.chown(path, int(NOBODY), int(NOBODY))
        yield Office(base / "Team folder", base / "state", prefix=prefix)


@pytest.mark.parametrize("mode", [0o000, 0o311], ids=["nothing", "no listing"])
def test_a_subtree_that_may_not_be_read_for_a_while(as_nobody: Office, mode: int) -> None:
    office = as_nobody
    fill(office.folder, 20)
    closed = office.folder / "Board"
    fill(closed / "Minutes", 10, "m")
    fill(closed, 5, "b")
    office.scan()
    with office.following():
        before = closed.stat().st_mode & 0o777
        try:
            closed.chmod(mode)
            (office.folder / "other.txt").write_text(f"{COMMON} other", "utf-8")
            office.wait_for(lambda: office.found("other") == {"other.txt"})
            known = office.found(COMMON)
            assert len(known) == 36
            if os.geteuid() == 0:  # who may, goes on working there
                (closed / "Minutes" / "theirs.txt").write_text(f"{COMMON} theirs", "utf-8")
            office.keeps(lambda: known <= office.found(COMMON), True, WATCH_S)
            assert office.run("scan", str(office.folder)).returncode in (0, 2)  # looks at everything
            office.keeps(lambda: known <= office.found(COMMON), True, WATCH_S)
        finally:
            closed.chmod(before)
        (closed / "Minutes" / "m3.txt").unlink()
        (closed / "Minutes" / "new.txt").write_text(f"{COMMON} newest", "utf-8")
        office.wait_for(lambda: office.found("newest") == {"Board/Minutes/new.txt"})
        office.wait_for(lambda: office.found("mword3") == set())
        office.wait_for(office.is_well)
        office.see_that_all_is_as_undisturbed("mword7", "bword2")
