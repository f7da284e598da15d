"""While it changes: publishes happen under an open page, and their files arrive in any order; every answer is a true one."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from indexer.model.items import ItemId
from indexer.page.entry import PageEntry
from indexer.page.pace import Extent
from tests.page.shown import Shown, answer, opens, settle, shown
from tests.page.test_answers import open_page
from tests.page.test_publishing import Folder, entry_of

pytestmark = pytest.mark.browser

PUBLISHES = int(os.environ.get("INDEXER_TEST_PUBLISHES", "120"))
WORDS = [
    first + last
    for first in ("steel", "pump", "seal", "glycol", "flange", "tariff")
    for last in ("ox", "ib", "um", "ard", "end", "ist")
]
ASK = """async word => {
  const found = await search(index, parseQuery(word), {now: 0});
  const docs = found.docs.slice(0, 1000).flatMap(doc => [doc, ...found.copies.get(doc) ?? []]);
  return (await Promise.all(docs.map(async doc => (await index.about(doc))?.id))).sort();
}"""
NEWER = "async () => { if (await index?.newer()) index.switch(); }"


@dataclass
class Window:
    """Pages that may miss files, which a browser logs as errors, and nothing else."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """Return a fresh page whose clock can be put forward."""
        self.contexts.append(
            self.browser.new_context()
        )  # one each: a clock is that of all pages of a context
        opened = self.contexts[-1].new_page()
        opened.set_default_timeout(10_000)
        opened.on("console", self._note)
        opened.on("pageerror", lambda error: self.trouble.append(str(error)))
        opened.clock.install()
        return opened

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "ERR_FILE_NOT_FOUND" not in message.text:
            self.trouble.append(message.text)


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    window = Window(browser)
    yield window
    for context in window.contexts:
        context.close()
    assert window.trouble == []


class Story:
    """A folder that changes, and what is true from each publish on."""

    def __init__(self, path: Path, seed: int, *, has_copies: bool = False, removes: bool = True) -> None:
        self.folder, self.chance = Folder(path), random.Random(seed)
        self.truths: list[dict[str, list[str]]] = []
        self.published = 0
        """How many publishes are complete."""
        self._serial, self._has_copies, self._removes = 0, has_copies, removes
        self.folder.wanted.put(*(self._entry() for _ in range(60)))
        self._publish(None)

    def _entry(self, number: int | None = None) -> PageEntry:
        self._serial += 1
        words = self.chance.sample(WORDS, 3)
        if not (self._has_copies and self.chance.random() < 0.3):
            words.append(f"only{self._serial}")
        else:
            words = sorted(self.chance.sample(WORDS[:4], 2))
        return entry_of(self._serial if number is None else number, " ".join(words))

    def step(self) -> None:
        """Change something and publish it."""
        wanted, changed = self.folder.wanted, []
        for _ in range(self.chance.choice([1, 1, 1, 3])):
            what, there = self.chance.random(), list(wanted.there)
            if len(there) < 40 or (what < 0.4 and len(there) < 80):
                changed += wanted.put(self._entry())
            elif what < 0.7 or not self._removes:
                changed += wanted.put(self._entry(int(self.chance.choice(there), 16) - 1))
            else:
                changed.append(self.chance.choice(there))
                del wanted.there[changed[-1]]
        self._publish(list(dict.fromkeys(changed)))

    def _publish(self, changed: list[ItemId] | None) -> None:
        there = self.folder.wanted.there.values()
        # Noted before: it may be seen before the publish is over.
        self.truths.append(
            {word: sorted(e.item.id for e in there if word in e.passages[0].text.split()) for word in WORDS}
        )
        extent = Extent.WHOLE if changed is None else Extent.DUE
        self.folder.publish(changed, minutes=15, extent=extent)
        self.published += 1

    def run(self, count: int) -> None:
        """Publish a number of times, with pauses in which a page can do something."""
        for _ in range(count):
            self.step()
            time.sleep(0.06)

    def state_of(self, word: str, got: Shown, since: int) -> int:
        """Return the first state since then that an answer was true of; fail if there is none."""
        assert got.total == len(got.ids), "more than one list of them"
        found = [n for n in range(since, len(self.truths)) if self.truths[n][word] == sorted(got.ids)]
        assert found, (word, got, since, len(self.truths))
        return found[0]


# --- publishes --------------------------------------------------------------------------------------


def test_searches_stay_true_while_publishes_happen_under_an_open_page(window: Window, tmp_path: Path) -> None:
    story, chance, rounds, taken = Story(tmp_path / "folder", 1), random.Random(2), 0, 0
    address = (story.folder.path / "index.html").as_uri()
    page = window.page()
    assert opens(page, address)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(story.run, PUBLISHES)
        seen = 0
        while not writing.done():
            for word in chance.sample(WORDS, 3):
                got = answer(page, word)
                assert got and not got.is_trouble
                seen = story.state_of(word, got, seen)
            least, rounds = _take_newer(page, story), rounds + 1
            seen, taken = max(seen, least), taken + bool(least)
            if rounds % 4 == 0:
                least, fresh, word = story.published - 1, window.page(), chance.choice(WORDS)
                assert opens(fresh, address)
                got = answer(fresh, word)
                assert got and not got.is_trouble
                story.state_of(word, got, least)
                fresh.context.close()
        writing.result()
    _catch_up(page, story)
    for word in WORDS:
        got = answer(page, word)
        assert got and sorted(got.ids) == story.truths[-1][word]
    assert taken > rounds / 2 > 4


def _take_newer(page: Page, story: Story) -> int:
    """Have the page look for newer items, and take what it offers; return the least state that is shown then."""
    offer = page.locator("#newer button")
    least = 0 if offer.is_visible() else story.published - 1
    page.clock.fast_forward(70_000)
    try:
        offer.wait_for(timeout=1_000)
    except TooLate:
        return 0
    offer.click()
    expect(offer).to_have_count(0)
    settle(page)
    return least


def _catch_up(page: Page, story: Story) -> None:
    """Take newer items until no more are offered."""
    for _ in range(3):
        _take_newer(page, story)


def test_every_state_is_whole_with_its_copies(browser: Browser, tmp_path: Path) -> None:
    story = Story(tmp_path / "folder", 3, has_copies=True)
    context = browser.new_context()
    page = context.new_page()
    open_page(page, story.folder.directory)
    seen = 0
    for number in range(PUBLISHES):
        story.step()
        word = story.chance.choice(WORDS[:6])
        got = page.evaluate(ASK, word)
        seen = next(n for n in range(seen, len(story.truths)) if story.truths[n][word] == got)
        if number % 7 == 6:
            page.evaluate(NEWER)
            seen = len(story.truths) - 1
            assert page.evaluate(ASK, word) == story.truths[-1][word]
    context.close()


# --- files ------------------------------------------------------------------------------------------


class Mirror:
    """A copy of a folder that files reach one at a time, in any order, as a sync client brings them."""

    def __init__(self, source: Path, target: Path, chance: random.Random) -> None:
        self.source, self.target, self.chance = source, target, chance
        self._waiting: dict[str, bytes | None] = {}
        self._sent: dict[str, bytes] = {}
        target.mkdir()
        self.note()
        self.bring(10_000)

    def note(self) -> None:
        """Take in what differs; a newer content replaces one that still waits."""
        now = {
            path.relative_to(self.source).as_posix(): path.read_bytes()
            for path in self.source.rglob("*")
            if path.is_file()
        }
        for name in now.keys() | self._sent.keys():
            if now.get(name) != self._sent.get(name):
                self._waiting[name] = now.get(name)
        self._sent = now

    def bring(self, count: int) -> None:
        """Bring at most `count` files."""
        for _ in range(min(count, len(self._waiting))):
            name = self.chance.choice(sorted(self._waiting))
            content, path = self._waiting.pop(name), self.target / name
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(exist_ok=True)
                path.with_name("arriving").write_bytes(content)
                path.with_name("arriving").replace(path)

    def follow(self, story: Story, count: int) -> None:
        """Publish, and bring the files with delays, a few publishes behind at times."""
        for _ in range(count):
            story.step()
            self.note()
            for _ in range(self.chance.choice([1, 2, 4, 8, 16])):
                self.bring(1)
                time.sleep(self.chance.random() * 0.02)


@pytest.mark.parametrize("seed", range(3))
def test_files_may_arrive_late_and_in_any_order(window: Window, tmp_path: Path, seed: int) -> None:
    story, chance = Story(tmp_path / "folder", seed), random.Random(seed)
    mirror = Mirror(story.folder.path, tmp_path / "mirror", random.Random(seed))
    address, page = (mirror.target / "index.html").as_uri(), window.page()
    assert opens(page, address)
    with ThreadPoolExecutor(1) as pool:
        arriving = pool.submit(mirror.follow, story, 50)
        while not arriving.done():
            for word in chance.sample(WORDS, 3):
                got = answer(page, word)
                assert got, "it goes on with the state that it has, or waits and then goes on"
                story.state_of(word, got, 0)
            if chance.random() < 0.3:
                _take_newer(page, story)
            fresh, word = window.page(), chance.choice(WORDS)
            if opens(fresh, address, tries=1) and (got := answer(fresh, word, tries=2)):
                story.state_of(word, got, 0)
            fresh.context.close()
        arriving.result()
    mirror.bring(10_000)
    fresh = window.page()
    assert opens(fresh, address)
    _catch_up(page, story)
    for opened in (page, fresh):
        for word in WORDS[::3]:
            got = answer(opened, word)
            assert got and not got.is_trouble
            assert sorted(got.ids) == story.truths[-1][word]


@pytest.mark.parametrize("seed", range(3))
def test_one_publish_behind_a_fresh_page_is_whole_at_every_moment(
    window: Window, tmp_path: Path, seed: int
) -> None:
    story = Story(tmp_path / "folder", seed, removes=False)
    mirror = Mirror(story.folder.path, tmp_path / "mirror", random.Random(seed))
    address = (mirror.target / "index.html").as_uri()
    for number in range(15):
        mirror.bring(10_000)
        story.step()
        mirror.note()
        mirror.bring(mirror.chance.randrange(4))
        page, word = window.page(), mirror.chance.choice(WORDS)
        page.goto(f"{address}#q={word}")
        settle(page)
        got = shown(page)
        assert not got.is_trouble
        story.state_of(word, got, number)
        page.context.close()


def test_while_nothing_whole_is_here_nothing_false_is_shown(window: Window, tmp_path: Path) -> None:
    story = Story(tmp_path / "folder", 4)
    word = next(word for word in WORDS if 0 < len(story.truths[-1][word]) < 10)
    for path in story.folder.directory.glob("h-*.js"):
        path.rename(tmp_path / path.name)
    page = window.page()
    page.goto((story.folder.path / "index.html").as_uri() + f"#q={word}")
    page.wait_for_timeout(500)
    assert page.get_attribute("#results", "aria-busy") == "true" or shown(page).is_trouble
    for path in tmp_path.glob("h-*.js"):
        path.rename(story.folder.directory / path.name)
    page.clock.run_for(10_000)
    settle(page)
    assert sorted(shown(page).ids) == story.truths[-1][word]


# --- notices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["focus", "visibilitychange"])
def test_whoever_comes_back_is_offered_what_is_newer(window: Window, tmp_path: Path, sign: str) -> None:
    folder, page = Folder(tmp_path / "folder"), window.page()
    folder.publish(folder.wanted.put(*(entry_of(n, f"steel {n}") for n in range(30))))
    page.goto((folder.path / "index.html").as_uri())
    page.locator("#facets label").first.wait_for()
    settle(page)
    page.wait_for_timeout(300)
    before = shown(page).ids
    newest = entry_of(400, "steel zebra", modified=folder.now, added=folder.now)
    folder.publish(folder.wanted.put(newest), extent=Extent.DUE)
    page.clock.fast_forward(12_000)
    offer = page.locator("#newer button")
    page.wait_for_timeout(200)
    expect(offer).to_have_count(0)  # nobody has gone: once a minute is enough
    page.evaluate("sign => (sign === 'focus' ? window : document).dispatchEvent(new Event(sign))", sign)
    expect(offer).to_be_visible()
    assert shown(page).ids == before
    offer.click()
    expect(page.locator("#results > li").first).to_have_attribute("data-id", newest.item.id)
    expect(offer).to_have_count(0)


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
