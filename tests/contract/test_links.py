"""Pages behind links, from a server on this machine: found by what they say, checked with memory, never asked unless allowed."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from .conftest import Indexer
from .page_reader import shown_items

PARAGRAPH = (
    "Importers of hot rolled coil lodge a surety bond with the walrus office before goods cross the border. "
)
ARTICLE = (
    "<html><head><title>Steel tariffs explained</title><meta name='author' content='Ada Quill'></head><body><nav>Home"
    f"</nav><article><h1>Steel tariffs explained</h1>{'<p>' + PARAGRAPH * 3 + '</p>'}{'<p>More. ' + PARAGRAPH * 5 + '</p>'}"
    "</article></body></html>"
)


class Site(BaseHTTPRequestHandler):
    """A site of which a test says which pages there are."""

    pages: ClassVar[dict[str, str]] = {}
    asked: ClassVar[list[str]] = []
    pause_s: ClassVar[float] = 0.0

    def do_GET(self) -> None:
        """Answer with a page, a redirect (`=> PATH`) or 404."""
        Site.asked.append(self.path)
        time.sleep(self.pause_s)
        page = Site.pages.get(self.path)
        body = (page or "").encode()
        self.send_response(404 if page is None else 301 if page.startswith("=> ") else 200)
        if page and page.startswith("=> "):
            self.send_header("Location", page[3:])
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a process that is killed does not read it
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """The address of the site."""
    Site.pages, Site.asked = {"/article": ARTICLE, "/old": "=> /article"}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def drop(indexer: Indexer, name: str, address: str) -> None:
    (indexer.folder / f"{name}.url").write_bytes(f"[InternetShortcut]\r\nURL={address}\r\n".encode())


def allow(indexer: Indexer, **more: str) -> None:
    """Write settings that allow fetching from this machine."""
    said = {"fetch": "true", "allow_hosts": '["127.0.0.1"]', "pause_s": "0.01", **more}
    lines = ["[links]", *(f"{name} = {value}" for name, value in said.items())]
    (indexer.state / "none.toml").write_text("\n".join(lines), "utf-8")


def health(indexer: Indexer, *options: str, code: int = 0) -> dict[str, str]:
    told = json.loads(indexer.ok("links", "--json", *options, code=code))["links"]
    return {link["url"].rpartition("/")[2]: link["state"] for link in told}


def test_articles_are_found_by_what_they_say_and_dead_links_noticed(indexer: Indexer, site: str) -> None:
    indexer.state.mkdir(exist_ok=True)
    allow(indexer)
    drop(indexer, "one", f"{site}/article")
    drop(indexer, "two", f"{site}/old")
    drop(indexer, "three", f"{site}/nothing")
    drop(indexer, "inside", "http://10.0.0.1/secret")
    (indexer.folder / "list.txt").write_text(f"{site}/article\n{site}/nothing\n", "utf-8")
    indexer.scan()
    assert Site.asked == []
    assert set(health(indexer).values()) == {"unchecked"}
    indexer.scan("--links")
    assert health(indexer) == {"article": "ok", "old": "moved", "nothing": "failing", "secret": "refused"}
    assert health(indexer, "--broken") == {"nothing": "failing"}
    assert health(indexer, "--moved") == {"old": "moved"}
    assert health(indexer, "--due", code=1) == {}
    (first, *_) = indexer.json("walrus", "surety")["results"]
    assert first["author"] == "Ada Quill"
    assert "surety" in first["snippet"]
    assert {first["path"], *first["copies"]} == {
        "one.url",
        "two.url",
        "list.txt",
    }  # two.url leads to the same
    (total,) = re.findall(r'data-total="(\d+)"', (indexer.folder / "index.html").read_text("utf-8"))
    assert int(total) == indexer.json("")["total"] == 4
    asked = len(Site.asked)
    indexer.scan("--links")
    assert len(Site.asked) == asked
    Site.pages.clear()
    indexer.ok("links", "check", "--all")
    assert health(indexer)["article"] == "failing"
    assert indexer.paths("walrus")  # its text stays


def test_a_persons_word_that_a_link_is_fine_counts_at_once(indexer: Indexer, site: str) -> None:
    indexer.state.mkdir(exist_ok=True)
    allow(indexer)
    drop(indexer, "one", f"{site}/nothing")
    drop(indexer, "two", f"{site}/also-nothing")
    indexer.scan("--links")
    assert sorted(indexer.paths("is:broken")) == ["one.url", "two.url"]
    drop(indexer, "three", f"{site}/nothing")
    allow(indexer, fetch="false", fine=f'["{site}/nothing"]')
    indexer.scan()
    assert health(indexer) == {"nothing": "ok", "also-nothing": "failing"}
    assert indexer.paths("is:broken") == ["two.url"]
    allow(indexer, fetch="false")
    indexer.scan()
    assert health(indexer) == {"nothing": "failing", "also-nothing": "failing"}
    assert len(indexer.paths("is:broken")) == 2  # the first has two places


def test_a_scan_goes_on_until_no_link_is_due(indexer: Indexer, site: str) -> None:
    indexer.state.mkdir(exist_ok=True)
    allow(indexer, pause_s="0")
    addresses = "\n".join(f"{site}/missing-{number}" for number in range(90))  # more than are begun at once
    (indexer.folder / "list.txt").write_text(addresses, "utf-8")
    indexer.scan("--links")
    assert set(health(indexer).values()) == {"failing"}
    assert health(indexer, "--due", code=1) == {}
    said = indexer.run("links", "--broken")
    assert b"failing    127.0.0.1" in said.stdout
    assert b"1 check failed, HTTP 404)" in said.stdout
    assert b"90 links: 90 failing" in said.stdout
    assert b"links.fine" in said.stderr
    for wrong in (("--all",), ("check", "5"), ("check", "--json")):
        assert indexer.run("links", *wrong).returncode == 2


def test_a_copy_of_an_article_stands_beside_its_link_as_its_text(indexer: Indexer, site: str) -> None:
    indexer.state.mkdir(exist_ok=True)
    allow(indexer, keep_copy="true")
    drop(indexer, "one", f"{site}/article")
    indexer.scan("--links")
    assert indexer.paths("walrus") == ["one.url"]
    assert indexer.ok("links", "keep", "1") == "one.html\n"
    copy = (indexer.folder / "one.html").read_text("utf-8")
    assert "surety bond" in copy
    assert "<nav" not in copy
    (indexer.state / "none.toml").unlink()  # as on a colleague's machine, which reads no pages
    indexer.scan()
    assert indexer.ok("links", "keep", "1") == "one.html\n"  # the same, not another one
    assert indexer.paths("type:web") == []
    (result,) = indexer.json("walrus")["results"]
    assert (result["path"], result["copies"], result["saved_copy"]) == ("one.url", ["one.html"], "one.html")
    assert indexer.ok("search", "walrus").count("one.html") == 1
    forged = copy.replace("<title>Steel", "<title>Forged").replace("walrus", "walrus narwhal")
    (indexer.folder / "one.html").write_text(forged, "utf-8")
    indexer.scan()
    (told,) = json.loads(indexer.ok("links", "--json"))["links"]
    assert (told["title"], told["paths"]) == ("one", ["one.url", "one.html"])
    assert indexer.json("walrus")["results"][0]["title"] == "one"
    assert '"title": "one"' in indexer.ok("export", "links", "--format", "json")
    indexer.ok("forget", "one.url")
    assert indexer.ok("add", f"{site}/article").startswith("article (")  # a copy is no link
    (indexer.folder / "article (127.0.0.1).url").unlink()
    indexer.ok("forget", "one.html")
    assert not list(indexer.state.rglob("kept/*.html"))


def test_a_proxy_that_can_not_be_used_needs_a_person(indexer: Indexer) -> None:
    indexer.state.mkdir(exist_ok=True)
    allow(indexer)
    for proxy in ("socks5://127.0.0.1:9", ""):
        indexer.run("scan", str(indexer.folder), ALL_PROXY=proxy, NO_PROXY="", no_proxy="")
        told = json.loads(indexer.ok("status", "--json", code=1))  # no daemon runs
        problem = "links can't be read through socks5://127.0.0.1:9: only http:// proxies are supported"
        assert (problem in " ".join(told["problems"])) == bool(proxy)
        assert len(told["problems"]) == 1 + bool(proxy)
    indexer.run("scan", str(indexer.folder), HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="", no_proxy="")
    (remark,) = json.loads(indexer.ok("status", "--json", code=1))["remarks"]
    assert "through the proxy 127.0.0.1:9" in remark and "up to it" in remark
    assert remark in indexer.ok("status", code=1)


def test_without_a_persons_yes_nothing_is_asked(indexer: Indexer, site: str) -> None:
    drop(indexer, "one", f"{site}/article")
    indexer.scan()
    for command in (("scan", str(indexer.folder), "--links"), ("links", "check")):
        done = indexer.run(*command)
        assert done.returncode == 2
        assert b"links.fetch" in done.stderr
    assert Site.asked == []
    assert health(indexer) == {"article": "unchecked"}
    assert b"links.fetch" in indexer.run("links").stderr


def test_who_takes_over_the_page_without_reading_links_loses_no_article(
    indexer: Indexer, site: str, tmp_path: Path
) -> None:
    indexer.state.mkdir(exist_ok=True)
    allow(indexer)
    drop(indexer, "one", f"{site}/article")
    drop(indexer, "two", f"{site}/old")
    indexer.scan("--links")
    Indexer(indexer.folder, tmp_path / "other").scan()
    texts = [shown.text for shown in shown_items(indexer.folder) if shown.url]
    assert ["walrus" in text for text in texts] == [True, True]
