"""The query language: cases that the page runs too, and that nothing a person types is an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.index.query import is_scored, parse, parse_when
from indexer.model.query import And, Filter, Fuzzy, Not, Or, Phrase, Prefix, Query, Word

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CASES = json.loads((Path(__file__).parents[1] / "cases" / "query.json").read_text("utf-8"))


def as_list(query: Query) -> list[Any]:
    match query:
        case Word(form, also):
            return ["word", form, *([list(map(as_list, also))] if also else [])]
        case Phrase(phrase, joined):
            return ["phrase", list(phrase), *filter(None, (joined,))]
        case Prefix(form):
            return ["prefix", form]
        case Fuzzy(form):
            return ["fuzzy", form]
        case Filter(name, value):
            return ["filter", name, value]
        case And(parts):
            return ["and", *map(as_list, parts)]
        case Or(parts):
            return ["or", *map(as_list, parts)]
        case Not(part):
            return ["not", as_list(part)]


@pytest.mark.parametrize("case", CASES, ids=[case["query"] or "nothing" for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    assert as_list(parse(case["query"], NOW)) == case["tree"]


@given(st.one_of(st.text(), st.text(alphabet='ab -"()*~:ORNTinype\t\u3000'), st.text(alphabet="(-")))
def test_any_string_is_legal(text: str) -> None:
    tree = parse(text, NOW)
    check(tree)


@pytest.mark.parametrize("text", ["-", "NOT ", "-(", "(", "NOT (a OR ", "a (", '"', 'in:"', "a OR "])
def test_any_depth_is_legal(text: str) -> None:
    tree = parse(text * 3000 + "x", NOW)
    check(tree)
    is_scored(tree)


def check(query: Query) -> None:
    match query:
        case And(parts):
            assert len(parts) != 1
            assert not any(isinstance(part, And) for part in parts)
        case Or(parts):
            assert len(parts) > 1
        case Not(part):
            assert not isinstance(part, Not)
            parts = (part,)
        case Phrase(phrase):
            assert phrase
            return
        case _:
            return
    for part in parts:
        check(part)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026", "2026-01-01"), ("2026-07", "2026-07-01"), ("2024-02-29", "2024-02-29"), ("3d", "2026-11-21"),
     ("2w", "2026-11-10"), ("9m", "2026-02-24"), ("1Y", "2025-11-24")],
)  # fmt: skip
def test_when(text: str, expected: str) -> None:
    assert parse_when(text, NOW).date().isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13", "2026-02-30", "20260101", "0000", "3x", "-3d", "9999y", "٢٠٢٦"]
)
def test_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_when(text, NOW)
