"""While it changes: publishes happen under an open page, and their files arrive in any order; every answer is a true one."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from indexer.model import ItemId
from indexer.page import Extent, PageEntry
from tests.page.test_answers import open_page
from tests.page.test_publishing import Folder, entry_of

pytestmark = pytest.mark.browser

PUBLISHES = int(os.environ.get("INDEXER_TEST_PUBLISHES", "150"))
WORDS = "steel tariff pump seal glycol flange offer price audit".split()
ASK = """async word => {
  const found = await search(index, parseQuery(word), {now: 0});
  const docs = found.docs.slice(0, 1000).flatMap(doc => [doc, ...found.copies.get(doc) ?? []]);
  return (await Promise.all(docs.map(async doc => (await index.about(doc))?.id))).sort();
}"""
NEWER = "async () => { if (await index?.newer()) index.switch(); }"


@pytest.fixture
def quiet(browser: Browser) -> Iterator[Page]:
    """A page that may miss files, which a browser logs as errors."""
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    context.close()


class Story:
    """A folder that changes, and what was true after each publish."""

    def __init__(self, path: Path, seed: int) -> None:
        self.folder, self.chance = Folder(path), random.Random(seed)
        self.truths: list[dict[str, list[str]]] = []
        self._serial = 0
        self.folder.publish(self.folder.wanted.put(*(self._entry() for _ in range(60))))
        self._note()

    def _entry(self) -> PageEntry:
        self._serial += 1
        return entry_of(self._serial, " ".join([*self.chance.choices(WORDS, k=3), f"only{self._serial}"]))

    def step(self) -> None:
        """Change something and publish it."""
        wanted, changed = self.folder.wanted, []
        for _ in range(self.chance.choice([1, 1, 1, 3])):
            what = self.chance.random()
            there = list(wanted.there)
            if what < 0.4:
                changed += wanted.put(self._entry())
            elif what < 0.8:
                number = int(self.chance.choice(there), 16) - 1
                changed += wanted.put(entry_of(number, " ".join(self.chance.choices(WORDS, k=3))))
            else:
                changed.append(self.chance.choice(there))
                del wanted.there[changed[-1]]
        self.folder.publish(list(dict.fromkeys(changed)), extent=Extent.DUE)
        self._note()

    def _note(self) -> None:
        there = self.folder.wanted.there.values()
        self.truths.append(
            {word: sorted(e.item.id for e in there if word in e.passages[0].text.split()) for word in WORDS}
        )


def test_searches_stay_true_while_publishes_happen_under_an_open_page(quiet: Page, tmp_path: Path) -> None:
    story = Story(tmp_path / "folder", 1)
    open_page(quiet, story.folder.directory)
    seen = 0  # the latest state that an answer was true of
    for number in range(PUBLISHES):
        story.step()
        word = story.chance.choice(WORDS)
        got = quiet.evaluate(ASK, word)
        true = [n for n in range(seen, len(story.truths)) if story.truths[n][word] == got]
        assert true, (number, word)
        seen = true[0]
        if number % 7 == 6:
            quiet.evaluate(NEWER)
            seen = len(story.truths) - 1
            assert quiet.evaluate(ASK, word) == story.truths[-1][word]


class Mirror:
    """A copy of a folder that files reach one at a time, in any order, as a sync client brings them."""

    def __init__(self, source: Path, target: Path, chance: random.Random) -> None:
        self.source, self.target, self.chance = source, target, chance
        self._waiting: dict[str, bytes | None] = {}
        self._sent: dict[str, bytes] = {}
        target.mkdir()

    def note(self) -> None:
        """Take in what differs; a newer content replaces one that still waits."""
        now = {path.name: path.read_bytes() for path in self.source.iterdir()}
        for name in now.keys() | self._sent.keys():
            if now.get(name) != self._sent.get(name):
                self._waiting[name] = now.get(name)
        self._sent = now

    def bring(self, count: int) -> None:
        """Bring so many files, or what there is."""
        for _ in range(min(count, len(self._waiting))):
            name = self.chance.choice(sorted(self._waiting))
            content = self._waiting.pop(name)
            if content is None:
                (self.target / name).unlink(missing_ok=True)
            else:
                (self.target / name).write_bytes(content)

    @property
    def is_done(self) -> bool:
        return not self._waiting


@pytest.mark.parametrize("seed", range(4))
def test_files_may_arrive_in_any_order(quiet: Page, tmp_path: Path, seed: int) -> None:
    story = Story(tmp_path / "folder", seed)
    (tmp_path / "other").mkdir()
    mirror = Mirror(story.folder.directory, tmp_path / "other" / "_index", random.Random(seed))
    mirror.note()
    mirror.bring(10_000)
    open_page(quiet, mirror.target)
    opened = 0
    for number in range(40):
        story.step()
        mirror.note()
        mirror.bring(mirror.chance.randrange(9))
        word = mirror.chance.choice(WORDS)
        if number % 3 == 2:
            quiet.evaluate(NEWER)
        if number % 5 == 4 and _opens(quiet, mirror.target):
            opened += 1
        got = _answer(quiet, word)
        assert got is None or any(truth[word] == got for truth in story.truths), (number, word)
        if (
            got is None
        ):  # nothing whole is here: the newest head came before its files, the one before held what is gone
            mirror.bring(10_000)
            assert _opens(quiet, mirror.target)
            assert _answer(quiet, word) == story.truths[-1][word]
    mirror.bring(10_000)
    assert mirror.is_done
    quiet.evaluate(NEWER)
    for word in WORDS:
        assert quiet.evaluate(ASK, word) == story.truths[-1][word]
    assert opened


def _opens(page: Page, directory: Path) -> bool:
    """Open the page anew; tell whether there was anything whole to open."""
    try:
        open_page(page, directory)
    except PlaywrightError:
        return False
    return True


def _answer(page: Page, word: str) -> list[str] | None:
    """Return the ids found; None where no state is whole."""
    found: list[str] | str = page.evaluate(
        f"async word => {{ try {{ return await ({ASK})(word); }} catch (error) {{ return String(error.stack); }} }}",
        word,
    )
    if isinstance(found, str):
        assert any(said in found for said in ("LostFile", "Moved", "missing", "reading 'run'")), found
        return None
    return found


def test_the_notice_offers_the_newer_state(page: Page, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, f"steel {n}") for n in range(30))))
    page.clock.install()
    page.goto((folder.path / "index.html").as_uri())
    page.wait_for_timeout(800)  # the list is there before the script has begun
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    shown = page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.id)")
    newest = entry_of(400, "steel zebra", modified=folder.now, added=folder.now)
    folder.publish(folder.wanted.put(newest), extent=Extent.DUE)
    page.clock.run_for(70_000)
    button = page.locator("#newer button")
    expect(button).to_be_visible()
    assert shown == page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.id)")
    button.click()
    page.clock.run_for(1_000)
    expect(page.locator("#results > li").first).to_have_attribute("data-id", newest.item.id)
    expect(button).to_have_count(0)


def test_an_old_html_shows_the_newest_items_all_the_same(page: Page, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, f"steel {n}") for n in range(30))))
    html = (folder.path / "index.html").read_bytes()
    newest = entry_of(400, "steel zebra", modified=folder.now, added=folder.now)
    folder.publish(folder.wanted.put(newest), extent=Extent.DUE)
    assert (folder.path / "index.html").read_bytes() == html
    shutil.copytree(folder.path, tmp_path / "copy")
    page.goto((tmp_path / "copy" / "index.html").as_uri())
    expect(page.locator("#results > li").first).to_have_attribute("data-id", newest.item.id)
    assert ItemId(newest.item.id) in folder.wanted.there
