"""Whatever a file is called: it is an item, found by its text, printed as it is, and opened from the page."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Indexer

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes all of these names"),
    pytest.mark.timeout(900),
]

NFC, NFD = "Pr\u00fcfung", "Pru\u0308fung"
TWINS = (
    (f"{NFC}.txt", f"{NFD}.txt"),
    ("Offer.txt", "offer.txt", "OFFER.TXT"),
    ("sub/Minutes.md", "sub/minutes.md"),
    ("sub/caf\u00e9 NOTES.txt", "sub/cafe\u0301 notes.txt"),
)
"""Names that are one and the same on Windows or macOS."""
NAMES = (
    *(name for twins in TWINS for name in twins),
    # directories that are one elsewhere
    "Case/one.txt", "case/two.txt", "B\u00fcro/one.txt", "Bu\u0308ro/two.txt",
    # what Windows keeps for itself
    "CON.txt", "aux.md", "NUL", "COM1.docx.txt", "prn.html", "LPT1", "con/within.txt", "dot at the end.txt.", "blank at the end.txt ",
    "blank and dot. .", "ends in dots...", " blank before.txt", "blank dir /within.txt", "dot dir./within.txt",
    "a:b?.txt", '"quoted".txt', "it's.txt", "<angle>|pipe.txt", "star*.txt", "back\\slash.txt", "C:\\Windows\\x.txt", "\\\\host\\share.txt",
    # what a shell or an option parser takes for something else
    "-rf.txt", "--help.txt", "-/within.txt", "--/-n.txt", "$HOME.txt", "`id`.txt", "a;b=c,d&e+f.txt", "~tilde.txt", "=1+1.txt", "@at.txt",
    "[brackets].txt", "{braces}.txt", "!bang.txt", "x.txt/within.txt",
    # control characters
    "new\nline.txt", "tab\tname.txt", "return\rname.txt", "bell\a.txt", "escape\x1b[31mred.txt", "delete\x7f.txt", "\x01.txt",
    "c1 \x85 \x9b31m.txt", "new\ndir/within.txt", "\n.txt", "separators \u2028 \u2029.txt",
    # long and deep
    "x" * 251 + ".txt", "\u00e9" * 125 + "x.txt", "/".join(["deeply nested directory number " + str(n) * 20 for n in range(9)]) + "/deep.txt",
    "/".join("abcdefghijklmnopqrstuvwxyz") + "/deep.txt",
    # all directions, and what is not seen
    "\u202egnp.txt", "\u0645\u0631\u062d\u0628\u0627.txt", "\u05e9\u05dc\u05d5\u05dd abc \u05e2\u05d5\u05dc\u05dd.txt", "\u2067isolated\u2069.txt",
    "zero\u200bwidth\u200d.txt", "\ufeffmark.txt", "no\u00a0break.txt", "soft\u00adhyphen.txt", "\u200b.txt", "\u3164.txt",
    "\U0001f600 party \U0001f469\u200d\U0001f469\u200d\U0001f467.txt", "\u65e5\u672c\u8a9e.txt", "nonchar \uffff \U0010ffff.txt", "\ufffd.txt",
    # bytes that are no UTF-8
    "caf\udce9.txt", "r\udce9pertoire/within.txt", "\udcff\udcfe.txt", "\udcc3(.txt", "\udced\udcb3\udca9.txt", "caf\u00e9 \udce9.txt",
    "\udce9\n<b>.txt",
    # what looks like markup, script or an address
    "<img src=x onerror=alert(1)>.txt", "a<" + "/script>alert(1)<" + "/script>.txt", "' onmouseover='alert(1).txt", '"><svg onload=alert(1)>.txt',
    "&lt;b&gt; &amp; &#x27;.txt", "]]>.txt", "<!-- .txt", "{{7*7}} ${7*7}.txt", "__proto__", "constructor/toString.txt",
    "javascript:alert(1).txt", "data:text,html.txt", "http:/example.org/x.txt", "file:/etc/passwd", "mailto:a@example.org.txt", "https:.txt",
    # what looks like the page
    "sub/index.html", "sub/_index/within.txt", "sub/_index/index.html", "sub/indexer.html", "_index.txt", "Index.html/within.txt",
    "sub/index.html.txt",
    # what an address says otherwise
    "%41.txt", "A.txt", "%2e%2e%2fup.txt", "%00.txt", "100%.txt", "%.txt", "%E9.txt", "#q=x.txt", "#.txt", "?.txt", "?q=1#f.txt",
    "a?b/c#d.txt", "plus+plus.txt", "%23%3F/within.txt",
)  # fmt: skip

READ = tuple(name for name in NAMES if re.search(r"\.[a-z]+$", name.lower()))
"""Those that say by a suffix what they are; the others are found by name only."""

BLURRED = ("dot at the end.txt.", "blank at the end.txt ")
"""What other systems make of such a name says by a suffix what it is."""


def marker(name: str, version: str) -> str:
    """Return a word that stands in one version of one file only."""
    digest = hashlib.sha256(os.fsencode(f"{name}\0{version}")).hexdigest()
    return "zq" + "".join("bcdfghjklmnprtvw"[int(digit, 16)] for digit in digest[:10])


def content(name: str, version: str = "first") -> bytes:
    """Return what the file of this name says."""
    return f"{version} words {marker(name, version)}\n".encode()


def write(folder: Path, names: Iterable[str], version: str = "first") -> None:
    """Write files of these names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name, version))


def found(indexer: Indexer, version: str) -> dict[str, str]:
    """Return path and snippet of what has the words of a version."""
    results = indexer.json("-n", "10000", "--", version)["results"]
    assert not any(result["copies"] for result in results)
    return {result["path"]: result["snippet"] for result in results}


def expected(names: Iterable[str], version: str) -> dict[str, str]:
    """Return path and word of each file."""
    return {name: marker(name, version) for name in names}


def words_of(snippets: dict[str, str], names: Iterable[str], version: str) -> dict[str, str]:
    """Return for each path the word of its file, if that is in its snippet."""
    words = set(expected(names, version).values())
    return {path: " ".join(words & set(snippet.split())) for path, snippet in snippets.items()}


def missing(indexer: Indexer, version: str) -> list[str]:
    """Return the names of the files whose text of this version is not found."""
    got = words_of(found(indexer, version), READ, version)
    return [name for name, word in expected(READ, version).items() if got.get(name) != word]


def raw_paths(indexer: Indexer, *query: str) -> list[bytes]:
    done = indexer.run("search", "-l", "-0", "-n", "10000", "--", *query)
    return done.stdout.removesuffix(b"\0").split(b"\0")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    """A folder of all names, scanned."""
    top = tmp_path_factory.mktemp("names")
    indexer = Indexer(top / "Team folder", top / "state")
    indexer.folder.mkdir()
    write(indexer.folder, NAMES)
    for number, name in enumerate(NAMES):  # in one order everywhere, whatever the names are
        os.utime(indexer.folder / name, (1_700_000_000 + number * 60,) * 2)
    indexer.scan()
    return indexer


@pytest.fixture(scope="module")
def page(browser: Browser, scanned: Indexer) -> Iterator[Page]:
    """The page of that folder with all results shown; nothing in it runs, fails or asks the network."""
    context = browser.new_context()
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("dialog", lambda dialog: trouble.append(f"a script ran: {dialog.message}"))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith(("file:", "data:")) else trouble.append(asked.url),
    )
    opened.goto((scanned.folder / "index.html").as_uri() + "#q=")
    expect(opened.locator("#summary")).to_have_attribute("data-total", str(len(NAMES)))
    rows = opened.locator("#results > li")
    while (count := rows.count()) < len(NAMES):
        opened.click("#more")
        opened.wait_for_function("n => document.querySelectorAll('#results > li').length > n", arg=count)
    yield opened
    context.close()
    assert trouble == []


# --- scanned ----------------------------------------------------------------------------------------------


def test_each_is_an_item_with_its_text(scanned: Indexer) -> None:
    assert missing(scanned, "first") == []
    assert len(READ) > 100


def test_a_dot_or_blank_behind_the_suffix_hides_no_text(scanned: Indexer) -> None:
    snippets = found(scanned, "first")
    assert {name: marker(name, "first") in snippets.get(name, "") for name in BLURRED} == dict.fromkeys(
        BLURRED, True
    )


def test_each_is_an_item(scanned: Indexer) -> None:
    results = scanned.json("-n", "10000", "--", "")["results"]
    assert sorted(result["path"] for result in results) == sorted(NAMES)


def test_none_is_a_failure(scanned: Indexer) -> None:
    assert json.loads(scanned.ok("failed", "--json"))["failed"] == []
    unread = {f["path"] for f in json.loads(scanned.ok("failed", "--all", "--json"))["failed"]}
    assert unread <= {*BLURRED}  # text is read whatever its name


def test_paths_are_printed_raw(scanned: Indexer) -> None:
    assert sorted(raw_paths(scanned, "")) == sorted(os.fsencode(name) for name in NAMES)
    for name in ("caf\udce9.txt", "new\nline.txt", f"{NFD}.txt", "-rf.txt"):
        assert raw_paths(scanned, marker(name, "first")) == [os.fsencode(name)]


def test_no_name_steers_a_terminal(scanned: Indexer) -> None:
    shown = scanned.ok("search", "-n", "1000", "--format", "text", "--", "")
    assert not {c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs")}
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068") & set(shown)


@pytest.mark.browser
def test_each_opens_from_the_page(scanned: Indexer, page: Page) -> None:
    rows: list[list[str]] = page.eval_on_selector_all(
        "#results > li", "rows => rows.map(row => [row.dataset.path, row.querySelector('a.title').href])"
    )
    by_content = {content(name): name for name in NAMES}
    opened: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for path, href in rows:
        parts = urlsplit(href)
        try:
            assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("file", "", "", "")
            target = os.fsdecode(unquote_to_bytes(parts.path))
            name = by_content[Path(target).read_bytes()]
            assert target == f"{scanned.folder}/{name}"
            if is_decodable(name):
                assert path == name
                with urlopen(href) as answer:
                    assert answer.read() == content(name)
        except (AssertionError, KeyError, OSError, ValueError) as error:
            wrong[ascii(path)] = f"{href[-80:]} {error!r}"[:300]
        else:
            opened[name] = href
    assert wrong == {}
    assert sorted(opened) == sorted(NAMES)


@pytest.mark.browser
def test_the_browser_shows_the_very_file(browser: Browser, page: Page) -> None:
    """What a click would lead to, for all that a browser shows instead of saving."""
    hrefs = page.eval_on_selector_all("#results > li a.title", "links => links.map(link => link.href)")
    shown = [href for href in hrefs if href.lower().endswith((".txt", ".html"))]
    assert len(shown) > 90
    tab = browser.new_page()
    said = set()
    for href in shown:
        tab.goto(href)
        said |= set(tab.inner_text("body").split())
    tab.close()
    names = [name for name in NAMES if name.lower().endswith((".txt", ".html"))]
    assert {name for name in names if marker(name, "first") not in said} == set()


@pytest.mark.browser
def test_each_is_found_on_the_page(scanned: Indexer, page: Page) -> None:
    """No result is lost between the catalogue and the page, and none makes an element of its name."""
    shown = page.eval_on_selector_all("#results > li", "rows => rows.map(row => row.dataset.id)")
    results = scanned.json("-n", "10000", "--", "")["results"]
    assert sorted(shown) == sorted(result["id"] for result in results)
    made = "#results :is(script, iframe, img, style, [onerror], [onload], [onmouseover])"
    assert page.locator(made).count() == 0


def test_names_that_are_one_elsewhere_are_told(scanned: Indexer) -> None:
    status: dict[str, Any] = json.loads(scanned.run("status", "--json").stdout)
    told = [sorted(paths) for paths in status["collisions"]]
    for twins in TWINS:
        assert sorted(twins) in told
    for paths in told:
        keys = {folded(path) for path in paths}
        assert len(paths) > 1 and len(keys) == 1, paths


def test_without_twins_there_is_no_collision(indexer: Indexer) -> None:
    for name in ("%41.txt", "A.txt", "Strasse.txt", "one.txt", "two.txt", "sub/one.txt"):
        write(indexer.folder, [name])
    indexer.scan()
    assert json.loads(indexer.run("status", "--json").stdout)["collisions"] == []


def folded(path: str) -> str:
    """Return what is the same for names that are one on Windows or macOS."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def is_decodable(name: str) -> bool:
    """Tell whether a name is UTF-8, so that a page can hold it as it is."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


# --- watched ----------------------------------------------------------------------------------------------


def test_each_is_found_when_it_comes_and_when_it_changes(indexer: Indexer) -> None:
    write(indexer.folder, ["there already.txt"])
    indexer.scan()
    with indexer.watching():
        for version in ("first", "second"):
            write(indexer.folder, NAMES, version)
            deadline = time.monotonic() + 120
            while missing(indexer, version) and time.monotonic() < deadline:
                time.sleep(0.3)
            assert missing(indexer, version) == []
        everything = sorted(os.fsencode(name) for name in (*NAMES, "there already.txt"))
        assert sorted(raw_paths(indexer, "")) == everything
        assert set(found(indexer, "first")) == {"there already.txt"}
        assert json.loads(indexer.ok("failed", "--json"))["failed"] == []


RENAMES = {
    f"{NFD}.txt": f"{NFC}.txt",
    "\u00e9t\u00e9.md": "e\u0301te\u0301.md",
    "lower.txt": "LOWER.txt",
    "Upper.html": "upper.html",
    "Bu\u0308ro": "B\u00fcro",
    "team": "Team",
    "plain.txt": "caf\udce9.txt",
    "caf\udce8.txt": "caf\u00e8.txt",
    "one line.txt": "two\nlines.txt",
}  # fmt: skip


def test_an_item_stays_when_only_the_spelling_changes(indexer: Indexer) -> None:
    within = {"Bu\u0308ro": "/plan.txt", "team": "/deep/list.txt"}
    moved = {old + within.get(old, ""): new + within.get(old, "") for old, new in RENAMES.items()}
    write(indexer.folder, moved)
    for name in moved:
        os.utime(indexer.folder / name, (1_700_000_000, 1_700_000_000))
    indexer.scan()
    before = {r["path"]: (r["id"], r["added"]) for r in indexer.json("-n", "100", "--", "first")["results"]}
    assert set(before) == set(moved)
    with indexer.watching():
        for old, new in RENAMES.items():
            (indexer.folder / old).rename(indexer.folder / new)
        now: dict[str, tuple[str, str]] = {}

        def is_done() -> bool:
            results = indexer.json("-n", "100", "--", "first")["results"]
            now.clear()
            now.update({r["path"]: (r["id"], r["added"]) for r in results})
            return set(now) == set(moved.values())

        indexer.wait_for(is_done)
        assert now == {moved[old]: item for old, item in before.items()}
    by_item = defaultdict(set)
    for path, (ident, _) in now.items():
        by_item[ident].add(path)
    assert all(len(paths) == 1 for paths in by_item.values())
