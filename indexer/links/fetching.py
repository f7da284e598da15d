"""What happens inside the fetching process? A few threads take requests whose turn it is; all else waits without cost."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from indexer.links.addresses import Address, Allowed, Refused
from indexer.links.checking import Checked, Checker, Steps
from indexer.links.confinement import confine
from indexer.links.hosts import Hosts
from indexer.links.limits import Limits
from indexer.links.messages import ALIVE, OFFLINE, Request, pack_outcome, unpack_request
from indexer.links.network import Network
from indexer.links.reach import Reach
from indexer.links.replies import Ask, Reply, Trouble
from indexer.links.robots import Robots
from indexer.links.spool import keep_body, keep_outcome
from indexer.links.wishes import FILE, Wish, Wishes
from indexer.model.links import Answer, Outcome

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as _Pipe
else:
    _Pipe = Connection

_OFFLINE_S, _UNSURE_S, _CRASHED_S = 300.0, 3600.0, 3600.0
"""Seconds until a link is worth another try: offline, if nobody else could be asked, after a fault of ours."""
_RESTS = "the host asks to come back later"
_FULL_S = 0.5
"""Seconds between looks at a spool that is full."""
MOST_WAIT_S = 3600.0
"""No wait is longer, whatever a setting or a host says."""


def main(given: dict[str, Any], **replaced: Any) -> None:
    """Carry out the checks that come through a pipe until it closes; write bodies into the spool directory only.

    `given`: `pipe` (descriptor or handle). The first message through it has the rest: `spool`, `agent`, `allow_hosts`,
    `pause_s`, `limits`. `replaced`: `resolve` and `backend` of the network, for tests.
    """
    pipe = _Pipe(given["pipe"])
    with contextlib.suppress(EOFError, OSError):
        told = json.loads(pipe.recv_bytes())
        limits = Limits(*told["limits"])
        _settle_in(limits)
        confine(Path(told["spool"]))
        network = Network(told["agent"], Allowed(told["allow_hosts"]), limits, **replaced)
        Fetching(pipe, Path(told["spool"]), network, told["pause_s"]).run()
    os._exit(0)  # threads may be in the middle of a request that nobody waits for


def _settle_in(limits: Limits) -> None:
    os.umask(0o077)
    for name in (
        "SIGINT",
        "SIGBREAK",
    ):  # a console sends Ctrl-C to all its processes: the pipe tells when to end
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    threading.stack_size(1 << 20)
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.body, limits.body))


@dataclass(slots=True, eq=False)
class _Job:
    """A check on its way."""

    key: str
    steps: Steps[Checked]
    ask: Ask | None = None
    """The request that is to be made next; None: it has not begun."""


class Fetching:
    """The checks, the hosts they wait for, and the threads that make requests."""

    def __init__(self, pipe: Connection, spool: Path, network: Network, pause_s: float) -> None:
        self._pipe, self._spool, self._network, self._pause_s = pipe, spool, network, pause_s
        self._limits = network.limits
        self._wishes = Wishes(spool / FILE, time.time(), self._limits.body)
        self._robots = Robots(lambda site, rules, until: self._wishes.note(Wish(site, until, rules)))
        self._checker = Checker(network.allowed, network.limits, self._robots)
        # The process before this one may just have asked.
        pause_left_s = max(0.0, min(pause_s, MOST_WAIT_S) - self._wishes.idle_s)
        self._hosts: Hosts[_Job] = Hosts(earliest=time.monotonic() + pause_left_s)
        self._respect(self._wishes.known)
        self._reach: Reach[tuple[str, Checked]] = Reach()
        self._turn = threading.Condition()
        """Guards hosts and reach; notified if a turn may have come."""
        self._sending = threading.Lock()

    def _respect(self, wishes: list[Wish]) -> None:
        """Heed what hosts asked of earlier processes."""
        passed = time.time() - time.monotonic()
        for wish in wishes:
            if wish.rules is None:
                self._hosts.rest(wish.of, wish.until - passed)
            else:
                self._robots.keep_until(wish.of, wish.rules, wish.until)

    def run(self) -> None:
        """Take in requests until the pipe closes."""
        for work in (*[self._work] * self._limits.hosts_at_once, self._live):
            threading.Thread(target=work, daemon=True).start()
        while True:
            self.submit(*unpack_request(self._pipe.recv_bytes()))

    def submit(self, key: str, request: Request) -> None:
        """Take in a check."""
        try:
            host = self._checker.host_of(request.url)
        except Refused as refused:
            self._send(key, Checked(Outcome(Answer.REFUSED, detail=str(refused))))
            return
        with self._turn:
            rests_s = self._hosts.rests_s(host, time.monotonic())
            if not rests_s:
                self._hosts.add(host, _Job(key, self._checker.check(request)))
                self._turn.notify()
        if rests_s:
            self._send(key, _later(rests_s, _RESTS))

    def _live(self) -> None:
        """Say that this process lives, for as long as it does."""
        with contextlib.suppress(OSError):
            while True:
                time.sleep(self._limits.silent_s / 8)
                with self._sending:
                    self._pipe.send_bytes(ALIVE)

    def _work(self) -> None:
        """Make the requests whose turn it is, one at a time."""
        with contextlib.suppress(OSError):  # nobody listens any more
            while True:
                with self._turn:
                    while (taken := self._hosts.take(time.monotonic())) is None:
                        wait_s = self._hosts.wait_s(time.monotonic())
                        self._turn.wait(MOST_WAIT_S if wait_s is None else min(wait_s, MOST_WAIT_S))
                self._step(*taken)

    def _step(self, host: str, job: _Job) -> None:
        """Make one request of a check, and put the check where its next one has its turn."""
        while self._is_full():
            time.sleep(_FULL_S)
        asked: Address | None = None
        reply: Reply | None = None
        checked: Checked | None = None
        free = 0.0
        try:
            if job.ask is None:
                job.ask = next(job.steps)
            asked = job.ask.address
            reply = self._network.ask(job.ask)
            free = time.monotonic()
            self._wishes.mark()
            job.ask = job.steps.send(reply)
        except StopIteration as end:
            checked = end.value
        except Exception as error:  # noqa: BLE001 - one link must not end the others
            checked = _later(_CRASHED_S, f"it could not be read: {type(error).__name__}")
        if asked is not None:  # else nothing was asked of the host
            rules = self._robots.get(asked.site, time.time())
            free += max(self._pause_s, rules.delay_s if rules else 0.0)
        self._finish(host, job, reply, checked, free)

    def _finish(
        self, host: str, job: _Job, reply: Reply | None, checked: Checked | None, free: float
    ) -> None:
        told: list[tuple[str, Checked]] = []
        with self._turn:
            now = time.monotonic()
            self._hosts.finish(host, free, now)
            if reply is not None and reply.trouble not in (Trouble.SILENT, Trouble.PROXY, Trouble.REFUSED):
                told += self._reach.hear(host, now)
            if checked is None:
                assert job.ask is not None
                following = job.ask.address.host
                if rests_s := self._hosts.rests_s(following, now):
                    told.append((job.key, _later(rests_s, _RESTS)))
                else:
                    self._hosts.add(following, job, is_next=True)
            elif checked.is_silent:
                self._reach.miss(host, (job.key, checked))
            else:
                told.append((job.key, checked))
                if checked.rests:
                    wait = checked.outcome.later_s
                    others = self._hosts.rest(checked.rests, now + wait)
                    self._wishes.note(Wish(checked.rests, time.time() + wait))
                    told += [(other.key, _later(wait, checked.outcome.detail)) for other in others]
            is_suspicious, known_good = self._reach.is_suspicious, self._reach.known_good
            if self._hosts.is_idle and not is_suspicious:
                held, is_their_own = self._reach.settle(now)
                told += held if is_their_own else [(key, _unsure(checked)) for key, checked in held]
            self._turn.notify_all()
        if is_suspicious:
            told += self._judge_reach(known_good)
        for key, ended in told:
            self._send(key, ended)

    def _judge_reach(self, known_good: str) -> list[tuple[str, Checked]]:
        """Find out whether this machine is offline; return what can be told of the checks."""
        is_online = bool(known_good) and self._network.can_look_up(known_good)
        with self._turn:
            held = self._reach.judge(is_online=is_online)
            if is_online:
                return held
            waiting = self._hosts.clear()
        offline = _later(_OFFLINE_S, OFFLINE)
        return [(key, offline) for key in (*(key for key, _ in held), *(job.key for job in waiting))]

    def _is_full(self) -> bool:
        """Tell whether bodies wait in the spool that nobody takes."""
        size = 0
        with contextlib.suppress(OSError), os.scandir(self._spool) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_size
        return size > self._limits.spool

    def _send(self, key: str, checked: Checked) -> None:
        outcome = checked.outcome
        if checked.body:
            try:
                outcome = outcome._replace(body=keep_body(self._spool, checked.body))
            except OSError as error:
                detail = f"no place for its text: {error.strerror}"
                outcome = Outcome(Answer.LATER, detail=detail, later_s=_CRASHED_S)
        packed = pack_outcome(key, outcome)
        if outcome.answer is not Answer.LATER:
            keep_outcome(self._spool, key, packed)
        with self._sending:
            self._pipe.send_bytes(packed)


def _later(seconds: float, detail: str) -> Checked:
    return Checked(Outcome(Answer.LATER, detail=detail, later_s=seconds))


def _unsure(checked: Checked) -> Checked:
    return _later(_UNSURE_S, f"{checked.outcome.detail}, or this machine is offline")
