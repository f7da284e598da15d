"""The life of one link: it is dropped, and checked whenever it is due, over weeks that pass at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from indexer.catalogue import Catalogue
from indexer.extract.cage import Cage
from indexer.links.checking import Checked
from indexer.links.messages import Request
from indexer.model.items import Extract, Kind, Link, RelPath, Stamp
from indexer.model.links import Health, LinkMemory, Outcome
from indexer.model.readings import Reading, pack_passages
from indexer.pipeline.link_checks import LinkChecks, Tools
from indexer.settings import LinksSettings, Settings
from indexer.terms import postings
from tests.fake_clock import FakeClock
from tests.links.conftest import World

START = datetime(2026, 11, 2, tzinfo=UTC)
PATH = RelPath("dropped.url")


class Direct:
    """Fetches at once, in this process: who asks, and what is asked for, is as in the product."""

    def __init__(self, world: World, spool: Path) -> None:
        self._world, self._spool = world, spool
        self._done: list[tuple[str, Outcome]] = []
        self.checked: list[Checked] = []

    def has_room(self) -> bool:
        """There always is."""
        return True

    def submit(self, key: str, request: Request) -> None:
        """Check a link."""
        checked = self._world.check(**request._asdict())
        self.checked.append(checked)
        outcome = checked.outcome
        if checked.body:
            outcome = outcome._replace(body=f"{len(self.checked):032x}.body")
            (self._spool / outcome.body).write_bytes(checked.body)
        self._done.append((key, outcome))

    def collect(self, timeout_s: float) -> Iterator[tuple[str, Outcome]]:
        """Yield what checks gave."""
        while self._done:
            yield self._done.pop(0)

    def release(self, key: str, outcome: Outcome) -> None:
        """Delete the body."""
        if outcome.body:
            (self._spool / outcome.body).unlink()

    def close(self) -> None:
        """End."""


class Life:
    """One link in a catalogue of its own."""

    is_on_battery = False

    def __init__(self, world: World, url: str, place: Path, cage: Cage) -> None:
        self.world, self.clock = world, FakeClock(START)
        self.catalogue = Catalogue(place / "catalogue.db")
        self.fetcher = Direct(world, cage.folder)
        tools = Tools(self.fetcher, cage.folder, cage, place)
        settings = Settings(links=LinksSettings(fetch=True))
        self._checks = LinkChecks(
            self.catalogue,
            settings,
            self.clock,
            lambda: tools,
            Random(zlib.crc32(url.encode())),
            lambda: self.is_on_battery,
        )
        stamp = Stamp(1, 1, 1, 1)
        with self.catalogue.writing():
            self.catalogue.files.add(PATH, stamp, Kind.LINK, START, first_pass=False, priority=1)
            (wanted,) = self.catalogue.queue.next(1)
            about = Extract(links=(Link(url),), is_link=True)
            self.catalogue.readings.record(
                wanted,
                Reading("x", "x:plain", about, pack_passages([]), postings.pack([]), kind=Kind.LINK),
                START,
            )

    def until(self, day: float, *, is_asked: bool = True) -> None:
        """Let time pass, and check the link whenever it is due; `is_asked`: somebody asks for that."""
        end = START + timedelta(days=day)
        while (moment := max(self.memory.due or START, self.clock.now())) <= end:
            self.clock.advance((moment - self.clock.now()).total_seconds() + 1)
            self.world.now = self.clock.now().timestamp()
            while self._checks.step(5.0, is_asked=is_asked):
                pass
            if not self.fetcher.checked:
                break  # it waits
        self.clock.advance((end - self.clock.now()).total_seconds())

    @property
    def memory(self) -> LinkMemory:
        """What is remembered of the link."""
        (link,) = self.catalogue.links.due(START + timedelta(days=9_999), 1)
        return link.memory

    @property
    def health(self) -> Health:
        """How it is told."""
        (told,) = self.catalogue.links.told(self.clock.now())
        return told.health

    @property
    def text(self) -> str:
        """What the link's item is found by."""
        ((item, _),) = self.catalogue.items.told()
        found = self.catalogue.texts.of_item(item.id)
        return "\n".join(passage.text for passage in found.passages) if found else ""
