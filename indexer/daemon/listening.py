"""Do events arrive? Keeps a watcher running, and says what must be polled because it sends no events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from indexer.clock import Clock
from indexer.errors import UserError
from indexer.folder.mounts import Mount, mounts_of
from indexer.folder.watch import Hint, Watcher
from indexer.model.items import RelPath
from indexer.settings import WatchSettings

HEARING_S = 10.0
"""Seconds within which an event of our own page comes, if events come at all."""
AT_LIMIT = (
    "the system watches no more directories, so the folder is polled: allow more with"
    " `sudo sysctl fs.inotify.max_user_watches=1000000`"
)


@dataclass(slots=True)
class Listener:
    """The ears of the daemon."""

    folder: Path
    settings: WatchSettings
    hint: Callable[[Hint], None]
    own_names: Callable[[], Collection[str]]
    """Returns the names of our page at the top of the folder."""
    clock: Clock
    log: logging.LoggerAdapter[logging.Logger]
    mounts: list[Mount] = field(default_factory=list)
    """The file systems of the folder, its own first."""
    problem: str = ""
    """A problem for `status`; empty if all is well."""
    _watcher: Watcher | None = None
    _written: tuple[float, float] | None = None
    """From when to when our own page was written, until an event of that arrives."""
    _is_deaf: bool = False
    """Whether no event of our own page came, so that events can't be relied on."""

    @property
    def poll_s(self) -> float | None:
        """Seconds between polls of the whole folder; None if events are enough."""
        is_silent = bool(self.mounts) and self.mounts[0].is_silent
        misses = self._watcher is None or self._watcher.misses_directories or self._is_deaf
        return self.settings.poll_s if self.settings.poll or is_silent or misses else None

    @property
    def silent_places(self) -> list[RelPath]:
        """Parts of the folder that must be polled, though the rest need not be."""
        return [mount.path for mount in self.mounts[1:] if mount.is_silent]

    def check(self) -> bool:
        """Check that events arrive, and restart the watcher if they don't; True if some may have been lost."""
        mounts, before = mounts_of(self.folder), self.mounts
        self.mounts = mounts
        if mounts != before and before and self._watcher:
            self.log.info("a drive came or went in %s", self.folder)
            self.listen()
            return True
        if self._watcher is None or not self._watcher.is_well():
            had_one = self._watcher is not None
            if had_one:
                self.log.warning("the watcher lost the folder: beginning anew")
            self.listen()
            return had_one or self._watcher is not None
        self.problem = AT_LIMIT if self._watcher.misses_directories else ""
        own = self.own_names()
        is_replaced = not {*self._watcher.own} <= {*own}  # somebody's file took the place of our page
        self._watcher.own = own
        is_deaf = self._written is not None and not self._hears(self._watcher, *self._written)
        return self._watcher.had_burst() or is_deaf or is_replaced

    def try_again(self) -> None:
        """If not all directories could be watched, try again: the limit may have been raised."""
        if self._watcher and self._watcher.misses_directories:
            self.listen()

    def listen(self) -> None:
        """Start a new watcher, for the folder and its content as they are now."""
        self.stop()
        try:
            self._watcher = Watcher(self.folder, self.hint, self.own_names(), self.clock)
            self.problem = ""
        except UserError as error:
            self.problem = f"{error}; it is polled every {self.settings.poll_s:g} s"

    def expect_own(self, began: float, *, wrote: bool) -> None:
        """Note that our own page was published since then: if that `wrote` anything, an event of it must come."""
        if wrote and self._written is None:
            self._written = began, self.clock.monotonic()
        if self._watcher:
            self._watcher.own = self.own_names()

    def stop(self) -> None:
        """End the watcher."""
        if self._watcher:
            self._watcher.stop()
            self._watcher = None

    def _hears(self, watcher: Watcher, began: float, ended: float) -> bool:
        """Tell whether events can be relied on, judging by that of our own page."""
        if watcher.heard_own >= began:
            self._written, self._is_deaf = None, False
        elif self.clock.monotonic() - ended > HEARING_S:
            self._written = None
            if not self._is_deaf:
                self.log.warning("no event of our own page came: looking every %g s", self.settings.poll_s)
                self._is_deaf = True
                self.listen()
                return False
        return True
