"""No reader's time grows out of hand: strings that make patterns go back and forth, in every format that is read.

Each is given to a reader at 50 KB and at 200 KB; the second may cost six times as much computing as the first, if it
costs anything worth measuring. A process of its own reads, so that one that never ends is ended.
"""

from __future__ import annotations

import io
import multiprocessing
import time
import zipfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from indexer.errors import FileProblem
from indexer.extract import inside, kinds
from indexer.extract.source import Source
from indexer.terms import postings
from tests.extract import samples

SMALL, LARGE = 50_000, 200_000
MOST = 6.0
TINY_S = 0.06
"""Less computing than this says nothing about how it grows."""
STOP_S = 30.0

STRINGS = {
    "brackets": "[", "labels": "](", "pictures": "![a](", "titles": '[a](b "', "parentheses": "(", "less": "<",
    "tags": "<a ", "headings": "<h3>", "anchors": '<A HREF="b">', "comments": "<!--", "braces": "{\\", "quotes": '"',
    "blanks": " ", "lines": "\n", "blank lines": "\n \t", "mail": "a@", "addresses": "http://a/(b) ", "closings": ")",
    "entities": "&#", "percents": "%", "encoded": "=?utf-8?q?a?=", "half encoded": "=?", "dashes": "a--", "hashes": "#",
    "capitals": "A", "colons": "a:", "backslashes": "\\\\a", "nulls": "a\0", "marks": "\u0300\u0316",
    "boundary": "\n--a\n", "fields": 'HYPERLINK "a" ', "parts": "content-type: multipart/", "semicolons": ";a=",
}  # fmt: skip
BEFORE = {"hashes": "# a", "capitals": "From ", "closings": "http://a/", "marks": "a"}


def string(name: str, size: int) -> str:
    """Return one of the strings, ending with what fits no pattern."""
    unit = STRINGS[name]
    return (BEFORE.get(name, "") + unit * (size // len(unit)))[:size] + "~"


def planted(sample: bytes, text: str) -> bytes:
    """Return a zipped document with the text in the place of a word, and once next to the markup."""
    out = io.BytesIO()
    word = escape("".join(c for c in text if c >= " " or c in "\n\t")).encode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(sample)) as given, zipfile.ZipFile(out, "w") as made:
        for entry in given.infolist():
            made.writestr(
                entry.filename, given.read(entry).replace(b"tariff", word, 1).replace(b"Tariff", word, 1)
            )
    return out.getvalue()


def zipped(text: str) -> bytes:
    return samples.make_zip({"a.txt": text})


def mail(text: str) -> bytes:
    line = " ".join(text.splitlines())
    return f"From: a@example.org\nSubject: {line[:5000]}\nX-Long: {line}\n\n{text}".encode("utf-8", "replace")


def sheet(text: str) -> bytes:
    return samples.make_zip(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": samples.relations(("r1", "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns:r="{samples.R}"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": samples.relations(("r1", "worksheet", "worksheets/sheet1.xml")),
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{text}",
        }
    )


FORMATS: dict[str, Callable[[str], bytes]] = {
    "a.md": lambda text: f"---\ntitle: {text[:9000]}\n---\n# {text}".encode(),
    f"a.{kinds.NOTE}": lambda text: f"---\nby: {text[:9000]}\ntags: [{text[:9000]}]\n---\n{text}".encode(),
    "a.html": lambda text: f"<html><body><p>{text}".encode(),
    "a.bookmarks": lambda text: (
        f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><A {text}\n<A HREF='x'>{text}".encode()
    ),
    "a.svg": lambda text: f"<svg><text>{text}</text></svg>".encode(),
    "a.rtf": lambda text: ("{\\rtf1{\\info{\\title " + text).encode("cp1252", "replace"),
    "a.eml": mail,
    "a.mbox": lambda text: b"From a Thu Jan  1 00:00:00 1970\n" + mail(text) + b"\n" + text.encode(),
    "a.mht": lambda text: mail(text).replace(b"\n\n", b"\nContent-Type: text/html\n\n<p>", 1),
    "a.ics": lambda text: f"BEGIN:VCALENDAR\nSUMMARY;{text}\nSUMMARY:{text}\n{text}".encode(),
    "a.url": lambda text: f"[InternetShortcut]\nURL=http://{text}\n{text}".encode(),
    "a.docx": lambda text: planted(samples.make_docx(), text),
    "a.pptx": lambda text: planted(samples.make_pptx(), text),
    "a.xlsx": lambda text: planted(samples.make_xlsx(), text),
    "b.xlsx": sheet,
    "a.odt": lambda text: planted(samples.make_odf("text"), text),
    "a.epub": lambda text: planted(samples.make_epub(), text),
    "a.zip": zipped,
    "a.pdf": lambda text: b"%PDF-1.4\n1 0 obj\n" + text.encode() + b"\ntrailer<</Root 1 0 R>>\n%%EOF",
    "a.doc": lambda text: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + text.encode(),
    "a.ppt": lambda text: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + text.encode(),
    "a.msg": lambda text: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + text.encode(),
    "a.p7m": lambda text: b"0\x80" + text.encode(),
    "a.tnef": lambda text: b"\x78\x9f\x3e\x22" + text.encode(),
    "a.png": lambda text: b"\x89PNG\r\n\x1a\n" + text.encode(),
}


def computing(name: str, data: bytes) -> float:
    """Return the seconds of computing that reading takes."""
    suffix = name.partition(".")[2]
    reader = kinds.reader_of(suffix)
    assert reader is not None
    began = time.process_time()
    try:
        extract = inside.read(reader, Source(Path(name), name, data, 16 << 20, suffix))
        if reader.endswith(".text"):  # words are the same in every format
            postings.pack([passage.text for passage in extract.passages], extract.headings)
    except FileProblem:
        pass
    return time.process_time() - began


def read_all(pipe: Connection, name: str) -> None:
    """Read a format with each string; send its name before, and afterwards how much more the large one costs."""
    computing(name, FORMATS[name]("tariff"))  # what is imported at first use is none of it
    for of in STRINGS:
        pipe.send((of, None))
        growth, most = float("inf"), 0.0
        for _ in range(3):  # other programs and memory that is given back may make one look slow
            most = computing(name, FORMATS[name](string(of, LARGE)))
            if most < TINY_S:
                growth = 0.0
                break
            growth = min(growth, most / max(computing(name, FORMATS[name](string(of, SMALL))), TINY_S / 6))
            if growth <= MOST:
                break
        pipe.send((of, (growth, most)))
    pipe.send(None)


@pytest.fixture
def readings(name: str) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=read_all, args=(theirs, name), daemon=True)
    process.start()
    theirs.close()
    yield ours
    process.kill()
    process.join()


@pytest.mark.parametrize("name", FORMATS)
def test_four_times_the_text_costs_no_more_than_six_times_the_computing(
    readings: Connection, name: str
) -> None:
    of, wrong = "to begin", []
    while True:
        assert readings.poll(STOP_S if of != "to begin" else 10 * STOP_S), f"{name}: {of} never ends"
        said = readings.recv()
        if said is None:
            break
        of, found = said
        if found and found[0] > MOST:
            wrong.append(f"{of}: {found[0]:.1f} times, {found[1]:.2f} s")
    assert not wrong


def test_every_reader_is_tried() -> None:
    tried = {kinds.reader_of(name.partition(".")[2]) for name in FORMATS}
    assert tried == {kinds.reader_of(suffix) for suffix in kinds.READERS}
