"""Where a path lies, however it is spelled; shown for Windows on every system."""

from __future__ import annotations

import ntpath
import os
import posixpath
from pathlib import Path
from types import ModuleType

import pytest

from indexer.extract.locations import is_below, plain, real

BELOW = [
    (r"\\?\C:\team\a.txt", r"C:\team", ntpath),
    (r"\\?\c:\TEAM\sub\a.txt", r"C:\team", ntpath),
    (r"C:\team\a.txt", r"\\?\C:\team", ntpath),
    (r"C:/team/a.txt", "C:\\team\\", ntpath),
    (r"\\?\UNC\srv\share\a.txt", r"\\srv\share", ntpath),
    (r"\\SRV\share\sub\a.txt", r"\\?\unc\srv\share\sub", ntpath),
    (r"\\?\D:\a.txt", "D:\\", ntpath),
    (r"\\?\C:\team", r"C:\team", ntpath),
    ("/team/a.txt", "/team", posixpath),
    ("/team/a.txt", "/", posixpath),
]
OUTSIDE = [
    (r"\\?\C:\teammate\a.txt", r"C:\team", ntpath),
    (r"\\?\D:\team\a.txt", r"C:\team", ntpath),
    (r"C:\team\..\Users\a.txt", r"C:\team", ntpath),
    (r"\\?\UNC\srv\shared\a.txt", r"\\srv\share", ntpath),
    (r"\\?\GLOBALROOT\Device\HarddiskVolume1\team\a.txt", r"C:\team", ntpath),
    (r"\\.\C:\team\a.txt", r"C:\team", ntpath),
    (r"\\.\pipe\x", r"C:\team", ntpath),
    ("/teammate/a.txt", "/team", posixpath),
    ("/team/../etc/passwd", "/team", posixpath),
    ("/Team/a.txt", "/team", posixpath),
]


@pytest.mark.parametrize(("path", "place", "flavour"), BELOW)
def test_what_lies_below(path: str, place: str, flavour: ModuleType) -> None:
    assert is_below(plain(path, flavour), [plain(place, flavour)], flavour)


@pytest.mark.parametrize(("path", "place", "flavour"), OUTSIDE)
def test_what_lies_outside(path: str, place: str, flavour: ModuleType) -> None:
    assert not is_below(plain(path, flavour), [plain(place, flavour)], flavour)


def test_links_are_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    try:
        (inside / "link").symlink_to(outside)
        assert (inside / "link").resolve() == outside.resolve()
    except (OSError, AssertionError):
        pytest.skip("no symbolic links here")
    assert not is_below(real(inside / "link" / "a.txt"), [real(inside)])
    assert is_below(real(os.fsencode(inside / "a.txt")), [real(inside)])
