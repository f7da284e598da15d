"""A row of the page: what is written is read back, what nobody may write is refused; the browser reads it alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.model.items import KINDS, ItemId, Kind, Mark, RelPath
from indexer.model.links import Health, LinkState
from indexer.model.notes import LEVELS
from indexer.model.team import QuestionState
from indexer.page.datafile import from_json, to_json
from indexer.page.entry import Facts, Row, differ_in_facts_alone, path_href, shown, shown_digest, with_facts
from tests.page.test_publishing import NOW, entry_of

CASES = json.loads((Path(__file__).parents[1] / "cases/rows.json").read_text("utf-8"))
NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..")
)
TEXTS = st.text(max_size=12)
ADDRESSES = TEXTS.map("https://example.org/".__add__)
ROWS = st.builds(
    Row,
    id=st.integers(0, 2**64 - 1).map(lambda number: ItemId(f"{number:016x}")),
    path=st.lists(NAMES, min_size=1, max_size=4).map("/".join).map(RelPath),
    title=TEXTS, kind=st.sampled_from(KINDS), date=st.integers(-(2**34), 2**34), added=st.integers(-(2**34), 2**34),
    author=TEXTS, url=st.one_of(st.just(""), ADDRESSES), size=st.integers(0, 2**50), tags=st.lists(TEXTS).map(tuple),
    links=st.lists(st.tuples(ADDRESSES, TEXTS), max_size=3).map(tuple), is_list_entry=st.booleans(), is_note=st.booleans(),
    facts=st.builds(
        Facts, online_only=st.booleans(), conflict=TEXTS, is_cut=st.booleans(), note_on=TEXTS, note_link=TEXTS,
        level=st.sampled_from(["", *LEVELS]), state=st.sampled_from(LinkState),
        moved_to=st.one_of(st.just(""), ADDRESSES), since=st.one_of(st.none(), st.integers(-(2**18), 2**18)),
        is_noted=st.booleans(), is_shared=st.booleans(), question=st.sampled_from(["", *QuestionState]),
        marks=st.lists(st.tuples(st.sampled_from(Mark), st.integers(1, 9), st.lists(TEXTS, max_size=5).map(tuple)),
                       unique_by=lambda one: one[0]).map(lambda found: tuple(sorted(found, key=lambda one: list(Mark).index(one[0])))),
    ), text=st.integers(-1, 9), place=st.just(0),
)  # fmt: skip


@given(ROWS)
def test_what_is_written_is_read_back(row: Row) -> None:
    assert Row.decode(from_json(to_json(row.encode()))) == row


@given(ROWS, st.dictionaries(st.text(min_size=2), st.integers()))
def test_names_of_a_later_version_are_passed_over(row: Row, more: dict[str, int]) -> None:
    said = {**more, **row.encode()}
    said["f"] = {**more, **row.facts.encode()}
    assert Row.decode(said) == row


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["row"]["p"].encode("ascii", "replace").decode())
def test_cases(case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(ValueError, match="not |may not"):
            Row.decode(case["row"])
        assert path_href(case["row"]["p"]) == case["href"]
        return
    row = Row.decode(case["row"])
    row = replace(row, facts=Facts.decode(case["facts"])) if "facts" in case else row
    assert case["shown"] == {
        "id": row.id, "path": shown(row.path), "href": path_href(row.path), "title": row.title, "author": row.author,
        "url": row.url, "size": row.size, "tags": list(row.tags), "links": list(map(list, row.links)), "kind": row.kind,
        "date": row.date, "added": row.added, "onlineOnly": row.facts.online_only, "conflict": row.facts.conflict,
        "isCut": row.facts.is_cut, "health": "" if row.facts.state == "unchecked" else row.facts.state, "since": row.facts.since,
        "movedTo": row.facts.moved_to,
        "marks": {str(mark): [n, *names] for mark, n, names in row.facts.marks},
        "question": row.facts.question,
        "isEntry": row.is_list_entry, "isSavedCopy": row.is_saved_copy, "noteOn": row.facts.note_on,
        "noteLink": row.facts.note_link, "level": row.facts.level,
    }  # fmt: skip


def test_a_value_of_another_type_is_refused_whatever_it_is() -> None:
    full = Row(
        ItemId("0" * 16), RelPath("a"), "t", Kind.PDF, 1, 2, "a", "https://x", 3, ("g",), (("https://x", "w"),), True, True,
        Facts(True, "c", True, "n", "https://x", "act"), 0, 1,
    ).encode()  # fmt: skip
    others: list[Any] = [
        None,
        True,
        1.5,
        -1e300,
        1 << 70,
        "x" * 40_000,
        [[]],
        {"a": 1},
        [None],
        "\0",
        ["x"] * 5000,
    ]
    for name, value in full.items():
        for other in others:
            if type(other) is type(value) and name in ("t", "a", "k", "f"):
                continue  # free text, a kind of a later version, facts of one
            with pytest.raises(ValueError):
                Row.decode({**full, name: other})


@pytest.mark.parametrize(
    "raw",
    [b"[" * 200_000, b'{"a":' * 21 + b"1" + b"}" * 21, b"[" + b"0," * 2_500_000 + b"0]", b'"' * 5_000_000, b"NaN",
     b"[1e999999, Infinity]", b"1" * 5_000, b'"\\ud800', "[]".encode("utf-16"), b"[1]x", b""],
    ids=range(11),
)  # fmt: skip
def test_json_that_is_deep_long_or_none_is_refused_before_it_costs_anything(raw: bytes) -> None:
    with pytest.raises(ValueError):
        from_json(raw)


@given(st.recursive(st.one_of(st.none(), st.integers(), TEXTS), lambda inner: st.lists(inner), max_leaves=9))
def test_other_json_is_read(value: object) -> None:
    assert from_json(to_json(value)) == value
    assert from_json(json.dumps(value).encode()) == value


def test_facts_are_told_apart_from_the_rest() -> None:
    item = entry_of(1, "text").item
    digest = shown_digest(item, "s", 100)
    other = shown_digest(item._replace(online_only=True), "s", 100)
    assert differ_in_facts_alone(digest, other)
    assert with_facts(digest, Facts(True)) == other
    assert not differ_in_facts_alone(digest, digest)
    assert not differ_in_facts_alone(digest, shown_digest(item._replace(title="x"), "s", 100))


def test_a_check_that_changes_no_state_changes_nothing_shown() -> None:
    link = entry_of(1, "", url="https://example.org/").item
    first = link._replace(health=Health(LinkState.GONE, NOW, 404, "https://example.com/", 3, NOW))
    again = first._replace(health=Health(LinkState.GONE, NOW + timedelta(days=7), None, "", 4, NOW))
    moved = first._replace(health=Health(LinkState.MOVED, NOW, 200, "https://example.com/"))
    untold, gone, later, other = (shown_digest(one, "s", 100) for one in (link, first, again, moved))
    assert gone == later
    assert differ_in_facts_alone(untold, gone)
    assert differ_in_facts_alone(gone, other)
    assert Facts.of(moved) == Facts(state=LinkState.MOVED, moved_to="https://example.com/")
    hostile = moved._replace(health=Health(LinkState.MOVED, moved_to="javascript:alert(1)"))
    assert Facts.of(hostile) == Facts(state=LinkState.MOVED)
