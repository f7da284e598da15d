"""A digest is sent once by each way, tried some times, and never again; `status` tells what was not sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.app import sending
from indexer.app.sending import PAUSES_S, SENT, Sender, Sent, Try
from indexer.catalogue import Catalogue
from indexer.errors import NotSent, PartlySent
from indexer.model.brief import Brief
from indexer.sending.ways import Outgoing, Way
from indexer.settings import TeamSettings
from tests.sending.servers import Posted

TEAM = TeamSettings(send=True, webhooks=("https://a.example/hooks/secret", "https://b.example/hooks/secret"))
WEEK, NEXT = "2026-W47", "2026-W48"
OUT = Outgoing(Brief(WEEK, "T", "S"), lambda sender, to: b"")


class World:
    """A catalogue, a time of day, and services that take or refuse."""

    def __init__(self, path: Path) -> None:
        self.catalogue = Catalogue(path)
        self.now = datetime(2026, 11, 23, 7, tzinfo=UTC)
        self.sent: list[str] = []
        self.failing: dict[str, NotSent] = {}

    def sender(self, team: TeamSettings = TEAM) -> Sender:
        return Sender(self.catalogue, team, lambda: self.now, {})

    def take(self, way: Way, _: Outgoing) -> None:
        self.sent.append(way.name)
        if way.name in self.failing:
            raise self.failing[way.name]

    def send_all(self, sender: Sender) -> None:
        while sender.week:
            sender.send_next(OUT)

    @property
    def problems(self) -> list[str]:
        return self.catalogue.problems.told(of_daemon=False)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path / "catalogue.db")
    monkeypatch.setattr(sending, "send", made.take)
    yield made
    made.catalogue.close()


def test_each_way_gets_it_once(world: World) -> None:
    sender = world.sender()
    assert sender.week == ""
    assert not sender.send_next(OUT)
    sender.begin(WEEK)
    assert sender.week == WEEK
    assert sender.send_next(OUT)
    assert not sender.send_next(OUT)
    assert world.sent == ["a.example", "b.example"]
    for again in (sender, world.sender()):  # made again without an item, or after a restart
        again.begin(WEEK)
        again.begin("2026-W40")
        world.send_all(again)
    assert len(world.sent) == 2
    assert world.problems == []
    sender.begin(NEXT)
    world.send_all(sender)
    assert len(world.sent) == 4


def test_what_fails_is_tried_some_times_and_told(world: World) -> None:
    world.failing["a.example"] = NotSent("the answer is 500")
    sender = world.sender()
    sender.begin(WEEK)
    world.send_all(sender)
    assert world.sent == ["a.example", "b.example"]
    for pause_s in PAUSES_S:
        assert world.problems == [
            f"the digest of {WEEK} was not sent (a.example): the answer is 500: it is tried again"
        ]
        world.now += timedelta(seconds=pause_s - 1)
        assert sender.week == ""
        world.now += timedelta(seconds=1)
        sender = world.sender()
        world.send_all(sender)
    assert world.sent.count("a.example") == len(PAUSES_S) + 1
    assert world.sent.count("b.example") == 1
    assert world.problems == [f"the digest of {WEEK} was not sent (a.example): the answer is 500"]
    world.now += timedelta(days=3)
    assert sender.week == ""
    assert "secret" not in str(world.catalogue.facts.get(SENT))
    world.failing.clear()
    sender.begin(NEXT)
    assert world.problems == []


def test_what_some_have_got_is_not_sent_again(world: World) -> None:
    world.failing["a.example"] = PartlySent("ben@example.org did not get it")
    sender = world.sender()
    sender.begin(WEEK)
    world.send_all(sender)
    world.now += timedelta(days=1)
    assert sender.week == ""
    assert world.problems == [
        f"the digest of {WEEK} was not sent (a.example): ben@example.org did not get it"
    ]


def test_it_works_in_the_end(world: World) -> None:
    world.failing["a.example"] = NotSent("away")
    sender = world.sender()
    sender.begin(WEEK)
    world.send_all(sender)
    world.failing.clear()
    world.now += timedelta(seconds=PAUSES_S[0])
    world.send_all(sender)
    assert world.problems == []
    assert world.sent == ["a.example", "b.example", "a.example"]


def test_a_process_that_is_killed_while_it_sends_tries_no_more_often(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        world.sent.append("killed")
        raise KeyboardInterrupt

    monkeypatch.setattr(sending, "send", die)
    world.sender().begin(WEEK)
    for _ in range(30):
        with pytest.raises(KeyboardInterrupt):
            sender = world.sender()
            if not sender.week:
                world.now += timedelta(days=1)
            if not sender.week:
                raise KeyboardInterrupt
            sender.send_next(OUT)
    assert world.sent.count("killed") == 2 * (len(PAUSES_S) + 1)


def test_off_sends_nothing_and_other_settings_send_what_they_name(world: World) -> None:
    off = world.sender(TEAM._replace(send=False))
    off.begin(WEEK)
    assert off.week == ""
    world.sender().begin(WEEK)
    assert world.sender(TEAM._replace(send=False)).week == ""
    only = world.sender(TEAM._replace(webhooks=(*TEAM.webhooks[1:], "https://c.example/hooks/new")))
    world.send_all(only)
    assert world.sent == ["b.example"]


def test_a_week_without_anything_is_not_sent(world: World) -> None:
    sender = world.sender()
    sender.begin(WEEK)
    assert not sender.send_next(None)
    assert (sender.week, world.sent) == ("", [])
    sender.begin(WEEK)
    assert sender.week == ""


def test_what_the_settings_lack_is_told(world: World) -> None:
    world.sender(TeamSettings(send=True)).tell()
    assert "nobody is named" in world.problems[0]
    world.sender().tell()
    assert world.problems == []


def test_what_is_remembered_reads_back() -> None:
    sent = Sent(WEEK, {"mail": Try(2, 12.5, "no", True), "x": Try()})
    assert Sent.of(str(sent)) == sent


def test_it_reaches_a_service_that_refuses_first(tmp_path: Path, served: Posted) -> None:
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    with closing(Catalogue(tmp_path / "catalogue.db")) as catalogue:
        team = TeamSettings(send=True, webhooks=(f"{served.url}/hooks/secret",))
        sender = Sender(catalogue, team, lambda: now, {})
        sender.begin(WEEK)
        served.code, served.body = 503, b"busy"
        assert not sender.send_next(OUT)
        assert catalogue.problems.told(of_daemon=False) == [
            f"the digest of {WEEK} was not sent (127.0.0.1): the answer is 503 (busy): it is tried again"
        ]
        now += timedelta(seconds=PAUSES_S[0])
        served.code = 200
        assert sender.week == WEEK
        sender.send_next(OUT)
        assert catalogue.problems.told(of_daemon=False) == []
        assert len(served.got) == 2
        assert sender.week == ""
