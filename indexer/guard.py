"""May what vanished be removed? Not where so much vanished at once that a person must agree."""

from __future__ import annotations

from datetime import datetime, timedelta

from indexer.catalogue import Catalogue

GUARD_ITEMS, GUARD_SHARE = 50, 0.2
AT_ONCE = timedelta(seconds=60)
"""Removals seen one directory after the other within so long count as one."""


def held_back(catalogue: Catalogue) -> int:
    """Return how many vanished items are kept; 0 where the guard doesn't hold."""
    return int(catalogue.fact("held_back", "0"))


def remove_missing(
    catalogue: Catalogue, now: datetime, away_s: float, *, accept: bool = False, lost_all: bool = False
) -> int:
    """Remove what has been away so long and return how many items that was; none where a person must agree first."""
    if not catalogue.has_missing():
        _hold_back(catalogue, 0)
        return 0
    due = catalogue.missing_since(now - timedelta(seconds=away_s))
    missing, live = catalogue.count_missing(), catalogue.count_live()
    if away_s:  # followed live, one removal of a person arrives in pieces
        lately = catalogue.count_removed_since(now - AT_ONCE)
        missing, live = missing + lately, live + lately
    too_many = missing > max(GUARD_ITEMS, GUARD_SHARE * live)
    holds = not accept and bool(due) and (too_many or lost_all)
    with catalogue.writing():
        _hold_back(catalogue, missing if holds else 0)
        return 0 if holds else catalogue.remove(due, now)


def _hold_back(catalogue: Catalogue, count: int) -> None:
    if count != held_back(catalogue):
        with catalogue.writing():
            catalogue.remember("held_back", str(count))


def message(count: int) -> str:
    """Say what is held back, and what to do."""
    return (
        f"{count} items vanished at once, so nothing was removed: bring them back, or agree with"
        " `indexer scan --accept-removals`"
    )
