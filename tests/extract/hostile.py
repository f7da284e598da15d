"""Files made to hang, to fill the memory or to reach out. Each maker returns bytes, quickly and small."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.extract.samples import A, P, make_docx, make_zip, odf_body, relations

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOMB = 2 << 30
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY {chr(c + 1)} "{f"&{chr(c)};" * 8}">' for c in range(ord("b"), ord("l")))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY l SYSTEM "file:///etc/passwd"><!ENTITY m SYSTEM "http://127.0.0.1:9/x">]>'


def office(main: str, kind: str, parts: dict[str, str | bytes]) -> bytes:
    """Return an OOXML package whose main part is `main`."""
    return make_zip(
        {"[Content_Types].xml": "<Types/>", "_rels/.rels": relations(("r", "officeDocument", main)), **parts}
    ) if kind else b""  # fmt: skip


def word(body: str, head: str = "") -> bytes:
    return office(
        "word/document.xml",
        "w",
        {"word/document.xml": f'{head}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'},
    )


def workbook(sheet: str, shared: str = "") -> bytes:
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Prices" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("r1", "worksheet", "worksheets/sheet1.xml"), ("r2", "sharedStrings", "sharedStrings.xml")),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{S}"><sheetData>{sheet}</sheetData></worksheet>',
    }  # fmt: skip
    if shared:
        parts["xl/sharedStrings.xml"] = shared
    return office("xl/workbook.xml", "x", parts)


def bombed(parts: dict[str, str], name: str, size: int = BOMB) -> bytes:
    """Return a zip whose part `name` unpacks to `size` bytes of XML, written in a stream."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in parts.items():
            archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as part:
            block = b"<p>text</p>" * 95_000
            part.write(b"<x>")
            for _ in range(size // len(block)):
                part.write(block)
            part.write(b"</x>")
    return out.getvalue()


def nested_zip(depth: int) -> bytes:
    data = make_zip({"a.txt": "x" * 1000})
    for _ in range(depth):
        data = make_zip({f"{n}.zip": data for n in range(8)})
        if len(data) > 8 << 20:
            break
    return data


def many_entries(count: int = 200_000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(f"{number}.txt"), b"")
    return out.getvalue()


def hostile_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, target in (
            ("../../escape.txt", tarfile.REGTYPE, ""),
            ("/etc/absolute.txt", tarfile.REGTYPE, ""),
            ("link.txt", tarfile.SYMTYPE, "/etc/passwd"),
            ("hard.txt", tarfile.LNKTYPE, "/etc/passwd"),
            ("device.txt", tarfile.CHRTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info, io.BytesIO())
    return out.getvalue()


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """Return a PDF of these objects, numbered from 1."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, root, start)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d %s>>stream\n%s\nendstream" % (len(data), extra, data)


def zeros(size: int, byte: bytes = b" ") -> bytes:
    packer = zlib.compressobj(9)
    block = byte * (1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"


def one_page(*rest: bytes) -> bytes:
    return pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE, *rest)


def nested_forms(depth: int = 24) -> bytes:
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (6 + n),
        )
        for n in range(depth)
    ]
    return one_page(stream(b"/X Do"), *forms, stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"))


def deep_mail(depth: int = 3000) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth)
    )
    return b"Subject: deep\n" + head + b"Content-Type: text/plain\n\nbottom\n"


def huge_picture() -> bytes:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zeros(1 << 20)) + chunk(b"IEND", b"")


FAR_APART = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
DIV = "<div>"

MAKERS: dict[str, Callable[[], bytes]] = {
    "bomb.docx": lambda: bombed({"[Content_Types].xml": "<Types/>", "_rels/.rels": relations(("r", "officeDocument", "word/document.xml"))}, "word/document.xml"),
    "bomb.pptx": lambda: bombed({"[Content_Types].xml": "<Types/>"}, "ppt/presentation.xml", 1 << 30),
    "bomb.xlsx": lambda: bombed({"[Content_Types].xml": "<Types/>"}, "xl/workbook.xml", 1 << 30),
    "bomb.odt": lambda: bombed({"mimetype": "application/vnd.oasis.opendocument.text"}, "content.xml", 1 << 30),
    "bomb.epub": lambda: bombed({"mimetype": "application/epub+zip"}, "META-INF/container.xml", 1 << 30),
    "bomb.zip": lambda: bombed({}, "a.txt", 1 << 30),
    "many.zip": many_entries,
    "many.docx": lambda: many_entries(60_000),
    "nested.zip": lambda: nested_zip(12),
    "bomb.tar.gz": lambda: gzip.compress(b"\0" * (600 << 20), 1, mtime=0),
    "hostile.tar": hostile_tar,
    "laughs.docx": lambda: word("<w:p><w:r><w:t>&l;</w:t></w:r></w:p>", ENTITIES),
    "outside.docx": lambda: word("<w:p><w:r><w:t>fine &l; &m;</w:t></w:r></w:p>", OUTSIDE),
    "laughs.odt": lambda: make_zip({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ENTITIES + odf_body("text").replace("Heading", "&l;")}),
    "laughs.svg": lambda: (ENTITIES + "<svg><text>&l;</text></svg>").encode(),
    "outside.xml": lambda: (OUTSIDE + "<x>fine &l; &m;</x>").encode(),
    "quadratic.xml": lambda: (f'<!DOCTYPE x [<!ENTITY a "{"a" * 60_000}">]><x>{"&a;" * 60_000}</x>').encode(),
    "laughs.pptx": lambda: office("ppt/presentation.xml", "p", {"ppt/presentation.xml": f'{ENTITIES}<p:presentation xmlns:p="{P}" xmlns:a="{A}">&l;</p:presentation>'}),
    "deep.docx": lambda: word("<w:sdt>" * 50_000 + "</w:sdt>" * 50_000),
    "wide.docx": lambda: word('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="30000000"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr></w:tbl>'),
    "paragraphs.docx": lambda: word("<w:p><w:r><w:t>abc</w:t></w:r></w:p>" * 1_000_000),
    "far.xlsx": lambda: workbook(FAR_APART),
    "shared.xlsx": lambda: workbook('<row r="1"><c r="A1" t="s"><v>0</v></c></row>' , f'<sst xmlns="{S}"><si><t>{"z" * (60 << 20)}</t></si></sst>'),
    "deep.html": lambda: (DIV * 1_000_000).encode(),
    "deep.json": lambda: b"[" * 1_000_000,
    "deep.xml": lambda: b"<a>" * 1_000_000,
    "deep.rtf": lambda: b"{\\rtf1" + b"{" * 1_000_000,
    "hex.rtf": lambda: b"{\\rtf1 " + b"\\'61" * 2_000_000 + b"}",
    "deep.eml": deep_mail,
    "heads.eml": lambda: b"To: a@example.org\n" * 400_000 + b"\nbody",
    "parts.eml": lambda: b'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\nContent-Type: text/plain\n\nx\n" * 50_000,
    "empty.mbox": lambda: b"From a@example.org Fri Nov 20 09:12:44 2026\n\n" * 20_000,
    "line.csv": lambda: b"a," * (8 << 20),
    "folded.ics": lambda: b"BEGIN:VCALENDAR\r\nSUMMARY:" + b"x\r\n " * 1_000_000,
    "flate.pdf": lambda: one_page(stream(zeros(BOMB), b"/Filter/FlateDecode")),
    "flate2.pdf": lambda: one_page(stream(zlib.compress(zeros(1 << 30), 9), b"/Filter[/FlateDecode/FlateDecode]")),
    "loop.pdf": lambda: pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
    "forms.pdf": nested_forms,
    "outline.pdf": lambda: pdf(b"<</Type/Catalog/Pages 2 0 R/Outlines 3 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", b"<</First 4 0 R/Last 4 0 R>>", b"<</Title(loop)/Next 4 0 R/First 3 0 R>>"),
    "lie.pdf": lambda: pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", PAGE),
    "same.pdf": lambda: pdf(CATALOG, b"<</Type/Pages/Kids[" + b"3 0 R " * 100_000 + b"]/Count 100000>>", PAGE, stream(b"BT ET")),
    "huge.png": huge_picture,
    "self.docx": lambda: make_docx()[:-30] + b"\0" * 30,
}  # fmt: skip


def garbage(suffixes: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield an empty file and one of random bytes for each extension."""
    chance = random.Random(7)
    for suffix in suffixes:
        yield f"empty.{suffix}", b""
        yield f"random.{suffix}", chance.randbytes(2_000)
