"""What people see and press: browsing, narrowing, weeks, languages, widths, schemes; and that nothing jumps or chatters."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from indexer.app import building
from indexer.model.items import ItemId, Kind, RelPath
from indexer.page.belonging import read_digest
from indexer.page.entry import Row
from indexer.page.render import Newest, render
from indexer.page.script import ASSETS
from indexer.settings import ExtractSettings, Settings
from indexer.state import places

pytestmark = pytest.mark.browser
DEPARTMENTS = (
    "Engineering",
    "Finance",
    "HR",
    "Legal",
    "Logistics",
    "Production",
    "Purchasing",
    "Quality",
    "Sales",
    "Service",
)
WATCH = """
window.shifts = [];
const named = ({node, previousRect, currentRect}) => [node?.id || node?.className || node?.nodeName, previousRect.top, currentRect.top];
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (entry.value > 0.01) shifts.push([entry.value, ...entry.sources.map(named)]);
}).observe({type: "layout-shift", buffered: true});
// The list is shown after two seconds at the latest, answer or not: a busy machine takes longer.
const patient = new CSSStyleSheet();
patient.replaceSync("[data-asked] :is(#results, .lead, footer) {animation-duration: 600s !important}");
document.adoptedStyleSheets.push(patient);
"""


def build(folder: Path, state: Path) -> None:
    settings = replace(Settings(), state_dir=state, extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Sixty notes in ten departments, one every ten days up to today, with people and tags; two copies, a long name."""
    top = tmp_path_factory.mktemp("look")
    folder = top / "Team"
    now = datetime.now(UTC)
    for number in range(60):
        path = folder / DEPARTMENTS[number % 10] / "Notes" / f"note {number:02d}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"---\nauthor: Person {number % 3}\ntags: [tag{number % 12}]\n---\n# Note {number}\n\n"
            + "Rings and flanges of forged steel become dearer in the first quarter. " * (number % 5 + 1)
        )
        stamp(path, now - timedelta(days=10 * number))
    for name in ("Sales/copy of it.txt", "Quality/the same.txt"):
        (folder / name).write_text("the very same words, seals and glycol")
        stamp(folder / name, now - timedelta(days=400))
    long = folder / "Sales" / ("a very long name without any sense " * 6 + "מחירון.txt")
    long.write_text(("long_" * 18 + " glycol ") * 4)
    stamp(long, now - timedelta(days=3))
    build(folder, top / "state")
    yield folder


def stamp(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))


@pytest.fixture
def show(page: Page, folder: Path) -> Callable[..., Page]:
    def go(address: str = "") -> Page:
        page.goto("about:blank")
        page.goto((folder / "index.html").as_uri() + address)
        expect(page.locator("#written")).not_to_contain_text("UTC")  # the data are there
        expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
        return page

    return go


def total(page: Page) -> int:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    return int(page.get_attribute("#summary", "data-total") or -1)


def labels(page: Page, group: str) -> list[str]:
    return page.locator(f"fieldset[data-group={group}] label span").all_inner_texts()


# --- browsing -------------------------------------------------------------------------------------


def test_groups_narrow_together_and_live_in_the_address(show: Callable[..., Page]) -> None:
    page = show("#in=Sales&in=Quality&by=Person+0")
    every = total(page)
    assert 0 < every < 12
    assert page.locator(".chosen .btn").all_inner_texts() == ["Sales", "Quality", "Person 0"]
    tag = page.locator("fieldset[data-group=tag] label").first
    count = int(tag.locator("data").get_attribute("value") or 0)
    tag.click()
    expect(page.locator("#summary")).to_have_attribute("data-total", str(count))
    assert re.search(r"#in=Sales&in=Quality&tag=tag\d+&by=Person\+0$", page.url)
    page.locator(".chosen").get_by_text("Clear filters").click()
    expect(page.locator("#summary")).not_to_have_attribute("data-total", str(count))
    assert "#" not in page.url


def test_counts_are_those_of_the_home_and_of_each_choice(show: Callable[..., Page]) -> None:
    page = show()
    shown = dict(
        zip(
            labels(page, "year"),
            page.locator("fieldset[data-group=year] data").all_inner_texts(),
            strict=True,
        )
    )
    for year, count in shown.items():
        page = show(f"#year={year}")
        assert total(page) == int(count), year


def test_eight_values_first_the_rest_when_asked_for(show: Callable[..., Page]) -> None:
    page = show()
    assert len(labels(page, "department")) == 8
    more = page.get_by_role("button", name="2 more departments")
    more.focus()
    page.keyboard.press("Enter")
    assert sorted(labels(page, "department")) == sorted(DEPARTMENTS)
    expect(page.get_by_role("button", name="Show fewer")).to_be_focused()
    page.get_by_role("checkbox", name="Service").check()
    expect(page.locator(".chosen .btn")).to_have_text(["Service"])
    page.get_by_role("button", name="Show fewer").click()
    assert labels(page, "department")[0] == "Service"
    assert len(labels(page, "department")) == 8


def test_weeks_lead_to_what_came_in_them(show: Callable[..., Page]) -> None:
    page = show()
    weeks = page.locator(".bars a")
    assert weeks.count() > 30
    assert page.locator(".bars a[tabindex='0']").count() == 1
    page.locator(".bars a[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert (page.locator(".weeks .one").inner_text()) == name
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-state", "week")
    found = re.fullmatch(r"after:(\d{4}-\d\d-\d\d) before:(\d{4}-\d\d-\d\d)", page.input_value("#q"))
    assert found
    assert total(page) == int(name.rpartition(": ")[2].split()[0])
    dates = page.eval_on_selector_all("#results time", "times => times.map(time => time.dateTime)")
    assert all(found[1] <= date < found[2] for date in dates)
    expect(page.locator(".bars a[aria-current]")).to_be_focused()
    page.get_by_role("link", name="Previous week").click()
    expect(page.locator("#q")).not_to_have_value(found[0])
    expect(page.get_by_role("link", name="Previous week")).to_be_focused()
    assert total(page) > 0


def test_copies_are_one_result_and_open_themselves(show: Callable[..., Page]) -> None:
    page = show("#q=seals+glycol")
    assert total(page) == 1
    page.locator("#results summary").click()
    links = page.locator("#results details a")
    assert [links.nth(n).get_attribute("href") for n in range(links.count())] in (
        ["Quality/the%20same.txt"],
        ["Sales/copy%20of%20it.txt"],
    )


def test_rows_of_the_page_itself_are_those_of_the_script(browser: Browser, folder: Path) -> None:
    """But for dates near today, which the script says in words, what opens, and what is pressed to say something of an item."""
    take = """rows => rows.map(row => {
      const copy = row.cloneNode(true);
      copy.querySelector('time').textContent = '';
      copy.querySelectorAll('details div, .acts').forEach(one => one.remove());
      return copy.outerHTML;
    })"""
    rows = []
    for is_on in (False, True):
        context = browser.new_context(java_script_enabled=is_on)
        opened = context.new_page()
        opened.goto((folder / "index.html").as_uri())
        if is_on:
            expect(opened.locator("#facets label").first).to_be_visible()
            opened.wait_for_timeout(300)
            rows.append(opened.eval_on_selector_all("#results > li", take))
        else:
            html = (folder / "index.html").read_text("utf-8")
            plain = browser.new_page()
            plain.set_content(re.sub(r"(?s)<script.*?</script>|<meta http-equiv.*?>", "", html))
            rows.append(plain.eval_on_selector_all("#results > li", take))
            plain.close()
        context.close()
    assert rows[0] == rows[1]
    assert len(rows[0]) == 20


# --- feel -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 390, 1024, 1280, 1920])
def test_nothing_jumps(browser: Browser, folder: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    for address in ("", "#q=steel", "#q=flange&in=Sales"):
        opened = context.new_page()
        opened.add_init_script(WATCH)
        opened.goto((folder / "index.html").as_uri() + address)
        expect(opened.locator("#results")).to_have_attribute("aria-busy", "false")
        opened.wait_for_timeout(300)
        assert opened.evaluate("shifts") == [], address
        opened.close()
    context.close()


@pytest.mark.parametrize("width", [320, 1280, 1920])
@pytest.mark.parametrize("address", ["", "#q=steel", "#q=flange&in=Sales", "#q=nowhere"])
def test_nothing_jumps_where_the_answer_comes_late(
    browser: Browser, folder: Path, width: int, address: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    opened = context.new_page()
    opened.add_init_script(WATCH)
    late: list[Route] = []
    opened.route("**/*.js", lambda route: late.append(route))
    opened.goto((folder / "index.html").as_uri() + address, wait_until="commit")
    until = time.monotonic() + 30
    while not late:
        assert time.monotonic() < until, "no script was asked for"
        opened.wait_for_timeout(100)
    opened.wait_for_timeout(300)
    opened.unroute("**/*.js")  # which lets those go on
    expect(opened.locator("html:not([data-asked])")).to_have_count(1)
    expect(opened.locator("#results")).to_have_attribute("aria-busy", "false")
    opened.wait_for_timeout(300)
    assert opened.evaluate("shifts") == []
    context.close()


def test_snippets_that_come_late_move_nothing(browser: Browser, folder: Path) -> None:
    context = browser.new_context()
    opened = context.new_page()
    late: list[Route] = []
    opened.route("**/t-*.js", lambda route: late.append(route))
    opened.goto((folder / "index.html").as_uri() + "#q=steel", wait_until="commit")
    expect(opened.locator("html:not([data-asked]) #results > li")).to_have_count(20)
    where = "rows => rows.map(row => row.getBoundingClientRect().top)"
    before = opened.eval_on_selector_all("#results > li", where)
    assert opened.get_attribute("#results", "aria-busy") == "true"
    assert opened.locator("#results mark").count() == 0
    opened.unroute("**/t-*.js")  # which lets those go on, and any that are asked for later
    expect(opened.locator("#results")).to_have_attribute("aria-busy", "false")
    assert opened.locator("#results mark").count() > 0
    assert opened.eval_on_selector_all("#results > li", where) == before
    context.close()


def test_the_summary_is_quiet_while_one_types(page: Page, show: Callable[..., Page]) -> None:
    page.clock.install()
    show()
    page.clock.pause_at(datetime.now() + timedelta(hours=1))  # noqa: DTZ005 - from here on time is the test's
    page.evaluate("""() => {
      window.said = [];
      const summary = document.querySelector('#summary');
      new MutationObserver(() => {
        if (!summary.querySelector('span[aria-hidden] b')) said.push(summary.innerText);
      }).observe(summary, {childList: true, subtree: true});
    }""")
    page.focus("#q")
    for letter in "steel":
        page.keyboard.type(letter)
        page.clock.run_for(120)
        expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    page.clock.run_for(900)
    page.wait_for_function("() => said.length > 0")
    page.clock.run_for(900)
    said = page.evaluate("said")
    assert len(said) == 1
    assert said[0].startswith("60 items")


def test_what_is_typed_before_the_data_are_there_is_searched(browser: Browser, folder: Path) -> None:
    context = browser.new_context()
    opened = context.new_page()
    late: list[Route] = []
    opened.route("**/head.js*", lambda route: late.append(route))
    opened.goto((folder / "index.html").as_uri(), wait_until="commit")
    expect(opened.locator("#facets label").first).to_be_visible()
    opened.fill("#q", "glycol")
    opened.wait_for_timeout(200)
    assert opened.get_attribute("#results", "aria-busy") == "true"
    for route in late:
        route.continue_()
    expect(opened.locator("#summary")).to_have_attribute("data-total", "2")
    expect(opened.locator("#results > li")).to_have_count(2)
    context.close()


def test_the_drawer_of_a_phone_keeps_the_keyboard_inside(browser: Browser, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    opened = context.new_page()
    opened.goto((folder / "index.html").as_uri())
    opened.get_by_role("button", name="Filters").click()
    close = opened.locator(".panel-head button")
    expect(close).to_be_focused()
    expect(close).to_have_text("Show 62 items")
    assert opened.evaluate("document.querySelector('main').inert")
    opened.locator("#facets label", has_text="Sales").click()
    expect(close).to_have_text(re.compile(r"Show [78] items"))
    opened.keyboard.press("Escape")
    expect(opened.locator(".find .ff")).to_be_focused()
    expect(opened.locator(".find .ff b")).to_have_text("1")
    context.close()


# --- looks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (390, "dark"), (768, "light"), (1280, "dark"), (3840, "light")]
)
def test_nothing_is_wider_than_the_window(browser: Browser, folder: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    opened = context.new_page()
    for address in ("", "#q=glycol", "#q=nothingatall", "#q=stee", "#type=text", "#q=zzz+steel"):
        opened.goto("about:blank")
        opened.goto((folder / "index.html").as_uri() + address)
        expect(opened.locator("#results")).to_have_attribute("aria-busy", "false")
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, address
    opened.keyboard.press("?")
    assert opened.evaluate("document.querySelector('dialog').scrollWidth") <= width
    context.close()


def test_everything_pressed_has_a_name_and_every_field_a_label(show: Callable[..., Page]) -> None:
    for address in ("", "#q=steel&in=Sales", "#q=stee", "#q=nothingatall"):
        page = show(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        nameless = page.evaluate("""() => [...document.querySelectorAll('a, button, summary, input')]
          .filter(one => one.checkVisibility() && !(one.getAttribute('aria-label') || one.closest('label')?.innerText || one.innerText).trim())
          .map(one => one.outerHTML)""")
        assert nameless == []
        levels = page.evaluate("""() => [...document.querySelectorAll('h1, h2, h3')]
          .filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))""")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def colours(css: str, *, dark: bool, more: bool) -> dict[str, str]:
    """Return the colours of a scheme as the style sheet redefines them."""
    blocks = [re.search(r"(?s)\n:root\{(.*?)\n\}", css)]
    if dark:
        blocks.append(re.search(r"(?s)@media \(prefers-color-scheme:dark\)\{:root\{(.*?)\}", css))
    if more:
        blocks.append(re.search(r"(?s)@media \(prefers-contrast:more\)\{:root\{(.*?)\}", css))
    if dark and more:
        blocks.append(
            re.search(r"(?s)prefers-contrast:more\) and \(prefers-color-scheme:dark\)\{:root\{(.*?)\}", css)
        )
    found: dict[str, str] = {}
    for block in blocks:
        assert block
        found |= dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", block[1]))
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_told_apart(*, dark: bool, more: bool) -> None:
    found = colours((ASSETS / "look.css").read_text("utf-8"), dark=dark, more=more)
    least = 7 if more else 4.5
    for ink in ("ink", "ink-2", "ink-3", "accent", "visited", "warn"):
        for ground in ("paper", "sunk"):
            assert contrast(found[ink], found[ground]) >= least, (ink, ground)
    assert contrast(found["ink"], found["mark"]) >= least
    for edge in ("edge", "bar"):
        assert contrast(found[edge], found["paper"]) >= 3, edge


# --- in other shapes ------------------------------------------------------------------------------


def test_it_speaks_german(page: Page, folder: Path, tmp_path: Path) -> None:
    html = render(
        "Ordner",
        home={"total": 0, "weeks": []},
        newest=[],
        directory=(folder / "_index").as_uri(),
        written_at=datetime.now(UTC),
        language="de",
        embedded=data_of(folder),
    ).html
    (tmp_path / "de.html").write_bytes(html)
    page.goto((tmp_path / "de.html").as_uri() + "#q=steel&in=Sales")
    expect(page.locator("#summary")).to_contain_text("6 Einträge")
    expect(page.get_by_role("button", name="Sales: diesen Filter aufheben")).to_be_visible()
    expect(page.locator("#facets legend").nth(1)).to_have_text("Art")
    page.fill("#q", "unauffindbar")
    expect(page.locator("#none h2")).to_have_text("Nichts gefunden für „unauffindbar“")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def data_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "_index").glob("*.js") if path.name[0] != "p"}


def test_a_page_in_one_file_needs_nothing_else(page: Page, folder: Path, tmp_path: Path) -> None:
    lone = tmp_path / "lone.html"
    row = Row(ItemId("0" * 16), RelPath("a.txt"), "A", Kind.TEXT, 0, 0)
    made = render(
        "Team", home={"total": 1, "weeks": []}, newest=[Newest(row, "text")], directory="nowhere",
        written_at=datetime.now(UTC), embedded=data_of(folder),
    )  # fmt: skip
    lone.write_bytes(made.html)
    assert read_digest(lone) == made.digest
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lone.as_uri() + "#q=glycol")
    expect(page.locator("#results > li")).to_have_count(2)
    expect(page.locator("#results mark").first).to_have_text("glycol")
    assert [url for url in asked if not url.startswith("data:")] == [lone.as_uri()]


def test_no_other_script_runs(browser: Browser, folder: Path, tmp_path: Path) -> None:
    html = (folder / "index.html").read_text("utf-8")
    (tmp_path / "x.js").write_text("window.ran = 1")
    for foreign in ("<script>window.ran = 1</script>", '<script src="x.js"></script>', '<img src="" onerror="window.ran = 1">',
                    '<a id="j" href="javascript:window.ran = 1">x</a>'):  # fmt: skip
        (tmp_path / "changed.html").write_text(html.replace("<main", foreign + "<main"), "utf-8")
        context = browser.new_context()
        opened = context.new_page()
        opened.goto((tmp_path / "changed.html").as_uri())
        if opened.locator("#j").count():
            opened.evaluate("document.querySelector('#j').click()")
        opened.wait_for_timeout(100)
        assert opened.evaluate("window.ran") is None, foreign
        context.close()
