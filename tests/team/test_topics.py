"""Topics of made offices: what is planted is named, hardly anything else is, and the order of items doesn't matter."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.model.items import ItemId
from indexer.model.team import Topic, TopicItem
from indexer.team.topics import ENOUGH, MOST, topics
from indexer.terms.words import forms, stem

from .office import Office, Planted, Style, made_office

DAY = datetime(2026, 11, 27, tzinfo=UTC)
OFFICES = (
    (1, 200, Style()),
    (10, 200, Style(signed=0.1)),
    (2, 600, Style()),
    (11, 300, Style(words=(300, 600), said=4)),
    (12, 1200, Style(projects=6)),
)


def stems(text: str) -> set[str]:
    return {stem(form, language) for form in forms(text) for language in ("en", "de")}


def finds(topic: Topic, planted: Planted) -> bool:
    """Tell whether a topic is what was planted, and says of it what is true."""
    if stems(topic.topic).isdisjoint(stems(" ".join(planted.words))):
        return False
    if planted.expert:
        return topic.alone and topic.people == (planted.expert,)
    return set(topic.unaware) == set(planted.departments)


def judged(office: Office, found: list[Topic]) -> tuple[int, list[Topic]]:
    """Return how many of what was planted are named, and the claims that are false."""
    planted = (*office.overlaps, *office.experts)
    named = sum(any(finds(topic, one) for topic in found) for one in planted)
    return named, [
        topic
        for topic in found
        if (topic.unaware or topic.alone) and not any(finds(topic, one) for one in planted)
    ]


@pytest.mark.parametrize(("seed", "size", "style"), OFFICES)
def test_overlaps_and_lone_experts_are_named(seed: int, size: int, style: Style) -> None:
    office = made_office(seed, size, style)
    found = topics(office.items)
    named, false = judged(office, found)
    assert named == 8, found
    assert len(false) <= 2, false
    assert len(found) <= MOST
    first = [bool(topic.unaware or topic.alone) for topic in found]
    assert first == sorted(first, reverse=True)


def test_a_small_office_is_told_little_that_is_false() -> None:
    for seed in range(3):
        office = made_office(seed, 60)
        named, false = judged(office, topics(office.items))
        assert named >= 6
        assert len(false) <= 2


def made(department: str, terms: str, *people: str, number: int, known_in: tuple[str, ...] = ()) -> TopicItem:
    return TopicItem(ItemId(f"{number:016x}"), department, tuple(terms.split()), DAY, people, known_in)


def others(begin: int = 1000) -> list[TopicItem]:
    """Return what a folder has besides: items of four departments on nothing in particular."""
    return [
        made(name, f"{name}a {name}b word{n % 7} thing{n % 5}", number=begin + n)
        for n, name in enumerate(("Sales", "Purchasing", "Quality", "Legal") * 6)
    ]


def tariffs(*, known_in: tuple[str, ...] = (), people: tuple[str, ...] = ("ann", "bob")) -> list[TopicItem]:
    return [
        *(made("Sales", "steel tariffs quota", people[0], number=n) for n in range(3)),
        *(made("Purchasing", "tariff steel duty", people[1], number=10 + n, known_in=known_in) for n in range(3)),
    ]  # fmt: skip


def test_words_that_come_together_are_one_topic_with_their_inflections() -> None:
    (topic, *_) = topics(tariffs() + others())
    assert set(topic.topic.split()) >= {"steel"}
    assert {"tariff", "tariffs"} & set(topic.topic.split())
    assert topic.departments == {"Purchasing": 3, "Sales": 3}
    assert topic.people == ("ann", "bob")


@pytest.mark.parametrize(
    ("items", "unaware"),
    [
        (tariffs(), ("Purchasing", "Sales")),
        (tariffs(known_in=("Sales",)), ()),
        (tariffs(known_in=("Quality",)), ("Purchasing", "Sales")),
        (tariffs(people=("ann", "ann")), ()),
        (tariffs()[: 3 + ENOUGH], ("Sales", "Purchasing")),
        (tariffs()[: 3 + ENOUGH - 1], ()),
    ],
)
def test_unaware_is_who_has_enough_and_knows_nothing(
    items: list[TopicItem], unaware: tuple[str, ...]
) -> None:
    found = [topic for topic in topics(items + others()) if "steel" in topic.topic.split()]
    assert [topic.unaware for topic in found] == [unaware]


def test_a_third_department_that_knows_of_one_stands_for_both() -> None:
    third = [made("Quality", "steel tariffs quota", "bob", number=20 + n) for n in range(2)]
    (topic, *_) = topics(tariffs() + third + others())
    assert topic.unaware == ("Purchasing", "Sales")


def test_alone_is_one_person_with_enough_signed() -> None:
    def alone(*signers: str) -> list[bool]:
        items = [
            made("Legal", "patent licence court", *([name] if name else []), number=n)
            for n, name in enumerate(signers)
        ]
        return [topic.alone for topic in topics(items + others()) if "patent" in topic.topic]

    assert alone("eve", "eve", "eve", "") == [True]
    assert alone("eve", "eve", "eve", "bob") == [False]
    assert alone("eve", "eve", "", "") == [False]
    assert alone(*["eve"] * 3, *[""] * 5) == [False]


def test_a_shared_word_is_no_topic_and_what_everybody_has_is_none() -> None:
    shared = [made(name, f"cable x{n}q y{n}q", number=n) for n, name in enumerate(("Sales", "Legal") * 5)]
    assert not [topic for topic in topics(shared + others()) if "cable" in topic.topic]
    everybody = [
        made(f"D{n % 12}", "meeting minutes agenda", number=n) for n in range(60)
    ]  # of twelve departments
    assert topics(everybody) == []


FEW = st.sampled_from(["steel", "tariff", "tariffs", "quota", "duty", "pump", "seal", "glycol", "plan", ""])
ITEMS = st.lists(
    st.builds(
        TopicItem,
        st.integers(0, 40).map(lambda n: ItemId(f"{n:016x}")),
        st.sampled_from(["", "Sales", "Legal", "Quality", "Stahl"]),
        st.lists(FEW, max_size=20).map(tuple),
        st.just(DAY),
        st.lists(st.sampled_from(["ann", "bob", "eve"]), max_size=3).map(tuple),
        st.lists(st.sampled_from(["Sales", "Legal", "", "Nobody"]), max_size=2).map(tuple),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(items: list[TopicItem], random: object) -> None:
    mixed = list(items)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    found = topics(items)
    assert [(*topic, list(topic.departments)) for topic in topics(mixed)] == [
        (*topic, list(topic.departments)) for topic in found
    ]
    for topic in found:
        assert len(topic.unaware) != 1
        assert set(topic.unaware) <= set(topic.departments)
        assert "" not in topic.departments
        assert not (topic.alone and topic.unaware)
        assert 1 <= len(topic.topic.split()) <= 3


def test_many_items_take_a_few_seconds() -> None:
    items = [
        made(f"D{n % 12}", " ".join(f"w{(n % 900) * 7 + k}x" for k in range(8)) + f" v{n % 5000}x v{n % 777}y",
             *([f"p{n % 50}"] if n % 3 else []), number=n)
        for n in range(10_000)
    ]  # fmt: skip
    began = process_time()
    assert len(topics(items)) == MOST
    assert process_time() - began < 10
