"""The page in Firefox: the same answers as in Chromium, from `file://`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.page.firefox import Firefox, executable
from tests.page.test_page import build

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="Firefox is not installed"),
]

QUERIES = [
    "steel", "pumps", '"steel pump"', "stee*", "stell~", "type:text offer", "in:EU", "-offer", "offer OR tariff", "zzz", "",
    "title:tariffs", "after:2020 steel", "what is the tariff for steel", "résumé", "many",
]  # fmt: skip
STATE = """(() => ({busy: document.querySelector('#results').getAttribute('aria-busy'),
  state: document.documentElement.dataset.state, total: document.querySelector('#summary').dataset.total,
  marks: document.querySelectorAll('#results mark').length,
  paths: [...document.querySelectorAll('#results > li')].map(row => row.dataset.path)}))()"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    top = tmp_path_factory.mktemp("firefox")
    folder = top / "Team folder"
    (folder / "Sales" / "EU").mkdir(parents=True)
    (folder / "Sales/EU/tariffs.md").write_text("# EU tariffs 2026\n\nThe new tariff applies to steel.")
    (folder / "Sales/offer.txt").write_text("An offer for a steel pump, résumé included.")
    for number in range(30):
        (folder / f"many {number:02d}.txt").write_text(f"plenty of items, number {number}, of many")
    build(folder, top / "state")
    yield folder


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    started = Firefox(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


def settled(firefox: Firefox) -> Any:
    until = time.monotonic() + 15
    while True:
        time.sleep(0.3)
        found = firefox.evaluate(STATE)
        if found["busy"] == "false" or time.monotonic() > until:
            return found


def test_it_answers_as_chromium_does(firefox: Firefox, page: Page, folder: Path) -> None:
    address = (folder / "index.html").as_uri()
    for query in QUERIES:
        firefox.open("about:blank")
        firefox.open(f"{address}#q={quote(query)}")
        ours = settled(firefox)
        page.goto("about:blank")
        page.goto(f"{address}#q={quote(query)}")
        page.wait_for_timeout(200)
        expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
        assert ours == page.evaluate(STATE), query


def test_keys_and_more(firefox: Firefox, folder: Path) -> None:
    firefox.open("about:blank")
    firefox.open((folder / "index.html").as_uri())
    settled(firefox)
    firefox.press("/")
    firefox.press("plenty")
    found = settled(firefox)
    assert (found["total"], len(found["paths"])) == ("30", 20)
    assert found["marks"] >= 20
    firefox.evaluate("document.querySelector('#more').click()")
    assert len(settled(firefox)["paths"]) == 30
    assert "q=plenty" in firefox.evaluate("location.hash")
