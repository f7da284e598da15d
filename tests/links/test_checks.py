"""What a check of a link asks, and what it never asks."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
import tracemalloc
from typing import Any

import httpcore
import pytest

from indexer.links.replies import inflate
from indexer.model.links import Answer
from tests.links.conftest import LIMITS, World
from tests.links.sites import BOMB
from tests.links.web import OTHER_PUBLIC, PUBLIC, page, redirect
from tests.links.web import Answer as Reply

READ, SIGN_IN, FAILED = Answer.READ, Answer.SIGN_IN, Answer.FAILED
REFUSED, LATER, UNCHANGED = Answer.REFUSED, Answer.LATER, Answer.UNCHANGED

MAPPED = ipaddress.ip_address("::ffff:169.254.169.254")
ELSEWHERE = "it redirects elsewhere: "
FORBIDDEN: dict[str, str] = {
    "http://127.0.0.1/": "it leads into a private network (127.0.0.1)",
    "http://2130706433/": "it leads into a private network (127.0.0.1)",
    "http://0x7f.1/": "it leads into a private network (127.0.0.1)",
    "http://017700000001/": "it leads into a private network (127.0.0.1)",
    "http://[::1]/": "it leads into a private network (::1)",
    "http://[::ffff:169.254.169.254]/": f"it leads into a private network ({MAPPED})",
    "http://[64:ff9b::a9fe:a9fe]/": "it leads into a private network (64:ff9b::a9fe:a9fe)",
    "http://169.254.169.254/latest/meta-data/": "it leads into a private network (169.254.169.254)",
    "http://printer.test/": "it leads into a private network (192.168.1.9)",
    "http://mixed.test/": "it leads into a private network (10.0.0.1)",
    "http://news.test:8080/": "port 8080 is not asked (links.allow_hosts can allow it)",
    "https://news.test:80/": "port 80 is not asked (links.allow_hosts can allow it)",
    "http://user:secret@news.test/": "the address has a user name or password in it",
    "http://@news.test/": "the address has a user name or password in it",
    "http://news.test\\@10.0.0.1/": "this is not an address of the web",
    "file:///etc/passwd": "only http and https are followed, not file:",
    "ftp://news.test/": "only http and https are followed, not ftp:",
    "javascript:alert(1)": "only http and https are followed, not javascript:",
    "http:///a": "this is not the name of a host",
    "http://[fe80::1%25eth0]/": "this is not the name of a host",
    "http://news.test:99999/": "this is not an address of the web",
    "http://a b/": "this is not an address of the web",
    "http://" + "a" * 300 + "/": "this is not the name of a host",
    "http://news.test/" + "a" * 4_000: "this is not an address of the web",
}  # fmt: skip


@pytest.mark.parametrize("by", ["itself", "redirect", "permanent redirect", "robots"])
@pytest.mark.parametrize("url", FORBIDDEN, ids=lambda url: url[:40])
def test_what_is_forbidden_is_not_asked(world: World, url: str, by: str) -> None:
    world.names.answers = {"printer.test": [["192.168.1.9"]], "mixed.test": [[PUBLIC, "10.0.0.1"]]}
    status = 301 if by == "permanent redirect" else 302
    world.web.answers = {"/robots.txt": redirect(url)} if by == "robots" else {"/a": redirect(url, status)}
    outcome = world.check(url if by == "itself" else "http://news.test/a").outcome
    if by == "robots":
        assert outcome.status == 404
    elif ("redirect" in by and url.startswith("http://a b")) or (url == "http:///a" and by != "itself"):
        assert outcome.answer in (REFUSED, FAILED)
    else:
        assert (outcome.answer, outcome.detail) == (
            REFUSED,
            ("" if by == "itself" else ELSEWHERE) + FORBIDDEN[url],
        )
    assert set(world.wire.made) <= {(PUBLIC, 80)}
    assert by != "itself" or not world.wire.made


def test_a_name_is_looked_up_once_for_a_connection_that_goes_to_what_was_checked(world: World) -> None:
    world.names.answers["news.test"] = [[PUBLIC], ["127.0.0.1"]]
    outcome = world.check("http://news.test/a").outcome
    assert (
        outcome.answer is REFUSED
    )  # robots.txt came from the first, the page would have come from the second
    assert world.names.asked == ["news.test"] * 2
    assert world.wire.made == [(PUBLIC, 80)]


def test_the_name_stays_for_host_and_certificate(world: World) -> None:
    world.web.answers = {"/a": page()}
    assert world.check("https://news.test/a").outcome.answer is READ
    assert world.web.seen[-1].host == "news.test"
    wrong = world.check("https://stranger.test/a").outcome
    assert wrong.answer is FAILED
    assert wrong.detail.startswith("its certificate is not valid")


def test_what_hosts_are_told(world: World) -> None:
    world.web.answers = {"/a": redirect("/b", Set_Cookie="a=b"), "/b": page()}
    world.check("http://news.test/a", etag='"7"', last_modified="Mon, 01 Jan 2026 00:00:00 GMT")
    told = world.web.seen[-1].headers
    assert told["user-agent"] == "indexer/test (+us@x.test)"
    assert (told["if-none-match"], told["if-modified-since"]) == ('"7"', "Mon, 01 Jan 2026 00:00:00 GMT")
    assert told.keys() & {"cookie", "authorization", "referer"} == set()
    assert told["accept-encoding"] == "gzip, deflate"


def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    world.web.answers = {"/a": redirect("/b", 301), "/b": page(b"", "304 Same")}
    outcome = world.check("http://news.test/a", etag='"7"').outcome
    assert (outcome.answer, outcome.status, outcome.moved_to) == (UNCHANGED, 304, "http://news.test/b")


def test_a_tag_that_would_be_another_header_is_not_sent(world: World) -> None:
    world.web.answers = {"/a": page()}
    assert world.check("http://news.test/a", etag="x\r\nCookie: y").outcome.answer is READ
    assert "if-none-match" not in world.web.seen[-1].headers


def test_settings_allow_private_hosts_and_ports(world: World) -> None:
    world.names.answers = {name: [["10.1.2.3"]] for name in ("wiki.corp", "wiki.port")}
    world.web.may_be_private = {"10.1.2.3"}
    world.web.answers = {"/a": page()}
    for url, answer in {
        "http://wiki.corp/a": READ,
        "http://WIKI.corp:8080/a": READ,
        "http://wiki.port:8080/a": READ,
        "http://wiki.port/a": REFUSED,
        "http://wiki.port:8081/a": REFUSED,
        "http://other.wiki.corp/a": READ,
        "http://10.1.2.3/a": REFUSED,
    }.items():
        assert world.check(url).outcome.answer is answer, url
    assert {host for host, _ in world.wire.made} == {"10.1.2.3", PUBLIC}


def gai(code: int) -> socket.gaierror:
    return socket.gaierror(code, "no")


@pytest.mark.parametrize(
    ("failing", "is_silent"),
    [
        (gai(socket.EAI_AGAIN), True),
        (gai(socket.EAI_NONAME), sys.platform != "linux"),
    ],
)
def test_a_name_that_does_not_resolve(world: World, failing: OSError, is_silent: bool) -> None:
    world.names.answers["news.test"] = [failing]
    checked = world.check("http://news.test/a")
    assert (checked.outcome.answer, checked.is_silent) == (FAILED, is_silent)
    assert checked.outcome.url == "http://news.test/a"


def test_a_host_to_which_there_is_no_way(world: World) -> None:
    world.wire.failing[PUBLIC] = httpcore.ConnectError("no")
    world.wire.failing[PUBLIC].__context__ = OSError(errno.ENETUNREACH, "no way")
    checked = world.check("http://news.test/a")
    assert (checked.outcome.answer, checked.is_silent) == (FAILED, True)


def test_all_addresses_of_a_host_are_tried(world: World) -> None:
    world.names.answers["news.test"] = [[OTHER_PUBLIC, PUBLIC]]
    world.wire.failing[OTHER_PUBLIC] = httpcore.ConnectError("no")
    world.web.answers = {"/a": page()}
    assert world.check("http://news.test/a").outcome.answer is READ
    world.wire.failing[PUBLIC] = httpcore.ConnectTimeout("no")
    checked = world.check("http://news.test/a")
    assert (checked.outcome.answer, checked.is_silent) == (FAILED, True)


def test_a_resolver_that_hangs_does_not_hold_up(world: World) -> None:
    world.network._resolve = lambda host, port: __import__("time").sleep(0.8) or []
    checked = world.check("http://news.test/a")
    assert checked.outcome.answer is FAILED


SHELL = (
    b"<html><title>Home</title>" + b"<p>We can't find that, but look at these: tariffs, customs, duties." * 3
)


@pytest.mark.parametrize(
    ("answers", "probe", "is_gone"),
    [
        ({"/n/a": page(SHELL)}, page(b"", "404 No"), False),
        ({"/n/a": page(SHELL)}, page(SHELL + b" id 7711"), True),
        ({"/n/a": page(SHELL)}, page(b"<html><p>An article of its own about something else."), False),
        ({"/n/a": redirect("/", 301), "/": page(SHELL)}, redirect("/"), True),
        ({"/n/a": redirect("/n/b"), "/n/b": page(SHELL)}, redirect("/"), False),
        ({"/n/a": page(SHELL)}, redirect("http://10.0.0.1/"), False),
    ],
)
def test_a_host_that_answers_everything_alike(
    world: World, answers: dict[str, Reply], probe: bytes, is_gone: bool
) -> None:
    class Anything(dict[str, Reply]):
        def get(self, key: str, default: Any = None) -> Any:
            return super().get(key, probe if key.startswith("/n/") else default)

    world.web.answers = Anything(answers)
    assert world.check("http://news.test/n/a", probes=True).outcome.is_soft_gone is is_gone
    assert world.check("http://news.test/n/a").outcome.is_soft_gone is False


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    tracemalloc.start()
    try:
        body, is_cut = inflate(BOMB, "gzip", LIMITS.body)
        assert (body, is_cut) == (bytes(LIMITS.body), True)
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMITS.body
    finally:
        tracemalloc.stop()


def test_a_page_is_asked_for_without_rules_only_if_they_could_not_be_had_for_long(world: World) -> None:
    world.web.answers = {
        "/robots.txt": page(b"", "502 Oh"),
        "/a": page(),
        "/b": redirect("http://other.test/a"),
    }
    for url, insists, answer in (
        ("http://news.test/a", False, FAILED),
        ("http://news.test/a", True, READ),
        ("http://news.test/b", True, READ),
    ):
        outcome = world.check(url, insists=insists).outcome
        assert (outcome.answer, outcome.has_no_rules) == (answer, True)
    assert [seen.path for seen in world.web.seen] == ["/robots.txt", "/a", "/b", "/robots.txt", "/a"]
    world.web.answers["/robots.txt"] = page(b"User-agent: *\nDisallow: /")
    world.now += 1_801
    outcome = world.check("http://news.test/a", insists=True).outcome
    assert (outcome.answer, outcome.has_no_rules) == (REFUSED, False)


def test_rules_are_kept_for_a_day(world: World) -> None:
    world.web.answers = {"/a": page()}

    def asked() -> int:
        return [seen.path for seen in world.web.seen].count("/robots.txt")

    world.check("http://news.test/a")
    world.check("http://news.test/a")
    assert asked() == 1
    world.check("https://news.test/a")
    assert asked() == 2
    world.now += 86_401
    world.check("http://news.test/a")
    assert asked() == 3


class TestProxy:
    """Through a proxy, what can be checked is checked."""

    @pytest.fixture
    def world(self, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
        monkeypatch.setenv("http_proxy", "http://me:secret@proxy.corp:3128")
        monkeypatch.setenv("NO_PROXY", "direct.test")
        world.web.may_be_private = {"10.0.0.5"}
        fresh = World(world.web)
        fresh.names.answers = {
            "proxy.corp": [["10.0.0.5"]],
            "unknown.test": [gai(socket.EAI_NONAME)],
            "printer.test": [["192.168.1.9"]],
        }
        return fresh

    def test_pages_come_through_it(self, world: World) -> None:
        world.web.answers = {"http://unknown.test/a": page()}
        assert world.check("http://unknown.test/a").outcome.answer is READ
        assert set(world.wire.made) == {("10.0.0.5", 3128)}
        assert world.web.seen[-1].headers["proxy-authorization"].startswith("Basic ")

    @pytest.mark.parametrize(
        "url", ["http://printer.test/", "http://10.0.0.5/", "http://[::1]/", "http://0x7f.1/"]
    )
    def test_private_places_are_refused(self, world: World, url: str) -> None:
        assert world.check(url).outcome.answer is REFUSED
        assert world.wire.made == []

    def test_some_are_asked_directly(self, world: World) -> None:
        world.web.answers = {"/a": page()}
        assert world.check("http://direct.test/a").outcome.answer is READ
        assert set(world.wire.made) == {(PUBLIC, 80)}

    def test_its_failure_is_not_that_of_the_link(self, world: World) -> None:
        world.wire.failing["10.0.0.5"] = httpcore.ConnectError("no")
        assert world.check("http://news.test/a").outcome.answer is LATER

    def test_its_password_is_not_that_of_the_link(self, world: World) -> None:
        world.web.answers = {"http://news.test/a": page(b"", "407 Password")}
        assert world.check("http://news.test/a").outcome.answer is LATER
