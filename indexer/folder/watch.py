"""Where did something happen? The system's events, reduced to hints about what to scan.

Events may be lost, late or repeated. If some may have been lost, the hint is to scan everything.
"""

from __future__ import annotations

import os
import queue
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from threading import Thread

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from indexer.clock import SYSTEM, Clock
from indexer.errors import FolderUnreadable
from indexer.folder.ignore import IGNORE_FILE, is_ignored_directory, is_ignored_file
from indexer.model.items import RelPath, parent_of

BURST = 300
"""Events in a second from which some may be lost: systems drop events silently (Windows from about 600 on)."""

# Not opening and reading, which our own reading causes, nor events of a directory that only repeat those of a file in
# it.
_WANTED: list[type[events.FileSystemEvent]] = [
    *(events.FileCreatedEvent, events.FileDeletedEvent, events.FileMovedEvent, events.FileModifiedEvent),
    *(events.FileAttribEvent, events.FileClosedEvent),
    *(events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent, events.DirAttribEvent),
]

_TOP = RelPath("")


class HintKind(Enum):
    """What happened."""

    CHANGED = auto()
    """Something changed in a directory."""
    WRITING = auto()
    """A file is being written."""
    DONE = auto()
    """A file's writer is done with it."""
    LOST = auto()
    """Events may have been lost."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something to scan."""

    kind: HintKind
    path: RelPath = _TOP
    """The directory that changed, or the file that is being written."""
    origin: RelPath | None = None
    """The file's former name, if it was just renamed."""


class Watcher:
    """Follows one folder until it is stopped."""

    def __init__(
        self, folder: Path, hint: Callable[[Hint], None], own: Collection[str], clock: Clock = SYSTEM
    ) -> None:
        """Begin; `hint` is called from threads of the watcher, `own` are the names of our page at the top.

        Raise FolderUnreadable if the folder can't be watched.
        """
        self._folder = folder
        self._identity = _identity(folder)
        if self._identity is None:  # on Windows watchdog's thread would print a traceback
            raise FolderUnreadable(f"{folder} can't be watched: it is not there")
        real = os.path.realpath(folder)  # for a link, the link itself would be watched
        self._handler = Handler(real, hint, own, is_told_of_loss=sys.platform == "linux", clock=clock)
        try:
            self._observer = _observer(lambda: hint(Hint(HintKind.LOST)))
        except OSError as error:
            raise _unwatched(folder, error) from error
        try:
            self._observer.schedule(self._handler, real, recursive=True, event_filter=_WANTED)
            self._observer.start()
        except (
            OSError,
            queue.Empty,
        ) as error:  # watchdog on Windows raises the latter if its thread ended at once
            self._observer.stop()
            raise _unwatched(folder, error) from error

    def is_well(self) -> bool:
        """Tell whether events of this very folder still arrive; if not, start again and scan everything."""
        return all(map(_is_alive, self._threads())) and _identity(self._folder) == self._identity

    def _threads(self) -> Iterator[object]:
        """Yield all threads that must be alive: on Windows and Linux one more than watchdog names reads the events."""
        yield self._observer
        yield from getattr(self._observer, "readers", ())
        for emitter in self._observer.emitters:
            yield emitter
            yield getattr(getattr(emitter, "_reader", None), "_reader_thread", None)

    @property
    def misses_directories(self) -> bool:
        """Tell whether some directories are not watched because of the system's limit."""
        return bool(getattr(self._observer, "is_at_limit", False))

    @property
    def own(self) -> Collection[str]:
        """The names of our page at the top of the folder: we cause their events."""
        return self._handler.own

    @own.setter
    def own(self, names: Collection[str]) -> None:
        self._handler.own = names

    def had_burst(self) -> bool:
        """Tell whether, since the last call, there were so many events that some may be lost."""
        had, self._handler.had_burst = self._handler.had_burst, False
        return had

    @property
    def heard_own(self) -> float:
        """When, by the clock that passes, an event of our own page was heard last."""
        return self._handler.heard_own

    def stop(self) -> None:
        """End the threads."""
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join(5)


def _is_alive(thread: object) -> bool:
    return not isinstance(thread, Thread) or thread.is_alive()


def _unwatched(folder: Path, error: Exception) -> FolderUnreadable:
    why = getattr(error, "strerror", None) or str(error) or "the system gave no reason"
    return FolderUnreadable(f"{folder} can't be watched: {why}")


def _observer(lost: Callable[[], None]) -> BaseObserver:
    if sys.platform == "linux":
        from indexer.folder.inotify import InotifyObserver  # its imports exist on Linux only

        return InotifyObserver(lost)
    if sys.platform == "win32":
        _be_told_of_no_reading()
    return Observer()


def _be_told_of_no_reading() -> None:
    """Stop watchdog asking Windows for access times: it would report our own reading as changes."""
    from watchdog.observers import winapi  # exists on Windows only

    winapi.WATCHDOG_FILE_NOTIFY_FLAGS &= ~winapi.FILE_NOTIFY_CHANGE_LAST_ACCESS


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@dataclass(slots=True, eq=False)
class Handler(events.FileSystemEventHandler):
    """Turns events into hints. Never raises: an exception would end watchdog's thread silently."""

    top: str
    hint: Callable[[Hint], None]
    own: Collection[str]
    is_told_of_loss: bool
    """Whether the system reports that it drops events."""
    clock: Clock = SYSTEM
    heard_own: float = float("-inf")
    had_burst: bool = False
    _second: int = 0
    _count: int = field(default=0)

    def dispatch(self, event: events.FileSystemEvent) -> None:
        """Take one event."""
        try:
            if not self.is_told_of_loss:
                self._watch_for_bursts()
            source = self._within(event.src_path)
            target = self._within(event.dest_path)
        except (ValueError, OSError):
            self.hint(Hint(HintKind.LOST))
            return
        source, target = self._others(source), self._others(target)
        if event.is_directory:
            for path in (source, target):
                if path is not None:
                    self._directory(path)
        else:
            self._file(event.event_type, source, target)

    def _directory(self, path: RelPath) -> None:
        if not path:
            # The folder itself: gone, moved, or replaced.
            self.hint(Hint(HintKind.LOST))
        elif not is_ignored_directory(path.rpartition("/")[2]):
            self.hint(Hint(HintKind.CHANGED, parent_of(path)))
            self.hint(Hint(HintKind.CHANGED, path))

    def _file(self, event_type: str, source: RelPath | None, target: RelPath | None) -> None:
        if IGNORE_FILE in (source, target):
            self.hint(Hint(HintKind.LOST))
        if event_type == events.EVENT_TYPE_MOVED and target is not None:
            if not _is_ignored(target):
                self.hint(Hint(HintKind.DONE, target, source))
            target = None
        may_be_directory = not self.is_told_of_loss and event_type in (
            events.EVENT_TYPE_DELETED,
            events.EVENT_TYPE_MOVED,
        )  # only Linux says which
        if source is None or (_is_ignored(source) and not may_be_directory):
            return
        if event_type == events.EVENT_TYPE_MODIFIED:
            self.hint(Hint(HintKind.WRITING, source))
        elif event_type == events.EVENT_TYPE_CLOSED:
            self.hint(Hint(HintKind.DONE, source))
        else:
            self.hint(Hint(HintKind.CHANGED, parent_of(source)))

    def _within(self, path: bytes | str) -> RelPath | None:
        """Return a path within the folder; raise ValueError if it may be spelled otherwise than the folder is."""
        if not path:
            return None
        path, below = os.fsdecode(path), self.top.rstrip(os.sep) + os.sep
        if path == self.top:
            return _TOP
        if path.startswith(below):
            return RelPath(path[len(below) :].replace(os.sep, "/"))
        # macOS reports NFC whatever the spelling on disk: don't guess, scan.
        if unicodedata.normalize("NFC", path + os.sep).startswith(unicodedata.normalize("NFC", below)):
            raise ValueError
        return None

    def _others(self, path: RelPath | None) -> RelPath | None:
        """Return the path unless it belongs to our own page."""
        if path is None:
            return None
        first, slash, _ = path.partition("/")
        if first in self.own or (not slash and first.startswith("~syncthing~")):
            self.heard_own = self.clock.monotonic()
            return None
        return path

    def _watch_for_bursts(self) -> None:
        second = int(self.clock.monotonic())
        self._count = self._count + 1 if second == self._second else 1
        self._second = second
        if self._count == BURST:
            self.had_burst = True
            self.hint(Hint(HintKind.LOST))


def _is_ignored(path: RelPath) -> bool:
    return is_ignored_file(path.rpartition("/")[2])
