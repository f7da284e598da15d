"""Killed at any moment, then scanned again: the same items and searches as an undisturbed run, and no stuck lock."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue

from .conftest import Indexer

KILLS = int(os.environ.get("INDEXER_TEST_KILLS", "8"))
QUERIES = ("report", "the", "table -pdf", "type:pdf", "docum*", '"of the"', "word~", "")


def picture(indexer: Indexer) -> dict[str, tuple[object, ...]]:
    (database,) = indexer.state.rglob("catalogue.db")
    catalogue = Catalogue(database, readonly=True)
    seen: dict[str, tuple[object, ...]] = {
        f"{item.path} {item.url}": (item.kind, item.title, item.digest, item.size, passages)
        for item, _, passages in catalogue.items.live()
    }
    seen["failures"] = tuple((f.path, f.reason) for f in catalogue.failures.told(everything=True))
    catalogue.close()
    return seen


def answers(indexer: Indexer) -> list[object]:
    found = [indexer.json("-n", "1000", "--sort", "name", "--", query) for query in QUERIES]
    return [(f["total"], f["relaxed"], sorted(r["path"] for r in f["results"])) for f in found]


@pytest.mark.corpus
@pytest.mark.timeout(400)
def test_kills(indexer: Indexer, corpus: Path, tmp_path: Path) -> None:
    chance = random.Random(30)
    names = sorted(path for path in corpus.rglob("*") if path.is_file() and path.stat().st_size < 400_000)
    for path in chance.sample(names, 250):
        target = indexer.folder / path.relative_to(corpus)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    kill_again_and_again(indexer, tmp_path, chance, KILLS)


@pytest.mark.skipif(sys.platform != "win32", reason="test_kills.py kills here")
def test_kills_of_scans_of_a_few_texts(indexer: Indexer, tmp_path: Path) -> None:
    chance = random.Random(31)
    for number in range(60):
        path = indexer.folder / f"d{number % 7}" / f"report {number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(" ".join(chance.choices("the document of table words".split(), k=500)), "utf-8")
    kill_again_and_again(indexer, tmp_path, chance, 4)


def kill_again_and_again(indexer: Indexer, tmp_path: Path, chance: random.Random, kills: int) -> None:
    """Scan, killed several times at any moment, and then to the end: nothing may differ."""
    undisturbed = replace(indexer, state=tmp_path / "undisturbed")
    began = time.monotonic()
    undisturbed.scan()
    took_s = time.monotonic() - began
    env = indexer.environment(XDG_CONFIG_HOME=str(indexer.state))
    del env["INDEXER_CONFIG"]
    for round_number in range(kills):
        if round_number % 4 == 0:
            shutil.rmtree(indexer.state, ignore_errors=True)
        scan = indexer.begin(
            "scan",
            str(indexer.folder),
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            scan.wait(chance.uniform(0.1, 1.0) * took_s)
        except subprocess.TimeoutExpired:
            scan.kill()
            scan.wait(60)
    indexer.scan()
    assert picture(indexer) == picture(undisturbed)
    assert answers(indexer) == answers(undisturbed)
