"""What a page shows, and how to ask it: for tests that drive the whole page."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLate

ANSWERED = """words => document.querySelector('#results').getAttribute('aria-busy') === 'false'
  && document.title.startsWith(words + ' · ')"""
OPENED = "() => !document.querySelector('#written').textContent.includes('UTC')"
SHOWN = """() => {
  const rows = [...document.querySelectorAll('#results > li')];
  return {total: Number(document.querySelector('#summary').dataset.total), ids: rows.map(row => row.dataset.id),
    paths: rows.map(row => row.dataset.path), isTrouble: !document.querySelector('#trouble').hidden};
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one sees at a moment."""

    total: int
    ids: list[str]
    paths: list[str]
    is_trouble: bool
    """Whether it is said that files are missing."""


def shown(page: Page) -> Shown:
    """Return what is shown, all taken at one moment."""
    found = page.evaluate(SHOWN)
    return Shown(found["total"], found["ids"], found["paths"], found["isTrouble"])


def settle(page: Page) -> None:
    """Wait until no search runs."""
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")


def ask(page: Page, words: str) -> Shown:
    """Type a search and return its answer, which the title tells from that of any other."""
    page.fill("#q", words)
    page.wait_for_function(ANSWERED, arg=words)
    return shown(page)


def opens(page: Page, address: str, *, tries: int = 3) -> bool:
    """Open a page with a faked clock; tell whether it had a whole state to show, which it says by a time of this place."""
    page.goto(address)
    for _ in range(tries):
        try:
            page.wait_for_function(OPENED, timeout=1_000)
        except TooLate:
            page.clock.fast_forward(5_000)
        else:
            return True
    return False


def answer(page: Page, words: str, *, tries: int = 8) -> Shown | None:
    """Return the answer of a page with a faked clock; None if it waits for files all the time."""
    page.fill("#q", words)
    for _ in range(tries):
        try:
            page.wait_for_function(ANSWERED, arg=words, timeout=1_000)
        except TooLate:
            page.clock.fast_forward(5_000)  # to its next try
        else:
            return shown(page)
    return None


def show_all(page: Page) -> Shown:
    """Press `more` until there is no more."""
    for _ in range(100):
        if not page.locator("#more").is_visible():
            break
        count = page.locator("#results > li").count()
        page.click("#more")
        page.wait_for_function("n => document.querySelectorAll('#results > li').length > n", arg=count)
    return shown(page)
