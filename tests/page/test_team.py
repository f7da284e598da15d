"""What the team asks and knows, on the page; and what people write there, from the page into the folder and back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.app import building
from indexer.model.items import ItemId, RelPath
from indexer.model.notes import note_of, read
from indexer.model.team import TeamData
from indexer.page.belonging import Location
from indexer.page.datafile import contain, pointer, uncontain
from indexer.page.pace import Extent
from indexer.page.writer import DataFiles, heads
from indexer.search import asking
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from tests.page.handles import give, give_none
from tests.page.shown import settle
from tests.page.test_access import AXE, violations
from tests.page.test_look import WATCH

pytestmark = pytest.mark.browser
NOW = int(datetime.now(UTC).timestamp())
FILES = {
    "Sales/EU tariffs.md": "# EU tariffs\n\nThe new tariff on forged steel.",
    "Sales/EU tariffs.md.note.ann.md": "---\nlevel: critical\n---\nOur prices end too soon.",
    "Sales/EU tariffs.md.note.bo.md": "---\nlevel: watch\n---\nI read it otherwise.",
    "Sales/EU tariffs.md.mark.useful.ann": "",
    "Sales/EU tariffs.md.mark.wrong.bo": "",
    "Purchasing/Letter.txt": "The forge writes about the tariff.",
    "Links.txt": "Steel prices https://example.org/steel\nCustoms https://example.org/customs\n",
    "Questions/Who pays.md": "---\nby: Ann\n---\nWho pays the tariff?",
}


class Team:
    """A folder with its page."""

    def __init__(self, top: Path, language: str = "en", **files: str) -> None:
        self.folder = top / "Team"
        for name, text in (FILES | files).items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, "utf-8")
        self.settings = replace(
            Settings(),
            state_dir=top / "state",
            extract=ExtractSettings(workers=1),
            page=PageSettings(language=language),
        )
        places.register(self.folder, self.settings)

    @property
    def address(self) -> str:
        return (self.folder / "index.html").as_uri()

    def scan(self, told: Callable[[dict[RelPath, ItemId]], TeamData] | None = None) -> None:
        """Take in what is in the folder, and publish; `told` tells of the team in place of what is known."""
        with building.open_pipeline(self.folder, self.settings) as pipeline:
            pipeline.run_pass()
            if told is None:
                return
            ids = {item.path: item.id for item, _ in pipeline.catalogue.items.told(None)}
            shown = pipeline.page
            assert shown
            make = shown._options
            shown._options = lambda *given: replace(make(*given), team=told(ids))  # type: ignore[method-assign]
            shown.publish(Extent.WHOLE)


def story(ids: dict[RelPath, ItemId]) -> TeamData:
    """Tell of two questions, of Sales and Purchasing unaware of each other, and of somebody who knows."""
    letter, tariffs = RelPath("Purchasing/Letter.txt"), RelPath("Sales/EU tariffs.md")
    board = {
        "questions": [
            {"id": ids[RelPath("Questions/Who pays.md")], "p": "Questions/Who pays.md", "q": "Who pays the tariff?", "by": "Ann",
             "d": NOW - 86_400, "until": "2020-12-01", "dep": "Purchasing", "s": "open", "new": 1,
             "m": [[ids[letter], letter, "Letter", NOW]], "a": []},
            {"id": "0" * 16, "p": "Questions/Old.md", "q": "An old one?", "by": "Bo", "d": NOW, "s": "reopened", "why": "wrong",
             "new": 0, "m": [], "a": [{"by": "Cy", "t": "So it is.", "p": "Questions/Old.md.answer.x.md", "i": tariffs, "d": NOW}]},
            {"id": "1" * 16, "p": "Questions/Done.md", "q": "Done?", "by": "Bo", "d": NOW, "s": "closed", "new": 0, "m": [], "a": []},
        ],
        "lost": [["Sales/Gone.txt.note.ann.md", "Sales/Gone.txt"]],
    }  # fmt: skip
    known = {
        "topics": [{"t": "tariff", "n": [["Sales", 2], ["Purchasing", 1]], "people": ["Ann", "Bo"], "unaware": ["Sales", "Purchasing"]},
                   {"t": "glycol", "n": [["Engineering", 3]], "people": ["Dora"], "alone": 1, "unaware": []}],
        "rising": [["steel", 4, 0.5]], "new": {"since": NOW - 7 * 86_400, "n": [["Sales", 2], ["HR", 1]]},
        "experts": {"tariff": [["Ann", 12], ["Bo", 4]]}, "people": [["Ann", 12]],
    }  # fmt: skip
    across: dict[str, object] = {
        ids[tariffs]: [["Purchasing", 2, [["Purchasing/Letter.txt", "Letter"], ["Purchasing/B.txt", "B"]]]]
    }
    return TeamData(board, known, across)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Team:
    team = Team(tmp_path_factory.mktemp("told"))
    team.scan(story)
    return team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    made = Team(tmp_path)
    made.scan()
    return made


def go(page: Page, address: str) -> None:
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#written")).not_to_contain_text("UTC")
    settle(page)


# --- what is shown --------------------------------------------------------------------------------


def test_the_home_view_opens_with_what_is_asked(page: Page, told: Team) -> None:
    go(page, told.address)
    rows = page.locator("#questions > li")
    assert rows.evaluate_all(
        "rows => rows.map(row => [row.dataset.path, row.dataset.state, row.hidden])"
    ) == [
        ["Questions/Who pays.md", "open", False],
        ["Questions/Old.md", "reopened", False],
        ["Questions/Done.md", "closed", True],
    ]
    first = rows.nth(0)
    expect(first).to_contain_text("1 new item since asked: Letter")
    expect(first).to_contain_text("was wanted by 1 Dec 2020")
    assert first.get_by_role("link", name="Letter").get_attribute("href") == "Purchasing/Letter.txt"
    expect(rows.nth(1)).to_contain_text("Open again: what the answer relied on was marked wrong")
    expect(rows.nth(1).locator(".note")).to_contain_text("Cy So it is.")
    page.get_by_role("button", name="Show 1 more question").click()
    expect(rows.nth(2)).to_be_visible()
    around = page.locator("#team")
    for words in ("steel 4 this week, 0.5 a week before", "Sales and Purchasing work on tariff and may not know of each other.",
                  "Only Dora writes about glycol.", "Gone.txt.note.ann.md"):  # fmt: skip
        expect(around).to_contain_text(words)
    page.get_by_role("button", name="All 2 topics").click()
    expect(page.locator("#topics tbody tr")).to_have_count(2)
    page.locator("#topics").get_by_role("link", name="tariff").click()
    expect(page.locator("#q")).to_have_value("tariff")
    expect(page.locator("#topics")).to_have_count(0)
    settle(page)
    expect(page.locator("#board")).to_be_hidden()
    expect(page.locator("#whom")).to_have_text("Ask Ann (12), Bo (4)")


def test_a_result_says_why_it_matters(page: Page, told: Team) -> None:
    go(page, told.address + "#q=tariffs")
    row = page.locator('#results > li[data-path="Sales/EU tariffs.md"]')
    notes = row.locator(".note[data-level]")
    expect(notes.filter(has_text="ann")).to_have_text("ann Critical Our prices end too soon.")
    expect(notes.filter(has_text="otherwise")).to_have_text("bo Watch I read it otherwise.")
    assert notes.locator("svg use").count() == 2
    expect(row.locator(".meta")).to_contain_text("Useful (ann)")
    expect(row.locator(".meta .badge.w")).to_have_text("Wrong (bo)")
    expect(row.locator(".related")).to_have_text(
        ["Answers “An old one?”", "Purchasing has 2 related items: Letter, B"]
    )
    letter = page.locator('#results > li[data-path="Purchasing/Letter.txt"]')
    expect(letter.locator(".related")).to_have_text("May answer “Who pays the tariff?”")
    assert letter.locator(".mark").evaluate_all("all => all.map(one => one.dataset.mark)") == [
        "useful",
        "outdated",
        "wrong",
    ]


def test_a_folder_without_any_of_it_is_as_calm_as_before(page: Page, tmp_path: Path) -> None:
    team = Team(tmp_path)
    for name in FILES:
        if "tariffs.md." in name or name.startswith(("Questions", "Purchasing")):
            (team.folder / name).unlink()
    team.scan()
    go(page, team.address)
    for place in ("#board", "#team", "#whom", "#saved", ".related", ".note"):
        assert not any(one.is_visible() for one in page.locator(place).all()), place
    assert page.locator("footer #ask").is_visible()


EVIL = "</script><img src=x onerror=alert(1)>‮"
EVIL_BOARD: dict[str, Any] = {
    "questions": [
        {"id": EVIL, "p": "../../../etc/passwd", "q": EVIL, "by": EVIL, "until": EVIL, "dep": EVIL, "s": EVIL, "why": EVIL, "new": 1e300,
         "m": [[EVIL, "javascript:alert(1)", EVIL, "x"], None, 7], "a": [{"t": EVIL, "by": {}, "i": "javascript:alert(1)"}, "x"]},
        None, [], {"p": 7, "q": {}}, {"p": "x", "q": "y", "d": "z", "m": {}, "a": 3},
    ],
    "lost": [[EVIL, EVIL], 3, None],
}  # fmt: skip
EVIL_KNOWN: dict[str, Any] = {
    "topics": [{"t": EVIL, "n": [[EVIL, EVIL], 3], "people": [EVIL, {}], "unaware": [EVIL, "b"], "alone": 1}, 3, None],
    "rising": [[EVIL, EVIL, None], {}], "new": {"since": 10**20, "n": [[EVIL, 1]]}, "experts": {"tariff": [[EVIL, 3], 3], "__proto__": 3},
    "people": [[EVIL, "x"]],
}  # fmt: skip


@pytest.mark.parametrize("known", [EVIL_KNOWN, [1, 2], {"topics": 3, "new": [], "experts": []}])
def test_what_anyone_may_put_there_is_text(page: Page, tmp_path: Path, known: Any) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    team = Team(tmp_path)
    team.scan(story)
    files = DataFiles(team.folder / "_index")
    head = heads(Location(team.folder / "index.html", team.folder / "_index"))[0]
    facts, blobs = uncontain(files.get(head))
    facts.pop("blobs")
    across = [files.put("x", b"\n" + f"{0:016x}".encode() + b" [[[")] * 16
    said = {"board": files.put("q", json.dumps(EVIL_BOARD).encode()), "known": files.put("k", json.dumps(known).encode()), "across": across}  # fmt: skip
    new = files.put("h", contain({**facts, "team": said}, blobs))
    (team.folder / "_index" / "head.js").write_bytes(pointer(new, ""))
    go(page, team.address)
    expect(page.locator("#questions > li")).to_have_count(2)
    expect(page.locator("#questions > li").first.locator("h3")).to_contain_text("onerror=alert(1)")
    hrefs = page.eval_on_selector_all("#board a, #team a", "all => all.map(one => one.href)")
    assert all(href.startswith(team.folder.as_uri()) for href in hrefs)
    assert page.locator("#board img, #team img").count() == 0
    go(page, team.address + "#q=tariff")
    expect(page.locator("#results > li")).not_to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_everyone_can_use_it(browser: Browser, told: Team, width: int, scheme: Any) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    go(page, told.address)
    page.evaluate(AXE)
    assert violations(page) == [], "home"
    page.get_by_role("button", name="All 2 topics").click()
    assert violations(page) == [], "topics"
    page.keyboard.press("Escape")
    page.click("#ask")
    assert violations(page) == [], "question"
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).to_be_focused()
    page.locator("#questions button.answer").first.click()
    assert violations(page) == [], "answer"
    page.keyboard.press("Escape")
    page.fill("#q", "tariff")
    expect(page.locator("#whom")).to_be_visible()
    settle(page)
    row = page.locator('#results > li[data-path="Sales/EU tariffs.md"]')
    row.locator("a.title").focus()
    assert violations(page) == [], "results"
    row.locator("button.add-note").focus()
    page.keyboard.press("Enter")
    assert violations(page) == [], "note"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    expect(row.locator("button.add-note")).to_be_focused()
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_when_the_questions_come(browser: Browser, told: Team, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    go(page, told.address)
    expect(page.locator("#questions > li").first).to_be_visible()
    page.wait_for_timeout(100)
    assert page.evaluate("shifts") == []
    context.close()


# --- what is written ------------------------------------------------------------------------------


def test_from_the_page_into_the_folder_and_back(page: Page, team: Team) -> None:
    before = {path: path.read_bytes() for path in team.folder.rglob("*") if path.is_file() and "index" not in str(path.relative_to(team.folder).parts[0])}  # fmt: skip
    written = give(page, team.folder)
    go(page, team.address + "#q=letter")
    row = page.locator('#results > li[data-path="Purchasing/Letter.txt"]')
    row.locator("button.add-note").click()
    page.fill("[name=what]", "A letter of\nthe forge.")
    page.fill("[name=so]", "Rings become dearer by a zeppelin.")
    page.get_by_role("radio", name="Act").check()
    page.fill("[name=by]", "Ann Lee")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#saved")).to_contain_text("Saved. The others see it in about a minute")
    expect(row.locator('.note[data-level="act"]')).to_contain_text("not on the page yet")
    assert note_of(written[-1]) == "Purchasing/Letter.txt"
    said = read((team.folder / written[-1]).read_text("utf-8"))
    assert (said.by, said.level) == ("Ann Lee", "act")
    assert said.text == "A letter of\nthe forge.\n\nFor us: Rings become dearer by a zeppelin."
    assert page.evaluate("localStorage.length") == 0

    row.hover()
    row.locator("button.mark[data-mark=outdated]").click()
    expect(row.locator("button.mark[data-mark=outdated]")).to_have_attribute("aria-pressed", "true")
    assert (team.folder / "Purchasing/Letter.txt.mark.outdated.Ann_Lee").read_bytes() == b""
    assert page.evaluate("picked") == 1  # once a visit

    page.fill("#q", "helium")
    expect(page.locator("#none #ask")).to_be_visible()
    page.click("#ask")
    expect(page.locator("[name=question]")).to_have_value("What do we know about helium?")
    page.fill("[name=question]", "Who has helium?")
    page.fill("[name=until]", "2027-01-31")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#writing")).to_have_count(0)
    assert written[-1].startswith("Questions/Who has helium.2")
    said = read((team.folder / written[-1]).read_text("utf-8"))
    assert (said.text, said.by, said.watch, said.needs_by) == (
        "Who has helium?",
        "Ann Lee",
        "helium",
        "2027-01-31",
    )
    page.fill("#q", "")
    asked = page.locator(f'#questions > li[data-path="{written[-1]}"]')
    expect(asked).to_contain_text("not on the page yet")

    team.scan()
    go(page, team.address + "#q=zeppelin")
    expect(row.locator('.note[data-level="act"]')).to_contain_text("zeppelin")
    expect(row.locator(".pending")).to_have_count(0)
    expect(row.locator(".meta")).to_contain_text("Outdated (Ann Lee)")
    found = asking.search(team.folder, team.settings, "helium", asking.SearchOptions(limit=5)).results
    assert [result.item.title for result in found] == ["Who has helium?"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_question_lights_up_is_answered_and_closed(page: Page, team: Team) -> None:
    written = give(page, team.folder)
    asked = page.locator('#questions > li[data-path="Questions/Who pays.md"]')
    go(page, team.address)
    expect(asked).to_have_attribute("data-state", "open")
    expect(asked.locator(".fresh")).to_have_count(0)
    time.sleep(1.1)  # times in a folder are whole seconds here
    (team.folder / "Purchasing/Contract.txt").write_text("The customer pays the tariff.")
    team.scan()
    go(page, team.address)
    expect(asked.locator(".fresh")).to_have_text("1 new item since asked: Contract")
    asked.locator("button.answer").click()
    page.fill("[name=text]", "The customer, see the contract.")
    page.fill("[name=item]", "Purchasing/Contract.txt")
    page.get_by_role("button", name="Save the answer").click()
    expect(asked).to_have_attribute("data-state", "answered")
    team.scan()
    go(page, team.address)
    expect(asked).to_have_attribute("data-state", "answered")
    expect(asked.locator(".note")).to_contain_text("The customer, see the contract.")
    expect(asked.locator(".pending")).to_have_count(0)
    expect(page.locator('#results > li[data-path="Purchasing/Contract.txt"] .related').first).to_have_text("Answers “Who pays the tariff?”")  # fmt: skip
    asked.locator("button.close").click()
    page.get_by_role("button", name="Close it").click()
    expect(asked).to_have_attribute("data-state", "closed")
    team.scan()
    go(page, team.address)
    expect(asked).to_have_attribute("data-state", "closed")
    expect(asked).to_be_hidden()
    assert len(written) > len(set(written)) > 1


def test_an_answer_and_a_closing(page: Page, told: Team) -> None:
    written = give(page, told.folder)
    go(page, told.address)
    asked = page.locator('#questions > li[data-path="Questions/Who pays.md"]')
    asked.locator("button.answer").click()
    page.get_by_role("button", name="Save the answer").click()
    expect(page.locator("#write-failed")).to_have_text("Write an answer, or name an item.")
    page.fill("[name=text]", "The customer does.")
    page.fill("[name=item]", "Purchasing/Letter.txt")
    page.fill("[name=by]", "Bo")
    page.check("[name=keep]")
    page.get_by_role("button", name="Save the answer").click()
    expect(asked).to_have_attribute("data-state", "answered")
    expect(asked.locator(".note")).to_contain_text("Bo The customer does.")
    said = read((told.folder / written[-1]).read_text("utf-8"))
    assert (said.text, said.by, said.item) == ("The customer does.", "Bo", "Purchasing/Letter.txt")
    assert page.evaluate("({...localStorage})") == {"indexer.name": "Bo"}
    asked.locator("button.close").click()
    expect(page.locator("[name=by]")).to_have_value("Bo")
    page.uncheck("[name=keep]")
    page.get_by_role("button", name="Close it").click()
    expect(asked).to_have_attribute("data-state", "closed")
    assert ".closed.2" in written[-1]
    assert page.evaluate("localStorage.length") == 0
    for path in set(written):
        (told.folder / path).unlink()


def test_a_note_on_one_link_of_a_list_says_which(page: Page, team: Team) -> None:
    written = give(page, team.folder)
    go(page, team.address + "#q=steel prices")
    row = page.locator('#results > li[data-path="Links.txt"]').first
    expect(row.locator(".mark")).to_have_count(0)
    row.locator("button.add-note").click()
    page.fill("[name=now]", "Read it.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#writing")).to_have_count(0)
    assert read((team.folder / written[-1]).read_text("utf-8")).item == "https://example.org/steel"
    team.scan()
    go(page, team.address + "#q=steel prices")
    expect(row.locator(".note")).to_contain_text("To do: Read it.")


def test_another_folder_is_refused_and_nothing_is_ever_replaced(
    page: Page, team: Team, tmp_path: Path
) -> None:
    other = tmp_path / "Other"
    other.mkdir()
    written = give(page, other)
    go(page, team.address + "#q=letter")
    page.locator("#results button.add-note").first.click()
    page.fill("[name=what]", "Text.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#write-failed")).to_contain_text("is not the folder of this page")
    page.evaluate("window.refuses = true")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#write-failed")).to_contain_text("Nothing was saved")
    assert page.input_value("[name=what]") == "Text."
    assert written == []
    assert list(other.iterdir()) == []


def test_a_mark_that_is_there_stays_as_it_is(page: Page, team: Team) -> None:
    mark = team.folder / "Purchasing/Letter.txt.mark.useful.Ann"
    mark.write_text("by hand")
    written = give(page, team.folder)
    go(page, team.address + "#q=letter")
    page.hover("#results > li")
    page.locator("#results button.mark[data-mark=useful]").first.click()
    page.get_by_role("button", name="Set the mark").click()
    expect(page.locator("#write-failed")).to_contain_text("Write your name first")
    page.fill("[name=by]", "Ann")
    page.get_by_role("button", name="Set the mark").click()
    expect(page.locator("#writing")).to_have_count(0)
    assert written == []
    assert mark.read_text() == "by hand"


@pytest.mark.parametrize(("language", "words"), [("en", "Put it into the folder Purchasing, beside Letter.txt"), ("de", "in den Ordner Purchasing, neben Letter.txt")])  # fmt: skip
def test_elsewhere_it_is_a_download_that_says_where_it_belongs(
    page: Page, tmp_path: Path, language: str, words: str
) -> None:
    team = Team(tmp_path, language)
    team.scan()
    give_none(page)
    go(page, team.address + "#q=letter")
    page.locator("#results button.add-note").first.click()
    page.fill("[name=what]", "Downloaded: <b>yes</b>.")
    page.fill("[name=by]", "Zoë #1")
    with page.expect_download() as caught:
        page.locator("#writing .first").click()
    name = caught.value.suggested_filename
    assert note_of(name) == "Letter.txt"
    expect(page.locator("#saved")).to_contain_text(words)
    expect(page.locator("#saved")).to_contain_text(name)
    caught.value.save_as(team.folder / "Purchasing" / name)
    said = read((team.folder / "Purchasing" / name).read_text("utf-8"))
    assert (said.text, said.by) == ("Downloaded: <b>yes</b>.", "Zoë #1")
    team.scan()
    go(page, team.address + "#q=letter")
    expect(page.locator("#results .note").first).to_contain_text("Downloaded: <b>yes</b>.")
