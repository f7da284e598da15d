"""Text in any form: encodings recognised by a few letters, exports with an Office name, no extension."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import FileProblem, Reason
from indexer.extract import inside, kinds
from indexer.extract.charsets import MAX_SAMPLE, guess, telling
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model.items import Extract, Kind
from tests.extract.samples import make_7z, make_docx, make_zip


def read(name: str, data: bytes, *passwords: str) -> Extract:
    suffix = kinds.sniff(name, data)
    reader = kinds.reader_of(suffix)
    assert reader, suffix
    return inside.read(reader, Source(Path(name), name, data, 1 << 20, suffix, passwords))


def words(made: Extract) -> str:
    return "\n".join(passage.text for passage in made.passages)


NOTES = {
    "cp1252": "Grüße, Jörg|café|Kündigung – Büro|Nr;Größe\r\n1;5 mm|Él está aquí mañana|São Paulo, não|garçon|på dansk, øl"
    "|price 50 € – the supplier’s|20°C|±5|10 µm|Übergabe|Tür|ÄRZTE|Straße 5|naïve|perché no|Città|où|5,20€/kg|„alt“",
    "cp1250": "płatności|dostawę stali|Łódź|Cześć|źródło|příloha č. 5|Žádost|Győr|fűtés|plaćanje|Škoda|švestka|Děkuji",
    "cp1251": "Счет на оплату|привет|Рахунок на оплату|Плащане|ТЕНДЕР|Заказ №5|цена",
    "cp1254": "Teşekkürler|Sayın müşteri|İstanbul ofisi, ağustos|kırmızı|çelik siparişi",
    "cp1253": "Τιμολόγιο|Ευχαριστώ",
    "cp1255": "חוזה אספקת פלדה",
    "cp1256": "عقد توريد الصلب",
    "cp1257": "Sąskaita už užsakymą|Līgums par piegādi",
    "cp850": "Grüße, Jörg|Müller;Köln|Größe|café",
    "mac_roman": "Kündigung Büroräume|café noir|Größe",
    "koi8_r": "Договор поставки",
    "cp866": "Договор поставки",
    "iso8859_2": "Žádost o příspěvek",
    "cp852": "Příští týden",
    "cp932": "契約書|よろしくお願いします",
    "gb18030": "合同价格|请付款",
    "cp949": "계약서|안녕하세요",
    "big5": "合約價格",
}


@pytest.mark.parametrize("encoding", NOTES)
def test_a_note_of_one_line_tells_its_encoding(encoding: str) -> None:
    for note in NOTES[encoding].split("|"):
        assert decode(note.encode(encoding)) == note


@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    guess(data)


def test_of_large_texts_a_part_is_looked_at() -> None:
    data = "Счет на оплату труб\n".encode("cp1251") * 10_000
    assert len(telling(data)) < 2 * MAX_SAMPLE
    far = b"plain\n" * 100_000 + "für Größe".encode("cp1252")
    assert decode(far).endswith("für Größe")


EXPORTS = [
    ("tabs.xls", b"Article\tPrice\nZinc\t5\n", Kind.SHEET),
    ("wide.xls", "Article\tPrice\r\nZinc\t5\r\n".encode("utf-16"), Kind.SHEET),
    ("semicolons.xls", b"Article;Price\r\nZinc;5,20\r\n", Kind.SHEET),
    ("table.xls", b"\r\n<table><tr><td>Zinc</td></tr></table>", Kind.SHEET),
    ("letter.doc", b"Dear Zinc,\n", Kind.WORD),
    ("NOTES", b"of Zinc\n", Kind.TEXT),
    ("Minutes of 3.5", "of Zinc, Größe\n".encode("cp1252"), Kind.TEXT),
    ("To Dr. May", b"of Zinc", Kind.TEXT),
    ("page", b"<!DOCTYPE html><p>Zinc</p>", Kind.WEB),
    ("1234.M5", b"Return-Path: <a@example.org>\nFrom: a@example.org\n\nZinc", Kind.OTHER),
    ("1234", b"Return-Path: <a@example.org>\nFrom: a@example.org\n\nZinc", Kind.MAIL),
]


@pytest.mark.parametrize(("name", "data", "kind"), EXPORTS, ids=[name for name, *_ in EXPORTS])
def test_text_is_read_whatever_its_name(name: str, data: bytes, kind: Kind) -> None:
    suffix = kinds.sniff(name, data)
    assert kinds.kind_by_content(name, suffix) is kind
    if kind is not Kind.OTHER:
        assert "Zinc" in words(read(name, data))


def test_what_is_no_text_stays_what_it_is() -> None:
    for name, data in (
        ("core", b"\x7fELF\0\1"),
        ("x", b""),
        ("old.xls", b"\x09\x02\x06\0\0\0\x10\0"),
        ("a.foo", b"text"),
    ):
        assert kinds.sniff(name, data) == kinds.suffix_of(name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "path.txt",
            "The templates are now under \\\\fileserver\\templates\\letters and no longer in the old folder.",
        ),
        ("short.txt", "New place: \\\\fileserver\\store"),
        ("file.md", "Manual: see file:///S:/manual/one.pdf"),
        ("script.txt", "Script: javascript:alert(1) do not click"),
        ("two.txt", "Mind all\nTemplates: \\\\srv1\\templates\\a\nSamples: \\\\srv1\\samples"),
    ],
)
def test_sentences_that_name_a_path_are_text(name: str, text: str) -> None:
    made = read(name, text.encode())
    assert (words(made), made.links, made.is_link_list) == (text, (), False)


def test_a_list_keeps_what_it_refuses_and_what_is_said() -> None:
    text = (
        "https://example.org/a\nhttps://example.org/b\nhttps://example.org/c\nStore \\\\srv\\store\n"
        "All that we had before lies below \\\\srv\\old now, for good"
    )
    made = read("list.txt", text.encode())
    assert made.is_link_list
    assert [bool(link.url) for link in made.links] == [True, True, True, False]
    assert "for good" in words(made)


PLIST = (
    '<plist version="1.0"><dict><key>URL</key><string>https://example.org/?a=1%sb=2</string></dict></plist>'
)
LINKS = [
    ("kde.desktop", "[Desktop Entry]\nName=Tariffs\nName[de]=Zölle\nType=Link\nURL[$e]=https://example.org/?a=1&b=2", "Tariffs"),
    ("old.desktop", "[KDE Desktop Entry]\nName[de]=Zölle\nType=Link\nURL=https://example.org/?a=1&b=2", "Zölle"),
    ("untyped.desktop", "[Desktop Entry]\nURL=https://example.org/?a=1&b=2\nName=N", "N"),
    ("bare.webloc", '<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-" "http://example.net/x.dtd">' + PLIST % "&", ""),
    ("right.webloc", PLIST % "&amp;", ""),
    ("older.webloc", '{ URL = "https://example.org/?a=1&b=2"; }', ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "title"), LINKS, ids=[name for name, *_ in LINKS])
def test_forms_of_link_files(name: str, text: str, title: str) -> None:
    made = read(name, text.encode())
    assert [(link.url, link.title) for link in made.links] == [("https://example.org/?a=1&b=2", title)]


# --- archives -------------------------------------------------------------------------------------


def zip_of(
    name: bytes, *, flag: int = 0, extra: bytes = b"", method: int = 0, packed: bytes = b"words"
) -> bytes:
    """Return a zip of one file with this raw name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("x" * len(name))
        info.extra = extra
        archive.writestr(info, packed)
    data = bytearray(out.getvalue().replace(b"x" * len(name), name))
    directory = data.index(b"PK\x01\x02")
    for at in (6, directory + 8):
        data[at] |= flag & 255
        data[at + 1] |= flag >> 8
    for at in (8, directory + 10):
        data[at] = method
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "flag", "extra"),
    [
        ("Übergabe.txt".encode(), 0, b""),
        ("Übergabe.txt".encode(), 0x800, b""),
        ("U\u0308bergabe.txt".encode(), 0, b""),
        ("Übergabe.txt".encode("cp437"), 0, b""),
        ("Übergabe.txt".encode("cp1252"), 0, b""),
        (b"_bergabe.txt", 0, b"\x75\x70\x12\x00\x01abcd" + "Übergabe.txt".encode()),
    ],
)
def test_names_in_zips(name: bytes, flag: int, extra: bytes) -> None:
    said = words(read("a.zip", zip_of(name, flag=flag, extra=extra)))
    assert "Übergabe.txt" in said or "U\u0308bergabe.txt" in said


def test_names_in_other_encodings_and_archives() -> None:
    assert "契約書.txt" in words(read("a.zip", zip_of("契約書.txt".encode("cp932"))))
    assert "договор.txt" in words(read("a.zip", zip_of("договор.txt".encode("cp866"))))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="cp1252") as archive:
        info = tarfile.TarInfo("Übergabe.txt")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"words"))
    assert "Übergabe.txt" in words(read("a.tar", out.getvalue()))


def test_what_an_archive_can_not_give_is_told() -> None:
    made = read("a.zip", zip_of(b"a.txt", method=9))
    assert made.unread == (Reason.UNSUPPORTED, "a.txt: packed by an unknown method (deflate64)")
    for method, flag in ((0, 1), (99, 1)):
        made = read("a.zip", zip_of(b"a.txt", method=method, flag=flag), "winter")
        assert made.unread
        assert made.unread[0] is Reason.ENCRYPTED
        assert (words(made), made.opened) == ("a.txt", False)
    mixed = make_zip({"good.txt": "words", "bad.docx": make_docx()[:300], "locked.7z": make_7z("summer")})
    made = read("a.zip", mixed)
    assert "words" in words(made)
    assert made.unread
    assert made.unread[0] is Reason.ENCRYPTED
    assert made.unread[1].startswith("locked.7z: it needs a password")
    assert made.unread[1].endswith("(and 1 more)")
    opened = read("a.zip", mixed, "summer")
    assert opened.opened
    assert "a tariff within" in words(opened)
    assert opened.unread
    assert opened.unread[0] is Reason.DAMAGED
    whole = read("a.tar", tar := _tar(3))
    cut = read("a.tar", tar[: len(tar) - 10240 - 700])
    assert len(cut.passages) in (2, 3)
    assert cut.passages[:2] == whole.passages[:2]
    with pytest.raises(FileProblem):
        read("a.txt.gz", gzip.compress(b"words" * 1000)[:20])


def _tar(count: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(count):
            info = tarfile.TarInfo(f"{number}.txt")
            info.size = 600
            archive.addfile(info, io.BytesIO(b"words " * 100))
    return out.getvalue()
