"""Makes a folder of sample documents and links: the papers of a small maker of pumps, valves and flanges.

The texts are in `demo_files`; Word, Excel, PDF and picture files are made of them here. Every run makes the same
files with the same dates.
"""

from __future__ import annotations

import csv
import io
import os
import random
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import docx
from fpdf import FPDF
from openpyxl import Workbook
from openpyxl.styles import Font
from PIL import Image, ImageDraw, ImageFont

SOURCES = Path(__file__).parent / "demo_files"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a source text: a heading (`level` 1 or 2), a paragraph, a bullet, or a table's rows."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of the demo folder."""

    path: str
    source: str
    made_on: datetime
    make: Callable[[str, datetime], bytes]
    """Text of the source and date to the bytes of the file."""


# --- reading the sources --------------------------------------------------------------------------


def blocks(text: str) -> Iterator[Block]:
    """Yield the pieces of a source text, in order; lines that begin with `|` next to each other are one table."""
    rows: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("| ").split("|")))
            continue
        if rows:
            yield Block("table", rows=tuple(rows))
            rows = []
        if line.startswith("#"):
            marks, _, words = line.partition(" ")
            yield Block("heading", words, level=len(marks))
        elif line.startswith("- "):
            yield Block("bullet", line[2:])
        elif line:
            yield Block("paragraph", line)


def title_of(text: str) -> str:
    """Return the first heading."""
    return next(block.text for block in blocks(text) if block.kind == "heading")


# --- making the files -----------------------------------------------------------------------------


def as_text(text: str, _made_on: datetime) -> bytes:
    """Return the text as it is, in UTF-8."""
    return text.encode("utf-8")


def as_mark(_text: str, _made_on: datetime) -> bytes:
    """Return nothing: a mark is an empty file."""
    return b""


def as_old_windows_text(text: str, _made_on: datetime) -> bytes:
    """Return the text as an old Windows program saves it."""
    return text.replace("\n", "\r\n").encode("cp1252")


def as_word(text: str, made_on: datetime) -> bytes:
    """Return a Word document."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = title_of(text), ""
    properties.created = properties.modified = made_on.replace(tzinfo=None)
    for block in blocks(text):
        if block.kind == "heading":
            document.add_heading(block.text, level=block.level)
        elif block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
            for row in block.rows:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words
        else:
            document.add_paragraph(block.text, style="List Bullet" if block.kind == "bullet" else None)
    raw = io.BytesIO()
    document.save(raw)
    return _same_each_time(raw, made_on)


def as_sheet(text: str, made_on: datetime) -> bytes:
    """Return an Excel workbook of a table with semicolons."""
    book = Workbook()
    book.properties.creator = None  # else it is the library's name
    sheet = book.active
    sheet.title = "Prices"
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=";")):
        sheet.append([float(cell) if number and cell.replace(".", "").isdigit() else cell for cell in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in zip("ABCDE", (12, 46, 12, 12, 8), strict=True):
        sheet.column_dimensions[column].width = width
    raw = io.BytesIO()
    book.save(raw)
    return _same_each_time(raw, made_on)


def _same_each_time(raw: io.BytesIO, made_on: datetime) -> bytes:
    """Office files are archives that note when they were saved; here that is always `made_on`."""
    moment = made_on.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    steady = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb'(W3CDTF">)[^<]*', rb"\g<1>" + moment, content)
            new.writestr(zipfile.ZipInfo(name, made_on.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return steady.getvalue()


class _Manual(FPDF):
    """A4 pages with the number at the foot."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("helvetica", size=8)
        self.cell(0, 8, f"P40 operating manual, edition 7, page {self.page_no()}", align="C")


def as_pdf(text: str, made_on: datetime) -> bytes:
    """Return a PDF in which every chapter begins a page, with an outline."""
    pdf = _Manual()
    pdf.set_title(title_of(text))
    pdf.set_creation_date(made_on)
    pdf.set_margins(25, 22, 25)
    for block in blocks(text):
        _PDF_PARTS[block.kind](pdf, block)
    return bytes(pdf.output())


def _pdf_heading(pdf: FPDF, block: Block) -> None:
    if block.level == 1:
        pdf.add_page()
        pdf.start_section(block.text)
    pdf.set_font("helvetica", "B", size=18 if block.level == 1 else 12)
    pdf.ln(3)
    _pdf_lines(pdf, block.text, 9 if block.level == 1 else 7)
    pdf.ln(2)


def _pdf_paragraph(pdf: FPDF, block: Block) -> None:
    pdf.set_font("helvetica", size=11)
    _pdf_lines(pdf, block.text, 6)
    pdf.ln(2)


def _pdf_bullet(pdf: FPDF, block: Block) -> None:
    pdf.set_font("helvetica", size=11)
    pdf.set_x(30)
    _pdf_lines(pdf, "\N{MIDDLE DOT} " + block.text, 6)


def _pdf_table(pdf: FPDF, block: Block) -> None:
    pdf.set_font("helvetica", size=10)
    with pdf.table(line_height=6) as table:
        for row in block.rows:
            table.row(row)
    pdf.ln(3)


def _pdf_lines(pdf: FPDF, text: str, height: float) -> None:
    pdf.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")


_PDF_PARTS = {
    "heading": _pdf_heading,
    "paragraph": _pdf_paragraph,
    "bullet": _pdf_bullet,
    "table": _pdf_table,
}


def as_scan(text: str, _made_on: datetime) -> bytes:
    """Return a picture of the text as an office scanner makes it: grey paper, a little askew, some dust."""
    page = Image.new("L", (1240, 1000), 228)
    ImageDraw.Draw(page).multiline_text((110, 90), text, fill=52, font=ImageFont.load_default(30), spacing=14)
    page = page.rotate(1.6, resample=Image.Resampling.BICUBIC, fillcolor=214)
    dust = random.Random(30817)
    for _ in range(4000):
        at = dust.randrange(page.width), dust.randrange(page.height)
        page.putpixel(at, dust.choice((150, 190, 205, 245)))
    raw = io.BytesIO()
    page.save(raw, "JPEG", quality=70)
    return raw.getvalue()


# --- the folder -----------------------------------------------------------------------------------


QUESTION = "Questions/Which contracts bind us to a fixed price.md"
DUTY = "Purchasing/New duty on forgings.docx"
SEALS = "Engineering/Tests/T-114 shaft seals.docx"


def _on(date: str) -> datetime:
    return datetime.fromisoformat(date + "+00:00").astimezone(UTC)


SAMPLES = (
    Sample("Read me first.md", "read-me-first.md", _on("2026-10-06 08:00"), as_text),
    Sample("Engineering/Drawing list.csv", "drawing-list.csv", _on("2026-03-18 13:20"), as_text),
    Sample(
        "Engineering/Flange faces and gaskets.html", "flange-faces.html", _on("2026-02-11 10:05"), as_text
    ),
    Sample("Engineering/Materials portal.webloc", "material-portal.webloc", _on("2026-06-09 09:12"), as_text),
    Sample("Engineering/P40 operating manual.pdf", "manual.md", _on("2026-01-15 07:30"), as_pdf),
    Sample("Engineering/Tests/T-114 shaft seals.docx", "seal-test.md", _on("2026-07-02 15:48"), as_word),
    Sample("Production/Manuals/P40 manual (print).pdf", "manual.md", _on("2026-01-15 07:30"), as_pdf),
    Sample("Production/Shift handover 2026-10-02.txt", "handover.txt", _on("2026-10-02 21:55"), as_text),
    Sample(
        "Purchasing/Angebot Gleitringdichtungen.txt",
        "angebot.txt",
        _on("2026-08-27 11:02"),
        as_old_windows_text,
    ),
    Sample("Purchasing/Customs notice.url", "customs-notice.url", _on("2026-08-31 08:40"), as_text),
    Sample("Purchasing/Delivery note 30817.jpg", "delivery-note.txt", _on("2026-09-11 14:31"), as_scan),
    Sample("Purchasing/Links.txt", "links-purchasing.txt", _on("2026-09-01 09:00"), as_text),
    Sample(
        "Purchasing/Minutes/Forging supplier 2026-09-09.txt",
        "supplier-talk.txt",
        _on("2026-09-09 16:10"),
        as_text,
    ),
    Sample("Purchasing/New duty on forgings.docx", "tariff-analysis.md", _on("2026-09-04 12:25"), as_word),
    Sample("Quality/Bookmarks.html", "bookmarks.html", _on("2026-06-01 07:00"), as_text),
    Sample("Quality/Complaint 2026-118.eml", "complaint.eml", _on("2026-09-28 07:42"), as_text),
    Sample("Quality/Complaints Q3 2026.docx", "complaints.md", _on("2026-10-05 09:30"), as_word),
    Sample(
        "Quality/Minutes/Quality circle 2026-09-21.md", "quality-circle.md", _on("2026-09-21 15:00"), as_text
    ),
    Sample(
        "Sales/Contracts/Frame contract customer 4471.docx",
        "frame-contract.md",
        _on("2026-09-16 10:15"),
        as_word,
    ),
    Sample("Sales/Minutes/Sales meeting 2026-09-14.md", "sales-minutes.md", _on("2026-09-14 17:20"), as_text),
    Sample("Sales/Price list 2026.csv", "price-list.csv", _on("2026-01-05 08:05"), as_text),
    Sample("Purchasing/Call-off before the duty.md", "call-off.md", _on("2026-09-18 12:10"), as_text),
    Sample("Sales/Offers/Offer 3902 flanges.txt", "offer-3902.txt", _on("2026-09-22 11:20"), as_text),
    Sample("Sales/Tariff surcharge, draft.md", "surcharge.md", _on("2026-09-18 09:45"), as_text),
    Sample(QUESTION, "team/q-contracts.md", _on("2026-09-05 09:10"), as_text),
    Sample("Questions/P40 and glycol.md", "team/q-glycol.md", _on("2026-09-15 08:05"), as_text),
    Sample(
        "Questions/P40 and glycol.md.answer.Laboratory.md",
        "team/a-glycol.md",
        _on("2026-09-16 13:30"),
        as_text,
    ),
    Sample(f"{DUTY}.note.Purchasing_desk.md", "team/n-duty-purchasing.md", _on("2026-09-04 12:40"), as_text),
    Sample(f"{SEALS}.note.Sales_desk_south.md", "team/n-seal-sales.md", _on("2026-10-06 14:40"), as_text),
    Sample(f"{SEALS}.note.Quality_circle.md", "team/n-seal-quality.md", _on("2026-10-06 11:15"), as_text),
    Sample(f"{SEALS}.mark.useful.Quality_circle", "team/n-seal-quality.md", _on("2026-10-06 11:16"), as_mark),
    Sample(
        "Sales/Price list 2026.csv.mark.outdated.Order_office",
        "team/n-seal-quality.md",
        _on("2026-10-06 10:32"),
        as_mark,
    ),
    Sample("People/Laboratory.md", "team/p-laboratory.md", _on("2026-06-01 08:00"), as_text),
    Sample("Sales/Price list 2026.xlsx", "price-list.csv", _on("2026-01-05 08:00"), as_sheet),
)


def make_demo(target: Path) -> None:
    """Fill `target` with the sample files; an existing file stays as it is."""
    for sample in SAMPLES:
        path = target / sample.path
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        source = (SOURCES / sample.source).read_text("utf-8")
        path.write_bytes(sample.make(source, sample.made_on))
        os.utime(path, (sample.made_on.timestamp(), sample.made_on.timestamp()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/demo.py TARGET")
    make_demo(Path(sys.argv[1]))
