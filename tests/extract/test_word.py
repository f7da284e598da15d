"""All that a Word document says: besides its paragraphs, and if python-docx refuses it."""

from __future__ import annotations

import io
import struct

import docx
import openpyxl
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from indexer.extract import word_package
from indexer.extract.ole_object import unwrap
from indexer.model.items import Extract
from tests.extract.samples import P, R, make_docx, make_zip, relations
from tests.extract.test_formats import encrypted
from tests.extract.test_formats import read as read_with
from tests.extract.test_readers import read, text

W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def word(body: str, *parts: tuple[str, str, str, bytes | str], name: str = "a.docx") -> Extract:
    """Read a document with `body` in it, and parts: relation id and type, name, bytes."""
    document = docx.Document()
    document.element.body.insert(0, parse_xml(f"<w:p {W}><w:r><w:t>First words</w:t></w:r></w:p>"))
    for element in parse_xml(f"<w:body {W}>{body}</w:body>"):
        document.element.body.insert(len(document.element.body) - 1, element)
    for key, kind, part, raw in parts:
        data = raw.encode() if isinstance(raw, str) else raw
        whole = Part(PackURI("/word/" + part), "application/octet-stream", data, document.part.package)
        document.part.load_rel(kind, whole, key)
    out = io.BytesIO()
    document.save(out)
    return read(name, out.getvalue())


def paragraph(inner: str) -> str:
    return f"<w:p>{inner}</w:p>"


def run(words: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def mark(kind: str, more: str = "") -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{more}</w:fldChar></w:r>'


def test_python_docx_opens_documents_and_what_it_refuses_is_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = docx.Document()
    document.core_properties.author, document.core_properties.title = "Sales office", "A plan for March"
    document.core_properties.keywords = "steel; zinc"
    document.sections[0].header.paragraphs[0].text = "head of all pages"
    document.sections[0].different_first_page_header_footer = True
    document.sections[0].first_page_header.paragraphs[0].text = "head of the first page"
    document.sections[0].footer.paragraphs[0].text = "foot"
    document.add_comment(document.add_paragraph("body").runs, "a remark", author="Quality lab")
    out = io.BytesIO()
    document.save(out)
    made = read("a.docx", out.getvalue())
    assert (made.title, made.author, made.tags) == ("A plan for March", "Sales office", ("steel", "zinc"))
    with_library = text(made).split("\n\n")
    assert with_library == [
        "head of the first page", "head of all pages", "body", "a remark", "foot", "Quality lab",
    ]  # fmt: skip
    monkeypatch.setattr(word_package, "_document_of", lambda parts: parts.missing)
    second = read("a.docx", out.getvalue())
    assert (second.title, second.author, second.tags) == (made.title, made.author, made.tags)
    assert sorted(text(second).split("\n\n")) == sorted(set(with_library) - {"Quality lab"})


def test_alternatives_are_read_once_and_none_is_lost() -> None:
    def either(choice: str, fallback: str) -> str:
        choices = f'<mc:Choice Requires="wps">{choice}</mc:Choice>' if choice else ""
        return paragraph(
            f"<w:r><mc:AlternateContent>{choices}<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>"
        )

    def box(words: str) -> str:
        return (
            f"<w:pict><v:textbox><w:txbxContent>{paragraph(run(words))}</w:txbxContent></v:textbox></w:pict>"
        )

    picture = '<w:drawing><wp:anchor><wp:docPr id="1" name="P" descr="a picture described"/></wp:anchor></w:drawing>'
    chart = '<w:drawing><c:chart r:id="none"/></w:drawing>'
    made = text(
        word(
            either(box("both know"), box("both know"))
            + either("<w:drawing/>", box("only in the fallback"))
            + either("", box("nothing else there"))
            + either(picture, "<w:pict/>")
            + either(chart, box("this chart can't be shown"))
        )
    )
    assert made.count("both know") == 1
    for words in ("only in the fallback", "nothing else there", "a picture described"):
        assert words in made
    assert "can't be shown" not in made


def test_addresses_of_fields() -> None:
    made = word(
        paragraph(
            mark("begin") + '<w:r><w:instrText> HYPERLINK "https://exa</w:instrText></w:r>'
            '<w:r><w:instrText>mple.org/a" \\o "tip" </w:instrText></w:r>' + mark("separate") + run("the ") + run("plan") + mark("end")
        )
        + paragraph(f'<w:fldSimple w:instr=" hyperlink https://example.org/b ">{run("simple")}</w:fldSimple>')
        + paragraph(mark("begin") + '<w:r><w:instrText>HYPERLINK \\l "place"</w:instrText></w:r>' + mark("end"))
        + paragraph(run("more words")) * 4
    )  # fmt: skip
    assert [(link.url, link.title) for link in made.links] == [
        ("https://example.org/a", "the plan"),
        ("https://example.org/b", "simple"),
    ]
    assert "the plan" in text(made)


def test_chosen_entries_and_controls() -> None:
    entries = '<w:listEntry w:val="copper"/><w:listEntry w:val="brass"/>'
    made = text(
        word(
            paragraph(mark("begin", f'<w:ffData><w:ddList><w:result w:val="1"/>{entries}</w:ddList></w:ffData>') + mark("end"))
            + paragraph(mark("begin", f"<w:ffData><w:ddList>{entries}</w:ddList></w:ffData>") + mark("end"))
            + "<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:value='tin'/></w:dropDownList></w:sdtPr><w:sdtContent>"
            + paragraph(run("zinc")) + "</w:sdtContent></w:sdt>"
            + paragraph('<w:r><w:pict><v:shape><v:textpath string="DRAFT copy"/></v:shape></w:pict></w:r>')
        )
    )  # fmt: skip
    assert sorted(made.split("\n\n")) == ["DRAFT copy", "First words", "brass", "copper", "zinc"]


def chart(title: str) -> str:
    return (
        f"<c:chartSpace {W}><c:chart><c:title><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:title><c:ser><c:tx><c:strCache>"
        '<c:pt idx="0"><c:v>Series name</c:v></c:pt></c:strCache></c:tx><c:val><c:numRef><c:f>Sheet1!$A$1</c:f><c:numCache>'
        '<c:pt idx="0"><c:v>4711</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:chart></c:chartSpace>'
    )


def make_sheet(words: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = words
    book.save(out)
    return out.getvalue()


def native(name: str, data: bytes) -> bytes:
    """Return the stream of an object of the packager."""
    path = name.encode() + b"\0"
    inner = (
        b"\2\0"
        + path
        + path
        + b"\0\0\3\0"
        + struct.pack("<I", len(path))
        + path
        + struct.pack("<I", len(data))
        + data
    )
    return struct.pack("<I", len(inner)) + inner


def test_charts_inserted_parts_and_embedded_files() -> None:
    made = word(
        "",
        ("rIdC", RT.CHART, "charts/chart1.xml", chart("Sales by quarter")),
        ("rIdB", RT.CHART, "charts/chart2.xml", "<broken"),
        ("rIdA1", RT.A_F_CHUNK, "chunk.htm", "<p>inserted page</p>"),
        ("rIdA2", RT.A_F_CHUNK, "chunk.docx", make_docx()),
        ("rIdA3", RT.A_F_CHUNK, "chunk.rtf", rb"{\rtf1 rich insertion}"),
        ("rIdE", RT.PACKAGE, "embeddings/Sheet1.xlsx", make_sheet("embedded table")),
    )
    for words in (
        "First words", "Sales by quarter", "Series name", "4711", "inserted page", "The new tariff applies", "rich insertion",
        "embedded table",
    ):  # fmt: skip
        assert text(made).count(words) == 1, words
    assert "Sheet1!" not in text(made)


def test_a_password_that_opened_an_embedded_file_is_told() -> None:
    document, out = docx.Document(), io.BytesIO()
    inner = encrypted(make_sheet("for some eyes"), "summer")
    document.part.load_rel(RT.PACKAGE, Part(PackURI("/word/embeddings/a.xlsx"), "x/y", inner), "rIdE")
    document.save(out)
    assert read_with("a.docx", out.getvalue()).unread
    made = read_with("a.docx", out.getvalue(), "summer")
    assert "for some eyes" in text(made)
    assert made.opened


def test_alternatives_and_files_in_slides() -> None:
    shape = "<p:sp><p:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:txBody></p:sp>"
    either = '<mc:AlternateContent><mc:Choice Requires="x">{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>'
    slide = (
        f'<p:sld {W} xmlns:p="{P}"><p:spTree>'
        + either.format(shape.format("both know"), shape.format("both know"))
        + either.format("<p:sp/>", shape.format("only in the fallback"))
        + "</p:spTree></p:sld>"
    )
    show = f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst></p:presentation>'
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": show,
        "ppt/_rels/presentation.xml.rels": relations(("r1", "slide", "slides/slide1.xml")),
        "ppt/slides/slide1.xml": slide,
        "ppt/slides/_rels/slide1.xml.rels": relations(
            ("r1", "package", "../embeddings/a.xlsx"), ("r2", "chart", "../charts/c.xml")
        ),
        "ppt/embeddings/a.xlsx": make_sheet("embedded table"),
        "ppt/charts/c.xml": chart("Sales by quarter"),
        "ppt/charts/_rels/c.xml.rels": relations(("r1", "chartUserShapes", "../drawings/d.xml")),
        "ppt/drawings/d.xml": f"<c:userShapes {W}><a:p><a:r><a:t>words on the chart</a:t></a:r></a:p></c:userShapes>",
    }
    made = text(read("a.pptx", make_zip(parts)))
    for words in (
        "both know",
        "only in the fallback",
        "embedded table",
        "Sales by quarter",
        "words on the chart",
    ):
        assert made.count(words) == 1, words


def test_a_packaged_file_is_unwrapped_and_nonsense_stays_what_it_is() -> None:
    assert unwrap("a.bin", b"no compound file") == ("a.bin", b"no compound file")
    from indexer.extract.ole_object import _native

    assert _native(native("note.txt", b"inner words")) == ("note.txt", b"inner words")


def test_odd_names_of_parts() -> None:
    body = f"<w:document {W}><w:body>{paragraph(run('odd words'))}</w:body></w:document>"
    types = (
        '<Types><Override PartName="/doc/main.xml" ContentType="application/x.document.main+xml"/></Types>'
    )
    assert "odd words" in text(
        read("a.docx", make_zip({"[Content_Types].xml": types, "word/x": "", "doc/main.xml": body}))
    )
    root = relations(("r1", "officeDocument", "word/document.xml"))
    back = {"[Content_Types].xml": "<Types/>", "_rels\\.rels": root, "word\\document.xml": body, "word/x": ""}
    assert "odd words" in text(read("a.docx", make_zip(back)))
