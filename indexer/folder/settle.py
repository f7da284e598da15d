"""When is a directory due, and which files are completely written? Pure: time is an argument."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from indexer.model.items import RelPath, Stamp, parent_of

DONE_S = 0.1
"""Seconds from the closing of a file until its directory is due: others may follow."""
OPEN_S = 10.0
"""If the system reports closing: seconds after a write during which a file counts as still open."""
LARGE_BYTES, LARGE_S = 20 << 20, 10.0
"""Bytes; larger files must rest for longer."""
COARSE_S = 3.0
RESTLESS_S = 60.0
"""Seconds after which a file is read even if it never rests, or has the name of Excel's temporary files."""
_EXCEL_SAVES = re.compile(r"[0-9A-F]{8}")


@dataclass(frozen=True, slots=True)
class _Look:
    """The stamp of a file that was put off."""

    stamp: Stamp
    since: float
    first: float
    """When it was first put off."""


@dataclass(slots=True)
class Settle:
    """Directories with hints, and files that are being written."""

    quiet_s: float
    """Seconds without a hint until a directory is due."""
    quiet_max_s: float
    """Seconds until it is due at the latest."""
    calm_s: float = 2.0
    """Seconds that a file must look the same if it was not seen to be closed."""
    tells_closing: bool = False
    """Whether the system reports that a writer closes a file."""
    _hints: dict[RelPath, tuple[float, float]] = field(default_factory=dict)
    """When the first and the last hint of a directory came."""
    _appointed: dict[RelPath, float] = field(default_factory=dict)
    """When a directory is due, hints or not."""
    _written: dict[RelPath, float] = field(default_factory=dict)
    """When a file was last written to, unless it was closed since."""
    _closed: set[RelPath] = field(default_factory=set)
    _put_off: dict[RelPath, _Look] = field(default_factory=dict)

    def mark(self, directory: RelPath, now: float) -> None:
        """Note that something happened in `directory`."""
        first, _ = self._hints.get(directory, (now, now))
        self._hints[directory] = (first, now)

    def write(self, path: RelPath, now: float) -> None:
        """Note that a file is being written."""
        self._written[path] = now
        self._closed.discard(path)
        self._appoint(path, now + (OPEN_S if self.tells_closing else self.calm_s))

    def close(self, path: RelPath, now: float, origin: RelPath | None = None) -> None:
        """Note that a file was closed, or renamed from `origin`: its writer is done with it."""
        if origin is not None:
            self.mark(parent_of(origin), now)
            self._closed.discard(origin)
            if self._written.pop(origin, None) is not None and self.tells_closing:
                self.write(path, now)  # it was renamed while open
                self.mark(parent_of(path), now)
                return
        self._written.pop(path, None)
        self._closed.add(path)
        self._appoint(path, now + DONE_S)

    def due(self, now: float) -> list[RelPath]:
        """Return and drop the directories that are due."""
        ready = {directory for directory, at in self._times() if at <= now}
        for directory in ready:
            self._hints.pop(directory, None)
            self._appointed.pop(directory, None)
        return sorted(ready)

    def next_due(self, now: float) -> float | None:
        """Return the seconds until the next directory is due; None if there is none."""
        times = [at for _, at in self._times()]
        return max(0.0, min(times) - now) if times else None

    def put_off(
        self, files: Mapping[RelPath, Stamp], now: float, wall_ns: int, looked_at: Collection[RelPath] | None
    ) -> set[RelPath]:
        """Return which of the new and changed files are still being written; their directories become due again.

        `wall_ns` is the time of day, as in stamps of files. `looked_at` are the directories these files were found in;
        None: all.
        """
        waiting = {path for path, stamp in files.items() if not self._is_settled(path, stamp, now, wall_ns)}
        for path in waiting:
            self._appoint(path, now + self._calm_s(files[path]))
        for path in [*self._put_off, *self._closed]:
            if path not in waiting and (looked_at is None or parent_of(path) in looked_at):
                self._put_off.pop(path, None)
                self._closed.discard(path)
        self._written = {path: at for path, at in self._written.items() if now - at < RESTLESS_S}
        return waiting

    def _is_settled(self, path: RelPath, stamp: Stamp, now: float, wall_ns: int) -> bool:
        calm_s = self._calm_s(stamp)
        written = self._written.get(path)
        is_old = not 0 <= wall_ns - stamp.mtime_ns < calm_s * 1e9  # a time in the future says nothing
        is_passing = _EXCEL_SAVES.fullmatch(path.rpartition("/")[2])
        if (path in self._closed or (written is None and is_old)) and not is_passing:
            return True
        before = self._put_off.get(path)
        if before is None or (before.stamp.size, before.stamp.mtime_ns) != (stamp.size, stamp.mtime_ns):
            before = self._put_off[path] = _Look(stamp, now, before.first if before else now)
        if now - before.first >= RESTLESS_S or is_passing:
            return now - before.first >= RESTLESS_S
        if written is not None:
            return now - written >= (OPEN_S if self.tells_closing else calm_s)
        return now - before.since >= calm_s

    def _calm_s(self, stamp: Stamp) -> float:
        return max(self.calm_s, LARGE_S) if stamp.size > LARGE_BYTES else self.calm_s

    def _times(self) -> list[tuple[RelPath, float]]:
        quiet = [
            (directory, min(last + self.quiet_s, first + self.quiet_max_s))
            for directory, (first, last) in self._hints.items()
        ]
        return [*quiet, *self._appointed.items()]

    def _appoint(self, path: RelPath, at: float) -> None:
        directory = parent_of(path)
        self._appointed[directory] = min(at, self._appointed.get(directory, at))


def may_hide_a_change(stamp: Stamp, wall_ns: int) -> bool:
    """Tell whether a file could change again and look the same: its time is a whole second, or two, and that is now.

    FAT counts in two seconds, older macOS disks in one; git calls such files racily clean.
    """
    return stamp.mtime_ns % 1_000_000_000 == 0 and 0 <= wall_ns - stamp.mtime_ns < COARSE_S * 1e9
