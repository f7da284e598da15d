"""The folders of `attacks.py`: each function changes a folder that was scanned once as an attacker would."""

from __future__ import annotations

import os
import plistlib
import re
import socket
import stat
import struct
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
BESIDE = "beside"
"""A directory beside the folder, where nothing may be written."""
ATTACKS: dict[str, Callable[[Path], None]] = {}


def attack(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Take a function that changes a folder for an attack; its docstring says what is tried."""
    ATTACKS[make.__name__] = make
    return make


# --- what is in the folder ------------------------------------------------------------------------


@attack
def strange_entries(folder: Path) -> None:
    """FIFO, socket, devices, directories named like files, links everywhere."""
    os.mkfifo(folder / "pipe.txt")
    os.mkfifo(folder / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as made, suppress(OSError):
        made.bind(str(folder / "socket.docx"))
    for name, device in (("zero.txt", (1, 5)), ("random.csv", (1, 8)), ("tty.md", (5, 0))):
        with suppress(OSError):
            os.mknod(folder / name, 0o666 | stat.S_IFCHR, os.makedev(*device))
        (folder / f"link {name}").symlink_to(f"/dev/{name.partition('.')[0]}")
    (folder / "directory.pdf").mkdir()
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "up").symlink_to("..")
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")
    (folder / "fd.txt").symlink_to("/proc/self/fd/0")


@attack
def sparse_giants(folder: Path) -> None:
    """10 GB of nothing under each usual suffix."""
    for suffix in "txt md csv json html eml mbox pdf docx xlsx zip 7z png rtf ics url epub".split():
        with (folder / f"giant.{suffix}").open("wb") as file:
            file.truncate(10 << 30)


@attack
def zeros_at_the_limit(folder: Path) -> None:
    """250 MB of zeros, just below the limit, under many suffixes."""
    for suffix in "txt csv json html eml mbox rtf ics".split():
        with (folder / f"zeros.{suffix}").open("wb") as file:
            file.truncate(250 << 20)


@attack
def deep_directories(folder: Path) -> None:
    """Deeper than any path may be long."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d" * 100, dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@attack
def many_of_one_name(folder: Path) -> None:
    """5,000 files that might be conflict copies of each other."""
    for number in range(5_000):
        (folder / f"a.{number}").touch()


@attack
def odd_names(folder: Path) -> None:
    """Line ends, blanks and dots at the end, controls, bytes that are no text, all as long as they may be."""
    for name in (
        "a\nb.txt",
        "blank .txt ",
        "dots.txt...",
        "\x1b]0;x\x07.txt",
        "..txt",
        " ",
        "...",
        "-rf",
        "\u202etxt.exe",
        "\udcff.txt",
    ):
        (folder / name).write_text("odd")
    for letter in "ab\n":
        (folder / (letter * 255)).write_text("long")


@attack
def ignore_backtracks(folder: Path) -> None:
    """Patterns with many stars beside names that nearly match."""
    (folder / ".indexignore").write_text(
        "*a*a*a*a*a*a*a*a*ab\n**/a**/a**/a**/ab\n[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*Q\n" * 50
    )
    for number in range(200):
        (folder / ("a" * 200 + f"{number}.txt")).write_text("x")


@attack
def ignore_of_100_000_lines(folder: Path) -> None:
    """100,000 patterns beside 2,000 files."""
    (folder / ".indexignore").write_text("".join(f"*x{number}*y/**/z*\n" for number in range(100_000)))
    for number in range(2000):
        (folder / f"file {number}.txt").write_text("x")


@attack
def ignore_is_a_directory(folder: Path) -> None:
    """A directory in place of .indexignore."""
    (folder / ".indexignore").mkdir()


@attack
def ignore_is_a_fifo(folder: Path) -> None:
    """A FIFO in place of .indexignore."""
    os.mkfifo(folder / ".indexignore")


@attack
def ignore_is_endless(folder: Path) -> None:
    """A link to /dev/zero in place of .indexignore."""
    (folder / ".indexignore").symlink_to("/dev/zero")


# --- what is in place of our page -----------------------------------------------------------------


def page_of(folder: Path) -> Path:
    return folder / "_index"


@attack
def page_is_a_link(folder: Path) -> None:
    """`_index` leads to a directory elsewhere that says it is ours."""
    elsewhere = folder.parent / BESIDE / "of somebody"
    page_of(folder).rename(elsewhere)
    page_of(folder).symlink_to(elsewhere)


@attack
def page_of_fifos(folder: Path) -> None:
    """FIFOs for each file of the page."""
    for path in [*page_of(folder).iterdir(), folder / "index.html"]:
        path.unlink()
        os.mkfifo(path)


@attack
def page_of_devices(folder: Path) -> None:
    """Links to /dev/zero for each file of the page."""
    for path in [*page_of(folder).iterdir(), folder / "index.html"]:
        path.unlink()
        path.symlink_to("/dev/zero")


@attack
def page_of_directories(folder: Path) -> None:
    """Directories for each file of the page."""
    for path in [*page_of(folder).iterdir(), folder / "index.html"]:
        path.unlink()
        path.mkdir()


@attack
def page_of_giants(folder: Path) -> None:
    """2 GB of nothing behind each file of the page."""
    for path in [*page_of(folder).iterdir(), folder / "index.html"]:
        os.truncate(path, 2 << 30)


@attack
def page_crowded(folder: Path) -> None:
    """20,000 files that look like data beside ours."""
    for number in range(20_000):
        (page_of(folder) / f"s{number:032x}.js").write_text("x")
        (page_of(folder) / f"~syncthing~{number}.js.{number:08x}.tmp").touch()


@attack
def page_head_is_deep(folder: Path) -> None:
    """JSON 200,000 deep in the pointer and in each data file."""
    for path in page_of(folder).glob("*.js"):
        text = path.read_text()
        begin = text.find("(") + 1
        path.write_text(text[:begin] + "[" * 200_000 + "]" * 200_000 + ")")


@attack
def page_says_otherwise(folder: Path) -> None:
    """Other numbers and words everywhere in the page's files, as long as before."""
    for path in [*page_of(folder).iterdir(), folder / "index.html"]:
        raw = path.read_bytes()
        path.write_bytes(re.sub(rb"[0-9a-f]", b"9", raw[: len(raw) // 2]) + raw[len(raw) // 2 :])


# --- what is in the files -------------------------------------------------------------------------


@attack
def texts_of_8_mb(folder: Path) -> None:
    """40 texts of 8 MB each."""
    for number in range(40):
        (folder / f"large {number}.txt").write_text(f"words of number {number} and more of them\n" * 220_000)


@attack
def words_of_67_mb(folder: Path) -> None:
    """67 MB of words, no two alike."""
    for part in range(4):
        (folder / f"words {part}.txt").write_text(
            "".join(f"{zlib.crc32(f'{part} {n}'.encode()):08x}{n:x} " for n in range(1_200_000))
        )


@attack
def brackets(folder: Path) -> None:
    """Texts that backtracking patterns don't get through."""
    for number, piece in enumerate(
        (
            "[",
            "(",
            "<",
            "{",
            "[[",
            "http://",
            "<a ",
            "a@",
            "](",
            "- ",
            "=?utf-8?q?",
            "&amp",
            "\\",
            "'",
            "%%",
            "&#",
            "<!--",
            "<![",
        )
    ):
        for suffix in ("txt", "md", "html", "eml", "rtf"):
            (folder / f"brackets {number}.{suffix}").write_text(piece * (200_000 // len(piece)))


@attack
def one_line(folder: Path) -> None:
    """One line of 50 MB in tables and texts."""
    for suffix in ("csv", "tsv", "txt", "json", "log", "ics", "vcf"):
        (folder / f"line.{suffix}").write_bytes(b"word," * (10 << 20))


@attack
def deep_nesting(folder: Path) -> None:
    """100,000 levels in everything that nests."""
    deep = 100_000
    for suffix in ("json", "ipynb", "jsonl", "geojson"):
        (folder / f"deep.{suffix}").write_text('{"cells":' + "[" * deep + "]" * deep + "}")
    for suffix in (
        "xml",
        "svg",
        "fb2",
        "html",
        "plist",
        "webloc",
        "fodt",
        "opml",
        "kml",
        "webarchive",
        "gpx",
        "drawio",
    ):
        (folder / f"deep.{suffix}").write_text("<dict><array>" * deep)
    (folder / "deep.yaml").write_text("".join(f"{' ' * n}a:\n" for n in range(3000)))
    (folder / "deep.md").write_text("> " * deep + "x\n" + "".join(f"{' ' * n}- x\n" for n in range(3000)))
    (folder / "deep.rtf").write_text("{\\rtf1" + "{\\*\\x" * deep)


@attack
def plist_bombs(folder: Path) -> None:
    """Binary property lists whose arrays hold each other many times over, or themselves."""
    level: object = "https://example.org/" + "x" * 100
    for _ in range(30):
        level = [level, level, level, level]
    flat = _bplist([b"\xa4" + bytes([n + 1] * 4) for n in range(60)] + [b"\x51x"])
    own = _bplist([b"\xa1\x00"])
    for suffix in ("webloc", "plist", "webarchive", "inetloc"):
        (folder / f"bomb.{suffix}").write_bytes(flat)
        (folder / f"own.{suffix}").write_bytes(own)
    (folder / "url.webloc").write_bytes(
        plistlib.dumps({"URL": "https://example.org/" + "x" * (5 << 20)}, fmt=plistlib.FMT_BINARY)
    )


def _bplist(objects: list[bytes]) -> bytes:
    body, offsets = b"bplist00", []
    for made in objects:
        offsets.append(len(body))
        body += made
    table = len(body)
    return (
        body
        + b"".join(struct.pack(">H", o) for o in offsets)
        + struct.pack(">6xBBQQQ", 2, 1, len(objects), 0, table)
    )


@attack
def hostile_samples(folder: Path) -> None:
    """What the tests have of single files that hang, fill memory or reach out."""
    sys.path.insert(0, str(PROJECT))
    from tests.extract import hostile

    for name, make in hostile.MAKERS.items():
        (folder / name).write_bytes(make())


@attack
def packed_in_packed(folder: Path) -> None:
    """Archives and mails in each other, all different."""
    import io
    import zipfile
    from email.message import EmailMessage

    data = b"innermost"
    for depth in range(200):
        out = io.BytesIO()
        if depth % 2:
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr(f"level {depth}.eml", data)
            data = out.getvalue()
        else:
            mail = EmailMessage()
            mail.add_attachment(data, maintype="application", subtype="zip", filename=f"level {depth}.zip")
            data = mail.as_bytes()
        if len(data) > 20 << 20:
            break
    (folder / "nested.eml").write_bytes(data)
    (folder / "nested.zip").write_bytes(data)


@attack
def bombs(folder: Path) -> None:
    """Gigabytes from kilobytes: gz, bz2, xz, tar, 7z, in two layers; a dictionary of 4 GB."""
    import bz2
    import gzip
    import lzma

    block = bytes(64 << 20)
    packed = gzip.compress(block, 9) * 100
    (folder / "a.txt.gz").write_bytes(packed)
    (folder / "b.gz").write_bytes(gzip.compress(packed * 20, 9))
    (folder / "c.tar.gz").write_bytes(packed)
    (folder / "d.txt.bz2").write_bytes(bz2.compress(block, 9) * 100)
    xz = lzma.compress(block, preset=1)
    (folder / "e.txt.xz").write_bytes(xz * 50)
    head = bytearray(xz[12 : 12 + (xz[12] + 1) * 4])
    at = head.index(b"\x21\x01") + 2
    head[at] = 40  # a dictionary of 4 GB less one byte
    head[-4:] = struct.pack("<I", zlib.crc32(bytes(head[:-4])))
    (folder / "f.txt.xz").write_bytes(xz[:12] + bytes(head) + xz[12 + len(head) :])


@attack
def pictures(folder: Path) -> None:
    """Pictures that claim to be huge, and chains that lead back."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    for number, side in enumerate((65_535, 2**31 - 1)):
        head = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
        png = (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", head)
            + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 << 20)))
        )
        (folder / f"huge {number}.png").write_bytes(
            png + chunk(b"IDAT", zlib.compress(bytes(50 << 20))) + chunk(b"IEND", b"")
        )
    (folder / "many text.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + chunk(b"tEXt", b"Comment\0x") * 300_000
    )
    ifd = struct.pack("<H", 1) + struct.pack("<HHII", 270, 2, 2**31, 8) + struct.pack("<I", 8)
    (folder / "loop.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + ifd)
    (folder / "huge.bmp").write_bytes(
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0)
    )
    (folder / "frames.gif").write_bytes(
        b"GIF89a\xff\xff\xff\xff\0\0\0" + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\2\2\x4c\1\0" * 200_000
    )


@attack
def lists_of_links(folder: Path) -> None:
    """Hundreds of thousands of links, events, cards and messages."""
    (folder / "links.txt").write_text("".join(f"https://example.org/{n}\n" for n in range(200_000)))
    rows = "".join(f'<DT><A HREF="https://example.org/{n}" TAGS="t{n}">t{n}</A>' for n in range(50_000))
    (folder / "bookmarks.html").write_text(f"<!DOCTYPE NETSCAPE-Bookmark-file-1>{rows}")
    (folder / "events.ics").write_text(
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n" * 500_000
    )
    (folder / "cards.vcf").write_text("BEGIN:VCARD\nFN:x\nEND:VCARD\n" * 500_000)
    (folder / "mails.mbox").write_text(
        "From a@example.org Fri Nov 20 09:12:44 2026\nSubject: x\n\nbody\n\n" * 20_000
    )


@attack
def mails(folder: Path) -> None:
    """Mails of very many parts, heads, addresses and encoded words."""
    part = "--b\nContent-Type: text/plain; charset=utf-7\n\nx+ADw-\n"
    (folder / "parts.eml").write_text(
        'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\n' + part * 10_000
    )
    attached = '--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename="{}.csv"\n\na,b\n'
    (folder / "attached.eml").write_text(
        'Content-Type: multipart/mixed; boundary="b"\n\n' + "".join(attached.format(n) for n in range(10_000))
    )
    (folder / "subject.eml").write_text("Subject: " + "=?utf-8?b?eHg=?=\n " * 200_000 + "\n\nbody")
    (folder / "to.eml").write_text("To: " + "(" * 100_000 + ",\n " * 100_000 + "\n\nbody")
    (folder / "params.eml").write_text("Content-Type: text/plain" + ";\n a*0*=x" * 100_000 + "\n\nbody")
    (folder / "dates.eml").write_text("Date: " + "9" * 1_000_000 + "\nSubject: d\n\nbody")


@attack
def books_and_sheets(folder: Path) -> None:
    """EPUB that leads to itself, tables as wide as they may be, a million runs."""
    import zipfile

    def pack(name: str, parts: dict[str, str]) -> None:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, text in parts.items():
                archive.writestr(part, text)

    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    items = "".join(
        f'<item id="i{n}" href="a.xhtml" media-type="application/xhtml+xml"/>' for n in range(50_000)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(50_000))
    opf = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    pack("same.epub", {"META-INF/container.xml": container, "a.opf": opf, "a.xhtml": "<p>chapter</p>" * 1000})
    own = '<package><manifest><item id="i" href="a.opf" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="i"/></spine></package>'
    pack("own.epub", {"META-INF/container.xml": container, "a.opf": own})
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="{}"/></Relationships>'
    runs = f'<w:document xmlns:w="{w}"><w:body><w:p>{"<w:r><w:t>ab</w:t></w:r>" * 1_000_000}</w:p></w:body></w:document>'
    pack(
        "runs.docx",
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": rels.format("word/document.xml"),
            "word/document.xml": runs,
        },
    )
    s = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = (
        f'<workbook xmlns="{s}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        + '<sheet name="x" sheetId="1" r:id="r"/>' * 2000
        + "</sheets></workbook>"
    )
    sheet = (
        f'<worksheet xmlns="{s}"><dimension ref="A1:XFD1048576"/><sheetData>'
        + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' * 100_000
        + "</sheetData></worksheet>"
    )
    pack(
        "sheets.xlsx",
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": rels.format("xl/workbook.xml"),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": rels.replace('officeDocument"', 'worksheet"').format(
                "worksheets/sheet1.xml"
            ),
            "xl/worksheets/sheet1.xml": sheet,
        },
    )
    cells = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>'
        * 100
    )
    pack(
        "repeated.ods",
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f'<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:spreadsheet><table:table table:name="x">{cells}</table:table></o:spreadsheet></o:body></o:document-content>',
        },
    )


@attack
def pdfs(folder: Path) -> None:
    """PDF whose objects lead to themselves: lengths, streams of objects, earlier tables, inherited and named things."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources 5 0 R>>"
    tree = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    stream = b"<</Length 4 0 R>>stream\nBT (x) Tj ET\nendstream"
    _pdf(
        folder / "length.pdf",
        b"<</Type/Catalog/Pages 2 0 R>>",
        tree,
        page,
        stream,
        b"<</Font 5 0 R/XObject<</X 4 0 R>>>>",
    )
    _pdf(
        folder / "parent.pdf",
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Parent 3 0 R/Kids[3 0 R]/Count 9>>",
        b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 9>>",
    )
    _pdf(
        folder / "names.pdf",
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 6 0 R>>/AcroForm<</Fields[7 0 R]>>/StructTreeRoot 8 0 R>>",
        tree,
        page,
        b"<</Length 0>>stream\n\nendstream",
        b"<<>>",
        b"<</Kids[6 0 R 6 0 R]>>",
        b"<</Kids[7 0 R 7 0 R]/Parent 7 0 R/T(x)/V(y)>>",
        b"<</K[8 0 R 8 0 R]>>",
    )
    _pdf(
        folder / "annots.pdf",
        b"<</Type/Catalog/Pages 2 0 R>>",
        tree,
        b"<</Type/Page/Parent 2 0 R/Annots[" + b"4 0 R " * 200_000 + b"]>>",
        b"<</Type/Annot/Subtype/Link/A<</S/URI/URI(https://example.org/)/Next 4 0 R>>/Rect[0 0 1 1]/Contents(note)/Parent 4 0 R>>",
    )
    (folder / "prev.pdf").write_bytes(
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer<</Size 9/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF"
    )
    (folder / "objects.pdf").write_bytes(
        b"%PDF-1.4\n"
        + b"".join(b"%d 0 obj<</A %d 0 R>>endobj\n" % (n, n + 1) for n in range(1_000_000))
        + b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def _pdf(path: Path, *objects: bytes) -> None:
    body, offsets = b"%PDF-1.7\n", []
    for number, made in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, made)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    path.write_bytes(
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(body))
    )
