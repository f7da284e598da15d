"""Pages opened in Chromium, timed from within: nothing waits for this program, and nothing is kept between visits.

A page here is one with the markup of our search page: a field `#q`, a list `#results` whose `aria-busy` is true while a
search runs, and `#q=WORDS` behind the address for a search. All times are milliseconds; those of an opening count from
the beginning of the navigation. What they mean:

- painted: text is seen.
- interactive: painted, the page's own script has run, the field can be typed into, and no task of more than 50 ms is
  left, so that a key is answered at once.
- ready: all that is loaded without a search is loaded, and the page has come to rest.
- shown: the first results stand in the list, with or without their snippets.
- complete: the list is no longer busy and does not change any more, snippets and all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE_MS = 60_000.0
MOST_PAUSES = 100

_WATCH = """
(() => {
  const REST_MS = 300;
  const seen = {asked: 0, last: 0, script: 0, task: 0, isAnswering: false, shown: 0, done: 0, changed: 0};
  const note = () => { seen.last = performance.now(); };
  const listOf = node => (node.nodeType === 1 ? node : node.parentElement)?.closest("#results");
  document.addEventListener("load", event => {
    note();
    if (event.target.nodeName === "SCRIPT") seen.script = seen.script || seen.last;
  }, true);
  document.addEventListener("error", note, true);
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) seen.task = Math.max(seen.task, entry.startTime + entry.duration);
  }).observe({type: "longtask", buffered: true});
  new MutationObserver(records => {
    for (const {type, target, addedNodes} of records) {
      if (type === "attributes" && target.id === "results") {
        note();
        seen.isAnswering = true;
        if (target.getAttribute("aria-busy") === "false") seen.done = seen.done || seen.last;
      } else if (type !== "attributes" && listOf(target)) {
        note();
        if (seen.isAnswering) seen.changed = seen.last;
        if (seen.isAnswering && target.id === "results" && addedNodes.length) seen.shown = seen.shown || seen.last;
      } else if ([...addedNodes].some(node => node.nodeName === "SCRIPT")) note();
    }
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["aria-busy"],
  });
  const rest = () => new Promise(done => {
    const look = () => {
      const quiet = performance.now() - Math.max(seen.last, seen.task);
      const busy = document.readyState !== "complete" || document.querySelector("#results")?.getAttribute("aria-busy") === "true";
      if (quiet > REST_MS && !busy) done(); else setTimeout(look, 25);
    };
    look();
  });
  const found = () => ({
    shown: (seen.shown || seen.done) - seen.asked,
    complete: Math.max(seen.done, seen.changed) - seen.asked,
    ids: [...document.querySelectorAll("#results > li")].map(row => row.dataset.id ?? ""),
    took: Number(document.querySelector("#summary")?.textContent.match(/([0-9]+) ms/)?.[1] ?? -1),
    total: Number(document.querySelector("#summary")?.dataset.total ?? -1),
    relaxed: document.querySelector("#relaxed")?.hidden === false,
  });
  window.benchmark = {
    async opened() {
      await rest();
      const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity;
      const loaded = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
      const field = document.querySelector("#q");
      return {
        painted,
        interactive: field.disabled ? Infinity : Math.max(painted, loaded, seen.script, seen.task),
        ready: Math.max(painted, loaded, seen.last, seen.task),
        ...found(),
      };
    },
    async ask(query) {
      Object.assign(seen, {isAnswering: false, shown: 0, done: 0, changed: 0, asked: performance.now()});
      location.hash = "#" + new URLSearchParams({q: query});
      await new Promise(done => {
        const look = () => { if (seen.done) done(); else setTimeout(look, 5); };
        look();
      });
      await rest();
      return found();
    },
  };
})();
"""


Sizes = dict[Path, int]
"""Bytes of files."""


@dataclass(frozen=True, slots=True)
class Site:
    """A page to open."""

    name: str
    address: str
    root: Path
    """The directory that its address, less the file, means."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search showed, and when."""

    shown: float
    complete: float
    took: float
    """How long it searched, without what it shows, as the page says; -1 if it doesn't."""
    total: int
    """How many were found, as the page says; -1 if it doesn't."""
    relaxed: bool
    ids: tuple[str, ...]
    """Of the rows that are shown."""
    files: Sizes
    """What was loaded for it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a page opened; with a search in its address, that is part of it."""

    painted: float
    interactive: float
    ready: float
    answer: Answer
    files: Sizes


def site_of(name: str, page: Path) -> Site:
    """Return a page that is opened by double click."""
    return Site(name, page.absolute().as_uri(), page.parent)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Have the system's Chromium run until the block ends, else Playwright's own."""
    with sync_playwright() as play:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        started = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


@dataclass(slots=True)
class Visit:
    """One page in a browser context of its own."""

    site: Site
    _page: Page
    _asked: list[str] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Note what is loaded."""
        self._page.set_default_timeout(PATIENCE_MS)
        self._page.add_init_script(_WATCH)
        self._page.on("request", lambda request: self._note(request))
        self._page.on("requestfinished", lambda request: self._open.discard(request.url))
        self._page.on("requestfailed", lambda request: self._open.discard(request.url))

    def _note(self, request: Request) -> None:
        if request.url.startswith(("file:", "http:")):
            self._asked.append(request.url)
            self._open.add(request.url)

    def open(self, query: str = "") -> Opening:
        """Open the page, with a search if one is given."""
        behind = f"#q={quote(query)}" if query else ""
        self._page.goto(self.site.address + behind, wait_until="domcontentloaded")
        found = self._wait("() => window.benchmark.opened()")
        files = self._loaded()
        return Opening(found["painted"], found["interactive"], found["ready"], _answer(found, files), files)

    def ask(self, query: str) -> Answer:
        """Search in the open page."""
        self._asked.clear()
        found = self._page.evaluate("query => window.benchmark.ask(query)", query)
        self._settle()
        return _answer(found, self._loaded())

    def heap(self) -> float:
        """Return how many bytes the page and its workers hold after a collection.

        Buffers outside of the heap are included, and so is the memory of WebAssembly.
        """
        session = self._page.context.new_cdp_session(self._page)
        try:
            workers = _Workers(self._page, session)
            return _held(session.send) + sum(_held(call) for call in workers.calls())
        finally:
            session.detach()

    def _wait(self, script: str) -> dict[str, Any]:
        found = self._page.evaluate(script)
        self._settle()
        return dict(found)

    def _settle(self) -> None:
        """Wait until nothing is being loaded."""
        for _ in range(MOST_PAUSES):
            if not self._open:
                return
            self._page.wait_for_timeout(20)

    def _loaded(self) -> Sizes:
        paths = (self._path_of(address) for address in self._asked)
        return {path: path.stat().st_size for path in paths if path.is_file()}

    def _path_of(self, address: str) -> Path:
        path = unquote(urlsplit(address).path)
        if address.startswith("file:"):
            return Path(path)
        return self.site.root / (path.lstrip("/") or "index.html")


Call = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Asks the browser's debugger: method and parameters to result."""


def _held(call: Call) -> float:
    """Return the bytes that one thread of a page holds after a collection."""
    call("HeapProfiler.collectGarbage", {})
    used = call("Runtime.getHeapUsage", {})
    memory = call("Runtime.evaluate", {"expression": "WebAssembly.Memory.prototype"})["result"]["objectId"]
    memories = call("Runtime.queryObjects", {"prototypeObjectId": memory})["objects"]["objectId"]
    summed = "function () { return this.reduce((sum, one) => sum + one.buffer.byteLength, 0); }"
    asked = {"functionDeclaration": summed, "objectId": memories, "returnByValue": True}
    wasm = call("Runtime.callFunctionOn", asked)["result"]["value"]
    return float(used["usedSize"] + used["backingStorageSize"] + wasm)


class _Workers:
    """The workers of a page, each to be asked like the page itself."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self._page, self._session = page, session
        self._found: list[str] = []
        self._replies: dict[int, dict[str, Any]] = {}
        self._count = 0
        session.on("Target.attachedToTarget", lambda event: self._found.append(event["sessionId"]))
        session.on("Target.receivedMessageFromTarget", lambda event: self._note(event))
        wanted = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        session.send("Target.setAutoAttach", wanted)

    def _note(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._replies[message["id"]] = message["result"]

    def calls(self) -> list[Call]:
        """Return for each worker how it is asked."""
        for _ in self._page.workers:
            self._pause(lambda: len(self._found) >= len(self._page.workers))
        return [partial(self._call, worker) for worker in self._found]

    def _call(self, worker: str, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        number = self._count
        message = json.dumps({"id": number, "method": method, "params": parameters})
        self._session.send("Target.sendMessageToTarget", {"sessionId": worker, "message": message})
        self._pause(lambda: number in self._replies)
        return self._replies[number]

    def _pause(self, done: Callable[[], bool]) -> None:
        for _ in range(MOST_PAUSES):
            if done():
                return
            self._page.wait_for_timeout(20)
        raise SystemExit("the browser does not answer")


@contextmanager
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Give a visit in a fresh browser context."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        yield Visit(site, context.new_page())
    finally:
        context.close()


def _answer(found: dict[str, Any], files: Sizes) -> Answer:
    times = found["shown"], found["complete"], found["took"]
    return Answer(*times, found["total"], found["relaxed"], tuple(found["ids"]), files)
