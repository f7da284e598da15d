"""Segments on disk: what is written comes back, merged or not, also through Whoosh's own readers; damage is found."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import query as whoosh_query
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC
from whoosh.reading import MultiReader, SegmentReader
from whoosh.searching import Searcher

from indexer.errors import Damaged, StateError
from indexer.index.whoosh.merge_policy import due_for_merging
from indexer.index.whoosh.segment_build import build_segment
from indexer.index.whoosh.segment_file import SegmentFile, SegmentWriter, key_of
from indexer.index.whoosh.segment_merge import Merge
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import Item
from indexer.model.log import Place
from indexer.model.terms import ItemTerms
from indexer.terms.postings import pack
from indexer.terms.weighing import item_terms, weigh
from tests.index.test_contract import ask, entry, fill, gone, ids, item


class _Noted(SegmentFile):
    """Notes which are open."""

    opened: ClassVar[list[SegmentFile]] = []

    def __init__(self, *arguments: Any) -> None:
        self.opened.append(self)
        super().__init__(*arguments)


WORDS = ["steel", "tariffs", "tariff", "pump", "Zölle", "AX-200/b", "東京", "e-mail", "SteelPump"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
ITEMS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)


def made(texts: list[tuple[str, str]], start: int = 0) -> list[tuple[Item, ItemTerms]]:
    things = [
        (item(start + n, f"Dep{n % 2}/f{n}.txt", title=title, tags=("red",)), pack([text], [title]))
        for n, (text, title) in enumerate(texts)
    ]
    return [(thing, item_terms(thing, packed)) for thing, packed in things]


def content(file: SegmentFile) -> dict[bytes, list[tuple[str, int, list[int]]]]:
    """Return each term with path, weight and positions of its postings."""
    found = {}
    for term in range(file.term_count):
        flat, ends = file.position_ends(term)
        rows = []
        for doc, weight, begin, end in zip(
            file.docs(term), file.weights(term), [0, *ends[:-1]], ends, strict=True
        ):
            rows.append((file.text_of("paths", doc), int(weight), list(flat[begin:end])))
        found[file.key(term)] = rows
    return found


@settings(max_examples=60, deadline=None)
@given(ITEMS)
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("segment") / "a.ixs"
    items = made(texts)
    docs, size = build_segment(path, items)
    file = SegmentFile(path, size)
    assert (docs, file.doc_count, file.is_whole()) == (len(items), len(items), True)
    for thing, terms in items:
        weighed = weigh(terms)
        doc = file.doc_of(int(thing.id, 16))
        assert doc is not None
        assert file.section("lengths")[doc] == weighed.length
        for term, weight in weighed.weights.items():
            number = file.term(key_of("text", term))
            assert number is not None
            at = list(file.docs(number)).index(doc)
            flat, ends = file.position_ends(number)
            assert file.weights(number)[at] == weight
            assert list(flat[ends[at - 1] if at else 0 : ends[at]]) == list(weighed.positions[term])
    assert file.term(key_of("text", "nowhere")) is None
    file.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=4), st.integers(0, 2**32), st.sampled_from([1, 7, 10_000]))
def test_a_merge_equals_one_segment_of_what_is_left(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, str]]], seed: int, step: int
) -> None:
    top = tmp_path_factory.mktemp("merge")
    chance = random.Random(seed)
    files, kept = [], []
    for number, batch in enumerate(batches):
        items = made(batch, 100 * number)
        _, size = build_segment(top / f"{number}.ixs", items)
        removed = {n for n in range(len(items)) if chance.random() < 0.4}
        files.append((SegmentFile(top / f"{number}.ixs", size), removed))
        kept += [pair for n, pair in enumerate(items) if n not in removed]
    merge = Merge.of(top / "merged.ixs", files, step)
    while merge.step():
        pass
    _, size = build_segment(top / "whole.ixs", kept)
    merged, whole = SegmentFile(top / "merged.ixs", merge.size), SegmentFile(top / "whole.ixs", size)
    assert content(merged) == content(whole)
    assert merged.is_whole()
    for fact in ("docs", "total_length", "languages"):
        assert merged.facts[fact] == whole.facts[fact]
    for name in ("idents", "lengths", "dates", "folds", "qualities", "kinds", "ids", "id_docs"):
        assert list(merged.section(name)) == list(whole.section(name)), name


def test_weights_and_counts_beyond_a_byte(tmp_path: Path) -> None:
    many = " ".join(["steel"] * 70_000)
    items = [(item(n), item_terms(item(n), pack([text]))) for n, text in enumerate(["pump", many])]
    _, size = build_segment(tmp_path / "a.ixs", items)
    file = SegmentFile(tmp_path / "a.ixs", size)
    number = file.term(key_of("text", "steel"))
    assert number is not None
    assert list(file.weights(number)) == [70_000]
    flat, ends = file.position_ends(number)
    assert (ends, list(flat)) == ([70_000], list(range(70_000)))


def test_whoosh_itself_reads_what_we_write(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    fill(index, "new tariffs on steel", "a tariff alone", "steel pump")
    index.apply([entry(4, item(7), "steel again")], Place("e", 4))
    index.apply([gone(5, item(2).id)], Place("e", 5))
    storage = FileStorage(str(tmp_path / "index"))
    toc = TOC.read(storage, "MAIN")
    reader = MultiReader([SegmentReader(storage, toc.schema, segment) for segment in toc.segments])
    assert reader.doc_count() == 3
    assert b"tariff" in set(reader.lexicon("text"))
    searcher = Searcher(reader)
    for text, expected in [("steel", {0, 7}), ("tariff", {1}), ("=tariff", {0}), ("pump", set())]:
        hits = searcher.search(whoosh_query.Term("text", text.encode()), limit=10)
        assert {int(hit["id"], 16) for hit in hits} == expected, text
    both = whoosh_query.And([whoosh_query.Term("text", b"steel"), whoosh_query.Term("text", b"new")])
    assert [int(hit["id"], 16) for hit in searcher.search(both)] == [0]


def test_damage_is_found(tmp_path: Path) -> None:
    _, size = build_segment(tmp_path / "a.ixs", made([("steel pump", "a title")]))
    whole = (tmp_path / "a.ixs").read_bytes()
    for damaged in (b"", whole[:-1], whole + b"x", whole[:-3] + b"xyz", whole[:200]):
        (tmp_path / "b.ixs").write_bytes(damaged)
        with pytest.raises(Damaged):
            SegmentFile(tmp_path / "b.ixs", size)
    missed = []
    for at in range(size):  # also of those between sections
        (tmp_path / "b.ixs").write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        try:
            file = SegmentFile(tmp_path / "b.ixs", size)
        except Damaged:
            continue
        missed += [at] if file.is_whole() else []
        file.close()
    assert missed == []


def test_no_byte_is_read_that_was_changed(tmp_path: Path) -> None:
    chance = random.Random(1)
    texts = [
        (" ".join(chance.choices(WORDS, k=12)) + f" word{number}", f"title {number}") for number in range(40)
    ]
    _, size = build_segment(tmp_path / "a.ixs", made([*texts, ("steel " * 300, "many")]))
    whole = (tmp_path / "a.ixs").read_bytes()
    truth = content(SegmentFile(tmp_path / "a.ixs", size))
    missed = 0
    for at in range(0, size, 23):
        (tmp_path / "b.ixs").write_bytes(
            whole[:at] + bytes((whole[at] ^ chance.randrange(1, 256),)) + whole[at + 1 :]
        )
        try:
            assert content(SegmentFile(tmp_path / "b.ixs", size)) == truth
            missed += 1
        except Damaged:
            continue
    assert missed < size / 23 / 2  # columns that `content` never reads


def test_merging_is_done_in_steps_that_others_may_come_between(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    for number in range(14):
        index.apply([entry(number + 1, item(number), f"alpha word{number} " * 50)], Place("e", number + 1))
    assert index.tidy()
    index.apply([gone(15, item(3).id)], Place("e", 15))  # it is being merged
    index.apply([entry(16, item(99), "alpha new")], Place("e", 16))
    while index.tidy():
        pass
    assert len(index._commit.segments) < 10
    assert set(ids(ask(index, "alpha", limit=50))) == {*range(14), 99} - {3}
    names = {segment.filename for segment in index._commit.segments}
    assert {path.name for path in (tmp_path / "index").glob("*.ixs")} == names
    index.close()


def test_what_is_merged_when(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    written = 0
    for seq in range(1, 401):
        index.apply([entry(seq, item(seq), "alpha")], Place("e", seq))
        due = due_for_merging(index._commit.segments)
        written += sum(segment.docs for segment in due)
        while index.tidy():
            pass
        assert len(index._commit.segments) <= 11
    assert written < 400 * 6  # each item is rewritten a few times, not hundreds
    index.close()


def test_a_commit_that_was_never_completed_is_in_nobodys_way(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    fill(index, "alpha", "beta")
    (tmp_path / "index" / "_MAIN_2.toc").write_bytes(b"half of it")
    (tmp_path / "index" / "MAIN_lost.ixs").write_bytes(b"half of it")
    again = WhooshIndex(tmp_path / "index")
    again.apply([entry(3, item(7), "alpha")], Place("e", 3))
    assert set(ids(ask(again, "alpha"))) == {0, 7}
    assert not (tmp_path / "index" / "MAIN_lost.ixs").exists()


@pytest.mark.parametrize("fails_at", [0, 1, 3, 8, 15, 20])
def test_a_merge_that_failed_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    index = WhooshIndex(tmp_path / "index")
    for number in range(14):
        index.apply([entry(number + 1, item(number), f"alpha word{number}", "more")], Place("e", number + 1))
    before = [(hit.id, round(hit.score, 9)) for hit in ask(index, "alpha", limit=50).hits]
    append, calls = SegmentWriter.append, iter(range(10_000))

    def failing(self: SegmentWriter, name: str, raw: bytes) -> None:
        if next(calls) == fails_at:
            raise OSError(28, "No space left on device")
        append(self, name, raw)

    monkeypatch.setattr(SegmentWriter, "append", failing)
    with pytest.raises(StateError, match="No space"):
        while index.tidy():
            pass
    assert [(hit.id, round(hit.score, 9)) for hit in ask(index, "alpha", limit=50).hits] == before
    while index.tidy():
        pass
    assert len(index._commit.segments) < 10
    assert [(hit.id, round(hit.score, 9)) for hit in ask(index, "alpha", limit=50).hits] == before
    assert index.is_whole()


def test_a_reader_that_has_not_searched_yet_follows_commits(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    fill(index, "alpha")
    reader = WhooshIndex(tmp_path / "index", create=False)
    for number in range(14):
        index.apply([entry(number + 2, item(number + 1), "alpha beta")], Place("e", number + 2))
    index.tidy(thoroughly=True)
    while index.tidy():
        pass
    assert reader.frequency("alpha") == 15
    assert reader.near("alphb", 1) == ["alpha"]


def test_a_damaged_commit_leaves_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows would not delete it, whoever still knows of the failure."""
    index = WhooshIndex(tmp_path)
    for number in range(3):
        index.apply([entry(1 + number, item(number), "steel")], Place("e", 1 + number))
    index.close()
    *_, last = index._commit.segments
    path = tmp_path / last.filename
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    monkeypatch.setattr("indexer.index.whoosh.view.SegmentFile", _Noted)
    with pytest.raises(Damaged):
        WhooshIndex(tmp_path).is_whole()
    assert [file.path.name for file in _Noted.opened] == [s.filename for s in index._commit.segments]
    assert all(file._map.closed for file in _Noted.opened)
