"""Which folder is meant if none is named: the only one known, or the innermost known one that the command runs in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from .conftest import Indexer


@pytest.fixture
def two(indexer: Indexer) -> tuple[Indexer, Path]:
    """A folder with one item below `Sales`, and another folder with one item; both known."""
    other = indexer.folder.with_name("Other folder")
    for place, name in ((indexer.folder / "Sales/EU", "near.txt"), (other, "far.txt")):
        place.mkdir(parents=True)
        (place / name).write_text("alpha")
    indexer.scan()
    indexer.ok("scan", str(other))
    return indexer, other


def test_the_folder_that_the_command_runs_in(two: tuple[Indexer, Path]) -> None:
    indexer, other = two
    for inside in (indexer.folder, indexer.folder / "Sales/EU"):
        assert indexer.inside(inside).ok("search", "-l", "alpha") == "Sales/EU/near.txt\n"
    assert indexer.inside(other).ok("search", "-l", "alpha") == "far.txt\n"
    assert json.loads(indexer.inside(other).ok("status", "--json", code=1))["folder"] == str(other)
    (other / "new.txt").write_text("beta")
    assert indexer.inside(other).ok("scan").startswith("2 items: 1 new")
    assert "1 item tried again" in indexer.inside(indexer.folder / "Sales/EU").ok("retry", "near.txt")


def test_what_names_a_folder_is_stronger(two: tuple[Indexer, Path]) -> None:
    indexer, other = two
    assert (
        indexer.inside(other).ok("search", "-l", "alpha", "--folder", str(indexer.folder)).startswith("Sales")
    )
    assert (
        indexer.inside(other)
        .ok("search", "-l", "alpha", INDEXER_FOLDER=str(indexer.folder))
        .startswith("Sales")
    )


def test_elsewhere_it_is_asked_for_and_both_ways_are_told(two: tuple[Indexer, Path], tmp_path: Path) -> None:
    indexer, other = two
    like = indexer.folder.with_name("Team folder 2")  # its name begins as that of a known one
    like.mkdir()
    for outside in (tmp_path, like):
        said = indexer.inside(outside).refused("search", "alpha")
        assert "2 folders are known" in said
        assert "--folder" in said
        assert "inside one" in said
        assert str(other) in said


def test_the_innermost_counts(two: tuple[Indexer, Path]) -> None:
    indexer, _ = two
    inner = indexer.folder / "Sales"
    indexer.ok("scan", str(inner))
    assert indexer.inside(inner / "EU").ok("search", "-l", "alpha") == "EU/near.txt\n"
    assert indexer.inside(indexer.folder).ok("search", "-l", "alpha") == "Sales/EU/near.txt\n"


def test_the_only_one_known_is_meant_everywhere(indexer: Indexer, tmp_path: Path) -> None:
    (indexer.folder / "a.txt").write_text("alpha")
    indexer.scan()
    assert indexer.inside(tmp_path).ok("search", "-l", "alpha") == "a.txt\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_lead_to_the_place_itself(two: tuple[Indexer, Path], tmp_path: Path) -> None:
    indexer, other = two
    (tmp_path / "to sales").symlink_to(indexer.folder / "Sales")
    assert indexer.inside(tmp_path / "to sales").ok("search", "-l", "alpha") == "Sales/EU/near.txt\n"
    (tmp_path / "out").mkdir()
    (other / "leads out").symlink_to(tmp_path / "out")
    assert "folders are known" in indexer.inside(other / "leads out").refused("search", "alpha")
    (tmp_path / "third").symlink_to(tmp_path / "out")
    (tmp_path / "out/c.txt").write_text("alpha")
    indexer.ok("scan", str(tmp_path / "third"))  # known by the name of a link
    assert indexer.inside(tmp_path / "out").ok("search", "-l", "alpha") == "c.txt\n"
