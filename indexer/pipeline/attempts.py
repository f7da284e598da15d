"""When is a failed follower tried again, and what does `status` say of it?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from indexer.catalogue import Catalogue
from indexer.errors import Damaged, IndexerError, StateError

log = logging.getLogger("indexer")

PAUSES_S = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds until the next try: after the first failure, the second, and so on."""


@dataclass(slots=True)
class _Failing:
    problem: str
    failures: int
    next_try: float


class Attempts:
    """Followers that may fail without holding up the others, by name."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float]) -> None:
        """Note failures in the `catalogue`; `clock` gives seconds."""
        self._catalogue, self._clock = catalogue, clock
        self._failing: dict[str, _Failing] = {}
        self._well: set[str] = set()
        """What did well in this process, so that no problem of an earlier one is told any more."""

    def is_due(self, name: str) -> bool:
        """Tell whether it may be tried now: it did not fail, or its pause is over."""
        return name not in self._failing or self._clock() >= self._failing[name].next_try

    def end_pauses(self) -> None:
        """Have everything that failed be due now: what was in the way may be gone."""
        for failing in self._failing.values():
            failing.next_try = float("-inf")

    def raise_first(self, names: Iterable[str]) -> None:
        """Raise StateError if one of these failed and has not succeeded since."""
        for name in names:
            if failing := self._failing.get(name):
                raise StateError(failing.problem)

    @contextmanager
    def trying(self, name: str, *, is_asked: bool = False) -> Iterator[None]:
        """Do the block; a failure is noted, and ends here unless it is damage or a person asked for the block."""
        try:
            yield
        except Damaged:
            raise
        except IndexerError as error:
            self._fail(name, str(error))
            if is_asked:
                raise
        except Exception as error:
            if is_asked:
                raise
            log.exception("unexpected failure of the %s", name)
            self._fail(name, f"unexpected failure of the {name}: {type(error).__name__}: {error}")
        else:
            if self._failing.pop(name, None) or name not in self._well:
                self._well.add(name)
                self._tell(name, "")

    def _fail(self, name: str, problem: str) -> None:
        before = self._failing.get(name)
        failures = before.failures + 1 if before else 1
        pause = PAUSES_S[min(failures, len(PAUSES_S)) - 1]
        self._failing[name] = _Failing(problem, failures, self._clock() + pause)
        if before is None or before.problem != problem:
            log.error("%s", problem)
            self._tell(name, problem)

    def _tell(self, name: str, problem: str) -> None:
        who = f"failing_{name}"
        try:
            if not self._catalogue.problems.are_told(who, [problem]):
                self._catalogue.problems.tell(who, [problem])
        except Damaged:
            raise
        except IndexerError as error:  # the disk with the state is full, too
            log.error("%s", error)
