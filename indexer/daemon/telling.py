"""When is a week told, and sent? On the day and at the time of the settings; what was missed is made up for within the hour."""

from __future__ import annotations

import logging

from indexer.app.sending import Sender
from indexer.page.weekly.brief import brief_of
from indexer.page.weekly.mail import digest_mail
from indexer.pipeline.pipeline import Pipeline
from indexer.pipeline.weekly import Weekly
from indexer.sending.ways import Outgoing

log = logging.getLogger("indexer")


class WeekTeller:
    """Has the last full week told once, by the machine that publishes the page."""

    def __init__(self, line: Pipeline) -> None:
        self._line = line
        self._sender = Sender(line.catalogue, line.settings.team, line.clock.now)
        self._sender.tell()

    def tell(self) -> None:
        """Write the digest of the last full week if it is due and not there, and have it sent if that is wanted."""
        weekly = self._line.weekly
        if weekly is None or self._line.is_suspended or self._line.is_busy or not weekly.is_due():
            return
        week = weekly.due_week()
        written = weekly.write(week)
        log.info("digest of %s written: %d files", week, len(written.written))
        if f"{week}.html" in written.new:
            self._sender.begin(week)

    def send(self) -> None:
        """Send by the next way that is due, if any."""
        weekly = self._line.weekly
        if weekly is not None and (week := self._sender.week):
            self._sender.send_next(self._outgoing(weekly, week))

    def _outgoing(self, weekly: Weekly, week: str) -> Outgoing | None:
        digest = weekly.of(week)
        if digest.is_empty:
            return None
        language, links, identity = self._line.settings.page.language, weekly.links, weekly.identity
        return Outgoing(
            brief_of(digest, language, links),
            lambda sender, to: digest_mail(digest, language, links, identity, sender=sender, to=to),
        )
