"""Keeps passes coming: lock, watcher, settle, schedule, signals, and requests from other commands."""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from schedule import Scheduler

from indexer import app, places, requests
from indexer.errors import AlreadyWatched, Damaged, FolderUnreadable, IndexerError, StateError, UserError
from indexer.folder.settle import Settle
from indexer.folder.watch import Watcher
from indexer.lock import hold, read_holder
from indexer.model import RelPath
from indexer.page import Extent, own_names
from indexer.pipeline import Pipeline
from indexer.requests import Reply, Request
from indexer.settings import Settings
from indexer.work import Progress, perform

__all__ = ["Progress", "Reply", "Request", "run_command", "watch"]

log = logging.getLogger("indexer")

MOST_DAMAGES = 5
MENDING = ("scan", "rebuild")
"""What searches tell people to do about damage."""
_TICK_S = 0.25
_WAIT_FOR_OTHER_S = 3600.0


def run_command(
    folder: Path, settings: Settings, request: Request, progress: Progress | None = None
) -> Reply:
    """Do `request`, or have the running watcher do it; raise UserError where it can't be done."""
    if request.command == "scan":
        state = places.register(folder, settings)
    else:
        state = places.require_state(folder, settings)
    until = time.monotonic() + _WAIT_FOR_OTHER_S
    while True:
        try:
            with hold(state, request.command), app.open_pipeline(folder, settings) as pipeline:
                return perform(pipeline, state, request, progress, between=lambda: None)
        except AlreadyWatched:
            holder = read_holder(state)
            if holder and holder.command == "watch":
                reply = requests.ask(state, request, lambda: read_holder(state) is not None)
                if reply is not None:
                    return reply
            elif time.monotonic() > until:
                raise
            time.sleep(0.2)


def watch(folder: Path, settings: Settings) -> int:
    """Follow the folder until SIGINT or SIGTERM; return the exit code."""
    state = places.register(folder, settings)
    holder = read_holder(state)
    while holder and holder.command != "watch":  # a scan at work ends by itself
        time.sleep(0.2)
        holder = read_holder(state)
    with _stop_signals() as stop, hold(state, "watch"):
        requests.clear(state)
        for _ in range(MOST_DAMAGES):
            try:
                with app.open_pipeline(folder, settings) as pipeline:
                    Daemon(pipeline, state, stop).run()
            except Damaged as error:  # what is opened anew heals itself
                log.error("%s", error)
            else:
                return 0
    raise StateError(f"{state} is damaged again and again: is its disk failing?")


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set, for the time of the block."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    names = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGBREAK"):  # Windows: a console that is closed
        names.append(signal.SIGBREAK)
    before = {number: signal.signal(number, note) for number in names}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Daemon:
    """One folder followed: hints in, passes out. Everything but the watcher runs in one thread."""

    pipeline: Pipeline
    state: Path
    stop: threading.Event
    hints: queue.SimpleQueue[RelPath | None] = field(default_factory=queue.SimpleQueue)
    jobs: Scheduler = field(default_factory=Scheduler)
    _settle: Settle = field(init=False)
    _watcher: Watcher | None = None
    _look_at_all: bool = True
    _behind_since: float | None = None
    _published: float = -1e9
    _problems: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set what follows from the settings."""
        wanted = self.settings.watch
        self._settle = Settle(wanted.quiet_s, wanted.quiet_max_s)
        self.jobs.every(max(1, wanted.full_scan_minutes)).minutes.do(self._want_all)
        self.jobs.every(5).seconds.do(self._check_watcher)
        self.jobs.every(5).seconds.do(self._want_due)
        self.jobs.every(6).hours.do(self.pipeline.purge)
        self.jobs.every(24).hours.do(self.pipeline.check).tag("check")

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.pipeline.settings

    def run(self) -> None:
        """Follow the folder until `stop` is set; raise Damaged where the state is not as it was written."""
        log.info("watching %s", self.pipeline.folder)
        self._check_watcher()  # first the watcher, then the first look: nothing falls between
        try:
            while not self.stop.is_set():
                busy = self._attempt("work", self._step)
                self._wait(0.0 if busy else _TICK_S)
        finally:
            if self._watcher:
                self._watcher.stop()
        log.info("stopped")

    def _step(self) -> bool:
        """Do what is due; True while there is more to read, or to merge."""
        self.jobs.run_pending()
        self._look()
        busy = self.pipeline.turn()
        self._remove_missing()
        self._answer()
        self._attempt("publish", self._publish_when_due)
        return busy or self.pipeline.tidy()

    def _attempt(self, area: str, step: Callable[[], bool]) -> bool:
        """Do `step`; a failure is logged and told by `status`, and the daemon goes on."""
        try:
            result = step()
        except Damaged:
            raise
        except IndexerError as error:
            self._note_problem(area, str(error))
        except Exception as error:
            # The daemon outlives its bugs: the other place where any failure ends, with its traceback in the log.
            log.exception("unexpected failure")
            self._note_problem(area, f"unexpected failure: {type(error).__name__}: {error}")
        else:
            self._note_problem(area, "")
            return result
        self.stop.wait(1.0)
        return False

    def _note_problem(self, area: str, text: str) -> None:
        if self._problems.get(area, "") == text:
            return
        self._problems[area] = text
        if text:
            log.error(text)
        try:
            with self.pipeline.catalogue.writing():
                self.pipeline.catalogue.remember(f"{area}_problems", text)
        except IndexerError as error:
            log.error(error)

    def _wait(self, seconds: float) -> None:
        """Wait for a hint, at most so long, and take in all there are."""
        try:
            self._take(self.hints.get(timeout=seconds) if seconds else self.hints.get_nowait())
            while True:
                self._take(self.hints.get_nowait())
        except queue.Empty:
            return

    def _take(self, hint: RelPath | None) -> None:
        if hint is None:
            self._look_at_all = True
        else:
            self._settle.mark(hint, time.monotonic())

    def _want_all(self) -> None:
        self._look_at_all = True

    def _want_due(self) -> None:
        with self.pipeline.catalogue.writing():
            self.pipeline.want_due()

    def _look(self) -> None:
        due = self._settle.due(time.monotonic())
        if not due and not self._look_at_all:
            return
        everything, self._look_at_all = self._look_at_all, False
        try:
            report = self.pipeline.look(None if everything else due, patient=True)
        except FolderUnreadable:
            self._look_at_all = True  # until it is back
            raise
        if report.added or report.changed or report.moved:
            log.info("%d new, %d changed, %d moved", report.added, report.changed, report.moved)

    def _remove_missing(self) -> None:
        held_before = self.pipeline.held_back
        removed = self.pipeline.remove_missing(self.settings.watch.removal_delay_s)
        if removed:
            log.info("%d removed", removed)
            self.pipeline.catch_up()
        if self.pipeline.held_back and not held_before:
            log.warning(self.pipeline.guard_message())

    def _publish_when_due(self) -> bool:
        now = time.monotonic()
        if not self.pipeline.page_is_behind:
            self._behind_since = None
            return False
        self._behind_since = now if self._behind_since is None else self._behind_since
        page = self.settings.page
        if now - self._behind_since >= page.quiet_s and now - self._published >= page.every_s:
            self._published = now
            delivery = self.pipeline.publish(Extent.DUE)
            self._behind_since = None
            if delivery:
                log.info("page written: %s", delivery.page)
        return False

    def _answer(self) -> None:
        if requests.is_asked_to(self.state, MENDING):
            self.pipeline.check()  # before they are taken: they wait for who begins anew
        for request, answer in requests.waiting(self.state):
            log.info("asked to %s %s", request.command, " ".join(request.arguments))
            try:
                answer(perform(self.pipeline, self.state, request, None, between=self._between))
            except Damaged as error:
                answer(Reply(2, err=str(error)))
                raise

    def _between(self) -> None:
        self._wait(0.0)
        self._look()

    def _check_watcher(self) -> None:
        """See that events arrive; begin anew where the folder was replaced or a thread ended."""
        if self._watcher and self._watcher.is_well():
            return
        if self._watcher:
            log.warning("the watcher lost the folder: beginning anew")
            self._watcher.stop()
            self._watcher = None
        wanted = self.settings.watch
        try:
            self._watcher = Watcher(
                self.pipeline.folder,
                self.hints.put,
                {"index.html", "_index", "indexer.html", "_indexer"} & {*own_names(self.pipeline.folder)},
                poll_s=wanted.poll_s if wanted.poll else None,
            )
            self._note_problem("watching", "")
        except UserError as error:
            self._note_problem("watching", str(error))
        self._look_at_all = True
