"""Exports of other programs, each made here as its program writes it, and what we export ourselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.app.exporting import FORMATS, Exported, write_links
from indexer.errors import FileProblem
from indexer.extract import exports
from indexer.extract.contract import check_reader
from indexer.extract.source import Source
from indexer.model.items import RelPath


class Kept(NamedTuple):
    """What must come of a link."""

    url: str | None
    title: str = ""
    folders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""


A, B = "https://example.com/a", "https://example.com/b?x=1&y=2"
NETSCAPE = f"""<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE><H1>Bookmarks</H1><DL><p>
<DT><H3 ADD_DATE="1">Steel &amp; iron</H3>
<DL><p><DT><H3>Prices</H3><DL><p>
<DT><A HREF="{A}" ADD_DATE="1700000000" PRIVATE="0" TAGS="duty,steel">An &lt;article&gt;</A>
<DD>Worth reading
</DL><p></DL><p>
<DT><A HREF="{B.replace("&", "&amp;")}">B</A>
<DD>[linkding-notes]Mine[/linkding-notes]
<DT><A HREF="javascript:alert(1)">Tool</A>
</DL><p>"""
FIRST = Kept(A, "An <article>", ("Steel & iron", "Prices"), ("duty", "steel"), "Worth reading")
SAMPLES: dict[str, tuple[str, list[Kept]]] = {
    "browser, linkding, Shaarli": (NETSCAPE, [FIRST, Kept(B, "B", note="Mine"), Kept(None, "Tool")]),
    "Pocket, older": (
        f'<!DOCTYPE html><html><body><h1>Unread</h1><ul><li><a href="{A}" time_added="1700000000" tags="duty,steel">'
        f'An article</a></li></ul><h1>Read Archive</h1><ul><li><a href="{B}" time_added="1" tags="">{B}</a></li></ul></body></html>',
        [Kept(A, "An article", (), ("duty", "steel")), Kept(B, B)],
    ),
    "Pocket": (
        f'title,url,time_added,tags,status\n"An ""article""",{A},1700000000,duty|steel,unread\n{B},{B},1700000001,,archive\n',
        [Kept(A, 'An "article"', (), ("duty", "steel")), Kept(B, B)],
    ),
    "Raindrop": (
        "\ufeffid,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\r\n"
        f'1,A,"Two\nlines",Site says,{A},Steel/Prices,"duty, steel",2026-01-02T03:04:05.000Z,,,false\r\n'
        f"2,B,,,{B},Unsorted,,2026-01-02T03:04:05.000Z,,,true\r\n",
        [Kept(A, "A", ("Steel", "Prices"), ("duty", "steel"), "Two\nlines"), Kept(B, "B")],
    ),
    "Instapaper": (
        f'URL,Title,Selection,Folder,Timestamp,Tags\n{A},A,Quoted,Steel,1700000000,"[""duty"", ""steel""]"\n{B},B,,Unread,1700000001,[]\n',
        [Kept(A, "A", ("Steel",), ("duty", "steel"), "Quoted"), Kept(B, "B")],
    ),
    "Karakeep": (
        json.dumps({
            "bookmarks": [
                {"createdAt": 1700000000, "title": "A", "tags": ["duty", "steel"], "note": "Mine", "archived": False,
                 "content": {"type": "link", "url": A}, "lists": ["2"]},
                {"createdAt": 1700000001, "title": None, "tags": [], "note": None, "content": {"type": "link", "url": B}},
                {"createdAt": 1700000002, "title": "Text", "tags": [], "content": {"type": "text", "text": "no link"}},
            ],
            "lists": [{"id": "1", "name": "Steel", "parentId": None}, {"id": "2", "name": "Prices", "parentId": "1"}],
        }),
        [Kept(A, "A", ("Steel", "Prices"), ("duty", "steel"), "Mine"), Kept(B)],
    ),
    "OPML": (
        '<?xml version="1.0"?><opml version="2.0"><head/><body><outline text="Steel"><outline text="Prices">'
        f'<outline text="A" type="rss" xmlUrl="{A}/feed" htmlUrl="{A}" category="duty,steel"/></outline></outline>'
        f'<outline text="B" type="link" url="{B.replace("&", "&amp;")}"/></body></opml>',
        [Kept(A, "A", ("Steel", "Prices"), ("duty", "steel")), Kept(B, "B")],
    ),
}  # fmt: skip


def kept(data: bytes) -> list[Kept]:
    extract = exports.read(Source(Path("x"), "x", data, 0))
    return [Kept(link.url, link.title, link.folders, link.tags, link.note) for link in extract.links]


@pytest.mark.parametrize("name", SAMPLES)
def test_each_program_s_export_is_read(name: str) -> None:
    text, expected = SAMPLES[name]
    assert kept(text.encode()) == expected
    check_reader(exports.read, "x", text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "<html><a href='https://example.com'>x</a></html>", "name,age\nx,1\n", "{}", "[" * 100, "https://example.com/a",
     '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "b">]><opml><outline text="&a;" url="https://example.com"/></opml>'],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(FileProblem):
        kept(text.encode())


def test_an_export_is_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_LINKS", 3)
    for text in (
        "url\n" + "https://example.com/a\n" * 5,
        json.dumps([{"url": A}] * 5),
        "<opml>" + f'<outline text="x" url="{A}"/>' * 5 + "</opml>",
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>" + f'<A HREF="{A}">x</A>' * 5,
    ):
        extract = exports.read(Source(Path("x"), "x", text.encode(), 0))
        assert len(extract.links) == 3
        assert "more than 3" in extract.truncated
    nested = "".join(f'<outline text="{number}">' for number in range(50)) + f'<outline text="x" url="{A}"/>'
    (deep,) = kept(f"<opml>{nested}{'</outline>' * 50}</opml>".encode())
    assert deep.folders == tuple(map(str, range(exports.MOST_FOLDERS)))


TEXT = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="/,;|[]'") | st.just(" "), max_size=12
)
WORDS = TEXT.map(lambda text: " ".join(text.split()))
NAMES = WORDS.filter(bool)
LINKS = st.builds(
    Exported,
    st.sampled_from([A, B, "https://example.com/%22?q='x'&amp;=#f"]),
    WORDS.map(lambda title: title or "x") | st.sampled_from(["=1+1", "-a", '"<b>"&amp;', "'=x"]),
    st.lists(NAMES, max_size=4).map(lambda names: (RelPath("/".join([*names, "a.url"])),)),
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    WORDS | st.builds("{}\n{}".format, NAMES, NAMES),
    st.just(datetime(2026, 1, 2, tzinfo=UTC)),
)


@given(st.lists(LINKS, min_size=1, max_size=5), st.sampled_from(FORMATS))
def test_what_is_exported_is_read_again(links: list[Exported], form: str) -> None:
    expected = [
        Kept(link.url, link.title, tuple(link.folder.split("/")) if link.folder else (), link.tags,
             " ".join(link.note.split()) if form == "html" else link.note)
        for link in links
    ]  # fmt: skip
    assert sorted(kept(write_links(links, form)), key=repr) == sorted(expected, key=repr)
