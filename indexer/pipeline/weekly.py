"""When is a week told, and when again? Digests and the feed lie in the page's directory; those that are there are the record."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

from indexer.catalogue import Catalogue, facts
from indexer.clock import Clock
from indexer.model.items import RelPath
from indexer.model.team import Digest
from indexer.page.belonging import NAMES
from indexer.page.scope import Scope
from indexer.page.weekly.feed import ENTRIES
from indexer.page.weekly.files import WrittenWeeks
from indexer.page.weekly.made import feed_of, files_of
from indexer.page.weekly.marking import Shown
from indexer.page.weekly.telling import Links
from indexer.pipeline import guard
from indexer.pipeline.page_facts import LAST_WEEK, page_name
from indexer.pipeline.page_follower import PageFollower
from indexer.settings import Settings
from indexer.team.digest import WEEK, digest, week_of

_SEEN = facts.text("weeks_seen")
"""The number of the log and the scope for which the digests in the folder were last compared."""
_EMPTY = facts.text("empty_week")
"""The last week in which nothing happened."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Weekly:
    """The digests of one folder."""

    def __init__(
        self, folder: Path, catalogue: Catalogue, settings: Settings, page: PageFollower, clock: Clock,
    ) -> None:  # fmt: skip
        """Write beside `page`."""
        self._folder, self._catalogue, self._settings = folder, catalogue, settings
        self._page, self._clock = page, clock

    def is_due(self) -> bool:
        """Tell whether the last full week is to be told, and was not; one in which nothing happened is not told."""
        week = self.due_week()
        if not week or week == self._catalogue.facts.get(_EMPTY) or week in self._page.weeks():
            return False
        if self.of(week).is_empty:
            with self._catalogue.writing():
                self._catalogue.facts.set(_EMPTY, week)
            return False
        return True

    def due_week(self) -> str:
        """Return the last full week if its day and time have come on the clock on the wall; else an empty text."""
        if not self._settings.team.digest or not page_name(self._catalogue):
            return ""
        team, local = self._settings.team, self._clock.local()
        monday = datetime.combine(local.date() - timedelta(days=local.weekday()), time())
        when = monday + timedelta(days=_DAYS.index(team.digest_day))
        when = datetime.combine(when.date(), time.fromisoformat(team.digest_at))
        if local < when:
            return ""
        return week_of(self._clock.now() - WEEK)

    def of(self, week: str) -> Digest:
        """Return what is told of a week."""
        title = self._settings.page.title or self._folder.name
        authors = self._settings.team.people == "authors"
        return digest(self._catalogue, Scope.of(self._settings), week, title, authors=authors)

    def write(self, *weeks: str) -> WrittenWeeks:
        """Write the digests of some weeks, and the feed of the latest; raise UserError if the folder can't be written."""
        digests = {week: self.of(week) for week in weeks}
        latest = sorted({*self._page.weeks(), *weeks}, reverse=True)[:ENTRIES]
        files = {
            name: content
            for week in digests.values()
            for name, content in files_of(week, self._language, self.links, self.identity).items()
        }
        fed = [digests.get(week) or self.of(week) for week in latest]
        title = self._settings.page.title or self._folder.name
        files |= feed_of(fed, title, self._language, self.links, self.identity)
        done = self._page.write_weeks(files)
        with self._catalogue.writing():
            self._catalogue.problems.tell("digest", done.problems)
            self._catalogue.facts.set(LAST_WEEK, latest[0])
        return done

    def renew(self) -> WrittenWeeks:
        """Make again the digests that show something which has left the page since they were last compared."""
        removed = self._catalogue.log.last_removal()
        seen = f"{removed} {Scope.of(self._settings).left_out} {self._settings.page.encrypted}"
        if self._catalogue.facts.get(_SEEN) == seen:
            return WrittenWeeks()
        spoilt = [week for week, shown in self._page.weeks().items() if self._has_left(shown)]
        done = self.write(*spoilt) if spoilt else WrittenWeeks()
        with self._catalogue.writing():
            self._catalogue.facts.set(_SEEN, seen)
        return done

    def _has_left(self, shown: Shown) -> bool:
        """Tell whether any of what a digest shows is not on the page any more."""
        scope = Scope.of(self._settings)
        there = {
            item.id for item, key in self._catalogue.items.told(shown.ids) if scope.shows(item.path, key)
        }
        paths = set(map(RelPath, shown.paths))
        has_files = all(map(self._catalogue.files.has, paths))
        return not (shown.ids <= there and has_files and all(map(scope.has, paths)))

    @property
    def links(self) -> Links:
        """Where mail and feed lead to."""
        page = page_name(self._catalogue) or NAMES[0][0]
        directory = next(directory for name, directory in NAMES if name == page)
        return Links.below(self._settings.page.url, page, directory)

    @property
    def _language(self) -> str:
        return self._settings.page.language

    @property
    def identity(self) -> str:
        """What identifies the folder, on every machine."""
        return str(guard.sign(self._catalogue))
