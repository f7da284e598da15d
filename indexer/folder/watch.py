"""Where did something happen? The system's events, reduced to directories worth a look.

Events are hints: they may be lost, late or repeated. What can be lost silently is told as `everything`.
"""

from __future__ import annotations

import logging
import os
import unicodedata
import warnings
from collections.abc import Callable, Collection
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from indexer.errors import FolderUnreadable
from indexer.model import RelPath

Hint = Callable[[RelPath | None], None]
"""Called from the watcher's thread with a directory, or None: look at everything."""

_READING = frozenset({"opened", "closed_no_write"})

# watchdog prints the list of all watches with each of these, which is megabytes on large folders.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.observers\.inotify")


class Watcher:
    """Follows one folder until it is stopped."""

    def __init__(
        self, folder: Path, hint: Hint, own: Collection[str], *, poll_s: float | None = None
    ) -> None:
        """Begin; `own` are names at the top of the folder whose events are our own doing."""
        self._folder = folder
        self._identity = _identity(folder)
        self._overflow = _OverflowHandler(lambda: hint(None))
        logging.getLogger("watchdog.observers.inotify_c").addHandler(self._overflow)
        self._observer: BaseObserver = Observer() if poll_s is None else PollingObserver(timeout=poll_s)
        try:
            self._observer.schedule(_Handler(folder, hint, own), str(folder), recursive=True)
            self._observer.start()
        except OSError as error:
            raise FolderUnreadable(f"{folder} can't be watched: {error.strerror or error}") from error

    def is_well(self) -> bool:
        """Tell whether events of the very folder still arrive; if not, begin anew and look at everything."""
        threads = [self._observer, *self._observer.emitters]
        return all(thread.is_alive() for thread in threads) and _identity(self._folder) == self._identity

    def stop(self) -> None:
        """End the threads."""
        logging.getLogger("watchdog.observers.inotify_c").removeHandler(self._overflow)
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join(5)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class _OverflowHandler(logging.Handler):
    """Overflow raises no event: watchdog only logs it."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._lost()


class _Handler(FileSystemEventHandler):
    def __init__(self, folder: Path, hint: Hint, own: Collection[str]) -> None:
        self._top = os.fspath(folder)
        self._hint = hint
        self._own = own

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take one event. Never raises: an exception here would end watchdog's thread silently."""
        try:
            if event.event_type not in _READING:
                for path in {event.src_path, event.dest_path}:
                    if path:
                        self._mark(os.fsdecode(path), event)
        except (ValueError, OSError):
            self._hint(None)

    def _mark(self, path: str, event: FileSystemEvent) -> None:
        relative = os.path.relpath(path, self._top)
        if relative == ".":
            self._hint(RelPath("") if Path(self._top).is_dir() else None)
            return
        if relative.startswith(".."):
            # macOS reports in NFC whatever the spelling on disk: don't guess, look.
            if unicodedata.normalize("NFC", path).startswith(unicodedata.normalize("NFC", self._top)):
                self._hint(None)
            return
        parts = relative.replace(os.sep, "/").split("/")
        if parts[0] in self._own or parts[-1].startswith("~syncthing~"):
            return
        if not (event.is_directory and event.event_type == "modified"):
            self._hint(RelPath("/".join(parts[:-1])))
        if event.is_directory:
            self._hint(RelPath("/".join(parts)))
