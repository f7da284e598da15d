"""Columns, lines and programs: what text needs to be shown well."""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.cli.output import printable
from indexer.cli.results import marked
from indexer.cli.screen import bare, cells, program, shortened, wrapped

SEQUENCE = "\x1b[1;33mword\x1b[0m"
SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Of category "format", and yet to be seen: signs before Arabic, Syriac and Kaithi numbers."""
TEXTS = st.text(alphabet=st.characters(), max_size=60)


@given(TEXTS)
def test_nothing_printable_can_steer_a_terminal(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(c.isprintable() or (ord(c) > 0x9F and not 0xD800 <= ord(c) <= 0xDFFF) for c in shown)
    assert not set(shown) & set("\x1b\n\r\t\x07\x9b\u2028\u2029\u202a\u202e\u2066\u2069")
    assert printable(shown) == shown


@given(TEXTS | st.text(alphabet="a\u00e9\u200b\u200c\u200d\u200e\xad\ufeff\U000e0041\u061c\u2063\ufffa"))
def test_nothing_printable_hides(text: str) -> None:
    shown = printable(text)
    hidden = [at for at, c in enumerate(shown) if unicodedata.category(c) == "Cf" and c not in SEEN]
    assert all(shown[at] in "\u200c\u200d" and at and not shown[at - 1].isascii() for at in hidden)


def test_no_character_hides() -> None:
    shown = printable("".join(map(chr, range(0x110000))))
    hidden = {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert hidden - set(SEEN) <= {"\u200c", "\u200d"}  # after visible characters beyond ASCII


def test_a_text_is_shown_without_what_is_invisible_in_it() -> None:
    assert marked("Donau\xaddampf \u200bzebra\u200e", [(12, 19)]) == "Donaudampf \x1b[1;33mzebra\x1b[0m"


def test_what_is_kept_is_kept() -> None:
    assert printable("a\tb\x1b", keep="\t") == "a\tb\ufffd"
    assert (
        printable("e\u0301 日本 \u05d0 می\u200cخواهم \U0001f469\u200d\U0001f467")
        == "e\u0301 日本 \u05d0 می\u200cخواهم \U0001f469\u200d\U0001f467"
    )


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("a\u200db", 2), ("ｆ", 2), ("", 0)]
)
def test_cells(text: str, columns: int) -> None:
    assert cells(text) == columns


@given(TEXTS.map(printable), st.integers(2, 40))
def test_shortened_texts_fit(text: str, width: int) -> None:
    short = shortened(text, width)
    assert cells(short) <= width
    assert short == text or short.endswith("…")
    assert cells(text) > width or short == text


@given(TEXTS.map(printable), st.integers(8, 40))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    assert " ".join(lines).split() == text.split()
    assert all(cells(line) <= width or len(line.split()) == 1 for line in lines)


def test_colours_take_no_room() -> None:
    assert bare(f"a {SEQUENCE} \x1b]8;;https://example.org\x1b\\b\x1b]8;;\x1b\\") == "a word b"
    assert list(wrapped(f"{SEQUENCE} {SEQUENCE}", 9)) == [f"{SEQUENCE} {SEQUENCE}"]
    assert list(wrapped(f"{SEQUENCE} {SEQUENCE}", 8)) == [SEQUENCE, SEQUENCE]


def test_marks_stand_round_the_hits_alone() -> None:
    assert marked("a word, \x1b[0m word", [(2, 6), (13, 17)]) == f"a {SEQUENCE}, \ufffd[0m {SEQUENCE}"


def test_a_program_of_the_present_folder_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("bin", "shared"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "viewer.exe").write_text("#!/bin/sh\n")
        (tmp_path / place / "viewer.exe").chmod(0o755)
    monkeypatch.chdir(tmp_path / "shared")
    monkeypatch.setattr(shutil, "which", lambda name, *_: str(Path.cwd() / name))  # as Windows looks first
    real = tmp_path / "bin" / "viewer.exe"
    for places in ([tmp_path / "shared"], [Path()], []):
        monkeypatch.setenv("PATH", os.pathsep.join(map(str, places)))
        assert program("viewer.exe") is None
        monkeypatch.setenv("PATH", os.pathsep.join(map(str, [*places, tmp_path / "bin"])))
        assert program("viewer.exe") == str(real)
        assert program(str(real)) == str(real)
    assert program("nothing-of-that-name") is None
