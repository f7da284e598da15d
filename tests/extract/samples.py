"""Small files of each format, made by the libraries that write them or by hand. Each says "tariff" somewhere."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import plistlib
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage

import docx
import openpyxl
import py7zr
from asn1crypto import cms
from openpyxl.comments import Comment
from PIL import Image, PngImagePlugin

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def make_zip(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a zip; a part called mimetype is stored first, as ODF and EPUB want it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(
                name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def relations(*rows: tuple[str, str, str]) -> str:
    """Return a part of relations: id, type, target; a target with a scheme lies outside."""
    inner = "".join(
        f'<Relationship Id="{key}" Type="{R}/{kind}" Target="{target}"'
        + (' TargetMode="External"' if "://" in target else "")
        + "/>"
        for key, kind, target in rows
    )
    return f'<Relationships xmlns="{RELS}">{inner}</Relationships>'


def make_docx() -> bytes:
    document = docx.Document()
    document.add_heading("EU tariffs", 1)
    document.add_paragraph("The new tariff applies from March.")
    document.core_properties.author = "Sales"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_pptx(namespace: str = P) -> bytes:
    slide = (
        f'<p:sld xmlns:p="{namespace}" xmlns:a="{A}" xmlns:r="{R}"><p:cSld><p:spTree>'
        '<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>Tariff plan</a:t></a:r>'
        "</a:p></p:txBody></p:sp><p:grpSp><p:sp><p:txBody><a:p><a:r><a:t>grouped </a:t></a:r><a:r>"
        '<a:rPr><a:hlinkClick r:id="l1"/></a:rPr><a:t>shape</a:t></a:r></a:p></p:txBody></p:sp></p:grpSp>'
        "<p:graphicFrame><a:graphic><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>cell of a table</a:t></a:r></a:p>"
        "</a:txBody></a:tc></a:tr></a:tbl></a:graphic></p:graphicFrame></p:spTree></p:cSld></p:sld>"
    )
    aside = (
        '<x xmlns:p="{p}" xmlns:a="{a}"><p:sp><p:nvSpPr><p:nvPr><p:ph type="sldNum"/></p:nvPr></p:nvSpPr><a:p><a:r><a:t>7'
        "</a:t></a:r></a:p></p:sp><p:sp><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:sp></x>"
    )
    return make_zip(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{namespace}" xmlns:r="{R}"><p:sldIdLst>'
            '<p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(("r1", "slide", "slides/slide1.xml")),
            "ppt/slides/slide1.xml": slide,
            "ppt/slides/_rels/slide1.xml.rels": relations(
                ("n", "notesSlide", "../notesSlides/notesSlide1.xml"),
                ("d", "diagramData", "../diagrams/data1.xml"),
                ("l1", "hyperlink", "https://example.org/plan"),
            ),
            "ppt/notesSlides/notesSlide1.xml": aside.format(p=namespace, a=A, words="what to say"),
            "ppt/diagrams/data1.xml": aside.format(p=namespace, a=A, words="a smart picture"),
        }
    )


def make_xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Prices"
    sheet["B2"], sheet["C2"], sheet["B3"] = "tariff", 12.5, "source"
    sheet["B2"].comment = Comment("ask the customs office", "Sales")
    sheet["B3"].hyperlink = "https://example.org/source"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def odf_body(form: str) -> str:
    inner = {
        "text": '<text:h>Heading</text:h><text:p>A tariff<text:s text:c="2"/>of <text:a xlink:href="https://example.org/odt">'
        "office</text:a></text:p><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>",
        "spreadsheet": '<table:table table:name="Prices"><table:table-row><table:table-cell><text:p>tariff</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="16384"><text:p>12</text:p>'
        "</table:table-cell></table:table-row></table:table>",
        "presentation": "<draw:page><text:p>tariff one</text:p></draw:page><draw:page><text:p>two</text:p></draw:page>",
    }[form]
    return f"<office:document-content {OFFICE}><office:body><office:{form}>{inner}</office:{form}></office:body></office:document-content>"


def make_odf(form: str) -> bytes:
    meta = (
        f'<office:document-meta {OFFICE} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
        "<dc:title>A plan for March</dc:title><dc:creator>Sales</dc:creator></office:meta></office:document-meta>"
    )
    return make_zip(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{form}",
            "content.xml": odf_body(form),
            "meta.xml": meta,
        }
    )


def make_epub() -> bytes:
    return make_zip(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>A book of trade</dc:title>'
            '<dc:creator>Sales</dc:creator></metadata><manifest><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="a" href="a%20a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/>'
            '<itemref idref="b"/></spine></package>',
            "OPS/a a.xhtml": "<html><body><p>first tariff</p></body></html>",
            "OPS/b.xhtml": "<html><body><p>second chapter</p></body></html>",
        }
    )


def make_mail(subject: str = "New tariff", *, attach: bool = True) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        subject,
        "Ann Büro <ann@example.org>",
        "bob@example.org",
    )
    message["Date"] = "Fri, 20 Nov 2026 09:12:44 +0100"
    message.set_content("Please read this about the tariff.\n")
    message.add_alternative("<p>Please read <b>this</b> about the tariff.</p>", subtype="html")
    if attach:
        message.add_attachment(
            make_docx(), maintype="application", subtype="octet-stream", filename="plan.docx"
        )
    return message.as_bytes()


def make_mbox() -> bytes:
    parts = [
        b"From ann@example.org Fri Nov 20 09:12:44 2026\n" + make_mail(s, attach=False)
        for s in ("First", "Second")
    ]
    return b"\n".join(parts)


def make_tar(mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        data = make_docx()
        info = tarfile.TarInfo("papers/plan.docx")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def make_7z(password: str | None = None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password) as archive:
        archive.writestr(b"a tariff within", "papers/note.txt")
    return out.getvalue()


def make_png() -> bytes:
    out, about = io.BytesIO(), PngImagePlugin.PngInfo()
    about.add_text("Description", "The tariff on a poster")
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=about)
    return out.getvalue()


def make_jpeg() -> bytes:
    image, out = Image.new("RGB", (8, 8)), io.BytesIO()
    exif = image.getexif()
    exif[0x010E], exif[0x013B] = "The tariff on a wall", "Ann"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 09:12:44"
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


MHTML = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\nSnapshot-Content-Location:"
    b" https://example.org/page\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head><title>Saved page</title></head><body><p>All on the tariff</p></body></html>\r\n--x--\r\n"
)
WEB_ARCHIVE = plistlib.dumps(
    {
        "WebMainResource": {
            "WebResourceData": b"<html><body><p>All on the tariff</p></body></html>",
            "WebResourceURL": "https://example.org/page",
        }
    },
    fmt=plistlib.FMT_BINARY,
)
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Meeting on the tar\r\n iff\r\nDTSTART:20261120T091200Z\r\n"
    b"ATTENDEE;CN=Ann:mailto:ann@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
CARD = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ann Tariff\r\nORG:Customs;Office\r\nEMAIL:ann@example.org\r\nEND:VCARD\r\n"
RTF = (
    rb"{\rtf1\ansi{\info{\title A plan for March}{\author Sales}}\pard The tariff of B\'fcro.\par "
    rb'{\field{\*\fldinst HYPERLINK "https://example.org/rtf"}{\fldrslt the source}}}'
)


def envelope(kind: str, content: bytes) -> bytes:
    """Return a CMS envelope without signers."""
    if kind == "signed_data":
        inner: object = cms.SignedData(
            {"version": "v1", "digest_algorithms": [], "signer_infos": [],
             "encap_content_info": {"content_type": "data", "content": content}}
        )  # fmt: skip
    elif kind == "compressed_data":
        inner = cms.CompressedData(
            {"version": 0, "compression_algorithm": {"algorithm": "zlib"},
             "encap_content_info": {"content_type": "data", "content": content}}
        )  # fmt: skip
    else:
        inner = cms.EncryptedData(
            {"version": 0, "encrypted_content_info": {
                "content_type": "data", "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": b"0" * 16},
                "encrypted_content": b"1" * 32}}
        )  # fmt: skip
    made: bytes = cms.ContentInfo({"content_type": kind, "content": inner}).dump()
    return made


def attribute(name: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", 1, name, 6, len(value)) + value + b"\0\0"


def properties(*found: tuple[int, int, bytes]) -> bytes:
    made = struct.pack("<I", len(found))
    for number, kind, value in found:
        made += struct.pack("<HH", kind, number)
        if number >= 0x8000:
            made += b"\0" * 16 + struct.pack("<II", 1, 6) + "ab\0".encode("utf-16-le") + b"\0\0"
        made += value if kind == 3 else struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return made


def tnef(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


INNER = tnef(attribute(0x8004, b"Inner subject\0"), attribute(0x800C, b"Inner body\0"))
TNEF = tnef(
    attribute(0x9007, struct.pack("<II", 1252, 0)),
    attribute(0x8004, "Über Röhren\0".encode("cp1252")),
    attribute(0x9003, properties((0x0E, 3, b"\1\0\0\0"), (0x8001, 0x1F, "named".encode("utf-16-le")),
                                 (0x1000, 0x1F, "The body of it\0".encode("utf-16-le")),
                                 (0x1013, 0x102, b"<p>The body of it</p><p>and a table</p>"))),
    attribute(0x9002, b"\0" * 14),
    attribute(0x8010, b"PLAN~1.DOC\0"),
    attribute(0x800F, make_docx()),
    attribute(0x9005, properties((0x3707, 0x1F, "plan.docx\0".encode("utf-16-le")))),
    attribute(0x9002, b"\0" * 14),
    attribute(0x9005, properties((0x3707, 0x1E, b"forwarded\0"), (0x3701, 0x0D, b"\7" * 16 + INNER))),
)  # fmt: skip

SAMPLES: dict[str, bytes] = {
    "a.pdf.note.ann.md": b"---\nby: Ann\ntags: [duty, steel]\nlevel: act\n---\nAsk about the tariff: https://example.org/a\n",
    "a.docx": make_docx(),
    "a.pptx": make_pptx(),
    "strict.pptx": make_pptx("http://purl.oclc.org/ooxml/presentationml/main"),
    "a.xlsx": make_xlsx(),
    "a.odt": make_odf("text"),
    "a.ods": make_odf("spreadsheet"),
    "a.odp": make_odf("presentation"),
    "a.fodt": odf_body("text").encode(),
    "a.rtf": RTF,
    "a.epub": make_epub(),
    "a.eml": make_mail(),
    "a.mbox": make_mbox(),
    "a.tnef": TNEF,
    "a.p7m": envelope("signed_data", make_mail()),
    "a.mht": MHTML,
    "a.webarchive": WEB_ARCHIVE,
    "a.ics": CALENDAR,
    "a.vcf": CARD,
    "a.xml": b"<a><title>Trade</title><b>the tariff</b></a>",
    "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><text>the tariff</text></svg>',
    "a.zip": make_zip({"papers/plan.docx": make_docx(), "b.txt": "short"}),
    "a.tar": make_tar(),
    "a.tgz": make_tar("w:gz"),
    "a.txt.gz": gzip.compress(b"the tariff, packed", mtime=0),
    "a.txt.bz2": bz2.compress(b"the tariff, packed"),
    "a.txt.xz": lzma.compress(b"the tariff, packed"),
    "a.7z": make_7z(),
    "a.png": make_png(),
    "a.jpg": make_jpeg(),
    "a.html": b"<html><title>Trade news</title><body><p>the <a href='https://example.org/a'>tariff</a></p></body></html>",
    "a.md": b"# Plan\n\nthe tariff, see [here](https://example.org/md)\n",
    "a.csv": b"name,price\ntariff,12\n",
    "a.json": b'{"tariff": 12}',
    "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nthe tariff\n",
    "a.url": b"[InternetShortcut]\nURL=https://example.org/tariff\n",
}
