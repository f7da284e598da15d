"""Workbooks of Excel: names of sheets, cells as shown and as stored, comments, text boxes, charts, headers and hyperlinks.

python-calamine reads the cells (xls, xlsx, xlsm, xlsb). It makes a full table of the used range, so sheets of xlsx with a
range far larger than their content are read cell by cell from the XML instead, as are those that it refuses; xlrd is the
second reader of older ones. calamine gives only values: how numbers are shown comes from their formats.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta

import python_calamine

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, Section, make_extract, package_facts
from indexer.extract.drawing import embedded
from indexer.extract.encrypted import OLE, decrypt_office
from indexer.extract.inside import read_parts
from indexer.extract.link_list import MAX_CELLS
from indexer.extract.package import Package, opened
from indexer.extract.sheet_parts import (
    MAX_SHOWN,
    Cells,
    Sheet,
    Table,
    beside,
    cell_by_cell,
    formats_of,
    heads,
    hyperlinks,
    is_wide,
    sheets_of,
    shown_cells,
)
from indexer.extract.source import Source
from indexer.model.items import Extract

_VERY_HIDDEN = python_calamine.SheetVisibleEnum.VeryHidden


def read(source: Source) -> Extract:
    """Return the text sheet by sheet; raise FileProblem if the file is encrypted, damaged or a bomb."""
    data = decrypt_office(source)
    if data.startswith(OLE) or not data.startswith(b"PK"):
        tables = _old_tables(data, source.text_limit)
        return make_extract(source, _sections(tables), (), Facts(), may_be_list=not _is_wide(tables))
    with opened(source, "workbook") as package:
        main = package.main_part()
        if not main:
            raise FileProblem(Reason.DAMAGED, "no workbook in it")
        facts = package_facts(package, "docProps/core.xml")
        if main.lower().endswith(".bin"):
            tables, hides = _tables(data, source.text_limit)
            lines = _beside_binary(package, hides=hides)
            return make_extract(
                source, [*_sections(tables), (None, lines)], (), facts, may_be_list=not _is_wide(tables)
            )
        sheets = [sheet for sheet in sheets_of(package, main) if not sheet.is_very_hidden]
        tables = _xml_tables(source, data, package, main, sheets)
        by_title = {table.title: table for table in tables}
        lines = [
            line
            for sheet in sheets
            for line in (*heads(package.read(sheet.part)), *beside(package, sheet.part))
        ]
        links = [
            link
            for sheet in sheets
            for link in hyperlinks(package, sheet.part, by_title.get(sheet.title) or Table(sheet.title))
        ]
        parts = [part for sheet in sheets for part in embedded(package, sheet.part)]
    sections = [*_sections(tables), (None, lines)]
    return make_extract(
        source, sections, links, facts, within=read_parts(source, parts), may_be_list=not _is_wide(tables)
    )


def _is_wide(tables: Iterable[Table]) -> bool:
    return any(sum(map(bool, row)) > MAX_CELLS for table in tables for row in table.rows)


def _sections(tables: Iterable[Table]) -> list[Section]:
    return [(None, list(table.lines())) for table in tables]


def _beside_binary(package: Package, *, hides: bool) -> list[str]:
    """Return the texts outside the cells of a binary workbook; nothing if some may belong to a very hidden sheet."""
    sheets = (
        name for name in package.names if name.lower().startswith(("xl/worksheets/", "xl/chartsheets/"))
    )
    return [line for name in sheets for line in beside(package, name)] if not hides else []


def _xml_tables(source: Source, data: bytes, package: Package, main: str, sheets: list[Sheet]) -> list[Table]:
    formats = formats_of(package, main)
    shown: dict[str, Cells] = {}
    left = MAX_SHOWN
    for sheet in sheets:
        raw = package.read(sheet.part)
        if is_wide(raw):
            return cell_by_cell(package, main, sheets, formats)
        shown[sheet.title] = shown_cells(raw, formats, left)
        left -= sum(map(len, shown[sheet.title].values()))
    try:
        tables, _ = _tables(data, source.text_limit, {sheet.title for sheet in sheets})
    except FileProblem as problem:
        if problem.reason is not Reason.DAMAGED:
            raise
        return cell_by_cell(package, main, sheets, formats)
    odd = {table.title for table in tables if not table.is_whole}
    by_cell = (
        cell_by_cell(package, main, [sheet for sheet in sheets if sheet.title in odd], formats) if odd else []
    )
    for table in tables:
        table.show(shown.get(table.title, {}))
    again = {table.title: table for table in by_cell}
    return [again.get(table.title, table) for table in tables]


def _old_tables(data: bytes, text_limit: int) -> list[Table]:
    from indexer.extract import old_sheets  # few people have such files

    try:
        tables, _ = _tables(data, text_limit)
    except FileProblem as problem:
        if problem.reason is not Reason.DAMAGED:
            raise
        return old_sheets.read_old(data, text_limit)
    shown = old_sheets.shown_in_old(data)
    for table in tables:
        table.show(shown.get(table.title, {}))
    return tables


def _tables(data: bytes, text_limit: int, titles: Collection[str] | None = None) -> tuple[list[Table], bool]:
    """Return the sheets (with these titles, each once, up to the limit), and whether others are very hidden."""
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise FileProblem(Reason.ENCRYPTED, "it needs a password") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete workbook ({error})"[:200]) from error
    found: list[Table] = []
    left = text_limit
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.visible != _VERY_HIDDEN]
    for title in dict.fromkeys(sheet.name for sheet in sheets if titles is None or sheet.name in titles):
        if left < 0:
            break
        made = Table(title)
        try:
            table = workbook.get_sheet_by_name(title)
            made.start = (
                0,
                table.start[1] if table.start else 0,
            )  # its rows begin at row 0, its columns don't begin at column 0
            for row in table.iter_rows():
                texts = [_text(value) for value in row]
                while texts and not texts[-1]:
                    texts.pop()
                made.rows.append(texts)
                left -= sum(map(len, texts)) + 1
                if left < 0:
                    break
        except (python_calamine.CalamineError, OSError, ValueError, KeyError):
            made.is_whole = False  # a sheet of charts, or an odd or damaged one: only this sheet is lost
        found.append(made)
    return found, len(sheets) < len(workbook.sheets_metadata)


def _text(value: object) -> str:
    """Return the stored value of a cell as text."""
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
