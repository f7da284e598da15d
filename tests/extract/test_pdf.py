"""Words that lines part, and files whose end is gone."""

from __future__ import annotations

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from indexer.extract.hyphens import mend, together
from indexer.extract.pdf_table import with_trailer
from tests.extract.test_readers import make_pdf, read, text

MARK = "\ufffe"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f"the alu{MARK}minium delivery", ["the aluminium delivery", "the alu-minium delivery"]),
        (f"on the price{MARK}\ndetermining factors of", ["on the pricedetermining factors of", "on the price-determining factors of"]),
        (f"the alu{MARK}minium, more aluminium", ["the aluminium, more aluminium"]),
        (f"a long{MARK}term view, long-term", ["a long-term view, long-term"]),
        (f"an E{MARK}Mail, 0800-\n555", ["an E-Mail, 0800-555"]),
        ("Stahl\u2010\ntr\u00e4ger und", ["Stahltr\u00e4ger und", "Stahl-tr\u00e4ger und"]),
        ("Son\xad\nder\xadpreis", ["Sonder\xadpreis"]),
        ("Edelstahl- und Blech", ["Edelstahl- und Blech"]),
        (f"one{MARK} {MARK}two - \n three", [f"one{MARK} {MARK}two - \n three"]),
        (f"de{MARK}ter{MARK}mine it", ["determine it", "de-termine it", "deter-mine it"]),
        ("", [""]),
    ],
)  # fmt: skip
def test_parted_words(page: str, expected: list[str]) -> None:
    assert mend([page]) == ["\n".join(expected)]


@given(st.lists(st.text(alphabet=f"aB1-\u2010\xad{MARK} \n", max_size=60), max_size=3))
def test_nothing_but_hyphens_and_line_ends_is_lost(pages: list[str]) -> None:
    mended = mend(pages)
    assert len(mended) == len(pages)

    def letters(raw: str) -> str:
        return "".join(filter(str.isalnum, raw))

    for page, made in zip(pages, mended, strict=True):
        assert letters(made).startswith(letters(page))
        assert letters(together(page)) == letters(page)


def test_long_runs_cost_no_more_than_their_length() -> None:
    for run in ("a" * 300_000, MARK * 300_000, f"a{MARK}" * 100_000, "-\n" * 100_000, "a-\n " * 80_000):
        assert len(mend([run])) == 1


def test_a_pdf_whose_end_is_gone() -> None:
    whole = make_pdf("coffee machine", "second page")
    for cut in (whole.rindex(b"xref\n0"), whole.rindex(b"startxref"), len(whole) - 8):
        made = read("a.pdf", whole[:cut])
        assert [(p.text, p.page_number) for p in made.passages] == [("coffee machine", 1), ("second page", 2)]
    assert "cut off" in read("a.pdf", whole[: whole.rindex(b"xref\n0")]).truncated
    assert read("a.pdf", whole).truncated == ""
    assert with_trailer(b"%PDF-1.7 nothing") is None


def test_a_cut_pdf_with_a_password() -> None:
    whole = make_pdf("for some eyes", password="")
    assert "for some eyes" in text(read("a.pdf", whole[: whole.rindex(b"startxref")]))


def packed_pdf() -> bytes:
    """Return a PDF as LaTeX makes them, cut before its table: all but the text itself lies packed in one stream."""
    parts = (
        (1, b"<< /Type /Catalog /Pages 2 0 R >>"),
        (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 600 800] >>"),
        (3, b"<< /Type /Page /Parent 2 0 R /Contents 6 0 R /Resources << /Font << /F 4 0 R >> >> >>"),
        (4, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"),
    )
    places, bodies = b"", b""
    for number, body in parts:
        places += b"%d %d " % (number, len(bodies))
        bodies += body + b" "
    packed = zlib.compress(places + bodies)
    words = b"BT /F 12 Tf 50 700 Td (packed words) Tj ET"
    return (
        b"%%PDF-1.5\n6 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        b"5 0 obj\n<< /Type /ObjStm /N 4 /First %d /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n"
        % (len(words), words, len(places), len(packed), packed)
    )


def test_a_cut_pdf_whose_objects_lie_packed() -> None:
    assert text(read("a.pdf", packed_pdf())) == "packed words"
    for punishing in (b"/Type /ObjStm " * 20_000, b"1 0 obj /Type /Catalog " * 20_000, b"1 " * 200_000):
        with_trailer(punishing)


def test_a_cut_pdf_of_a_later_version() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("coffee machine"))))
    out = io.BytesIO()
    writer.write(out)
    data = out.getvalue()
    assert "coffee machine" in text(read("a.pdf", data[: data.rindex(b"startxref")]))
