"""Notes on the page: shown with their item, found by their words, in the same results as in the shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.app import building
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from tests.page.shown import settle

pytestmark = pytest.mark.browser
FILES = {
    "Sales/Offer.txt": "Steel pumps for the harbour.",
    "Sales/Offer.txt.note.ann.md": "---\nlevel: critical\n---\nThe price hides a <b>zeppelin</b> clause.",
    "Sales/Offer.txt.note.bo.md": "Harbour, harbour, harbour, harbour.",
    "Sales/Offer.txt.note.cy.md": "---\nwithdraws: Offer.txt.note.dan.md\n---\n",
    "Sales/Offer.txt.note.dan.md": "A walrus, said too early.",
    "Copy of offer.txt": "Steel pumps for the harbour.",
    "Links.txt": "Steel prices https://example.org/steel\nCustoms https://example.org/customs\n",
    "Links.txt.note.md": "---\nitem: https://example.org/steel\nby: Ann <ann@example.org>\n---\nThe index of a tulip.",
    "Gone.txt.note.md": "An orphan.",
}
QUERIES = (
    "harbour", "zeppelin", "offer clause", "tulip", "walrus", "orphan", "by:ann", "type:note", "type:note harbour",
    "type:link", "in:Sales", "-zeppelin", "steel", "zeppelin in:Sales",
)  # fmt: skip
SHOWN = """rows => rows.map(row => [row.dataset.path, row.querySelector("a.title").textContent,
  [...row.querySelectorAll(".note[data-level]")].map(note => [note.dataset.level, note.textContent])])"""


def test_notes_are_shown_with_their_item_as_in_the_shell(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "Team"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    page.goto((folder / "index.html").as_uri())
    expect(page.locator("#written")).not_to_contain_text("UTC")
    for query in ("", *QUERIES):
        page.evaluate("q => { location.hash = 'q=' + encodeURIComponent(q); }", query)
        expect(page.locator("#q")).to_have_value(query)
        page.wait_for_function("() => document.querySelector('#results').ariaBusy === 'false'")
        settle(page)
        rows = page.eval_on_selector_all("#results > li", SHOWN)
        expected = asking.search(folder, settings, query, asking.SearchOptions(limit=20)).results
        assert sorted((path, title) for path, title, _ in rows) == sorted(
            (result.item.path, result.item.title) for result in expected
        ), query
        assert {(path, title): [level for level, _ in notes] for path, title, notes in rows} == {
            (result.item.path, result.item.title): [note.level for note in result.notes]
            for result in expected
        }, query
    page.evaluate("location.hash = 'q=clause'")
    found = page.locator('#results > li[data-path="Sales/Offer.txt"]')
    expect(found.locator(".snippet mark")).to_have_text("clause")
    note = found.locator('.note[data-level="critical"]')
    expect(note).to_have_text("ann Critical The price hides a <b>zeppelin</b> clause.")
    expect(found.locator("details.copies")).to_have_count(0)
    assert found.locator("a.title").get_attribute("href") == "Sales/Offer.txt"
    html = (folder / "index.html").read_text("utf-8")
    assert html.count('class="note" data-level="critical"') == 1
    assert "walrus" not in html
