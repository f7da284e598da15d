"""Texts by content and way of reading it: shared by equal files, and kept for files that come back."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.catalogue.database import Connection
from indexer.catalogue.records import TEXT_ROW, checked_text, text_checksum, to_text
from indexer.catalogue.schema import TEXT
from indexer.model.items import Extract, ItemId, Text
from indexer.model.readings import Reading, about_from_json, about_to_json, unpack_passages


class Texts:
    """What was read, by text key."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def keys_of_size(self, size: int) -> list[str]:
        """Return the keys of some texts of contents of that size: equal bytes need no reading."""
        return [r[0] for r in self._db.execute("SELECT key FROM texts WHERE size = ? LIMIT 100", (size,))]

    def has(self, text_key: str) -> bool:
        """Tell whether the text of a content, read in a certain way, is here."""
        return bool(self._db.execute("SELECT 1 FROM texts WHERE key = ?", (text_key,)).fetchone())

    def of_item(self, item_id: ItemId) -> Text | None:
        """Return an item's text; None if it has none."""
        row = self._db.execute(
            f"SELECT text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key WHERE id = ?",
            (item_id,),
        ).fetchone()
        if row is None or row[0] is None:
            return None
        passages, terms = to_text(row[0], row[1:])
        return Text(unpack_passages(passages), terms)

    def about(self, text_key: str) -> Extract | None:
        """Return what is known of a text besides its passages; None if it is not here."""
        row = self._db.execute(f"SELECT {TEXT_ROW} FROM texts WHERE key = ?", (text_key,)).fetchone()
        return about_from_json(checked_text(row)[2]) if row else None

    def take(self, reading: Reading, size: int) -> Extract:
        """Keep the text that a reading brought; return what is known of it, also if an earlier reading brought it."""
        if reading.about is not None and reading.text_key:
            row = (reading.text_key, size, about_to_json(reading.about), reading.passages, reading.terms)
            self._db.execute(
                f"INSERT OR REPLACE INTO texts ({TEXT}, checked) VALUES (?, ?, ?, ?, ?, ?)",
                (*row, text_checksum(*row)),
            )
        if reading.about is not None:
            return reading.about
        return self.about(reading.text_key) or Extract()

    def of_mails(self, text_key: str) -> Iterator[tuple[str, Extract]]:
        """Yield the text key of each mail of a mailbox that has this text key, with what is known of the mail."""
        rows = self._db.execute(
            f"SELECT {TEXT_ROW} FROM texts WHERE key > ? AND key < ?", (text_key + "#", text_key + "$")
        )
        for row in rows.fetchall() if text_key else ():
            key, _, about, _, _ = checked_text(row)
            yield key, about_from_json(about)

    def drop_unused_of(self, digest: str) -> None:
        """Delete the texts of a content that no item has: that of a link's file is not its item's once the page was read."""
        if digest:
            self._db.execute(
                "DELETE FROM texts WHERE key > ?1 || ':' AND key < ?1 || ';'"
                " AND NOT EXISTS (SELECT 1 FROM items WHERE text_key = texts.key)",
                (digest,),
            )

    def drop_unused(self, text_key: str) -> None:
        """Delete a text unless an item has it."""
        self._db.execute(
            "DELETE FROM texts WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM items WHERE text_key = ?1)",
            (text_key,),
        )
