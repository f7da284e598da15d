"""The page in the engines of Firefox and Safari: the same answers as in Chromium, from `file://`; and what none of them runs."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from tests.page import firefox, webkit
from tests.page.test_page import build

pytestmark = pytest.mark.browser

QUERIES = [
    "steel", "pumps", '"steel pump"', "stee*", "stell~", "type:text offer", "in:EU", "-offer", "offer OR tariff", "zzz", "",
    "title:tariffs", "after:2020 steel", "what is the tariff for steel", "résumé", "many",
]  # fmt: skip
STATE = """(() => ({busy: document.querySelector('#results').getAttribute('aria-busy'),
  state: document.documentElement.dataset.state, total: document.querySelector('#summary').dataset.total,
  marks: document.querySelectorAll('#results mark').length, hash: location.hash,
  paths: [...document.querySelectorAll('#results > li')].map(row => row.dataset.path)}))()"""
SETTLED_S = 30.0


class Engine(Protocol):
    """A browser as these tests drive it."""

    def open(self, address: str) -> None:
        """Open an address and wait until it is loaded."""

    def evaluate(self, expression: str) -> Any:
        """Return what an expression comes to."""

    def press(self, keys: str) -> None:
        """Type characters."""


class Chromium:
    """Chromium as an engine like the others."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self._page.goto(address)

    def evaluate(self, expression: str) -> Any:
        """Return what an expression comes to."""
        return self._page.evaluate(expression)

    def press(self, keys: str) -> None:
        """Type characters."""
        self._page.keyboard.type(keys)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("engines")
    folder = top / "Team folder"
    (folder / "Sales" / "EU").mkdir(parents=True)
    (folder / "Sales/EU/tariffs.md").write_text("# EU tariffs 2026\n\nThe new tariff applies to steel.")
    (folder / "Sales/offer.txt").write_text("An offer for a steel pump, résumé included.")
    for number in range(30):
        (folder / f"many {number:02d}.txt").write_text(f"plenty of items, number {number}, of many")
    build(folder, top / "state")
    return folder


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Chromium]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Chromium(context.new_page())
    context.close()


@pytest.fixture(scope="module", params=[firefox.Firefox, webkit.WebKit], ids=["Firefox", "WebKit"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    is_there = {firefox.Firefox: firefox.executable, webkit.WebKit: webkit.executable}[request.param]()
    if not is_there:
        pytest.skip(f"{request.param.__name__} is not installed")
    started = request.param(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


def settled(engine: Engine, is_right: Callable[[Any], bool] = lambda found: True) -> Any:
    """Return what is shown once no search runs."""
    until = time.monotonic() + SETTLED_S
    while True:
        found = engine.evaluate(STATE)
        if (found["busy"] == "false" and is_right(found)) or time.monotonic() > until:
            return found
        time.sleep(0.05)


def ask(engine: Engine, address: str) -> Any:
    engine.open("about:blank")
    engine.open(address)
    engine.evaluate(
        "new Promise(done => { const look = () => document.documentElement.dataset.state && "
        "!document.querySelector('#written').textContent.includes('UTC') ? done() : setTimeout(look, 20); look() })"
    )
    return settled(engine)


@pytest.fixture(scope="module")
def answers(chromium: Chromium, folder: Path) -> dict[str, Any]:
    """What Chromium answers, by address."""
    addresses = [f"{(folder / 'index.html').as_uri()}#q={quote(query)}" for query in QUERIES]
    return {address: ask(chromium, address) for address in addresses}


def test_each_engine_answers_as_chromium_does(other: Engine, answers: dict[str, Any]) -> None:
    assert {address: ask(other, address) for address in answers} == answers
    assert {answer["busy"] for answer in answers.values()} == {"false"}


def test_keys_and_more(other: Engine, folder: Path) -> None:
    ask(other, (folder / "index.html").as_uri())
    other.press("/")
    other.press("plenty")
    found = settled(other, lambda found: found["total"] == "30")
    assert (found["total"], len(found["paths"])) == ("30", 20)
    assert found["marks"] >= 20
    other.evaluate("document.querySelector('#more').click()")
    assert len(settled(other, lambda found: len(found["paths"]) > 20)["paths"]) == 30
    assert "q=plenty" in settled(other, lambda found: found["hash"])["hash"]


# --- what the policy forbids ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def far() -> Iterator[tuple[str, list[str]]]:
    """A server that is not the page's own, by its address and what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.end_headers()
            self.wfile.write(b"document.documentElement.dataset.far = 'ran'")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/far.js", asked
    server.shutdown()


BRING = "document.head.append(Object.assign(document.createElement('script'), {src: %r}));\n"


def what_ran(engine: Engine, folder: Path, top: Path, far: tuple[str, list[str]]) -> set[str]:
    """Open a page into which somebody wrote: into its HTML a script next to it, into a data file one that is far away.

    Return which of what was written ran.
    """
    address, asked = far
    copy = top / "Team"
    shutil.copytree(folder, copy)
    (copy / "near.js").write_text("document.documentElement.dataset.near = 'ran'")
    html = (copy / "index.html").read_text("utf-8")
    html = html.replace("<body", "<body onload=\"document.documentElement.dataset.on = 'ran'\"")
    html = html.replace(
        "</head>",
        "<script>document.documentElement.dataset.inline='ran'</script><script src=near.js></script></head>",
    )
    (copy / "index.html").write_text(html, "utf-8")
    head = copy / "_index" / "head.js"
    ran = "document.documentElement.dataset.reached = 'yes';\n"  # shows that the line after it was come to
    head.write_text(ran + BRING % address + head.read_text("utf-8"), "utf-8")
    assert ask(engine, (copy / "index.html").as_uri() + "#q=steel")["total"] == "2"
    time.sleep(0.3)
    assert asked == []
    return set(engine.evaluate("Object.keys(document.documentElement.dataset)")) - {"state", "directory"}


def test_scripts_that_are_not_brought_or_not_near_do_not_run(
    chromium: Chromium, folder: Path, tmp_path: Path, far: tuple[str, list[str]]
) -> None:
    assert what_ran(chromium, folder, tmp_path, far) == {"reached"}


def test_nor_do_they_in_other_engines(
    other: Engine, folder: Path, tmp_path: Path, far: tuple[str, list[str]]
) -> None:
    ran = what_ran(other, folder, tmp_path, far)
    if isinstance(
        other, firefox.Firefox
    ):  # it holds no file to a policy, from which it exempts local addresses
        ran.discard("near")
    assert ran == {"reached"}
