"""What a site asks of machines: hostile files cost little, and delays are bounded."""

from __future__ import annotations

import time

from indexer.links import robots
from indexer.links.limits import ROBOTS_KEPT_S
from indexer.links.robots import Robots, Rules

URL = "http://news.test/a"


def test_many_agents_and_rules_do_not_cost_their_product() -> None:
    text = "".join(f"User-agent: bot{n}\n" for n in range(12_000))
    text += "".join(f"Disallow: /{n}*{n}\n" for n in range(12_000))
    before = time.process_time()
    assert Rules(text).allows(URL)
    assert time.process_time() - before < 5  # else minutes and gigabytes


def test_a_rule_of_wildcards_does_not_cost_its_power() -> None:
    before = time.process_time()
    assert Rules("User-agent: *\nDisallow: /" + "*a" * 200 + "*b$").allows("http://news.test/" + "a" * 3_000)
    assert time.process_time() - before < 5


def test_delays_are_respected_to_a_limit() -> None:
    for asked, kept in {"2.5": 2.5, "9999": 30.0, "-1": 0.0, "inf": 0.0, "soon": 0.0}.items():
        assert Rules(f"User-agent: *\nCrawl-delay: {asked}").delay_s == kept
    assert Rules("User-agent: other\nCrawl-delay: 9").delay_s == 0.0


def test_any_bytes_are_rules() -> None:
    for text in ("", "\0\ufffd", "User-agent:\nDisallow: /", "<html>", "User-agent: *\nDisallow:"):
        assert Rules(text).allows(URL)


def test_so_many_are_kept() -> None:
    known, large = Robots(), Rules("#" * robots._MOST_TEXT)
    for number in range(robots._MOST_SITES + 5):
        known.keep(f"http://{number}", Rules(), 0)
    assert known.get("http://0", 1) is None
    assert known.get("http://9", 1) is not None
    known.keep("http://large", large, 0)
    known.keep("http://large", large, 0)
    known.keep("http://last", Rules("#"), 0)
    assert known.get("http://large", 1) is None
    assert known.get("http://last", 1) is not None
    assert known.get("http://last", ROBOTS_KEPT_S) is None
