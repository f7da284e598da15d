"""When is a digest sent, and how often is it tried? Once by each way of the settings; what was sent is remembered in the state."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from indexer.catalogue import Catalogue
from indexer.catalogue.facts import Fact
from indexer.errors import NotSent, PartlySent
from indexer.sending.ways import Outgoing, Way, lacking, send, ways
from indexer.settings import TeamSettings

PAUSES_S = (600, 3_600, 4 * 3_600, 12 * 3_600)
"""Seconds after each try that failed, until the next; after the last there is none."""
_WHO = "sending"


class Try(NamedTuple):
    """What became of sending by one way."""

    tries: int = 0
    due: float = 0.0
    """When it is tried, in seconds since 1970."""
    said: str = ""
    """Why it was not sent, when it was tried last."""
    is_over: bool = False


class Sent(NamedTuple):
    """What became of one week: its ways by their keys."""

    week: str = ""
    by: Mapping[str, Try] = {}

    @staticmethod
    def of(text: str) -> Sent:
        """Return what `str` gave."""
        week, by = json.loads(text)
        return Sent(str(week), {str(key): Try(*found) for key, found in by.items()})

    def __str__(self) -> str:
        """Return it as text."""
        return json.dumps([self.week, self.by])


SENT: Fact[Sent] = Fact("digest_sent", Sent(), Sent.of, str)


class Sender:
    """Sends the digests of one folder."""

    def __init__(
        self, catalogue: Catalogue, team: TeamSettings, now: Callable[[], datetime],
        env: Mapping[str, str] = os.environ,
    ) -> None:  # fmt: skip
        """Remember in `catalogue` what was sent; `now` gives the time in UTC."""
        self._catalogue, self._team, self._now = catalogue, team, now
        self._ways = {way.key: way for way in ways(team, env)}

    def begin(self, week: str) -> None:
        """Have a week sent by all ways, unless that was begun before: a digest made again is not sent again.

        A week that is told later than another is not sent: it is old.
        """
        if self._team.send and week > self._catalogue.facts.get(SENT).week:
            self._note(Sent(week, dict.fromkeys(self._ways, Try())))

    @property
    def week(self) -> str:
        """The week of which something is to be sent now; empty if there is none."""
        sent = self._catalogue.facts.get(SENT)
        return sent.week if self._next(sent) else ""

    def send_next(self, outgoing: Outgoing | None) -> bool:
        """Send `week` by the next way that is due, if any; None: there is nothing to tell of it any more.

        Tell whether more is due now. What fails is told by `status` and tried again.
        """
        sent = self._catalogue.facts.get(SENT)
        way = self._next(sent)
        if way is None:
            return False
        if outgoing is None:
            self._note(sent._replace(by={}))
            return False
        tries = sent.by[way.key].tries + 1
        pause_s = PAUSES_S[tries - 1] if tries <= len(PAUSES_S) else 0
        trying = Try(
            tries, (self._now() + timedelta(seconds=pause_s)).timestamp(), "it was interrupted", not pause_s
        )
        self._note(_with(sent, way, trying))  # whatever comes, it is tried so many times at most
        try:
            send(way, outgoing)
            done = trying._replace(said="", is_over=True)
        except PartlySent as error:
            done = trying._replace(said=str(error), is_over=True)
        except NotSent as error:
            done = trying._replace(said=str(error))
        sent = _with(sent, way, done)
        self._note(sent)
        return self._next(sent) is not None

    def tell(self) -> None:
        """Have `status` tell what the settings lack, and what could not be sent."""
        self._note(self._catalogue.facts.get(SENT))

    def _next(self, sent: Sent) -> Way | None:
        """Return the way that is to be tried now."""
        now = self._now().timestamp()
        due = (key for key, found in sent.by.items() if not found.is_over and found.due <= now)
        return next((self._ways[key] for key in due if key in self._ways), None)

    def _note(self, sent: Sent) -> None:
        problems = [*lacking(self._team)]
        for key, found in sent.by.items():
            if found.said and key in self._ways:
                end = "" if found.is_over else ": it is tried again"
                problems.append(
                    f"the digest of {sent.week} was not sent ({self._ways[key].name}): {found.said}{end}"
                )
        with self._catalogue.writing():
            self._catalogue.facts.set(SENT, sent)
            if not self._catalogue.problems.are_told(_WHO, problems):
                self._catalogue.problems.tell(_WHO, problems)


def _with(sent: Sent, way: Way, found: Try) -> Sent:
    return sent._replace(by={**sent.by, way.key: found})
