"""Workbooks of Excel: names of sheets, cells, comments, text boxes and hyperlinks.

python-calamine reads the cells (xls, xlsx, xlsm, xlsb). It makes a full table of the used range, so sheets of xlsx whose
range is far larger than what is in it are read cell by cell from the XML (ISO/IEC 29500) instead.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

import python_calamine
from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, Section, hyperlink, make_extract, package_facts
from indexer.extract.drawing import paragraphs
from indexer.extract.encrypted import OLE, decrypt_office
from indexer.extract.package import FOREIGN, Package, attribute, opened
from indexer.extract.source import Source
from indexer.model import Extract, Link

MAX_CELLS = 4_000_000
"""A wider table is read sparsely."""

_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*[^/]>')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_Rows = list[list[str]]


def read(source: Source) -> Extract:
    """Return the text sheet by sheet; raise FileProblem where the file is encrypted, damaged or a bomb."""
    data = decrypt_office(source)
    if data.startswith(OLE) or not data.startswith(b"PK"):
        return make_extract(source, _sections(_tables(data, source.text_limit)), (), Facts())
    with opened(source, "workbook") as package:
        sheets = _sheet_parts(package)
        is_sparse = any(name.endswith(".xml") and _is_wide(package.read(name)) for _, name in sheets)
        tables = _sparse(package, sheets) if is_sparse else _tables(data, source.text_limit)
        by_name = {name: (start, rows) for name, start, rows in tables}
        lines = [line for name in package.names for line in _beside(package, name)]
        links = [
            link
            for title, name in sheets
            for link in _hyperlinks(package, name, *by_name.get(title, ((0, 0), [])))
        ]
        facts = package_facts(package, "docProps/core.xml")
    sections = [*_sections((name, start, rows) for name, (start, rows) in by_name.items()), (None, lines)]
    return make_extract(source, sections, links, facts)


_Table = tuple[str, tuple[int, int], _Rows]
"""Name of the sheet, row and column of its first cell (from 0), rows of texts."""


def _sections(tables: Iterable[_Table]) -> list[Section]:
    return [
        (None, [name, *("\t".join(filter(None, row)) for row in rows if any(row))])
        for name, _, rows in tables
    ]


def _tables(data: bytes, text_limit: int) -> list[_Table]:
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise FileProblem(Reason.ENCRYPTED, "it needs a password") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileProblem(Reason.DAMAGED, f"not a whole workbook ({error})"[:200]) from error
    found: list[_Table] = []
    left = text_limit
    for sheet in workbook.sheets_metadata:
        rows: _Rows = []
        start = (0, 0)
        try:
            table = workbook.get_sheet_by_name(sheet.name)
            start = (0, table.start[1] if table.start else 0)  # rows come from the first, columns don't
            for row in table.iter_rows():
                texts = [_text(value) for value in row]
                while texts and not texts[-1]:
                    texts.pop()
                rows.append(texts)
                left -= sum(map(len, texts)) + 1
                if left < 0:
                    break
        except (python_calamine.CalamineError, OSError, ValueError, KeyError):
            pass  # a sheet of charts, or a damaged one: it costs itself
        found.append((sheet.name, start, rows))
    return found


def _text(value: object) -> str:
    """Return a cell as people see it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return " ".join(str(value).split()) if value is not None else ""


# --- what lies beside the cells -------------------------------------------------------------------


def _sheet_parts(package: Package) -> list[tuple[str, str]]:
    """Return title and part of each sheet; nothing for a workbook that is not XML (xlsb)."""
    main = next((t for kind, t, _ in package.relations("").values() if kind == "officeDocument"), "")
    if not package.has(main):
        raise FileProblem(Reason.DAMAGED, "no workbook in it")
    if not main.lower().endswith(".xml"):
        return []
    relations = package.relations(main)
    found = []
    for sheet in package.parse(main).iter("{*}sheet"):
        key = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
        if key in relations and package.has(relations[key][1]):
            found.append((sheet.get("name", ""), relations[key][1]))
    return found


def _beside(package: Package, name: str) -> Iterator[str]:
    """Yield the lines of comments and text boxes."""
    folder, _, file = name.lower().rpartition("/")
    try:
        if not folder.startswith("xl") or not file.endswith(".xml"):
            return
        if file.startswith("comment"):
            for comment in package.parse(name).iter("{*}comment"):
                yield "".join(text.text or "" for text in comment.iter("{*}t"))
        elif folder.endswith("threadedcomments"):
            yield from (text.text or "" for text in package.parse(name).iter("{*}text"))
        elif folder.endswith(("drawings", "diagrams", "charts")) and not file.startswith(
            ("colors", "style", "layout")
        ):
            yield from paragraphs(package.parse(name))
    except FOREIGN:
        return  # it costs itself, not the sheet


def _hyperlinks(package: Package, part: str, start: tuple[int, int], rows: _Rows) -> Iterator[Link]:
    relations = package.relations(part)
    if not any(kind == "hyperlink" for kind, _, _ in relations.values()):
        return
    for link in package.parse(part).iter("{*}hyperlink"):
        _, target, outside = relations.get(
            next((v for k, v in link.attrib.items() if k.endswith("}id")), ""), ("", "", False)
        )
        match = _REFERENCE.match(link.get("ref", ""))
        if target and outside and match:
            row, column = int(match[2]) - 1 - start[0], _column(match[1]) - start[1]
            inside = 0 <= row < len(rows) and 0 <= column < len(rows[row])
            yield hyperlink(target, (rows[row][column] if inside else "") or link.get("display", ""))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


# --- wide and empty -------------------------------------------------------------------------------


def _is_wide(sheet: bytes) -> bool:
    """Tell whether the cells of a sheet lie so far apart that a full table of them would not fit."""
    rows_from = columns_from = 1 << 30
    rows_to = columns_to = count = 0
    for letters, digits in set(_CELL.findall(sheet)) if len(sheet) < 1 << 20 else _CELL.findall(sheet):
        row, column = int(digits), _column(letters.decode())
        rows_from, rows_to = min(rows_from, row), max(rows_to, row)
        columns_from, columns_to = min(columns_from, column), max(columns_to, column)
        count += 1
    area = (rows_to - rows_from + 1) * (columns_to - columns_from + 1)
    return count > 0 and area > MAX_CELLS


def _sparse(package: Package, sheets: list[tuple[str, str]]) -> list[_Table]:
    """Return only the cells there are, row by row; numbers as they are stored."""
    shared = _shared_strings(package)
    found: list[_Table] = []
    for title, part in sheets:
        rows: _Rows = []
        for row in package.parse(part).iter("{*}row"):
            rows.append([_sparse_text(cell, shared) for cell in row])
        found.append((title, (0, 0), rows))
    return found


def _shared_strings(package: Package) -> list[str]:
    if not package.has("xl/sharedStrings.xml"):
        return []
    items = package.parse("xl/sharedStrings.xml").iterfind("{*}si")
    return ["".join(text.text or "" for text in item.iter("{*}t")) for item in items]


def _sparse_text(cell: etree._Element, shared: list[str]) -> str:
    value = "".join(text.text or "" for text in cell.iter("{*}v", "{*}t"))
    if attribute(cell, "t") == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    return value
