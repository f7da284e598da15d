"""Other ways to a searchable page without a search server, on the same documents: MiniSearch and Pagefind.

MiniSearch's whole index is one script that a script tag loads, so that it opens from the disk as our page does; Pagefind
needs a web server, here one on the loopback. Both get a page with the markup that `browser.py` times, and show ten results.
They come from npm, below the place given; without npm, or if it can't load them, they are left out, with a word.
"""

from __future__ import annotations

import hashlib
import html
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import generate
from browser import Site, site_of
from changes import Change, edited_after
from product import end

PACKAGES = {"minisearch": "7.2.0", "pagefind": "1.6.0"}
SHOWN = 10
STORED_CHARACTERS = 200

Documents = Mapping[int, tuple[str, str, str]]
"""Path, title and text by number."""
Files = dict[str, tuple[int, str]]
"""Size and digest of each file by its path."""


class Peer(Protocol):
    """A page of another engine."""

    name: str

    def build(self, documents: Documents) -> None:
        """Make the page of these documents from nothing."""
        ...

    def files(self) -> Files:
        """Return the files that were made."""
        ...

    @contextmanager
    def site(self) -> Iterator[Site]:
        """Give the page, ready to be opened."""
        ...


def documents(items: int, seed: int) -> dict[int, tuple[str, str, str]]:
    """Return the documents of a generated folder."""
    made = enumerate(generate.documents(0, items, seed))
    return {number: _document(path, text) for number, (path, text, _) in made}


def _document(path: str, text: str) -> tuple[str, str, str]:
    return path, path.rpartition("/")[2].removesuffix(".txt"), text


def changed(before: Documents, change: Change, seed: int) -> dict[int, tuple[str, str, str]]:
    """Return the documents after a change."""
    after = dict(before)
    path, text, _ = generate.document(change.number, seed)
    text = edited_after(change, after[change.number][2] if change.number in after else text)
    if text:
        after[change.number] = _document(path, text)
    else:
        after.pop(change.number, None)
    return after


# --- MiniSearch -----------------------------------------------------------------------------------

_OPTIONS = '{fields: ["title", "text"], storeFields: ["title", "path", "start"]}'

_MINISEARCH_BUILD = f"""
const MiniSearch = require("minisearch");
const engine = new MiniSearch({_OPTIONS});
const lines = require("fs").readFileSync(0, "utf8").split("\\n").filter(Boolean);
engine.addAll(lines.map(line => JSON.parse(line)));
process.stdout.write("var DOCUMENTS = " + JSON.stringify(JSON.stringify(engine)) + ";\\n");
"""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Documents</title>
<h1>Documents</h1>
<input type="search" id="q">
<ol id="results" aria-busy="false"></ol>
"""

_SHOW = """
const list = document.querySelector("#results");
const query = () => new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
const element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
};
const show = async () => {
  document.querySelector("#q").value = query();
  list.setAttribute("aria-busy", "true");
  list.replaceChildren(...await rows(query()));
  list.setAttribute("aria-busy", "false");
};
addEventListener("hashchange", show);
if (query()) show();
"""

_MINISEARCH_PAGE = f"""{_PAGE}<script src="minisearch.js"></script>
<script src="documents.js"></script>
<script>
const engine = MiniSearch.loadJSON(DOCUMENTS, {_OPTIONS});
const rows = async words => engine.search(words, {{combineWith: "AND"}}).slice(0, {SHOWN}).map(found =>
  element("li", {{}}, element("a", {{className: "title", href: found.path}}, found.title),
    element("p", {{className: "snippet"}}, found.start)));
{_SHOW}</script>
"""


class MiniSearch:
    """The whole index in one script, with the beginning of each text for its snippet."""

    name = f"MiniSearch {PACKAGES['minisearch']}, one script"

    def __init__(self, place: Path, packages: Path) -> None:
        self._place, self._packages = place / "minisearch", packages

    def build(self, documents: Documents) -> None:
        _empty(self._place)
        shutil.copy(self._packages / "minisearch/dist/umd/index.js", self._place / "minisearch.js")
        (self._place / "index.html").write_text(_MINISEARCH_PAGE, "utf-8")
        lines = (
            {"id": number, "title": title, "path": path, "text": text, "start": text[:STORED_CHARACTERS]}
            for number, (path, title, text) in documents.items()
        )
        with (self._place / "documents.js").open("wb") as out:
            subprocess.run(
                ["node", "--max-old-space-size=8192", "-e", _MINISEARCH_BUILD],
                cwd=self._packages, input="\n".join(map(json.dumps, lines)).encode(), stdout=out, check=True,
            )  # fmt: skip

    def files(self) -> Files:
        return _files(self._place, self._place)

    @contextmanager
    def site(self) -> Iterator[Site]:
        yield site_of(self.name, self._place / "index.html")


# --- Pagefind -------------------------------------------------------------------------------------

_PAGEFIND_PAGE = f"""{_PAGE}<script type="module">
import * as engine from "/pagefind/pagefind.js";
await engine.init();
const rows = async words => {{
  const found = (await engine.search(words)).results.slice(0, {SHOWN});
  return (await Promise.all(found.map(one => one.data()))).map(one =>
    element("li", {{}}, element("a", {{className: "title", href: one.url}}, one.meta.title),
      element("p", {{className: "snippet", innerHTML: one.excerpt}})));
}};
{_SHOW}</script>
"""


class Pagefind:
    """An index in many small files that are fetched as needed; a web server on the loopback gives them."""

    name = f"Pagefind {PACKAGES['pagefind']}, by HTTP"

    def __init__(self, place: Path, packages: Path) -> None:
        self._place = place / "pagefind"
        self._program = packages / ".bin" / "pagefind"

    def build(self, documents: Documents) -> None:
        _empty(self._place)
        sources = self._place.with_name("pagefind-sources")
        _empty(sources)
        for number, (_, title, text) in documents.items():
            name, body = html.escape(title), html.escape(text).replace("\n\n", "</p><p>")
            (sources / f"{number}.html").write_text(
                f'<!doctype html><html lang="en"><title>{name}</title><h1>{name}</h1><p>{body}</p>', "utf-8"
            )
        subprocess.run(
            [str(self._program), "--site", str(sources), "--output-path", str(self._place / "pagefind")],
            check=True, capture_output=True,
        )  # fmt: skip
        (self._place / "index.html").write_text(_PAGEFIND_PAGE, "utf-8")
        shutil.rmtree(sources)

    def files(self) -> Files:
        return _files(self._place, self._place)

    @contextmanager
    def site(self) -> Iterator[Site]:
        command = [
            sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--protocol", "HTTP/1.1",
            "--directory", str(self._place), "0",
        ]  # fmt: skip
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert server.stdout
            port = int(server.stdout.readline().split(b" port ")[1].split()[0])
            yield Site(self.name, f"http://127.0.0.1:{port}/", self._place)
        finally:
            end(server)


# --- both -----------------------------------------------------------------------------------------


def peers(work: Path, place: Path) -> tuple[list[Peer], list[str]]:
    """Return those that can be had, with their pages below `place`, and a word on what is missing.

    They are loaded from npm into `work` once.
    """
    if not shutil.which("npm") or not shutil.which("node"):
        return [], ["npm is not installed, so MiniSearch and Pagefind are left out."]
    place.mkdir(parents=True, exist_ok=True)
    packages = work / "npm" / "node_modules"
    if not packages.exists():
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        done = subprocess.run(
            ["npm", "install", "--prefix", str(work / "npm"), "--no-audit", "--no-fund", *wanted],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(packages, ignore_errors=True)
            return [], ["npm can't load MiniSearch and Pagefind, so they are left out."]
    return [MiniSearch(place, packages), Pagefind(place, packages)], []


def difference(before: Files, after: Files) -> tuple[int, int]:
    """Return bytes and number of the files that are new or not what they were."""
    written = [size for path, (size, digest) in after.items() if before.get(path) != (size, digest)]
    return sum(written), len(written)


def _files(directory: Path, top: Path) -> Files:
    return {
        path.relative_to(top).as_posix(): (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in directory.rglob("*")
        if path.is_file()
    }


def _empty(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
