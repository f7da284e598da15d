"""Helper programs: which are found, what belongs to them, and that they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from indexer.errors import FileProblem
from indexer.extract import legacy, locations, programs
from indexer.extract.encrypted import OLE
from indexer.extract.source import Source
from tests.extract.samples import make_docx

SUFFIX = ".exe" if os.name == "nt" else ""


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    programs.find.cache_clear()


def plant(directory: Path, name: str = "catdoc") -> Path:
    """Put something there that could be started."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (name + SUFFIX)
    path.write_bytes(b"MZ" if SUFFIX else b"#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_only_absolute_places_of_path_outside_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    plant(folder)
    plant(folder / "tools")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "tools", str(folder), str(folder / "tools")]))
    assert programs.find("catdoc", folder) is None
    assert programs.installed(folder) == ()
    real = plant(tmp_path / "bin")
    monkeypatch.setenv("PATH", os.environ["PATH"] + os.pathsep + str(real.parent))
    programs.find.cache_clear()
    assert programs.find("catdoc", folder) == real.resolve()


@pytest.mark.skipif(os.name == "nt", reason="makes symbolic links")
def test_no_link_leads_into_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = plant(tmp_path / "folder")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "catdoc").symlink_to(planted)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert programs.find("catdoc", tmp_path / "folder") is None


@pytest.mark.parametrize("name", ["tesseract", "antiword", "soffice"])
def test_a_program_at_home_makes_no_home_readable(tmp_path: Path, name: str) -> None:
    program = plant(tmp_path / "home" / "bin", name)
    places = [locations.plain(str(place)) for place in programs.own_places(program)]
    assert not locations.is_below(locations.plain(str(tmp_path / "home" / "letter.txt")), places)
    assert locations.is_below(locations.plain(str(program)), places)


def test_a_program_starts_and_ends(tmp_path: Path) -> None:
    said = programs.run(Path(sys.executable), "-c", "print('hello')", timeout_s=60, directory=tmp_path)
    assert said.split() == [b"hello"]


def test_windows_is_told_which_file_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the audit hook there is not told either, and the current directory is searched first."""
    told: dict[str, object] = {}

    def start(_: list[str], **options: object) -> None:
        told.update(options)
        raise OSError

    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(FileProblem):
        programs.run(Path("x"), timeout_s=1, directory=tmp_path)
    assert told["executable"] == "x"


def test_a_directory_that_may_not_be_entered_ends_no_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, *, follow_symlinks: bool = True) -> NoReturn:  # root may enter any
        raise PermissionError

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(programs.along_path("antiword")) == []


def test_libreoffice_is_started_again_once_its_profile_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its script would do that. What it leaves in /tmp after the first start must not be in its way at the second."""
    starts: list[str] = []

    def start(_: Path, profile: str, *arguments: str, directory: Path, **__: object) -> bytes:
        place = Path(url2pathname(urlsplit(profile.partition("=")[2]).path))
        starts.append(place.name)
        if len(starts) == 1:
            place.mkdir()
        else:
            assert place.is_dir()
            (directory / "out").mkdir()
            (directory / "out" / "file.docx").write_bytes(make_docx())
        return b""

    monkeypatch.setattr(programs, "find", lambda name, _=None: tmp_path if name == "soffice" else None)
    monkeypatch.setattr(programs, "run", start)
    source = Source(tmp_path / "a.doc", "a.doc", OLE + b"\0" * 600, 1000, "doc")
    assert "The new tariff" in legacy.read(source).passages[0].text
    assert len(set(starts)) == 2
