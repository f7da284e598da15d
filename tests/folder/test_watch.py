"""Hints of where something happened: real events of a real folder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from indexer.errors import FolderUnreadable
from indexer.folder.watch import Watcher

Hints = list[str | None]


@pytest.fixture(params=[None, 0.2], ids=["events", "polling"])
def watched(
    request: pytest.FixtureRequest, make_tree: Callable[[Mapping[str, str | bytes]], Path]
) -> Iterator[tuple[Path, Hints, Watcher]]:
    folder = make_tree({"a.txt": "x", "d/b.txt": "y", "_index/h.js": "z"})
    hints: Hints = []
    watcher = Watcher(folder, hints.append, {"_index", "index.html"}, poll_s=request.param)
    time.sleep(0.5)
    hints.clear()
    yield folder, hints, watcher
    watcher.stop()


def wait_for(hints: Hints, wanted: str | None) -> None:
    until = time.monotonic() + 10
    while wanted not in hints:
        assert time.monotonic() < until, hints
        time.sleep(0.05)


def test_directories_of_changes_are_hinted_at(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, hints, watcher = watched
    (folder / "d/new.txt").write_text("x")
    wait_for(hints, "d")
    (folder / "e/f").mkdir(parents=True)
    (folder / "e/f/deep.txt").write_text("x")
    wait_for(hints, "")
    shutil.move(folder / "d", folder / "e" / "moved")
    wait_for(hints, "e")
    assert watcher.is_well()


def test_reading_and_our_own_page_are_no_hints(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, hints, _ = watched
    (folder / "a.txt").read_text()
    (folder / "_index/h.js").write_text("new")
    (folder / "~syncthing~index.html.0123abcd.tmp").write_text("half")
    (folder / "~syncthing~index.html.0123abcd.tmp").replace(folder / "index.html")
    time.sleep(1.0)
    # an entry of the folder itself changed, which some systems tell as a change of the folder: one cheap look
    assert set(hints) <= {""}


def test_a_replaced_folder_is_noticed(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, _, watcher = watched
    folder.rename(folder.with_name("old"))
    assert not watcher.is_well()
    folder.mkdir()
    assert not watcher.is_well()


def test_a_missing_folder_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(FolderUnreadable, match="watched"):
        Watcher(tmp_path / "gone", lambda hint: None, ())
