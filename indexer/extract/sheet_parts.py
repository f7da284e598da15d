"""The parts of a workbook in XML (ISO/IEC 29500-1, 18): sheets, cells, formats, and texts outside the cells."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import hyperlink
from indexer.extract.drawing import lines_aside, paragraphs
from indexer.extract.number_format import BUILT_IN, Shown, shown_by
from indexer.extract.package import FOREIGN, Package, attribute
from indexer.model.items import Link

MAX_CELLS = 4_000_000
"""A wider table is read sparsely."""
MAX_SHOWN = 300_000
"""The most numbers of a workbook that are found as shown; further ones are found only as stored."""
_MAX_HEAD = 1_000

_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*[^/<>]>')
_VALUE = re.compile(
    rb"<(?:\w{1,20}:)?c\s([^<>]*)>\s*(?:<(?:\w{1,20}:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w{1,20}:)?f>)\s*)?"
    rb"<(?:\w{1,20}:)?v\b[^<>]*>([^<]{1,40})<"
)
_STYLE = re.compile(rb'\bs="(\d{1,6})"')
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_TEXTUAL = re.compile(rb'\bt="(?!n")')
_HEAD = re.compile(rb"<(?:\w{1,20}:)?(?:odd|even|first)(?:Header|Footer)\b[^<>]*>([^<]+)<")
_HEAD_CODE = re.compile(r'&(?:"[^"]{0,255}"|K(?:[0-9A-Fa-f]{6}|\d\d[-+]\d\d\d)|\d{1,3}|[A-Za-z]|&)')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

Cells = dict[int, dict[int, str]]
"""Row and column, both from 0, to a text."""


@dataclass(slots=True)
class Table:
    """The cells of a sheet."""

    title: str
    start: tuple[int, int] = (0, 0)
    """Row and column of the first cell, from 0."""
    rows: list[list[str]] = field(default_factory=list)
    """The cells as shown."""
    stored: dict[int, list[str]] = field(default_factory=dict)
    """Row's place in `rows` to its numbers as stored, if they are shown differently."""
    is_whole: bool = True
    """False if the sheet could not be read to its end."""

    def show(self, cells: Cells) -> None:
        """Replace stored numbers by their shown texts, and keep the stored ones in `stored`."""
        for row, columns in cells.items():
            at = row - self.start[0]
            texts = self.rows[at] if 0 <= at < len(self.rows) else []
            for column, shown in columns.items():
                place = column - self.start[1]
                if 0 <= place < len(texts) and texts[place] != shown:
                    self.stored.setdefault(at, []).append(texts[place])
                    texts[place] = shown

    def lines(self) -> Iterator[str]:
        """Yield the title and each row that is not empty."""
        yield self.title
        for number, row in enumerate(self.rows):
            if any(row):
                yield "\t".join(filter(None, (*row, *self.stored.get(number, ()))))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as listed in the workbook."""

    title: str
    part: str
    is_very_hidden: bool
    """Very hidden: Excel itself doesn't offer to show it."""


def sheets_of(package: Package, main: str) -> list[Sheet]:
    """Return the sheets of a workbook in their order; raise FileProblem if it is not a workbook.

    No program keeps two sheets in one part: a part counts once, however often it is named.
    """
    relations = package.relations(main)
    found: dict[str, Sheet] = {}
    for sheet in package.parse(main).iter("{*}sheet"):
        key = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
        if key in relations and package.has(part := relations[key][1]):
            hidden = sheet.get("state", "") == "veryHidden"
            found.setdefault(part.lower(), Sheet(sheet.get("name", ""), part, hidden))
    if not found:
        raise FileProblem(Reason.DAMAGED, "no sheets in it")
    return list(found.values())


def formats_of(package: Package, main: str) -> list[Shown | None]:
    """Return a function for each cell style that shows its numbers; empty if all are shown as stored."""
    try:
        styles = package.parse(next(package.related(main, "styles"), "xl/styles.xml"))
        since_1904 = any(
            attribute(properties, "date1904") in ("1", "true")
            for properties in package.parse(main).iter("{*}workbookPr")
        )
    except FOREIGN:
        return []
    codes = {attribute(code, "numFmtId"): attribute(code, "formatCode") for code in styles.iter("{*}numFmt")}
    codes = {str(number): code for number, code in BUILT_IN.items()} | codes
    found = [
        shown_by(codes.get(attribute(style, "numFmtId"), ""), since_1904=since_1904)
        for table in styles.iter("{*}cellXfs")
        for style in table.iterfind("{*}xf")
    ]
    return found if any(found) else []


def shown_cells(sheet: bytes, formats: list[Shown | None], limit: int) -> Cells:
    """Return the shown texts of at most `limit` numbers with a format."""
    found: Cells = {}
    count = 0
    for match in _VALUE.finditer(sheet) if formats else ():
        style, place = _STYLE.search(match[1]), _PLACE.search(match[1])
        show = formats[int(style[1])] if style and int(style[1]) < len(formats) else None
        if show is None or place is None or _TEXTUAL.search(match[1]):
            continue
        text = _shown(show, match[2].decode("latin-1"))
        if text is not None:
            found.setdefault(int(place[2]) - 1, {})[column_of(place[1].decode())] = text
            count += 1
            if count >= limit:
                break
    return found


def _shown(show: Shown, value: str) -> str | None:
    try:
        return show(float(value))
    except ValueError:
        return None


def heads(sheet: bytes) -> Iterator[str]:
    """Yield the headers and footers of a printed sheet, without their codes."""
    for raw in dict.fromkeys(_HEAD.findall(sheet)):
        code = html.unescape(raw[:_MAX_HEAD].decode("utf-8", "replace"))
        yield head_text(code)


def head_text(code: str) -> str:
    """Return the words of a header or footer."""
    text = _HEAD_CODE.sub(
        lambda match: {"&&": "&"}.get(match[0], "\t" if match[0] in ("&L", "&C", "&R") else ""), code
    )
    return "\t".join(" ".join(part.split()) for part in text.split("\t") if part.strip())


def beside(package: Package, part: str) -> Iterator[str]:
    """Yield the lines of comments, text boxes, charts and SmartArt of a sheet."""
    for name in package.related(part, "comments", "threadedComment"):
        try:
            root = package.parse(name)
        except FOREIGN:
            continue  # only this part is lost, not the sheet
        for comment in root.iter("{*}comment"):
            yield "".join(text.text or "" for text in comment.iter("{*}t"))
        yield from (text.text or "" for text in root.iter("{*}text") if not len(text))
    for name in package.related(part, "drawing"):
        try:
            yield from paragraphs(package.parse(name))
        except FOREIGN:
            continue
        yield from lines_aside(package, name)


def hyperlinks(package: Package, part: str, table: Table) -> Iterator[Link]:
    """Yield the hyperlinks of a sheet with the words in their cells."""
    relations = package.relations(part)
    if not any(kind == "hyperlink" for kind, _, _ in relations.values()):
        return
    for link in package.parse(part).iter("{*}hyperlink"):
        _, target, outside = relations.get(
            next((v for k, v in link.attrib.items() if k.endswith("}id")), ""), ("", "", False)
        )
        match = _REFERENCE.match(link.get("ref", ""))
        if target and outside and match:
            row, column = int(match[2]) - 1 - table.start[0], column_of(match[1]) - table.start[1]
            inside = 0 <= row < len(table.rows) and 0 <= column < len(table.rows[row])
            yield hyperlink(target, (table.rows[row][column] if inside else "") or link.get("display", ""))


def column_of(letters: str) -> int:
    """Return the number of a column, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


# --- cell by cell ---------------------------------------------------------------------------------


def is_wide(sheet: bytes) -> bool:
    """Tell whether the cells of a sheet are so far apart that a full table would be too large."""
    rows_from = columns_from = 1 << 30
    rows_to = columns_to = count = 0
    for letters, digits in set(_CELL.findall(sheet)) if len(sheet) < 1 << 20 else _CELL.findall(sheet):
        row, column = int(digits), column_of(letters.decode())
        rows_from, rows_to = min(rows_from, row), max(rows_to, row)
        columns_from, columns_to = min(columns_from, column), max(columns_to, column)
        count += 1
    area = (rows_to - rows_from + 1) * (columns_to - columns_from + 1)
    return count > 0 and area > MAX_CELLS


def cell_by_cell(
    package: Package, main: str, sheets: list[Sheet], formats: list[Shown | None]
) -> list[Table]:
    """Return only the existing cells, row by row."""
    shared = _shared_strings(package, main)
    found: list[Table] = []
    for sheet in sheets:
        table = Table(sheet.title)
        for row in package.parse(sheet.part).iter("{*}row"):
            texts, stored = [], []
            for cell in row:
                text = _text(cell, shared)
                shown = _as_shown(cell, text, formats)
                texts.append(text if shown is None else shown)
                if shown not in (None, text):
                    stored.append(text)
            if stored:
                table.stored[len(table.rows)] = stored
            table.rows.append(texts)
        found.append(table)
    return found


def _as_shown(cell: etree._Element, value: str, formats: list[Shown | None]) -> str | None:
    style = attribute(cell, "s")
    show = formats[int(style)] if style.isdecimal() and int(style) < len(formats) else None
    return _shown(show, value) if show and attribute(cell, "t") in ("", "n") else None


def _shared_strings(package: Package, main: str) -> list[str]:
    part = next(package.related(main, "sharedStrings"), "xl/sharedStrings.xml")
    if not package.has(part):
        return []
    items = package.parse(part).iterfind("{*}si")
    return ["".join(text.text or "" for text in item.iter("{*}t")) for item in items]


def _text(cell: etree._Element, shared: list[str]) -> str:
    value = "".join(text.text or "" for text in cell.iter("{*}v", "{*}t"))
    kind = attribute(cell, "t")
    if kind == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    return {"1": "TRUE", "0": "FALSE"}.get(value, value) if kind == "b" else " ".join(value.split())
