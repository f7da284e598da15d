"""By which ways is a digest sent? Those of the settings, each known by a key that says nothing of its address."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import NamedTuple
from urllib.parse import urlsplit

from indexer.errors import NotSent
from indexer.model.brief import Brief
from indexer.settings import TeamSettings

MOST_S = 60.0
"""The most seconds that anybody waits for one way, however slowly it answers."""


class Outgoing(NamedTuple):
    """A week, ready to be sent."""

    brief: Brief
    mail: Callable[[str, tuple[str, ...]], bytes]
    """Makes the mail for a sender and those who get it."""


class Way(NamedTuple):
    """One way."""

    key: str
    name: str
    """Of the host: the rest of an address may be a secret."""
    send: Callable[[Outgoing], None]
    """Raises NotSent if it was not sent."""


def ways(team: TeamSettings, env: Mapping[str, str]) -> list[Way]:
    """Return the ways of the settings; none unless they say that it is to be sent."""
    if not team.send:
        return []
    found = [_webhook(url) for url in dict.fromkeys(team.webhooks)]
    if team.smtp_host:
        found.insert(0, Way("mail", f"mail by {team.smtp_host}", lambda out: _mail(team, env, out)))
    return found


def lacking(team: TeamSettings) -> tuple[str, ...]:
    """Return what the settings lack so that anything can be sent, each in one line."""
    if not team.send:
        return ()
    if not (team.smtp_host or team.webhooks):
        return ("team.send is true, but nobody is named: set team.smtp_host or team.webhooks",)
    if team.smtp_host and not (team.smtp_from and any(team.smtp_to)):
        return ("team.smtp_host is set, but the digest can't be mailed: set team.smtp_from and team.smtp_to",)
    return ()


def send(way: Way, outgoing: Outgoing, most_s: float = MOST_S) -> None:
    """Send by one way and wait for it no longer than `most_s`; raise NotSent if it was not sent by then."""
    outcome: SimpleQueue[NotSent | None] = SimpleQueue()

    def run() -> None:
        try:
            way.send(outgoing)
        except NotSent as error:
            outcome.put(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits to be told
            outcome.put(NotSent(f"{type(error).__name__}: {error}"))
        else:
            outcome.put(None)

    threading.Thread(target=run, name="indexer-sending", daemon=True).start()
    try:
        failed = outcome.get(timeout=most_s)
    except Empty:
        raise NotSent(f"it took more than {most_s:g} seconds") from None
    if failed:
        raise failed


def _webhook(url: str) -> Way:
    def by_post(outgoing: Outgoing) -> None:
        from indexer.sending.payloads import post_of  # imported when something is sent
        from indexer.sending.posting import post

        post(post_of(url, outgoing.brief))

    def by_apprise(outgoing: Outgoing) -> None:
        from indexer.sending.others import notify

        notify(url, outgoing.brief)

    parts = urlsplit(url)
    key = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:16]
    is_web = parts.scheme in ("http", "https")
    return Way(
        key, (parts.hostname if is_web else "") or f"{parts.scheme}:", by_post if is_web else by_apprise
    )


def _mail(team: TeamSettings, env: Mapping[str, str], outgoing: Outgoing) -> None:
    from indexer.sending.mailing import send_mail

    send_mail(team, outgoing.mail(team.smtp_from, team.smtp_to), env)
