"""What is behind the links? Pages that are due are fetched, read in the cage and recorded; files never wait for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol

from indexer.catalogue import Catalogue
from indexer.catalogue.facts import Fact
from indexer.catalogue.links import DueLink
from indexer.clock import Clock
from indexer.extract.cage import Cage
from indexer.extract.source import Origin
from indexer.extract.worker import Job
from indexer.files.replacing import write_file
from indexer.folder.scan import stamp_of
from indexer.links.health import after, insists, is_fine
from indexer.links.messages import Request
from indexer.links.parking import parked, says_missing
from indexer.links.power import on_battery
from indexer.model.links import Answer, LinkMemory, LinkState, Outcome
from indexer.model.readings import Reading, unpack_passages
from indexer.pipeline.link_conditions import LinkConditions
from indexer.settings import Settings
from indexer.state.places import copy_name

AHEAD = 64
"""Addresses given to the fetching process ahead."""
MOST_KEPT = 20_000
"""The most copies of pages that are kept."""
_COPY = "copy "
"""Before the key of a page of which a copy is made."""
FINE: Fact[tuple[str, ...]] = Fact("links_fine", (), lambda text: tuple(json.loads(text)), json.dumps)
"""The setting `links.fine` as it was last heeded."""
_NOT_WELL = (LinkState.FAILING, LinkState.GONE)


class Fetching(Protocol):
    """What reads pages, in a process of its own."""

    def has_room(self) -> bool:
        """Tell whether another page may be asked for now."""
        ...

    def submit(self, key: str, request: Request) -> None:
        """Have a page read."""
        ...

    def collect(self, timeout_s: float) -> Iterator[tuple[str, Outcome]]:
        """Yield what checks gave, by key; nothing after `timeout_s`."""
        ...

    def release(self, key: str, outcome: Outcome) -> None:
        """Take note that a check was recorded."""
        ...

    def close(self) -> None:
        """End the process."""
        ...


class Tools(NamedTuple):
    """What fetches pages into a directory, and what reads them there."""

    fetcher: Fetching
    spool: Path
    cage: Cage
    kept: Path
    """Where copies of pages are kept."""


class LinkChecks:
    """The links of one folder, while they are checked."""

    def __init__(
        self, catalogue: Catalogue, settings: Settings, clock: Clock, tools: Callable[[], Tools] | None,
        chance: Random | None = None, on_battery: Callable[[], bool] = on_battery,
    ) -> None:  # fmt: skip
        """Check links of `catalogue` by what `tools` starts when there is something to do; None: never."""
        fetches = tools is not None
        self._conditions = LinkConditions(catalogue, clock, fetches=fetches, on_battery=on_battery)
        self._catalogue, self._settings, self._clock, self._start = catalogue, settings, clock, tools
        self._chance = chance or Random()
        self._tools: Tools | None = None
        self._out: dict[str, DueLink] = {}
        """Addresses that are being fetched."""
        self._fetched: dict[str, tuple[DueLink, Outcome]] = {}
        """Pages that are being read in the cage."""
        self._waits = False
        """Whether links are due that can't be begun yet."""
        self._worked = clock.monotonic()
        """When it last had anything to do."""

    @property
    def is_busy(self) -> bool:
        """Tell whether any page is being fetched or read."""
        return bool(self._out or self._fetched)

    def heed(self) -> None:
        """Heed the settings: links that they name are well, others as their checks say; and begin to tell of conditions."""
        fine = self._settings.links.fine
        self._catalogue.links.is_fine = self._is_fine
        if self._catalogue.facts.get(FINE) != fine:
            with self._catalogue.writing():
                self._catalogue.links.heed()
                self._catalogue.facts.set(FINE, fine)
        self._conditions.begin()

    def _is_fine(self, url: str) -> bool:
        fine = self._settings.links.fine
        return bool(fine) and is_fine(url, fine)

    def retire(self, idle_s: float) -> None:
        """End the processes if nothing was to be done for so many seconds."""
        if not self.is_busy and self._clock.monotonic() - self._worked > idle_s:
            self.close()

    def step(self, timeout_s: float = 0.0, *, is_asked: bool = True) -> bool:
        """Begin and end what can be now, waiting up to a timeout for an answer; tell whether any check is under way, or due.

        None is begun on battery unless somebody asked (`is_asked`).
        """
        may_begin = is_asked or not self._conditions.should_wait()
        tools = self._begin() if may_begin else self._tools
        if tools is None:
            return False
        for key, outcome in tools.fetcher.collect(timeout_s if self._out and not self._fetched else 0.0):
            self._conditions.hear(outcome)
            if link := self._out.pop(key, None):
                self._take(tools, link, outcome)
        for key, reading in tools.cage.collect(timeout_s if self._fetched else 0.0):
            link, outcome = self._fetched.pop(key)
            if key.startswith(_COPY):
                self._keep(tools, link, reading)
            elif self._record(link, outcome, reading) and self._settings.links.keep_copy:
                self._read(tools, _COPY + key, link, outcome)
            if _COPY + key not in self._fetched:
                tools.fetcher.release(link.key, outcome)
        if may_begin:
            self._begin()
        if self.is_busy:
            self._worked = self._clock.monotonic()
        return self.is_busy or self._waits

    def close(self) -> None:
        """End the processes; what they were at is checked again, and what they have found out is taken in then."""
        if self._tools is not None:
            self._tools.fetcher.close()
            self._tools.cage.close()
        self._tools = None
        self._out.clear()
        self._fetched.clear()

    def _begin(self) -> Tools | None:
        """Submit links that are due; return the tools, None if there is nothing to do."""
        under_way = self._out.keys() | self._fetched.keys()
        room = AHEAD - len(under_way)
        self._waits = False
        if self._start is None or room < AHEAD // 2:
            return self._tools
        due = self._catalogue.links.due(self._clock.now(), room, under_way)
        if due and self._tools is None:
            self._tools = self._start()
        for link in due:
            if self._tools is None or not self._tools.fetcher.has_room():
                self._waits = True
            else:
                self._out[link.key] = link
                self._tools.fetcher.submit(link.key, self._request(self._tools, link))
        return self._tools

    def _request(self, tools: Tools, link: DueLink) -> Request:
        """Return what is asked: only if it changed, unless its text or a copy to keep is not here."""
        lacks_copy = self._settings.links.keep_copy and not (tools.kept / copy_name(link.url)).exists()
        request = Request(link.url, probes=True, insists=insists(link.memory, self._clock.now()))
        if lacks_copy or not (link.has_text and link.memory.digest):
            return request
        return request._replace(etag=link.memory.etag, last_modified=link.memory.last_modified)

    def _take(self, tools: Tools, link: DueLink, outcome: Outcome) -> None:
        """Record the outcome of a check, after its page was read in the cage if it brought one."""
        is_read = outcome.answer is Answer.READ and bool(outcome.body)
        if not is_read or not self._read(tools, link.key, link, outcome):
            self._record(link, outcome, None)
            tools.fetcher.release(link.key, outcome)

    def _read(self, tools: Tools, key: str, link: DueLink, outcome: Outcome) -> bool:
        """Have a fetched page read in the cage, or a copy of it made; False if it is not there."""
        path, limits = tools.spool / outcome.body, self._settings.extract
        try:
            stamp = stamp_of(path.lstat())
        except OSError:
            return False
        job = Job(
            path=path,
            stamp=stamp,
            known_texts=frozenset(),
            file_limit=limits.file_mb << 20,
            text_limit=limits.text_mb << 20,
            folder=tools.spool,
            origin=Origin(outcome.url or link.url, outcome.charset, _suffix(outcome.content_type)),
            is_copied=key.startswith(_COPY),
        )
        tools.cage.submit(key, job)
        self._fetched[key] = link, outcome
        return True

    def _keep(self, tools: Tools, link: DueLink, reading: Reading) -> None:
        """Keep the copy of a page, as long as there is room."""
        copy = _text_of(reading)
        if copy and sum(1 for _ in tools.kept.iterdir()) < MOST_KEPT:
            with suppress(OSError):
                write_file(tools.kept / copy_name(link.url), copy.encode("utf-8", "replace"))

    def _record(self, link: DueLink, outcome: Outcome, reading: Reading | None) -> bool:
        """Record a check; tell whether the page's text was taken in."""
        has_text = reading is not None and bool(reading.text_key)
        text = _text_of(reading) if reading and has_text else ""
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if has_text else ""
        memory = after(
            link.memory,
            outcome,
            digest,
            self._clock.now(),
            self._chance,
            is_parked=has_text and parked(text, outcome.url),
            says_missing=says_missing(text),
        )._replace(is_fine=self._is_fine(link.url))
        is_seen = not memory.shown.looks_like(link.memory.shown)
        kept = reading if has_text and _is_well(memory) else None
        with self._catalogue.writing():
            self._catalogue.links.record(link, memory, kept, is_seen=is_seen)
        return kept is not None


def _suffix(content_type: str) -> str:
    """Return the extension to read a page as; documents are known by how they begin."""
    return "txt" if content_type in ("text/plain", "text/markdown") else "html"


def _is_well(memory: LinkMemory) -> bool:
    return memory.shown.state not in _NOT_WELL


def _text_of(reading: Reading) -> str:
    return "\n".join(passage.text for passage in unpack_passages(reading.passages))
