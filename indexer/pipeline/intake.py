"""Which files are being read, and which readings wait to be recorded?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.catalogue import Catalogue, Wanted
from indexer.clock import Clock
from indexer.errors import Reason
from indexer.extract.cage import Cage
from indexer.extract.worker import Job
from indexer.folder.names import reach
from indexer.folder.settle import COARSE_S, may_hide_a_change
from indexer.model.items import ItemId
from indexer.model.readings import Reading
from indexer.pipeline.look import Priority
from indexer.settings import Settings

TURN_ITEMS, TURN_S, TURN_BYTES = 1024, 1.5, 32 << 20
MANY = 100
"""So many files at once keep everything else waiting."""
_PICTURE = "picture"


@dataclass(slots=True)
class Intake:
    """The files of one folder on their way from the queue through the cage."""

    folder: Path
    settings: Settings
    catalogue: Catalogue
    cage: Cage
    clock: Clock
    _out: dict[ItemId, Wanted] = field(default_factory=dict)
    """Files in the cage."""
    _read: dict[ItemId, tuple[Wanted, Reading]] = field(default_factory=dict)
    """What was read of the others, in the order in which it came, and (`_size`) its bytes."""
    _size: int = 0
    _pictures: list[Reading] = field(default_factory=list)
    is_busy: bool = False
    """Whether there were many files to read when `take` was last called."""
    _uncertain: dict[ItemId, float] = field(default_factory=dict)
    """Files that may have changed since they were read and look the same, by when that was."""

    @property
    def sample(self) -> str:
        """Return the path of a file that is being read; empty if there is none."""
        return next((wanted.path for wanted in self._out.values()), "")

    def take(self, calls: Callable[[], bool]) -> list[tuple[Wanted, Reading]] | None:
        """Read for `TURN_S` seconds at most and return what is to be recorded; None if there is nothing to read.

        Files that somebody has just saved wait for no others: once all of them are read, they alone are returned. If somebody
        `calls` meanwhile, nothing is returned; the readings wait for the next time.
        """
        known = self._out.keys() | self._read.keys()
        waiting = self.catalogue.queue.next(TURN_ITEMS, skip=known)
        self.is_busy = len(waiting) + len(known) >= MANY
        if not waiting and not known:
            return None
        until = self.clock.monotonic() + TURN_S
        saved = {one.id for one in (*waiting, *self._out.values()) if one.priority == Priority.SAVED}
        has_saved = bool(saved) or any(one.priority == Priority.SAVED for one, _ in self._read.values())
        is_called = False
        while (saved or not has_saved) and not is_called and self._goes_on(bool(waiting), until):
            while waiting and self.cage.has_room(urgent=waiting[0].priority == Priority.SAVED):
                self._submit(waiting.pop(0))
            for _ in self._collect(until - self.clock.monotonic()):
                is_called = not saved and calls()
                if is_called or self._is_full:
                    break  # the others wait to be collected
            saved.difference_update(self._read.keys())
        if is_called and not self._is_full:
            return []
        is_first = has_saved and not saved
        return self._given(lambda one: not is_first or one.priority == Priority.SAVED)

    def _goes_on(self, has_waiting: bool, until: float) -> bool:
        return (has_waiting or bool(self._out)) and not self._is_full and self.clock.monotonic() < until

    @property
    def _is_full(self) -> bool:
        return len(self._read) >= TURN_ITEMS or self._size >= TURN_BYTES

    def _given(self, is_given: Callable[[Wanted], bool]) -> list[tuple[Wanted, Reading]]:
        given = [(wanted, reading) for wanted, reading in self._read.values() if is_given(wanted)]
        for wanted, reading in given:
            del self._read[wanted.id]
            self._size -= reading.size
        return given

    def _submit(self, wanted: Wanted) -> None:
        if wanted.stamp.online_only:
            self._keep(wanted, Reading(failure=(Reason.ONLINE_ONLY, "its content is in the cloud only")))
            return
        job = replace(
            self._job(wanted),
            known_texts=frozenset(self.catalogue.texts.keys_of_size(wanted.stamp.size)),
            recognised=self.catalogue.pictures.recognised(wanted.id),
        )
        self.cage.submit(wanted.id, job, urgent=wanted.priority == Priority.SAVED)
        self._out[wanted.id] = wanted
        if may_hide_a_change(wanted.stamp, self.clock.time_ns()):
            self._uncertain[wanted.id] = self.clock.monotonic()

    def _job(self, wanted: Wanted) -> Job:
        limits = self.settings.extract
        return Job(
            path=reach(self.folder) / wanted.path,
            stamp=wanted.stamp,
            known_texts=frozenset(),
            file_limit=limits.file_mb << 20,
            text_limit=limits.text_mb << 20,
            passwords=limits.passwords,
            folder=reach(self.folder),
        )

    def _collect(self, timeout_s: float) -> Iterator[None]:
        for key, reading in self.cage.collect(timeout_s):
            if key == _PICTURE:
                self._pictures.append(reading)
            else:
                self._keep(self._out.pop(ItemId(key)), reading)
            yield

    def _keep(self, wanted: Wanted, reading: Reading) -> None:
        self._read[wanted.id] = wanted, reading
        self._size += reading.size

    def recognise(self, wanted: Wanted, page: int) -> None:
        """Have the words of a picture that is a page recognised."""
        job = replace(self._job(wanted), picture_page=page, languages=self.settings.extract.ocr_languages)
        self.cage.submit(_PICTURE, job)

    def recognised(self, timeout_s: float = 0.0) -> list[Reading]:
        """Return the pages recognised since the last call, waiting for one up to a timeout."""
        if not self._pictures and timeout_s:
            list(self._collect(timeout_s))
        given, self._pictures = self._pictures, []
        return given

    def want_uncertain(self, priority: int) -> None:
        """Have files read again that may have changed unseen, once a change would show."""
        now = self.clock.monotonic()
        for item_id in [item_id for item_id, at in self._uncertain.items() if now - at > COARSE_S]:
            self.catalogue.queue.want(item_id, priority)
            del self._uncertain[item_id]
