"""For everyone: an automatic check of the page finds nothing to complain about, in any state, width and scheme."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.test_page import build

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
STATES = [
    "",
    "#q=steel",
    "#q=steel&type=text&sort=newest",
    "#q=nothingatall",
    "#q=steel zzz",
    "#q=stee",
    "#q=-a after:2020",
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    top = tmp_path_factory.mktemp("access")
    made = {name: top / name for name in ("full", "empty", "single")}
    for name, folder in made.items():
        (folder / "Sales" / "EU").mkdir(parents=True)
        for number in range(0 if name == "empty" else 30):
            (folder / f"Sales/EU/offer {number}.txt").write_text(f"An offer for steel pumps, number {number}")
        if name != "empty":
            (folder / "Links.txt").write_text(
                "Steel https://example.org/steel\nPump https://example.org/pump\n"
            )
            (folder / "Sales/copy.txt").write_text("An offer for steel pumps, number 3")
        build(folder, top / f"state {name}", mode="single" if name == "single" else "files")
    yield made


def violations(page: Page) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    found = page.evaluate(
        """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
           .flatMap(one => one.nodes.map(node => one.id + ': ' + node.target.join(' ')))"""
    )
    return list(map(str, found))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_to_complain_about(
    browser: Browser, folders: dict[str, Path], width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    addresses = [folders["full"] / "index.html"] * len(STATES)
    asked = [
        *zip(addresses, STATES, strict=True),
        (folders["empty"] / "index.html", ""),
        (folders["single"] / "index.html", "#q=steel"),
    ]
    for path, address in asked:
        page.goto("about:blank")
        page.goto(path.as_uri() + address)
        page.wait_for_timeout(300)
        expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
        assert violations(page) == [], address
    page.locator("#results button.peek").first.click()
    expect(page.locator("#preview mark").first).to_be_visible()
    assert violations(page) == [], "preview"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator("[data-help]:visible").first.click()
    assert violations(page) == [], "help"
    page.keyboard.press("Escape")
    if width == 390:
        page.locator(".find .ff").click()
        assert violations(page) == [], "filters"
    context.close()
