"""Facts about an item change on the page without its text and its words being written again."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from indexer.model.items import ItemId
from indexer.model.links import FOUND_BY_IS, Health, LinkState
from indexer.page.edition import Edition
from indexer.page.entry import Facts
from indexer.page.pace import Extent
from tests.page.test_publishing import Folder, entry_of, small  # noqa: F401 - a fixture

HEALTH = "rows => rows.map(row => [row.dataset.id, row.dataset.health])"
TOLD = [ItemId(f"{number + 1:016x}") for number in range(100)]


def tell(folder: Folder, item_id: ItemId, online_only: bool) -> None:
    entry = folder.wanted.there[item_id]
    folder.wanted.put(replace(entry, item=entry.item._replace(online_only=online_only)))


def check(folder: Folder, item_id: ItemId, health: Health) -> None:
    entry = folder.wanted.there[item_id]
    folder.wanted.put(replace(entry, item=entry.item._replace(health=health)))


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


def found(page: Page, folder: Folder, query: str) -> list[str]:
    page.goto("about:blank")
    page.goto((folder.path / "index.html").as_uri() + "#q=" + quote(query))
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    ids: list[str] = page.eval_on_selector_all(
        "#results > li", "rows => rows.map(row => row.dataset.id).sort()"
    )
    return ids


@pytest.mark.browser
def test_how_a_link_is_changes_without_its_text_being_written_again(page: Page, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.publish(
        folder.wanted.put(
            *(entry_of(n, f"steel {n} " * 20, url=f"https://example.org/{n}") for n in range(100))
        )
    )
    moment = datetime(2026, 11, 3, tzinfo=UTC)
    states = {TOLD[1]: LinkState.GONE, TOLD[2]: LinkState.FAILING, TOLD[3]: LinkState.MOVED, TOLD[4]: LinkState.OK,
              TOLD[5]: LinkState.SIGN_IN, TOLD[6]: LinkState.REFUSED}  # fmt: skip
    for item_id, state in states.items():
        health = Health(state, moment, moved_to="https://example.com/new", since=moment)
        check(folder, item_id, health)
    written = folder.publish(list(states), extent=Extent.DUE).files
    assert {name[0] for name in written} <= {"h", "r"}
    check(folder, TOLD[1], Health(LinkState.GONE, moment + timedelta(days=7), 404, failures=9, since=moment))
    assert not folder.publish([TOLD[1]], extent=Extent.DUE).files, "nothing visible changed"
    folder.publish(None)
    html = (folder.path / "index.html").read_text("utf-8")
    told = [(str(item_id), str(state)) for item_id, state in states.items()]
    assert re.findall('data-id="([^"]*)" data-health="([^"]*)"', html) == told
    assert found(page, folder, "is:broken") == [TOLD[1], TOLD[2]]
    assert found(page, folder, "is:moved site:example.org") == [TOLD[3]]
    assert found(page, folder, "is:moved site:example.com") == []
    assert found(page, folder, "steel (1 OR 2 OR 3 OR 4 OR 5 OR 6)") == list(states)
    assert sorted(map(tuple, page.eval_on_selector_all("#results > li", HEALTH))) == told
    badges = page.eval_on_selector_all(".badge", "those => those.map(one => one.textContent).sort()")
    assert badges == [
        "Can’t be reached since 3 Nov 2026",
        "Gone since 3 Nov 2026",
        "Moved to example.com/new",
        "Needs a sign-in",
    ]
    assert page.get_attribute(f"li[data-id='{TOLD[3]}'] .badge a", "href") == "https://example.com/new"


@pytest.mark.browser
def test_the_state_told_last_is_the_one_that_is_found(page: Page, tmp_path: Path) -> None:
    """Whether it lies in a row, in marks, or in rows of a merged segment."""
    chance = random.Random(5)
    folder = Folder(tmp_path / "folder")
    states = list(LinkState)
    folder.publish(
        folder.wanted.put(
            *(
                entry_of(n, "", url=f"https://example.org/{n}", health=Health(states[n % 7]))
                for n in range(30)
            )
        )
    )
    for _ in range(2):
        for _ in range(8):
            changed = chance.sample(TOLD[:20], chance.choice([1, 2, 9]))
            for item_id in changed:
                check(folder, item_id, Health(chance.choice(states)))
            folder.publish(changed, extent=Extent.DUE)
        for value, wanted in FOUND_BY_IS.items():
            items = [entry.item for entry in folder.wanted.there.values()]
            expected = [item.id for item in items if item.health and item.health.state in wanted]
            assert found(page, folder, f"is:{value}") == sorted(expected)
    folder.memory = ""  # as on another machine: what is there is compared, and believed
    assert not [name for name in folder.publish(None, minutes=0).files if name[0] in "rta"]
