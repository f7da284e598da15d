"""How links fare over weeks of checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.links import health
from indexer.links.health import after, insists, is_fine
from indexer.links.parking import parked, says_missing
from indexer.model.links import Answer, Health, LinkMemory, LinkState, Outcome, from_json, to_json

START = datetime(2026, 11, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD, NEW = "https://example.com/new", "https://example.com/newer"


def checked(memory: LinkMemory, what: str, now: datetime, chance: Random) -> LinkMemory:
    """Return the memory after a check that came to `what`: an answer, then what is to be said of it."""
    answer, *more = what.split()
    said = dict(word.partition("=")[::2] for word in more)
    outcome = Outcome(
        Answer(answer),
        status=200 if answer == "read" else 404 if answer == "failed" else None,
        moved_to=said.get("to", ""),
        later_s=float(said.get("s", 0)),
        etag=said.get("etag", ""),
        is_soft_gone="soft" in said,
        has_no_rules="lawless" in said,
    )
    text = sha256(said["text"].encode()).hexdigest() if "text" in said else ""
    return after(
        memory, outcome, text, now, chance, is_parked="parked" in said, says_missing="missing" in said
    )


STORIES: dict[str, list[tuple[float, str, str]]] = {
    "it stays": [(0, "read text=a", "ok"), (7, "unchanged", "ok"), (14, "read text=b", "ok")],
    "it dies and comes back": [
        (0, "read text=a", "ok"),
        (7, "failed", "failing"),
        (7.05, "failed", "failing"),
        (8, "failed", "failing"),
        (13.99, "failed", "failing"),
        (14, "failed", "gone"),
        (44, "failed", "gone"),
        (74, "read text=a", "ok"),
        (81, "failed", "failing"),
    ],
    "it never was there": [(0, "failed", "failing"), (3, "failed", "failing"), (8, "failed", "gone")],
    "two failures are too few": [(0, "failed", "failing"), (30, "failed", "failing"), (31, "failed", "gone")],
    "it heals between failures": [
        (0, "failed", "failing"),
        (3, "failed", "failing"),
        (6, "read text=a", "ok"),
        (8, "failed", "failing"),
        (9, "failed", "failing"),
        (10, "failed", "failing"),
    ],
    "what says nothing of the link leaves it": [
        (0, "later s=5", "unchecked"),
        (1, "read text=a", "ok"),
        (8, "failed", "failing"),
        (9, "later", "failing"),
        (10, "failed", "failing"),
        (15, "failed", "gone"),
        (16, "later s=600", "gone"),
    ],
    "it moves": [
        (0, "read text=a", "ok"),
        (7, f"read text=a to={OLD}", "moved"),
        (14, f"unchanged to={OLD}", "moved"),
        (21, "read text=a", "ok"),
    ],
    "it moved, fails and heals": [
        (0, f"read text=a to={OLD}", "moved"),
        (7, "failed", "failing"),
        (8, f"read text=a to={OLD}", "moved"),
    ],
    "it moves twice": [
        (0, f"read text=a to={OLD}", "moved"),
        (7, f"read text=a to={NEW}", "ok"),
        (14, f"read text=a to={NEW}", "moved"),
    ],
    "it leads every visitor elsewhere": [
        (0, f"read text=a to={OLD}?1", "moved"),
        (7, f"read text=a to={OLD}?2", "ok"),
        (14, f"read text=a to={OLD}?3", "ok"),
    ],
    "it hides": [
        (0, "read text=a", "ok"),
        (7, "sign-in", "sign-in"),
        (14, "sign-in", "sign-in"),
        (21, "read text=a", "ok"),
        (28, "refused", "refused"),
        (35, "failed", "failing"),
    ],
    "refusals are no failures": [
        (0, "failed", "failing"),
        (1, "failed", "failing"),
        (6, "refused", "refused"),
        (8, "failed", "failing"),
    ],
    "its host answers all addresses alike": [
        (0, "read text=a", "ok"),
        (14, "read text=nothing soft", "failing"),
        (15, "read text=nothing soft", "failing"),
        (16, "read text=a", "ok"),
        (23, "read text=nothing soft", "failing"),
        (24, "read text=nothing soft", "failing"),
        (30, "read text=nothing soft", "gone"),
        (60, "read text=other", "ok"),
    ],
    "its text comes back, though its host now answers all addresses like it": [
        (0, "read text=a", "ok"),
        (7, "read text=nothing soft", "failing"),
        (8, "read text=a soft", "ok"),
        (15, "read text=b soft", "ok"),
    ],
    "an application answers all addresses alike from the first day": [
        (0, "read text=shell soft", "ok"),
        (7, "read text=shell2 soft", "ok"),
        (14, "read soft", "ok"),
        (21, "read text=shell3 soft", "ok"),
        (28, "read text=article", "ok"),
        (35, "read text=shell3 soft", "failing"),
    ],
    "nothing was ever there, as the page itself says": [
        (0, "read text=nothing soft missing", "failing"),
        (4, "read text=nothing2 soft missing", "failing"),
        (8, "read text=nothing soft missing", "gone"),
    ],
    "an article about pages that are not found": [
        (0, "read text=a missing", "ok"),
        (7, "read text=b missing", "ok"),
    ],
    "its server has a fault that is mended": [
        (0, "failed lawless", "failing"),
        (0.1, "failed lawless", "failing"),
        (1, "read text=a", "ok"),
        (8, "failed", "failing"),
        (8.1, "read text=a", "ok"),
    ],
    "its server has a fault for ever": [
        (0, "failed lawless", "failing"),
        (3, "failed lawless", "failing"),
        (8, "failed lawless", "gone"),
    ],
    "only its robots.txt has a fault": [
        (0, "failed lawless", "failing"),
        (3, "failed lawless", "failing"),
        (8, "read text=a lawless", "ok"),
        (15, "read text=a lawless", "ok"),
    ],
    "its domain is sold": [
        (0, "read text=a", "ok"),
        (7, "read text=sale parked", "failing"),
        (10, "read text=sale2 parked", "failing"),
        (14, "read text=sale parked", "gone"),
    ],
    "the page of a domain for sale is meant": [
        (0, "read text=sale parked", "ok"),
        (7, "read text=sale parked", "ok"),
    ],
}


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str) -> None:
    memory, chance = LinkMemory(), Random(name)
    for day, what, state in STORIES[name]:
        memory = checked(memory, what, START + day * DAY, chance)
        assert (day, memory.health.state) == (day, state)
        assert from_json(to_json(memory)) == memory


ANSWERS = st.sampled_from(
    [
        *["read text=a etag=v1", "read text=b soft", "read text=c parked", f"read text=a to={OLD}"],
        *["failed"] * 6,
        *["unchanged", "sign-in", "refused", "later", "later s=86400", "later s=1e12", "later s=nan"],
    ]
)
"""Failures often, as only many in a row show much."""


@given(st.lists(st.tuples(st.floats(0.01, 9), ANSWERS), max_size=25), st.integers(0, 9))
def test_whatever_happens(weeks: list[tuple[float, str]], seed: int) -> None:
    memory, now, failures, chance = LinkMemory(), START, list[datetime](), Random(seed)
    for days, what in weeks:
        now += days * DAY
        before, memory = memory, checked(memory, what, now, chance)
        assert memory.due
        assert now < memory.due <= now + health.LONGEST
        assert memory.due > now
        assert from_json(to_json(memory)) == memory
        if what.startswith("later"):
            assert memory == before._replace(due=memory.due)
            continue
        state = memory.health.state
        is_failure = state in (LinkState.FAILING, LinkState.GONE)
        failures = [*failures, now] if is_failure else []
        assert is_failure or not what.startswith("failed")
        assert (state is LinkState.GONE) == (len(failures) >= 3 and failures[-1] - failures[0] >= 7 * DAY)
        assert memory.health.failures == len(failures)
        assert memory.health.checked == now
        has_begun = state is not before.health.state
        assert memory.health.since == (
            failures[0] if is_failure else now if has_begun else before.health.since
        )
        if is_failure or what == "unchanged":
            assert memory.digest == before.digest and memory.etag == before.etag


@settings(max_examples=50)
@given(st.integers(0, 1000))
def test_a_dead_link_checked_when_due(seed: int) -> None:
    """It is gone after seven days, and after few checks."""
    memory, now, chance = LinkMemory(), START, Random(seed)
    waits = []
    while memory.health.state is not LinkState.GONE:
        memory = checked(memory, "failed", now, chance)
        assert memory.due
        waits.append(memory.due - now)
        now = memory.due
    expected = [HOUR, 6 * HOUR, DAY, 2 * DAY, *[3 * DAY] * (len(waits) - 5), 30 * DAY]
    assert all(0.8 * hope <= wait <= 1.2 * hope for wait, hope in zip(waits, expected, strict=True))
    assert 6 <= len(waits) <= 8
    assert memory.health.checked and memory.health.since == START
    assert 7 * DAY <= memory.health.checked - START <= 10.6 * DAY


@pytest.mark.parametrize("what", ["read text=a", "unchanged", "sign-in", "refused"])
def test_links_checked_together_are_spread_over_days(what: str) -> None:
    chance = Random(1)
    due = [checked(LinkMemory(), what, START, chance).due for _ in range(500)]
    waits = sorted(moment - START for moment in due if moment)
    assert 5.6 * DAY <= waits[0] < 5.8 * DAY < 8.2 * DAY < waits[-1] <= 8.4 * DAY
    assert 6.8 * DAY < waits[250] < 7.2 * DAY


@pytest.mark.parametrize(
    ("told", "least"),
    [("0", HOUR), ("-5", HOUR), ("nan", HOUR), ("1", HOUR / 60), ("7200", 2 * HOUR), ("inf", 7 * DAY)],
)
def test_a_host_is_left_alone_as_long_as_it_asks(told: str, least: timedelta) -> None:
    chance = Random(2)
    for _ in range(50):
        due = checked(LinkMemory(), f"later s={told}", START, chance).due
        assert due and least <= due - START <= 1.2 * least


def test_a_clock_that_was_wrong_kills_no_link() -> None:
    chance, later = Random(3), START + 400 * DAY
    memory = checked(LinkMemory(), "failed", later, chance)
    for hours in range(4):
        memory = checked(memory, "failed", START + hours * HOUR, chance)
    assert memory.health.state is LinkState.FAILING
    assert memory.health.since == START
    for days in (8, 1):
        memory = checked(memory, "failed", START + days * DAY, chance)
        assert memory.health.state is LinkState.GONE


def test_a_site_without_rules_is_asked_after_a_week() -> None:
    memory, chance = LinkMemory(), Random(9)
    asked = []
    for day, what in enumerate(
        ["failed lawless"] * 9 + ["read text=a lawless"] * 2 + ["read text=a", "failed lawless"]
    ):
        asked.append(insists(memory, START + day * DAY))
        memory = checked(memory, what, START + day * DAY, chance)
    assert asked == [False] * 7 + [True] * 5 + [False]
    assert insists(memory, START + 19 * DAY) and not insists(memory, START + 18 * DAY)


def test_a_recheck_alone_makes_no_difference_to_people() -> None:
    memory, chance = LinkMemory(), Random(4)
    differs = []
    story = [*STORIES["it dies and comes back"], (88, "read text=z", ""), (95, f"read text=z to={OLD}", "")]
    for day, what, _ in story:
        before, memory = memory, checked(memory, what, START + day * DAY, chance)
        differs.append(not before.health.looks_like(memory.health))
    assert differs == [True, True, False, False, False, True, False, True, True, True, True]
    gone = Health(LinkState.GONE, START, 404, since=START)
    assert gone.looks_like(gone._replace(failures=9, checked=None, status=None))
    assert not gone.looks_like(gone._replace(since=START + DAY))
    well = Health(LinkState.OK, since=START)
    assert well.looks_like(well._replace(since=None))


def test_what_a_host_says_at_length_is_not_remembered() -> None:
    long = "x" * 5_000
    memory = checked(LinkMemory(), f"read text=a etag={long} to={OLD}{long}", START, Random(5))
    assert (memory.etag, memory.target, memory.health.state) == ("", "", LinkState.OK)


MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
MEMORIES = st.builds(
    LinkMemory,
    st.builds(
        Health,
        st.sampled_from(LinkState),
        MOMENTS,
        st.none() | st.integers(0, 999),
        st.text(),
        st.integers(0, 10**6),
        MOMENTS,
    ),
    *[MOMENTS, st.text(), st.text(), st.text(), st.text()],
    *[st.booleans(), MOMENTS, st.booleans()],
)


@settings(max_examples=30)
@given(MEMORIES, st.integers(0, 400), st.text(max_size=3))
def test_memories_come_back_and_damaged_ones_do_no_harm(memory: LinkMemory, at: int, put: str) -> None:
    text = to_json(memory)
    assert text.isascii() and from_json(text) == memory
    assert isinstance(from_json(text[:at] + put + text[at + 1 :]), LinkMemory)


@pytest.mark.parametrize(
    "text",
    [
        *["", "null", "[]", "5", '"state"', "{", "[" * 100_000, "NaN", "\ud800"],
        *['{"state": "fine"}', '{"state": 1}', '{"due": 5}', '{"due": "2026-11-02T00:00:00"}', '{"due": ""}'],
        *['{"is_soft": 1}', '{"is_fine": "yes"}', '{"no_rules_since": 5}'],
        *['{"etag": null}', '{"failures": -1}', '{"failures": true}', '{"status": 2.5}', '{"health": {}}'],
        *['{"state": "ok", "other": 1}', '{"since": "0001-01-01T00:00:00+14:00"}', '{"status": 1e999}'],
    ],
)
def test_damage_is_an_empty_memory(text: str) -> None:
    assert from_json(text) == LinkMemory()


@pytest.mark.parametrize(
    ("entry", "url", "expected"),
    [
        ("example.com", "https://example.com/a", True),
        ("example.com", "http://www.example.com:8080/a?b", True),
        (" Example.COM ", "https://news.example.com/", True),
        ("www.example.com", "https://example.com/", True),
        ("bücher.example", "https://xn--bcher-kva.example/a", True),
        ("example.com", "https://badexample.com/", False),
        ("news.example.com", "https://example.com/", False),
        ("wiki:8080", "http://wiki:8080/page", True),
        ("wiki:8080", "http://wiki/page", False),
        ("wiki:443", "https://wiki/page", True),
        ("wiki:80", "https://wiki/page", False),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/a", True),
        ("[::1]", "http://[::1]:8000/a", True),
        ("https://example.com/a", "http://www.example.com/a/#part", True),
        ("example.com/a", "https://example.com/a", True),
        ("https://example.com/a", "https://example.com/a/b", False),
        ("https://example.com/a", "https://example.com/A", False),
        ("https://example.com/a", "https://example.com/a?b", False),
        ("https://example.com/a?b", "https://example.com/a?b", True),
        ("https://example.com/a", "https://m.example.com/a?utm_source=letter", True),
        ("https://example.com/a", "https://example.com:8443/a", False),
        ("https://example.com", "https://example.com/a", False),
        ("", "https://example.com/", False),
        ("*", "https://example.com/", False),
        ("mailto:a@example.com", "mailto:a@example.com", False),
        ("http://[", "http://[", False),
        ("example.com:99999", "https://example.com/", False),
    ],
)
def test_links_that_are_fine(entry: str, url: str, expected: bool) -> None:
    assert is_fine(url, ["other.example", entry]) is expected


def test_how_links_that_are_fine_are_shown() -> None:
    gone = LinkMemory(Health(LinkState.GONE, START, 404, failures=5, since=START))
    assert gone.shown == gone.health
    assert gone._replace(is_fine=True).shown == Health(LinkState.OK, START, 404)
    assert LinkMemory(is_fine=True).shown == Health(LinkState.OK)


@pytest.mark.parametrize(
    "text",
    [
        "404 Not Found",
        "Acme\nProducts\nError 404\nLook for it in our shop",
        "We’re sorry, we couldn't find that page.",
        "The page you are looking for could not be found.",
        "This article is no longer available",
        "Die Seite wurde leider nicht gefunden.",
        "Diese Seite existiert nicht (mehr)",
        "La page demandée est introuvable",
        "Página no encontrada",
        "Страница не найдена",
        "お探しのページが見つかりません",
    ],
)
def test_pages_that_say_that_nothing_is_there(text: str) -> None:
    assert says_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Peugeot 404: the history of a car",
        "Room 404 is on the fourth floor.",
        "Die Tarife wurden nicht geändert. Seite 4",
        "What to do if a page is not found. " + "How to write a good notice for visitors. " * 50,
    ],
)
def test_pages_that_say_something_else(text: str) -> None:
    assert not says_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "example.com\n\nThis domain is for sale! Inquire now.",
        "The domain name example.com. This domain name\nmay be for sale.",
        "Buy this domain",
        "This Web page is parked FREE, courtesy of a registrar.",
        "Diese Domain steht zum Verkauf",
        "Ce nom de domaine est a\u0300 vendre",
        "Este dominio está en venta",
        "This domain has expired. Renew now.",
    ],
)
def test_pages_of_parked_domains(text: str) -> None:
    assert parked(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The house in the park is for sale. Related searches: houses.",
        "This page is about domain names, and how to buy one.",
        "Works in the public domain are free; the book is for sale.",
        "My car is parked. Coming soon: more pictures.",
        "How domains are sold. " + "Often a page says: this domain is for sale. " * 100,
    ],
)
def test_pages_that_only_sound_like_it(text: str) -> None:
    assert not parked(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.hugedomains.com/domain_profile.cfm?d=example", True),
        ("http://a.sedoparking.com/", True),
        ("https://jordan.com/", False),
        ("https://example.com/?from=dan.com", False),
    ],
)
def test_markets_for_domains(url: str, expected: bool) -> None:
    assert parked("", url) is expected
