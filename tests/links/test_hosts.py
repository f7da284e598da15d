"""Turns of hosts, rests, and whether a machine is offline."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.links.hosts import Hosts
from indexer.links.reach import Reach

STEP = st.tuples(st.sampled_from("add next take finish rest clear".split()), st.sampled_from("abc"))


@given(st.lists(STEP, max_size=60))
def test_whatever_is_done_no_host_is_asked_twice_at_once_or_too_soon_and_no_job_is_lost(
    steps: list[tuple[str, str]],
) -> None:
    hosts: Hosts[int] = Hosts()
    added: list[int] = []
    given_back: list[int] = []
    busy: set[str] = set()
    free: dict[str, float] = {}
    for now, (step, host) in enumerate(steps):
        if step in ("add", "next"):
            added.append(now)
            hosts.add(host, now, is_next=step == "next")
        elif step == "take":
            wait = hosts.wait_s(now)
            taken = hosts.take(now)
            assert (taken is not None) == (wait == 0)
            if taken:
                assert taken[0] not in busy
                assert free.get(taken[0], 0) <= now
                busy.add(taken[0])
                given_back.append(taken[1])
        elif step == "finish" and host in busy:
            busy.discard(host)
            free[host] = now + 2
            hosts.finish(host, now + 2, now)
        elif step == "rest":
            given_back += hosts.rest(host, now + 5)
            assert hosts.rests_s(host, now + 1) == 4
        elif step == "clear":
            given_back += hosts.clear()
    for host in busy:
        hosts.finish(host, 0, 0)
    while taken := hosts.take(10_000):
        given_back.append(taken[1])
        hosts.finish(taken[0], 0, 0)
    assert sorted(given_back) == added
    assert hosts.is_idle


def test_what_goes_on_comes_before_what_begins() -> None:
    hosts: Hosts[str] = Hosts()
    hosts.add("a", "first")
    hosts.add("a", "second")
    hosts.add("a", "goes on", is_next=True)
    assert hosts.take(0) == ("a", "goes on")


def test_one_silent_host_failed_if_another_answers() -> None:
    reach: Reach[str] = Reach()
    reach.miss("a", "1")
    reach.miss("a", "2")
    reach.miss("b", "3")
    assert not reach.is_suspicious
    assert reach.hear("c", 0) == ["1", "2", "3"]
    assert reach.hear("c", 0) == []


def test_three_silent_hosts_in_a_row_are_one_state() -> None:
    reach: Reach[str] = Reach()
    for host in "abc":
        assert not reach.is_suspicious
        reach.miss(host, host)
    assert reach.is_suspicious
    assert reach.judge(is_online=False) == ["a", "b", "c"]
    reach.miss("d", "d")
    assert reach.is_suspicious  # at once, until somebody answers
    reach.hear("e", 0)
    reach.miss("f", "f")
    assert not reach.is_suspicious
    assert reach.settle(599) == (["f"], True)
    assert reach.settle(601) == ([], False)
