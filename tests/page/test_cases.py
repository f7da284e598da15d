"""Words, stems, queries and ranking are the same in the browser as in Python."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.model import Entry, Item, ItemId, Kind, Passage, Place, RelPath, SearchRequest
from indexer.page import PageEntry, publish
from indexer.page.render import ASSETS
from indexer.postings import pack

pytestmark = pytest.mark.browser
CASES = Path(__file__).parents[1] / "cases"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """A blank page with the page's modules but the one that needs its markup."""
    page = browser.new_page()
    for name in ("stemmers.js", "words.js", "query.js", "search.js"):
        page.add_script_tag(content=(ASSETS / name).read_text("utf-8"))
    yield page
    page.close()


def load(name: str) -> Any:
    return json.loads((CASES / name).read_text("utf-8"))


def test_words(scripts: Page) -> None:
    cases = load("words.json")
    got = scripts.evaluate(
        "cases => cases.map(c => tokens(c.text, c.language).map(t => [t.form, t.stem, ...t.others]))", cases
    )
    assert got == [case["tokens"] for case in cases]


def test_stems(scripts: Page) -> None:
    cases = load("stems.json")
    got = scripts.evaluate("words => words.map(word => stem(word))", [word for word, _ in cases])
    assert [(w, s) for (w, _), s in zip(cases, got, strict=True)] == [(w, s) for w, s in cases]


def test_stems_by_language(scripts: Page) -> None:
    for language, cases in load("stems_by_language.json").items():
        got = scripts.evaluate(
            "([words, language]) => words.map(word => stem(word, language))",
            [[w for w, _ in cases], language],
        )
        assert [[word, s] for (word, _), s in zip(cases, got, strict=True)] == cases, language


def test_queries(scripts: Page) -> None:
    cases = load("query.json")
    got = scripts.evaluate(
        "queries => queries.map(q => parseQuery(q, new Date('2026-11-24T00:00:00Z')))",
        [c["query"] for c in cases],
    )
    for case, tree in zip(cases, got, strict=True):
        assert tree == case["tree"], case["query"]


WORDS = [
    "steel",
    "tariff",
    "tariffs",
    "pump",
    "pumps",
    "seal",
    "glycol",
    "résumé",
    "flange",
    "offer",
    "offers",
    "price",
    "2027",
    "k2",
]
QUERIES = [
    "steel", "tariffs", "steel pump", "seal OR flange -offer", "pri* pump", "(glycol OR steel) -(pump OR seal)", "resume",
    "type:pdf steel", "in:EU", "in:sales tariff", "-pump", "", "zzz steel", "steel tariff pump seal zzz", "of*", "k2 2027",
    "type:pdf", "NOT type:pdf seal", "price AND offer",
]  # fmt: skip


def make_entries(seed: int) -> list[PageEntry]:
    chance = random.Random(seed)
    made = []
    for number in range(120):
        text = " ".join(chance.choices(WORDS, weights=range(len(WORDS), 0, -1), k=chance.randrange(1, 60)))
        moment = NOW - timedelta(hours=chance.randrange(1, 20_000))
        folder = chance.choice(["", "Sales/", "Sales/EU/", "Quality/"])
        item = Item(
            id=ItemId(f"{number:016x}"), path=RelPath(f"{folder}f{number:03d}.txt"), kind=chance.choice(list(Kind)[:4]),
            title=" ".join(chance.choices(WORDS, k=chance.randrange(3))), author="", tags=(), note="", url=None, size=9,
            modified=moment, added=moment, digest=str(chance.randrange(200)),
        )  # fmt: skip
        language = chance.choice(["en", "en", "de", ""])
        made.append(PageEntry(item, pack([text], language=language), (Passage(text),)))
    return sorted(made, key=lambda entry: entry.item.path.encode())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ranking_is_that_of_the_reference(page: Page, tmp_path: Path, seed: int) -> None:
    entries = make_entries(seed)
    reference = MemoryIndex()
    reference.apply([Entry(n + 1, e.item.id, e.item, e.terms) for n, e in enumerate(entries)], Place("e", 1))
    publish(tmp_path, lambda: iter(entries), title="Test", text_kb=64, written_at=NOW)
    page.goto((tmp_path / "index.html").as_uri())
    for text in QUERIES:
        expected = reference.search(
            SearchRequest(parse(text), limit=500, now=datetime.now(UTC), proximity=False)
        )
        page.fill("#q", text)
        page.press("#q", "Enter")
        page.wait_for_function(
            "() => document.querySelector('#results').getAttribute('aria-busy') === 'false'"
        )
        page.wait_for_timeout(120)
        page.wait_for_function(
            "() => document.querySelector('#results').getAttribute('aria-busy') === 'false'"
        )
        while page.locator("#more").is_visible():
            shown = page.locator("#results > li").count()
            page.click("#more")
            page.wait_for_function("n => document.querySelectorAll('#results > li').length > n", arg=shown)
        got = page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.id)")
        assert page.get_attribute("#summary", "data-total") == str(expected.total), text
        # an item may stand for its copies on one side and be a copy on the other where scores are equal
        assert got[:10] == [hit.id for hit in expected.hits][:10], text
        assert set(got) == {hit.id for hit in expected.hits}, text
