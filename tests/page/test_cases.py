"""Words, stems and queries are the same in the browser as in Python; `test_answers.py` holds the rest to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from indexer.page.script import bundle

pytestmark = pytest.mark.browser
CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """A blank page with what reads words and queries."""
    page = browser.new_page()
    page.add_script_tag(content=bundle("query.js", "stored_row.js"))
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


def test_rows(scripts: Page) -> None:
    """What Python refuses to read back must do no harm in the browser."""
    cases = load("rows.json")
    got = scripts.evaluate(
        "texts => texts.map(text => JSON.parse(text)).map(({row, facts}) => decodeRow(row, facts))",
        [json.dumps(case) for case in cases],
    )
    for case, shown in zip(cases, got, strict=True):
        if "shown" in case:
            assert shown == case["shown"], case["row"]
        assert shown["href"] == case.get("href", shown["href"])
        assert all(address.lower().startswith(("http", "mailto:")) for address, _ in shown["links"])
        assert not shown["url"] or shown["url"].lower().startswith(("http", "mailto:"))
