"""Each format keeps what every reader promises, and says what its sample says."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import msoffcrypto
import pytest
from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract import inside, kinds
from indexer.extract.contract import check_reader
from indexer.extract.source import Source
from indexer.model.items import Extract, Kind
from tests.extract.samples import SAMPLES, make_7z, make_docx, make_mail, make_xlsx, make_zip


def read(name: str, data: bytes | None = None, *passwords: str) -> Extract:
    content = SAMPLES[name] if data is None else data
    suffix = kinds.sniff(name, content)
    reader = kinds.reader_of(suffix)
    assert reader
    return inside.read(reader, Source(Path(name), name, content, 1 << 20, suffix, passwords))


def words(extract: Extract) -> str:
    parts = [extract, *extract.messages]
    return "\n".join(passage.text for part in parts for passage in part.passages)


@pytest.mark.parametrize("name", SAMPLES)
def test_keeps_the_contract(name: str) -> None:
    reader = kinds.reader_of(kinds.sniff(name, SAMPLES[name]))
    assert reader
    extract = check_reader(functools.partial(inside.read, reader), name, SAMPLES[name])
    said = f"{words(extract)} {extract.title} {extract.links} {[m.title for m in extract.messages]}".lower()
    assert "tariff" in said


def test_a_problem_is_one_line_whatever_a_library_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes) -> None:
        raise etree.LxmlError("Opening and ending tag mismatch: \n\tbody\r\nand text\n")

    monkeypatch.setattr("indexer.extract.odf.parse_xml", refuse)
    with pytest.raises(FileProblem) as told:
        read("a.fodt", SAMPLES["a.fodt"])
    assert "mismatch: body and text" in told.value.detail
    assert "\n" not in f"{told.value.detail}{told.value}"


def test_every_reader_has_a_sample() -> None:
    sampled = {kinds.READERS[kinds.sniff(name, data)] for name, data in SAMPLES.items()}
    # made by programs that no library writes for: tested on the large corpus
    assert set(kinds.READERS.values()) - sampled == {"pdf", "bookmarks", "legacy", "ppt", "msg"}


def test_slides_notes_groups_tables_diagrams() -> None:
    made = read("a.pptx")
    assert made.title == "Tariff plan"
    assert [p.page_number for p in made.passages] == [1]
    for line in ("grouped shape", "cell of a table", "what to say", "a smart picture"):
        assert line in words(made)
    assert "7" not in words(made)
    assert [(link.url, link.title) for link in made.links] == [("https://example.org/plan", "shape")]


def test_sheets_cells_comments_links() -> None:
    made = read("a.xlsx")
    assert "Prices" in words(made)
    assert "tariff\t12.5" in words(made)
    assert "ask the customs office" in words(made)
    assert [(link.url, link.title) for link in made.links] == [("https://example.org/source", "source")]


def test_open_documents() -> None:
    text = read("a.odt")
    assert (text.title, text.author) == ("A plan for March", "Sales")
    assert "A tariff  of office" in words(text)
    assert "deleted" not in words(text)
    assert [link.url for link in text.links] == ["https://example.org/odt"]
    assert [p.page_number for p in read("a.odp").passages] == [1, 2]
    assert words(read("a.ods")) == "Prices\n\ntariff\t12"


def test_rich_text() -> None:
    made = read("a.rtf")
    assert (made.title, made.author) == ("A plan for March", "Sales")
    assert "The tariff of Büro." in words(made)
    assert [(link.url, link.title) for link in made.links] == [("https://example.org/rtf", "the source")]


def test_a_book_in_reading_order() -> None:
    made = read("a.epub")
    assert (made.title, made.author) == ("A book of trade", "Sales")
    assert words(made).index("first tariff") < words(made).index("second chapter")


def test_a_mail_with_its_attachment() -> None:
    made = read("a.eml")
    assert (made.title, made.author) == ("New tariff", "Ann Büro <ann@example.org>")
    assert made.created
    assert made.created.isoformat() == "2026-11-20T08:12:44+00:00"
    assert words(made).count("Please read this about the tariff") == 1
    assert "plan.docx\n\nEU tariffs" in words(made)


def test_each_mail_of_a_mailbox_is_one() -> None:
    assert [message.title for message in read("a.mbox").messages] == ["First", "Second"]


def test_an_archive_names_what_is_within() -> None:
    for name in ("a.zip", "a.tar", "a.tgz"):
        made = read(name)
        assert "papers/plan.docx\n\nEU tariffs\n\nThe new tariff applies from March." in words(made), name


def test_archives_within_archives_end_somewhere() -> None:
    data = make_zip({"word.txt": "innermost"})
    for _ in range(6):
        data = make_zip({"inner.zip": data})
    assert "innermost" not in words(read("a.zip", data))
    assert "innermost" in words(read("a.zip", make_zip({"inner.zip": make_zip({"word.txt": "innermost"})})))


def test_pictures_tell_no_place() -> None:
    made = read("a.jpg")
    assert (made.title, made.author) == ("The tariff on a wall", "Ann")
    assert made.created
    assert made.pictures == (1,)


def test_saved_pages_say_where_from() -> None:
    for name in ("a.mht", "a.webarchive"):
        assert read(name).links[0].url == "https://example.org/page"


def encrypted(data: bytes, password: str) -> bytes:
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


@pytest.mark.parametrize(("name", "made"), [("a.docx", make_docx), ("a.xlsx", make_xlsx)])
def test_office_files_with_a_password(name: str, made) -> None:  # type: ignore[no-untyped-def]
    data = encrypted(made(), "summer")
    for passwords in ((), ("winter",)):
        with pytest.raises(FileProblem) as caught:
            read(name, data, *passwords)
        assert caught.value.reason is Reason.ENCRYPTED
        assert "extract.passwords" in caught.value.detail
    assert "tariff" in words(read(name, data, "winter", "summer"))


def test_7z_with_a_password() -> None:
    data = make_7z("summer")
    with pytest.raises(FileProblem) as caught:
        read("a.7z", data)
    assert caught.value.reason is Reason.ENCRYPTED
    assert "a tariff within" in words(read("a.7z", data, "summer"))


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("a.docx", "a.xlsx", "xlsx"),
        ("a.pdf", "a.docx", "docx"),
        ("a.doc", "a.docx", "docx"),
        ("a.docm", "a.docx", "docm"),
        ("a.txt", "a.zip", "zip"),
        ("a.jpg", "a.png", "png"),
        ("a", "a.odt", "odt"),
        ("a.zip", "a.epub", "epub"),
        ("a.doc", "a.rtf", "rtf"),
        ("a.xls", "a.html", "html"),
        ("a.dat", "a.7z", "7z"),
        ("a.html", "a.html", "html"),
        ("README", "a.md", "txt"),
    ],
)
def test_name_and_content_decide(name: str, content: str, suffix: str) -> None:
    assert kinds.sniff(name, SAMPLES[content]) == suffix


def test_kind_by_content() -> None:
    assert kinds.kind_by_content("a.docx", "pdf") is Kind.PDF
    assert kinds.kind_by_content("a.xls", "html") is Kind.SHEET
    assert kinds.kind_by_content("a", "pdf") is Kind.PDF


def test_a_list_of_links_in_any_document() -> None:
    rows = "".join(f"<table-row><p>source {n} https://example.org/{n}</p></table-row>" for n in range(4))
    flat = f"<document><spreadsheet>{rows}</spreadsheet></document>".encode()
    made = read("a.fods", flat)
    assert made.is_link_list
    assert [link.url for link in made.links] == [f"https://example.org/{n}" for n in range(4)]
    mail = make_mail(attach=False)
    assert not read("a.eml", mail).is_link_list
