"""A page of the browser that minds what it logs and asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request


@pytest.fixture
def page(tabs: BrowserContext) -> Iterator[Page]:
    """A fresh page; the test fails where it logs an error or asks the network for anything."""
    opened = tabs.new_page()
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
    for one in tabs.pages[1:]:  # and what it opened
        one.close()
    assert trouble == []
