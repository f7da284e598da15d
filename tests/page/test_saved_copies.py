"""Saved copies of pages behind links: found with their link, never in its place, in the shell and on the page alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.app import building
from indexer.extract.html import COPY_MARK
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
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
SHOWN = """rows => rows.map(row => [row.querySelector("a.title").textContent, row.dataset.path,
  row.querySelector("a.title").getAttribute("href"), row.querySelector("a.saved")?.getAttribute("href") ?? ""])"""


def told(folder: Path, settings: Settings, query: str) -> list[tuple[str, str, str, str]]:
    found = asking.search(folder, settings, query, asking.SearchOptions(limit=20)).results
    return [
        (one.item.title, one.item.path, one.item.opened or one.item.path, one.saved or "") for one in found
    ]


def test_a_copy_is_offered_with_its_link(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "Team"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    page.goto((folder / "index.html").as_uri())
    static = page.eval_on_selector_all("#results > li", SHOWN)
    expect(page.locator("#written")).not_to_contain_text("UTC")
    for query in (*EXPECTED, "type:link", "in:other", ""):
        page.evaluate("q => { location.hash = 'q=' + encodeURIComponent(q); }", query)
        expect(page.locator("#q")).to_have_value(query)
        page.wait_for_function("() => document.querySelector('#results').ariaBusy === 'false'")
        settle(page)
        rows = list(map(tuple, page.eval_on_selector_all("#results > li", SHOWN)))
        assert sorted(rows) == sorted(told(folder, settings, query)), query
        assert query not in EXPECTED or rows == EXPECTED[query], query
    assert list(map(tuple, static)) == rows
    page.evaluate("location.hash = 'q=walrus'")
    expect(page.locator("#results > li .snippet mark")).to_have_text("walrus")
    expect(page.locator("#results > li details.copies")).to_have_count(0)
