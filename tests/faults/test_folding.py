"""A file system that takes names in any case, and accents in either form: no file is two items, however its name is spelled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.model.items import RelPath
from indexer.pipeline.pipeline import Pipeline

from ..test_pipeline import found, ids, opened
from .conftest import COMMON, fill
from .mounting import mounted


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder on such a file system, with some files."""
    place, control = tmp_path / "Team folder", tmp_path / "control.json"
    for directory in (tmp_path / "backing", place):
        directory.mkdir()
    control.write_text("{}")
    with mounted(tmp_path / "backing", place, control, "fold"):
        fill(place / "Sales" / "Offers", 3, "s")
        fill(place / "B\u00fcro", 3, "b")
        assert (place / "sales" / "OFFERS").is_dir()
        assert (place / "Bu\u0308ro").is_dir()
        yield place


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def take_in(pipeline: Pipeline, *hints: str) -> None:
    """Scan where something is said to have happened."""
    pipeline.look([RelPath(hint) for hint in hints], patient=True)
    pipeline.work_off(None, lambda: None)
    time.sleep(0.01)
    pipeline.remove_missing(0.0001)
    pipeline.catch_up()


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("Sales/Offers/new.txt", "sales/OFFERS"),
        ("Sales/Offers/Deep/er/new.txt", "SALES/offers/deep"),
        ("Sales/Offers/Deep/er/new.txt", "SALES/offers/deep/ER"),
        ("B\u00fcro/new.txt", "Bu\u0308ro"),
        ("B\u00fcro/new.txt", "BU\u0308RO"),
        ("B\u00fcro/\u00c9t\u00e9/new.txt", "Bu\u0308ro/e\u0301te\u0301"),
    ],
)
def test_a_hint_in_another_spelling(folder: Path, tmp_path: Path, path: str, hint: str) -> None:
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        before = ids(pipeline)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"{COMMON} newest")
        take_in(pipeline, hint)
        assert found(pipeline, "newest") == {path}
        assert {*ids(pipeline)} == there(folder)
        assert ids(pipeline).items() >= before.items()


@pytest.mark.parametrize(
    ("old", "new", "hints"),
    [
        ("Sales", "SALES", ("", "Sales", "SALES")),
        ("Sales", "SALES", ("Sales/Offers", "SALES/Offers", "", "SALES")),
        ("Sales", "sales", ("Sales/Offers", "sales/Offers", "", "sales")),
        ("Sales/Offers", "Sales/OFFERS", ("Sales", "Sales/Offers", "Sales/OFFERS")),
        ("B\u00fcro", "Bu\u0308ro", ("", "B\u00fcro", "Bu\u0308ro")),
        ("Sales/Offers/s1.txt", "Sales/Offers/S1.TXT", ("Sales/Offers",)),
    ],
)
def test_a_rename_that_changes_the_spelling_only(
    folder: Path, tmp_path: Path, old: str, new: str, hints: tuple[str, ...]
) -> None:
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        before = ids(pipeline)
        (folder / old).rename(folder / new)
        assert (folder / new).name in {path.name for path in (folder / new).parent.iterdir()}
        take_in(pipeline, *hints)
        assert {*ids(pipeline)} == there(folder)
        assert {*ids(pipeline).values()} == {*before.values()}
