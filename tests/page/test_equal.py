"""The page and the command line give equal answers to queries of every form, over real folders."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from indexer.app import building
from indexer.model.items import Item, Kind
from indexer.model.results import Result
from indexer.search import asking
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from indexer.terms.words import tokens
from tests.page.test_answers import open_page

pytestmark = pytest.mark.browser
PROJECT = Path(__file__).parents[2]
QUERIES = 150
"""So many over each folder; the corpus of real files is one, in `tests/contract/test_real_files.py`."""
LEAST_OVERLAP = 0.97

ANSWER = """async ({text, now}) => {
  const found = await search(index, parseQuery(text, new Date(now)), {now});
  const rows = await Promise.all(found.docs.slice(0, 20).map(doc => index.about(doc)));
  const every = [];
  for (const doc of found.docs.slice(0, 2000)) {
    every.push(...[doc, ...found.copies.get(doc) ?? []].map(async one => (await index.about(one)).id));
  }
  return {total: found.total, relaxed: found.relaxed > 0, complete: found.complete, ids: await Promise.all(every),
    first: rows.map(row => [row.id, row.path])};
}"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches take their time on a busy machine: what is found too late would be missing."""
    monkeypatch.setattr(asking, "TIME_LIMIT_S", 60.0)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Settings]]:
    top = tmp_path_factory.mktemp("equal")
    subprocess.run([sys.executable, PROJECT / "scripts" / "demo.py", top / "demo"], check=True)
    yield index(top / "demo", top / "state")


def index(folder: Path, state: Path) -> tuple[Path, Settings]:
    settings = Settings(state_dir=state, extract=ExtractSettings(ocr=False))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
    return folder, settings


def facts_of(folder: Path, settings: Settings) -> tuple[list[str], list[list[str]], list[Any]]:
    """Return words of the items, runs of words as they stand, and the items."""
    state = places.state_of(folder, settings)
    from indexer.catalogue import Catalogue
    from indexer.model.readings import unpack_passages

    catalogue = Catalogue(state / places.DATABASE, readonly=True)
    chance, words, runs, items = random.Random(1), set(), [], []
    for item, _, passages in catalogue.items.live():
        items.append(item)
        text = " ".join(passage.text for passage in unpack_passages(passages)[:3])[:4000]
        found = [text[token.start : token.end] for token in tokens(f"{item.title} {text}")]
        words.update(chance.sample(found, min(len(found), 8)))
        if len(found) > 4:
            at = chance.randrange(len(found) - 4)
            runs.append(found[at : at + 4])
    catalogue.close()
    return sorted(words), runs, items


def make_queries(folder: Path, settings: Settings, count: int) -> list[str]:
    """Return queries of every form, made of what is in the folder."""
    words, runs, items = facts_of(folder, settings)
    chance = random.Random(7)
    pick = chance.choice

    def misspelled() -> str:
        word = pick([word for word in words if len(word) > 5])
        at = chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1 :]

    def named(field: str, values: list[str]) -> str:
        values = [value for value in values if value]
        return f'{field}:"{pick(values)}"' if values else pick(words)

    forms: list[Callable[[], str]] = [
        lambda: pick(words), lambda: f"{pick(words)} {pick(words)}", lambda: " ".join(pick(runs)[:3]),
        lambda: f'"{" ".join(pick(runs)[: chance.randrange(2, 4)])}"', lambda: pick(words)[:4] + "*",
        lambda: pick(words) + "~", misspelled, lambda: misspelled() + "~", lambda: f"{pick(words)} -{pick(words)}",
        lambda: f"{pick(words)} OR {pick(words)}", lambda: f"({pick(words)} OR {pick(words)}) NOT {pick(words)}",
        lambda: f"type:{pick(items).kind} {pick(words)}", lambda: f"type:{pick(items).kind}",
        lambda: named("in", [item.folders[0] for item in items if item.folders]) + " " + pick(words),
        lambda: named("by", [item.author for item in items]), lambda: named("tag", [t for i in items for t in i.tags]),
        lambda: named("title", [item.title for item in items]), lambda: f"after:2026-0{chance.randrange(1, 9)} {pick(words)}",
        lambda: f"before:2026-1{chance.randrange(1)} after:1y", lambda: "after:3d " + pick(words),
        lambda: f"what is the {pick(words)} of {pick(words)} and {pick(words)}?", lambda: f"{pick(words)} zzqqzz",
        lambda: "zzqq" + pick(words), lambda: " ".join(pick(words) for _ in range(5)), lambda: "", lambda: f"-{pick(words)}",
        lambda: named("site", [item.site for item in items]), lambda: "-is:broken " + pick(words), lambda: "is:moved",
    ]  # fmt: skip
    return [forms[n % len(forms)]() for n in range(count)]


def key(result: Result) -> tuple[float, int]:
    """Return what results are put in order by; those that are equal in it may come in any."""
    return round(result.score, 6), int(result.item.date.timestamp())


def has_notes(item: Item) -> bool:
    """Tell whether an item may be shown for a note on it, or an answer, which has another id."""
    return item.said.is_noted or item.kind is Kind.QUESTION


def compare(page: Page, folder: Path, settings: Settings, count: int) -> None:
    import time

    open_page(page, folder / "_index")
    overlaps = []
    for text in make_queries(folder, settings, count):
        expected = asking.search(folder, settings, text, asking.SearchOptions(limit=2000, snippets=False))
        got = page.evaluate(ANSWER, {"text": text, "now": time.time() * 1000})
        assert (got["total"], got["relaxed"]) == (expected.total, expected.relaxed), repr(text)
        if expected.complete:
            ids = {result.item.id for result in expected.results if not has_notes(result.item)}
            assert ids <= set(got["ids"]), text
            count = sum(1 + len(result.copies) for result in expected.results)
            has_all = len(got["ids"]) == count or any(has_notes(result.item) for result in expected.results)
            assert has_all and len(got["ids"]) >= count, text
        first = [result for result in expected.results[:10] if not has_notes(result.item)]
        alike = {result.item.id for result in expected.results if first and key(result) == key(first[-1])}
        may_be = {result.item.id for result in first} | alike
        overlaps.append(len(may_be & {one for one, _ in got["first"][:10]}) / len(first) if first else 1.0)
        assert overlaps[-1] >= 0.5, text
    assert sum(overlaps) / len(overlaps) >= LEAST_OVERLAP, overlaps


def test_over_the_demo(page: Page, demo: tuple[Path, Settings]) -> None:
    compare(page, *demo, QUERIES)


def test_what_is_shown_is_what_the_command_prints(page: Page, demo: tuple[Path, Settings]) -> None:
    folder, settings = demo
    for text in (
        "pump",
        '"shaft seal"',
        "tarif*",
        "type:pdf manual",
        "what does the customer complain about",
    ):
        command = [sys.executable, "-m", "indexer", "--state-dir", settings.state_dir, "search", "--folder", folder,
                   "--json", "-n", "20", "--", text]  # fmt: skip
        done = subprocess.run(
            list(map(str, command)), capture_output=True, check=False, encoding="utf-8", cwd=PROJECT
        )
        said = json.loads(done.stdout)
        page.goto("about:blank")
        page.goto((folder / "index.html").as_uri() + f"#q={text}")
        expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
        assert page.get_attribute("#summary", "data-total") == str(said["total"]), text
        ids = page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.id)")
        assert ids == [result["id"] for result in said["results"]], text
