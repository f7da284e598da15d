"""Workbooks of Excel before 2007, read by xlrd (BIFF 2 to 8): the second reader, and the formats of numbers."""

from __future__ import annotations

import struct
from typing import Any

import xlrd

from indexer.errors import FileProblem, Reason
from indexer.extract.number_format import shown_by
from indexer.extract.sheet_parts import MAX_SHOWN, Cells, Table

_MOST_FORMATTED = 4 << 20
"""Bytes; xlrd takes ten times as long as the first reader: in larger files numbers are found only as stored."""
_MOST = 32 << 20
_FOREIGN = (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, OSError, ValueError, LookupError, TypeError,
            AttributeError, AssertionError, NotImplementedError, ArithmeticError)  # fmt: skip
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN = range(5)
_VERY_HIDDEN = 2


class _Nowhere:
    """A sink for what xlrd prints."""

    def write(self, text: str) -> None:
        """Drop the text."""


def read_old(data: bytes, text_limit: int) -> list[Table]:
    """Return the sheets; raise FileProblem if xlrd can't read it either."""
    if len(data) > _MOST:
        raise FileProblem(Reason.TOO_BIG, f"an old workbook of more than {_MOST >> 20} MB")
    try:
        book = _opened(data, formats=False)
        tables = []
        for sheet in book.sheets():
            if sheet.visibility == _VERY_HIDDEN:
                continue
            table = Table(sheet.name)
            for row in range(sheet.nrows):
                cells = sheet.row(row)
                table.rows.append([_text(cell) for cell in cells])
                text_limit -= sum(map(len, table.rows[-1])) + 1
                if text_limit < 0:
                    break
            tables.append(table)
    except _FOREIGN as error:
        raise FileProblem(
            Reason.DAMAGED, " ".join(f"not a complete workbook ({error})".split())[:200]
        ) from error
    return tables


def shown_in_old(data: bytes) -> dict[str, Cells]:
    """Return the shown texts of numbers with a format, by title of the sheet; empty if xlrd fails."""
    if len(data) > _MOST_FORMATTED:
        return {}
    found: dict[str, Cells] = {}
    left = MAX_SHOWN
    try:
        book = _opened(data, formats=True)
        shows = [_format(book, style) for style in book.xf_list]
        if not any(shows):
            return {}
        for sheet in book.sheets():
            cells: Cells = found.setdefault(sheet.name, {})
            for row in range(sheet.nrows):
                for column, (kind, style) in enumerate(
                    zip(sheet.row_types(row), sheet._cell_xf_indexes[row], strict=False)
                ):
                    show = shows[style] if kind in (_NUMBER, _DATE) and style < len(shows) else None
                    text = show(sheet.cell_value(row, column)) if show and left else None
                    if text is not None:
                        cells.setdefault(row, {})[column] = text
                        left -= 1
    except _FOREIGN:
        pass  # what it found so far is right
    return found


def _opened(data: bytes, *, formats: bool) -> Any:
    return xlrd.open_workbook(file_contents=data, formatting_info=formats, logfile=_Nowhere())


def _format(book: Any, style: Any) -> Any:
    form = book.format_map.get(style.format_key)
    return shown_by(form.format_str, since_1904=bool(book.datemode)) if form else None


def _text(cell: Any) -> str:
    if cell.ctype == _TEXT:
        return " ".join(str(cell.value).split())
    if cell.ctype in (_NUMBER, _DATE):
        return f"{cell.value:.15g}"
    return ("TRUE" if cell.value else "FALSE") if cell.ctype == _BOOLEAN else ""
