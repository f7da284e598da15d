"""What reaches a mail server and a webhook, how long anybody waits, and what is told if it is not taken."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from indexer.errors import NotSent, PartlySent
from indexer.page.weekly.brief import brief_of
from indexer.page.weekly.mail import digest_mail
from indexer.page.weekly.telling import Links
from indexer.sending import mailing, posting
from indexer.sending.mailing import PASSWORD
from indexer.sending.payloads import post_of, service_of
from indexer.sending.ways import Outgoing, lacking, send, ways
from indexer.settings import TeamSettings
from tests.page.test_weeks import HOSTILE
from tests.page.weeks import EMPTY, FULL, attack, huge
from tests.sending.servers import Post, Posted

LINKS = Links.below("https://files.example.org/team/")
BRIEF = brief_of(FULL, "en", LINKS)
MAIL = TeamSettings(
    send=True,
    smtp_host="localhost",
    smtp_tls="none",
    smtp_from="digest@example.org",
    smtp_to=("ann@example.org", "ben@example.org"),
)


def outgoing() -> Outgoing:
    return Outgoing(BRIEF, lambda sender, to: digest_mail(FULL, "en", LINKS, "f", sender=sender, to=to))


def send_by(team: TeamSettings, env: dict[str, str] | None = None) -> None:
    for way in ways(team, env or {}):
        send(way, outgoing(), 5)


# --- mail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
def test_a_mail_arrives(mail_server: Callable[[str], Post], tls: str) -> None:
    server = mail_server(tls)
    team = MAIL._replace(smtp_tls=tls, smtp_port=server.port)
    if tls != "none":
        team = team._replace(smtp_user="user")
    send_by(team, {PASSWORD: "secret"})
    (raw,) = server.mails
    made = message_from_bytes(raw, policy=policy.default)
    assert isinstance(made, EmailMessage)
    assert (
        raw == digest_mail(FULL, "en", LINKS, "f", sender=MAIL.smtp_from, to=MAIL.smtp_to).rstrip() + b"\r\n"
    )
    assert not made.defects
    assert made["To"] == "ann@example.org, ben@example.org"
    assert [line for line in server.said if line.startswith("rcpt")] == [
        f"rcpt TO:<{to}>" for to in MAIL.smtp_to
    ]
    assert server.said[0] == "ehlo [127.0.0.1]"
    secrets = [line for line in server.said if line.startswith(("AUTH", "mail", "rcpt"))]
    assert tls == "none" or set(secrets) <= set(server.encrypted)
    assert (tls != "none") is any(line.startswith("AUTH") for line in secrets)


def test_the_password_may_be_in_a_file_of_its_own(mail_server: Callable[[str], Post], tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("secret\nand more\n")
    path.chmod(0o644)
    server = mail_server("tls")
    team = MAIL._replace(
        smtp_tls="tls", smtp_port=server.port, smtp_user="user", smtp_password_file=str(path)
    )
    send_by(team)
    assert len(server.mails) == 1
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(NotSent, match="535"):
        send_by(team, {PASSWORD: "wrong"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"smtp_user": "user"}, "unencrypted"),
        ({"smtp_tls": "starttls"}, "STARTTLS"),
        ({"smtp_tls": "starttls", "smtp_user": "user"}, "has no password"),
        ({"smtp_tls": "tls", "smtp_user": "user", "smtp_password_file": "/nowhere/at/all"}, "can't be read"),
        ({"smtp_tls": "tls"}, "SSL"),
        ({"smtp_port": 1}, "refused|reset|denied"),
    ],
)
def test_what_is_wrong_with_a_mail_server_is_told(
    mail_server: Callable[[str], Post], change: dict[str, Any], told: str
) -> None:
    server = mail_server("none")
    with pytest.raises(NotSent, match=told) as caught:
        send_by(MAIL._replace(**{"smtp_port": server.port, **change}))
    assert "\n" not in str(caught.value)
    assert server.mails == []


def test_an_unknown_certificate_is_not_taken(
    mail_server: Callable[[str], Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = mail_server("starttls")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotSent, match="certificate"):
        send_by(
            MAIL._replace(smtp_tls="starttls", smtp_port=server.port, smtp_user="user"), {PASSWORD: "secret"}
        )
    assert not any(line.startswith("AUTH") for line in server.said)


def test_some_may_be_unknown(mail_server: Callable[[str], Post]) -> None:
    server = mail_server("none")
    team = MAIL._replace(smtp_port=server.port)
    server.unknown = {"ben@example.org"}
    with pytest.raises(PartlySent, match="ben@example.org did not get it"):
        send_by(team)
    assert len(server.mails) == 1
    server.unknown |= {"ann@example.org"}
    with pytest.raises(NotSent, match="nobody"):
        send_by(team)
    server.unknown, server.takes = set(), False
    with pytest.raises(NotSent, match=r"554 \(5.7.1 looks like spam\)"):
        send_by(team)


def test_nobody_waits_for_a_silent_mail_server(mail_server: Callable[[str], Post]) -> None:
    server = mail_server("none")
    server.is_silent = True
    began = time.monotonic()
    with pytest.raises(NotSent, match="timed out"):
        mailing.send_mail(MAIL._replace(smtp_port=server.port), b"", {}, timeout_s=0.2)
    assert time.monotonic() - began < 2
    with pytest.raises(NotSent, match="more than 0.1 seconds"):
        send(ways(MAIL._replace(smtp_port=server.port), {})[0], outgoing(), 0.1)


# --- posts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/hooks/abc", "/ntfy/our-team", "/any?x=1", "/a/b#slack", "/a#teams", "/a#discord"]
)
def test_a_post_arrives(served: Posted, path: str) -> None:
    url = served.url + path
    send_by(TeamSettings(send=True, webhooks=(url,)))
    ((where, headers, body),) = served.got
    made = post_of(url, BRIEF)
    assert served.url + where == made.url
    assert body == made.body
    assert headers["content-type"] == "application/json"
    assert "EU steel safeguard 2026" in body.decode()
    assert "#" not in where


def test_a_user_in_an_address_signs_in(served: Posted) -> None:
    send_by(TeamSettings(send=True, webhooks=(served.url.replace("//", "//bot:p%40ss@") + "/hooks/x",)))
    ((where, headers, _),) = served.got
    assert where == "/hooks/x"
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"bot:p@ss"


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_no_redirect_is_followed(served: Posted, code: int) -> None:
    served.code, served.location = code, served.url + "/elsewhere"
    with pytest.raises(NotSent, match=f"{code}, which leads elsewhere"):
        send_by(TeamSettings(send=True, webhooks=(served.url + "/hooks/x",)))
    assert len(served.got) == 1


def test_what_a_service_says_is_told_in_part(served: Posted) -> None:
    served.code, served.body = 404, b"no_service\nfound " + b"x" * 5_000_000
    with pytest.raises(NotSent) as caught:
        send_by(TeamSettings(send=True, webhooks=(served.url + "/hooks/secret",)))
    assert str(caught.value).startswith("the answer is 404 (no_service found xxx")
    assert len(str(caught.value)) < 200
    assert (
        "secret"
        not in str(caught.value)
        + ways(TeamSettings(send=True, webhooks=(served.url + "/hooks/secret",)), {})[0].name
    )
    served.body = b"\x1b[31m"
    with pytest.raises(NotSent, match="404$"):
        send_by(TeamSettings(send=True, webhooks=(served.url + "/hooks/secret",)))


def test_a_large_answer_is_not_read(served: Posted) -> None:
    served.body = b"x" * 50_000_000
    began = time.monotonic()
    send_by(TeamSettings(send=True, webhooks=(served.url + "/x",)))
    assert time.monotonic() - began < 3


def test_nobody_waits_for_a_service_that_answers_bit_by_bit(served: Posted) -> None:
    served.drip = True
    way = ways(TeamSettings(send=True, webhooks=(served.url + "/x",)), {})[0]
    began = time.monotonic()
    with pytest.raises(NotSent, match="more than 0.3 seconds"):
        send(way, outgoing(), 0.3)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://[::1/x", "http://127.0.0.1:99999/x"])
def test_what_can_not_be_reached_is_told(url: str) -> None:
    with pytest.raises(NotSent) as caught:
        posting.post(post_of("http://127.0.0.1/x", BRIEF)._replace(url=url))
    assert len(str(caught.value).splitlines()) == 1


def test_other_services_are_left_to_apprise(monkeypatch: pytest.MonkeyPatch) -> None:
    team = TeamSettings(send=True, webhooks=("tgram://bot/chat",))
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotSent, match="need Apprise"):
        send_by(team)
    told: list[tuple[str, str]] = []

    class Apprise:
        works = True

        def add(self, url: str) -> bool:
            return url.startswith("tgram:")

        def notify(self, title: str, body: str) -> bool:
            told.append((title, body))
            return self.works

    module = ModuleType("apprise")
    module.Apprise = Apprise  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "apprise", module)
    send_by(team)
    assert told[0][0] == BRIEF.title
    assert "8D report" in told[0][1]
    with pytest.raises(NotSent, match="doesn't know"):
        send_by(team._replace(webhooks=("nothing://x",)))
    Apprise.works = False
    with pytest.raises(NotSent, match="could not"):
        send_by(team)


# --- what is posted -------------------------------------------------------------------------------

ADDRESSES = {
    "https://prod-01.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke?sig=y": "teams",
    "https://default1.2.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/x": "teams",
    "https://contoso.webhook.office.com/webhookb2/x": "teams",
    "https://hooks.slack.com/services/T/B/x": "slack",
    "https://chat.example.org/hooks/abc": "mattermost",
    "https://discord.com/api/webhooks/1/x": "discord",
    "https://canary.discord.com/api/webhooks/1/x": "discord",
    "https://chat.googleapis.com/v1/spaces/x/messages?key=k": "google",
    "https://ntfy.sh/our-team": "ntfy",
    "https://ntfy.example.org/our-team": "ntfy",
    "https://push.example.org/ntfy/our-team": "ntfy",
    "https://automation.example.org/webhook/1": "json",
    "https://automation.example.org/webhook/1#teams": "teams",
    "https://evil.example/hooks.slack.com": "json",
    "https://notdiscord.com/x": "json",
}


@pytest.mark.parametrize(("url", "service"), ADDRESSES.items())
def test_a_service_is_known_by_its_address(url: str, service: str) -> None:
    assert service_of(url) == service
    made = post_of(url, BRIEF)
    said = json.loads(made.body)
    keys = {
        "teams": {"type", "attachments"}, "slack": {"text"}, "mattermost": {"text"}, "google": {"text"},
        "discord": {"content", "allowed_mentions", "flags"}, "ntfy": {"topic", "title", "message", "tags", "click"},
        "json": {"title", "text", "week", "url"},
    }  # fmt: skip
    assert said.keys() == keys[service]
    if service == "ntfy":
        assert said["topic"] == "our-team"
        assert not made.url.endswith("our-team")
    else:
        assert made.url == url.partition("#")[0]


def test_the_card() -> None:
    said = json.loads(post_of("https://x.logic.azure.com/x", BRIEF).body)
    (attachment,) = said["attachments"]
    assert (said["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert runs[0]["text"] == BRIEF.title
    (linked,) = (run for run in runs if run["text"].startswith("EU steel"))
    assert linked["selectAction"]["url"].startswith("https://files.example.org/team/Purchasing/")
    assert card["actions"][0]["url"] == "https://files.example.org/team/_index/digest/2026-W47.html"


def test_what_matters_most_comes_first() -> None:
    assert [part.heading for part in BRIEF.parts] == [
        "Why it matters",
        "Found at last",
        "Still open",
        "Answered",
    ]
    lines = BRIEF.parts[0].lines
    assert [line.text[:9] for line in lines] == ["EU steel ", "Landed co", "8D report"]
    assert lines[0].said[0].startswith("● Critical · Ann Lee: ")
    quiet = brief_of(EMPTY, "en", Links())
    assert quiet.parts == ()
    assert "Nothing new" in quiet.summary
    without = FULL._replace(parts=FULL.parts[2:])
    assert [line.text for line in brief_of(without, "en", Links()).parts[0].lines][1] == "Price round 2027"


SERVICES = {service: url for url, service in ADDRESSES.items()}
LIMITS = {
    "teams": 28_000,
    "slack": 16_000,
    "mattermost": 16_000,
    "discord": 2_000,
    "google": 4_096,
    "ntfy": 5_000,
    "json": 16_000,
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_post_is_bounded_and_calls_nobody(service: str) -> None:
    made = post_of(SERVICES[service], brief_of(huge(), "en", LINKS))
    assert len(made.body) < LIMITS[service]
    texts = [HOSTILE[n % len(HOSTILE)] for n in range(14)]
    texts[2] = texts[7] = "@channel @all <!here> <@U1> [x](https://evil.example) https://evil.example *b*|"
    said = json.loads(post_of(SERVICES[service], brief_of(attack(texts), "en", LINKS)).body)
    text = str(said.get("text") or said.get("content") or "")
    if service == "slack":
        assert "<!" not in text and "<@" not in text and "&lt;!here&gt;" in text
    if service in ("mattermost", "discord"):
        assert (
            "@c" not in text
            and "@a" not in text
            and "](https://evil" not in text
            and " https://evil" not in text
        )


# --- the settings ---------------------------------------------------------------------------------


def test_off_means_that_there_is_no_way() -> None:
    assert ways(MAIL._replace(send=False, webhooks=("https://x.example/hooks/1",)), {}) == []
    assert lacking(MAIL._replace(send=False)) == ()


def test_what_the_settings_lack_is_told() -> None:
    assert "nobody is named" in lacking(TeamSettings(send=True))[0]
    assert "smtp_from" in lacking(MAIL._replace(smtp_to=()))[0]
    assert lacking(MAIL) == ()
