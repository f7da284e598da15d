"""Who knows what: names of one person are one, whoever takes themselves out is nowhere, and any text is a name."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.model.items import ItemId, RelPath
from indexer.model.team import Person, Signed
from indexer.team.people import MOST, Names, people

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def signed(*names: str, kind: str = "note") -> list[Signed]:
    """Return a note by each name, each on an item of its own, the latest first."""
    return [
        Signed(name, ItemId(f"{n:016x}"), RelPath(f"f{n}.pdf"), NOW - timedelta(hours=n), kind)
        for n, name in enumerate(names)
    ]


def named(
    things: list[Signed], also: dict[str, list[str]] | None = None, out: tuple[str, ...] = ()
) -> list[tuple[str, int]]:
    names = Names((one.name for one in things), also, out)
    return [(person.name, person.n) for person in people(things, names)]


@pytest.mark.parametrize(
    ("names", "also", "out", "expected"),
    [
        (["Anna_Berg", "anna berg", "ANNA.BERG", "anna berg"], {}, (), [("anna berg", 4)]),
        (["Zoe\u0308", "Zo\u00eb", "Bob"], {}, (), [("Zo\u00eb", 2), ("Bob", 1)]),
        (["Anna Berg", "AB", "AB"], {"Anna_Berg": ["AB", "nobody"]}, (), [("AB", 3)]),
        (["Anna_Lee", "Anna", "A_L.", "Bob"], {"anna": ["a l", "anna lee"]}, (), [("Anna", 3), ("Bob", 1)]),
        (["a", "b", "c"], {"a": ["b"], "b": ["c"], "c": ["a"]}, (), [("a", 3)]),
        (["x", "x", "a", "b"], {"b": ["x"], "a": ["x"]}, (), [("x", 3), ("b", 1)]),
        (["x", "a", "b"], {"a": ["x"], "b": ["x"]}, ("b",), [("a", 1)]),
        (["Anna", "AB", "Bob"], {"Anna": ["AB"]}, ("Anna",), [("Bob", 1)]),
        (["Anna", "AB", "Bob"], {"Anna": ["AB"], "AB": []}, ("AB",), [("Bob", 1)]),
        (["Anna", "Bob"], {}, ("ANNA",), [("Bob", 1)]),
        (["", " _.", "\u202e\u0000", "Bob"], {"": ["Bob"], "..": ["Bob"]}, ("",), [("Bob", 1)]),
    ],
)  # fmt: skip
def test_names_of_one_person_are_one(
    names: list[str], also: dict[str, list[str]], out: tuple[str, ...], expected: list[tuple[str, int]]
) -> None:
    assert named(signed(*names), also, out) == expected


def test_those_of_most_things_come_first_then_the_latest_with_their_latest_items() -> None:
    things = signed("Bob", "Anna", "Anna", "Eve", "Bob", "Carl")
    names = Names(one.name for one in things)
    assert people(things, names, most=3) == [
        Person("Bob", 2, (RelPath("f0.pdf"), RelPath("f4.pdf"))),
        Person("Anna", 2, (RelPath("f1.pdf"), RelPath("f2.pdf"))),
        Person("Eve", 1, (RelPath("f3.pdf"),)),
    ]
    assert people(things, names, among={things[3].item, things[4].item}) == [
        Person("Eve", 1, (RelPath("f3.pdf"),)),
        Person("Bob", 1, (RelPath("f4.pdf"),)),
    ]


def test_a_mark_is_no_knowledge_and_a_thing_counts_once() -> None:
    assert named(signed("Bob", kind="mark")) == []
    assert named(signed("Bob") * 3 + signed("Bob", kind="answer")) == [("Bob", 2)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>Bob</b>", "<b>Bob</b>"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("\u202eBob\u2066", "Bob"),
        ("Bob\x1b[31m\r\nEve", "Bob[31m Eve"),
        ("Bob\ud800", "Bob"),
        ("B" * 10_000, "B" * 80),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_an_attack_is_plain_text(name: str, shown: str) -> None:
    things = signed(name)
    assert [person.name for person in people(things, Names([name]))] == [shown]


def test_ten_thousand_names_are_a_few() -> None:
    things = signed(*(f"Name {n}" for n in range(10_000)))
    also = {f"Name {n}": [f"Name {n + 1}", f"Name {n - 1}"] * 1_000 for n in range(0, 10_000, 3)}
    began = process_time()
    assert len(people(things, Names((one.name for one in things), also))) == MOST
    chain = {f"Name {n}": [f"Name {n + 1}"] for n in range(10_000)}
    assert [number for _, number in named(things, chain)] == [10_000]
    assert process_time() - began < 10


NAMES = st.sampled_from(["anna", "Anna", "ANNA_B", "anna b", "b.", "B", "eve", "", "\u202e"]) | st.text(
    max_size=4
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(NAMES, max_size=12),
    st.dictionaries(NAMES, st.lists(NAMES, max_size=3), max_size=5),
    st.lists(NAMES, max_size=2),
    st.randoms(use_true_random=False),
)
def test_any_names_give_one_answer(
    names: list[str], also: dict[str, list[str]], out: list[str], random: object
) -> None:
    things = signed(*names)
    mixed, files = list(things), list(also.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    random.shuffle(files)  # type: ignore[attr-defined]
    found = Names(names, also, out)
    again = Names((one.name for one in mixed), dict(files), tuple(reversed(out)))
    assert people(things, found) == people(mixed, again)
    for name in (*names, *also, *out):
        assert found.shown(name) == again.shown(name)
        assert unicodedata.is_normalized("NFC", found.shown(name))
    for name in out:
        assert found.shown(name) == ""
