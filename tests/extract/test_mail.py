"""Mails as writers send them: nothing of them is lost, whatever they say of themselves."""

from __future__ import annotations

import base64
import contextlib
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import FileProblem, Reason
from indexer.extract import inside, kinds
from indexer.extract.mail import decode_words, unflow
from indexer.extract.source import Source
from indexer.extract.text import decode_as
from indexer.extract.tnef import read as tnef_reader
from indexer.extract.tnef import unpack_rtf
from indexer.model.items import Extract, Kind
from tests.extract.samples import TNEF, envelope, make_docx

HEAD = b"From: Rita <rita@example.org>\r\nMIME-Version: 1.0\r\n"


def read(data: bytes, name: str = "a.eml") -> Extract:
    suffix = kinds.sniff(name, data)
    reader = kinds.reader_of(suffix)
    assert reader
    return inside.read(reader, Source(Path(name), name, data, 1 << 20, suffix))


def words(made: Extract) -> str:
    return "\n\n".join(passage.text for passage in made.passages)


def mail(*lines: str, body: bytes = b"") -> bytes:
    return HEAD + "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def parts(kind: str, *inner: bytes) -> bytes:
    joined = b"".join(b"--b\r\n" + one + b"\r\n" for one in inner)
    return mail(f"Content-Type: multipart/{kind}; boundary=b", body=joined + b"--b--\r\n")


def part(kind: str, body: bytes | str, *heads: str) -> bytes:
    data = body.encode() if isinstance(body, str) else base64.b64encode(body)
    more = () if isinstance(body, str) else ("Content-Transfer-Encoding: base64",)
    return "\r\n".join((f"Content-Type: {kind}", *heads, *more)).encode() + b"\r\n\r\n" + data


@pytest.mark.parametrize(
    ("said", "data", "text"),
    [
        ("us-ascii", "Die Zölle".encode("cp1252"), "Die Zölle"),
        ("iso-8859-1", "Die Zölle".encode(), "Die Zölle"),
        ("ISO-8859-1", b"\x93so\x94 \x96 5 \x80", "“so” – 5 €"),
        ("iso-8859-1", "Счет на оплату труб".encode("cp1251"), "Счет на оплату труб"),
        ("iso-8859-2", "świeża płatność".encode("cp1250"), "świeża płatność"),
        ("utf-8", "Die Zölle".encode("cp1252"), "Die Zölle"),
        (None, "Angebot für Jörg".encode("cp1252"), "Angebot für Jörg"),
        (None, "契約書".encode("iso2022_jp"), "契約書"),
        ("iso-8859-8-i", "חוזה".encode("iso8859_8"), "חוזה"),
        ("gb2312", "镕基".encode("gbk"), "镕基"),
        ("ks_c_5601-1987", "계약서".encode("cp949"), "계약서"),
        ("no-such-thing", "naïve café".encode("cp1252"), "naïve café"),
        ('"utf-8"', "ß".encode(), "ß"),
        ("koi8-r", "договор".encode("koi8_r"), "договор"),
    ],
)
def test_encodings_that_are_not_what_is_said(said: str | None, data: bytes, text: str) -> None:
    assert decode_as(data, said) == text
    head = f"Content-Type: text/plain; charset={said}" if said else "X: y"
    assert text in words(read(mail(head, body=data)))


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "", "utf-7", "gb2312", "hz", "iso-2022-jp", "cp1252", "x", "\0"]),
)
def test_no_bytes_are_too_strange(data: bytes, said: str | None) -> None:
    decode_as(data, said)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?ISO-8859-1?Q?We=92ve_paid_50_=80?=", "We’ve paid 50 €"),
        ("=?utf-8?B?w7w=?= =?utf-8?B?w6Q=?=", "üä"),
        ("=?utf-8?B?ww==?= =?utf-8?B?vA==?=", "ü"),  # cut within a letter
        ("Re: =?utf-8?q?=C3=BC?= x", "Re: ü x"),
        ("=?gb2312?B?6Ua7+bmry766z82s?=", "镕基公司合同"),
        ("R\udcfcckfrage \udcd6fen", "Rückfrage Öfen"),
        ("=?x?B?", "=?x?B?"),
        ("=?utf-8?B?=", "=?utf-8?B?="),
        ("=?utf-8*de?Q?=C3=BC?=", "ü"),
    ],
)
def test_heads(raw: str, text: str) -> None:
    assert decode_words(raw) == text


def test_raw_heads_and_names_of_attachments() -> None:
    head = "From: Jörg Müller <j@example.org>\r\nSubject: Rückfrage\r\n".encode("cp1252")
    note = (
        'Content-Type: text/plain; name="Übersicht.txt"\r\nContent-Disposition: attachment\r\n\r\nx'.encode(
            "cp1252"
        )
    )
    made = read(head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + note + b"\r\n--b--")
    assert (made.title, made.author) == ("Rückfrage", "Jörg Müller <j@example.org>")
    assert "Übersicht.txt" in words(made)


def test_blind_copies_are_not_searched() -> None:
    inner = "Bcc: secret2@example.org\r\nSubject: Inner\r\n\r\nx"
    made = read(
        mail("Bcc: secret1@example.org", "Subject: S", "Content-Type: message/rfc822", body=inner.encode())
    )
    assert "Inner" in words(made)
    assert "secret" not in words(made)


def test_alternatives_say_together_what_each_says() -> None:
    stub = part("text/plain", "Please use an HTML mail reader.")
    page = part(
        "text/html",
        "<p>Please use an HTML mail reader.</p><p>The lamps are <a href='https://example.org/l'>late</a>.</p>",
    )
    made = read(parts("alternative", stub, page))
    assert words(made).count("HTML mail reader") == 1
    assert "The lamps are late." in words(made)
    assert [link.url for link in made.links] == ["https://example.org/l"]
    related = b"Content-Type: multipart/related; boundary=c\r\n\r\n--c\r\n" + page + b"\r\n--c--"
    assert "The lamps are late." in words(read(parts("alternative", related, stub)))
    same = read(
        parts(
            "alternative", part("text/plain", "All is said."), part("text/html", "<p>All is <b>said</b>.</p>")
        )
    )
    assert words(same).count("is said") == 1


def test_parts_without_a_name() -> None:
    invitation = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Walk\r\nLOCATION:Gate North\r\nEND:VEVENT\r\nEND:VCALENDAR"
    made = read(
        parts(
            "alternative",
            part("text/plain", "You are invited."),
            part("text/calendar; method=REQUEST", invitation),
        )
    )
    assert "Gate North" in words(made)
    assert "applies from March" in words(
        read(
            parts(
                "mixed",
                part("application/vnd.openxmlformats-officedocument.wordprocessingml.document", make_docx()),
            )
        )
    )
    status = part(
        "message/delivery-status", "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; gone@example.org"
    )
    assert "gone@example.org" in words(read(parts("report", status)))
    assert "rich words" in words(read(parts("mixed", part("text/enriched", "<bold>rich</bold> words"))))


@pytest.mark.parametrize("how", ["base64", "quoted-printable"])
def test_a_mail_in_a_mail_that_was_encoded(how: str) -> None:
    inner = b"From: x@example.net\r\nSubject: Coded inner\r\n\r\nCoded =3D body.\r\n"
    data = base64.encodebytes(inner) if how == "base64" else inner
    one = f"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: {how}\r\n\r\n".encode() + data
    said = words(read(parts("mixed", one)))
    assert "Subject: Coded inner" in said
    assert "Coded =" in said


def test_flowed_text() -> None:
    assert (
        unflow("a long add \r\nress, and \r\nmore\r\nnext\r\n", joined=True)
        == "a long address, andmore\nnext\n"
    )
    assert unflow("one \ntwo\n> said \n> so\n>> deeper\n-- \nRita", joined=False) == (
        "one two\n> said so\n> deeper\n-- \nRita"
    )
    body = b"see https://example.org/very/lo \r\nng/path now\r\n"
    made = read(mail("Content-Type: text/plain; format=flowed; delsp=yes", body=body))
    assert [link.url for link in made.links] == ["https://example.org/very/long/path"]


def test_signed_envelopes_are_opened_and_encrypted_ones_told() -> None:
    order = b"Content-Type: text/plain\r\n\r\nThe signed order is here."
    for kind, content in (("signed_data", order), ("compressed_data", zlib.compress(order))):
        made = read(mail("Content-Type: application/x-pkcs7-mime; name=smime.p7m", "Content-Transfer-Encoding: base64",
                         body=base64.encodebytes(envelope(kind, content))))  # fmt: skip
        assert "The signed order is here." in words(made)
        assert made.unread is None
    assert "applies from March" in words(read(envelope("signed_data", make_docx()), "plan.docx.p7m"))
    closed = parts(
        "mixed",
        part("text/plain", "see below"),
        part("application/pkcs7-mime", envelope("encrypted_data", b"")),
    )
    made = read(closed)
    assert "see below" in words(made)
    assert made.unread
    assert made.unread[0] is Reason.ENCRYPTED
    with pytest.raises(FileProblem) as caught:
        read(envelope("signed_data", b"x")[:20], "a.p7m")
    assert caught.value.reason is Reason.DAMAGED


def test_mails_encrypted_by_openpgp_are_told() -> None:
    armour = "hello\n\n-----BEGIN PGP MESSAGE-----\nhQEMA5\n-----END PGP MESSAGE-----"
    for data in (
        mail(body=armour.encode()),
        parts("encrypted", part("application/pgp-encrypted", "Version: 1")),
    ):
        made = read(data)
        assert made.unread == (Reason.ENCRYPTED, "encrypted for its recipients")
        assert "hQEMA5" not in words(made)


# --- winmail.dat ----------------------------------------------------------------------------------


def test_winmail() -> None:
    made = read(
        parts(
            "mixed",
            part("application/ms-tnef", TNEF, 'Content-Disposition: attachment; filename="winmail.dat"'),
        )
    )
    for line in (
        "Über Röhren",
        "The body of it",
        "and a table",
        "plan.docx",
        "applies from March",
        "Inner body",
    ):
        assert line in words(made), line
    assert words(made).count("The body of it") == 1
    assert kinds.kind_by_content("winmail.dat", kinds.sniff("winmail.dat", TNEF)) is Kind.MAIL


@given(st.integers(0, len(TNEF) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_winmail_costs_itself(at: int, change: bytes) -> None:
    hurt = TNEF[:6] + (TNEF[:at] + change + TNEF[at + len(change) :])[6:]
    with contextlib.suppress(FileProblem):
        tnef_reader(Source(Path("winmail.dat"), "winmail.dat", hurt, 1 << 20, "tnef"))


def test_packed_rich_text() -> None:
    # the sample of MS-OXRTFCP 3.1
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpack_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpack_rtf(b"") == b""
