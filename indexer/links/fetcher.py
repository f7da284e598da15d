"""How do others have pages behind links fetched? They submit links and collect outcomes, and never wait for a host."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty
from types import MappingProxyType

from indexer import __version__
from indexer.links.limits import Limits
from indexer.links.messages import ALIVE, Request, pack_request, unpack_outcome
from indexer.links.process import FetchingProcess
from indexer.links.spool import check_body, gather, release
from indexer.model.links import Answer, Outcome
from indexer.settings import LinksSettings

log = logging.getLogger("indexer")
__all__ = ["Fetcher", "Request", "user_agent"]

MOST_JOBS = 500
"""Links that may be on their way: enough that hosts which pause hold up no others."""
_LOST_S = 600.0
"""Seconds until a link is tried again whose fetching process has ended."""
_MOST_PAUSE_S = 300.0


def user_agent(contact: str) -> str:
    """Return what hosts are told of us."""
    return f"indexer/{__version__}" + (f" (+{contact})" if contact else "")


class Fetcher:
    """Has pages fetched by one child process, which is started when first needed and replaced when it dies.

    Not for several threads at once.
    """

    def __init__(
        self, links: LinksSettings, spool: Path, limits: Limits, entrance: str, folder: Path | None
    ) -> None:
        self._told = {
            "spool": str(spool.absolute()),
            "agent": user_agent(links.contact),
            "allow_hosts": links.allow_hosts,
            "pause_s": links.pause_s,
            "limits": limits,
        }
        self._spool, self._limits = spool, limits
        self._entrance, self._folder = entrance, folder
        self._process: FetchingProcess | None = None
        self._on_their_way: set[str] = set()
        self._left: dict[str, Outcome] = {}
        """What an earlier process found out, and nobody took in."""
        self._ready: list[tuple[str, Outcome]] = []
        """Outcomes to be collected that did not come through the pipe."""
        self._deaths = 0
        """Processes that ended since the last outcome."""
        self._not_before = 0.0
        """When the next process may be started."""

    @staticmethod
    def start(
        links: LinksSettings,
        spool: Path,
        *,
        folder: Path | None = None,
        limits: Limits = Limits(),  # noqa: B008 - a constant
        entrance: str = "indexer.links.fetching",
    ) -> Fetcher:
        """Return a fetcher whose bodies are files in `spool`, a directory for nothing else.

        What an earlier process found out and nobody took in is there: these pages are not asked for again.

        Nothing below `folder` is imported by the process. `entrance` is the module whose `main` it runs. Raise OSError if
        the directory can't be used.
        """
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        fetcher = Fetcher(links, spool, limits, entrance, folder)
        fetcher._left = gather(spool, limits.body, time.time())
        return fetcher

    def has_room(self) -> bool:
        """Tell whether another link may be submitted now."""
        return len(self._on_their_way) < MOST_JOBS and time.monotonic() >= self._not_before

    def submit(self, key: str, request: Request) -> None:
        """Have a link checked; its outcome is collected under that key, which no other link on its way has.

        Without room it is LATER.
        """
        if not self.has_room():
            self._ready.append((key, Outcome(Answer.LATER, detail="too many links at once", later_s=60.0)))
            return
        if left := self._left.pop(key, None):
            self._ready.append((key, left))
            return
        self._on_their_way.add(key)
        try:
            if self._process is None:
                self._process = FetchingProcess(self._told, self._limits.memory, self._entrance, self._folder)
        except (OSError, RuntimeError) as error:
            self._lose(f"no fetching process could be started: {error}")
            return
        self._process.send(pack_request(key, request))

    def collect(self, timeout_s: float) -> Iterator[tuple[str, Outcome]]:
        """Yield the outcomes that have come, with their keys, after waiting at most so many seconds for the first.

        The file of a body belongs to the caller until it is released.
        """
        until = time.monotonic() + timeout_s
        while True:
            while self._ready:
                until = 0.0
                yield self._ready.pop()
            if self._process is None:
                return
            try:
                message = self._process.hear(until - time.monotonic())
                if message != ALIVE:
                    told = self._accept(message)
                    until = 0.0
                    yield told
            except Empty:
                silent_s = time.monotonic() - self._process.heard
                if self._on_their_way and silent_s > self._limits.silent_s:
                    self._lose("the fetching process did not answer any more")
                elif time.monotonic() >= until:
                    return
            except EOFError:
                self._lose("the fetching process ended", gather(self._spool, self._limits.body, time.time()))
            except ValueError:
                self._lose("the fetching process said what it must not say")

    def release(self, key: str, outcome: Outcome) -> None:
        """Note that an outcome was taken in: its files are deleted."""
        release(self._spool, key, outcome)

    def close(self) -> None:
        """End the process; what is on its way is forgotten."""
        self._on_their_way.clear()
        if self._process is not None:
            self._process.end(patience_s=1.0)
            self._process = None

    def _accept(self, message: bytes) -> tuple[str, Outcome]:
        """Return what the process said; raise ValueError if it may not say that."""
        key, outcome = unpack_outcome(message)
        if key not in self._on_their_way:
            raise ValueError("nobody asked for this")
        check_body(self._spool, outcome, self._limits.body)
        self._on_their_way.discard(key)
        self._deaths = 0
        return key, outcome

    def _lose(self, why: str, left: Mapping[str, Outcome] = MappingProxyType({})) -> None:
        """End the process; its links are to be tried later, but for those of which it `left` an outcome.

        The next one is started at once, but not again and again.
        """
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.end()
            self._process = None
        why = " ".join(why.split())[:200]
        log.warning("%s: %d links that it had are checked later", why, len(self._on_their_way))
        lost = Outcome(Answer.LATER, detail=why, later_s=_LOST_S)
        self._ready += [(key, left.get(key, lost)) for key in sorted(self._on_their_way)]
        self._on_their_way.clear()
        self._deaths += 1
        if self._deaths > 1:
            self._not_before = time.monotonic() + min(2.0**self._deaths, _MOST_PAUSE_S)
