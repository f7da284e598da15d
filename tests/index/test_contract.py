"""Every search index keeps the same promises; the one in memory is the reference for the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.errors import StateError
from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.index.search_index import SearchIndex
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Item, ItemId, Kind, RelPath
from indexer.model.links import Health, LinkState
from indexer.model.log import Change, Entry, Place
from indexer.model.query import Not, SearchRequest, Word
from indexer.model.results import Found
from indexer.search.suggestion import suggestion
from indexer.terms.postings import pack
from indexer.terms.weighing import item_terms

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def item(number: int, path: str = "", **more: object) -> Item:
    facts: dict[str, object] = {
        "id": ItemId(f"{number:016x}"), "path": RelPath(path or f"f{number}.txt"), "kind": Kind.TEXT, "title": "",
        "author": "", "tags": (), "note": "", "url": None, "size": 5, "modified": NOW - timedelta(days=number),
        "added": NOW - timedelta(days=number), "digest": f"d{number}",
    }  # fmt: skip
    return Item(**{**facts, **more})  # type: ignore[arg-type]


def entry(seq: int, thing: Item, *passages: str, language: str = "en") -> Change:
    return Change(Entry(seq, thing.id, thing, pack(passages, passages[1:2], language)), item_terms)


def gone(seq: int, item_id: ItemId) -> Change:
    return Change(Entry(seq, item_id, None), item_terms)


def fill(index: SearchIndex, *texts: str) -> None:
    entries = [entry(n + 1, item(n), text) for n, text in enumerate(texts)]
    index.apply(entries, Place("e", len(texts)))


def ask(index: SearchIndex, text: str, **more: object) -> Found:
    return index.search(SearchRequest(parse(text, NOW), now=NOW, **more))  # type: ignore[arg-type]


def ids(found: Found) -> list[int]:
    return [int(hit.id, 16) for hit in found.hits]


class SearchIndexTests:
    """What every index promises."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[SearchIndex]:
        raise NotImplementedError

    def test_words_are_all_required_in_any_order_and_inflection(self, index: SearchIndex) -> None:
        fill(index, "new tariffs on steel", "a tariff alone", "steel tariff of résumés")
        assert set(ids(ask(index, "steel tariff"))) == {0, 2}
        assert ids(ask(index, "RESUME tariffs")) == [2]

    def test_or_not_and_groups(self, index: SearchIndex) -> None:
        fill(index, "iron pump", "steel pump", "steel flange", "scrap steel pump")
        assert set(ids(ask(index, "iron OR flange"))) == {0, 2}
        assert set(ids(ask(index, "(iron OR steel) pump -scrap"))) == {0, 1}
        assert set(ids(ask(index, "NOT steel"))) == {0}

    def test_phrases_are_adjacent_as_written_and_within_a_passage(self, index: SearchIndex) -> None:
        index.apply(
            [entry(1, item(0), "the glycol seal holds"), entry(2, item(1), "seal of glycol"),
             entry(3, item(2), "ends with glycol", "seal begins"), entry(4, item(3), "glycol seals")],
            Place("e", 4),
        )  # fmt: skip
        assert ids(ask(index, '"Glycol SEAL"')) == [0]

    def test_prefix_and_fuzzy(self, index: SearchIndex) -> None:
        fill(index, "tariff", "tarif", "tarifs", "traiff", "target")
        assert set(ids(ask(index, "tarif*"))) == {0, 1, 2}
        assert set(ids(ask(index, "tariff~"))) == {0, 1, 2, 3}
        assert set(ids(ask(index, "ta*"))) == set()

    def test_notes_are_results_of_their_own_only_if_asked_for(self, index: SearchIndex) -> None:
        file = item(0)
        notes = [item(n, kind=Kind.NOTE, note_on=file.path, fold_with=file.fold_key) for n in (1, 2)]
        entries = [entry(1, file, "steel"), entry(2, notes[0], "steel iron"), entry(3, notes[1], "steel")]
        index.apply(entries, Place("e", 3))
        for query in ("steel", "", "steel type:text OR type:note", "-iron"):
            found = ask(index, query, facets=True)
            assert (found.total, len(found.hits)) == (1, 1), query
            assert dict(found.facets["year"]) == {"2026": 1}
        for query in ("type:note", "steel type:note", "type:note -lead", "type:note ste*"):
            found = ask(index, query, facets=True)
            assert (found.total, set(ids(found))) == (2, {1, 2}), query
            assert [hit.copies for hit in found.hits] == [(), ()]
            assert dict(found.facets["kind"]) == {"note": 2}

    def test_expansion_takes_the_most_frequent(self, index: SearchIndex) -> None:
        names = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(260)]
        fill(index, *(f"{name} common" for name in names), names[259])
        found = ask(index, "word*", limit=500)
        assert not found.complete
        # 259 stands in two items; of the others, which are all equal, the first by spelling
        assert set(ids(found)) == {*range(255), 259, 260}
        assert ask(index, "wordj*").complete

    def test_removed_items_count_for_nothing(self, index: SearchIndex) -> None:
        fill(index, "alpha", "alpha beta", "beta")
        index.apply([gone(4, ItemId(f"{1:016x}"))], Place("e", 4))
        assert ids(ask(index, "alpha")) == [0]
        assert ids(ask(index, "beta")) == [2]
        assert ask(index, "").total == 2

    def test_applying_twice_equals_once(self, index: SearchIndex) -> None:
        fill(index, "alpha", "beta")
        fill(index, "alpha", "beta")
        assert ask(index, "").total == 2
        assert index.place() == Place("e", 2)

    def test_filters(self, index: SearchIndex) -> None:
        index.apply(
            [entry(1, item(0, "Sales/EU/a.pdf", kind=Kind.PDF, author="Sales Office", tags=("Fixed price",)), "x"),
             entry(2, item(1, "Sales Archive/b.txt", title="Annual report 2026"), "x"),
             entry(3, item(40, "c.txt", title="Report, annual"), "x")],
            Place("e", 3),
        )  # fmt: skip
        for text, expected in [
            ("type:pdf", {0}), ("in:sales", {0}), ("in:EU", {0}), ("in:sales/eu", {0}), ('in:"Sales Archive"', {1}),
            ("by:office", {0}), ('by:"Sales Office"', {0}), ("tag:fixed", set()), ('tag:"fixed PRICE"', {0}),
            ('title:"annual report"', {1}), ("title:annual", {1, 40}), ("after:2026-11", {0, 1}),
            ("before:2026-11", {40}), ("after:7d", {0, 1}), ("-type:pdf x", {1, 40}),
        ]:  # fmt: skip
            assert set(ids(ask(index, text))) == expected, text

    def test_links_are_found_by_site_and_state(self, index: SearchIndex) -> None:
        links = [
            ("https://www.Example.com/a", LinkState.OK), ("http://news.example.com:8080/b", LinkState.MOVED),
            ("https://xn--bcher-kva.example/", LinkState.FAILING), ("https://myexample.com/", LinkState.GONE),
            ("https://example.org/", None), ("mailto:desk@example.com", None), (None, None),
        ]  # fmt: skip
        index.apply(
            [entry(n + 1, item(n, kind=Kind.LINK, url=url, health=Health(state) if state else None), "x")
             for n, (url, state) in enumerate(links)],
            Place("e", len(links)),
        )  # fmt: skip
        for text, expected in [
            ("site:example.com", {0, 1}), ("site:WWW.example.com", {0, 1}), ("site:news.example.com", {1}),
            ("site:https://news.example.com/else", {1}), ("site:com", {0, 1, 3}), ("site:ample.com", set()),
            ("site:bücher.example", {2}), ("site:xn--bcher-kva.example", {2}), ("-site:com x", {2, 4, 5, 6}),
            ("is:broken", {2, 3}), ("is:moved", {1}), ("IS:Broken site:com", {3}), ("-is:broken site:com", {0, 1}),
        ]:  # fmt: skip
            assert set(ids(ask(index, text))) == expected, text
        index.apply([entry(8, item(3, url=links[3][0], health=Health(LinkState.OK)), "x")], Place("e", 8))
        assert set(ids(ask(index, "is:broken"))) == {2}

    def test_everything_else_that_is_searched(self, index: SearchIndex) -> None:
        index.apply(
            [entry(1, item(0, "Folder/report_v2-final.docx", title="Given title", tags=("tagged",), note="noted")),
             entry(2, item(1, "Links.txt", kind=Kind.LINK, url="https://example.org/deep/address", title="A link",
                           is_list_entry=True))],
            Place("e", 2),
        )  # fmt: skip
        for text, expected in [
            ("final", [0]), ("given", [0]), ("tagged", [0]), ("noted", [0]), ("address example", [1]), ("folder", []),
            ("links", [1]),
        ]:  # fmt: skip
            assert ids(ask(index, text, relax=False)) == expected, text

    def test_a_better_place_ranks_higher_and_ties_go_to_the_newest(self, index: SearchIndex) -> None:
        index.apply(
            [entry(1, item(0), "pump " + "word " * 20), entry(2, item(1, title="Pump"), "word " * 20),
             entry(3, item(3), "alpha"), entry(4, item(2), "alpha")],
            Place("e", 4),
        )  # fmt: skip
        assert ids(ask(index, "pump")) == [1, 0]
        assert ids(ask(index, "alpha")) == [2, 3]
        assert ids(ask(index, "alpha", sort="oldest")) == [3, 2]

    def test_copies_are_one_result_after_filtering(self, index: SearchIndex) -> None:
        index.apply(
            [entry(1, item(0, "a/x.txt", digest="same"), "alpha"), entry(2, item(1, "b/x.txt", digest="same"), "alpha"),
             entry(3, item(2, "empty1", digest="none", size=0)), entry(4, item(3, "empty2", digest="none", size=0))],
            Place("e", 4),
        )  # fmt: skip
        found = ask(index, "alpha")
        assert found.total == 1
        assert [(int(h.id, 16), [int(c, 16) for c in h.copies]) for h in found.hits] == [(0, [1])]
        assert [(int(h.id, 16), len(h.copies)) for h in ask(index, "alpha in:b").hits] == [(1, 0)]
        assert ask(index, "").total == 3

    def test_relaxing(self, index: SearchIndex) -> None:
        fill(index, "steel tariff exemption", "steel tariff", "steel", "other")
        found = ask(index, "steel tariff deadline exemption")
        assert (found.relaxed, ids(found)) == (True, [0, 1, 2])
        assert set(ids(ask(index, "steel zzz"))) == {0, 1, 2}
        assert ids(ask(index, "steel zzz -tariff")) == [2]
        assert ids(ask(index, "steel zzz (exemption OR tar*)")) == [0, 1]
        assert ids(ask(index, "yyy zzz (exemption OR tar*)")) == []  # a group is no word
        assert ids(ask(index, "steel zzz", relax=False)) == []
        assert not ask(index, "zzz").relaxed

    def test_function_words_neither_count_nor_score(self, index: SearchIndex) -> None:
        fill(index, "what is the duty on steel and what is it of", "steel duty", "other", "is it of what")
        found = ask(index, "what is the steel duty exemption")
        assert (found.relaxed, set(ids(found))) == (True, {0, 1})
        assert found.matched_forms.isdisjoint({"what", "is", "the"})
        assert ids(found)[0] == 1  # the shorter one
        assert set(ids(ask(index, "what is zzz"))) == set()
        assert set(ids(ask(index, "what is"))) == {0, 3}
        assert ids(ask(index, "what the")) == [0]

    def test_derived_words_come_after_the_word_itself(self, index: SearchIndex) -> None:
        filler = "other words of no importance " * 40
        fill(
            index,
            *["customer customers customer"] * 3,
            f"{filler} custom {filler}",
            "customs duty",
            "customer duty",
        )
        assert ids(ask(index, "customs"))[:2] == [4, 3]
        assert len(ids(ask(index, "customs"))) == 6
        assert ids(ask(index, "customers"))[-2:] == [4, 3]
        assert ids(ask(index, "customs duty")) == [4, 5]
        assert ids(ask(index, '"customers"')) == [0, 1, 2]
        assert ask(index, "customs", explain=True).hits[0].score > ask(index, "customs").hits[2].score

    def test_parts_of_german_compounds_come_after_the_word_itself(self, index: SearchIndex) -> None:
        texts = (
            "ein Stahlträger, Stahlträger",
            "der Träger " + "ist aus Holz " * 40,
            "die Stahltraegern",
            "der Apparat",
        )
        index.apply(
            [
                *(entry(n + 1, item(n), text, language="de") for n, text in enumerate(texts)),
                entry(5, item(4), "ein Stahlträger", language="en"),
            ],
            Place("e", 5),
        )
        for text, expected in [
            ("Träger", [1, 0, 2]), ("traeger", [1, 0, 2]), ("Stahl", [0, 2]), ("stahl träger", [0, 2]), ("Rat", []),
            ('"Träger"', [1]), ("-Träger", [0, 2, 3, 4]), ("-(Stahl OR Träger)", [0, 2, 3, 4]), ("Träger -Stahlträger", [1]),
            ("träge*", [1]), ("trager~", [1]), ("title:träger", []), ("Stahlträger", [0, 2, 4]),
        ]:  # fmt: skip
            assert ids(ask(index, text, relax=False)) == expected, text
        assert ask(index, "träger").hits[1].score < ask(index, "träger").hits[0].score / 100
        assert "=stahl+" not in index.near("=stahl", 9)

    def test_synonyms_are_no_parts(self, index: SearchIndex) -> None:
        index.apply(
            [
                entry(n + 1, item(n), text, language="de")
                for n, text in enumerate(["Stahlträger", "Stahl", "x"])
            ],
            Place("e", 3),
        )
        query = Word("eisen", (Word("stahl"),))
        assert ids(index.search(SearchRequest(query, now=NOW))) == [1]
        assert ids(index.search(SearchRequest(Not(query), now=NOW))) == [0, 2]

    def test_slices(self, index: SearchIndex) -> None:
        fill(index, *["alpha"] * 5)
        assert ids(ask(index, "alpha", limit=2, offset=1)) == [1, 2]
        past = ask(index, "alpha", offset=9)
        assert (past.total, past.hits) == (5, ())

    def test_where(self, index: SearchIndex) -> None:
        index.apply([entry(1, item(0), "one two three", "two four")], Place("e", 1))
        assert index.where(item(0).id, frozenset({"two", "four"})) == (1, 4, 5)
        assert index.where(item(9).id, frozenset({"two"})) == ()

    def test_tidying_changes_nothing(self, index: SearchIndex) -> None:
        for number in range(14):
            index.apply(
                [entry(number + 1, item(number), f"alpha word{number}", "more text")], Place("e", number + 1)
            )
        index.apply([gone(15, item(3).id)], Place("e", 15))
        before = [(h.id, round(h.score, 9)) for h in ask(index, "alpha", limit=50).hits]
        index.tidy()
        assert [(h.id, round(h.score, 9)) for h in ask(index, "alpha", limit=50).hits] == before
        index.tidy(thoroughly=True)
        assert [(h.id, round(h.score, 9)) for h in ask(index, "alpha", limit=50).hits] == before
        assert ids(ask(index, '"alpha word5"')) == [5]


class SuggestionTests:
    """What was meant is chosen by what the other words find."""

    def test_the_other_words_decide(self, index: SearchIndex) -> None:
        fill(
            index,
            *["really other"] * 5,
            "comment of the author, with a reply",
            "database of steel tariff",
            "steel tariff",
            "a data sheet",
        )
        for text, meant in (
            ("comment replly author", "comment reply author"),
            ("replly", "reply"),  # a letter doubled
            ("coment replyy author", "comment reply author"),
            ("data base steel", "database steel"),
            ("steeltariff", "steel tariff"),
            ("database steeltarif", None),
            ("comment database", None),
            ("zzzzzz", None),
            ('"replly author"', None),
            ("(replly OR zzz) comment", "(reply OR zzz) comment"),
        ):
            assert suggestion(text, SearchRequest(parse(text, NOW), now=NOW), index) == meant, text


class TestMemoryIndex(SearchIndexTests, SuggestionTests):
    """The reference."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> SearchIndex:
        return MemoryIndex()


class TestWhooshIndex(SearchIndexTests, SuggestionTests):
    """The real one."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[SearchIndex]:
        made = WhooshIndex(tmp_path / "index")
        yield made
        made.close()

    def test_another_process_sees_each_commit(self, index: SearchIndex, tmp_path: Path) -> None:
        fill(index, "alpha")
        other = WhooshIndex(tmp_path / "index", create=False)
        assert ask(other, "alpha").total == 1
        index.apply([entry(2, item(7), "alpha")], Place("e", 2))
        assert ask(other, "alpha").total == 2
        other.close()

    def test_nothing_of_a_removed_item_is_left(self, index: SearchIndex, tmp_path: Path) -> None:
        fill(index, "zebra crossing", "other")
        index.apply([gone(3, item(0).id)], Place("e", 3))
        index.tidy(thoroughly=True)
        assert b"zebra" not in b"".join(path.read_bytes() for path in (tmp_path / "index").iterdir())

    def test_damage_is_said(self, index: SearchIndex, tmp_path: Path) -> None:
        fill(index, "alpha")
        index.close()
        for path in (tmp_path / "index").iterdir():
            path.write_bytes(b"")
        with pytest.raises(StateError, match="rebuild"):
            ask(WhooshIndex(tmp_path / "index", create=False), "alpha")


WORDS = [
    "steel",
    "tariff",
    "tariffs",
    "pump",
    "pumps",
    "seal",
    "glycol",
    "résumé",
    "resume",
    "traiff",
    "12",
    "ax",
    "AX-200/b",
    "e-mail",
    "email",
    "Zölle",
    "zoelle",
    "東京都",
    "SteelPump",
    "12,5",
    "Stahlträger",
    "Träger",
    "Stahl",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)
ITEMS = st.builds(
    lambda n, path, title, author, tags, days, digest, kind: item(
        n, path, title=title, author=author, tags=tuple(tags), digest=digest, kind=kind,
        modified=NOW - timedelta(days=days), added=NOW - timedelta(days=days),
    ),
    st.integers(0, 6),
    st.sampled_from(["a.txt", "Sales/b.pdf", "Sales/EU/c.md", "Quality/Straße/d.txt"]),
    TEXTS, st.sampled_from(["", "Sales office"]), st.lists(st.sampled_from(WORDS), max_size=2),
    st.integers(0, 400), st.sampled_from(["d1", "d2", "d3", ""]), st.sampled_from(list(Kind)[:3]),
)  # fmt: skip
BATCHES = st.lists(
    st.lists(st.tuples(ITEMS, st.lists(TEXTS, max_size=3), st.booleans()), max_size=5), max_size=4
)
ATOMS = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(WORDS).map(lambda w: w[:3] + "*"), st.sampled_from(WORDS).map(lambda w: w + "~"),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)).map(lambda p: f'"{p[0]} {p[1]}"'),
    st.sampled_from(["type:pdf", "in:Sales", "in:eu", "by:sales", "tag:pump", "after:2026-06", "before:30d", "title:steel",
                     'in:"strasse"']),
)  # fmt: skip
QUERIES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(" OR ".join),
        inner.map(lambda q: f"({q})"),
        inner.map(lambda q: f"-({q})"),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BATCHES, st.lists(QUERIES, min_size=1, max_size=6), st.sampled_from(["relevance", "newest", "name"]))
def test_whoosh_answers_as_the_reference_does(
    batches: list[list[tuple[Item, list[str], bool]]], queries: list[str], sort: str
) -> None:
    with tempfile.TemporaryDirectory() as top:
        real, reference = WhooshIndex(Path(top) / "index"), MemoryIndex()
        seq = 0
        for number, batch in enumerate(batches):
            entries: dict[ItemId, Change] = {}
            for thing, passages, is_gone in batch:
                seq += 1
                entries[thing.id] = (
                    gone(seq, thing.id)
                    if is_gone
                    else entry(seq, thing, *passages, language=("en", "de", "")[int(thing.id, 16) % 3])
                )
            for index in (real, reference):
                index.apply(list(entries.values()), Place("e", seq))
            if number == 2:
                real.tidy(thoroughly=True)
        for text in queries:
            got, expected = (
                ask(index, text, sort=sort, limit=50, facets=True) for index in (real, reference)
            )
            assert got.facets == expected.facets
            scores = {h.id: h.score for h in got.hits}
            assert (got.total, got.relaxed, got.complete) == (
                expected.total,
                expected.relaxed,
                expected.complete,
            ), text
            assert got.matched_forms == expected.matched_forms
            assert {h.id for h in got.hits} | {c for h in got.hits for c in h.copies} == {
                h.id for h in expected.hits
            } | {c for h in expected.hits for c in h.copies}, text
            for hit in expected.hits:
                if hit.id in scores:
                    assert scores[hit.id] == pytest.approx(hit.score, abs=1e-6), text
        real.close()
