"""The one definition of a word: cases that the page runs too, and properties."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indexer.model.readings import clean
from indexer.terms import languages, postings, text_terms, word_table
from indexer.terms.fold import MAX_FORM, fold
from indexer.terms.languages import LANGUAGES, language_of
from indexer.terms.marks import MARKS
from indexer.terms.text_terms import index_passages
from indexer.terms.words import STEM_MARK, forms, readings, stem, tokens

CASES = Path(__file__).parent / "cases"
TEXTS = json.loads((CASES / "words.json").read_text("utf-8"))


@pytest.mark.parametrize("case", TEXTS, ids=range(len(TEXTS)))
def test_case(case: dict[str, Any]) -> None:
    found = tokens(case["text"], case["language"])
    assert [[t.form, t.marked_stem, *t.others] for t in found] == case["tokens"]


def test_stems() -> None:
    assert [
        [word, stem(word)] for word, _ in json.loads((CASES / "stems.json").read_text("utf-8"))
    ] == json.loads((CASES / "stems.json").read_text("utf-8"))


@given(st.text())
def test_forms_are_folded_once_and_for_all(text: str) -> None:
    for form in forms(text):
        assert 0 < len(form) <= MAX_FORM
        assert fold(form) == form
        assert not form.startswith(STEM_MARK)


@given(st.text())
def test_composed_and_decomposed_text_is_the_same(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert forms(composed) == forms(unicodedata.normalize("NFD", composed))


@given(st.text())
def test_offsets(text: str) -> None:
    last = 0
    for token in tokens(text):
        assert last <= token.start < token.end <= len(text)
        assert fold(text[token.start : token.end]) == token.form
        last = token.end


@given(
    st.lists(st.text(max_size=60), max_size=8),
    st.lists(st.text(max_size=20), max_size=2),
    st.sampled_from(["", *LANGUAGES]),
)
def test_postings_come_back_as_they_were(texts: list[str], headings: list[str], language: str) -> None:
    texts, headings = [clean(text) for text in texts], [clean(text) for text in headings]
    terms = index_passages(texts, language=language)
    packed = postings.pack(texts, headings, language)
    found = postings.unpack(packed)
    assert found.names() == sorted(terms.positions)
    assert list(found.counts) == [len(terms.positions[name]) for name in found.names()]
    assert list(found.positions) == [at for name in found.names() for at in terms.positions[name]]
    again = index_passages(headings, language=language)
    assert list(found.weights) == [
        len(where) + len(again.positions.get(name, ())) for name, where in sorted(terms.positions.items())
    ]
    assert found.length == terms.length + again.length
    assert (found.language, found.end) == (language, terms.end)
    assert list(postings.starts_of(packed)) == list(terms.starts)
    assert postings.language_of(packed) == language


_WRITTEN = st.sampled_from(
    ["steel", "Steel", "STEEL", "SteelTariff", "EN10204", "AX-200/b", "l'impôt", "Zölle", "zoelle", "東京都", "12.5", "a@b.org",
     "running", "runs", "customers", "C++", "C#", ".NET", "§", "0800 555 1234", "M8 x 20", "계약서를", "x" * 70, "Straße", "Stahlträger", "Stahltraeger", "Preisliste", "ﬁnal", "\u037a-foo", "co\u00adop", "12mm", "anti-dumping"]
)  # fmt: skip


@given(
    st.lists(st.lists(_WRITTEN, max_size=30).map(" ".join), max_size=6),
    st.sampled_from(["", "en", "de", "fr"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_gives_the_terms_of_the_definition(
    monkeypatch: pytest.MonkeyPatch, texts: list[str], language: str
) -> None:
    """Also while it begins anew between texts, and beyond the limits of one text."""
    monkeypatch.setattr(word_table, "MOST_KNOWN", 10)
    monkeypatch.setattr(text_terms, "MOST_WORDS", 60)
    monkeypatch.setattr(text_terms, "MOST_DISTINCT", 15)
    terms = index_passages(texts, language=language)
    found = postings.unpack(postings.pack(texts, texts[:1], language))
    assert found.names() == sorted(terms.positions)
    assert list(found.positions) == [at for name in found.names() for at in terms.positions[name]]
    assert list(postings.starts_of(postings.pack(texts, (), language))) == list(terms.starts)


@example(b"\n", 89)
@given(st.binary(max_size=200), st.integers(40, 100))
def test_damaged_postings_are_said_to_be(noise: bytes, at: int) -> None:
    packed = postings.pack(["some words that are packed", "and more of them"])
    damaged = packed[:at] + noise + packed[at + len(noise) :]
    try:
        found = postings.unpack(damaged)
    except ValueError:
        assert damaged != packed
    else:
        assert found == postings.unpack(packed)  # some bits of a deflated stream say nothing


@given(st.lists(st.sampled_from(["tariff", "tariffs", "run", "running", "of"]), max_size=20))
def test_each_occurrence_of_a_word_counts_once(words: list[str]) -> None:
    terms = index_passages([" ".join(words)])
    for word in set(words):
        same = [other for other in words if stem(other) == stem(word)]
        counts = [
            sum(len(terms.positions.get(term, ())) for term in group)
            for group in readings(word, ["en", "de"])
        ]
        assert max(counts) == len(same)


def test_marks_are_those_of_unicode() -> None:
    marks = re.compile(f"[{MARKS}]")
    for code in range(0x20000):
        c = chr(code)
        if unicodedata.category(c) != "Cn":
            assert bool(marks.match(c)) == unicodedata.category(c).startswith("M"), hex(code)


@pytest.mark.parametrize(
    ("text", "language"),
    [("New tariffs on steel", "en"), ("Zölle auf Stahl", "de"), ("les nouvelles règles", "fr"), ("東京タワー", ""),
     ("Report", "en"), ("", ""), ("Отчет о продажах", ""), ("relazione annuale sulle vendite", "it")],
)  # fmt: skip
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We have seen that the price of steel is not what it was when the offer was made to us.", "en"),
        ("Wir haben gesehen, dass der Preis für Stahl nicht mehr der ist, der er bei dem Angebot war.", "de"),
        ("Nous avons vu que le prix de l'acier n'est plus celui qu'il était lors de cette offre.", "fr"),
        ("κNor(s, x2) = 0, S = V (X2 − Y 2 − Z), s n t l, z ∈ R, min κ n Nor(s, x), d m s", ""),
        ("Timestamp,UTC,Callsign,Position,Altitude,N,S,L,T,D,Q,C,M,J,Y", ""),
        ("el precio de la oferta", ""),
    ],
)
def test_function_words_tell_the_language_or_leave_it_to_the_detector(text: str, language: str) -> None:
    assert languages._told_by_function_words(text) == language


def test_stems_by_language() -> None:
    for language, pairs in json.loads((CASES / "stems_by_language.json").read_text("utf-8")).items():
        assert [[word, stem(word, language)] for word, _ in pairs] == pairs, language
