"""Items as they are now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from indexer.catalogue.database import Connection
from indexer.catalogue.records import (
    BASE,
    ITEM_ROW,
    KIND,
    PATH,
    TARGET,
    TEXT_ROW,
    WIDTH,
    link_id,
    range_below,
    to_blob,
    to_item,
    to_path,
    to_text,
)
from indexer.catalogue.said import Sayings
from indexer.catalogue.schema import PAGE, TAKEN_FOR
from indexer.model.items import (
    COPY_SUFFIX,
    UNSEEN,
    Item,
    ItemId,
    Kind,
    RelPath,
    fold_key_of,
    is_link_of,
    parent_of,
)
from indexer.model.links import from_json
from indexer.model.notes import note_of

_TOLD_NOTE = f"kind = '{Kind.NOTE}' AND removed IS NULL AND seq > 0"
_SEEN = f"kind NOT IN {tuple(map(str, UNSEEN))}"
_MOST_BESIDE = 100
_MOST_HIDDEN, _MOST_NOTES = 100, 200
"""Notes followed from one that hides another; the latest notes on a file that are looked at."""


class Items:
    """What is told of items: files, and what lies in them."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._sayings = Sayings(db, self.is_hidden)

    def get(self, ids: Collection[ItemId]) -> dict[ItemId, Item]:
        """Return the live items of these ids."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE id IN ({marks}) AND removed IS NULL", tuple(ids)
        )
        return {item.id: item for item in map(self.of_row, rows.fetchall()) if item.kind not in UNSEEN}

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
            if not self.is_hidden(r[:WIDTH]):
                yield self.of_row(r[:WIDTH]), r[WIDTH] or ""

    def with_texts(self, ids: Iterable[ItemId]) -> Iterator[tuple[Item, str, bytes, bytes]]:
        """Yield live items that were read, in this order, with text key, packed terms and packed passages."""
        query = (
            f"SELECT {ITEM_ROW}, text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key"
            " WHERE id = ? AND removed IS NULL AND seq > 0"
        )
        for item_id in ids:
            r = self._db.execute(query, (item_id,)).fetchone()
            if r is not None and not self.is_hidden(r[:WIDTH]):
                passages, terms = to_text(r[WIDTH], r[WIDTH + 1 :])
                yield self.of_row(r[:WIDTH]), r[WIDTH] or "", terms, passages

    def untold(self) -> list[tuple[ItemId, RelPath]]:
        """Return the live items that were not read yet."""
        rows = self._db.execute(f"SELECT id, path FROM items WHERE removed IS NULL AND seq = 0 AND {_SEEN}")
        return [(ItemId(r[0]), to_path(r[1])) for r in rows]

    def links(self) -> Iterator[Item]:
        """Return the live items with an address, in the order of paths."""
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE url IS NOT NULL AND removed IS NULL AND seq > 0 ORDER BY path, id"
        )
        return map(to_item, rows)

    def of_row(self, row: tuple[object, ...]) -> Item:
        """Return the item of its row (`ITEM_ROW`); if it is a note on a live file, or a conflict copy of one, with that.

        A link is told as the last check of its address found it.
        """
        item, base = to_item(row), row[BASE]
        if item.kind in UNSEEN:
            return item
        item = self._linked(item)
        said = self._sayings.of(row, item.url if item.is_list_entry else None)
        item = item._replace(said=said._replace(is_shared=item.said.is_shared))
        is_note = item.kind is Kind.NOTE
        if not base or (not is_note and note_of(item.path)):
            return item
        found = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE path = ? AND removed IS NULL AND parent IS NULL AND seq > 0",
            (base,),
        ).fetchone()
        if found is None:
            return item
        file = self.of_row(found)
        if not is_note:
            return item._replace(conflict_of=file.path, fold_with=file.fold_key)
        link = self._link(file, str(row[TARGET]))
        return item._replace(
            note_on=file.path, note_link=link.url or "" if link else "", fold_with=(link or file).fold_key
        )

    def _link(self, file: Item, address: str) -> Item | None:
        """Return the live link of this address in a list; None if the file has none."""
        row = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE id = ? AND parent = ? AND removed IS NULL",
            (link_id(file.id, address), file.id),
        ).fetchone() if address else None  # fmt: skip
        return self._linked(to_item(row)) if row else None

    def link_beside(self, copy: Item) -> Item | None:
        """Return the live link beside a saved copy of its page; None if there is none."""
        within, named = range_below(parent_of(copy.path)), copy.name[: -len(COPY_SUFFIX)]
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items JOIN addresses USING (id) WHERE key IN ({TAKEN_FOR})"
            " AND path > ?2 AND path < ?3 AND removed IS NULL ORDER BY path, id LIMIT ?4",
            (copy.fold_key.partition(":")[2], *within, _MOST_BESIDE),
        )
        found = [item for item in map(self.of_row, rows.fetchall()) if is_link_of(copy, item)]
        return min(found, key=lambda item: not item.name.startswith(f"{named}."), default=None)

    def _linked(self, item: Item) -> Item:
        """Return an item with how its link is; if that leads to another page for good, folded with the links to that page."""
        row = self._db.execute(
            f"SELECT memory, {PAGE} FROM addresses JOIN links USING (key) LEFT JOIN redirects USING (key) WHERE id = ?",
            (item.id,),
        ).fetchone() if item.url is not None else None  # fmt: skip
        if row is None:
            return item
        memory, page = row
        health = from_json(memory).shown if memory else None
        said = item.said._replace(is_shared=not item.is_saved_copy and self._is_shared(item))
        return item._replace(health=health, fold_with=fold_key_of(page) if page else "", said=said)

    def _is_shared(self, item: Item) -> bool:
        """Tell whether another file has the address of a link, too: a saved copy of its page doesn't count."""
        row = self._db.execute(
            "SELECT 1 FROM addresses AS own JOIN addresses AS other USING (key) JOIN items ON items.id = other.id"
            f" WHERE own.id = ? AND removed IS NULL AND kind = '{Kind.LINK}' AND path != ? AND substr(path, ?) != ? LIMIT 1",
            (item.id, to_blob(item.path), -len(COPY_SUFFIX), COPY_SUFFIX.encode()),
        )
        return row.fetchone() is not None

    # --- notes ------------------------------------------------------------------------------------

    def is_hidden(self, row: tuple[object, ...]) -> bool:
        """Tell whether a row stands for nothing that is shown: another live note replaces or withdraws it, or it is no item.

        Notes that hide one another in a ring all stay.
        """
        if row[KIND] in UNSEEN:
            return True
        if not row[BASE] or row[KIND] != Kind.NOTE:
            return False
        path = to_blob(to_path(row[PATH]))  # type: ignore[arg-type]
        by = self._db.execute(
            f"SELECT path FROM items WHERE base = ? AND hides = ? AND {_TOLD_NOTE} LIMIT 2",
            (row[BASE], path.rpartition(b"/")[2]),
        ).fetchall()
        ring = set(self.hidden_by(path)) if by else set()
        return any(other not in ring for (other,) in by)

    def hidden_by(self, path: bytes) -> list[bytes]:
        """Return the paths of the notes hidden one after another, beginning with the one that the note at `path` hides; to a limit."""
        found: list[bytes] = []
        base, at = None, path
        while len(found) < _MOST_HIDDEN:
            row = self._db.execute(
                f"SELECT base, hides FROM items WHERE path = ? AND {_TOLD_NOTE}", (at,)
            ).fetchone()
            if row is None or None in row or base not in (None, row[0]):
                break
            base, at = row[0], b"".join((*at.rpartition(b"/")[:2], row[1]))
            if at in found:
                break
            found.append(at)
        return found

    def noted(self, note: Item) -> Item | None:
        """Return the live item that a note is on."""
        row = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE path = ? AND removed IS NULL AND parent IS NULL AND seq > 0",
            (to_blob(note.note_on),),
        ).fetchone() if note.note_on else None  # fmt: skip
        file = self.of_row(row) if row else None
        return (self._link(file, note.note_link) or file) if file else None

    def notes_on(self, path: RelPath, address: str, most: int) -> list[Item]:
        """Return the latest notes on a file or, if `address` is not empty, on that link in it, latest first."""
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE base = ? AND {_TOLD_NOTE}"
            f" ORDER BY max(modified, added) / 1000 DESC, path LIMIT {_MOST_NOTES}",
            (to_blob(path),),
        ).fetchall()
        seen = (self.of_row(row) for row in rows if not self.is_hidden(row))
        found = (note for note in seen if note.note_on == path and note.note_link == address)
        return list(islice(found, most))

    def count(self) -> int:
        """Return how many live items there are."""
        return int(
            self._db.execute(f"SELECT count(*) FROM items WHERE removed IS NULL AND {_SEEN}").fetchone()[0]
        )

    def count_kinds(self) -> dict[str, int]:
        """Return how many live items there are of each kind."""
        rows = self._db.execute(
            f"SELECT kind, count(*) FROM items WHERE removed IS NULL AND {_SEEN} GROUP BY kind ORDER BY kind"
        )
        return dict(rows.fetchall())

    def count_online_only(self) -> int:
        """Return how many items have their content online only."""
        return int(
            self._db.execute("SELECT count(*) FROM items WHERE online_only AND removed IS NULL").fetchone()[0]
        )
