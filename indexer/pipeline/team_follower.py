"""The team's questions as a follower of the log: what comes is held against each open one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from indexer.catalogue import Catalogue, facts
from indexer.index.search_index import SearchIndex
from indexer.model.items import ItemId, Kind
from indexer.model.log import Change, Place
from indexer.team.watching import Watch, came_since, matching, watches

TEAM_SEQ = facts.number_or_none("team_seq")
"""The number of the log up to which items were held against questions."""
_ABOUT_QUESTIONS = (Kind.QUESTION, Kind.NOTE)


class TeamFollower:
    """Which new items match open questions. Matches are kept in the catalogue, never written into a file of anybody."""

    def __init__(
        self,
        catalogue: Catalogue,
        index: Callable[[], SearchIndex],
        now: Callable[[], datetime],
    ) -> None:
        """Follow `catalogue`; `index` returns the search index, which comes before in the order of followers."""
        self._catalogue, self._index, self._now = catalogue, index, now
        self._watching: list[Watch] | None = None

    def place(self) -> Place | None:
        """Return how far it has come."""
        seq = self._catalogue.facts.get(TEAM_SEQ)
        return None if seq is None else Place(self._catalogue.log.epoch, seq)

    def apply(self, changes: Sequence[Change], place: Place) -> None:
        """Hold the changed items against the open questions; a question that is new against what came since it was asked."""
        before = {watch.question: watch for watch in self._watching or ()}
        if self._watching is None or any(_is_about_questions(change, before) for change in changes):
            self._watching = watches(self._catalogue)
        team, now = self._catalogue.team, self._now()
        with self._catalogue.writing():
            if self._watching or before:
                team.drop_matches(items=[change.id for change in changes])
                for question, items in matching(self._watching, changes):
                    team.add_matches(question, items, now)
                for watch in self._watching:
                    if before.get(watch.question) != watch:
                        self._begin(watch, now)
            self._catalogue.facts.set(TEAM_SEQ, place.seq)

    def _begin(self, watch: Watch, now: datetime) -> None:
        """Look for what came since a question was asked, before it was known here."""
        self._catalogue.team.drop_matches(questions=[watch.question])
        came = came_since(self._catalogue, self._index(), watch)
        for question, items in matching([watch], came):
            self._catalogue.team.add_matches(question, items, now)

    def begin_anew(self) -> None:
        """Drop everything; what is known of matches stays until they are found again."""
        self._watching = None
        with self._catalogue.writing():
            self._catalogue.facts.set(TEAM_SEQ, None)

    def tidy(self, *, thoroughly: bool = False) -> bool:  # noqa: ARG002 - the promise of every follower
        """Do nothing: there is nothing to merge."""
        return False

    def is_whole(self) -> bool:
        """Return True: the catalogue checks its rows."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


def _is_about_questions(change: Change, known: Mapping[ItemId, Watch]) -> bool:
    return change.id in known if change.item is None else change.item.kind in _ABOUT_QUESTIONS
