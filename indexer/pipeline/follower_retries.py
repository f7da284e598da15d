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


_WHO = "failing_"
"""Who tells of it, before the name of what failed."""


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
        catalogue.problems.clear(_WHO)  # of an earlier process: what still fails is told again

    def is_due(self, name: str) -> bool:
        """Tell whether it may be tried now: it did not fail, or its pause is over."""
        return name not in self._failing or self._clock() >= self._failing[name].next_try

    def is_failing(self, name: str) -> bool:
        """Tell whether it failed and has not succeeded since."""
        return name in self._failing

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
            if self._failing.pop(name, None):
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
        try:
            self._catalogue.problems.tell(_WHO + name, [problem])
        except Damaged:
            raise
        except IndexerError as error:  # the disk with the state is full, too
            log.error("%s", error)
