"""Which directories are quiet enough to be looked at: pure, time is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.model import RelPath


@dataclass(slots=True)
class Settle:
    """Directories with hints, each with the time of its first and last one."""

    quiet_s: float
    quiet_max_s: float
    _hints: dict[RelPath, tuple[float, float]] = field(default_factory=dict)

    def mark(self, directory: RelPath, now: float) -> None:
        """Note that something happened in `directory`."""
        first, _ = self._hints.get(directory, (now, now))
        self._hints[directory] = (first, now)

    def due(self, now: float) -> list[RelPath]:
        """Return and drop the directories that have been quiet long enough, or restless for too long."""
        ready = [
            directory
            for directory, (first, last) in self._hints.items()
            if now - last >= self.quiet_s or now - first >= self.quiet_max_s
        ]
        for directory in ready:
            del self._hints[directory]
        return ready

    def next_due(self, now: float) -> float | None:
        """Return in how many seconds the next directory is due; None where there is none."""
        times = [min(last + self.quiet_s, first + self.quiet_max_s) for first, last in self._hints.values()]
        return max(0.0, min(times) - now) if times else None
