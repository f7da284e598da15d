"""The fetching process from outside: manners, deaths, and what it may not do."""

from __future__ import annotations

import itertools
import shutil
import stat
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from indexer.bounds import landlock
from indexer.links import wishes
from indexer.links.fetcher import Fetcher, Request, user_agent
from indexer.links.limits import Limits
from indexer.links.messages import OFFLINE
from indexer.links.spool import gather
from indexer.model.links import Answer, Outcome
from indexer.settings import LinksSettings
from tests.links.web import Web, drip, page, redirect

LIMITS = Limits(body=100_000, total_s=5.0)
PAUSE_S = 0.1
TEXT = b"<html><p>An article about tariffs."
SLOW = drip([b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 500])
HOSTS = [f"{name}.test" for name in "a b c d e f silent1 silent2 silent3 silent4".split()]


@pytest.fixture
def web() -> Iterator[Web]:
    """A web without TLS."""
    made = Web()
    yield made
    made.close()


Start = Callable[..., Fetcher]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start fetchers that are closed in the end."""
    made: list[Fetcher] = []

    def begin(limits: Limits = LIMITS, entrance: str = "tests.links.children") -> Fetcher:
        settings = LinksSettings(allow_hosts=tuple(HOSTS), pause_s=PAUSE_S, contact="us@x.test")
        made.append(Fetcher.start(settings, tmp_path / "spool", limits=limits, entrance=entrance))
        return made[-1]

    yield begin
    for fetcher in made:
        fetcher.close()


def collect(fetcher: Fetcher, count: int, seconds: float = 30.0) -> dict[str, Outcome]:
    """Return so many outcomes, or those that come in time."""
    outcomes: dict[str, Outcome] = {}
    until = time.monotonic() + seconds
    while len(outcomes) < count and time.monotonic() < until:
        outcomes.update(fetcher.collect(0.2))
    return outcomes


def test_pages_come_with_manners(web: Web, start: Start, tmp_path: Path) -> None:
    web.answers |= {f"/{n}": page(TEXT) for n in range(4)} | {"/far": redirect(f"http://b.test:{web.port}/0")}
    web.answers[f"c.test:{web.port}/robots.txt"] = page(b"User-agent: *\nCrawl-delay: 0.3")
    fetcher = start()
    links = [f"http://{host}:{web.port}/{n}" for host in HOSTS[:6] for n in range(4)]
    links += [f"http://{host}:{web.port}/far" for host in HOSTS[:6]]
    links += [
        "http://private.test/",
        "http://[::ffff:169.254.169.254]/",
        "file:///etc/passwd",
        "http://a.test:x/",
    ]
    for url in links:
        fetcher.submit(url, Request(url))
    outcomes = collect(fetcher, len(links))
    assert {url for url, outcome in outcomes.items() if outcome.answer is Answer.REFUSED} == set(links[-4:])
    for url in links[:-4]:
        assert outcomes[url].answer is Answer.READ
        body = tmp_path / "spool" / outcomes[url].body
        assert body.read_bytes() == TEXT
        assert sys.platform == "win32" or stat.S_IMODE(body.stat().st_mode) == 0o600
    by_host = defaultdict(list)
    for seen in web.seen:
        assert seen.headers["user-agent"] == user_agent("us@x.test")
        by_host[seen.host].append((seen.began, seen.ended))
    for host, times in by_host.items():
        pause_s = 0.3 if host.startswith("c.") else PAUSE_S
        times.sort()
        for (_, ended), (began, _) in itertools.pairwise(times):
            assert began - ended > pause_s * 0.8
    assert [seen.path for seen in web.seen].count("/robots.txt") == 6


def test_a_host_that_asks_for_a_rest_holds_up_no_other_and_is_not_asked_again(web: Web, start: Start) -> None:
    web.answers = {f"a.test:{web.port}/{n}": page(b"", "429 Oh", Retry_After="50") for n in range(9)}
    web.answers |= {f"/{n}": page(TEXT) for n in range(9)}
    fetcher = start()
    for host in ("a.test", "b.test"):
        for n in range(4):
            fetcher.submit(f"{host}/{n}", Request(f"http://{host}:{web.port}/{n}"))
    outcomes = collect(fetcher, 8)
    assert {outcomes[f"b.test/{n}"].answer for n in range(4)} == {Answer.READ}
    assert {(outcomes[f"a.test/{n}"].answer, outcomes[f"a.test/{n}"].later_s) for n in range(4)} == {
        (Answer.LATER, 50)
    }
    web.answers["/far"] = redirect(f"http://a.test:{web.port}/7")
    for host in ("a.test", "b.test"):
        fetcher.submit(host, Request(f"http://{host}:{web.port}/far"))
    for again in collect(fetcher, 2).values():
        assert again.answer is Answer.LATER and 30 < again.later_s <= 50
    assert [seen.path for seen in web.seen if seen.host.startswith("a.test")] == ["/robots.txt", "/0"]


@pytest.mark.parametrize("way", ["closed", "killed"])
def test_what_hosts_ask_counts_for_the_next_process_too(
    web: Web, start: Start, tmp_path: Path, way: str
) -> None:
    web.answers = {"/": page(TEXT), f"a.test:{web.port}/": page(b"", "429 Oh", Retry_After="50")}
    web.answers[f"c.test:{web.port}/robots.txt"] = page(b"User-agent: *\nDisallow: /")
    web.answers[f"d.test:{web.port}/robots.txt"] = page(b"", "500 Oh")
    expected = dict(zip("abcd", (Answer.LATER, Answer.READ, Answer.REFUSED, Answer.FAILED), strict=True))
    for number in range(2):
        fetcher = start()
        for host in expected:
            fetcher.submit(host, Request(f"http://{host}.test:{web.port}/"))
        outcomes = collect(fetcher, 4)
        assert {host: outcome.answer for host, outcome in outcomes.items()} == expected
        assert 30 < outcomes["a"].later_s <= 50
        asked = sorted(seen.host[0] + seen.path for seen in web.seen)
        assert asked == [
            "a/",
            "a/robots.txt",
            *["b/"] * (number + 1),
            "b/robots.txt",
            "c/robots.txt",
            "d/robots.txt",
        ]
        for host, outcome in outcomes.items():
            fetcher.release(host, outcome)
        if way == "killed":
            process_of(fetcher).kill()
        fetcher.close()
    assert stat.S_IMODE((tmp_path / "spool" / wishes.FILE).stat().st_mode) == 0o600 or sys.platform == "win32"


def test_offline_is_one_state_and_no_dead_link(web: Web, start: Start) -> None:
    web.answers = {"/": page(TEXT)}
    fetcher = start()
    for host in HOSTS[6:]:
        for n in range(20):
            fetcher.submit(f"{host}/{n}", Request(f"http://{host}/{n}"))
    outcomes = collect(fetcher, 80)
    assert {(o.answer, o.later_s, o.detail) for o in outcomes.values()} == {(Answer.LATER, 300.0, OFFLINE)}
    fetcher.submit("back", Request(f"http://a.test:{web.port}/"))
    assert collect(fetcher, 1)["back"].answer is Answer.READ
    fetcher.submit("dead", Request("http://silent1.test/"))
    assert collect(fetcher, 1)["dead"].answer is Answer.FAILED  # another host has just answered


def test_the_only_link_may_be_dead_or_this_machine_offline(start: Start) -> None:
    fetcher = start()
    fetcher.submit("k", Request("http://silent1.test/"))
    assert collect(fetcher, 1)["k"].answer is Answer.LATER


def process_of(fetcher: Fetcher) -> psutil.Process:
    assert fetcher._process is not None
    return psutil.Process(fetcher._process.process.pid)


def test_a_killed_process_is_replaced_and_its_links_are_tried_later(
    web: Web, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    web.answers = {"/slow": drip([b" "] * 500), "/": page(TEXT)}
    fetcher = start()
    for n in range(3):
        fetcher.submit(f"{n}", Request(f"http://a.test:{web.port}/slow"))
    process_of(fetcher).kill()
    lost = collect(fetcher, 3)
    assert {(o.answer, o.later_s) for o in lost.values()} == {(Answer.LATER, 600.0)}
    assert [record.message for record in caplog.records] == [
        "the fetching process ended: 3 links that it had are checked later"
    ]
    assert fetcher.has_room()
    fetcher.submit("k", Request(f"http://a.test:{web.port}/"))
    assert collect(fetcher, 1)["k"].answer is Answer.READ


def test_what_was_found_out_before_a_kill_is_not_asked_for_again(
    web: Web, start: Start, tmp_path: Path
) -> None:
    web.answers = {"/1": page(TEXT), "/3": page(b"", "429 Oh"), "/4": SLOW}
    fetcher = start()
    hosts = dict(enumerate("abcd", 1))
    for number, host in hosts.items():
        fetcher.submit(f"{number}", Request(f"http://{host}.test:{web.port}/{number}"))
    found = collect(fetcher, 3)
    process_of(fetcher).kill()
    collect(fetcher, 1)
    asked = len(web.seen)
    again = start()  # as after a kill of the one who asked
    for number, host in list(hosts.items())[:2]:
        again.submit(f"{number}", Request(f"http://{host}.test:{web.port}/{number}"))
    told = collect(again, 2)
    assert told == {key: found[key] for key in "12"}
    assert len(web.seen) == asked
    for key in "12":
        again.release(key, told[key])
    spool = tmp_path / "spool"
    assert [path.name for path in spool.iterdir()] == [wishes.FILE]
    assert gather(spool, 1000, time.time()) == {}


def test_a_process_that_is_killed_may_have_left_outcomes(web: Web, start: Start) -> None:
    web.answers = {"/1": page(TEXT), "/2": SLOW}
    fetcher = start()
    for number, host in ((1, "a"), (2, "b")):
        fetcher.submit(f"{number}", Request(f"http://{host}.test:{web.port}/{number}"))
    process = fetcher._process
    assert process is not None
    until = time.monotonic() + 30
    while process._said.empty() and time.monotonic() < until:
        time.sleep(0.02)
    process._said.get_nowait()  # it was said, but nobody heard it
    process_of(fetcher).kill()
    outcomes = collect(fetcher, 2)
    assert {key: outcome.answer for key, outcome in outcomes.items()} == {"1": Answer.READ, "2": Answer.LATER}


def is_gone(process: psutil.Process, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_it_ends_with_the_one_who_started_it(tmp_path: Path) -> None:
    code = f"""
import os, pathlib
from indexer.links.fetcher import Fetcher, Request
from indexer.settings import LinksSettings
fetcher = Fetcher.start(LinksSettings(), pathlib.Path({str(tmp_path / "spool")!r}), entrance="tests.links.children")
fetcher.submit("k", Request("ftp://a"))
while not list(fetcher.collect(1)): pass
print(fetcher._process.process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid = int(told.stdout)
    assert not psutil.pid_exists(pid) or is_gone(psutil.Process(pid))


def test_close_ends_it_in_the_middle_of_a_request(web: Web, start: Start) -> None:
    web.answers = {"/": drip([b" "] * 500)}
    fetcher = start()
    fetcher.submit("k", Request(f"http://a.test:{web.port}/"))
    process = process_of(fetcher)
    fetcher.close()
    assert is_gone(process)
    assert list(fetcher.collect(0.1)) == []


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the environment of a process can't be read for certain"
)
def test_it_knows_no_secrets(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_INDEX_PASSWORD", "secret")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    fetcher = start()
    fetcher.submit("k", Request("ftp://a"))
    collect(fetcher, 1)
    known = process_of(fetcher).environ()
    assert "secret" not in known.values()
    assert (known["no_proxy"], known["SSL_CERT_DIR"]) == ("*", "/nowhere")
    limits = Path(f"/proc/{process_of(fetcher).pid}/limits").read_text()
    assert f"Max address space         {LIMITS.memory}" in limits


@pytest.mark.skipif(landlock.abi() == 0, reason="the kernel has no Landlock")
def test_it_writes_in_its_spool_only_starts_nothing_and_reads_nothing_personal(
    web: Web, start: Start, tmp_path: Path
) -> None:
    web.answers = {"/": page(TEXT)}
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    spool = tmp_path / "spool"
    tried = {
        f"write{spool}": True,
        f"write{tmp_path}": False,
        "write/tmp": False,
        f"read{secret}": False,
        f"read{spool / 'made'}": True,
        "read/etc/hosts": True,
        f"remove{secret}": False,
        f"start{shutil.which('true')}": False,
    }
    fetcher = start(entrance="tests.links.curious")
    for what, may in tried.items():
        fetcher.submit(what, Request(f"http://a.test:{web.port}/{what}"))
        outcome = collect(fetcher, 1)[what]
        assert (outcome.answer, outcome.status) == ((Answer.READ, 200) if may else (Answer.SIGN_IN, 403)), (
            what
        )
    fetcher.submit("page", Request(f"http://a.test:{web.port}/"))
    assert collect(fetcher, 1)["page"].answer is Answer.READ
    assert secret.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="its pipe is of another kind")
@pytest.mark.parametrize(
    "way",
    [
        "lies",
        "says much",
        "answers what nobody asked",
        "has no body",
        "has a link for a body",
        "ends",
        "is mute",
    ],
)
def test_a_process_that_misbehaves_is_ended(start: Start, way: str) -> None:
    fetcher = start(LIMITS._replace(silent_s=1.0), "tests.links.misbehaving")
    fetcher.submit("k", Request(way))
    process = process_of(fetcher)
    assert collect(fetcher, 1)["k"].answer is Answer.LATER
    assert is_gone(process)


def test_a_process_that_can_not_start_is_not_started_again_and_again(start: Start) -> None:
    fetcher = start(entrance="tests.links.no_such_module")
    for key in "ab":
        assert fetcher.has_room()
        fetcher.submit(key, Request("http://a.test/"))
        assert collect(fetcher, 1)[key].answer is Answer.LATER
    assert not fetcher.has_room()
    fetcher.submit("c", Request("http://a.test/"))
    assert collect(fetcher, 1)["c"].answer is Answer.LATER
    assert fetcher._process is None


def test_a_full_spool_holds_it_up(web: Web, start: Start, tmp_path: Path) -> None:
    web.answers = {"/": page(TEXT)}
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / f"{'0' * 32}.body").write_bytes(b"of an earlier one")
    (spool / "other").write_bytes(b"x" * 2_000)
    fetcher = start(LIMITS._replace(spool=1_000))
    assert [path.name for path in spool.iterdir()] == ["other"]
    fetcher.submit("k", Request(f"http://a.test:{web.port}/"))
    assert collect(fetcher, 1, 1.0) == {}
    (spool / "other").unlink()
    assert collect(fetcher, 1)["k"].answer is Answer.READ
