"""A digest in the browser: it needs no script and no network, fits every width, opens its items, and is accessible."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from indexer.page.weekly.html import digest_html
from indexer.page.weekly.mail import digest_mail
from indexer.page.weekly.telling import Links
from tests.page.test_access import violations
from tests.page.test_weeks import HOSTILE
from tests.page.weeks import EMPTY, FULL, attack, huge

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digest in a folder with its items."""
    folder = tmp_path_factory.mktemp("week") / "Team folder #1"
    directory = folder / "_index" / "digest"
    directory.mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the page</title>")
    for item in FULL.parts[0].items:
        (folder / item.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / item.path).write_text("the item")
    (folder / "Questions").mkdir()
    for question in FULL.open:
        (folder / question.path).write_text(question.question)
    texts = [HOSTILE[n % len(HOSTILE)] for n in range(14)]
    weeks = {"full": FULL, "empty": EMPTY, "attack": attack(texts), "huge": huge()}
    for name, digest in weeks.items():
        (directory / f"{name}.html").write_bytes(digest_html(digest, "en"))
        made = message_from_bytes(digest_mail(digest, "en", Links(), "f"), policy=policy.default)
        assert isinstance(made, EmailMessage)
        body = made.get_body(("html",))
        assert body is not None
        (directory / f"mail-{name}.html").write_text(body.get_content(), "utf-8")
    return directory / "full.html"


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
@pytest.mark.parametrize("name", ["full", "empty", "attack", "huge", "mail-full", "mail-attack"])
def test_it_fits_every_width(page: Page, week: Path, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(week.with_name(f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.scripts.length") == 0


@pytest.mark.parametrize(
    "link", ["EU steel safeguard 2026: what changes", "price clauses", "7 more items", "Search the folder"]
)
def test_its_links_open(page: Page, week: Path, link: str) -> None:
    page.goto(week.as_uri())
    page.get_by_role("link", name=link).first.click(no_wait_after=True)
    if link.startswith("EU"):  # a PDF that is none is offered as download
        href = page.get_by_role("link", name=link).first.evaluate("one => one.href")
        assert href == (week.parents[2] / FULL.parts[0].items[0].path).as_uri()
        return
    page.wait_for_url(lambda url: not url.endswith("full.html"))
    assert page.title() == "the page" or "price clauses" in page.content()


def test_the_contents_lead_to_their_parts(page: Page, week: Path) -> None:
    page.goto(week.as_uri())
    for link in page.locator("nav a").all():
        target = link.get_attribute("href")
        assert page.locator(f"section{target}").count() == 1


def test_several_notes_stand_side_by_side_where_there_is_room(page: Page, week: Path) -> None:
    page.goto(week.as_uri())
    notes = page.locator(".notes").first.locator(".note")
    one, other = (note.bounding_box() for note in notes.all())
    assert one and other
    assert one["y"] == other["y"] and one["x"] < other["x"]
    page.set_viewport_size({"width": 390, "height": 900})
    one, other = (note.bounding_box() for note in notes.all())
    assert one and other
    assert one["x"] == other["x"] and one["y"] < other["y"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_to_complain_about(browser: Browser, week: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    for width, name in ((390, "full"), (1280, "full"), (1280, "empty"), (800, "mail-full")):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(week.with_name(f"{name}.html").as_uri())
        assert violations(page) == [], (name, width)
    context.close()
