"""Words that mean the same: the file, and what a query becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import UserError
from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.index.synonyms import parse_synonyms, read_synonyms, with_synonyms
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.query import And, Not, Phrase, SearchRequest, Word
from tests.index.test_contract import fill, ids

TEXT = """
# for this team
tariff, duty, customs duty
car => vehicle   # not the other way round
"""


def test_groups_and_one_way() -> None:
    found = parse_synonyms(TEXT)
    assert found[("tariff",)] == (Word("duty"), Phrase(("customs", "duty")))
    assert found[("customs", "duty")] == (Word("tariff"), Word("duty"))
    assert found[("car",)] == (Word("vehicle"),)
    assert ("vehicle",) not in found


def test_plain_words_get_them_and_phrases_do_not() -> None:
    query = with_synonyms(parse('car -car "car park"'), parse_synonyms(TEXT))
    assert query == And(
        (Word("car", (Word("vehicle"),)), Not(Word("car", (Word("vehicle"),))), Phrase(("car", "park")))
    )


@pytest.mark.parametrize("kind", ["whoosh", "memory"])
def test_they_are_found(kind: str, tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index") if kind == "whoosh" else MemoryIndex()
    fill(index, "new tariffs", "a customs duty", "duties", "the car", "one vehicle", "duty customs")
    for text, expected in [("tariff", {0, 1, 2, 5}), ("car", {3, 4}), ("vehicle", {4}), ("customs", {1, 5})]:
        query = with_synonyms(parse(text), parse_synonyms(TEXT))
        assert set(ids(index.search(SearchRequest(query)))) == expected, text


@given(st.text())
def test_any_file_says_something_or_nothing(text: str) -> None:
    for entry, also in parse_synonyms(text).items():
        assert entry
        assert also


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert read_synonyms("") == {}
    with pytest.raises(UserError, match=r"search\.synonyms"):
        read_synonyms(str(tmp_path / "missing.txt"))
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError):
        read_synonyms(str(tmp_path / "binary.txt"))
