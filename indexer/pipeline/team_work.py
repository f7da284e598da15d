"""What is found out for the team when nothing waits to be read: what notes belong to, which answers hold, what is alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from indexer.catalogue import Catalogue, facts
from indexer.catalogue.team import Relations
from indexer.clock import Clock
from indexer.index.search_index import SearchIndex
from indexer.model.items import ItemId
from indexer.search.related import alike, asked_by, key_terms
from indexer.team import answers
from indexer.terms import weighing

RENEWED = timedelta(days=1)
"""Relations of an item are found again no sooner."""
STEP_S = 0.3
"""Seconds of finding relations at once."""
MOST_A_DAY = 5_000
"""Items whose relations are found in a day: the newest."""
ACROSS = 6
"""Items of other departments kept as related to one."""
RELATED_AT = facts.moment("related_at")
"""When relations were found last."""
_SPENT = facts.text("relations_spent")
"""The day, and how many relations were found in it."""


@dataclass(slots=True)
class TeamWork:
    """Work for the team's views, each step short and repeatable."""

    catalogue: Catalogue
    clock: Clock
    _reviewed: int = field(default=-1, init=False)
    """The number of the log up to which notes and answers were reviewed."""

    _done: str = field(default="", init=False)
    """The day and the number of the log for which all relations are found."""
    _of_departments: int = field(default=-1, init=False)
    _has_departments: bool = field(default=False, init=False)
    """Whether the folder has several departments, as of that number of the log: else there is nothing across them."""

    def review(self) -> None:
        """Have notes follow their files, and see which answers hold, if anything changed since."""
        if self._reviewed == self.catalogue.log.seq:
            return
        with self.catalogue.writing():
            self.catalogue.attachments.follow()
            answers.review(self.catalogue, self.clock.now())
            self._reviewed = self.catalogue.log.seq

    def relate(self, index: SearchIndex) -> bool:
        """Find relations of items for a moment; tell whether more wait."""
        if self._of_departments != self.catalogue.log.seq:
            self._has_departments = len(self.catalogue.team.departments(2)) > 1
            self._of_departments = self.catalogue.log.seq
        if not self._has_departments:
            return False
        now = self.clock.now()
        day, _, spent = self.catalogue.facts.get(_SPENT).partition(" ")
        left = MOST_A_DAY - (int(spent) if day == f"{now:%Y-%m-%d}" else 0)
        if left <= 0:
            return False
        seen = f"{now:%Y-%m-%d} {self.catalogue.log.seq}"
        waiting = self.catalogue.team.stale(now - RENEWED, min(left, 50)) if seen != self._done else []
        if not waiting:
            self._done = seen
            return False
        end, found = self.clock.monotonic() + STEP_S, []
        for item_id in waiting:
            found.append(self._relations(index, item_id))
            if self.clock.monotonic() >= end:
                break
        seq = self.catalogue.log.seq
        with self.catalogue.writing():
            for one in found:
                self.catalogue.team.relate(one, seq, now)
            self.catalogue.facts.set(RELATED_AT, now)
            self.catalogue.facts.set(_SPENT, f"{now:%Y-%m-%d} {MOST_A_DAY - left + len(found)}")
        return len(found) < left

    def _relations(self, index: SearchIndex, item_id: ItemId) -> Relations:
        row = next(iter(self.catalogue.items.with_texts([item_id])), None)
        copies = index.copies(item_id)
        if row is None or not copies:
            return Relations(item_id, (), ())
        item, _, packed, _ = row
        words = key_terms(index, copies, item, weighing.item_terms(item, packed))
        if item.department is None:
            return Relations(item_id, tuple(words), ())
        request = asked_by(words, item, ACROSS, across=True)
        across = tuple(hit.id for hit in alike(index, copies, request).hits)
        return Relations(item_id, tuple(words), across)
