"""What each reader takes out of a file; samples are made here."""

from __future__ import annotations

import importlib
import io
import json
import plistlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import FileProblem, Reason
from indexer.extract import inside, kinds
from indexer.extract.passages import MAX_PARAGRAPH, clean_text, into_passages, limit
from indexer.extract.source import Source
from indexer.extract.titles import sensible_title
from indexer.model.items import Extract, Kind, Passage
from tests.extract.samples import make_odf

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def read(name: str, data: bytes | str, text_limit: int = 1 << 20) -> Extract:
    raw = data.encode() if isinstance(data, str) else data
    suffix = kinds.sniff(name, raw)
    reader = kinds.reader_of(suffix)
    assert reader
    return inside.read(reader, Source(Path(name), name, raw, text_limit, suffix))


def text(extract: Extract) -> str:
    return "\n".join(passage.text for passage in extract.passages)


def reason(name: str, data: bytes | str) -> Reason:
    with pytest.raises(FileProblem) as caught:
        read(name, data)
    return caught.value.reason


# --- text -----------------------------------------------------------------------------------------

SENTENCE = "Über die Prüfung der Gehäuse wurde schon gesprochen, sagte größtenteils jeder.\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings(encoding: str) -> None:
    assert text(read("a.txt", (SENTENCE * 6).encode(encoding))).count("Prüfung der Gehäuse") == 6


def test_cyrillic_without_a_mark() -> None:
    sentence = "Съешь же ещё этих мягких французских булок, да выпей чаю. "
    assert "французских" in text(read("a.txt", (sentence * 8).encode("cp1251")))


def test_text_cut_in_the_middle_of_a_character_is_still_utf8() -> None:
    assert "größtenteils" in text(read("a.txt", (SENTENCE * 50).encode()[:-1] + b"\xc3"))


def test_binary_is_no_text() -> None:
    assert reason("a.txt", bytes(range(256)) * 40) is Reason.UNSUPPORTED


def test_markdown_title_and_front_matter() -> None:
    made = read(
        "a.md",
        "---\ntitle: 'Given'\nauthor: Sales office\ntags: [one, two]\ndate: 2026-03-04\n---\n# Heading\n\nText",
    )
    assert (made.title, made.author, made.tags, made.created) == (
        "Given",
        "Sales office",
        ("one", "two"),
        datetime(2026, 3, 4, tzinfo=UTC),
    )
    assert read("a.md", "# Heading #\n\nText").title == "Heading"
    assert "title" not in text(made)


@given(st.lists(st.text(alphabet="ab c\n.", max_size=9000), max_size=4).map("\n\n".join))
def test_passages_lose_no_word(raw: str) -> None:
    passages = into_passages(clean_text(raw))
    assert "".join("".join(p.text for p in passages).split()) == "".join(raw.split())
    assert all(len(passage.text) <= 2 * MAX_PARAGRAPH for passage in passages)


def test_the_limit_of_text() -> None:
    made = read("a.txt", "word " * 1000, text_limit=100)
    assert made.truncated == "only the first 100 characters of its text can be searched"
    assert len(text(made)) == 100
    assert limit([Passage("ab")], 2) == ((Passage("ab"),), "")


# --- PDF ------------------------------------------------------------------------------------------


def make_pdf(*pages: str, title: str = "", password: str | None = None) -> bytes:
    pdf = FPDF()
    pdf.set_title(title)
    pdf.set_author("Quality lab")
    if password is not None:
        pdf.set_encryption(
            owner_password="owner",
            user_password=password,
            encryption_method=EncryptionMethod.RC4,
            permissions=AccessPermission.all(),
        )
    for page in pages:
        pdf.add_page()
        pdf.set_font("Helvetica", size=12)
        if page:
            pdf.multi_cell(0, 8, page)
    return bytes(pdf.output())


def test_pdf_keeps_page_numbers() -> None:
    made = read("a.pdf", make_pdf("first page", "", "third page", title="Annual report"))
    assert [(p.text, p.page_number) for p in made.passages] == [("first page", 1), ("third page", 3)]
    assert (made.title, made.author) == ("Annual report", "Quality lab")


def test_pdf_by_content_whatever_its_name() -> None:
    assert kinds.sniff("a.docx", make_pdf("x")) == "pdf"


def test_pdf_without_text_damaged_encrypted() -> None:
    assert read("a.pdf", make_pdf("", "")).pictures == (1, 2)
    assert reason("a.pdf", make_pdf("some text")[:300]) is Reason.DAMAGED
    assert reason("a.pdf", b"%PDF-1.7 and nothing") is Reason.DAMAGED
    assert reason("a.pdf", make_pdf("secret", password="user")) is Reason.ENCRYPTED
    assert text(read("a.pdf", make_pdf("open to read", password=""))) == "open to read"


@pytest.mark.parametrize(
    "raw",
    [
        "Microsoft Word - a.doc",
        "untitled",
        "report.pdf",
        "",
        "Slide 1",
        "12",
        "PowerPoint Presentation",
        "\x00",
    ],
)
def test_no_titles(raw: str) -> None:
    assert sensible_title(raw) == ""


# --- Word -----------------------------------------------------------------------------------------


def make_docx() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Frame agreement"
    document.core_properties.author = "Sales office"
    document.core_properties.keywords = "contract; price"
    document.add_paragraph("In the body.")
    document.add_table(1, 1).cell(0, 0).text = "In a table."
    document.sections[0].header.paragraphs[0].text = "In the header."
    document.sections[0].footer.paragraphs[0].text = "In the footer."
    body = document.element.body
    for xml in (
        f"<w:p {W}><w:ins><w:r><w:t>Inserted.</w:t></w:r></w:ins><w:del><w:r><w:delText>Deleted.</w:delText></w:r></w:del></w:p>",
        f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="urn:x"><w:r>'
        "<mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p>"
        "</w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>",
        f"<w:p {W}><w:smartTag><w:r><w:t>Smart</w:t></w:r></w:smartTag><w:r><w:tab/><w:t>tab</w:t></w:r></w:p>",
    ):
        body.insert(0, parse_xml(xml))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_all_text_of_a_word_document() -> None:
    made = read("a.docx", make_docx())
    for words in (
        "In the body.",
        "In a table.",
        "In the header.",
        "In the footer.",
        "Inserted.",
        "In a control.",
        "Smart\ttab",
    ):
        assert words in text(made), words
    assert text(made).count("In a box.") == 1
    assert "Deleted" not in text(made)
    assert (made.title, made.author, made.tags) == ("Frame agreement", "Sales office", ("contract", "price"))


def test_a_word_document_that_is_a_list_of_links() -> None:
    document = docx.Document()
    for n in range(4):
        document.add_paragraph(f"Article {n} https://example.org/{n}")
    document.add_paragraph("Just words")
    out = io.BytesIO()
    document.save(out)
    made = read("a.docx", out.getvalue())
    assert made.is_link_list
    assert [(link.title, link.url) for link in made.links][:1] == [("Article 0", "https://example.org/0")]
    assert text(made) == "Just words"


def test_hyperlinks_in_a_word_document_are_kept_with_it() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Many words around ")
    key = document.part.relate_to("https://example.org/deep", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    paragraph._p.append(parse_xml(f'<w:hyperlink {W} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="{key}"><w:r><w:t>the place</w:t></w:r></w:hyperlink>'))  # fmt: skip
    document.add_paragraph("Another paragraph")
    out = io.BytesIO()
    document.save(out)
    made = read("a.docx", out.getvalue())
    assert not made.is_link_list
    assert [(link.title, link.url) for link in made.links] == [("the place", "https://example.org/deep")]


def test_damaged_encrypted_and_bombs() -> None:
    whole = make_docx()
    assert reason("a.docx", whole[: len(whole) // 2]) is Reason.DAMAGED
    assert reason("a.docx", b"plain text") is Reason.DAMAGED
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert reason("a.docx", ole) is Reason.ENCRYPTED
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b"<a>" + b" " * (60 << 20))
    assert reason("a.docx", bomb.getvalue()) is Reason.TOO_BIG
    entities = io.BytesIO()
    with zipfile.ZipFile(entities, "w") as package:
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        package.writestr(
            "word/document.xml",
            f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><w:p {W}><w:r><w:t>&l9;</w:t></w:r></w:p>',
        )
    try:
        assert len(text(read("a.docx", entities.getvalue()))) < 1000
    except FileProblem as problem:
        assert problem.reason in (Reason.DAMAGED, Reason.NO_TEXT)  # noqa: PT017 - either way it is harmless


# --- web pages ------------------------------------------------------------------------------------


def test_html() -> None:
    made = read(
        "a.html",
        "<!-- saved from url=(0024)https://example.org/page --><title>A &amp; B</title><meta name='Author' content='Desk'>"
        "<style>no</style><script>no()</script><p>First <b>bo</b>ld<p>Second<br>line<template>no</template>"
        "<a href='https://example.org/x'>there</a><a href='javascript:no()'>bad</a>",
    )
    assert (made.title, made.author) == ("A & B", "Desk")
    assert text(made).startswith("First bold\n\nSecond")
    assert "no" not in text(made)
    assert [link.url for link in made.links] == ["https://example.org/page", "https://example.org/x"]


def test_html_says_its_encoding_and_may_be_very_deep() -> None:
    raw = '<meta charset="windows-1251"><p>французских булок'.encode("cp1251")
    assert "французских" in text(read("a.html", raw))
    assert "deep inside" in text(read("a.html", "<div>" * 300_000 + "deep inside"))


# --- links ----------------------------------------------------------------------------------------

WIDE = "[InternetShortcut]\r\nURL=https://example.org/?\r\n[InternetShortcut.W]\r\nURL=https://example.org/+ZeVnLA-\r\n"


@pytest.mark.parametrize(
    ("name", "data", "url"),
    [
        ("a.url", b"[InternetShortcut]\r\nURL=https://example.org/a\r\n", "https://example.org/a"),
        ("a.url", "[InternetShortcut]\r\nURL=https://example.org/ü".encode("utf-16"), "https://example.org/ü"),
        ("a.url", WIDE.encode(), "https://example.org/日本"),
        ("a.website", b"[internetshortcut]\nurl=https://example.org/b", "https://example.org/b"),
        ("a.webloc", plistlib.dumps({"URL": "https://example.org/c"}), "https://example.org/c"),
        ("a.webloc", plistlib.dumps({"URL": "https://example.org/d"}, fmt=plistlib.FMT_BINARY), "https://example.org/d"),
        ("a.desktop", b"[Desktop Entry]\nType=Link\nName=Shown\nURL=https://example.org/e", "https://example.org/e"),
        ("a.gdoc", json.dumps({"doc_id": "1abcDEF_ghi-jkl", "email": "x@example.org"}).encode(), "https://docs.google.com/document/d/1abcDEF_ghi-jkl"),
        ("a.gsheet", json.dumps({"url": "https://example.org/s", "resource_id": "spreadsheet:0123456789ab"}).encode(), "https://docs.google.com/spreadsheets/d/0123456789ab"),
        ("a.lnk", bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(60) + "https://example.org/f".encode("utf-16-le") + b"\0\0", "https://example.org/f"),
        ("a.url", b"[InternetShortcut]\nURL=javascript:alert(1)", None),
        ("a.inetloc", plistlib.dumps({"URL": "FiLe:////Applications/x"}), None),
    ],
)  # fmt: skip
def test_link_files(name: str, data: bytes, url: str | None) -> None:
    made = read(name, data)
    assert made.is_link
    (link,) = made.links
    assert link.url == url
    assert bool(link.refused) == (url is None)
    assert "x@example.org" not in repr(made)


def test_what_is_no_link() -> None:
    assert (
        reason("a.desktop", "[Desktop Entry]\nType=Application\nExec=rm\nURL=https://example.org")
        is Reason.UNSUPPORTED
    )
    assert reason("a.webloc", b"nonsense") is Reason.DAMAGED
    assert reason("a.url", b"") is Reason.NO_TEXT
    assert reason("a.url", b"[InternetShortcut]\n" + b"x" * 100_000) is Reason.TOO_BIG


def test_lists_of_links() -> None:
    made = read(
        "Links.txt",
        "Heading\n\n1. First one: https://example.org/1\nhttps://example.org/2 - second\n* [Third](https://example.org/3) with words\nhttps://example.org/4\n",
    )
    assert made.is_link_list
    assert [(link.title, link.url, link.note) for link in made.links] == [
        ("First one", "https://example.org/1", ""),
        ("second", "https://example.org/2", ""),
        ("Third", "https://example.org/3", "with words"),
        ("example.org/4", "https://example.org/4", ""),
    ]
    assert text(made) == "Heading"
    few = read("a.txt", "A text\nof several lines\nwith one https://example.org/\nand more")
    assert not few.is_link_list
    assert "https://example.org/" in text(few)


def test_bookmarks() -> None:
    made = read(
        "bookmarks.html",
        "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><H3>Standards &amp; law</H3><DL><p>"
        '<DT><A HREF="https://example.org/a?b=1&amp;c=2" ADD_DATE="1700000000" TAGS="x,y" ICON="data:zzz">Title &lt;1&gt;</A><DD>A note'
        '</DL><p><DT><A HREF="javascript:alert(1)">Bad</A></DL>',
    )
    assert made.is_link_list
    first, second = made.links
    assert (first.url, first.title, first.note, first.tags) == (
        "https://example.org/a?b=1&c=2",
        "Title <1>",
        "A note",
        ("x", "y", "Standards & law"),
    )
    assert first.added == datetime.fromtimestamp(1_700_000_000, UTC)
    assert (second.url, second.tags) == (None, ())


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.PDF", Kind.PDF), ("b.docx", Kind.WORD), ("c.pptx", Kind.SLIDES), ("d.csv", Kind.SHEET), ("e.md", Kind.TEXT), ("f.HTM", Kind.WEB),
     ("g.eml", Kind.MAIL), ("h.epub", Kind.BOOK), ("i.jpeg", Kind.IMAGE), ("j.url", Kind.LINK), ("k.tar.gz", Kind.ARCHIVE), ("l", Kind.OTHER),
     ("README", Kind.TEXT), (".hidden", Kind.OTHER), ("Sales.pdf/x", Kind.OTHER)],
)  # fmt: skip
def test_kinds(name: str, kind: Kind) -> None:
    assert kinds.kind_of(name) is kind


def test_every_reader_is_there_and_has_a_version() -> None:
    for reader in set(kinds.READERS.values()) | {"bookmarks"}:
        assert callable(importlib.import_module(f"indexer.extract.{reader}").read)
        assert kinds.VERSIONS[reader] >= 1


def test_headings_are_told() -> None:
    document = docx.Document()
    document.add_heading("Scope", 1)
    document.add_paragraph("Some text.")
    document.add_heading("Terms of payment", 2)
    buffer = io.BytesIO()
    document.save(buffer)
    assert read("a.docx", buffer.getvalue()).headings == ("Scope", "Terms of payment")
    assert read("a.md", "# One\n\ntext\n\n## Two words ##\n\nmore").headings == ("One", "Two words")
    assert read("a.html", "<h1>One</h1><p>text</p><h3>Two <b>words</b></h3>").headings == ("One", "Two words")
    assert read("a.odt", make_odf("text")).headings == ("Heading",)
