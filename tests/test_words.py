"""The one definition of a word: cases that the page runs too, and properties."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.words import MAX_FORM, STEM_MARK, Terms, fold, forms, index_passages, stem, tokens, word_terms

CASES = Path(__file__).parent / "cases"
TEXTS = json.loads((CASES / "words.json").read_text("utf-8"))


@pytest.mark.parametrize("case", TEXTS, ids=range(len(TEXTS)))
def test_case(case: dict[str, Any]) -> None:
    assert [[t.form, t.marked_stem] for t in tokens(case["text"])] == case["tokens"]


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


@given(st.lists(st.text(max_size=60), max_size=8), st.integers(0, 1000))
def test_terms_come_back_as_they_were(texts: list[str], start: int) -> None:
    terms = index_passages(texts, start)
    assert Terms.unpack(terms.pack()) == terms
    assert terms.length == sum(len(forms(text)) for text in texts)
    assert len(terms.starts) == len(texts)


@given(st.lists(st.sampled_from(["tariff", "tariffs", "run", "running", "of"]), max_size=20))
def test_each_occurrence_of_a_word_counts_once(words: list[str]) -> None:
    terms = index_passages([" ".join(words)])
    for word in set(words):
        same = [other for other in words if stem(other) == stem(word)]
        form, marked = word_terms(word)
        assert len(terms.positions.get(form, ())) + terms.stems.get(marked, 0) == len(same)
