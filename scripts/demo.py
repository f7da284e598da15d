"""Make the demo folder: what a small maker of pumps might keep, `python scripts/demo.py TARGET`.

Two departments work side by side without knowing of each other: Purchasing reckons with a new steel tariff while Sales
signs prices for a year; Engineering tests a seal for glycol while Quality collects complaints about the old one. A
search for `steel tariff` or `glycol seal` shows both at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

SOURCES = Path(__file__).parent / "demo_files"
_MADE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

TEXTS = {
    "Purchasing/Tariffs/EU steel safeguard 2027.md": (
        "2026-11-19",
        """# What the steel tariff means for us

From 1 January imports of stainless plate and forged rings above the quota carry a tariff of 25 %. The quota is shared
out by quarter: first come, first served. Goods that are already on the way keep the old rate.

Concerned are our flanges DN 50 to DN 125 (supplier South), the housings of series K in stainless, and all rings from
overseas. Not concerned: castings from the home market, bearings, motors.

Reckoned with this year's quantities, the steel tariff costs us 184,000 a year. Each contract with a fixed price that
Sales signs now carries that risk. Sales should know before the price round.
""",
    ),
    "Purchasing/Tariffs/Exemption form.txt": (
        "2026-11-12",
        """Exemption from the steel tariff: how to apply

1. Form 7b, one for each tariff number. Ours are 7307 21 (flanges) and 7219 (plate).
2. Proof of origin: the mill certificate 3.1 must name the country where the steel was melted and poured.
3. Send it at least six weeks before the goods arrive. The customs agent needs four of them.
""",
    ),
    "Purchasing/Suppliers/South offer 88213.eml": (
        "2026-10-30",
        """From: offers@south.example
To: purchasing@pumps.example
Subject: Offer 88213: forged rings, surcharge apart
Date: Fri, 30 Oct 2026 10:14:00 +0000
Content-Type: text/plain; charset=utf-8

Our prices exclude any tariff that may arise. The steel surcharge is that of the month of delivery.
The offer is valid to 15 December.
""",
    ),
    "Purchasing/Links.txt": (
        "2026-11-17",
        """Read these before the price round

Commission doubles steel tariff outside the quota - https://news.example.org/economy/steel-tariff-quota
Quota balance, day by day - https://customs.example.net/quota/balance
Nickel price and alloy surcharge - https://metals.example.com/nickel/2026
Proof of origin, explained - https://customs.example.net/melted-and-poured
""",
    ),
    "Sales/Minutes/2026-11-16 price round.md": (
        "2026-11-16",
        """# Price round 2027

Present: Sales office, field service, management.

- Three customers want prices fixed for all of 2027. We agree, for series K in stainless as well.
- Nobody in the room knew of changes in material prices. Ask Purchasing, open since October.
- List prices rise by 2.1 % from January.

Next meeting in December. Until then contracts go out as agreed.
""",
    ),
    "Sales/Price list 2027.csv": (
        "2026-11-18",
        """Article;Description;Material;Price EUR
K2-CI;Pump K2;Cast iron;1480
K2-SS;Pump K2;Stainless steel 1.4404;2390
K4-CI;Pump K4;Cast iron;2140
K4-SS;Pump K4;Stainless steel 1.4404;3525
K6-CI;Pump K6;Cast iron;4310
7714-S1;Seal kit S1;Carbon, ceramic;86
7714-S3;Seal kit S3 for glycol;Silicon carbide, EPDM-HT;214
FL-80;Flange DN 80;Stainless steel 1.4404;78
""",
    ),
    "Sales/Customers/North/Delivery dates.txt": (
        "2026-11-20",
        """North, delivery dates for valve blocks

Weeks 50 and 51 are firm for the first two lots. The third lot waits for the castings.
The customer asks whether the steel surcharge of January applies. Answer: fixed price, no surcharge.
""",
    ),
    "Engineering/Test bench/Glycol seal test.md": (
        "2026-11-10",
        """# Test of the glycol seal S3

Aim: a shaft seal for glycol mixtures at 180 °C. Bench 2, pump K4, 48 % glycol, 2,900 rpm.

| hours | leak, drops a minute | remark |
| --- | --- | --- |
| 100 | 0 | |
| 600 | 1 | rings still soft |
| 1,200 | 1 | faces without scratches |

The S3 seal with EPDM-HT rings holds. Standard rings were hard as glass after 300 hours at 165 °C.
Released for series from February. Field experience with the old seal is not known to us.
""",
    ),
    "Engineering/Reviews/Pump K2 design review.txt": (
        "2026-09-24",
        """Pump K2, second design review

Bearing life at 3,600 rpm: 21,000 h calculated, enough. Weight 4 % above target. Impeller B keeps the curve.
Open: NPSH at part load, seal for glycol (see test bench), drawing of the base plate.
""",
    ),
    "Engineering/Werkstoffe/Alternativen zu 1.4404.txt": (
        "2026-08-13",
        """Alternativen zu 1.4404 für Pumpengehäuse

Duplex 1.4462 spart Gewicht und ist fester, verlangt aber ein neues Schweißverfahren.
Guss aus heimischer Fertigung ist vom Stahlzoll nicht betroffen; Lieferzeit fünf Wochen, Werkzeug vorhanden.
Vorschlag: Gehäuse K4 zuerst auf Guss umstellen, danach K2. Rückfragen an die Konstruktion, Büro für Werkstoffe.
""",
    ),
    "Quality/Complaints/2026 complaints.md": (
        "2026-11-21",
        """# Complaints 2026

1. Leaking glycol seal, dairy in the north, K4, seal S1 at 165 °C. Rings hard and cracked after seven weeks.
2. Leaking glycol seal, brewery, K2, the same picture. Replaced on goodwill, 1,900.
3. Leaking glycol seal, ice rink, two pumps K6.
4. Wrong direction of rotation after repair, our mistake.

Seals at glycol plants fail again and again. Is there a seal that stands 180 °C glycol? Question to Engineering, unanswered.
""",
    ),
    "Quality/Procedures/Incoming inspection flanges.txt": (
        "2026-06-30",
        """Incoming inspection of flanges

Check the heat number against certificate 3.1. Since July the certificate must also name where the steel was melted.
Measure three of each lot: bolt circle, thickness, sealing face. Rust film from sea transport is no fault.
""",
    ),
    "Quality/Bookmarks.html": (
        "2026-05-11",
        """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3>Standards</H3>
    <DL><p>
        <DT><A HREF="https://standards.example.org/en-10204" ADD_DATE="1767261600" TAGS="certificate,steel">EN 10204: certificates for metallic products</A>
        <DD>What a certificate 3.1 must say
        <DT><A HREF="https://standards.example.org/en-12756" ADD_DATE="1770026400" TAGS="seal">EN 12756: mechanical seals, main dimensions</A>
    </DL><p>
    <DT><A HREF="https://wiki.example.com/elastomers-in-glycol" ADD_DATE="1775124000" TAGS="seal,glycol">Elastomers in hot glycol</A>
</DL><p>
""",
    ),
    "Quality/Audits/Coil supplier audit.html": (
        "2026-10-14",
        """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Supplier audit, hot-rolled coil</title>
<meta name="author" content="Quality lab"></head><body><h1>Supplier audit, hot-rolled coil</h1>
<p>Heat numbers can be traced to the mill. The steel is melted and poured inside the Union, so no tariff is due.</p>
<p>Findings: packing lists without net weights; corrected on the spot. Next audit in two years.</p></body></html>
""",
    ),
    "Sales/Ideas for the trade fair.url": (
        "2026-09-02",
        "[InternetShortcut]\r\nURL=https://fair.example.com/pumps-2027/stands\r\n",
    ),
    "Engineering/Cavitation explained.webloc": (
        "2026-04-20",
        """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>URL</key><string>https://wiki.example.com/cavitation</string></dict></plist>
""",
    ),
}


def make_demo(target: Path) -> None:
    """Fill `target` with the sample files; what is there already stays as it is."""
    for name, (day, text) in TEXTS.items():
        raw = text.encode("cp1252" if "Werkstoffe" in name else "utf-8")
        _put(target / name, day, partial(_write, raw))
    _put(target / "Engineering/Manuals/Pump series K manual.pdf", "2026-03-05", _manual)
    _put(target / "Sales/Contracts/Frame agreement North 2027.docx", "2026-11-13", _contract)
    _put(target / "Purchasing/Calculations/Landed cost flanges.xlsx", "2026-11-20", _sheet)
    _put(target / "Quality/Complaints/Scan leaking seal dairy.png", "2026-10-08", _scan)
    copy = TEXTS["Purchasing/Tariffs/Exemption form.txt"][1]
    _put(
        target / "Quality/Procedures/Exemption form (copy).txt", "2026-11-14", partial(_write, copy.encode())
    )


def _write(raw: bytes, path: Path) -> None:
    path.write_bytes(raw)


def _put(path: Path, day: str, make: Callable[[Path], object]) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    moment = (
        datetime.combine(date.fromisoformat(day), _MADE.timetz()) + timedelta(minutes=len(path.name))
    ).timestamp()
    os.utime(path, (moment, moment))


def _manual(path: Path) -> None:
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_title("Pump series K: operating and maintenance manual")
    pdf.set_author("Engineering")
    pdf.set_creation_date(_MADE)
    pdf.set_margin(25)
    blocks = (SOURCES / "manual.md").read_text("utf-8").split("# ")[1:]
    for number, block in enumerate(blocks, 1):
        heading, *paragraphs = block.strip().split("\n")
        pdf.add_page()
        pdf.set_font("Helvetica", "B", 20 if number == 1 else 16)
        pdf.multi_cell(
            0, 10, heading if number == 1 else f"{number - 1}  {heading}", new_x="LMARGIN", new_y="NEXT"
        )
        pdf.ln(4)
        pdf.set_font("Helvetica", "", 11)
        for paragraph in paragraphs:
            pdf.multi_cell(0, 6.5, paragraph, new_x="LMARGIN", new_y="NEXT")
            pdf.ln(3)
        pdf.set_y(-25)
        pdf.set_font("Helvetica", "", 9)
        pdf.cell(0, 6, f"Pump series K, manual, page {number}", align="C")
    pdf.output(str(path))


def _contract(path: Path) -> None:
    import docx

    document = docx.Document()
    about = document.core_properties
    about.title, about.author, about.keywords = (
        "Frame agreement North 2027",
        "Sales office",
        "contract, fixed price",
    )
    about.created = about.modified = _MADE.replace(tzinfo=None)
    document.add_heading("Frame agreement North 2027", 0)
    for heading, text in (
        ("1 Subject", "Delivery of 140 pumps of series K, of which 90 in stainless steel, in the calendar year 2027."),
        ("2 Prices", "Prices are those of the price list 2027. They are fixed until 31 December 2027 and include all "
                     "duties. A change of any tariff gives neither side a right to new prices."),
        ("3 Delivery", "Ex works in monthly lots. The buyer names quantities six weeks ahead."),
        ("4 Warranty", "24 months from delivery. Shaft seals are wear parts, unless the medium was named in the order."),
    ):  # fmt: skip
        document.add_heading(heading, 1)
        document.add_paragraph(text)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Pump", "Quantity", "Price EUR"), strict=True):
        cell.text = text
    for row in (
        ("K2 stainless", "40", "2,390"),
        ("K4 stainless", "50", "3,525"),
        ("K4 cast iron", "50", "2,140"),
    ):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.sections[0].footer.paragraphs[0].text = "Draft of the Sales office, not signed"
    document.save(str(path))


def _sheet(path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.properties.title, book.properties.creator = "Landed cost, stainless flanges", "Purchasing desk"
    sheet = book.active
    assert sheet is not None
    sheet.title = "Q1 2027"
    for row in (
        ("Flange", "Material", "Weight kg", "Price EUR", "Tariff %", "Freight EUR", "Landed EUR"),
        ("DN 50", "1.4404 forged", 3.1, 29.0, 25, 2.1, 38.35),
        ("DN 80", "1.4404 forged", 5.4, 44.5, 25, 3.4, 59.03),
        ("DN 125", "1.4404 forged", 9.9, 81.0, 25, 6.0, 107.25),
    ):
        sheet.append(row)
    book.save(path)


def _scan(path: Path) -> None:
    import random

    from PIL import Image, ImageDraw, ImageFont

    chance = random.Random(7)
    paper = Image.new("L", (900, 640), 232)
    draw = ImageDraw.Draw(paper)
    font = ImageFont.load_default(26)
    lines = ("Service report 4471", "", "Dairy, pump K4, seal S1 leaks.", "Medium: glycol 45 %, 165 deg C.",
             "Rings hard, cracked. Seal replaced.", "Customer asks for a lasting remedy.", "", "8 October, field service")  # fmt: skip
    for number, line in enumerate(lines):
        draw.text((90, 70 + 58 * number), line, fill=60, font=font)
    paper = paper.rotate(1.7, resample=Image.Resampling.BICUBIC, fillcolor=214)
    pixels = paper.load()
    assert pixels is not None
    for _ in range(24_000):
        x, y = chance.randrange(900), chance.randrange(640)
        pixels[x, y] = max(0, min(255, pixels[x, y] + chance.randrange(-45, 30)))  # type: ignore[operator]
    paper.save(path)


if __name__ == "__main__":
    make_demo(Path(sys.argv[1]))
    print(f"demo folder: {sys.argv[1]}")
