"""Items as they are now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any

from indexer.catalogue.database import Connection
from indexer.catalogue.records import BASE, ITEM_ROW, TEXT_ROW, WIDTH, to_item, to_path, to_text
from indexer.model.items import Item, ItemId, RelPath


class Items:
    """What is told of items: files, and what lies in them."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, ids: Collection[ItemId]) -> dict[ItemId, Item]:
        """Return the live items of these ids."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE id IN ({marks}) AND removed IS NULL", tuple(ids)
        )
        return {item.id: item for item in map(self.of_row, rows.fetchall())}

    def live(self) -> Iterator[tuple[Item, bytes, bytes]]:
        """Yield each live item that was read, with packed terms and packed passages, in the order of paths."""
        ids = self._db.execute("SELECT id FROM items WHERE removed IS NULL AND seq > 0 ORDER BY path, id")
        for item, _, terms, passages in self.with_texts([ItemId(r[0]) for r in ids]):
            yield item, terms, passages

    def told(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        """Yield each live item that was read, or these, with its text key; empty if it has no text."""
        query = f"SELECT {ITEM_ROW}, text_key FROM items WHERE removed IS NULL AND seq > 0"
        if ids is None:
            rows: Iterable[Any] = self._db.execute(query)
        else:
            rows = chain.from_iterable(self._db.execute(f"{query} AND id = ?", (one,)) for one in ids)
        for r in rows:
            yield self.of_row(r[:WIDTH]), r[WIDTH] or ""

    def with_texts(self, ids: Iterable[ItemId]) -> Iterator[tuple[Item, str, bytes, bytes]]:
        """Yield live items that were read, in this order, with text key, packed terms and packed passages."""
        query = (
            f"SELECT {ITEM_ROW}, text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key"
            " WHERE id = ? AND removed IS NULL AND seq > 0"
        )
        for item_id in ids:
            r = self._db.execute(query, (item_id,)).fetchone()
            if r is not None:
                passages, terms = to_text(r[WIDTH], r[WIDTH + 1 :])
                yield self.of_row(r[:WIDTH]), r[WIDTH] or "", terms, passages

    def untold(self) -> list[tuple[ItemId, RelPath]]:
        """Return the live items that were not read yet."""
        rows = self._db.execute("SELECT id, path FROM items WHERE removed IS NULL AND seq = 0")
        return [(ItemId(r[0]), to_path(r[1])) for r in rows]

    def links(self) -> Iterator[Item]:
        """Return the live items with an address, in the order of paths."""
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE url IS NOT NULL AND removed IS NULL AND seq > 0 ORDER BY path, id"
        )
        return map(to_item, rows)

    def of_row(self, row: tuple[object, ...]) -> Item:
        """Return the item of its row (`ITEM_ROW`); if it is a conflict copy of a live file, with that."""
        item, base = to_item(row), row[BASE]
        found = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE path = ? AND removed IS NULL AND parent IS NULL AND seq > 0",
            (base,),
        ).fetchone() if base else None  # fmt: skip
        if found is None:
            return item
        file = to_item(found)
        return item._replace(conflict_of=file.path, fold_with=file.fold_key)

    def count(self) -> int:
        """Return how many live items there are."""
        return int(self._db.execute("SELECT count(*) FROM items WHERE removed IS NULL").fetchone()[0])

    def count_kinds(self) -> dict[str, int]:
        """Return how many live items there are of each kind."""
        rows = self._db.execute(
            "SELECT kind, count(*) FROM items WHERE removed IS NULL GROUP BY kind ORDER BY kind"
        )
        return dict(rows.fetchall())

    def count_online_only(self) -> int:
        """Return how many items have their content online only."""
        return int(
            self._db.execute("SELECT count(*) FROM items WHERE online_only AND removed IS NULL").fetchone()[0]
        )
