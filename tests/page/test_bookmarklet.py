"""The bookmark of docs/sharing-links.md that saves a link to the page one is looking at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indexer.extract import links
from indexer.extract.source import Source
from indexer.folder.creating import portable_name

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GUIDE = Path(__file__).parents[2] / "docs" / "sharing-links.md"
URL = "https://example.com/a%20b?q=%22x%22&y=1#part"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Steel &lt;b&gt;: a &quot;new&quot; tariff?", "Steel -b- a -new- tariff.url"),
        ("", "example.com.url"),
        ("\u202e..  x\u0308 /", "\u1e8d.url"),
    ],
)
def test_the_bookmark_saves_a_link_file(browser: Browser, tmp_path: Path, title: str, name: str) -> None:
    found = re.search(r"^javascript:(.*)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert found
    with browser.new_context() as context:
        context.route(
            "**/*",
            lambda route: route.fulfill(
                content_type="text/html; charset=utf-8", body=f"<title>{title}</title>"
            ),
        )
        page = context.new_page()
        page.goto(URL)
        with page.expect_download() as download:
            page.evaluate(found[1])
        saved = tmp_path / "saved"
        download.value.save_as(saved)
        assert download.value.suggested_filename == name
    assert portable_name(name.removesuffix(".url"), ".url") == name
    (link,) = links.read(Source(saved, name, saved.read_bytes(), 0)).links
    assert link.url == URL
