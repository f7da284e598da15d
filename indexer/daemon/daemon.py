"""How is one folder followed? Hints lead to passes; then come jobs, removals, the page, and requests of commands."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from indexer.app.commands import perform
from indexer.app.keeping import purge
from indexer.clock import Clock
from indexer.daemon.jobs import Job, Outcome, Schedule, Step, Weekday, done, until_none_is_left
from indexer.daemon.listening import Listener
from indexer.daemon.looking import Looker
from indexer.daemon.removing import Remover
from indexer.daemon.rounds import JUMP_S, Jumps
from indexer.daemon.telling import WeekTeller
from indexer.errors import Damaged, IndexerError
from indexer.folder.settle import DONE_S
from indexer.folder.watch import Hint
from indexer.page.belonging import claimed_names, own_names
from indexer.page.pace import Extent, Pace
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import Settings
from indexer.state import requests
from indexer.state.lock import beat
from indexer.state.requests import Reply

MENDING = ("scan", "rebuild")
"""What searches tell people to do about damage."""
DAY_S = 24 * 3600
TICK_S, MOMENT_S = 0.25, 0.01
"""Seconds between two looks for requests while the daemon waits, and between two steps without work."""
IDLE_S = 5.0
"""Seconds between two steps if nothing is under way, unless polling needs one earlier."""
WORK_S = 2.0
"""Seconds between two turns that end early for the sake of what somebody saved: each costs a commit."""
PAUSE_S = 1.0
"""Seconds that the daemon pauses after a failure."""


@dataclass(slots=True)
class Daemon:
    """One folder followed. Everything but the watcher runs in the thread that steps it, and nothing is the process's.

    `run` follows the folder until `stop` is set. Whoever follows several in one thread opens each by `with`, and calls
    `step` of one whenever its `next_due` is 0.
    """

    pipeline: Pipeline
    state: Path
    stop: threading.Event
    hints: queue.SimpleQueue[Hint] = field(default_factory=queue.SimpleQueue)
    log: logging.LoggerAdapter[logging.Logger] = field(init=False)
    """Adds the folder (`folder`) to each line, for processes that follow several."""
    schedule: Schedule = field(init=False)
    _jumps: Jumps = field(default_factory=Jumps)
    _ears: Listener = field(init=False)
    _looker: Looker = field(init=False)
    _remover: Remover = field(init=False)
    _pace: Pace = field(init=False)
    _is_page_spoilt: bool = False
    """Whether somebody deleted or changed our page."""
    _has_more: bool = True
    """Whether the last step left something to read, or to merge."""
    _idles_until: float = float("-inf")
    """When the next step is due even without a hint."""
    _works_until: float = float("-inf")
    """Until then, no turn ends early."""
    _pauses_until: float = float("-inf")
    """After a failure: no step is due before this time."""

    def __post_init__(self) -> None:
        """Apply the settings."""
        line, page = self.pipeline, self.settings.page
        self.log = logging.LoggerAdapter(logging.getLogger("indexer"), {"folder": str(line.folder)})
        self._pace = Pace(page.quiet_s, page.every_s)
        self._ears = Listener(
            line.folder, self.settings.watch, self.hints.put, self._own_names, self.clock, self.log
        )
        self._looker = Looker(line, self._ears, self.hints, self.log)
        self._remover = Remover(line, self._looker, self.log)
        jobs = (
            Job("listening", done(self._listen), every_s=5),
            Job("page there", done(self._mind_page), every_s=5),
            Job("page whole", done(partial(self._mind_page, thoroughly=True)), every_s=60),
            Job("retrying", done(line.want_due), every_s=5),
            Job("closed doors", done(self._looker.look_behind_closed_doors), every_s=30),
            Job("sign of life", done(partial(beat, self.state)), every_s=30),
            Job("control", done(self._control), every_s=3600),
            Job("purge", done(partial(purge, line, self.state)), every_s=3600),
            Job("check", done(line.check), every_s=DAY_S),  # opening it has checked it
            *self._jobs_of_weeks(),
        )
        self.schedule = Schedule(jobs, self._attempt, self.clock)

    def _jobs_of_weeks(self) -> Iterator[Job]:
        team, teller = self.settings.team, WeekTeller(self.pipeline)
        if team.digest:
            yield Job("digest", done(teller.tell), at=team.digest_at, on=cast("Weekday", team.digest_day))
            yield Job("missed digest", done(teller.tell), every_s=600)
        if team.send:
            yield Job("sending", done(teller.send), every_s=60)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.pipeline.settings

    @property
    def clock(self) -> Clock:
        """The folder's clock."""
        return self.pipeline.clock

    def run(self) -> None:
        """Follow the folder until `stop` is set; raise Damaged if the state is not as written."""
        with self:
            while not self.stop.is_set():
                self.step()
                self._attempt("rest", done(self.rest))

    def __enter__(self) -> Self:
        """Begin to listen, before the first look, so that no change is missed in between."""
        self.log.info("watching %s", self.pipeline.folder)
        self._attempt("beginning", done(self.pipeline.catalogue.problems.clear_of_daemon))
        self._attempt("listening", done(self._listen))
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        """Stop listening."""
        self._ears.stop()
        if error is None:
            self.log.info("stopped")

    def step(self) -> Outcome:
        """Do what is due; MORE while there is more to read, or to merge. Raise Damaged as `run` does."""
        self._mind_jumps()
        self.schedule.run_pending()
        self._hear(self._soon())
        self._attempt("looking", self._looker.look)
        outcome = self._attempt("work", until_none_is_left(self._turn))
        self._attempt("links", done(self.pipeline.check_links))
        self._attempt("removing", done(self._remover.remove_missing))
        self._attempt("answering", done(self._answer))
        self._attempt("publish", self._publish_when_due)
        if outcome is not Outcome.MORE:
            outcome = self._attempt("tidying", until_none_is_left(self.pipeline.tidy))
        self._has_more = outcome is Outcome.MORE
        self._attempt("idling", done(self._plan_idling))
        return outcome

    def _turn(self) -> bool:
        return self.pipeline.turn(calls=self._is_look_due)

    def _soon(self) -> float:
        """Return the seconds until the next look, if it isn't worth beginning anything before it; else 0."""
        self._looker.take_waiting()
        due = self._looker.next_due(self.clock.monotonic())
        return due if due <= DONE_S else 0.0

    def _is_look_due(self) -> bool:
        """Tell whether a turn should end because somebody saved something."""
        self._looker.take_waiting()
        now = self.clock.monotonic()
        if now < self._works_until or self._looker.next_due(now) > DONE_S:
            return False
        self._works_until = now + WORK_S
        return True

    def next_due(self) -> float:
        """Return the seconds until a step is due; a hint or request in the meantime makes it 0."""
        now = self.clock.monotonic()
        due = 0.0
        if not (self._has_more or not self.hints.empty() or requests.are_waiting(self.state)):
            due = min(self._idles_until - now, self._looker.next_due(now))
        return max(0.0, due, self._pauses_until - now)

    def rest(self) -> None:
        """Wait until a step is due, or the daemon is to stop."""
        self._pause()
        if self._has_more:
            return
        due, heard = self.next_due(), False
        while not heard:
            began = self.clock.monotonic()
            heard = self._hear(max(MOMENT_S, min(due, TICK_S)))
            if self.clock.monotonic() - began > JUMP_S:
                self.log.info("the machine slept: looking at everything")
                self._looker.want_everything()
            due = self.next_due()
            heard = heard or due == 0 or self.stop.is_set()

    def _attempt(self, area: str, step: Step) -> Outcome:
        """Do `step`; `status` shows a failure until the step succeeds, and the daemon goes on."""
        try:
            outcome = step()
        except Damaged:
            raise
        except IndexerError as error:
            self._note_problem(area, str(error))
        except Exception as error:
            # The daemon outlives its bugs: any failure ends here, with its traceback in the log.
            self.log.exception("unexpected failure")
            self._note_problem(area, f"unexpected failure: {type(error).__name__}: {error}")
        else:
            if outcome is not Outcome.WAITS:
                self._note_problem(area, "")
            return outcome
        self._pauses_until = self.clock.monotonic() + PAUSE_S
        return Outcome.WAITS

    def _note_problem(self, area: str, text: str) -> None:
        """Have `status` show it again: commands done for others may have noted something else since."""
        problems = self.pipeline.catalogue.problems
        try:
            if problems.are_told(area, [text], of_daemon=True):
                return
            if text:
                self.log.error(text)
            with self.pipeline.catalogue.writing():
                problems.tell(area, [text], of_daemon=True)
        except Damaged:
            raise
        except IndexerError as error:
            self.log.error(error)

    # --- waiting ----------------------------------------------------------------------------------

    def _plan_idling(self) -> None:
        """Set the time of the next step: a later one if nothing is under way."""
        line = self.pipeline
        will_publish = line.page_is_behind and not line.is_suspended
        will_remove = line.catalogue.files.has_missing() and not line.held_back
        is_quiet = not will_publish and not will_remove and not line.links.is_busy
        idle_s = min(IDLE_S, self.settings.watch.poll_s) if is_quiet else TICK_S
        self._idles_until = self.clock.monotonic() + idle_s

    def _pause(self) -> None:
        """After a failure, pause before anything else is done."""
        if (left_s := self._pauses_until - self.clock.monotonic()) > 0:
            self.clock.wait(self.stop.wait, left_s)

    def _hear(self, seconds: float) -> bool:
        """Wait for a hint, up to a timeout, and take in all there are; tell whether one came in that time."""
        heard = seconds > 0 and self.clock.wait(self._take_one, seconds)
        self._looker.take_waiting()
        return heard

    def _take_one(self, seconds: float) -> bool:
        try:
            self._looker.take(self.hints.get(timeout=seconds))
        except queue.Empty:
            return False
        return True

    def _mind_jumps(self) -> None:
        """If time jumped, scan everything, and plan again what was planned for times of day."""
        if self._jumps.has_jumped(self.clock.monotonic(), self.clock.local()):
            self.log.info("the clock jumped: looking at everything")
            self._looker.want_everything()
            self.schedule.replan()

    # --- listening --------------------------------------------------------------------------------

    def _own_names(self) -> Collection[str]:
        """Return the names at the top of the folder that are our page, or will be."""
        folder = self.pipeline.folder
        return claimed_names(folder) if self.settings.page.enabled else own_names(folder)

    def _listen(self) -> None:
        """Check that events arrive."""
        if self._ears.check():
            self._looker.want_everything()
        self._note_problem("watching", self._ears.problem)

    def _control(self) -> None:
        self._ears.try_again()
        self.pipeline.control([mount.path for mount in self._ears.mounts if mount.stamps_may_lie])

    # --- the page and requests --------------------------------------------------------------------

    def _publish_when_due(self) -> Outcome:
        """Publish if it is time; WAITS if there is something to publish, but it is not time."""
        now, line = self.clock.monotonic(), self.pipeline
        is_spoilt, self._is_page_spoilt = self._is_page_spoilt and not line.is_suspended, False
        is_behind = line.page_is_behind and not line.is_suspended
        if not self._pace.is_due(now, is_behind=is_behind, is_spoilt=is_spoilt, is_busy=line.is_busy):
            return Outcome.WAITS if is_behind else Outcome.DONE
        due = Extent.PART if line.is_busy else Extent.DUE
        delivery = line.publish(Extent.WHOLE if is_spoilt else due, is_asked=False)
        self._pace.note(self.clock.monotonic() - now)
        if delivery:
            self.log.info("page written: %s", delivery.page)
            if delivery.is_repaired:
                self.log.warning("files of the page had been changed or deleted by somebody else")
            self._ears.expect_own(now, wrote=bool(delivery.files))
        return Outcome.DONE

    def _mind_page(self, *, thoroughly: bool = False) -> None:
        line = self.pipeline
        self._is_page_spoilt |= line.page_is_damaged() if thoroughly else line.page_is_missing

    def _answer(self) -> None:
        if requests.is_asked_to(self.state, MENDING):
            self.pipeline.check()  # before they are taken: they stay for the next daemon
        for request, answer in requests.waiting(self.state):
            self.log.info("asked to %s %s", request.command, " ".join(request.arguments))
            try:
                answer(perform(self.pipeline, self.state, request, None, between=self._between))
            except _Stopped:
                return  # the command that asked does it itself
            except Damaged as error:
                answer(Reply(2, err=str(error)))
                raise
            except Exception as error:
                answer(Reply(2, err=f"unexpected failure: {error}"))
                raise

    def _between(self) -> None:
        """Do what can't wait until a request is done; raise _Stopped if the daemon must stop now."""
        if self.stop.is_set():
            raise _Stopped
        self.schedule.run_pending()
        self._hear(0.0)
        self._looker.look()
        self._attempt("removing", done(self._remover.remove_missing))
        self._attempt("publish", self._publish_when_due)
        self._pause()


class _Stopped(Exception):
    """The daemon must stop while it carries out a request."""
