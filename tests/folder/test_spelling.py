"""Names that are one to some systems, and paths that Windows reaches only when asked in its own way."""

from __future__ import annotations

from pathlib import PureWindowsPath

import pytest

from indexer.folder.names import collisions, verbatim
from indexer.model.items import RelPath
from indexer.model.names import name_key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Plan.txt", "plan.TXT", True),
        ("caf\u00e9.txt", "cafe\u0301.txt", True),
        ("CAF\u00c9.txt", "cafe\u0301.txt", True),
        ("STRASSE", "straße", True),
        ("a.txt", "b.txt", False),
        ("cafe.txt", "café.txt", False),
    ],
)
def test_what_is_one_name(one: str, other: str, same: bool) -> None:
    assert (name_key(one) == name_key(other)) is same


def test_collisions_are_told_in_groups() -> None:
    paths = ["a/Plan.txt", "a/plan.txt", "b/plan.txt", "caf\u00e9", "cafe\u0301", "x"]
    assert collisions(map(RelPath, paths)) == [["a/Plan.txt", "a/plan.txt"], ["cafe\u0301", "caf\u00e9"]]


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        (r"C:\Users\me\Team", r"\\?\C:\Users\me\Team"),
        (r"\\server\share\Team", r"\\?\UNC\server\share\Team"),
        (r"\\?\C:\Team", r"\\?\C:\Team"),
        (r"\\.\pipe\x", r"\\.\pipe\x"),
    ],
)
def test_verbatim_paths(path: str, reached: str) -> None:
    assert verbatim(path) == reached
    assert (PureWindowsPath(reached) / "aux.txt").name == "aux.txt"
