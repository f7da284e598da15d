"""Topics on the rise: a burst is found, noise is not shouted about, and the order of items doesn't matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.model.items import ItemId
from indexer.model.team import Rise, TopicItem
from indexer.team.rises import MOST, WEEK, WEEKS, rises

END = datetime(2026, 11, 23, tzinfo=UTC)
WATCHED = 20


def noise(seed: int, a_week: int, weeks: int = WATCHED + WEEKS) -> list[TopicItem]:
    """Return items of random times on random subjects, common words more often than rare ones."""
    random = Random(seed)
    subjects = [[f"w{random.randrange(400)}" for _ in range(8)] for _ in range(60)]
    return [
        TopicItem(
            ItemId(f"{n:016x}"),
            "Sales",
            tuple(random.sample(random.choice(subjects), 4))
            + tuple(f"w{int(random.random() ** 2 * 400)}" for _ in range(6)),
            END - random.random() * weeks * WEEK,
        )
        for n in range(a_week * weeks)
    ]


def burst(number: int, *, week: int = 0, terms: str = "flood dam") -> list[TopicItem]:
    """Return items on one thing, which came within a week."""
    return [
        TopicItem(ItemId(f"b{week}{n:014x}"), "Legal", (*terms.split(), f"w{n}"), END - week * WEEK - (n + 1) * timedelta(hours=9))
        for n in range(number)
    ]  # fmt: skip


def last_week(items: list[TopicItem]) -> list[Rise]:
    return rises(items, END - WEEK, END)


@pytest.mark.parametrize("a_week", [5, 20, 100])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_makes_hardly_anything_rise(a_week: int, seed: int) -> None:
    items = noise(seed, a_week)
    false = [
        rise for week in range(WATCHED) for rise in rises(items, END - (week + 1) * WEEK, END - week * WEEK)
    ]
    assert len(false) <= 1


@pytest.mark.parametrize("a_week", [5, 20, 100])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_burst_is_found_under_one_name(a_week: int, seed: int) -> None:
    found = [rise for rise in last_week(noise(seed, a_week) + burst(6)) if "flood" in rise.topic]
    assert found == [Rise("dam flood", 6, 0.0, ("Legal",))]


def test_what_goes_on_as_before_does_not_rise() -> None:
    steady = [item for week in range(WEEKS) for item in burst(6, week=week)]
    assert not [rise for rise in last_week(noise(1, 20) + steady) if "flood" in rise.topic]
    rarely = [item for week in range(1, WEEKS, 4) for item in burst(1, week=week)]
    (rise,) = [rise for rise in last_week(noise(1, 20) + rarely + burst(9)) if "flood" in rise.topic]
    assert (rise.now, rise.before) == (9, 3 / WEEKS)


def test_a_few_items_never_rise_nor_does_a_folder_that_begins() -> None:
    assert last_week(burst(2) + noise(1, 5)) == last_week(noise(1, 5))
    assert last_week(burst(12)) == []
    assert last_week([]) == []
    assert rises(burst(12, week=3) + noise(1, 3), END - WEEK, END) == []


def test_inflections_rise_together() -> None:
    plural = [item._replace(id=ItemId(f"c{item.id[1:]}")) for item in burst(3, terms="floods")]
    (rise,) = last_week(noise(1, 20) + burst(4, terms="flood") + plural)
    assert (rise.topic, rise.now) == ("flood", 7)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 5), st.integers(3, 12), st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(seed: int, number: int, random: object) -> None:
    items = noise(seed, 10) + burst(number)
    mixed = items + items[:5]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    found = last_week(items)
    assert last_week(mixed) == found
    assert len(found) <= MOST


def test_any_numbers_take_no_time() -> None:
    items = [
        TopicItem(ItemId(f"{n:016x}"), "Sales", ("same", f"w{n % 90}"), END - timedelta(minutes=n % 20_000 + 1))
        for n in range(40_000)
    ]  # fmt: skip
    assert last_week(items) == []
    assert last_week([item._replace(date=END - WEEK * 2) for item in items[:10]] + items[:9]) == []
