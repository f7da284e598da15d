"""When links wait, and what is told of it: battery, network, proxies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue
from indexer.links.messages import OFFLINE
from indexer.model.links import Answer, Outcome
from indexer.pipeline.link_conditions import LinkConditions
from indexer.pipeline.pass_facts import link_remarks
from tests.fake_clock import FakeClock


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    made = Catalogue(tmp_path / "catalogue.db")
    yield made
    made.close()


def test_links_wait_on_battery(catalogue: Catalogue) -> None:
    clock, asked = FakeClock(), []

    def on_battery() -> bool:
        asked.append(clock.monotonic())
        return len(asked) == 2

    conditions = LinkConditions(catalogue, clock, fetches=True, on_battery=on_battery)
    conditions.begin()
    waited = []
    for _ in range(10):
        waited.append((conditions.should_wait(), len(link_remarks(catalogue))))
        clock.sleep(10)
    assert waited == [(False, 0)] * 3 + [(True, 1)] * 3 + [(False, 0)] * 4
    assert len(asked) == 4
    without = LinkConditions(catalogue, clock, fetches=False, on_battery=lambda: True)
    assert not without.should_wait()


def test_being_offline_is_one_state_until_a_host_answers(catalogue: Catalogue) -> None:
    conditions = LinkConditions(catalogue, FakeClock(), fetches=True)
    conditions.begin()
    offline = Outcome(Answer.LATER, detail=OFFLINE, later_s=300)
    told = []
    for outcome in (
        *[Outcome(Answer.READ, 200), offline, offline, Outcome(Answer.REFUSED), Outcome(Answer.LATER)],
        *[Outcome(Answer.LATER, 429), offline, Outcome(Answer.FAILED), offline],
    ):
        conditions.hear(outcome)
        told.append(len(link_remarks(catalogue)))
    assert told == [0, 1, 1, 1, 1, 0, 1, 0, 1]
    assert "offline" in link_remarks(catalogue)[0]
    LinkConditions(catalogue, FakeClock(), fetches=True).begin()
    assert link_remarks(catalogue) == ()


def test_proxies_are_told_as_long_as_links_are_read(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "proxy.corp:3128")
    monkeypatch.setenv("HTTPS_PROXY", "socks5://other.corp")
    for fetches in (True, False):
        LinkConditions(catalogue, FakeClock(), fetches=fetches).begin()
        assert sum("proxy.corp:3128" in remark for remark in link_remarks(catalogue)) == fetches
        problems = catalogue.problems.told(of_daemon=False)
        assert sum("socks5://other.corp" in problem for problem in problems) == fetches
