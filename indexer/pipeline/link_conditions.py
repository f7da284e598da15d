"""Can links be read now, and what does `status` say of that?"""

from __future__ import annotations

from collections.abc import Callable

from indexer.catalogue import Catalogue
from indexer.clock import Clock
from indexer.links.messages import OFFLINE
from indexer.links.power import on_battery
from indexer.links.proxies import Advice, Proxies
from indexer.model.links import Answer, Outcome
from indexer.pipeline.pass_facts import LINK_REMARKS

_WHO = "links"
"""Who tells the problems."""
_POWER_KNOWN_S = 30.0
"""Seconds between two questions whether the machine runs on battery."""


class LinkConditions:
    """Battery, network and proxies, as far as links depend on them."""

    def __init__(
        self,
        catalogue: Catalogue,
        clock: Clock,
        *,
        fetches: bool,
        on_battery: Callable[[], bool] = on_battery,
    ) -> None:
        """`fetches`: whether links are to be read at all."""
        self._catalogue, self._clock, self._fetches, self._ask_power = catalogue, clock, fetches, on_battery
        self._advice = Proxies().advice() if fetches else Advice()
        self._is_offline = self._saves_power = False
        self._power_known_until = float("-inf")
        self._told: tuple[str, ...] | None = None

    def begin(self) -> None:
        """Have `status` say what is so now, instead of what was so when links were last read."""
        problems = self._catalogue.problems
        if not problems.are_told(_WHO, self._advice.problems):
            problems.tell(_WHO, self._advice.problems)
        self._told = self._catalogue.facts.get(LINK_REMARKS)
        self._tell()

    def should_wait(self) -> bool:
        """Tell whether links that nobody asks for should wait: the machine runs on battery."""
        if self._fetches and self._clock.monotonic() >= self._power_known_until:
            self._power_known_until = self._clock.monotonic() + _POWER_KNOWN_S
            self._saves_power = self._ask_power()
            self._tell()
        return self._saves_power

    def hear(self, outcome: Outcome) -> None:
        """Take in whether a check shows that the machine is offline, or that it is not."""
        if outcome.status is not None or outcome.answer is Answer.FAILED:
            self._is_offline = False
        self._is_offline |= outcome.answer is Answer.LATER and outcome.detail == OFFLINE
        self._tell()

    def _tell(self) -> None:
        told = (
            *self._advice.remarks,
            *([f"{OFFLINE}: links wait until it is back"] if self._is_offline else []),
            *(
                ["the machine runs on battery: links wait until it is plugged in"]
                if self._saves_power
                else []
            ),
        )
        if told != self._told:
            with self._catalogue.writing():
                self._catalogue.facts.set(LINK_REMARKS, told)
            self._told = told
