"""Files that commands make for people: never over another, with names that every system takes."""

from __future__ import annotations

import os
import threading
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.folder.creating import MOST_BYTES, Names, create_file, portable_name
from indexer.model.items import RelPath
from indexer.model.names import name_key


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Steel: the new tariff?", "Steel- the new tariff.url"),
        ("  two\n lines ", "two lines.url"),
        ("../../etc/passwd", "etc-passwd.url"),
        ("aux", "_aux.url"),
        ("com1.txt", "_com1.txt.url"),
        (".hidden", "hidden.url"),
        ("ends with dots...", "ends with dots.url"),
        ("\u202egpj.exe", "gpj.exe.url"),
        ("Zo\u0308lle", "Zölle.url"),
        ("", "file.url"),
        ("???", "file.url"),
        ("ä" * 300, "ä" * (MOST_BYTES // 2) + ".url"),
    ],
)
def test_names_become_portable(wanted: str, expected: str) -> None:
    assert portable_name(wanted, ".url") == expected


@given(st.text(max_size=300))
def test_every_name_is_one_that_windows_takes(wanted: str) -> None:
    name = portable_name(wanted, ".md")
    assert not PureWindowsPath(name).is_reserved()
    assert PureWindowsPath(name).name == name
    assert not set(name) & set('<>:"/\\|?*')
    assert name == name.strip()
    assert name[0] != "."
    assert name == unicodedata.normalize("NFC", name)
    assert len(name.encode()) <= MOST_BYTES + 4
    assert portable_name(name[: -len(".md")], ".md") == name


def test_a_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    folder = tmp_path / "Team"
    folder.mkdir()
    (folder / "Note.txt").write_text("mine")
    assert create_file(folder, RelPath("note.txt"), b"one") == "note (2).txt"
    assert create_file(folder, RelPath("NOTE.txt"), b"two") == "NOTE (3).txt"
    assert (folder / "Note.txt").read_text() == "mine"
    assert (folder / "note (2).txt").read_bytes() == b"one"
    assert len(set(map(name_key, os.listdir(folder)))) == 3  # noqa: PTH208 - names


def test_a_directory_is_found_in_whatever_spelling(tmp_path: Path) -> None:
    (tmp_path / "Vertrieb" / "Länder").mkdir(parents=True)
    path = RelPath(unicodedata.normalize("NFD", "VERTRIEB/länder/neu/a.url"))
    assert create_file(tmp_path, path, b"1") == "Vertrieb/Länder/neu/a.url"


def test_who_makes_many_lists_each_directory_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[Path] = []
    names_of = Directory.names

    def noted(directory: Directory) -> list[str]:
        listed.append(directory.path)
        return names_of(directory)

    monkeypatch.setattr(Directory, "names", noted)
    names: Names = {}
    made = {create_file(tmp_path, RelPath(f"Links/{name}.url"), b"", names) for name in ("a", "A", "b", "a")}
    assert made == {"Links/a.url", "Links/A (2).url", "Links/b.url", "Links/a (3).url"}
    assert listed == [tmp_path, tmp_path / "Links"]


def test_many_at_once_get_a_file_each(tmp_path: Path) -> None:
    made: list[str] = []
    together = threading.Barrier(8)

    def make(number: int) -> None:
        together.wait()
        made.append(create_file(tmp_path, RelPath("People/a.md"), f"{number}".encode()))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8
    assert sorted((tmp_path / path).read_text() for path in made) == list("01234567")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_nothing_is_made_through_a_link(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "Team", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "Sales").symlink_to(elsewhere)
    with pytest.raises(UserError, match="Sales"):
        create_file(folder, RelPath("Sales/note.txt"), b"text")
    assert not list(elsewhere.iterdir())


def test_nothing_is_left_of_a_file_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        create_file(tmp_path, RelPath("note.txt"), b"text")
    assert not list(tmp_path.iterdir())
