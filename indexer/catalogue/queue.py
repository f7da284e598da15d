"""Which files are to be read, and in which order."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime

from indexer.catalogue import facts
from indexer.catalogue.database import Connection
from indexer.catalogue.facts import Fact, Facts
from indexer.catalogue.failures import RETRY_AFTER
from indexer.catalogue.records import STAMP, Wanted, range_below, to_ms, to_path, to_stamp
from indexer.errors import Reason
from indexer.model.items import ItemId, RelPath
from indexer.model.readings import clean


class Queue:
    """The files that wait to be read, by priority: the lowest number first."""

    def __init__(self, db: Connection, facts: Facts) -> None:
        self._db = db
        self._facts = facts

    def next(self, limit: int, skip: Collection[ItemId] = ()) -> list[Wanted]:
        """Return what to read next, most urgent and newest first."""
        rows = self._db.execute(
            f"SELECT id, path, {STAMP}, want FROM items"
            " WHERE want IS NOT NULL AND removed IS NULL AND missing IS NULL ORDER BY want, modified DESC LIMIT ?",
            (limit + len(skip),),
        )
        found = (Wanted(ItemId(r[0]), to_path(r[1]), to_stamp(r[2:7]), r[7]) for r in rows)
        return [wanted for wanted in found if wanted.id not in skip][:limit]

    def count(self) -> int:
        """Return how many files wait to be read."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM items WHERE want IS NOT NULL AND removed IS NULL AND missing IS NULL"
            ).fetchone()[0]
        )

    def want(self, item_id: ItemId, priority: int) -> None:
        """Have a file read again, or more urgently."""
        self._db.execute(
            "UPDATE items SET want = min(coalesce(want, ?1), ?1) WHERE id = ?2", (priority, item_id)
        )

    def done(self, item_id: ItemId) -> None:
        """Have a file wait no longer, though nothing else is new of it."""
        self._db.execute("UPDATE items SET want = NULL WHERE id = ?", (item_id,))

    def want_due(self, now: datetime, priority: int) -> int:
        """Have failures whose time has come read again; return how many."""
        latest = to_ms(now) + RETRY_AFTER[-1] * 1000  # later ones are of a clock that was set back since
        return self._db.execute(
            "UPDATE items SET want = coalesce(want, ?) WHERE want IS NULL AND removed IS NULL AND id IN"
            " (SELECT id FROM failures WHERE next_try <= ? OR next_try > ?)",
            (priority, to_ms(now), latest),
        ).rowcount

    def want_share(self, share: float, below: RelPath, priority: int) -> int:
        """Have a share of the files in or below a directory read again, going round from one call to the next; return how many."""
        begin, end = range_below(below)
        mine = (
            "parent IS NULL AND removed IS NULL AND missing IS NULL AND want IS NULL AND NOT online_only"
            " AND digest != '' AND path > ? AND path < ?"
        )
        last = _last_of_share(below)
        count = self._db.execute(f"SELECT count(*) FROM items WHERE {mine}", (begin, end)).fetchone()[0]
        limit = math.ceil(count * share)
        rows = self._db.execute(
            f"SELECT id FROM items WHERE {mine} AND id > ? ORDER BY id LIMIT ?",
            (begin, end, self._facts.get(last), limit),
        ).fetchall()
        self._db.executemany("UPDATE items SET want = ? WHERE id = ?", [(priority, r[0]) for r in rows])
        self._facts.set(last, rows[-1][0] if len(rows) == limit and rows else "")
        return len(rows)

    def want_failed(self, reasons: Collection[Reason], priority: int) -> int:
        """Have what failed for these reasons read again: something has changed that may help; return how many."""
        marks = ",".join("?" * len(reasons))
        return self._db.execute(
            "UPDATE items SET want = coalesce(want, ?) WHERE removed IS NULL AND parent IS NULL AND id IN"
            f" (SELECT id FROM failures WHERE reason IN ({marks}))",
            (priority, *reasons),
        ).rowcount


def _last_of_share(below: RelPath) -> Fact[str]:
    """Return the fact that keeps the last file of the share that was read again."""
    return facts.text(clean(f"control {below}"))
