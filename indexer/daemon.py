"""Keeps passes coming: lock, watcher, settle, schedule, signals, and requests from other commands."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from schedule import Scheduler

from indexer import app, places, requests
from indexer.errors import AlreadyWatched, Damaged, IndexerError, StateError
from indexer.folder.settle import Settle
from indexer.folder.watch import Hint, Sign
from indexer.listening import Listener
from indexer.lock import beat, hold, read_holder
from indexer.model import RelPath, Stamp
from indexer.page import Extent, claimed_names, own_names
from indexer.pipeline import Pipeline
from indexer.requests import Reply, Request
from indexer.rounds import JUMP_S, Clock, Rounds
from indexer.settings import Settings
from indexer.work import Progress, perform

__all__ = ["Progress", "Reply", "Request", "run_command", "watch"]

log = logging.getLogger("indexer")

MOST_DAMAGES = 5
MENDING = ("scan", "rebuild")
"""What searches tell people to do about damage."""
_TICK_S = 0.25
IDLE_S = 5.0
"""Where nothing is under way, all that may be due is looked through so often."""
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
    hints: queue.SimpleQueue[Hint] = field(default_factory=queue.SimpleQueue)
    jobs: Scheduler = field(default_factory=Scheduler)
    _settle: Settle = field(init=False)
    _rounds: Rounds = field(init=False)
    _clock: Clock = field(default_factory=Clock)
    _ears: Listener = field(init=False)
    _unreadable: frozenset[RelPath] = frozenset()
    _rests_until: float = 0.0
    """Hints wait so long after a look that took its time."""
    _has_looked: bool = True
    """Whether there was a look since it was last said what is removed."""
    _polled: float = float("-inf")
    _behind_since: float | None = None
    _published: float = float("-inf")
    _problems: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set what follows from the settings."""
        wanted = self.settings.watch
        self._settle = Settle(wanted.quiet_s, wanted.quiet_max_s, tells_closing=sys.platform == "linux")
        self._rounds = Rounds(wanted.full_scan_minutes)
        self._ears = Listener(self.pipeline.folder, wanted, self.hints.put, self._own_names)
        self._plan_jobs()

    def _own_names(self) -> Collection[str]:
        """Return the names at the top of the folder that are our page, or will be."""
        folder = self.pipeline.folder
        return claimed_names(folder) if self.settings.page.enabled else own_names(folder)

    def _plan_jobs(self) -> None:
        self.jobs.clear()
        self.jobs.every(5).seconds.do(self._listen)
        self.jobs.every(5).seconds.do(self._want_due)
        self.jobs.every(30).seconds.do(self._look_behind_closed_doors)
        self.jobs.every(30).seconds.do(beat, self.state)
        self.jobs.every(1).hours.do(self._control)
        self.jobs.every(6).hours.do(self.pipeline.purge)
        self.jobs.every(24).hours.do(self.pipeline.check).tag("check")

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.pipeline.settings

    def run(self) -> None:
        """Follow the folder until `stop` is set; raise Damaged where the state is not as it was written."""
        log.info("watching %s", self.pipeline.folder)
        self._listen()  # first the watcher, then the first look: nothing falls between
        try:
            while not self.stop.is_set():
                busy = self._attempt("work", self._step)
                if not busy:
                    self._rest()
        finally:
            self._ears.stop()
        log.info("stopped")

    def _step(self) -> bool:
        """Do what is due; True while there is more to read, or to merge."""
        self._mind_the_clock()
        self.jobs.run_pending()
        self._wait(0.0)
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
        if self._problems.get(area) == text:
            return
        if text:
            log.error(text)
        try:
            with self.pipeline.catalogue.writing():
                self.pipeline.catalogue.remember(f"{area}_problems", text)
        except IndexerError as error:
            log.error(error)
        else:
            self._problems[area] = text

    # --- waiting ----------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Wait for a hint or a request; where nothing is under way, for longer."""
        line = self.pipeline
        will_publish = line.page_is_behind and not line.is_suspended
        will_remove = line.catalogue.has_missing() and not line.held_back
        quiet = not will_publish and not will_remove
        until = time.monotonic() + (IDLE_S if quiet else _TICK_S)
        while time.monotonic() < until and not self.stop.is_set():
            due = self._settle.next_due(time.monotonic())
            began = time.monotonic()
            heard = self._wait(_TICK_S if due is None else min(max(due, 0.01), _TICK_S))
            if time.monotonic() - began > JUMP_S:
                log.info("the machine slept: looking at everything")
                self._rounds.want()
            if heard or due is not None or requests.are_waiting(self.state):
                return

    def _wait(self, seconds: float) -> bool:
        """Wait for a hint, at most so long, and take in all there are; tell whether there was one."""
        try:
            self._take(self.hints.get(timeout=seconds) if seconds else self.hints.get_nowait())
        except queue.Empty:
            return False
        with contextlib.suppress(queue.Empty):
            while True:
                self._take(self.hints.get_nowait())
        return True

    def _take(self, hint: Hint) -> None:
        now = time.monotonic()
        if hint.sign is Sign.CHANGED:
            self._settle.mark(hint.path, now)
        elif hint.sign is Sign.WRITING:
            self._settle.write(hint.path, now)
        elif hint.sign is Sign.DONE:
            self._settle.close(hint.path, now, hint.origin)
        else:
            self._rounds.want()

    def _mind_the_clock(self) -> None:
        """Where time jumped, look at everything, and plan anew what was planned for times of day."""
        local_s = time.time() + time.localtime().tm_gmtoff
        if self._clock.has_jumped(time.monotonic(), local_s):
            log.info("the clock jumped: looking at everything")
            self._rounds.want()
            self._plan_jobs()

    # --- looking ----------------------------------------------------------------------------------

    def _listen(self) -> None:
        """See that events arrive."""
        if self._ears.check():
            self._rounds.want()
        self._note_problem("watching", self._ears.problem)

    def _want_due(self) -> None:
        with self.pipeline.catalogue.writing():
            self.pipeline.want_due()

    def _look(self) -> None:
        now = time.monotonic()
        if self._rounds.is_due(now, self._ears.poll_s):
            self._look_at_everything()
            return
        silent = self._ears.silent_places
        if silent and now - self._polled >= max(self.settings.watch.poll_s, self._rests_until - now):
            self._look_at(silent, deep=True)
            self._polled = time.monotonic()
        if now >= self._rests_until and (due := self._settle.due(now)):
            self._look_at(due)

    def _look_at_everything(self) -> None:
        self._rounds.begin()
        began = time.monotonic()
        self._look_at(None)
        now = time.monotonic()
        self._rounds.end(now, now - began, self.pipeline.catalogue.count_live())

    def _look_at(self, directories: list[RelPath] | None, *, deep: bool = False) -> None:
        began = time.monotonic()
        try:
            report = self.pipeline.look(directories, deep=deep, patient=True, put_off=self._put_off)
        except IndexerError:
            self._rounds.want()  # what was hinted at is not forgotten
            raise
        self._rests_until = time.monotonic() + 3 * (time.monotonic() - began)
        self._has_looked = True
        if report.added or report.changed or report.moved:
            log.info("%d new, %d changed, %d moved", report.added, report.changed, report.moved)
        if directories is None or deep:
            self._note_unreadable(report.unreadable, deep=deep)
        elif not report.unreadable <= self._unreadable:
            self._rounds.want()

    def _put_off(
        self, files: Mapping[RelPath, Stamp], looked_at: Collection[RelPath] | None
    ) -> Collection[RelPath]:
        return self._settle.put_off(files, time.monotonic(), time.time_ns(), looked_at)

    def _note_unreadable(self, unreadable: frozenset[RelPath], *, deep: bool) -> None:
        """Remember what can't be read; what can be read again was not watched meanwhile."""
        healed = self._unreadable - unreadable
        self._unreadable = unreadable
        if healed:
            self._ears.listen()
            if deep:
                self._rounds.want()

    def _control(self) -> None:
        self.pipeline.control([mount.path for mount in self._ears.mounts if mount.stamps_may_lie])

    def _look_behind_closed_doors(self) -> None:
        if self._unreadable:
            self._look_at(sorted(self._unreadable), deep=True)

    def _remove_missing(self) -> None:
        held_before = self.pipeline.held_back
        if held_before and not self._has_looked:
            return  # nothing is known that could change that
        self._has_looked = False
        removed = self.pipeline.remove_missing(self.settings.watch.removal_delay_s)
        if removed:
            log.info("%d removed", removed)
            self.pipeline.catch_up()
        if self.pipeline.held_back and not held_before:
            log.warning(self.pipeline.guard_message())

    # --- telling ----------------------------------------------------------------------------------

    def _publish_when_due(self) -> bool:
        now = time.monotonic()
        if not self.pipeline.page_is_behind or self.pipeline.is_suspended:
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
                self._ears.expect_own(now, wrote=bool(delivery.files))
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
        beat(self.state)
        self._wait(0.0)
        self._look()
