"""What a workbook says besides the values of its cells, and workbooks that not every reader takes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from indexer.errors import FileProblem, Reason
from indexer.extract import old_sheets, sheets
from indexer.extract.number_format import shown_by
from indexer.extract.sheet_parts import MAX_SHOWN, head_text, shown_cells
from indexer.extract.source import Source
from indexer.model.items import Extract
from tests.extract.samples import OFFICE, R, make_zip, relations
from tests.extract.test_readers import read, text

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_numbers_are_found_as_shown_and_as_stored() -> None:
    book = openpyxl.Workbook()
    for row, (value, code) in enumerate(
        (
            (0.075, "0.0%"),
            (1234.5, '"$"#,##0.00'),
            (46096, "dd.mm.yyyy"),
            (1.5625, "[h]:mm"),
            (12.5, "General"),
        ),
        3,
    ):
        cell = book.active.cell(row, 4, value)
        cell.number_format = code
        book.active.cell(row, 3, f"line {row}")
    made = text(read("a.xlsx", saved(book))).split("\n\n")
    assert made[1:] == [
        "line 3\t7.5%\t0.075", "line 4\t$1,234.50\t1234.5", "line 5\t15.03.2026\t2026-03-15",
        "line 6\t37:30\t1 day, 13:30:00", "line 7\t12.5",
    ]  # fmt: skip


@pytest.mark.parametrize("filled", [5, 6])
def test_a_table_with_an_address_in_each_row_is_no_list(filled: int) -> None:
    rows = [[*map(str, range(filled - 1)), f"https://example.org/{n}"] for n in range(4)]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    cells = ("".join(f"<table-cell><p>{cell}</p></table-cell>" for cell in row) for row in rows)
    flat = f"<d><spreadsheet>{''.join(f'<table-row>{row}</table-row>' for row in cells)}</spreadsheet></d>"
    for name, data in (("a.xlsx", saved(book)), ("a.fods", flat), ("a.csv", "\n".join(map(";".join, rows)))):
        made = read(name, data)
        assert made.is_link_list == (filled == 5), name
        assert filled == 5 or "https://example.org/3" in text(made), name


def test_open_sheets_too() -> None:
    cells = "".join(
        f'<table:table-cell office:value-type="float" {value}><text:p>{shown}</text:p></table:table-cell>'
        for value, shown in (
            ('office:value="0.075"', "7,5 %"),
            ('office:date-value="2026-03-15"', "15. M\u00e4rz"),
            ('office:value="3"', "3"),
        )
    )
    body = f'<table:table table:name="Prices"><table:table-row>{cells}</table:table-row></table:table>'
    flat = f"<office:document {OFFICE}><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document>"
    assert text(read("a.fods", flat)) == "Prices\n\n7,5 %\t15. M\u00e4rz\t3\t0.075\t2026-03-15"


def test_a_sheet_read_cell_by_cell_shows_its_numbers_too() -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = 0.075, "far away"
    book.active["A1"].number_format = "0.0%"
    assert "7.5%\t0.075" in text(read("a.xlsx", saved(book)))


def test_what_is_shown_has_its_limits() -> None:
    show = shown_by("0%")
    row = b'<c r="A1" s="1"><v>0.5</v></c><c r="B1" s="1" t="s"><v>7</v></c><c r="C1" s="9"><v>7</v></c><c r="D1" s="1"><v>x</v></c>'
    assert shown_cells(row, [None, show], MAX_SHOWN) == {0: {0: "50%"}}
    many = b"".join(b'<c r="A%d" s="0"><f>A1&gt;2</f><v>0.5</v></c>' % n for n in range(1, 50))
    assert sum(map(len, shown_cells(many, [show], 10).values())) == 10
    for punishing in (b"<c " * 100_000, b'<c r="A1" s="0">' * 20_000, b"<c r='" + b"a:" * 100_000):
        assert shown_cells(punishing, [show], MAX_SHOWN) == {}


@pytest.mark.parametrize("title", ["Sheet", "Sheet{}"])
def test_a_part_that_is_named_again_and_again_is_read_once(title: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "zebra"
    with zipfile.ZipFile(io.BytesIO(saved(book))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    first, sheet, last = re.split(rb"(<sheet [^>]*/>)", parts["xl/workbook.xml"])
    again = b"".join(sheet.replace(b'"Sheet"', f'"{title.format(n)}"'.encode()) for n in range(3))
    made = read("a.xlsx", make_zip({**parts, "xl/workbook.xml": first + sheet + again + last}))
    assert text(made).count("zebra") == 1


def test_headers_footers_charts_and_very_hidden_sheets() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Prices"
    book.active["A1"] = "visible"
    book.active.oddHeader.center.text = "Head of R&&D"
    book.active.evenFooter.left.text = "Page &P of &N, foot"
    chart = BarChart()
    chart.title = "A chart of prices"
    chart.add_data(Reference(book.active, min_col=1, min_row=1))
    book.active.add_chart(chart, "C3")
    for title, state in (("Aside", "hidden"), ("Secret", "veryHidden")):
        sheet = book.create_sheet(title)
        sheet["A1"] = f"cell of {title}"
        sheet["A1"].hyperlink = f"https://example.org/{title}"
        sheet.oddHeader.center.text = f"head of {title}"
        sheet.sheet_state = state
    made = read("a.xlsx", saved(book))
    for words in ("visible", "Head of R&D", "foot", "A chart of prices", "cell of Aside", "head of Aside"):
        assert words in text(made), words
    assert "Secret" not in repr(made)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('&L&"Arial,Bold"&12Left&CMid dle&R&KFF0000right', "Left\tMid dle\tright"),
        ("R&&D &D &T &F", "R&D"),
        ("", ""),
        ("&", "&"),
    ],
)
def test_head_text(code: str, words: str) -> None:
    assert head_text(code) == words


# --- workbooks that not every reader takes --------------------------------------------------------


def odd(*, parts: dict[str, str], root: str) -> Extract:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="b"><v>1</v></c></row></sheetData></worksheet>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{R}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
    filled = {
        name: content.format(
            sheet=sheet, book=book, words=f'<sst xmlns="{MAIN}"><si><t>odd words</t></si></sst>'
        )
        for name, content in parts.items()
    }
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/{root}" ContentType="a.sheet.main+xml"/></Types>'
    return read("a.xlsx", make_zip({"[Content_Types].xml": types, **filled, "xl/x": ""}))


BOOK = relations(("r1", "worksheet", "worksheets/s.xml"), ("r2", "sharedStrings", "words.xml"))


def test_odd_names_and_odd_roots() -> None:
    root = relations(("r1", "officeDocument", "xl/workbook.xml"))
    back = {
        "_rels\\.rels": root, "xl\\workbook.xml": "{book}", "xl\\_rels\\workbook.xml.rels": BOOK,
        "xl\\worksheets\\s.xml": "{sheet}", "xl\\words.xml": "{words}",
    }  # fmt: skip
    elsewhere = {
        "_rels/.rels": relations(("r1", "officeDocument", "/content/book1.xml")), "content/book1.xml": "{book}",
        "content/_rels/book1.xml.rels": BOOK, "content/worksheets/s.xml": "{sheet}", "content/words.xml": "{words}",
    }  # fmt: skip
    unrelated = {name: part for name, part in elsewhere.items() if name != "_rels/.rels"}
    for parts in (back, elsewhere, unrelated):
        assert "S\n\nodd words\tTRUE" in text(odd(parts=parts, root="content/book1.xml"))


def test_prefixed_elements() -> None:
    prefixed = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = 0.5
    book.active["A1"].number_format = "0%"
    with zipfile.ZipFile(io.BytesIO(saved(book))) as old, zipfile.ZipFile(prefixed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = data.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:")
                data = data.replace(b"xmlns=", b"xmlns:x=").replace(b"<x:?xml", b"<?xml")
            new.writestr(name, data)
    assert "50%" in text(read("a.xlsx", prefixed.getvalue()))


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def biff(version: int) -> bytes:
    """Return a worksheet of Excel 3 or 4 (a file of its own, no compound file): words, and a number."""
    begin = {3: 0x0209, 4: 0x0409}[version]
    words = b"old words"
    return b"".join(
        (
            record(begin, struct.pack("<HHH", 0, 0x10, 0)),
            record(0x0200, struct.pack("<HHHHH", 0, 2, 0, 2, 0)),
            record(0x0204, struct.pack("<HHHH", 0, 0, 0, len(words)) + words),
            record(0x0203, struct.pack("<HHHd", 1, 1, 0, 12.5)),
            record(0x0A, b""),
        )
    )


@pytest.mark.parametrize("version", [3, 4])
def test_sheets_of_excel_3_and_4(version: int) -> None:
    made = text(read("a.xls", biff(version)))
    assert "old words" in made
    assert "12.5" in made


def test_nonsense_is_damaged_for_the_second_reader_too() -> None:
    for data in (b"", biff(4)[:30], b"\x09\x04\x06\x00" + bytes(300), b"\xff" * 1000):
        try:
            sheets.read(Source(Path("a.xls"), "a.xls", data, 1000))
        except FileProblem as problem:
            assert problem.reason is Reason.DAMAGED  # noqa: PT017 - or it has no text
    assert old_sheets.shown_in_old(b"nonsense") == {}


def old_book(hidden: int = 0) -> bytes:
    """Return the stream of a workbook of Excel 97 with one number, shown as a share."""
    code = b"0.0%"
    styles = record(0x041E, struct.pack("<HHB", 164, len(code), 0) + code)
    styles += record(0xE0, bytes(20)) + record(0xE0, struct.pack("<HH", 0, 164) + bytes(16))
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
    name = b"Prices"
    length = len(begin) + len(styles) + 4 + 8 + len(name) + 4
    sheets = record(0x85, struct.pack("<IBBBB", length, hidden, 0, len(name), 0) + name)
    cells = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
    cells += record(0x0200, struct.pack("<IIHHH", 0, 1, 0, 1, 0)) + record(
        0x0203, struct.pack("<HHHd", 0, 0, 1, 0.075)
    )
    return begin + styles + sheets + record(0x0A, b"") + cells + record(0x0A, b"")


def test_formats_of_old_workbooks() -> None:
    assert old_sheets.shown_in_old(old_book()) == {"Prices": {0: {0: "7.5%"}}}
    assert [table.title for table in old_sheets.read_old(old_book(), 1000)] == ["Prices"]
    assert old_sheets.read_old(old_book(hidden=2), 1000) == []
