"""Fetched pages: the article and what is told of it are found, in any language and encoding, and nothing else."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from indexer.extract import inside
from indexer.extract.article import find_article
from indexer.extract.cage import Cage
from indexer.extract.contract import check_reader
from indexer.extract.readable import MAX_BYTES, readable
from indexer.extract.reading_process import Limits
from indexer.extract.source import Origin, Source
from indexer.extract.worker import Job
from indexer.folder.scan import stamp_of
from indexer.model.items import Extract, Kind
from indexer.model.readings import Reading, unpack_passages

ADDRESS = "https://news.example.org/2026/tariff"
STEEL = (
    "The committee has looked at the tariff for steel and found that it applies from March to all members."
)
LANGUAGES = {
    "en": "The council published its report on the harbour this week. Nobody had expected the costs to rise so quickly.",
    "de": "Der Rat hat diese Woche seinen Bericht über den Hafen veröffentlicht. Niemand hätte so große Kosten für möglich gehalten.",
    "fr": "Le conseil a publié cette semaine son rapport sur le port. Personne n'avait prévu que les coûts augmenteraient à ce point.",
    "pl": "Rada opublikowała w tym tygodniu raport o porcie w Łodzi. Nikt się nie spodziewał, że koszty będą rosły tak szybko.",
    "cs": "Rada tento týden zveřejnila zprávu o přístavu. Nikdo nečekal, že náklady porostou tak rychle, ani příští měsíc.",
    "ru": "Совет опубликовал на этой неделе отчет о порте. Никто не ожидал, что стоимость работ вырастет так быстро.",
    "ja": "評議会は今週、港についての報告書を発表した。費用がこれほど早く増えるとは誰も予想していなかった。",
    "zh": "理事会本周发布了关于港口的报告。没有人料到费用会增长得如此之快，下个月还要继续讨论这个问题。",
}
TOLD = (
    '<meta property="og:type" content="article"><meta property="og:title" content="The tariff for steel">'
    '<meta property="og:site_name" content="Trade Weekly"><meta name="author" content="Ann Büro">'
    '<meta name="description" content="Why importers should read the small print.">'
    '<meta property="article:published_time" content="2026-03-04T09:30:00+01:00">'
)
PARAGRAPHS = "".join(f"<p>{STEEL} {number}.</p>" for number in range(8))


def make_page(body: str, head: str = "", language: str = "en") -> str:
    sections = "".join(f'<li><a href="/s{n}">Section {n}</a></li>' for n in range(20))
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><title>The title - Site</title>{head}</head><body>'
        f"<nav><ul>{sections}</ul></nav><main>{body}</main>"
        "<aside><p>Subscribe to our newsletter now!</p></aside><footer><p>All rights reserved.</p></footer></body></html>"
    )


def make_article(sentences: str, head: str = "", language: str = "en") -> str:
    paragraphs = "".join(f"<p>{sentences} {number}.</p>" for number in range(8))
    return make_page(f"<article><h1>The harbour</h1>{paragraphs}</article>", head, language)


def source(page: str | bytes, charset: str = "") -> Source:
    data = page.encode() if isinstance(page, str) else page
    return Source(Path("a.html"), "a.html", data, 1 << 20, "html", origin=Origin(ADDRESS, charset))


def read(page: str | bytes, charset: str = "") -> Extract:
    return inside.read("indexer.extract.article", source(page, charset))


def words(extract: Extract) -> str:
    return "\n\n".join(passage.text for passage in extract.passages)


def test_an_article_without_what_surrounds_it_and_what_is_told_of_it() -> None:
    made = read(make_article(STEEL, TOLD))
    assert (made.title, made.author, made.links) == ("The tariff for steel", "Ann Büro", ())
    assert made.created == datetime(2026, 3, 4, tzinfo=UTC)
    assert made.passages[0].text == "Why importers should read the small print.\nTrade Weekly"
    assert words(made).count(STEEL) == 8
    assert "Section" not in words(made)
    assert "newsletter" not in words(made)
    assert made.headings == ("The harbour",)


def test_a_description_that_the_article_repeats_is_not_told_twice() -> None:
    made = read(make_article(STEEL, f'<meta name="description" content="{STEEL[:80]} …">'))
    assert words(made).startswith("The harbour\n\nThe committee")


@pytest.mark.parametrize(
    ("language", "encoding", "declared", "served"),
    [
        ("en", "utf-8", "", ""), ("de", "utf-8", "iso-8859-1", ""), ("de", "utf-8", "", "iso-8859-1"),
        ("fr", "windows-1252", "", "iso-8859-1"), ("pl", "iso-8859-2", "iso-8859-2", ""), ("cs", "windows-1250", "", ""),
        ("ru", "windows-1251", "windows-1251", ""), ("ru", "windows-1251", "", ""), ("ru", "koi8-r", "", "koi8-r"),
        ("ja", "shift_jis", "shift_jis", ""), ("ja", "euc_jp", "utf-8", "EUC-JP"), ("zh", "gb18030", "gb2312", ""),
        ("zh", "utf-8", "", "no-such"), ("fr", "utf-16", "", ""), ("ja", "utf-16-le", "", "utf-16"),
    ],
)  # fmt: skip
def test_languages_and_encodings(language: str, encoding: str, declared: str, served: str) -> None:
    head = f'<meta charset="{declared}">' if declared else ""
    made = read(make_article(LANGUAGES[language], head, language).encode(encoding), served)
    assert words(made).count(LANGUAGES[language]) == 8
    assert "Section" not in words(made)


LIST = "".join(f'<li><a href="https://e{n}.example.org/">Guide {n}</a> on alloy {n}</li>' for n in range(40))
CARDS = "".join(f'<div><h3><a href="/{n}">Plate {n}</a></h3><p>{n * 9} EUR</p></div>' for n in range(40))
FORUM = "".join(
    f'<div class="comment"><b>user{n}</b><div class="comment-body"><p>Answer {n}: preheat plate {n} to {n * 10} degrees.</p></div></div>'
    for n in range(40)
)
PRODUCT = "".join(f"<tr><th>Property {n}</th><td>{n * 7} MPa</td></tr>" for n in range(40))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (f"<ul>{LIST}</ul>", "on alloy {}"), (CARDS, "Plate {}"), (f"<h1>How to weld?</h1>{FORUM}", "Answer {}: preheat"),
        (f"<h1>Plate</h1><p>Cut to size.</p><table>{PRODUCT}</table>", "Property {}"),
    ],
)  # fmt: skip
def test_lists_forums_and_shops_keep_their_text(body: str, wanted: str) -> None:
    said = words(read(make_page(body)))
    assert [n for n in range(40) if not re.search(rf"{wanted.format(n)}\b", said)] == []


def test_too_little_of_a_page_is_no_article() -> None:
    parts = "".join(f'<div class="menu-{n}">Part {n} costs {n} EUR</div>' for n in range(300))
    made = read(make_page(f"<article><p>{STEEL}</p></article><footer>{parts}</footer>"))
    assert "Part 299 costs" in words(made)


def test_if_the_library_fails_all_text_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("trafilatura.bare_extraction", fail)
    made = read(make_article(STEEL))
    assert made.title == "The title - Site"
    assert "Section 3" in words(made)
    assert words(made).count(STEEL) == 8


def test_neither_scripts_nor_hidden_text() -> None:
    hidden = (
        "<script>var secret = 1;</script><p hidden>secret</p><p style='display:none'>secret</p><p class=off>secret</p>"
        "<div style='font-size:0'><p>secret</p><p style='font-size:12px'>seen here</p>secret</div>after"
        "<template>secret</template><p>The <span hidden>secret</span> end of it.</p>"
    )
    page = make_article(STEEL, "<style>.off { display: none }</style>")
    said = words(read(page.replace("</article>", f"{hidden}</article>")))
    assert "secret" not in said
    assert "seen here" in said
    assert "The end of it." in said


@pytest.mark.parametrize(
    "page",
    [
        b"<div>" * 1_000_000, b"<div></div>" * 100_000, b"<div>" * 1_900 + STEEL.encode() * 9,
        b"<blockquote>" * 400 + STEEL.encode() * 9, b"<script type='application/ld+json'>" + b"[" * 100_000,
        b"<" * 50_000, b"", b"\0" * 1_000, b"\xff\xfe" * 999,
    ],
    ids=lambda page: f"{page[:12]!r}",
)  # fmt: skip
def test_hostile_pages_end(page: bytes) -> None:
    made = read(page)
    assert STEEL in words(made) or STEEL.encode() not in page
    assert len(readable(source(page)).encode()) <= MAX_BYTES


def test_keeps_the_contract() -> None:
    reader = functools.partial(inside.read, "indexer.extract.article")
    assert check_reader(reader, "a.html", make_article(STEEL, TOLD).encode()).created


def test_in_a_reading_process_only_what_was_fetched_is_an_article(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(make_article(STEEL, TOLD).encode("utf-16"))
    cage = Cage(1, Limits(cpu_s=30, wall_s=60, memory=1 << 30), tmp_path)
    plain = Job(path, stamp_of(path.lstat()), frozenset(), 1 << 28, 1 << 24)
    readings: dict[str, Reading] = {}
    try:
        cage.submit("file", plain)
        cage.submit("fetched", replace(plain, origin=Origin(ADDRESS)))
        cage.submit("served", replace(plain, origin=Origin(ADDRESS, "utf-16")))
        while len(readings) < 3:
            readings.update(cage.collect(1))
    finally:
        cage.close()
    texts = {
        name: "".join(passage.text for passage in unpack_passages(made.passages))
        for name, made in readings.items()
    }
    assert "Section 3" in texts["file"]
    assert texts["served"] == texts["fetched"]
    assert "Section 3" not in texts["fetched"]
    assert STEEL in texts["fetched"]
    fetched = readings["fetched"]
    assert (fetched.failure, fetched.kind) == (None, Kind.WEB)
    assert fetched.about
    assert fetched.about.created == datetime(2026, 3, 4, tzinfo=UTC)  # so the library itself ran there
    assert len({made.text_key for made in readings.values()}) == 3


# --- readable copies ------------------------------------------------------------------------------

ALLOWED: dict[str, list[str]] = {
    "-text": [], "-comment": [], "html": ["lang"], "head": [], "body": [], "article": [], "title": [],
    "meta": ["charset", "http-equiv", "name", "content"], "a": ["href", "rel"],
    **{name: [] for name in "h1 h2 h3 h4 h5 h6 p blockquote ul ol li table tbody tr td th pre br em".split()},
}  # fmt: skip


def check_copy(copy: str) -> LexborHTMLParser:
    """Return the parsed copy; fail if there is anything in it that is in no copy."""
    assert len(copy.encode()) <= MAX_BYTES
    tree = LexborHTMLParser(copy)
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        assert node.tag in ALLOWED
        assert [name for name in node.attributes if name not in ALLOWED[node.tag]] == []
        if node.tag == "a":
            assert (node.attributes["href"] or "").startswith(("http://", "https://"))
    assert copy.count("<!--") == copy.count("-->") <= 1
    return tree


RICH = (
    "<article><h1>The tariff for steel</h1><h2>What &lt;changes&gt;</h2><p>Read <a href='/rules'>the rules</a>, <a"
    ' href="javascript:alert(1)">not this</a>, <a href=" &#106;avascript:x">nor this</a> and <a'
    ' href="https://x.example.org/?a=1&amp;b=%22">this</a>.</p>'
    "<p>&lt;script&gt;alert(1)&lt;/script&gt; is text.</p><ul><li>one <ul><li>within</li></ul></li><li>two</li></ul>"
    "<ol><li>first</li></ol><table><tr><th>Plate</th><td>12</td></tr></table><blockquote>A quote.</blockquote>"
    "<pre><code>a = f(1)\nb = 2</code></pre><img src='x.png' onerror='alert(1)'>"
    f"<iframe src='https://example.org'></iframe><form><input name=a></form>{PARAGRAPHS}</article>"
)


def test_a_readable_copy() -> None:
    copy = readable(source(make_page(RICH, TOLD)))
    tree = check_copy(copy)
    assert [node.text() for node in tree.css("h1, h2")] == ["The tariff for steel", "What <changes>"]
    facts, address = [node.text() for node in tree.css("article > p")][:2]
    assert (facts, address) == ("Trade Weekly · Ann Büro · 2026-03-04", ADDRESS)
    links = [node.attributes["href"] for node in tree.css("a")]
    assert links == [ADDRESS, "https://news.example.org/rules", "https://x.example.org/?a=1&b=%22"]
    assert '<html lang="en">' in copy
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is text." in copy
    for selector in ("ul li", "ol li", "table tr th", "table tr td", "blockquote", "pre"):
        assert tree.css_first(selector), selector


def test_a_copy_is_read_like_the_page() -> None:
    copy = readable(source(make_page(RICH, TOLD))).encode()
    made = inside.read("indexer.extract.html", Source(Path("a.html"), "a.html", copy, 1 << 20, "html"))
    assert (made.title, made.author) == ("The tariff for steel", "Ann Büro")
    assert made.links[0].url == ADDRESS
    assert words(made).count(STEEL) == 8


@pytest.mark.parametrize(
    ("address", "is_shown"),
    [
        ("https://e.org/--><script>alert(1)</script>'\"", True), ("javascript:alert(1)", False),
        ("mailto:a@example.org", False), ("", False),
    ],
)  # fmt: skip
def test_a_hostile_address_is_text_or_left_out(address: str, is_shown: bool) -> None:
    copy = readable(replace(source(make_page(PARAGRAPHS, TOLD)), origin=Origin(address)))
    assert len(check_copy(copy).css("a")) == copy.count("<!--") == is_shown


def test_a_copy_has_all_text_or_says_that_it_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.extract.readable.MAX_BYTES", 5_000)
    copy = readable(source(make_page("".join(f"<p>{STEEL} €€€ {n}</p>" for n in range(99)))))
    check_copy(copy)
    assert copy.endswith("<p><em>The rest was left out.</em></p>\n</article>\n</body>\n</html>\n")
    assert 4_500 < len(copy.encode()) <= 5_000


MARKUP = st.lists(
    st.sampled_from(
        "<p> </p> <a~href='https://e.org/--><b>'> <a~href=javascript:x> </a> <h1> </h1> <ul> <ol> <li> </ul> <table> <tr> <td> <th>"
        " </table> <blockquote> </blockquote> <pre> <code> <script> </script> <!-- --> <style> <svg~onload=x> <br> <b> <dl> <dt> &lt;i&gt;"
        " &#1; ]]> <div> </div> <article> \0 ' \" & <".split(" ")
    )
    | st.just(STEEL)
    | st.text(max_size=10),
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(MARKUP, st.text(max_size=20))
def test_no_copy_has_markup_of_the_page(parts: list[str], title: str) -> None:
    page = f"<html><head><title>{title}</title></head><body><article><p>{STEEL * 3} &lt;i&gt; </p>"
    check_copy(readable(source(f"{page}{' '.join(parts).replace('~', ' ')}</article></body></html>")))


def test_the_text_of_an_article_has_its_lines() -> None:
    page = find_article(source(make_page(RICH, TOLD)))
    assert page.body is not None
    assert "two\n\nfirst\n\nPlate\t12\n\nA quote." in page.text
    assert "a = f(1)\nb = 2" in page.text
