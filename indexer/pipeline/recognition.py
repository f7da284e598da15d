"""Which page of a scan is recognised next? One after the other; those of files out of reach wait."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.catalogue import Catalogue, Wanted
from indexer.clock import Clock
from indexer.errors import Reason
from indexer.model.items import ItemId
from indexer.model.readings import Reading, unpack_passages
from indexer.pipeline.look import Priority

PICTURES_WAIT_S, MOST_PICTURES_AWAY = 30.0, 20
"""Seconds until a file that was out of reach is tried again, and the number of such files from which all wait."""
OUT_OF_REACH = (Reason.VANISHED, Reason.CHANGED, Reason.LOCKED)
"""Reasons for which a page of a scan is tried again: its file was moved, is being written, or its drive is away."""


@dataclass(slots=True)
class Recognition:
    """The pictures of pages in one folder."""

    catalogue: Catalogue
    clock: Clock
    current: tuple[Wanted, int] | None = None
    """The file and its page that is being recognised."""
    _away: dict[ItemId, float] = field(default_factory=dict)
    """Files that were out of reach, by when that was."""

    def begin(self) -> tuple[Wanted, int] | None:
        """Return the next page, which is the current one from now on; None if none waits, or all have to."""
        since = self.clock.monotonic() - PICTURES_WAIT_S
        self._away = {item_id: at for item_id, at in self._away.items() if at > since}
        if len(self._away) < MOST_PICTURES_AWAY:
            self.current = self.catalogue.pictures.next(self._away)
        return self.current

    def record(self, reading: Reading) -> None:
        """Take in the current page; one that can't be recognised has no words, one that can't be read now waits."""
        assert self.current is not None
        (wanted, page), self.current = self.current, None
        if reading.failure and reading.failure[0] in OUT_OF_REACH:
            self._away[wanted.id] = self.clock.monotonic()
            return
        text = "".join(passage.text for passage in unpack_passages(reading.passages))
        with self.catalogue.writing():
            self.catalogue.pictures.record(wanted.id, page, text, Priority.RECOGNISED)
