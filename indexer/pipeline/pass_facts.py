"""What does a pass remember for `status`?"""

from __future__ import annotations

from datetime import datetime

from indexer.catalogue import Catalogue, facts

CHANGED_AT = facts.moment("changed_at")
REMARKS = facts.lines("ignore_remarks")
LINK_REMARKS = facts.lines("link_remarks")


def note_change(catalogue: Catalogue, now: datetime) -> None:
    """Remember that followers took in changes now."""
    catalogue.facts.set(CHANGED_AT, now)


def changed_at(catalogue: Catalogue) -> datetime | None:
    """Return when followers took in changes last."""
    return catalogue.facts.get(CHANGED_AT)


def remarks(catalogue: Catalogue) -> tuple[str, ...]:
    """Return what may be a mistake in settings or ignore file, and need not be one."""
    return catalogue.facts.get(REMARKS)


def link_remarks(catalogue: Catalogue) -> tuple[str, ...]:
    """Return why links wait, and by what way they are read, as far as that is unusual."""
    return catalogue.facts.get(LINK_REMARKS)
