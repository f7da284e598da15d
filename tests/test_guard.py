"""What vanished is removed if this is surely the folder, and kept if it may not be."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.folder.mounts import Mount
from indexer.model.items import RelPath
from indexer.page.belonging import read_sign
from indexer.pipeline.look import MOUNTS
from indexer.pipeline.pipeline import Pipeline

from .test_pipeline import found, opened
from .wine import IS_WINE

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
FILES = {f"d/{n}.txt": f"alpha {n}" for n in range(10)}


def sign_in(folder: Path) -> str | None:
    with Directory(folder) as opened:
        return read_sign(opened)


def count(pipeline: Pipeline) -> int:
    return len(found(pipeline, "alpha"))


def removed_live(pipeline: Pipeline) -> int:
    """Remove what has been away for a moment, as the daemon does."""
    time.sleep(0.01)
    return pipeline.remove_missing(0.0001)


def replaced(folder: Path) -> Path:
    """Put an empty folder in the place of this one; return where this one is now."""
    away = folder.with_name("away")
    folder.rename(away)
    folder.mkdir()
    return away


def test_the_page_s_directory_says_whose_it_is_and_keeps_saying_it(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        sign = sign_in(folder)
        assert sign
        assert len(sign) == 16
        shutil.rmtree(folder / "_index")
        pipeline.run_pass()
        assert sign_in(folder) == sign  # made again
    shutil.rmtree(tmp_path / "state")
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        assert sign_in(folder) == sign  # another machine adopts it


def test_another_folder_in_its_place_is_left_alone_until_the_right_one_is_back(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        away = replaced(folder)
        (folder / "other.txt").write_text("somebody else's")
        assert pipeline.run_pass().held_back == 10
        assert pipeline.is_suspended
        assert count(pipeline) == 10
        assert [path.name for path in folder.iterdir()] == ["other.txt"]  # no page was written there
        with pytest.raises(UserError, match="not the folder that was there"):
            pipeline.publish()
        shutil.rmtree(folder)
        away.rename(folder)
        assert pipeline.run_pass().held_back == 0
        assert not pipeline.is_suspended
        assert pipeline.publish()


def test_nothing_is_written_to_a_stranger_even_before_it_was_looked_at(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        replaced(folder)
        with pytest.raises(UserError, match="nothing was published"):
            pipeline.publish()
        assert list(folder.iterdir()) == []


def test_a_person_may_say_that_it_is_right(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        replaced(folder)
        (folder / "new.txt").write_text("beta")
        pipeline.run_pass()
        assert pipeline.run_pass(accept_removals=True).removed == 10
        assert found(pipeline, "beta") == {"new.txt"}
        assert (folder / "index.html").exists()
        (folder / "new.txt").unlink()
        assert pipeline.run_pass().removed == 1  # it is known from now on


def test_a_copy_in_another_place_is_the_folder(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        shutil.copytree(replaced(folder), folder, dirs_exist_ok=True)
        (folder / "d/0.txt").unlink()
        assert pipeline.run_pass().removed == 1  # its sign came with it
        shutil.copytree(
            folder, folder.with_name("again"), ignore=shutil.ignore_patterns("_index", "index.html")
        )
        shutil.rmtree(folder)
        folder.with_name("again").rename(folder)
        assert pipeline.run_pass().held_back == 0  # it did not, but all items did
        assert not pipeline.is_suspended


@pytest.mark.parametrize(("gone", "held"), [(4, False), (6, True)])
def test_without_its_sign_most_items_must_be_there(
    make_tree: MakeTree, tmp_path: Path, gone: int, held: bool
) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        shutil.rmtree(folder / "_index")
        (folder / "index.html").unlink()
        for n in range(gone):
            (folder / f"d/{n}.txt").unlink()
        assert bool(pipeline.run_pass().held_back) == held
        assert count(pipeline) == (10 if held else 10 - gone)


def test_followed_live_the_same_holds(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        away = replaced(folder)
        pipeline.look([RelPath(""), RelPath("d")], patient=True)
        assert removed_live(pipeline) == 0
        assert pipeline.is_suspended
        folder.rmdir()
        away.rename(folder)
        pipeline.look([RelPath(""), RelPath("d")], patient=True)
        assert removed_live(pipeline) == 0
        assert pipeline.held_back == 0
        assert count(pipeline) == 10


def test_a_sign_in_the_cloud_only_is_not_fetched(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        sign = folder / "_index/folder.json"
        number = sign.stat().st_ino
        monkeypatch.setattr("indexer.files.opening.is_online_only", lambda status: status.st_ino == number)
        long_ago = sign.stat().st_mtime_ns - 10**12
        os.utime(sign, ns=(long_ago, sign.stat().st_mtime_ns))
        for n in range(6):
            (folder / f"d/{n}.txt").unlink()
        assert pipeline.look().removed == 6
        with pytest.raises(UserError, match="kept on this device"):
            pipeline.publish()
        assert IS_WINE or sign.stat().st_atime_ns == long_ago  # Wine 8 sets no time of access


def test_what_lay_on_a_drive_that_is_not_there_is_kept(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({**FILES, "usb/x.txt": "alpha x", "usb/deep/y.txt": "alpha y"})
    there = [Mount(RelPath(""), "ext4"), Mount(RelPath("usb"), "vfat")]
    monkeypatch.setattr("indexer.pipeline.look.mounts_of", lambda folder: there)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        shutil.move(folder / "usb", tmp_path / "usb")
        (folder / "usb").mkdir()
        del there[1]
        (folder / "d/0.txt").unlink()
        pipeline.look([RelPath(""), RelPath("usb"), RelPath("d")], patient=True)
        removed_live(pipeline)
        assert count(pipeline) == 11
        assert pipeline.run_pass().removed == 0
        assert "usb" in " ".join(pipeline.catalogue.problems.told(of_daemon=False))
        (folder / "usb").rmdir()
        shutil.move(tmp_path / "usb", folder / "usb")
        there.append(Mount(RelPath("usb"), "vfat"))
        (folder / "usb/x.txt").unlink()
        assert pipeline.run_pass().removed == 1
        assert pipeline.catalogue.problems.are_told("unreadable", [])
        shutil.rmtree(folder / "usb")
        del there[1]
        assert pipeline.run_pass().removed == 0
        assert pipeline.run_pass(accept_removals=True).removed == 1  # the drive is gone for good
        assert pipeline.catalogue.facts.get(MOUNTS) == frozenset()


def test_what_was_missing_before_it_could_not_be_read_is_kept(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(FILES)
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / "d/0.txt").unlink()
        pipeline.look([RelPath("d")], patient=True)
        monkeypatch.setattr(
            "indexer.pipeline.look.Looking._lost_mounts", lambda self, accept: frozenset({"d"})
        )
        pipeline.look(patient=True)
        assert removed_live(pipeline) == 0
        assert count(pipeline) == 10


def test_where_a_drive_was_the_directory_itself_may_be_used(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({**FILES, "usb/x.txt": "alpha x", "usb/y.txt": "alpha y"})
    there = [Mount(RelPath(""), "ext4"), Mount(RelPath("usb"), "vfat")]
    monkeypatch.setattr("indexer.pipeline.look.mounts_of", lambda folder: there)
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        del there[1]
        (folder / "usb/x.txt").unlink()
        assert pipeline.run_pass().removed == 1
        assert pipeline.catalogue.problems.told(of_daemon=True) == []


def test_what_a_list_lost_is_not_what_vanished(make_tree: MakeTree, tmp_path: Path) -> None:
    links = [f"https://example.org/{number} words {number}" for number in range(80)]
    folder = make_tree({**FILES, "links.txt": "\n".join(links)})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / "links.txt").write_text("\n".join(links[:10]))
        pipeline.run_pass()
        (folder / "d/0.txt").unlink()
        pipeline.look(patient=True)
        time.sleep(0.1)
        assert pipeline.remove_missing(0.01) == 1
        assert not pipeline.held_back
