"""Saved copies of pages behind links: found with their link, never in its place, in the shell and on the page alike."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.app import building
from indexer.extract.html import COPY_MARK
from indexer.model.items import Extract, Passage
from indexer.model.links import Health, LinkMemory, LinkState
from indexer.model.readings import Reading, pack_passages
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from indexer.terms import postings
from tests.page.shown import settle

pytestmark = pytest.mark.browser


def link(address: str) -> str:
    return f"[InternetShortcut]\nURL={address}\n"


def copy(address: str, title: str, text: str) -> str:
    saved = f"<!-- saved from url=({len(address):04}){address} -->"
    return f"<!DOCTYPE html>\n{saved}\n<html><head>{COPY_MARK}<title>{title}</title></head><body><p>{text}</p></body></html>"


FILES = {
    "Sales/Tariffs.url": link("https://one.example/x"),
    "Sales/Tariffs.html": copy("https://www.one.example/x/", "Forged title", "A walrus on a stamp."),
    "Sales/Again.url": link("https://one.example/x"),
    "Prices.url": link("https://two.example/"),
    "Other/two.html": copy("https://two.example/", "Prices elsewhere", "A zeppelin of copper."),
    "Lone.html": copy("https://three.example/", "Lone article", "A tulip in the rain."),
    "Trick.txt": copy("https://one.example/x", "Trick", "A lemur."),
    "Trick.htm": copy("https://one.example/x", "Trick two", "A marmot."),
}
EXPECTED = {  # query: title, path, what it opens, the saved copy
    "walrus": [("Tariffs", "Sales/Tariffs.url", "https://one.example/x", "Sales/Tariffs.html")],
    "walrus in:Sales": [("Tariffs", "Sales/Tariffs.url", "https://one.example/x", "Sales/Tariffs.html")],
    "forged": [("Tariffs", "Sales/Tariffs.url", "https://one.example/x", "Sales/Tariffs.html")],
    "again": [("Again", "Sales/Again.url", "https://one.example/x", "")],
    "zeppelin": [("Prices elsewhere", "Other/two.html", "Other/two.html", "")],
    "prices": [("Prices", "Prices.url", "https://two.example/", "Other/two.html")],
    "tulip": [("Lone article", "Lone.html", "Lone.html", "")],
    "lemur": [("Trick", "Trick.txt", "Trick.txt", "")],
    "marmot": [("Trick two", "Trick.htm", "Trick.htm", "")],
}
Shown = tuple[str, str, str, str]
SHOWN = """rows => rows.map(row => [row.querySelector("a.title").textContent, row.dataset.path,
  row.querySelector("a.title").getAttribute("href"), row.querySelector("a.saved")?.getAttribute("href") ?? ""])"""


def told(folder: Path, settings: Settings, query: str) -> list[Shown]:
    found = asking.search(folder, settings, query, asking.SearchOptions(limit=20)).results
    return [
        (one.item.title, one.item.path, one.item.opened or one.item.path, one.saved or "") for one in found
    ]


def make(folder: Path, files: dict[str, str]) -> Settings:
    """Write the files; return settings for the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    settings = Settings(state_dir=folder.parent / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    return settings


def compare(page: Page, folder: Path, settings: Settings, expected: dict[str, list[Shown]]) -> None:
    """Check what the page shows for some queries, and that the shell and the page without its script show the same."""
    page.goto((folder / "index.html").as_uri())
    static = page.eval_on_selector_all("#results > li", SHOWN)
    expect(page.locator("#written")).not_to_contain_text("UTC")
    for query in (*expected, "type:link", "in:other", ""):
        page.evaluate("q => { location.hash = 'q=' + encodeURIComponent(q); }", query)
        expect(page.locator("#q")).to_have_value(query)
        page.wait_for_function("() => document.querySelector('#results').ariaBusy === 'false'")
        settle(page)
        rows = list(map(tuple, page.eval_on_selector_all("#results > li", SHOWN)))
        assert sorted(rows) == sorted(told(folder, settings, query)), query
        assert query not in expected or rows == expected[query], query
    assert list(map(tuple, static)) == rows


def test_a_copy_is_offered_with_its_link(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "Team"
    settings = make(folder, FILES)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    compare(page, folder, settings, EXPECTED)
    page.evaluate("location.hash = 'q=walrus'")
    expect(page.locator("#results > li .snippet mark")).to_have_text("walrus")
    expect(page.locator("#results > li details.copies")).to_have_count(0)


def test_a_broken_link_stands_back_for_one_that_leads_to_the_same_page(page: Page, tmp_path: Path) -> None:
    folder, now = tmp_path / "Team", datetime.now(UTC)
    old, new = "https://old.example/x", "https://new.example/y"
    settings = make(folder, {"Walrus.url": link(old), "New.url": link(new)})
    passages = pack_passages([Passage("A walrus.")])
    article = Reading("a", "a:x", Extract(), passages, postings.pack(["A walrus."]))
    checks = {
        old: [
            Health(LinkState.MOVED, now, 301, new),
            Health(LinkState.FAILING, now, 404, failures=1, since=now),
        ],
        new: [Health(LinkState.OK, now, 200)],
    }
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        links = pipeline.catalogue.links
        for due in links.due(now, 9):
            for health in checks[due.url]:
                with pipeline.catalogue.writing():
                    links.record(due, LinkMemory(health), None if health.failures else article, is_seen=True)
        pipeline.run_pass()
    expected = {
        "walrus": [("New", "New.url", new, "")],
        "is:broken": [("Walrus", "Walrus.url", old, "")],
    }
    compare(page, folder, settings, expected)


def test_a_conflict_copy_stands_back_for_its_file(page: Page, tmp_path: Path) -> None:
    folder, copy_of_it = tmp_path / "Team", "Plan.sync-conflict-20260101-101010-ABCDEFG.txt"
    settings = make(
        folder, {"Plan.txt": "The walrus.", copy_of_it: "The walrus as Ann has it: a walrus and a walrus."}
    )
    os.utime(folder / "Plan.txt", (1_700_000_000, 1_700_000_000))
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    plan, conflict = ("Plan", "Plan.txt", "Plan.txt", ""), (Path(copy_of_it).stem, copy_of_it, copy_of_it, "")
    compare(page, folder, settings, {"": [plan], "walrus": [plan], "ann": [conflict]})
    assert re.findall('data-path="(.+?)"', (folder / "index.html").read_text("utf-8")) == ["Plan.txt"]
