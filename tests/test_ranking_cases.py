"""The judged searches, asked of the product: a change of the ranking must not make answers worse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexer.model.results import SearchResults
from indexer.search import asking
from indexer.settings import Settings, load_settings
from tests import ranking_set
from tests.ranking_set import Judged

FLOOR = 0.855
"""Mean NDCG@10 of all judged searches; `scripts/bench/ranking.py` prints it next to that of other engines."""

PROJECT = Path(__file__).resolve().parents[1]
JUDGED = ranking_set.load()
LONG = [case for case in JUDGED if case.long]


@dataclass(frozen=True)
class Asked:
    """Both folders, indexed."""

    folders: dict[str, Path]
    settings: Settings

    def search(self, case: Judged) -> SearchResults:
        return asking.search(self.folders[case.folder], self.settings, case.query, asking.SearchOptions())

    def answers(self, case: Judged) -> list[set[str]]:
        """Return the answers in order, each with all the names it has."""
        return [{r.item.url or r.item.path, *r.copies} for r in self.search(case).results]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    top = tmp_path_factory.mktemp("ranking")
    folders = {"demo": top / "demo", "office": top / "office"}
    ranking_set.make_office(folders["office"])
    subprocess.run([sys.executable, PROJECT / "scripts" / "demo.py", folders["demo"]], check=True)
    (top / "config.toml").touch()
    chosen = {"INDEXER_EXTRACT_OCR": "false", "INDEXER_PAGE_ENABLED": "false"}
    for folder in folders.values():
        subprocess.run(
            [sys.executable, "-m", "indexer", "-q", "scan", str(folder)],
            env={**os.environ, **chosen, "INDEXER_STATE_DIR": str(top), "INDEXER_CONFIG": str(top / "config.toml")},
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    yield Asked(folders, load_settings(top / "config.toml", top, chosen))


def test_answers_are_as_good_as_they_were(asked: Asked) -> None:
    worth = {case.query: ranking_set.ndcg(asked.answers(case), case.grades) for case in JUDGED}
    worst = sorted(worth.items(), key=lambda pair: pair[1])[:8]
    assert sum(worth.values()) / len(worth) >= FLOOR, worst


def test_questions_in_plain_words_have_an_answer_at_the_top(asked: Asked) -> None:
    """All but one: there, one item has more of the question's words than those that answer it."""
    missed = {
        case.query: asked.answers(case)[:3]
        for case in LONG
        if not any(case.grades.get(name, 0) >= 2 for names in asked.answers(case)[:3] for name in names)
    }
    assert len(missed) <= 1, missed


def test_every_judged_answer_is_there(asked: Asked) -> None:
    """A grade for what isn't in the folder would count against every engine."""
    for name, folder in asked.folders.items():
        everything = asking.SearchOptions(limit=1000)
        found = asking.search(folder, asked.settings, "", everything).results
        there = {n for r in found for n in (r.item.url or r.item.path, *r.copies)}
        assert {n for case in JUDGED if case.folder == name for n in case.grades} <= there
