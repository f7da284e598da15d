"""What does a note belong to, also when that moves? And does what an answer relied on still hold?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from indexer.catalogue.database import Connection
from indexer.catalogue.log import Log
from indexer.catalogue.records import to_blob, to_ms, to_path
from indexer.model.address import address_key
from indexer.model.items import ItemId, Kind, RelPath
from indexer.model.notes import Role, role_of

_SAYING = f"kind IN ('{Kind.NOTE}', '{Kind.MARK}') AND removed IS NULL AND base IS NOT NULL"
_FILE = "parent IS NULL AND removed IS NULL"


class Reliance(NamedTuple):
    """What an answer relies on."""

    answer: ItemId
    item: ItemId
    digest: str
    """Of the item's content, as it was when the answer came."""
    sketch: str
    """What tells whether another content differs much."""
    broken: str
    """Why it holds no longer; empty if it does."""


class Lost(NamedTuple):
    """A note without its file."""

    path: RelPath
    on: RelPath
    """Where its file was."""


class Attachments:
    """What notes, marks and answers belong to."""

    def __init__(self, db: Connection, log: Log) -> None:
        self._db, self._log = db, log

    def follow(self) -> None:
        """Have notes and marks belong to their files where these are now, and remember to which file each belongs.

        The file beside a note that its name says is its file. If there is none, that is the file it belonged to, wherever that
        lies; else the only one with the same content.
        """
        if self._db.execute(f"SELECT 1 FROM items WHERE {_SAYING} LIMIT 1").fetchone() is None:
            return
        at_base = f"SELECT 1 FROM items AS file WHERE file.path = {{}} AND file.{_FILE.replace('AND ', 'AND file.')}"
        rows = self._db.execute(
            f"SELECT id, path, base, base_of(path) FROM items WHERE {_SAYING}"
            f" AND (NOT EXISTS ({at_base.format('items.base')}) OR base != base_of(path))"
        )
        for note, path, base, named in rows.fetchall():
            is_there = self._db.execute(at_base.format("?"), (named,)).fetchone()
            now = named if is_there else self._where(note, named) or named
            if now is not None and now != base:
                self._set_base(path, now)
        self._remember()

    def _where(self, note: str, named: bytes) -> bytes | None:
        """Return the path of the file that a note belonged to, or else of the one that was at the path that its name says.

        None if it is gone, and no other file or several have its content.
        """
        belonged = self._db.execute(
            "SELECT on_id, digest FROM attachments WHERE id = ? AND NOT is_reliance", (note,)
        ).fetchone()
        if belonged is None:
            return self._moved_from(named)
        found = self._db.execute(f"SELECT path FROM items WHERE id = ? AND {_FILE}", belonged[:1]).fetchall()
        found = (
            found
            or self._db.execute(
                f"SELECT path FROM items WHERE digest = ? AND size > 0 AND {_FILE} LIMIT 2", belonged[1:]
            ).fetchall()
        )
        return found[0][0] if len(found) == 1 else None

    def _moved_from(self, path: bytes) -> bytes | None:
        """Return where the file lies now that was last at a path; None if it is gone."""
        row = self._db.execute(
            f"SELECT items.path FROM former_paths AS former JOIN items USING (id) WHERE former.path = ? AND {_FILE}",
            (path,),
        ).fetchone()
        return row[0] if row else None

    def adopt(self, notes: Mapping[RelPath, RelPath]) -> None:
        """Have notes belong to files, both by their paths, as another machine has found out."""
        self._db.executemany(
            "INSERT OR IGNORE INTO attachments (id, is_reliance, on_id, digest) SELECT note.id, 0, file.id, ''"
            f" FROM items AS note, items AS file WHERE note.path = ? AND note.{_SAYING.replace('AND ', 'AND note.')}"
            f" AND file.path = ? AND file.{_FILE.replace('AND ', 'AND file.')}",
            [(to_blob(note), to_blob(file)) for note, file in notes.items()],
        )

    def _set_base(self, path: bytes, base: bytes) -> None:
        self._log.tell_hidden(to_path(path))
        self._db.execute(
            "UPDATE items SET base = ?, seq = CASE seq WHEN 0 THEN 0 ELSE ? END WHERE path = ? AND removed IS NULL",
            (base, self._log.next_seq(), path),
        )
        self._log.tell_hidden(to_path(path))

    def _remember(self) -> None:
        self._db.execute(
            "INSERT INTO attachments (id, is_reliance, on_id, digest)"
            f" SELECT note.id, 0, file.id, file.digest FROM items AS note JOIN items AS file ON file.path = note.base"
            f" AND file.{_FILE.replace('AND ', 'AND file.')} WHERE note.{_SAYING.replace('AND ', 'AND note.')}"
            " AND file.digest != '' AND NOT EXISTS (SELECT 1 FROM attachments AS a WHERE a.id = note.id"
            " AND NOT a.is_reliance AND a.on_id = file.id AND a.digest = file.digest)"
            " ON CONFLICT (id, is_reliance) DO UPDATE SET on_id = excluded.on_id, digest = excluded.digest"
        )

    def lost(self, most: int) -> list[Lost]:
        """Return notes without their file, by path: neither a file nor a folder of that name is there."""
        rows = self._db.execute(
            f"SELECT path, base FROM items WHERE {_SAYING} AND kind = '{Kind.NOTE}' AND NOT EXISTS (SELECT 1 FROM items AS file"
            " WHERE file.removed IS NULL AND file.parent IS NULL AND (file.path = items.base"
            " OR (file.path > CAST(items.base || x'2f' AS BLOB) AND file.path < CAST(items.base || x'30' AS BLOB)))) ORDER BY path LIMIT ?",
            (most,),
        )
        return [Lost(to_path(path), to_path(base)) for path, base in rows]

    # --- answers ----------------------------------------------------------------------------------

    def new_answers(self) -> list[tuple[ItemId, ItemId]]:
        """Return answers that name an item, each with that item, of which it is not remembered yet what they rely on."""
        rows = self._db.execute(
            f"SELECT id, path, target FROM items WHERE {_SAYING} AND kind = '{Kind.NOTE}' AND target != '' AND seq > 0"
            " AND NOT EXISTS (SELECT 1 FROM attachments AS a WHERE a.id = items.id AND a.is_reliance)"
        )
        found = []
        for answer, path, target in rows.fetchall():
            item = self.named(target) if role_of(to_path(path)) is Role.ANSWER else None
            if item is not None:
                found.append((ItemId(answer), item))
        return found

    def named(self, target: str) -> ItemId | None:
        """Return the live item that a path within the folder or an address names; None if there is none."""
        row = self._db.execute(
            f"SELECT id FROM items WHERE path = ? AND {_FILE} AND seq > 0", (to_blob(target.strip("/")),)
        ).fetchone()
        if row is None and "://" in target:
            row = self._db.execute(
                "SELECT id FROM addresses JOIN items USING (id) WHERE key = ? AND removed IS NULL ORDER BY path LIMIT 1",
                (address_key(target),),
            ).fetchone()
        return ItemId(row[0]) if row else None

    def rely(self, answer: ItemId, item: ItemId, digest: str, sketch: str) -> None:
        """Remember what an answer relies on."""
        self._db.execute(
            "INSERT INTO attachments (id, is_reliance, on_id, digest, sketch) VALUES (?, 1, ?, ?, ?)"
            " ON CONFLICT (id, is_reliance) DO UPDATE SET on_id = excluded.on_id, digest = excluded.digest,"
            " sketch = excluded.sketch, broken = '', since = 0",
            (answer, item, digest, sketch),
        )

    def reliances(self) -> list[Reliance]:
        """Return what each live answer relies on."""
        rows = self._db.execute(
            "SELECT a.id, on_id, a.digest, sketch, broken FROM attachments AS a JOIN items USING (id)"
            " WHERE is_reliance AND removed IS NULL"
        )
        return [Reliance(ItemId(a), ItemId(b), *rest) for a, b, *rest in rows]

    def relied_on(self, answer: ItemId) -> ItemId | None:
        """Return the item that an answer relies on; None if it names none."""
        row = self._db.execute(
            "SELECT on_id FROM attachments WHERE id = ? AND is_reliance", (answer,)
        ).fetchone()
        return ItemId(row[0]) if row else None

    def why_broken(self, question: RelPath) -> str:
        """Return why the answer to a question that broke last holds no longer; empty if all hold."""
        row = self._db.execute(
            f"SELECT broken FROM attachments JOIN items USING (id) WHERE base = ? AND {_SAYING} AND is_reliance"
            " AND broken != '' ORDER BY since DESC LIMIT 1",
            (to_blob(question),),
        ).fetchone()
        return str(row[0]) if row else ""

    def set_broken(self, answer: ItemId, why: str, now: datetime) -> None:
        """Note why what an answer relied on holds no longer; empty: it does. The question is told."""
        self._db.execute(
            "UPDATE attachments SET broken = ?, since = ? WHERE id = ? AND is_reliance",
            (why, to_ms(now) if why else 0, answer),
        )
        row = self._db.execute("SELECT path FROM items WHERE id = ?", (answer,)).fetchone()
        self._log.tell_hidden(to_path(row[0]))
