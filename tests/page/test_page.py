"""The page, opened by double click: found, shown, safe, whole."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.app import building
from indexer.app.status import folder_status
from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.page.belonging import own_names
from indexer.page.datafile import unscript
from indexer.page.update import State, Update
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from tests.extract.test_readers import make_pdf
from tests.fake_clock import FakeClock

pytestmark = pytest.mark.browser
HOSTILE = [
    "<script>alert(1)<", "quotes \" and '", "hash # question ? percent %41 %", "space  two", "emoji 😀", "עברית ‮rtl",
    "café NFC", "cafe\u0301 NFD", "semi;colon&amp;", "a" * 200, "back\\slash", "colon: name",
]  # fmt: skip


def build(folder: Path, state: Path, **page_settings: object) -> None:
    settings = replace(
        Settings(),
        state_dir=state,
        extract=ExtractSettings(workers=1),
        page=PageSettings(**page_settings),  # type: ignore[arg-type]
    )
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    top = tmp_path_factory.mktemp("page")
    folder = top / "Team & <b>folder</b>" if sys.platform != "win32" else top / "Team & folder"
    (folder / "Sales" / "EU").mkdir(parents=True)
    (folder / "Sales/EU/tariffs.md").write_text(
        "# EU tariffs 2026\n\nThe new tariff applies to steel. <img src=x onerror=alert(1)>"
    )
    (folder / "Sales/offer.txt").write_text("An offer for steel pumps, résumé included.")
    (folder / "Quality").mkdir()
    (folder / "Quality/copy.txt").write_text("An offer for steel pumps, résumé included.")
    (folder / "Links.txt").write_text(
        "An article https://example.org/a?b=c&d=e\nBad one javascript:alert(1)\nMail mailto:desk@example.org\n",
        "utf-8",
    )
    (folder / "evil.url").write_text("[InternetShortcut]\nURL=javascript:alert(document.domain)\n")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    for number, name in enumerate(HOSTILE):
        if sys.platform == "win32" and set(name) & set('<>"?\\:*|'):
            continue
        (folder / f"{name} h{number}.txt").write_text(
            f"hostile{number} </script><script>alert(2)</script> steel", "utf-8"
        )
    if sys.platform == "linux":
        (folder / "caf\udce9 h99.txt").write_text("hostile99 text")
    for number in range(30):
        (folder / f"many {number:02d}.txt").write_text(f"plenty of items, number {number}")
    build(folder, top / "state")
    yield folder


@pytest.fixture
def search(page: Page, folder: Path) -> Callable[[str], list[str]]:
    page.goto((folder / "index.html").as_uri())
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))

    def find(text: str) -> list[str]:
        page.fill("#q", text)
        page.wait_for_timeout(150)
        expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
        paths: list[str] = page.eval_on_selector_all(
            "#results > li", "rows => rows.map(row => row.dataset.path)"
        )
        return paths

    return find


def test_words_exclusion_prefix_and_filters(search: Callable[[str], list[str]], page: Page) -> None:
    assert search("tariff steel") == ["Sales/EU/tariffs.md"]
    assert page.inner_text("#results a.title") == "EU tariffs 2026"
    assert "tariff" in page.eval_on_selector_all(
        "#results .snippet mark", "marks => marks.map(m => m.textContent)"
    )
    assert search("RESUME") == [
        "Sales/offer.txt"
    ]  # copies are one result, the one named "copy" is no first choice
    assert page.inner_text("#results details summary") == "1 copy"
    assert search("in:Sales resume") == ["Sales/offer.txt"]
    assert search("type:image") == ["photo.jpg"]
    assert search("offe* -tariff") == ["Sales/offer.txt"]  # its name has the word too
    assert search("applies OR offer in:eu") != []
    assert search("nothingatall") == []
    expect(page.locator("#none h2")).to_have_text("Nothing found for “nothingatall”")
    assert page.get_attribute("#summary", "data-total") == "0"


def test_it_says_when_it_relaxes(search: Callable[[str], list[str]], page: Page) -> None:
    assert search('"applies to steel"') == ["Sales/EU/tariffs.md"]
    expect(page.locator("#relaxed")).to_be_hidden()
    assert search("tariff zzzz") == ["Sales/EU/tariffs.md"]
    expect(page.locator("#relaxed")).to_contain_text("some of the words")
    search("tariff")
    expect(page.locator("#relaxed")).to_be_hidden()


def test_it_says_what_was_not_understood(search: Callable[[str], list[str]], page: Page) -> None:
    search("type:txt tariff")
    expect(page.locator("#remarks")).to_contain_text("“type:txt” was searched as words; kinds are pdf, word")
    assert search("✅") == []
    expect(page.locator("#remarks")).to_contain_text("“✅” has no letter")
    search("tariff")
    expect(page.locator("#remarks")).to_be_hidden()


def test_a_closer_look_beside_the_list(search: Callable[[str], list[str]], page: Page) -> None:
    search("steel offer")
    preview = page.locator("#preview")
    expect(preview).to_be_hidden()
    page.locator("#results a.title").first.focus()
    page.keyboard.press(" ")
    expect(preview.locator(".text")).to_contain_text("An offer for steel pumps, résumé included.")
    expect(preview.locator("mark")).to_have_text(["offer", "steel"])
    expect(preview.locator("#hit")).to_have_text("1 of 2")
    page.keyboard.press("n")
    expect(preview.locator("mark[data-now]")).to_have_text("steel")
    page.keyboard.press("N")
    expect(preview.locator("mark[data-now]")).to_have_text("offer")
    title = page.locator("#results a.title").first
    expect(preview.locator("a.title")).to_have_attribute("href", str(title.get_attribute("href")))
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    expect(title).to_be_focused()
    page.locator("#results button.peek").first.click()
    expect(preview).to_be_visible()
    search("hostile0")
    expect(preview).to_be_hidden()
    page.locator("#results button.peek").first.click()
    expect(preview.locator(".text")).to_contain_text("</script><script>alert(2)</script> steel")
    page.locator("#preview button").last.click()
    expect(preview).to_be_hidden()
    assert search("photo") == ["photo.jpg"]
    expect(page.locator("#results button.peek")).to_have_count(0)


def test_nothing_found_shows_ways_on(search: Callable[[str], list[str]], page: Page) -> None:
    assert search("tarif") == []
    expect(page.locator("#nearly h2")).to_have_text("Words that begin with “tarif”")
    assert page.eval_on_selector_all("#nearly li", "rows => rows.map(row => row.dataset.path)") == [
        "Sales/EU/tariffs.md"
    ]
    expect(page.locator("#results > li")).to_have_count(0)
    assert search("steell") == []
    expect(page.locator("#none")).to_contain_text("Did you mean steel?")
    page.click("#none a")
    expect(page.locator("#q")).to_have_value("steel")
    expect(page.locator("#results > li")).not_to_have_count(0)


def test_filters_alone_can_find_nothing(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri() + "#q=plenty&type=image")
    expect(page.locator("#none h2")).to_have_text("Nothing found for “plenty”")
    page.locator("#ways a", has_text="plenty").click()
    expect(page.locator("#summary")).to_have_attribute("data-total", "30")
    expect(page.locator("#q")).to_have_value("plenty")


@pytest.mark.parametrize("number", [*range(len(HOSTILE)), 99])
def test_hostile_names_are_shown_and_open_the_very_file(
    search: Callable[[str], list[str]], page: Page, folder: Path, number: int
) -> None:
    files = [path for path in folder.iterdir() if path.name.endswith(f"h{number}.txt")]
    if not files:
        pytest.skip("this system has no such names")
    assert len(search(f"hostile{number}")) == 1
    page.click("#results a.title")
    page.wait_for_load_state()
    assert page.inner_text("body").strip() == files[0].read_text("utf-8").strip()


def test_only_web_and_mail_addresses_are_links(search: Callable[[str], list[str]], page: Page) -> None:
    search("article")
    link = page.locator("#results a.title")
    expect(link).to_have_attribute("href", "https://example.org/a?b=c&d=e")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert search("evil") == ["evil.url"]
    assert page.get_attribute("#results a.title", "href") == "evil.url"
    assert search("bad one") == ["Links.txt"]
    assert page.get_attribute("#results a.title", "href") == "Links.txt"
    hrefs = page.eval_on_selector_all("a[href]", "links => links.map(link => link.protocol)")
    assert set(hrefs) <= {"file:", "https:", "http:", "mailto:"}


def test_twenty_at_first_and_twenty_more(search: Callable[[str], list[str]], page: Page) -> None:
    assert len(search("plenty")) == 20
    assert page.get_attribute("#summary", "data-total") == "30"
    page.click("button#more")
    expect(page.locator("#results > li")).to_have_count(30)
    expect(page.locator("#more")).to_be_hidden()


def test_all_values_of_a_group_are_shown_before_anything_is_asked(page: Page, tmp_path: Path) -> None:
    """The head counts the 50 most frequent ones; who wants all of them waits for a count of all items."""
    folder = tmp_path / "folder"
    for number in range(60):
        (folder / f"Department {number:02d}").mkdir(parents=True)
        (folder / f"Department {number:02d}" / "note.txt").write_text(f"number {number}")
    build(folder, tmp_path / "state")
    page.goto((folder / "index.html").as_uri())
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    group = page.locator("fieldset[data-group=department]")
    group.get_by_role("button", name="42 more departments").click()
    expect(group.get_by_role("checkbox")).to_have_count(60)
    group.get_by_role("button", name="Show fewer").click()
    expect(group.get_by_role("checkbox")).to_have_count(8)


def test_the_address_holds_the_search(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri() + "#q=steel&type=text&in=Sales")
    expect(page.locator("#results > li")).to_have_count(2)
    expect(page.locator("[role=searchbox], input[type=search]")).to_have_value("steel")
    page.get_by_role("button", name="Sales: remove this filter").click()
    page.get_by_role("checkbox", name="Quality").click()
    expect(page.locator("#results > li")).to_have_count(1)
    assert "in=Quality" in page.url
    assert page.get_by_role("searchbox").count() == 1


def test_keyboard(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    titles = page.locator("#results a.title")
    page.keyboard.press("/")
    page.keyboard.type("plenty")
    page.keyboard.press("Enter")  # to the first item, as soon as it is there
    expect(titles.first).to_be_focused()
    expect(page.locator("#summary")).to_have_attribute("data-total", "30")
    page.keyboard.press("ArrowDown")
    expect(titles.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    for _ in range(21):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#more")).to_be_focused()
    page.keyboard.press("Enter")
    expect(titles.nth(20)).to_be_focused()
    with page.context.expect_page() as opened:
        page.keyboard.press("o")
    assert opened.value.url.startswith("file:")
    opened.value.close()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator("#summary")).not_to_have_attribute("data-total", "30")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "index.html" not in url)


def test_there_is_a_way_back(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri())
    page.fill("#q", "steel")
    expect(page.locator("#q")).to_have_value("steel")
    expect(page.locator("#results mark").first).to_have_text("steel")
    total = page.get_attribute("#summary", "data-total")
    page.get_by_role("checkbox", name="Sales").click()
    expect(page.locator("#summary")).to_have_attribute("data-total", "2")
    page.go_back()
    expect(page.locator("#summary")).to_have_attribute("data-total", str(total))
    page.go_back()
    expect(page.locator("#q")).to_have_value("")
    page.go_forward()
    expect(page.locator("#q")).to_have_value("steel")


def test_newest_first_without_a_query_and_without_javascript(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto((folder / "index.html").as_uri())
    expect(plain.locator("#results > li")).to_have_count(20)
    times = [plain.locator("time").nth(n).get_attribute("datetime") or "" for n in range(20)]
    assert times == sorted(times, reverse=True)
    assert not plain.locator("#q").is_visible()
    context.close()


def test_an_item_whose_text_was_cut_says_so(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    whole = make_pdf("severed text")
    (folder / "whole.pdf").write_bytes(whole)
    (folder / "half.pdf").write_bytes(whole[: whole.rindex(b"startxref")])
    build(folder, tmp_path / "state")
    page.goto((folder / "index.html").as_uri())
    cut = page.locator("#results > li", has_text="Only part of the text")
    expect(cut).to_have_attribute("data-path", "half.pdf")  # as it lies in the HTML
    page.fill("#q", "severed")
    expect(page.locator("#summary")).to_have_attribute("data-total", "2")
    expect(cut).to_have_attribute("data-path", "half.pdf")


def test_missing_data_files_cost_no_list_and_are_asked_for_again(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    broken, kept = tmp_path / "broken", tmp_path / "kept"
    shutil.copytree(folder, broken)
    kept.mkdir()
    for path in (broken / "_index").glob("[!fp]*-*.js"):
        path.rename(kept / path.name)
    context = browser.new_context()
    opened = context.new_page()
    opened.clock.install()
    opened.goto((broken / "index.html").as_uri() + "#q=tariff")
    opened.clock.run_for(5000)
    expect(opened.locator("#trouble")).to_contain_text("being updated")
    expect(opened.locator("#results > li")).to_have_count(20)
    for path in kept.iterdir():
        path.rename(broken / "_index" / path.name)
    opened.clock.run_for(60_000)
    expect(opened.locator("#results > li")).to_have_count(1)
    expect(opened.locator("#trouble")).to_be_hidden()
    context.close()


def test_a_missing_script_is_asked_for_again(browser: Browser, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    script = next((broken / "_index").glob("p-*.js"))
    script.rename(tmp_path / script.name)
    context = browser.new_context()
    opened = context.new_page()
    opened.clock.install()
    opened.goto((broken / "index.html").as_uri())
    opened.fill("#q", "tariff")
    (tmp_path / script.name).rename(script)
    opened.clock.run_for(3000)
    expect(opened.locator("#results > li")).to_have_count(1)
    context.close()


def test_newer_items_are_offered_and_never_move_what_is_read(browser: Browser, tmp_path: Path) -> None:
    folder, state = tmp_path / "folder", tmp_path / "state"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    build(folder, state)
    context = browser.new_context()
    opened = context.new_page()
    opened.clock.install()
    opened.goto((folder / "index.html").as_uri())
    expect(opened.locator("#results > li")).to_have_count(1)
    (folder / "b.txt").write_text("beta")
    build(folder, state)
    top = opened.evaluate("document.querySelector('#results').getBoundingClientRect().top")
    opened.clock.run_for(65_000)
    offer = opened.locator("#newer button")
    expect(offer).to_be_visible()
    expect(opened.locator("#results > li")).to_have_count(1)
    assert opened.evaluate("document.querySelector('#results').getBoundingClientRect().top") == top
    offer.click()
    expect(opened.locator("#results > li")).to_have_count(2)
    expect(offer).to_be_hidden()
    expect(opened.locator("#q")).to_have_attribute("placeholder", "Search 2 items")
    context.close()


# --- what is written, and what is not -------------------------------------------------------------


def test_somebody_elses_page_is_never_touched(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "index.html").write_text("<title>Mine</title>")
    build(folder, tmp_path / "state")
    assert (folder / "index.html").read_text() == "<title>Mine</title>"
    assert own_names(folder) == {"indexer.html", "_indexer"}
    (folder / "indexer.html").write_text("mine too")
    settings = replace(Settings(), state_dir=tmp_path / "state")
    with (
        building.open_pipeline(folder, settings) as pipeline,
        pytest.raises(UserError, match=r"indexer\.html"),
    ):
        pipeline.publish()


def test_somebodys_page_that_comes_while_ours_is_made_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Team"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    run = Update.run

    def arrives(publisher: Update, *arguments: Any) -> State:
        (folder / "index.html").write_text("<h1>mine</h1>")
        return run(publisher, *arguments)

    monkeypatch.setattr(Update, "run", arrives)
    with pytest.raises(UserError, match="not ours"):
        build(folder, tmp_path / "state")
    assert (folder / "index.html").read_text() == "<h1>mine</h1>"
    monkeypatch.undo()
    build(folder, tmp_path / "state")
    assert (folder / "index.html").read_text() == "<h1>mine</h1>"
    assert (folder / "indexer.html").exists()


@pytest.mark.parametrize("theirs", ["before", "since"])
def test_a_page_that_goes_elsewhere_leaves_nothing_behind(tmp_path: Path, theirs: str) -> None:
    folder = tmp_path / "Team"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    if theirs == "before":
        (folder / "index.html").write_text("<h1>mine</h1>")
    build(folder, tmp_path / "state")
    assert (folder / "indexer.html").exists() == (theirs == "before")
    if theirs == "before":
        (folder / "index.html").rename(folder / "start.html")
    else:
        (folder / "index.html").write_text("<h1>mine</h1>")
    build(folder, tmp_path / "state")
    names = {path.name for path in folder.iterdir()} - {"a.txt"}
    ours = {
        "before": {"index.html", "_index", "start.html"},
        "since": {"index.html", "indexer.html", "_indexer"},
    }
    assert names == ours[theirs]
    assert b"mine" in (folder / ("start.html" if theirs == "before" else "index.html")).read_bytes()


def test_conflict_copies_of_the_page_are_no_items(tmp_path: Path) -> None:
    folder = tmp_path / "Team"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    build(folder, tmp_path / "state")
    copies = ("index (Ann's conflicted copy 2026-11-25).html", "index-PC2.html", "_index-PC2", "_index (1)")
    for name in copies:
        original = folder / ("_index" if name.startswith("_") else "index.html")
        (shutil.copytree if original.is_dir() else shutil.copyfile)(original, folder / name)
    (folder / "index of parts.html").write_text("<p>alpha too")
    (folder / "_index of parts").mkdir()
    (folder / "_index of parts/b.txt").write_text("alpha as well")
    assert own_names(folder) == {"index.html", "_index", *copies}
    build(folder, tmp_path / "state")
    assert set(copies) <= {path.name for path in folder.iterdir()}


def test_an_unchanged_page_is_not_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    build(folder, tmp_path / "state")
    before = {
        path: path.stat().st_mtime_ns for path in [folder / "index.html", *(folder / "_index").iterdir()]
    }
    build(folder, tmp_path / "state")
    assert {
        path: path.stat().st_mtime_ns for path in [folder / "index.html", *(folder / "_index").iterdir()]
    } == before


def texts_of(folder: Path) -> bytes:
    return b"".join(unscript(path.read_bytes())[1] for path in (folder / "_index").glob("[a-oq-z]-*.js"))


def test_text_of_removed_items_and_left_out_subfolders_is_not_on_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "HR").mkdir(parents=True)
    (folder / "a.txt").write_text("zebra secret")
    (folder / "HR/pay.txt").write_text("salary list")
    (folder / "b.txt").write_text("plain")
    build(folder, tmp_path / "state", scope=("HR",))
    assert b"zebra" in texts_of(folder)
    assert b"salary" not in texts_of(folder)
    (folder / "a.txt").unlink()
    build(folder, tmp_path / "state", scope=("HR",))
    assert b"zebra" not in texts_of(folder) + (folder / "index.html").read_bytes()


def test_a_failed_publish_leaves_the_old_page_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    settings = replace(Settings(), state_dir=tmp_path / "state")
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        before = (folder / "index.html").read_bytes()
        (folder / "b.txt").write_text("beta")
        monkeypatch.setattr(Directory, "rename", full_disk)
        with pytest.raises(UserError, match="disk full"):
            pipeline.run_pass()
        monkeypatch.undo()
        assert (folder / "index.html").read_bytes() == before
        assert not list(folder.rglob("*.tmp"))
        assert any("disk full" in problem for problem in folder_status(folder, settings).problems)
        pipeline.run_pass()
        assert b"b.txt" in texts_of(folder)
        assert not any("disk full" in problem for problem in folder_status(folder, settings).problems)


_rename = Directory.rename


def full_disk(directory: Directory, name: str, to: str) -> None:
    """Have no room for files of the page."""
    if name.startswith("~syncthing~"):
        raise OSError(28, "disk full")
    _rename(directory, name, to)


def test_the_page_says_when_it_was_written_only_when_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    settings = replace(Settings(), state_dir=tmp_path / "state")
    places.register(folder, settings)
    clock = FakeClock()
    with building.open_pipeline(folder, settings, clock) as pipeline:
        pipeline.run_pass()
        before = (folder / "index.html").read_bytes()
        clock.advance(3600.0)
        pipeline.publish()
        assert (folder / "index.html").read_bytes() == before
