"""From files in a folder to a mail server and a webhook: once, and without what left the page before it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from indexer.app.sending import PAUSES_S
from indexer.daemon.telling import WeekTeller
from indexer.model.items import RelPath
from indexer.settings import TeamSettings
from tests.sending.conftest import mail_server, no_proxies, served
from tests.sending.servers import Post, Posted
from tests.team.folders import TeamFolder, team_folder

__all__ = ["mail_server", "no_proxies", "served"]
URL = "https://files.example.org/team"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[TeamFolder]:
    """A folder in which something was written last week; it is Tuesday."""
    with team_folder(tmp_path, url=URL) as made:
        made.write(
            {"Sales/Letter.txt": "The steel tariff is passed on.", "Sales/Secret.txt": "The walrus plan."}
        )
        made.write(
            {
                "Sales/Letter.txt.note.ann.md": "---\nlevel: act\n---\nTell the customers.\nBcc: everybody@example.org"
            }
        )
        made.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        made.write({})
        yield made


def teller(team: TeamFolder, **settings: object) -> WeekTeller:
    """Return what a daemon that begins now has."""
    given = TeamSettings(send=True, **settings)  # type: ignore[arg-type]
    team.pipeline.settings = replace(team.settings, team=given)
    return WeekTeller(team.pipeline)


def test_it_reaches_a_mail_server_and_a_service_once(
    team: TeamFolder, served: Posted, mail_server: Callable[[str], Post]
) -> None:
    server = mail_server("starttls")
    settings = {
        "smtp_host": "localhost", "smtp_port": server.port, "smtp_from": "digest@example.org", "smtp_to": ("ann@example.org",),
        "webhooks": (f"{served.url}/hooks/secret",),
    }  # fmt: skip
    first = teller(team, **settings)
    first.send()
    assert not served.got  # nothing is told yet
    first.tell()
    served.code = 503
    for _ in range(5):
        first.send()
    (raw,) = server.mails
    assert len(served.got) == 1
    assert "the answer is 503" in " ".join(team.pipeline.catalogue.problems.told(of_daemon=False))
    team.now += timedelta(seconds=PAUSES_S[0])
    served.code = 200
    team.write({"Sales/Secret.txt": None})
    again = teller(team, **settings)  # after a restart
    for _ in range(5):
        again.tell()
        again.send()
    assert len(server.mails) == 1
    assert [path for path, _, _ in served.got] == ["/hooks/secret"] * 2
    assert team.pipeline.catalogue.problems.told(of_daemon=False) == []
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert (mail["To"], mail["Bcc"], mail["X-Unsent"]) == ("ann@example.org", None, None)
    html = mail.get_body(("html",))
    assert html and f'href="{URL}/Sales/Letter.txt"' in html.get_content()
    before, after = (json.loads(body)["text"] for _, _, body in served.got)
    assert "Tell the customers." in before and "Tell the customers." in after
    assert f"{URL}/_index/digest/2026-W47.html" in after


def test_what_left_the_page_is_in_nothing_that_is_sent(team: TeamFolder, served: Posted) -> None:
    daemon = teller(team, webhooks=(f"{served.url}/any",))
    daemon.tell()
    path = team.pipeline.catalogue.files.at(RelPath("Sales/Letter.txt"))
    assert path
    team.pipeline.forget(path)
    daemon.send()
    ((_, _, body),) = served.got
    assert "Secret" in body.decode()
    assert "Letter" not in body.decode() and "customers" not in body.decode()


def test_off_makes_no_connection_and_what_was_told_before_is_not_sent(
    team: TeamFolder, served: Posted
) -> None:
    address = f"{served.url}/any"
    team.pipeline.settings = replace(team.settings, team=TeamSettings(webhooks=(address,)))
    off = WeekTeller(team.pipeline)
    off.tell()
    off.send()
    assert (team.folder / "_index" / "digest" / "2026-W47.html").exists()
    on = teller(team, webhooks=(address,))
    on.tell()
    on.send()
    assert served.got == []
