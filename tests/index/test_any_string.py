"""Any string is a legal query: no failure, never above the time limit, and the set of items that the reference finds.

`INDEXER_TEST_QUERIES=10000` asks more than the suite does.
"""

from __future__ import annotations

import os
import random
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.index.snippet import snippet
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Kind, Passage
from indexer.model.log import Change, Entry, Place
from indexer.model.query import SearchRequest
from indexer.terms.postings import pack
from indexer.terms.weighing import item_terms
from tests.index.test_contract import NOW, QUERIES, item

COUNT = int(os.environ.get("INDEXER_TEST_QUERIES", "400"))
LIMIT_S = 0.7
WORDS = (
    "steel tariff tariffs tariffed pump pumps seal glycol résumé resume Zoll Zölle zoelle naciones nación développé "
    "AX-200/b AX200b 12.5 12,5 mm EN10204 10204 e-mail email anna@example.org 東京 東京都 タワー Отчет отчеты of the and or not "
    "SteelPump Stahlträger Stahl Träger Preisliste liste snake_case don't l'impôt 2026-11-20 C++ R&D ﬁle ½ trafif tarif"
).split()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[WhooshIndex, MemoryIndex]:
    chance = random.Random(7)
    real, reference = WhooshIndex(tmp_path_factory.mktemp("any") / "index"), MemoryIndex()
    seq = 0
    for _ in range(12):
        entries = {}
        for _ in range(12):
            seq += 1
            number = chance.randrange(110)
            moment = NOW - timedelta(days=chance.randrange(900))
            thing = item(
                number, chance.choice(["a.txt", "Sales/b.pdf", "Sales/EU/c (old).md", "Qualität/d.txt"]),
                title=" ".join(chance.choices(WORDS, k=chance.randrange(4))), author=chance.choice(["", "Sales office"]),
                tags=tuple(chance.choices(WORDS, k=chance.randrange(2))), kind=chance.choice(list(Kind)[:5]),
                digest=str(chance.randrange(90)), modified=moment, added=moment,
            )  # fmt: skip
            text = [" ".join(chance.choices(WORDS, k=chance.randrange(1, 40))) for _ in range(2)]
            packed = pack(text, language=chance.choice(["en", "en", "de", "fr", ""]))
            entries[thing.id] = Change(
                Entry(seq, thing.id, None if chance.random() < 0.1 else thing, packed), item_terms
            )
        for index in (real, reference):
            index.apply(list(entries.values()), Place("e", seq))
    return real, reference


TYPED = st.one_of(
    QUERIES,
    st.lists(st.sampled_from([*WORDS, "OR", "AND", "NOT", "-", "(", ")", '"', "*", "~", "type:pdf", "in:sales", "after:2026",
                              "before:1y", "title:steel", "tag:pump", "by:office", "foo:bar", "ste*", "tari~"]), max_size=14)
    .map(" ".join),
    st.text(max_size=60),
    st.text(alphabet="ab東京é -\"()*~:ORNT\u0301\u200b\ud800/.,@'_0-", max_size=40),
    st.lists(st.sampled_from(WORDS), min_size=20, max_size=120).map(" ".join),
)  # fmt: skip


@settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))
@given(TYPED)
def test_any_string(both: tuple[WhooshIndex, MemoryIndex], text: str) -> None:
    real, reference = both
    request = SearchRequest(
        parse(text, NOW), limit=200, now=NOW, time_limit_s=LIMIT_S, facets=True, explain=True
    )
    began = time.process_time()
    got = real.search(request)
    assert time.process_time() - began < 2 * LIMIT_S  # of computing: a busy machine is no failure
    assert len(got.hits) == got.total
    for hit in got.hits[:3]:
        made = snippet((Passage(text),), (0,), [real.where(hit.id, g) for g in got.groups], got.groups)
        assert all(0 <= a < b <= len(made.text) for a, b in made.highlights)
        if hit.explanation:
            explained = hit.explanation
            factors = explained.recency * explained.quality * explained.proximity * explained.derived
            assert hit.score == pytest.approx(sum(w.score for w in explained.words) * factors, rel=1e-9)
    if got.complete:
        expected = reference.search(request)
        assert {i for h in got.hits for i in (h.id, *h.copies)} == {
            i for h in expected.hits for i in (h.id, *h.copies)
        }
        assert [round(h.score, 6) for h in got.hits] == [round(h.score, 6) for h in expected.hits]
        assert (got.total, got.relaxed) == (expected.total, expected.relaxed)
        assert got.facets == expected.facets


def test_suggestions_are_those_of_the_reference(both: tuple[WhooshIndex, MemoryIndex]) -> None:
    real, reference = both
    for word in ("steeel", "tarif", "pumb", "glycl", "zolel", "steel", "zzzzz", "aaaa", "東", "dévelope"):
        assert real.frequency(word) or real.near(word, 3) == reference.near(word, 3), word


@settings(max_examples=max(100, COUNT // 5), deadline=None, suppress_health_check=list(HealthCheck))
@given(TYPED, st.integers(0, 400))
def test_what_is_found_too_late_is_left_out_and_nothing_wrong_let_in(
    both: tuple[WhooshIndex, MemoryIndex], text: str, steps: int
) -> None:
    """The clock is made to run by one with each look at it, so that time is up in the middle of things."""
    real, reference = both
    ticks = iter(range(10**9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.index.whoosh.evaluate.time.monotonic", lambda: float(next(ticks)))
        got = real.search(SearchRequest(parse(text, NOW), limit=200, now=NOW, time_limit_s=float(steps)))
    if got.complete:
        return
    expected = reference.search(SearchRequest(parse(text, NOW), limit=200, now=NOW))
    assert {i for h in got.hits for i in (h.id, *h.copies)} <= {
        i for h in expected.hits for i in (h.id, *h.copies)
    }


@pytest.mark.parametrize(
    "text",
    [
        " OR ".join(f"after:{year}-{month:02}-{day:02}" for year in range(1970, 2030) for month in range(1, 13) for day in (1, 9)),
        " OR ".join(f"word{number}" for number in range(20_000)),
        " ".join(f"-w{number}" for number in range(5_000)),
        " OR ".join(f"a{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}*" for n in range(5_000)),
        " ".join(f"{'abcdefghij'[n % 10]}teelpump{n % 7}~" for n in range(3_000)),
        "(" * 5_000 + "steel", "NOT " * 5_000 + "steel", "steel " * 50_000, "a" * 100_000,
    ],
    ids=["dates", "words", "exclusions", "prefixes", "fuzzy", "groups", "nots", "again", "long"],
)  # fmt: skip
def test_monstrous_queries_end_in_time(both: tuple[WhooshIndex, MemoryIndex], text: str) -> None:
    began = time.process_time()
    both[0].search(SearchRequest(parse(text, NOW), limit=10, now=NOW, time_limit_s=LIMIT_S))
    assert time.process_time() - began < 4 * LIMIT_S
