"""What was found out for the team: which new items match open questions, and which items are like others elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from indexer.catalogue.database import Connection, path_of
from indexer.catalogue.items import Items
from indexer.catalogue.records import ITEM_ROW, KIND, to_item, to_moment, to_ms, to_path
from indexer.model.items import TEAM_FOLDERS, Extract, Item, ItemId, Kind, RelPath
from indexer.model.names import name_key
from indexer.model.readings import about_from_json

MOST_QUESTIONS, MOST_PEOPLE = 10_000, 10_000
MOST_MATCHES = 1_000
"""Matches kept of one question."""


class Relations(NamedTuple):
    """What an item is about, and which items of other departments are like it."""

    id: ItemId
    terms: tuple[str, ...]
    """Its key terms, most telling first."""
    across: tuple[ItemId, ...]
    """The most alike first."""


class RelatedItem(NamedTuple):
    """A file with what it is about."""

    id: ItemId
    path: RelPath
    kind: Kind
    date: datetime
    text_key: str
    terms: tuple[str, ...]


class Team:
    """Derived facts of the team."""

    def __init__(self, db: Connection, items: Items) -> None:
        self._db, self._items = db, items

    def files(self, kind: Kind, most: int) -> Iterator[tuple[Item, Extract, str]]:
        """Yield live questions, or files of people, with what reading them gave, by path; and the key of their text.

        One whose text could not be read is left out.
        """
        rows = self._db.execute(
            f"SELECT {ITEM_ROW}, text_key, (SELECT about FROM texts WHERE key = text_key) FROM items"
            f" WHERE kind = '{kind}' AND removed IS NULL AND seq > 0 AND parent IS NULL ORDER BY path LIMIT ?",
            (most,),
        )
        for *row, key, about in rows.fetchall():
            if about is not None:
                yield self._items.of_row(tuple(row)), about_from_json(about), key

    def has_questions(self) -> bool:
        """Tell whether there is any question."""
        row = self._db.execute(
            f"SELECT 1 FROM items WHERE kind = '{Kind.QUESTION}' AND removed IS NULL LIMIT 1"
        )
        return row.fetchone() is not None

    # --- matches ----------------------------------------------------------------------------------

    def add_matches(self, question: ItemId, items: Iterable[ItemId], now: datetime) -> None:
        """Note that items which came later match a question."""
        count = self._db.execute("SELECT count(*) FROM matches WHERE question = ?", (question,)).fetchone()[0]
        for item in items:
            if count >= MOST_MATCHES:
                return
            count += self._db.execute(
                "INSERT OR IGNORE INTO matches (question, item, found) VALUES (?, ?, ?)",
                (question, item, to_ms(now)),
            ).rowcount

    def drop_matches(self, *, questions: Sequence[ItemId] = (), items: Sequence[ItemId] = ()) -> None:
        """Drop what is known of questions, or of items, that changed or are gone."""
        self._db.executemany("DELETE FROM matches WHERE question = ?", [(one,) for one in questions])
        self._db.executemany("DELETE FROM matches WHERE item = ?", [(one,) for one in items])

    def matches(self, question: ItemId) -> list[ItemId]:
        """Return the live items that match a question, latest first."""
        rows = self._db.execute(
            "SELECT item FROM matches JOIN items ON items.id = item WHERE question = ? AND removed IS NULL"
            " ORDER BY max(modified, added) DESC, path",
            (question,),
        )
        return [ItemId(r[0]) for r in rows]

    def found_first(self, question: ItemId) -> datetime | None:
        """Return when the first item that matches a question was found; None if none does."""
        row = self._db.execute(
            "SELECT min(found) FROM matches JOIN items ON items.id = item WHERE question = ? AND removed IS NULL",
            (question,),
        ).fetchone()
        return to_moment(row[0]) if row[0] is not None else None

    # --- what came --------------------------------------------------------------------------------

    def came(self, begin: datetime, end: datetime) -> list[ItemId]:
        """Return the live items that came in that time, before its end, latest first: notes and questions, too."""
        rows = self._db.execute(
            "SELECT id FROM items WHERE added >= ? AND added < ? AND removed IS NULL AND seq > 0"
            " ORDER BY added DESC, path",
            (to_ms(begin), to_ms(end)),
        )
        return [ItemId(r[0]) for r in rows]

    def saying(self) -> Iterator[tuple[Item, ItemId | None]]:
        """Yield each note that is shown, answers and closings too, and each mark, by path; with the file that it is on."""
        rows = self._db.execute(
            f"SELECT {ITEM_ROW}, (SELECT file.id FROM items AS file WHERE file.path = items.base AND file.removed IS NULL"
            " AND file.parent IS NULL) FROM items WHERE kind IN (?, ?) AND base IS NOT NULL AND removed IS NULL AND seq > 0 ORDER BY path",
            (Kind.NOTE, Kind.MARK),
        )
        for *row, on in rows.fetchall():
            if row[KIND] == Kind.MARK or not self._items.is_hidden(tuple(row)):
                yield to_item(tuple(row)), on

    # --- relations --------------------------------------------------------------------------------

    def departments(self, most: int) -> list[str]:
        """Return the first folders of live files, at most so many."""
        rows = self._db.execute(
            "SELECT DISTINCT substr(path, 1, instr(path, x'2f') - 1) FROM items WHERE removed IS NULL AND instr(path, x'2f') > 0"
            " LIMIT ?",
            (most + len(TEAM_FOLDERS),),
        )
        found = (path_of(r[0]) for r in rows.fetchall())
        return [name for name in found if name_key(name) not in TEAM_FOLDERS][:most]

    def stale(self, before: datetime, most: int) -> list[ItemId]:
        """Return files without relations, newest first, then those whose relations were found before then and that changed."""
        rows = self._db.execute(
            "SELECT items.id FROM items LEFT JOIN relations USING (id) WHERE removed IS NULL AND items.seq > 0"
            " AND text_key IS NOT NULL AND kind NOT IN ('note', 'question', 'mark', 'person')"
            " AND (relations.id IS NULL OR (made < ? AND relations.seq < items.seq))"
            " ORDER BY relations.id IS NOT NULL, max(modified, added) DESC LIMIT ?",
            (to_ms(before), most),
        )
        return [ItemId(r[0]) for r in rows]

    def relate(self, found: Relations, seq: int, now: datetime) -> None:
        """Note the relations of an item as of that number of the log."""
        self._db.execute(
            "INSERT INTO relations (id, seq, made, terms, across) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " seq = excluded.seq, made = excluded.made, terms = excluded.terms, across = excluded.across",
            (found.id, seq, to_ms(now), json.dumps(found.terms), json.dumps(found.across)),
        )

    def related(self) -> Iterator[RelatedItem]:
        """Yield the live files whose key terms are known, by id."""
        rows = self._db.execute(
            "SELECT items.id, path, kind, max(modified, added), text_key, terms FROM relations JOIN items USING (id)"
            " WHERE removed IS NULL AND terms != '[]' ORDER BY items.id"
        )
        for item, path, kind, date, key, terms in rows:
            yield RelatedItem(
                ItemId(item), to_path(path), Kind(kind), to_moment(date), key or "", tuple(json.loads(terms))
            )

    def relations(self) -> Iterator[Relations]:
        """Yield the relations of live items, by id."""
        rows = self._db.execute(
            "SELECT id, terms, across FROM relations JOIN items USING (id) WHERE removed IS NULL ORDER BY id"
        )
        for item, terms, across in rows:
            yield Relations(ItemId(item), tuple(json.loads(terms)), tuple(json.loads(across)))
