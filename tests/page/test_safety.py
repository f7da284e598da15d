"""Whatever is in files and names: nothing runs, nothing is asked of the network, and every link leads where it says."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.app import building
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places

pytestmark = pytest.mark.browser

BREAKERS = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "{{7*7}} ${7*7}",
    "' onmouseover='alert(1)", "&lt;b&gt; &amp; &#x27;", "javascript:alert(1)", "<!-- --><style>*{display:none}</style>",
    "]]><iframe src=javascript:alert(1)>", "\u202egnp.exe", "__proto__ constructor toString", "%3Cscript%3E %00 %",
    "\ufeff\u2028\u2029 line", "a" * 3000, "\\u003cscript\\u003e \\x3c", "data:text/html,<script>alert(1)</script>",
]  # fmt: skip
NAMES = [
    "__proto__", "constructor", "<b>bold<", "it's & \"quoted\"", "100% sure #1?", "{{ 7*7 }}", "\u202efdp.txt", "a;b=c,d",
    "tab\tname", "new\nline", "..hidden", "x" * 180, "café", "cafe\u0301", "emoji 😀", "%41%42", "&amp;", "~tilde'()*!",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    top = tmp_path_factory.mktemp("safety")
    folder = top / "Team"
    (folder / "constructor").mkdir(parents=True)
    for number, text in enumerate(BREAKERS):
        (folder / f"text {number}.txt").write_text(f"breaker {text} end", "utf-8")
        title = text.replace("<", "&lt;").replace('"', "&quot;")
        (folder / f"constructor/page {number}.html").write_text(
            f'<title>{title}</title><meta name=author content="{title}"><meta name=keywords content="{title}">'
            f"<body>breaker page</body>",
            "utf-8",
        )
        (folder / f"link {number}.url").write_text(f"[InternetShortcut]\nURL={text}\n", "utf-8")
    (folder / "good.url").write_text("[InternetShortcut]\nURL=https://example.org/?a=1&b=<c>\n")
    for name in NAMES:
        if sys.platform == "win32" and set(name) & set('<>"?\\:*|\t\n'):
            continue
        (folder / f"{name} n.txt").write_text("breaker by name", "utf-8")
    if sys.platform == "linux":
        (folder / "caf\udce9 n.txt").write_text("breaker by name")
    build(folder, top / "state")
    yield folder


def build(folder: Path, state: Path, **page: object) -> None:
    settings = replace(
        Settings(),
        state_dir=state,
        extract=ExtractSettings(workers=1),
        page=PageSettings(**page),  # type: ignore[arg-type]
    )
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()


def settle(page: Page) -> None:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")


def ask(page: Page, text: str) -> None:
    page.fill("#q", text)
    page.wait_for_timeout(120)
    settle(page)


def show_all(page: Page) -> None:
    for _ in range(20):
        if not page.locator("#more").is_visible():
            return
        count = page.locator("#results > li").count()
        page.click("#more")
        page.wait_for_function("n => document.querySelectorAll('#results > li').length > n", arg=count)


@pytest.mark.parametrize("query", ["", "breaker", "constructor OR proto OR script", "alert 7"])
def test_nothing_runs_and_every_link_leads_to_its_file(page: Page, folder: Path, query: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto((folder / "index.html").as_uri())
    settle(page)
    ask(page, query)
    show_all(page)
    rows = page.eval_on_selector_all(
        "#results > li", "rows => rows.map(row => [row.dataset.path, row.querySelector('a.title').href])"
    )
    assert rows
    for path, href in rows:
        parts = urlsplit(href)
        if parts.scheme in ("http", "https", "mailto"):
            continue
        assert parts.scheme == "file"
        target = Path(unquote_to_bytes(parts.path).decode("utf-8", "surrogateescape"))
        assert target.is_file(), (path, href)
        assert target.relative_to(folder).as_posix().encode("utf-8", "replace").decode().replace(
            "?", ""
        ) == path.replace("\ufffd", "").replace("?", "")
    protocols = page.eval_on_selector_all("a[href]", "links => links.map(link => link.protocol)")
    assert set(protocols) <= {"file:", "http:", "https:", "mailto:"}
    made = page.evaluate(
        "document.querySelectorAll('#results script, #results iframe, #results img, #results style').length"
    )
    assert made == 0


def test_facets_of_strange_values_filter_by_them(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri() + "#q=breaker")
    settle(page)
    page.get_by_role("checkbox", name="constructor").first.click()
    settle(page)
    total = int(page.get_attribute("#summary", "data-total") or 0)
    assert 0 < total <= len(BREAKERS)
    assert all(path.startswith("constructor/") for path in paths(page))


def paths(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.path)")
    return found


def test_what_somebody_puts_into_the_page_does_not_run(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    copy = tmp_path / "copy"
    (copy / "evil.js").write_text("document.title = 'evil'; alert(1)")
    html = (copy / "index.html").read_text("utf-8")
    html = html.replace(
        "</head>", "<script>document.title='evil'</script><script src=evil.js></script></head>"
    ).replace("<body", "<body onload=\"document.title='evil'\"")
    (copy / "index.html").write_text(html, "utf-8")
    context = browser.new_context()
    opened = context.new_page()
    opened.on("dialog", lambda dialog: pytest.fail("a script ran"))
    opened.goto((copy / "index.html").as_uri() + "#q=breaker")
    settle(opened)
    assert "evil" not in opened.title()
    assert len(paths(opened)) == 20
    context.close()


def test_a_page_of_one_file_needs_no_other(
    browser: Browser, page: Page, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "Team"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("_index", "index.html"))
    build(copy, tmp_path / "state", mode="single")
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    shutil.copy(copy / "index.html", alone / "page.html")
    asked: list[str] = []
    context = browser.new_context()
    opened = context.new_page()
    opened.on("dialog", lambda dialog: pytest.fail("a script ran"))
    opened.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "index.html").as_uri())
    opened.goto((alone / "page.html").as_uri())
    for text in ("breaker", '"by name"', "constructor", "type:link"):
        totals = []
        for one in (page, opened):
            ask(one, text)
            totals.append(one.get_attribute("#summary", "data-total"))
        assert totals[0] == totals[1] != "0", text
    assert [url for url in asked if not url.startswith("data:")] == [(alone / "page.html").as_uri()]
    context.close()
