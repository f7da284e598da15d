"""Do events arrive? Keeps a watcher at work, and says what must be looked at regularly since nothing is told of it."""

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
"""An event of our own page comes within so long, where events come at all."""
AT_LIMIT = (
    "the system watches no more directories, so the folder is looked at again and again: allow more with"
    " `sudo sysctl fs.inotify.max_user_watches=1000000`"
)


@dataclass(slots=True)
class Listener:
    """The ears of the daemon."""

    folder: Path
    settings: WatchSettings
    hint: Callable[[Hint], None]
    own_names: Callable[[], Collection[str]]
    """Tells the names at the top of the folder that are our page."""
    clock: Clock
    log: logging.LoggerAdapter[logging.Logger]
    mounts: list[Mount] = field(default_factory=list)
    """The file systems of the folder, its own first."""
    problem: str = ""
    """What `status` is to tell; empty where all is well."""
    _watcher: Watcher | None = None
    _written: tuple[float, float] | None = None
    """From when to when our own page was written, until an event of that is heard."""
    _is_deaf: bool = False
    """Whether no event of our own page came, so that none can be relied on."""

    @property
    def poll_s(self) -> float | None:
        """How often the whole folder is to be looked at; None where events tell of it."""
        is_silent = bool(self.mounts) and self.mounts[0].is_silent
        misses = self._watcher is None or self._watcher.misses_directories or self._is_deaf
        return self.settings.poll_s if self.settings.poll or is_silent or misses else None

    @property
    def silent_places(self) -> list[RelPath]:
        """Parts of the folder that are to be looked at again and again, though the rest need not be."""
        return [mount.path for mount in self.mounts[1:] if mount.is_silent]

    def check(self) -> bool:
        """See that events arrive, and begin anew where they don't; True where some may have been lost."""
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
        """Watch all directories where that was not possible: the limit may have been raised."""
        if self._watcher and self._watcher.misses_directories:
            self.listen()

    def listen(self) -> None:
        """Begin anew, for what it is and for what it contains now."""
        self.stop()
        try:
            self._watcher = Watcher(self.folder, self.hint, self.own_names(), self.clock)
            self.problem = ""
        except UserError as error:
            self.problem = f"{error}; it is looked at every {self.settings.poll_s:g} s"

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
        """Tell whether events can be relied on, as far as one knows, by that of our own page."""
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
