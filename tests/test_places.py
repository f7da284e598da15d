"""Which known folder the current directory lies in, as each system compares names."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from indexer.errors import UserError
from indexer.settings import Settings
from indexer.state import places


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a state that knows of `Büro` and `Other`; we stand in a directory of `BÜRO`, written otherwise."""
    monkeypatch.delenv("INDEXER_FOLDER", raising=False)
    for name in ("B\u00fcro", "Other"):
        known = tmp_path / "state/folders" / name
        known.mkdir(parents=True)
        (known / "folder.json").write_text(json.dumps({"folder": str(tmp_path / name)}))
    (tmp_path / "BU\u0308RO/in it").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "BU\u0308RO/in it")
    return dataclasses.replace(Settings(), state_dir=tmp_path / "state")


def test_windows_and_macos_take_no_notice_of_case_and_composition(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_FOLDS_NAMES", True)
    assert places.resolve_folder(None, settings) == tmp_path / "B\u00fcro"


def test_other_systems_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_FOLDS_NAMES", False)
    with pytest.raises(UserError, match="2 folders are known"):
        places.resolve_folder(None, settings)


def test_a_directory_that_was_deleted_lies_nowhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    with pytest.raises(UserError, match="2 folders are known"):
        places.resolve_folder(None, settings)
