"""The corpus of real files: all of it goes through, and words from inside are found, by command and page."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from indexer.catalogue import Catalogue
from indexer.extract.kinds import suffix_of
from indexer.search import asking
from indexer.settings import Settings
from indexer.terms.words import tokens
from tests.page.conftest import page as page
from tests.page.test_equal import QUERIES, compare

from .conftest import Indexer

pytestmark = [pytest.mark.corpus, pytest.mark.timeout(900)]
SUPPORTED = ("pdf", "docx", "html", "txt", "md", "csv")
EACH = 8


class Scanned(Indexer):
    """The corpus, scanned."""

    @property
    def settings(self) -> Settings:
        """The settings it was scanned with."""
        return Settings(state_dir=self.state)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches take their time on a busy machine: what is found too late would be missing."""
    monkeypatch.setattr(asking, "TIME_LIMIT_S", 60.0)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    corpus = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    if not corpus.is_dir():
        pytest.skip("the corpus of real files is not here")
    top = tmp_path_factory.mktemp("corpus")
    made = Scanned(top / "corpus", top / "state", workers="")
    shutil.copytree(corpus, made.folder)
    made.scan()
    return made


def test_every_file_is_an_item_with_text_or_a_reason(scanned: Scanned) -> None:
    files = {
        path.relative_to(scanned.folder).as_posix()
        for path in scanned.folder.rglob("*")
        if path.is_file() and not path.is_relative_to(scanned.folder / "_index") and path.name != "index.html"
    }
    (database,) = scanned.state.rglob("catalogue.db")
    catalogue = Catalogue(database, readonly=True)
    items = {
        str(item.path): passages for item, _, passages in catalogue.items.live() if not item.is_list_entry
    }
    reasons = {str(failure.path): failure for failure in catalogue.failures.told(everything=True)}
    links = {str(item.path) for item, _, _ in catalogue.items.live() if item.url}
    catalogue.close()
    assert set(items) == files
    assert {path for path, passages in items.items() if not passages} - set(reasons) - links == set()
    assert {f.reason for f in reasons.values()} <= {
        "UNSUPPORTED", "NO_TEXT", "ENCRYPTED", "DAMAGED", "REFUSED"
    }, [f for f in reasons.values() if f.reason in ("CRASHED", "TIMED_OUT")]  # fmt: skip
    json.loads(scanned.ok("failed", "--all", "--json"))


def words_to_find(scanned: Scanned) -> list[tuple[str, str]]:
    """Some files of each format with a rare word from the middle of each."""
    chance = random.Random(5)
    (database,) = scanned.state.rglob("catalogue.db")
    catalogue = Catalogue(database, readonly=True)
    by_suffix: dict[str, list[tuple[str, str]]] = {}
    for item, _, _ in catalogue.items.live():
        text = catalogue.texts.of_item(item.id)
        if text is None or item.is_list_entry:
            continue
        forms = [t.form for t in tokens(" ".join(p.text for p in text.passages)[:60_000]) if t.form.isalpha()]
        long = [form for form in forms[len(forms) // 3 :] if 4 < len(form) < 30] or forms
        if long:
            by_suffix.setdefault(suffix_of(item.path), []).append((item.path, chance.choice(long)))
    catalogue.close()
    return [
        pair
        for suffix in SUPPORTED
        for pair in chance.sample(by_suffix[suffix], min(EACH, len(by_suffix[suffix])))
    ]


def test_words_from_inside_are_found(scanned: Scanned, browser: Browser) -> None:
    pairs = words_to_find(scanned)
    assert len(pairs) == EACH * len(SUPPORTED)
    page = browser.new_page()
    page.goto((scanned.folder / "index.html").as_uri())
    page.wait_for_timeout(500)
    for path, word in pairs:
        found = asking.search(scanned.folder, scanned.settings, word, asking.SearchOptions(limit=2000))
        assert path in {p for r in found.results for p in (r.item.path, *r.copies)}, word
        page.goto((scanned.folder / "index.html").as_uri() + "#q=" + word)
        page.wait_for_function(
            "n => document.querySelector('#summary').dataset.total === n"
            " && document.querySelector('#results').getAttribute('aria-busy') === 'false'",
            arg=str(found.total),
        )
    page.close()


def test_the_page_answers_as_the_command_does(scanned: Scanned, page: Page) -> None:
    compare(page, scanned.folder, scanned.settings, QUERIES)
