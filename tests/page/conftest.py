"""A page of the browser that minds what it logs and asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; the test fails if it logs an error or asks the network for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    trouble: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            trouble.append(message.text)

    def note_error(error: Error) -> None:
        trouble.append(str(error))

    def note_request(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "about:", "http://127.0.0.1")):
            trouble.append(f"network: {request.url}")

    opened.on("console", note_console)
    opened.on("pageerror", note_error)
    opened.on("request", note_request)
    opened.set_default_timeout(10_000)
    yield opened
    context.close()
    assert trouble == []
