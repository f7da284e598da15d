"""Conflict copies: known by the names sync clients give, shown with the file they are copies of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.app import building
from indexer.app.status import folder_status
from indexer.model.conflict import conflict_base
from indexer.model.items import RelPath
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places

CASES = {
    "dropbox": ("Sales/Plan (Ann's conflicted copy 2026-11-20).docx", "Sales/Plan.docx"),
    "dropbox_case": ("Plan (Case Conflicted Copy).docx", "Plan.docx"),
    "dropbox_german": ("Plan (In Konflikt stehende Kopie von Ann 2026-11-20).docx", "Plan.docx"),
    "nextcloud": ("a/b/Plan (conflicted copy 2026-11-20 091244).md", "a/b/Plan.md"),
    "owncloud": ("Plan_conflict-20261120-091244.docx", "Plan.docx"),
    "syncthing": ("Plan.sync-conflict-20261120-091244-ABCDEFG.docx", "Plan.docx"),
    "google_drive": ("Plan [Conflict].docx", "Plan.docx"),
    "google_drive_2": ("Plan (Conflict 2).docx", "Plan.docx"),
    "onedrive_desktop": ("Plan-DESKTOP-4F7G2H1.docx", "Plan.docx"),
    "onedrive_laptop": ("Plan-LAPTOP-ANN.docx", "Plan.docx"),
    "no_suffix": ("README (conflicted copy 2026-11-20 091244)", "README"),
    "plain": ("Plan.docx", None),
    "numbered": ("Plan (1).docx", None),
    "a_text_about_conflicts": ("Conflict of interest.docx", None),
    "a_version": ("Plan-V2-FINAL.docx", None),
    "in_a_folder_of_that_name": ("Plan (conflicted copy)/x.docx", None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_names_of_conflict_copies(case: str) -> None:
    path, base = CASES[case]
    assert conflict_base(RelPath(path)) == base


def test_a_conflict_copy_is_one_result_with_its_file_and_told_by_status(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    base, copy = folder / "Plan.txt", folder / "Plan (conflicted copy 2026-11-20 091244).txt"
    copy.write_text("the plan for pumps, as Ann has it")
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)

    def found(query: str = "pumps") -> list[tuple[str, str | None, tuple[str, ...]]]:
        results = asking.search(folder, settings, query, asking.SearchOptions()).results
        return [(r.item.path, r.item.conflict_of, tuple(r.copies)) for r in results]

    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        assert found() == [(copy.name, None, ())]
        base.write_text("the plan for pumps")
        pipeline.run_pass()
        assert found() == [("Plan.txt", None, (copy.name,))]
        assert folder_status(folder, settings).conflicts == ((copy.name, "Plan.txt"),)
        os.utime(base, (1_700_000_000, 1_700_000_000))
        pipeline.run_pass()
        assert found("") == [("Plan.txt", None, (copy.name,))]  # though the copy is newer
        base.write_text("the plan for pumps, once more")
        pipeline.run_pass()
        assert found() == [("Plan.txt", None, (copy.name,))]
        base.unlink()
        pipeline.run_pass()
        assert found() == [(copy.name, None, ())]
        assert folder_status(folder, settings).conflicts == ()
