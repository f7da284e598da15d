"""Linux: watchdog's observer, made to report that it misses events.

watchdog 7.1 hides three failures: it only logs that the kernel's queue overflowed, it doesn't notice that a file system
was unmounted, and it leaves out directories beyond the limit of watches. If a directory leaves the folder and another
takes its name, it fails to drop the watch of the first, and its thread ends.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyWatchGroup
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)


class InotifyObserver(BaseObserver):
    """Watches as watchdog's own does; `lost` is called, from its thread, if events were lost."""

    def __init__(self, lost: Callable[[], None]) -> None:
        """Begin to read the kernel's queue."""
        self._queue = _Queue(lost)
        super().__init__(_Emitter, inotify_fd=self._queue)
        self._queue.start()

    @property
    def readers(self) -> tuple[InotifyFD]:
        """The thread that reads the kernel's queue."""
        return (self._queue,)

    @property
    def is_at_limit(self) -> bool:
        """Whether directories are not watched because the system's limit is reached."""
        return self._queue.is_at_limit

    def stop(self) -> None:
        """End all threads, even if watching could not begin."""
        super().stop()
        self._queue.stop()


class _Queue(InotifyFD):
    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__()
        self._lost = lost
        self.is_at_limit = False

    def add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        try:
            return super().add_callback(path, mask, callback, id_)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self.is_at_limit = True
            raise

    def _add_callback(
        self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId
    ) -> WatchDescriptor:
        """Do as watchdog does, without its needless warning: it meets a directory that is copied in twice."""
        watch = self._get_or_create_watch(path, mask)
        watch.callbacks[id_] = callback
        return watch.wd

    def handle_event(self, event: InotifyEvent) -> None:
        super().handle_event(event)  # new directories are watched before they are listed
        if event.mask & (InotifyConstants.IN_Q_OVERFLOW | InotifyConstants.IN_UNMOUNT):
            self._lost()


class _Emitter(InotifyEmitter):
    def on_thread_start(self) -> None:
        self._inotify = _Watches(
            self._inotify_fd,
            os.fsencode(self.watch.path),
            is_recursive=self.watch.is_recursive,
            event_mask=self.get_event_mask_from_filter(),
            follow_symlink=self.watch.follow_symlink,
        )


class _Watches(InotifyWatchGroup):
    def _remove_watch_internally(self, wd: WatchDescriptor) -> None:
        path = self._active_callbacks_by_watch.pop(wd, None)
        if path is not None and self._active_callbacks_by_path.get(path) == wd:
            del self._active_callbacks_by_path[path]
