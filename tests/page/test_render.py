"""The HTML: what it may run, what it says and in which language, what it is known by. No browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from indexer.model.items import ItemId, Kind, RelPath
from indexer.page.datafile import pointer, script
from indexer.page.entry import Row
from indexer.page.render import Newest, Page, render
from indexer.page.script import ASSETS, BEGINNING, GIVEN, in_order, script_file
from indexer.page.texts import Texts, languages, table

PARTS = [name for name in in_order(BEGINNING) if name != GIVEN]
NOW = datetime(2026, 11, 24, 9, 41, tzinfo=UTC)
HOSTILE = "</script><script>alert(1)</script> \" ' & <!-- {{ 7*7 }}"


def row(number: int = 1, *, title: str = "A title", url: str = "", path: str = "Sales/EU/a b.pdf") -> Row:
    return Row(
        ItemId(f"{number:016x}"), RelPath(path), title, Kind.PDF, 1_795_000_000, 1_795_000_000, "Anna <anna@example.org>", url, 9,
        ("tag",), (("https://example.org/", "x"), ("javascript:alert(1)", "y")),
    )  # fmt: skip


def home(total: int = 1, **more: object) -> dict[str, Any]:
    return {"total": total, "kind": [[total]], "department": [["Sales", total]], "person": [], "tag": [],
            "year": [["2026", total]], "weeks": [[20_776, total]], **more}  # fmt: skip


def make(title: str = "Team folder", **more: Any) -> Page:
    given: dict[str, Any] = {
        "home": home(),
        "newest": [Newest(row(), "The text.")],
        "directory": "_index",
        "written_at": NOW,
    }
    return render(title, **(given | more))


class Elements(HTMLParser):
    """What an HTML file is made of: elements with attributes, and the text of scripts and styles."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.is_open = False
        self.feed(html.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        self.is_open = True

    def handle_endtag(self, tag: str) -> None:
        self.is_open = False

    def handle_data(self, data: str) -> None:
        if self.is_open:
            self.texts[-1] += data

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(a, text) for (name, a), text in zip(self.elements, self.texts, strict=True) if name == tag]


def policies_of(found: Elements) -> list[dict[str, list[str]]]:
    """Return the policies of a page, each by directive: all of them hold."""
    contents = [
        a["content"] or "" for a, _ in found.of("meta") if a.get("http-equiv") == "Content-Security-Policy"
    ]
    return [{part.split()[0]: part.split()[1:] for part in text.split(";")} for text in contents]


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("title", ["Team folder", HOSTILE])
def test_nothing_runs_but_the_one_script_and_what_it_brings(title: str) -> None:
    found = Elements(make(title, newest=[Newest(row(title=HOSTILE, path=HOSTILE), HOSTILE)]).html)
    brought, near = policies_of(found)
    run = [(a, text) for a, text in found.of("script") if "type" not in a]
    styles = found.of("style")
    assert brought["default-src"] == ["'none'"]
    assert brought["script-src"] == [hash_of(run[0][1]), "'strict-dynamic'"]
    assert brought["style-src"] == [hash_of(styles[0][1])]
    assert near == {"script-src": [hash_of(run[0][1]), "'self'"]}
    assert (len(run), len(styles)) == (1, 1)
    assert "src" not in run[0][0]
    names = {name for _, attributes in found.elements for name in attributes}
    assert not any(name.startswith("on") or name == "style" for name in names)
    heading = next(n for n, (tag, _) in enumerate(found.elements) if tag == "h1")
    assert found.texts[heading + 1].strip() == title


def test_the_scripts_never_read_text_as_markup_nor_keep_anything() -> None:
    for name in (*PARTS, "boot.js"):
        code = re.sub(r"//.*", "", (ASSETS / name).read_text("utf-8"))
        for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function", "localStorage",
                     "sessionStorage", "indexedDB", "document.cookie", "fetch(", "XMLHttpRequest"):  # fmt: skip
            if (name, word) != ("writing.js", "localStorage"):  # the person's name, if they wish
                assert word not in code, f"{name}: {word}"


def test_data_in_the_page_ends_nothing() -> None:
    found = Elements(make(home=home(department=[[HOSTILE, 1]])).html)
    data = next(text for a, text in found.of("script") if a.get("id") == "home")
    assert json.loads(data)["department"] == [[HOSTILE, 1]]


def test_a_row_says_what_is_known_and_links_only_web_and_mail() -> None:
    web = Newest(row(2, url="https://example.org/a?b=c&d"), "", 2)
    bad = Newest(row(3, url="javascript:alert(1)", path="evil.url"))
    found = Elements(make(newest=[Newest(row(), "x " * 300), web, bad]).html)
    assert [a["href"] for a, _ in found.of("a") if a.get("class") == "title"] == [
        "Sales/EU/a%20b.pdf", "https://example.org/a?b=c&d", "evil.url",
    ]  # fmt: skip
    html = " ".join(make(newest=[Newest(row(), "x " * 300), web, bad]).html.decode().split())
    assert (
        '<b><bdi>Sales</bdi></b> › <bdi>EU</bdi> · <span class="kind">PDF</span> · <bdi>Anna</bdi></p>'
        in html
    )
    assert "2 copies" in html
    assert "1 link inside" in html
    assert len(next(text for a, text in found.of("p") if a.get("class") == "snippet")) == 201


def test_every_language_says_everything() -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            assert set(value) == {"one", "other"}
            return {name for text in value.values() for name in re.findall(r"\{\w+\}", text)}
        if isinstance(value, list):
            return len(value)
        return set(re.findall(r"\{\w+\}", str(value)))

    english = {key: shape(value) for key, value in table()["en"].items()}
    for language in languages():
        assert {key: shape(value) for key, value in table()[language].items()} == english, language
        assert len(Texts(language).table["months"].split()) == 12


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    sources = {
        path.name: path.read_text("utf-8")
        for path in [ASSETS / "page.html.j2", *(ASSETS / name for name in PARTS)]
    }
    for name in ("render.py", "script.py", "texts.py"):
        sources[name] = (ASSETS.parent / name).read_text("utf-8")
    every = "\n".join(sources.values())
    made = {
        "remark.",
        "sort.",
        "order.",
        "kind.",
        "group.",
        "more.",
        "help.",
        "level.",
        "health.",
        "mark.",
        "act.",
        "question.",
    }  # put together
    for key in table()["en"]:
        assert f'"{key}"' in every or f"'{key}'" in every or f"TEXTS.{key}" in every or any(
            key.startswith(stem) for stem in made
        ) or f"{key}." in every, key  # fmt: skip
    for key in re.findall(r"""\b(?:text|pieces|t|t\.parts|t\.rows|texts)\(["']([\w.]+)["'][,)]""", every):
        assert key in table()["en"], key


def test_german() -> None:
    found = Elements(make(home=home(48_213), language="de").html)
    assert found.of("html")[0][0]["lang"] == "de"
    html = make(home=home(48_213), language="de").html.decode()
    assert "48.213 Einträge durchsuchen" in html
    assert "<b>48.213</b> Einträge, neueste zuerst" in html
    assert "1 Eintrag durchsuchen" in make(language="de").html.decode()
    assert "Stand: 24. Nov. 2026, 09:41 UTC" in html
    assert script_file("de")[0] != script_file("en")[0]
    assert script_file("de")[0] in html


def test_the_digest_tells_what_must_be_new_from_what_may_lag() -> None:
    digest = make().digest
    assert re.fullmatch(r"[0-9a-f]{32}", digest)
    assert f'<meta name="indexer-page" content="{digest}">'.encode() in make().html[:2000]
    assert make(written_at=NOW + timedelta(days=1)).digest == digest
    other = make(home=home(2)).digest
    assert (other[:16], other[16:]) == (digest[:16], other[16:])
    assert other[16:] != digest[16:]
    for changed in (make("Another title"), make(language="de"), make(directory="_indexer")):
        assert changed.digest[:16] != digest[:16]
        assert changed.digest[16:] == digest[16:] or changed.digest != digest


def test_a_page_of_its_own_has_all_within() -> None:
    raw = b'{"a":"b"}\n'
    name = "h-" + hashlib.sha256(raw).hexdigest()[:16]
    files = {name + ".js": script(name, raw), "head.js": pointer(name, "")}
    found = Elements(make(embedded=files).html)
    run = [(a, text) for a, text in found.of("script") if "type" not in a]
    assert [policy["script-src"] for policy in policies_of(found)] == [[hash_of(run[0][1])]]
    assert run[0][1] == script_file()[1].decode()
    data = {
        str(a["id"]): (a, text) for a, text in found.of("script") if a.get("type") == "application/x-indexer"
    }
    assert json.loads(data["head"][1])["now"] == name
    assert data[name][0]["data-length"] == str(len(raw))
    order = [a.get("id") for a, _ in found.of("script")]
    assert order[-1] is None
    for bad in (
        {"x.js": b"alert(1)"},
        {name: b'F("a-0123456789abcdef","",0)\n'},
        {"head.js": b'H({"now":"</script>","before":""})\n'},
    ):
        with pytest.raises(ValueError, match="not a"):
            make(embedded=bad)


def test_it_is_small() -> None:
    items = [Newest(row(n, title="A title of usual length for a document"), "word " * 60) for n in range(20)]
    assert len(make(newest=items).html) < 48_000
    assert len(make(home=home(0), newest=[]).html) < 34_000
