"""Is a vanished file removed now? Once it has stayed away, and was looked for again."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from indexer.daemon.looking import Looker
from indexer.pipeline import guard
from indexer.pipeline.pipeline import Pipeline


@dataclass(slots=True)
class Remover:
    """The removals of the daemon."""

    pipeline: Pipeline
    looker: Looker
    log: logging.LoggerAdapter[logging.Logger]
    _looks: int = -1
    """The number of looks at the last removal."""
    _judges_again: float = float("inf")
    """When held-back removals are judged again: recent removals count for a while."""

    def remove_missing(self) -> None:
        """Remove items that have been away long enough, unless the guard holds them back."""
        held_before, now = self.pipeline.held_back, self.pipeline.clock.monotonic()
        has_looked = self.looker.looks != self._looks
        if held_before and not has_looked and now < self._judges_again:
            return  # nothing is known that could change that
        self._judges_again = float("inf")
        away_s = self.pipeline.settings.watch.removal_delay_s
        if due := self.pipeline.directories_of_missing(away_s):  # it may be back, or not be readable, since
            self.looker.look_at(sorted(due))
        self._looks = self.looker.looks
        removed = self.pipeline.remove_missing(away_s)
        if removed:
            self.log.info("%d removed", removed)
            self.pipeline.catch_up()
        if self.pipeline.held_back and (has_looked or not held_before):
            self._judges_again = now + guard.AT_ONCE.total_seconds() + 1
        if self.pipeline.held_back and not held_before:
            self.log.warning(self.pipeline.guard_message())
