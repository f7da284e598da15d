"""Facts about an item change on the page without its text and its words being written again."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.model.items import ItemId
from indexer.page.edition import Edition
from indexer.page.entry import Facts
from indexer.page.pace import Extent
from tests.page.test_publishing import Folder, entry_of, small  # noqa: F401 - a fixture

TOLD = [ItemId(f"{number + 1:016x}") for number in range(100)]


def tell(folder: Folder, item_id: ItemId, online_only: bool) -> None:
    entry = folder.wanted.there[item_id]
    folder.wanted.put(replace(entry, item=entry.item._replace(online_only=online_only)))


def facts(folder: Folder) -> dict[str, Facts]:
    return {row.id: row.facts for row in Edition.read(folder.files, folder.heads[0]).rows()}


def test_a_change_of_facts_alone_writes_a_head_and_nothing_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.publish(folder.wanted.put(*(entry_of(n, f"text {n} " * 20) for n in range(100))))
    tell(folder, TOLD[3], True)
    written = folder.publish([TOLD[3]], extent=Extent.DUE).files
    assert {name[0] for name in written} == {"h"}, written
    assert sum(written.values()) < 2_000
    assert facts(folder)[TOLD[3]] == Facts(online_only=True)
    tell(folder, TOLD[3], False)
    folder.publish([TOLD[3]])
    assert facts(folder)[TOLD[3]] == Facts()
    assert not folder.publish(None, minutes=0).files
    for item_id in TOLD[:50]:
        tell(folder, item_id, True)
    written = folder.publish(TOLD[:50], extent=Extent.DUE).files
    assert {name[0] for name in written} <= {"h", "r"}, "many go to a sealed segment"
    assert sum(one.online_only for one in facts(folder).values()) == 50


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_told_in_whatever_order_the_last_counts(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, f"text {n}") for n in range(30))))
    for step in range(60):
        changed = chance.sample(TOLD[:30], chance.choice([1, 1, 2, 9]))
        for item_id in changed:
            tell(folder, item_id, chance.random() < 0.5)
        new = folder.wanted.put(*(entry_of(40 + step, f"new {n}") for n in range(chance.choice([0, 0, 1]))))
        folder.publish([*changed, *new], extent=Extent.DUE)
        wanted = {entry.item.id: Facts(entry.item.online_only) for entry in folder.wanted.there.values()}
        assert facts(folder) == wanted
    assert not folder.publish(None, minutes=0, extent=Extent.DUE).files
    folder.memory = ""
    assert not [name for name in folder.publish(None, minutes=0).files if name[0] in "rta"]


@pytest.mark.browser
def test_the_browser_shows_the_facts_that_were_told_last(page: Page, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.publish(folder.wanted.put(*(entry_of(n, f"steel {n}") for n in range(5))))
    tell(folder, TOLD[3], True)
    folder.publish([TOLD[3]])
    page.goto((folder.path / "index.html").as_uri() + "#q=steel")
    expect(page.locator("#results > li")).to_have_count(5)
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    shown = page.eval_on_selector_all("#results > li:has(.badge)", "rows => rows.map(row => row.dataset.id)")
    assert shown == [TOLD[3]]
