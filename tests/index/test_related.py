"""Items like a given one are the same by every index, and are what the words of the folder say."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.index.memory_index import MemoryIndex
from indexer.index.search_index import SearchIndex
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Item
from indexer.model.log import Change, Place
from indexer.search.related import KEY_TERMS, alike, asked_by, key_terms

from .test_contract import entry, gone, item

PUMPS = "The glycol pump leaks at the shaft seal, says the workshop report"
LETTER = "Glycol pumps whose shaft seals leak were bought in the workshop"
OFFER = "Our offer of flanges and gaskets is valid until March"
MENU = "Soup, noodles, salad and coffee are served at noon"
TALK = "Minutes of a talk on holidays, shifts and parking"


def fill(index: SearchIndex, *items: tuple[Item, str]) -> dict[str, Change]:
    """Take in items with their texts; return the changes by path."""
    changes = [entry(number, thing, text) for number, (thing, text) in enumerate(items, 1)]
    index.apply(changes, Place("e", len(changes)))
    return {thing.path: change for (thing, _), change in zip(items, changes, strict=True)}


def words_of(index: SearchIndex, change: Change) -> list[str]:
    assert change.item
    return key_terms(index, index.copies(change.id), change.item, change.terms)


def like(index: SearchIndex, change: Change, *, across: bool = False) -> list[int]:
    assert change.item
    request = asked_by(words_of(index, change), change.item, 10, across=across)
    found = alike(index, index.copies(change.id), request)
    return [int(hit.id, 16) for hit in found.hits]


class RelatedTests:
    """What holds for every index."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[SearchIndex]:
        raise NotImplementedError

    def test_who_shares_telling_words_is_related(self, index: SearchIndex) -> None:
        made = fill(
            index, (item(0), PUMPS), (item(1), LETTER), (item(2), OFFER), (item(3), MENU), (item(4), TALK)
        )
        assert like(index, made["f0.txt"]) == [1]
        assert like(index, made["f1.txt"]) == [0]
        assert like(index, made["f2.txt"]) == like(index, made["f3.txt"]) == []

    def test_key_terms_tell_and_others_have_them(self, index: SearchIndex) -> None:
        made = fill(
            index,
            (item(0), "The pump, pumps and pumping of 1250 litres; xylophone, https: everywhere"),
            (item(1), "the pump, https: of 1250 litres everywhere"), (item(2), "everywhere"), (item(3), "everywhere"),
        )  # fmt: skip
        assert words_of(index, made["f0.txt"]) == ["pump", "litres"]
        assert words_of(index, made["f2.txt"]) == []

    def test_there_are_not_too_many(self, index: SearchIndex) -> None:
        text = " ".join(f"word{chr(97 + n)}x" for n in range(26))
        made = fill(index, (item(0), text), (item(1), text), (item(2), MENU), (item(3), TALK))
        assert len(words_of(index, made["f0.txt"])) == KEY_TERMS

    def test_a_few_words_of_many_are_chance(self, index: SearchIndex) -> None:
        words = [f"word{chr(97 + n)}x" for n in range(KEY_TERMS)]
        few = [
            (item(n + 1), " ".join(words[2 * n : 2 * n + 2] + ["other"] * 8)) for n in range(KEY_TERMS // 2)
        ]
        many = (item(20), " ".join(words[: KEY_TERMS // 2] + ["further"] * 8))
        made = fill(index, (item(0), " ".join(words)), *few, many)
        assert words_of(index, made["f0.txt"]) != []
        assert like(index, made["f0.txt"]) == [20]

    def test_copies_are_neither_related_nor_hide_who_is(self, index: SearchIndex) -> None:
        made = fill(
            index,
            (item(0, "Sales/a.txt", digest="same"), PUMPS + " zebra"), (item(1, "Quality/a.txt", digest="same"), PUMPS + " zebra"),
            (item(2), LETTER), (item(3), MENU), (item(4), TALK), (item(5), OFFER),
        )  # fmt: skip
        change = made["Sales/a.txt"]
        assert index.copies(change.id) == {item(0).id, item(1).id}
        assert "zebra" not in words_of(index, change)
        assert like(index, change) == [2]
        assert like(index, change, across=True) == []

    def test_across_is_another_department(self, index: SearchIndex) -> None:
        made = fill(
            index, (item(0, "Sales/Old/a.txt"), PUMPS), (item(1, "Sales/b.txt"), LETTER), (item(2, "Quality/Sales/c.txt"), LETTER),
            (item(3, "d.txt"), LETTER), (item(4), MENU), (item(5), TALK), (item(6), OFFER), (item(7), "Another menu"),
        )  # fmt: skip
        assert set(like(index, made["Sales/Old/a.txt"])) == {1, 2, 3}
        assert like(index, made["Sales/Old/a.txt"], across=True) == [2]
        assert set(like(index, made["d.txt"], across=True)) == {0, 1, 2}

    def test_what_is_removed_counts_for_nothing(self, index: SearchIndex) -> None:
        made = fill(
            index, (item(0), PUMPS), (item(1), LETTER), (item(2, digest="d0"), PUMPS), (item(3), MENU)
        )
        index.apply([gone(5, item(1).id), gone(6, item(2).id)], Place("e", 6))
        assert index.count() == 2
        assert index.copies(item(0).id) == {item(0).id}
        assert index.copies(item(1).id) == frozenset()
        assert like(index, made["f0.txt"]) == []


class TestMemoryIndex(RelatedTests):
    """The reference."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> SearchIndex:
        return MemoryIndex()


class TestWhooshIndex(RelatedTests):
    """The real one."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[SearchIndex]:
        made = WhooshIndex(tmp_path / "index")
        yield made
        made.close()


WORDS = ("steel", "tariffs", "tariff", "pump", "pumps", "glycol", "Zölle", "the", "12", "S355J2", "東京都")
ITEMS = st.tuples(
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.sampled_from(["", "Sales/", "Sales/EU/", "Quality/"]),
    st.sampled_from(["d1", "d2", ""]),
    st.sampled_from(["en", "de", ""]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ITEMS, min_size=2, max_size=8), st.booleans())
def test_whoosh_answers_as_the_reference_does(texts: list[tuple[str, str, str, str]], across: bool) -> None:
    changes = [
        entry(n + 1, item(n, f"{folder}{n}.txt", digest=digest), text, language=language)
        for n, (text, folder, digest, language) in enumerate(texts)
    ]
    with tempfile.TemporaryDirectory() as top:
        real, reference = WhooshIndex(Path(top) / "index"), MemoryIndex()
        for index in (real, reference):
            index.apply(changes[:3], Place("e", 3))
            index.apply([*changes[3:], gone(20, changes[1].id)], Place("e", 20))
        assert real.count() == reference.count()
        for change in changes:
            assert real.copies(change.id) == reference.copies(change.id)
            words = words_of(real, change)
            assert words == words_of(reference, change)
            assert change.item
            request = asked_by(words, change.item, 10, across=across)
            answers = [alike(index, index.copies(change.id), request) for index in (real, reference)]
            got, expected = (
                [(h.id, round(h.score, 6), set(h.copies)) for h in found.hits] for found in answers
            )
            assert sorted(got) == sorted(expected)
            explained = [
                {(h.id, w.word, w.df, round(w.weight, 6), round(w.score, 6)) for h in index.search(request).hits
                 for w in (h.explanation.words if h.explanation else ())}
                for index in (real, reference)
            ]  # fmt: skip
            assert explained[0] == explained[1]
        real.close()
