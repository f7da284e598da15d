"""What could not be read, why, and when it is tried again."""

from __future__ import annotations

from datetime import datetime

from indexer.catalogue.database import Connection
from indexer.catalogue.records import checked, to_moment, to_ms, to_path
from indexer.errors import Reason
from indexer.model.items import Failure, ItemId
from indexer.model.readings import Reading, clean

RETRY_AFTER = (10, 60, 600, 3600, 6 * 3600, 24 * 3600)
"""Seconds until a passing failure is tried again, by the number of tries so far."""

PASSING = frozenset({Reason.LOCKED, Reason.CHANGED, Reason.TIMED_OUT, Reason.CRASHED})
LASTING = frozenset({Reason.TIMED_OUT, Reason.CRASHED})
"""Of these the reasons that stay once all tries were in vain; others go on once a day: who holds a file may let it go."""
QUIET = frozenset({Reason.UNSUPPORTED, Reason.NO_TEXT, Reason.ONLINE_ONLY, Reason.TRUNCATED})
"""Reasons that are no news: shown by `failed --all` only."""
LONGEST_DETAIL = 500
"""So many characters of what a library says of a file are kept, in one line."""
CHANGES_TOLD = 3
"""A file that changed while it was read is news once it did so this often without a look seeing the change."""


class Failures:
    """The last failure of each item that has one."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def told(self, *, everything: bool) -> list[Failure]:
        """Return what could not be read, by path; the quiet reasons only if `everything`."""
        rows = self._db.execute(
            "SELECT path, text_key IS NOT NULL OR url IS NOT NULL, failures.id, reason, detail, tries, next_try, failures.checked"
            " FROM failures JOIN items USING (id) WHERE removed IS NULL ORDER BY path, detail"
        )
        told = ((to_path(r[0]), bool(r[1]), checked(r[2:])) for r in rows)
        found = (
            (has_text, Failure(path, Reason(r[1]), r[2], r[3], to_moment(r[4]) if r[4] is not None else None))
            for path, has_text, r in told
        )
        return [failure for has_text, failure in found if everything or not _is_quiet(failure, has_text)]

    def note(self, item_id: ItemId, reading: Reading, now: datetime, truncated: str = "") -> None:
        """Take in how a reading failed and when it is tried again; one that didn't fail may have been `truncated`."""
        if reading.failure is None:
            if truncated:
                self.set(item_id, Reason.TRUNCATED, truncated)
            else:
                self.clear(item_id)
            return
        reason, detail = reading.failure
        row = self._db.execute("SELECT tries FROM failures WHERE id = ?", (item_id,)).fetchone()
        tries = (row[0] if row else 0) + 1
        again = reason in PASSING and (tries <= len(RETRY_AFTER) or reason not in LASTING)
        next_try = to_ms(now) + RETRY_AFTER[min(tries, len(RETRY_AFTER)) - 1] * 1000 if again else None
        self.set(item_id, reason, detail, tries, next_try)

    def set(
        self, item_id: ItemId, reason: Reason, detail: str, tries: int = 1, next_try: int | None = None
    ) -> None:
        """Note a failure that is tried again then (milliseconds since 1970), or not."""
        self._db.execute(
            "INSERT OR REPLACE INTO failures (id, reason, detail, tries, next_try) VALUES (?, ?, ?, ?, ?)",
            (item_id, reason, clean(" ".join(detail.split())[:LONGEST_DETAIL]), tries, next_try),
        )

    def clear(self, item_id: ItemId) -> None:
        """Note that an item has no failure."""
        self._db.execute("DELETE FROM failures WHERE id = ?", (item_id,))

    def count_anew(self, item_id: ItemId) -> None:
        """Count tries from zero again: the file has changed."""
        self._db.execute("UPDATE failures SET tries = 0 WHERE id = ?", (item_id,))


def _is_quiet(failure: Failure, has_text: bool) -> bool:
    if failure.reason is Reason.UNSUPPORTED and has_text:
        return False  # most of it could be read
    return failure.reason in QUIET or (failure.reason is Reason.CHANGED and failure.tries < CHANGES_TOLD)
