"""Online-only files are known by their metadata, as clients on Windows and macOS mark them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from indexer.app import building
from indexer.files.opening import is_online_only
from indexer.folder.scan import scan as real_scan
from indexer.model.items import RelPath, Snapshot
from indexer.settings import PageSettings, Settings
from indexer.state import places
from tests.wine import IS_WINE


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"st_file_attributes": 0x400020}, True),  # OneDrive, online only
        ({"st_file_attributes": 0x501620}, True),  # the same, older
        ({"st_file_attributes": 0x80420}, False),  # always kept on this device
        ({"st_file_attributes": 0x20}, False),
        ({"st_flags": 0x40000000}, True),  # macOS: dataless
        ({"st_flags": 0}, False),
        ({}, False),
    ],
)
def test_marks(facts: dict[str, int], expected: bool) -> None:
    status: Any = SimpleNamespace(st_mode=0o100644, **facts)
    assert is_online_only(status) is expected


def test_online_only_files_are_items_that_are_never_opened(
    make_tree: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "beta"})
    settings = replace(Settings(), state_dir=tmp_path / "state", page=PageSettings(enabled=False))
    away = {RelPath("b.txt")}

    def scan(*arguments: Any) -> Snapshot:
        seen = real_scan(*arguments)
        return seen._replace(files={p: s._replace(online_only=p in away) for p, s in seen.files.items()})

    monkeypatch.setattr("indexer.pipeline.look.scan", scan)
    places.register(folder, settings)
    before = (folder / "b.txt").stat().st_atime_ns
    os.utime(folder / "b.txt", ns=(before - 10**12, (folder / "b.txt").stat().st_mtime_ns))
    with building.open_pipeline(folder, settings) as line:
        line.run_pass()
        items = {item.path: (item.online_only, bool(text)) for item, _, text in line.catalogue.items.live()}
        assert items == {"a.txt": (False, True), "b.txt": (True, False)}
        assert (
            IS_WINE or (folder / "b.txt").stat().st_atime_ns == before - 10**12
        )  # it sets no time of access
        assert line.catalogue.items.count_online_only() == 1
        away.clear()  # it was downloaded: read now
        away.add(RelPath("a.txt"))  # and this one was sent away: its text stays
        line.run_pass()
        items = {item.path: (item.online_only, bool(text)) for item, _, text in line.catalogue.items.live()}
        assert items == {"a.txt": (True, True), "b.txt": (False, True)}
