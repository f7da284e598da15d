"""Pages that are pictures, by content, and the words that were recognised on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from indexer.catalogue.database import Connection
from indexer.catalogue.records import STAMP, Wanted, to_path, to_stamp
from indexer.model.items import ItemId
from indexer.model.readings import clean


class Pictures:
    """The queue of pages that wait for their words."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, digest: str, pages: Iterable[int]) -> None:
        """Have pictures of pages wait for their words."""
        self._db.executemany(
            "INSERT OR IGNORE INTO scans (digest, page) VALUES (?, ?)", [(digest, page) for page in pages]
        )

    def next(self, skip: Collection[ItemId] = ()) -> tuple[Wanted, int] | None:
        """Return a file, none to `skip`, and the page of it whose words are to be recognised next, newest files first."""
        marks = ",".join("?" * len(skip))
        row = self._db.execute(
            f"SELECT id, path, {STAMP}, 0, page FROM scans JOIN items USING (digest)"
            " WHERE text IS NULL AND removed IS NULL AND missing IS NULL AND want IS NULL AND NOT online_only"
            f" AND id NOT IN ({marks}) ORDER BY modified DESC, page LIMIT 1",
            tuple(skip),
        ).fetchone()
        if row is None:
            return None
        return Wanted(ItemId(row[0]), to_path(row[1]), to_stamp(row[2:7]), row[7]), row[8]

    def count(self) -> int:
        """Return how many pages wait for their words to be recognised."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM scans WHERE text IS NULL AND digest IN (SELECT digest FROM items WHERE removed IS NULL)"
            ).fetchone()[0]
        )

    def record(self, item_id: ItemId, page: int, text: str, priority: int) -> None:
        """Take in the words of a page; with the last one its files are read again, with them."""
        row = self._db.execute("SELECT digest FROM items WHERE id = ?", (item_id,)).fetchone()
        self._db.execute(
            "UPDATE scans SET text = ? WHERE digest = ? AND page = ?", (clean(text), row[0], page)
        )
        self._db.execute(
            "UPDATE items SET want = coalesce(want, ?1) WHERE digest = ?2 AND removed IS NULL AND parent IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM scans WHERE digest = ?2 AND text IS NULL)",
            (priority, row[0]),
        )

    def recognised(self, item_id: ItemId) -> tuple[str, dict[int, str]]:
        """Return an item's digest and the texts of its pages, once none waits any more."""
        rows = self._db.execute(
            "SELECT digest, page, text FROM scans WHERE digest = (SELECT digest FROM items WHERE id = ?)",
            (item_id,),
        ).fetchall()
        if not rows or any(text is None for _, _, text in rows):
            return "", {}
        return rows[0][0], {page: text for _, page, text in rows}

    def begin_anew(self) -> None:
        """Have all pictures of pages recognised again: in other languages."""
        self._db.execute("UPDATE scans SET text = NULL")

    def forget(self, item_id: ItemId) -> None:
        """Drop the pages of an item."""
        self._db.execute(
            "DELETE FROM scans WHERE digest = (SELECT digest FROM items WHERE id = ?)", (item_id,)
        )
