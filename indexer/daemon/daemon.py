"""Keeps passes coming: lock, watcher, settle, schedule, signals, and requests from other commands."""

from __future__ import annotations

import contextlib
import logging
import queue
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from schedule import Scheduler

from indexer.app import building
from indexer.app.commands import perform
from indexer.daemon.listening import Listener
from indexer.daemon.rounds import JUMP_S, POLL_SHARE, Clock, Rounds
from indexer.daemon.signals import stop_signals
from indexer.errors import Damaged, IndexerError, StateError
from indexer.folder.settle import Settle
from indexer.folder.watch import Hint, Sign
from indexer.model.items import RelPath, Stamp
from indexer.page.belonging import claimed_names, own_names
from indexer.page.pace import Extent, Pace
from indexer.pipeline import guard
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import Settings
from indexer.state import places, requests
from indexer.state.lock import beat, hold, read_holder
from indexer.state.requests import Reply

log = logging.getLogger("indexer")

MOST_DAMAGES, DAMAGES_S = 5, 3600.0
"""So many, each within so long after the one before, and the daemon gives up."""
MENDING = ("scan", "rebuild")
"""What searches tell people to do about damage."""
DAY_S = 24 * 3600.0
MOST_REST_S = 4.0
"""Hints wait at most so long after a look: what is gone is to be removed within 15 s."""
_TICK_S = 0.25
IDLE_S = 5.0
"""Where nothing is under way, all that may be due is looked through so often, or as often as is to be polled."""


def watch(folder: Path, settings: Settings) -> int:
    """Follow the folder until SIGINT or SIGTERM; return the exit code."""
    state = places.register(folder, settings)
    holder = read_holder(state)
    while holder and holder.command != "watch":  # a scan at work ends by itself
        time.sleep(0.2)
        holder = read_holder(state)
    with stop_signals() as stop, hold(state, "watch"):
        requests.clear(state)
        damages = 0
        while damages < MOST_DAMAGES:
            began = time.monotonic()
            try:
                with building.open_pipeline(folder, settings) as pipeline:
                    Daemon(pipeline, state, stop).run()
            except Damaged as error:  # what is opened anew heals itself
                log.error("%s", error)
                damages = damages + 1 if time.monotonic() - began < DAMAGES_S else 1
            else:
                return 0
    raise StateError(f"{state} is damaged again and again: is its disk failing?")


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
    _polls_again: float = float("-inf")
    """Then parts of the folder of which nothing is told are looked at."""
    _judges_again: float = float("inf")
    """Then what is held back is judged once more: what was removed shortly before counts for a while."""
    _items: int = 0
    _has_looked: bool = True
    """Whether there was a look since it was last said what is removed."""
    _is_page_spoilt: bool = False
    """Whether somebody deleted or changed our page."""
    _pace: Pace = field(init=False)
    _checked_at: float = field(default_factory=time.time)
    """When all of the state was checked: as it was opened, to begin with."""

    def __post_init__(self) -> None:
        """Set what follows from the settings."""
        watch = self.settings.watch
        self._settle = Settle(watch.quiet_s, watch.quiet_max_s, tells_closing=sys.platform == "linux")
        self._rounds = Rounds(watch.full_scan_minutes)
        self._pace = Pace(self.settings.page.quiet_s, self.settings.page.every_s)
        self._ears = Listener(self.pipeline.folder, watch, self.hints.put, self._own_names)
        self._plan_jobs()

    def _own_names(self) -> Collection[str]:
        """Return the names at the top of the folder that are our page, or will be."""
        folder = self.pipeline.folder
        return claimed_names(folder) if self.settings.page.enabled else own_names(folder)

    def _plan_jobs(self) -> None:
        self.jobs.clear()
        for name, seconds, job in (
            ("listening", 5, self._listen),
            ("page there", 5, self._mind_page),
            ("page whole", 60, partial(self._mind_page, thoroughly=True)),
            ("retrying", 5, self.pipeline.want_due),
            ("closed doors", 30, self._look_behind_closed_doors),
            ("sign of life", 30, partial(beat, self.state)),
            ("control", 3600, self._control),
            ("purge", 3600, self.pipeline.purge),
            ("check", 600, self._check_daily),
        ):
            self.jobs.every(seconds).seconds.do(self._attempt, name, partial(_done, job)).tag(name)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.pipeline.settings

    def run(self) -> None:
        """Follow the folder until `stop` is set; raise Damaged where the state is not as it was written."""
        log.info("watching %s", self.pipeline.folder)
        self._attempt("beginning", partial(_done, self.pipeline.catalogue.clear_problems_of_daemon))
        # Before the first look, so that nothing falls between.
        self._attempt("listening", partial(_done, self._listen))
        try:
            while not self.stop.is_set():
                if not self._step():
                    self._attempt("rest", partial(_done, self._rest))
        finally:
            self._ears.stop()
        log.info("stopped")

    def _step(self) -> bool:
        """Do what is due; True while there is more to read, or to merge."""
        self._mind_the_clock()
        self.jobs.run_pending()
        self._wait(0.0)
        self._attempt("looking", self._look)
        busy = self._attempt("work", self.pipeline.turn)
        self._attempt("removing", partial(_done, self._remove_missing))
        self._attempt("answering", partial(_done, self._answer))
        self._attempt("publish", self._publish_when_due)
        return busy or self._attempt("tidying", self.pipeline.tidy)

    def _attempt(self, area: str, step: Callable[[], bool | None]) -> bool:
        """Do `step`; a failure is logged and told by `status` until it is done (None: it is not), and the daemon goes on."""
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
            if result is not None:
                self._note_problem(area, "")
            return bool(result)
        self.stop.wait(1.0)
        return False

    def _note_problem(self, area: str, text: str) -> None:
        """Have `status` tell of it: commands that we did for others may have noted something else since."""
        key = f"daemon_{area}_problems"
        try:
            if self.pipeline.catalogue.fact(key) == text:
                return
            if text:
                log.error(text)
            with self.pipeline.catalogue.writing():
                self.pipeline.catalogue.remember(key, text)
        except Damaged:
            raise
        except IndexerError as error:
            log.error(error)

    # --- waiting ----------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Wait for a hint or a request; where nothing is under way, for longer."""
        line = self.pipeline
        will_publish = line.page_is_behind and not line.is_suspended
        will_remove = line.catalogue.has_missing() and not line.held_back
        quiet = not will_publish and not will_remove
        until = time.monotonic() + (min(IDLE_S, self.settings.watch.poll_s) if quiet else _TICK_S)
        while time.monotonic() < until and not self.stop.is_set():
            due = self._settle.next_due(time.monotonic())
            began = time.monotonic()
            if due is not None:
                due = max(due, self._rests_until - began, 0.01)
            heard = self._wait(_TICK_S if due is None else min(due, _TICK_S))
            if time.monotonic() - began > JUMP_S:
                log.info("the machine slept: looking at everything")
                self._rounds.want()
            if heard or (due is not None and due <= _TICK_S) or requests.are_waiting(self.state):
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

    def _look(self) -> bool | None:
        """Look where it is time to; None unless that was everywhere, which alone shows that all is well."""
        now = time.monotonic()
        if self._rounds.is_due(now, self._ears.poll_s):
            self._look_at_everything()
            return False
        silent = self._ears.silent_places
        if silent and now >= self._polls_again:
            self._look_at(silent, deep=True)
            ended = time.monotonic()
            self._polls_again = ended + max(self.settings.watch.poll_s, POLL_SHARE * (ended - now))
        if now >= self._rests_until and (due := self._settle.due(now)):
            self._look_at(due)
        return None

    def _look_at_everything(self) -> None:
        self._rounds.begin()
        began = time.monotonic()
        try:
            self._look_at(None)
        finally:
            now = time.monotonic()
            self._rounds.end(now, now - began, self._items)
        self._items = self.pipeline.catalogue.count_live()

    def _look_at(self, directories: list[RelPath] | None, *, deep: bool = False) -> None:
        began = time.monotonic()
        try:
            report = self.pipeline.look(directories, deep=deep, patient=True, put_off=self._put_off)
        except Exception:
            self._rounds.want()  # what was hinted at is not forgotten
            raise
        if directories is not None:  # how often everything is looked at is bounded by itself
            now = time.monotonic()
            self._rests_until = now + min(MOST_REST_S, 3 * (now - began))
        self._has_looked = True
        if report.added or report.changed or report.moved:
            log.info("%d new, %d changed, %d moved", report.added, report.changed, report.moved)
        if directories is None or deep:
            self._note_unreadable(report.unreadable, directories)
        elif not report.unreadable <= self._unreadable:
            self._rounds.want()

    def _put_off(
        self, files: Mapping[RelPath, Stamp], looked_at: Collection[RelPath] | None
    ) -> Collection[RelPath]:
        return self._settle.put_off(files, time.monotonic(), time.time_ns(), looked_at)

    def _note_unreadable(self, unreadable: frozenset[RelPath], looked_at: list[RelPath] | None) -> None:
        """Remember what can't be read; what can be read again was not watched meanwhile."""
        healed = {
            path
            for path in self._unreadable - unreadable
            if looked_at is None or any(f"{path}/".startswith(f"{place}/") for place in looked_at)
        }
        self._unreadable = (self._unreadable - healed) | unreadable
        if healed:
            self._ears.listen()
            self._rounds.want()

    def _control(self) -> None:
        self._ears.try_again()
        self.pipeline.control([mount.path for mount in self._ears.mounts if mount.stamps_may_lie])

    def _check_daily(self) -> None:
        """Check all of the state where that was a day ago: by the time of day, which goes on while the machine sleeps."""
        if not 0 <= time.time() - self._checked_at < DAY_S:
            self.pipeline.check()
            self._checked_at = time.time()

    def _look_behind_closed_doors(self) -> None:
        if self._unreadable:
            self._look_at(sorted(self._unreadable), deep=True)

    def _remove_missing(self) -> None:
        held_before, now = self.pipeline.held_back, time.monotonic()
        if held_before and not self._has_looked and now < self._judges_again:
            return  # nothing is known that could change that
        has_looked, self._judges_again = self._has_looked, float("inf")
        away_s = self.settings.watch.removal_delay_s
        if due := self.pipeline.directories_of_missing(away_s):  # it may be back, or not be readable, since
            self._look_at(sorted(due))
        self._has_looked = False
        removed = self.pipeline.remove_missing(away_s)
        if removed:
            log.info("%d removed", removed)
            self.pipeline.catch_up()
        if self.pipeline.held_back and (has_looked or not held_before):
            self._judges_again = now + guard.AT_ONCE.total_seconds() + 1
        if self.pipeline.held_back and not held_before:
            log.warning(self.pipeline.guard_message())

    # --- telling ----------------------------------------------------------------------------------

    def _publish_when_due(self) -> bool | None:
        """Publish if it is time; None where there is something to publish, and it is not."""
        now, line = time.monotonic(), self.pipeline
        is_spoilt, self._is_page_spoilt = self._is_page_spoilt and not line.is_suspended, False
        is_behind = line.page_is_behind and not line.is_suspended
        if not (is_due := self._pace.is_due(now, is_behind=is_behind, is_spoilt=is_spoilt)):
            return is_due
        delivery = line.publish(Extent.WHOLE if is_spoilt else Extent.DUE, is_asked=False)
        if delivery:
            log.info("page written: %s", delivery.page)
            if delivery.is_repaired:
                log.warning("files of the page had been changed or deleted by somebody else")
            self._ears.expect_own(now, wrote=bool(delivery.files))
        return False

    def _mind_page(self, *, thoroughly: bool = False) -> None:
        line = self.pipeline
        self._is_page_spoilt |= line.page_is_damaged() if thoroughly else line.page_is_missing

    def _answer(self) -> None:
        if requests.is_asked_to(self.state, MENDING):
            self.pipeline.check()  # before they are taken: they wait for who begins anew
        for request, answer in requests.waiting(self.state):
            log.info("asked to %s %s", request.command, " ".join(request.arguments))
            try:
                answer(perform(self.pipeline, self.state, request, None, between=self._between))
            except _Stopped:
                return  # who asked does it without us
            except Damaged as error:
                answer(Reply(2, err=str(error)))
                raise
            except Exception as error:
                answer(Reply(2, err=f"unexpected failure: {error}"))
                raise

    def _between(self) -> None:
        """Do what can't wait until a request is done; raise _Stopped where that is not to be waited for."""
        if self.stop.is_set():
            raise _Stopped
        self.jobs.run_pending()
        self._wait(0.0)
        self._look()
        self._attempt("removing", partial(_done, self._remove_missing))
        self._attempt("publish", self._publish_when_due)


class _Stopped(Exception):
    """The daemon is to end while it works for somebody."""


def _done(step: Callable[[], object]) -> bool:
    """Do what says nothing, and say that it is done and no more is left."""
    step()
    return False
