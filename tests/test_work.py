"""Which items does a person mean?"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from indexer.catalogue.at_path import items_at
from indexer.cli.work import path_within
from indexer.errors import UserError

WINDOWS = sys.platform == "win32"
PATHS = (
    "Sales/Theta.txt",
    "Sales/Pr\u00fcfung.txt",
    "both/A.txt",
    "both/a.txt",
    "B\u00fcro/x/1.txt",
    "B\u00fcro/x/2.txt",
    "back\\slash.txt",
)


class _Files:
    """Files whose ids are their paths."""

    def paths(self) -> list[str]:
        return sorted(PATHS)

    def at(self, path: str) -> list[str]:
        return [known for known in PATHS if known == path or known.startswith(f"{path}/")]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Sales/Theta.txt", PATHS[:1]),
        ("sales\\THETA.txt", PATHS[:1]),
        ("SALES/theta.TXT", PATHS[:1]),
        ("./sales/theta.txt", PATHS[:1]),
        ("{folder}/sales/theta.txt", PATHS[:1]),
        ("Sales/Pru\u0308fung.txt", PATHS[1:2]),
        ("sales/PRU\u0308FUNG.TXT", PATHS[1:2]),
        ("sales", PATHS[:2]),
        ("bu\u0308ro\\X", PATHS[4:6]),
        ("both/a.txt", PATHS[3:4]),
        pytest.param(
            "back\\slash.txt",
            PATHS[6:],
            marks=pytest.mark.skipif(WINDOWS, reason="Windows has no such names"),
        ),
        ("BOTH/A.TXT", None),  # there are two
        ("sales/theta", None),
        ("", None),
        ("../sales/theta.txt", None),
    ],
)
def test_a_path_is_known_however_systems_spell_it(
    tmp_path: Path, given: str, meant: tuple[str, ...] | None
) -> None:
    pipeline: Any = SimpleNamespace(folder=tmp_path / "Team", catalogue=SimpleNamespace(files=_Files()))
    given = given.format(folder=pipeline.folder)
    if meant is None:
        with pytest.raises(UserError, match="is not an item of"):
            items_at(pipeline.catalogue, pipeline.folder, given)
    else:
        assert items_at(pipeline.catalogue, pipeline.folder, given) == list(meant)


@pytest.mark.parametrize(
    "by_link",
    [False, pytest.param(True, marks=pytest.mark.skipif(WINDOWS, reason="links need a right there"))],
)
def test_a_path_from_here_is_told_from_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_link: bool
) -> None:
    folder = tmp_path / "Team"
    (folder / "Sales").mkdir(parents=True)
    (folder / "Sales/a.txt").touch()
    folders, paths = [folder], [folder / "Sales/a.txt"]
    if by_link:
        (tmp_path / "link").symlink_to(folder)
        (tmp_path / "into").symlink_to(folder / "Sales")
        folders.append(tmp_path / "link")
        paths += [tmp_path / "link/Sales/a.txt", tmp_path / "into/a.txt"]
    monkeypatch.chdir(folder / "Sales")
    assert path_within(folder, "a.txt") == "Sales/a.txt"
    for path in paths:
        for given in folders:
            assert path_within(given, str(path)) == "Sales/a.txt"
    assert path_within(folder, "../../elsewhere.txt") == "../../elsewhere.txt"
