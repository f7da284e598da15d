"""The scan sees every item file and nothing else."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from indexer.errors import FolderUnreadable
from indexer.files.opening import MOST_DEEP, Directory, is_hidden
from indexer.folder import scan as scanning
from indexer.folder.ignore import IgnoreRules, is_ignored_directory, is_ignored_file, read_ignore_file
from indexer.folder.scan import scan, scan_directories
from indexer.model.items import RelPath

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
NO_RULES = IgnoreRules([])


@pytest.mark.parametrize(
    "name",
    [
        "~$report.docx", "~WRD0001.tmp", ".DS_Store", "Thumbs.db", "desktop.ini", "x.crdownload", "letter.docx~",
        ".~lock.plan.ods#", "#draft#", "._photo.jpg", "data.sqlite-wal", "a.txt.sb-1f2e3d4c-AbCdEf", "Icon\r",
        "~syncthing~a.pdf.tmp", "film.mp4.part", "THUMBS.DB",
    ],
)  # fmt: skip
def test_names_of_programs_are_no_items(name: str) -> None:
    assert is_ignored_file(name)


@pytest.mark.parametrize(
    "name",
    [
        "report.docx",
        "4913.pdf",
        "parts.txt",
        "#1 offer.pdf",
        "C#.md",
        "tmp.txt",
        "a~b.txt",
        "Partnership.pdf",
        "notes",
    ],
)
def test_names_of_people_are_items(name: str) -> None:
    assert not is_ignored_file(name)


def test_directories_of_programs_are_left_out() -> None:
    assert all(
        map(is_ignored_directory, [".git", "node_modules", "__MACOSX", "$RECYCLE.BIN", "@eaDir", ".sync"])
    )
    assert not any(map(is_ignored_directory, ["Sales", "git", "modules"]))


def test_what_people_are_not_shown_is_no_item(make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_tree({"a.txt": "", "secret.txt": "", "d/b.txt": "", "d/below/c.txt": ""})
    if sys.platform == "win32":
        for name in ("secret.txt", "d"):
            ctypes.windll.kernel32.SetFileAttributesW(str(folder / name), 0x2)
    else:
        hidden = {(folder / name).stat().st_ino for name in ("secret.txt", "d")}
        monkeypatch.setattr(scanning, "_HIDES", True)
        monkeypatch.setattr(scanning, "is_hidden", lambda status: status.st_ino in hidden)
    assert set(scan(folder, NO_RULES).files) == {"a.txt"}
    hinted = scan_directories(folder, NO_RULES, (), [RelPath("d/below"), RelPath("d")], {}, deep=True)
    assert set(hinted.files) == {"a.txt"}  # what stands for them


@pytest.mark.parametrize(
    "fact", [{"st_file_attributes": 0x2}, {"st_file_attributes": 0x4}, {"st_flags": 0x8000}]
)
def test_what_the_system_hides(fact: dict[str, int]) -> None:
    assert is_hidden(SimpleNamespace(**fact))  # type: ignore[arg-type]
    assert not is_hidden(SimpleNamespace(st_file_attributes=0x20, st_flags=0))  # type: ignore[arg-type]


def test_scan_lists_all_files_and_skips_what_is_no_item(make_tree: MakeTree) -> None:
    folder = make_tree(
        {
            "a.txt": "",
            "Sales/EU/b.pdf": "",
            "Sales/~$b.docx": "",
            ".git/config": "",
            "_index/head.js": "",
            "index.html": "",
        }
    )
    assert set(scan(folder, NO_RULES, {"_index", "index.html"}).files) == {"a.txt", "Sales/EU/b.pdf"}


def test_own_names_are_ours_at_the_top_only(make_tree: MakeTree) -> None:
    folder = make_tree({"web/index.html": "", "index.html": ""})
    assert set(scan(folder, NO_RULES, {"index.html"}).files) == {"web/index.html"}


def test_indexignore_is_gitignore(make_tree: MakeTree) -> None:
    folder = make_tree(
        {
            ".indexignore": "# private\nHR/\n*.log\n!keep.log\n",
            "HR/pay.txt": "",
            "a.log": "",
            "keep.log": "",
            "b.txt": "",
        }
    )
    assert set(scan(folder, IgnoreRules(own=read_ignore_file(folder)), ()).files) == {"keep.log", "b.txt"}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has more sorts of files")
def test_only_regular_files_and_no_way_out(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": ""})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").touch()
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "link.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    os.mkfifo(folder / "pipe.txt")
    assert set(scan(folder, NO_RULES).files) == {"a.txt"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has undecodable names")
def test_undecodable_names_are_items(make_tree: MakeTree) -> None:
    folder = make_tree({})
    (folder / os.fsdecode(b"caf\xe9.txt")).touch()
    assert set(scan(folder, NO_RULES).files) == {"caf\udce9.txt"}


def test_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FolderUnreadable):
        scan(tmp_path / "gone", NO_RULES)


def test_part_of_the_folder(make_tree: MakeTree) -> None:
    folder = make_tree({"a/1.txt": "", "a/new/2.txt": "", "a/old/3.txt": "", "b/4.txt": ""})
    part = scan_directories(
        folder, NO_RULES, (), [RelPath("a")], {RelPath("a"), RelPath("a/old"), RelPath("b")}
    )
    assert set(part.files) == {"a/1.txt", "a/new/2.txt"}
    covered = {
        p: part.covers(RelPath(p)) for p in ["a/gone.txt", "a/gone/5.txt", "a/old/3.txt", "b/4.txt", "6.txt"]
    }
    assert covered == {
        "a/gone.txt": True,
        "a/gone/5.txt": True,
        "a/old/3.txt": False,
        "b/4.txt": False,
        "6.txt": False,
    }


def test_a_directory_that_is_gone_is_answered_by_its_parent(make_tree: MakeTree) -> None:
    folder = make_tree({"a/1.txt": ""})
    part = scan_directories(folder, NO_RULES, (), [RelPath("a/b/c")], {RelPath("a"), RelPath("a/b")})
    assert part.covers(RelPath("a/b/c/2.txt"))
    assert not part.covers(RelPath("x.txt"))


def test_what_cannot_be_listed_is_unknown(make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_tree({"a/1.txt": "", "b/2.txt": ""})
    real = Directory.entries

    def failing(directory: Directory) -> object:
        if directory.path.name == "b":
            raise PermissionError(13, "no")
        return real(directory)

    monkeypatch.setattr(Directory, "entries", failing)
    seen = scan(folder, NO_RULES)
    assert set(seen.files) == {"a/1.txt"}
    assert not seen.covers(RelPath("b/2.txt"))
    assert seen.covers(RelPath("a/2.txt"))


def test_a_directory_that_opens_by_its_old_spelling_is_listed_by_the_new_one_only(
    make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"sales/Offers/a.txt": "x", "Sales/Offers/a.txt": "x"})  # on Windows that would be one

    class Listing:
        """What the system lists, if it has the new spelling only."""

        def __init__(self, directory: Directory) -> None:
            with entries(directory) as found:
                self._entries = [entry for entry in found if entry.name != "Sales"]

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self._entries

        def __exit__(self, *_: object) -> None:
            pass

    entries = Directory.entries
    monkeypatch.setattr(Directory, "entries", lambda directory: Listing(directory))
    hints = [RelPath(path) for path in ("Sales/Offers", "Sales", "", "sales")]
    known = {RelPath("Sales"), RelPath("Sales/Offers")}
    seen = scan_directories(folder, IgnoreRules([]), (), hints, known)
    assert set(seen.files) == {"sales/Offers/a.txt"}


@pytest.mark.skipif(os.name == "nt", reason="directories are made by their descriptors")
def test_what_lies_too_deep_is_told_and_costs_little(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    seen = scan(tmp_path, NO_RULES)
    assert list(seen.files) == ["a.txt"]
    assert [path.count("/") for path in seen.unreadable] == [MOST_DEEP]
    top, aside = tmp_path / "d", tmp_path / "aside"
    while (top / "d").exists():  # level by level: what deletes trees goes down by recursion
        (top / "d").rename(aside)
        top.rmdir()
        aside.rename(top)
