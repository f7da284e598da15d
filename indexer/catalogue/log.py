"""Every change has a number: what changed since, for those who follow."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from datetime import datetime, timedelta

from indexer.catalogue import facts
from indexer.catalogue.database import Connection
from indexer.catalogue.facts import EPOCH, Facts
from indexer.catalogue.items import Items
from indexer.catalogue.records import ITEM_ROW, TEXT_ROW, WIDTH, to_blob, to_ms, to_path, to_text
from indexer.model.items import ItemId, Kind, RelPath
from indexer.model.log import Entry

SEQ = facts.number("seq")
PURGED_SEQ = facts.number("purged_seq")
KEEP_REMOVED = timedelta(days=30)
"""How long removed items and their texts are kept."""


class Log:
    """The order in which items changed: each has the number of the last change to it."""

    def __init__(self, db: Connection, facts: Facts, items: Items) -> None:
        self._db = db
        self._facts = facts
        self._items = items

    @property
    def epoch(self) -> str:
        """The name of this log; another name means that its numbers start again."""
        return self._facts.get(EPOCH)

    @property
    def seq(self) -> int:
        """The number of the last change."""
        return self._facts.get(SEQ)

    @property
    def complete_since(self) -> int:
        """The number from which on the log tells of every change; earlier removals may be forgotten."""
        return self._facts.get(PURGED_SEQ)

    def next_seq(self) -> int:
        """Return the number of the change that is made now."""
        row = self._db.execute(
            "UPDATE meta SET value = value + 1 WHERE key = 'seq' RETURNING value"
        ).fetchone()
        return int(row[0])

    def tell_dependent(self, path: RelPath) -> None:
        """Give the live conflict copies of a file that changed, and the notes on it and on them, new numbers."""
        rows = self._db.execute(
            "SELECT id, path FROM items WHERE base = ? AND removed IS NULL AND seq > 0", (to_blob(path),)
        )
        self.tell(rows.fetchall())

    def tell_links(self) -> None:
        """Give the live items with an address a new number: which of them are copies is found in another way than before."""
        rows = self._db.execute(
            "SELECT id, path FROM items WHERE url IS NOT NULL AND removed IS NULL AND seq > 0"
        )
        self.tell(rows.fetchall())

    def tell(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Give live items, each with its path, and what depends on them new numbers."""
        for item_id, other in rows:
            self._db.execute("UPDATE items SET seq = ? WHERE id = ?", (self.next_seq(), item_id))
            self.tell_dependent(to_path(other))

    def tell_sharing(self, item_id: str) -> None:
        """Give the one other item that has the address of an item a new number: it has that alone now, or no longer."""
        rows = self._db.execute(
            "SELECT items.id, path FROM addresses AS own JOIN addresses AS other USING (key) JOIN items ON items.id = other.id"
            " WHERE own.id = ?1 AND other.id != ?1 AND removed IS NULL AND seq > 0 LIMIT 2",
            (item_id,),
        ).fetchall()
        if len(rows) == 1:
            self.tell(rows)

    def tell_hidden(self, path: RelPath) -> None:
        """Give what a note or mark that changes says something of a new number, and the notes that it hides, or no longer."""
        self._tell_base(to_blob(path))
        for other in self._items.hidden_by(to_blob(path)):
            self._db.execute(
                "UPDATE items SET seq = ? WHERE path = ? AND removed IS NULL AND seq > 0",
                (self.next_seq(), other),
            )

    def _tell_base(self, path: bytes) -> None:
        row = self._db.execute(
            "SELECT base, target FROM items WHERE path = ? AND base IS NOT NULL AND kind IN (?, ?) AND removed IS NULL",
            (path, Kind.NOTE, Kind.MARK),
        ).fetchone()
        if row is None:
            return
        rows = self._db.execute(
            "SELECT id FROM items WHERE path = ? AND (parent IS NULL OR url = ?) AND removed IS NULL AND seq > 0",
            row,
        )
        for (item_id,) in rows.fetchall():
            self._db.execute("UPDATE items SET seq = ? WHERE id = ?", (self.next_seq(), item_id))

    def entries_since(self, seq: int, limit: int) -> Generator[Entry, None, None]:
        """Yield the next changes of the log after `seq`, each item as it is now; who has enough reads no more."""
        rows = self._db.execute(
            f"SELECT {ITEM_ROW}, seq, removed, text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        for r in rows:
            number, removed, key = r[WIDTH : WIDTH + 3]
            item, terms = self._items.of_row(r[:WIDTH]), to_text(key, r[WIDTH + 3 :])[1]
            is_there = removed is None and not self._items.is_hidden(r[:WIDTH])
            yield Entry(number, item.id, item if is_there else None, terms)

    def changed_since(self, seq: int) -> list[ItemId]:
        """Return the items that changed after that number of the log, removed ones too."""
        return [ItemId(r[0]) for r in self._db.execute("SELECT id FROM items WHERE seq > ?", (seq,))]

    def first_changed_since(self, seq: int, limit: int) -> tuple[list[ItemId], int]:
        """Return the first items that changed after that number of the log, and the number that these lead to."""
        rows = self._db.execute("SELECT id, seq FROM items WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        found = rows.fetchall()
        return [ItemId(r[0]) for r in found], self.seq if len(found) < limit else found[-1][1]

    def last_removal(self, *, forgotten: bool = False) -> int:
        """Return the number of the last change that removed an item, or had it forgotten; 0 if none did."""
        only = " AND forgotten" if forgotten else ""
        row = self._db.execute(f"SELECT max(seq) FROM items WHERE removed IS NOT NULL{only}").fetchone()
        return int(row[0] or 0)

    def were_removed(self, ids: Collection[ItemId], after: int) -> bool:
        """Tell whether all of these items were removed by changes after that number of the log."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT count(*) FROM items WHERE id IN ({marks}) AND removed IS NOT NULL AND seq > ?",
            (*ids, after),
        )
        return bool(rows.fetchone()[0] == len(ids))

    def purge(self, before: datetime, passed: int) -> None:
        """Drop rows removed before then that every follower has passed, and texts that no row needs.

        Who comes later with a place before `complete_since` compares everything.
        """
        old = "removed < ?1 AND seq <= ?2 AND NOT forgotten"
        (last,) = self._db.execute(
            f"SELECT max(seq) FROM items WHERE {old}", (to_ms(before), passed)
        ).fetchone()
        if last is not None:
            self._facts.set(PURGED_SEQ, max(last, self.complete_since))
        self._db.execute(
            f"DELETE FROM items WHERE parent IN (SELECT id FROM items WHERE {old})", (to_ms(before), passed)
        )
        self._db.execute(f"DELETE FROM items WHERE {old}", (to_ms(before), passed))
        self._db.execute("DELETE FROM scans WHERE digest NOT IN (SELECT digest FROM items)")
        self._db.execute(
            "DELETE FROM texts WHERE key NOT IN (SELECT text_key FROM items WHERE text_key IS NOT NULL)"
        )
