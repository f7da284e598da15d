"""The files of the folder as looks note them: what was there, and what vanished."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from indexer.catalogue.database import Connection
from indexer.catalogue.failures import Failures
from indexer.catalogue.links import Links
from indexer.catalogue.log import Log
from indexer.catalogue.pictures import Pictures
from indexer.catalogue.records import (
    KNOWN,
    Known,
    digest_of,
    file_title,
    range_below,
    stamp_row,
    to_blob,
    to_known,
    to_ms,
    to_path,
)
from indexer.catalogue.texts import Texts
from indexer.errors import StateError
from indexer.model.items import ItemId, Kind, RelPath, Stamp, parent_of
from indexer.model.notes import mark_of, note_of


class Files:
    """What is known of each file, to compare it with what is there, and to note what that gives."""

    def __init__(
        self, db: Connection, log: Log, texts: Texts, failures: Failures, pictures: Pictures, links: Links
    ) -> None:
        self._db = db
        self._log = log
        self._texts = texts
        self._failures = failures
        self._pictures = pictures
        self._links = links

    def known(self, listed: Mapping[RelPath, Collection[RelPath]] | None = None) -> dict[RelPath, Known]:
        """Return live files by path; if a path was used before, the removed file is left out.

        `listed`: directories with the directories in them; then only files in these or below what is gone from them
        are told, and whatever is missing or forgotten.
        """
        asked = f"SELECT {KNOWN} FROM items WHERE parent IS NULL AND (removed IS NULL OR forgotten)"
        if listed is None:
            rows = self._db.execute(f"{asked} ORDER BY forgotten DESC").fetchall()
        else:
            rows = self._db.execute(f"{asked} AND (missing IS NOT NULL OR forgotten)").fetchall()
            for directory, below in listed.items():
                within = range_below(directory)
                rows += self._db.execute(
                    f"{asked} AND path > ? AND path < ? AND instr(substr(path, ?), x'2f') = 0",
                    (*within, len(within[0]) + 1),
                )
                for gone in self._directories_in(directory) - {*below}:
                    rows += self._db.execute(f"{asked} AND path > ? AND path < ?", range_below(gone))
            rows.sort(key=lambda row: -row[-1])
        return {known.path: known for known in map(to_known, rows)}

    def _directories_in(self, directory: RelPath) -> set[RelPath]:
        """Return the directories right in one that have live files in or below them."""
        found: set[RelPath] = set()
        begin, end = range_below(directory)
        length = len(begin)
        while row := self._db.execute(
            "SELECT path FROM items WHERE path > ? AND path < ? AND removed IS NULL AND parent IS NULL"
            " AND instr(substr(path, ?), x'2f') > 0 ORDER BY path LIMIT 1",
            (begin, end, length + 1),
        ).fetchone():
            name = row[0][: row[0].index(b"/", length)]
            found.add(to_path(name))
            begin = name + b"0"
        return found

    def alike(self, stamp: Stamp) -> list[Known]:
        """Return live files that have the file id of a stamp, and removed ones that had its size and time, latest removal first."""
        live = self._db.execute(
            f"SELECT {KNOWN} FROM items WHERE file_id = ? AND removed IS NULL AND parent IS NULL",
            (str(stamp.file_id),),
        ).fetchall() if stamp.file_id else []  # fmt: skip
        removed = self._db.execute(
            f"SELECT {KNOWN} FROM items WHERE size = ? AND mtime_ns = ? AND removed IS NOT NULL AND parent IS NULL"
            " ORDER BY removed DESC",
            (stamp.size, stamp.mtime_ns),
        )
        return list(map(to_known, [*live, *removed]))

    def __contains__(self, directory: object) -> bool:
        """Tell whether a live file lies in or below a directory."""
        row = self._db.execute(
            "SELECT 1 FROM items WHERE path > ? AND path < ? AND removed IS NULL AND parent IS NULL LIMIT 1",
            range_below(str(directory)),
        )
        return row.fetchone() is not None

    def at(self, path: RelPath) -> list[ItemId]:
        """Return the live file at `path`, or those below it if it is a directory."""
        blob = to_blob(path)
        rows = self._db.execute(
            "SELECT id FROM items WHERE parent IS NULL AND removed IS NULL AND"
            " (path = ? OR (path >= ? AND path < ?))",
            (blob, blob + b"/", blob + b"0"),
        )
        return [ItemId(r[0]) for r in rows]

    def has(self, path: RelPath) -> bool:
        """Tell whether a live file lies at a path."""
        row = self._db.execute(
            "SELECT 1 FROM items WHERE path = ? AND removed IS NULL LIMIT 1", (to_blob(path),)
        )
        return row.fetchone() is not None

    def ids_at(self, paths: Iterable[RelPath]) -> list[ItemId]:
        """Return the live files at these paths."""
        rows = (
            self._db.execute(
                "SELECT id FROM items WHERE path = ? AND parent IS NULL AND removed IS NULL", (to_blob(path),)
            ).fetchone()
            for path in paths
        )
        return [ItemId(row[0]) for row in rows if row]

    def paths(self) -> list[RelPath]:
        """Return the paths of live files, in their order."""
        rows = self._db.execute(
            "SELECT path FROM items WHERE removed IS NULL AND parent IS NULL ORDER BY path"
        )
        return [to_path(r[0]) for r in rows]

    def kinds(self) -> list[tuple[RelPath, Kind]]:
        """Return path and kind of each live file that was opened."""
        rows = self._db.execute(
            "SELECT path, kind FROM items WHERE removed IS NULL AND parent IS NULL AND digest != '' ORDER BY path"
        )
        return [(to_path(r[0]), Kind(r[1])) for r in rows]

    def conflicts(self) -> list[tuple[RelPath, RelPath]]:
        """Return live conflict copies with the live files they are copies of, by path; of notes, all stand side by side."""
        rows = self._db.execute(
            "SELECT path, base FROM items WHERE base IS NOT NULL AND removed IS NULL AND EXISTS (SELECT 1 FROM items"
            " AS file WHERE file.path = items.base AND file.removed IS NULL AND file.parent IS NULL) ORDER BY path"
        )
        found = [(to_path(path), to_path(base)) for path, base in rows]
        return [(path, base) for path, base in found if note_of(path) is None and mark_of(path) is None]

    def is_read(self, item_id: ItemId) -> bool:
        """Tell whether a file has a text or an address."""
        return bool(
            self._db.execute(
                "SELECT 1 FROM items WHERE id = ? AND (text_key IS NOT NULL OR url IS NOT NULL)", (item_id,)
            ).fetchone()
        )

    def add(
        self, path: RelPath, stamp: Stamp, kind: Kind, now: datetime, *, first_pass: bool, priority: int,
        adopted: tuple[ItemId, datetime] | None = None,
    ) -> ItemId:  # fmt: skip
        """Note a new file that wants to be read; `adopted` are the id and date it has elsewhere."""
        modified = min(stamp.mtime_ns // 1_000_000, to_ms(now))
        added = modified if first_pass else to_ms(now)
        item_id = adopted[0] if adopted and self._is_free(adopted[0]) else self._free_id(to_blob(path))
        if adopted:
            added = min(to_ms(adopted[1]), to_ms(now))
        self._db.execute(
            "INSERT INTO items (id, path, base, kind, size, mtime_ns, ctime_ns, file_id, online_only, modified, added,"
            " title, want) VALUES (?1, ?2, base_of(?2), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (item_id, to_blob(path), kind, *stamp_row(stamp), modified, added, file_title(path), priority),
        )  # fmt: skip
        return item_id

    def change(self, item_id: ItemId, stamp: Stamp, kind: Kind, now: datetime, priority: int) -> None:
        """Note that a file's content changed, or came back from being forgotten."""
        self._db.execute(
            "UPDATE items SET kind = ?, size = ?, mtime_ns = ?, ctime_ns = ?, file_id = ?, online_only = ?,"
            " modified = ?, want = ?, missing = NULL, removed = NULL, forgotten = 0 WHERE id = ?",
            (kind, *stamp_row(stamp), min(stamp.mtime_ns // 1_000_000, to_ms(now)), priority, item_id),
        )
        self._failures.count_anew(item_id)

    def restamp(self, item_id: ItemId, stamp: Stamp) -> None:
        """Note a stamp that differs in what says nothing of the content."""
        self._db.execute(
            "UPDATE items SET size = ?, mtime_ns = ?, ctime_ns = ?, file_id = ?, online_only = ?, missing = NULL"
            " WHERE id = ?",
            (*stamp_row(stamp), item_id),
        )

    def move(self, item_id: ItemId, path: RelPath, stamp: Stamp, kind: Kind | None) -> None:
        """Note that a file lies elsewhere now, or is back; its text stays, as do its links, and its kind if None."""
        row = self._db.execute("SELECT path, title, removed FROM items WHERE id = ?", (item_id,)).fetchone()
        self._log.tell_hidden(to_path(row[0]))
        title = file_title(path) if row[1] == file_title(to_path(row[0])) else row[1]
        self._db.execute(
            "UPDATE items SET path = ?1, base = base_of(?1), title = ?, kind = coalesce(?, kind), size = ?, mtime_ns = ?,"
            " ctime_ns = ?, file_id = ?, online_only = ?, missing = NULL, removed = NULL, forgotten = 0, seq = ? WHERE id = ?",
            (to_blob(path), title, kind, *stamp_row(stamp), self._log.next_seq(), item_id),
        )
        self._log.tell_dependent(to_path(row[0]))
        self._log.tell_dependent(path)
        self._log.tell_sharing(item_id)
        self._db.execute("DELETE FROM former_paths WHERE path = ?", (to_blob(path),))
        if row[0] != to_blob(path):
            self._db.execute(
                "INSERT OR REPLACE INTO former_paths (path, id) VALUES (?, ?)", (row[0], item_id)
            )
        self._log.tell_hidden(path)
        # Links that went together with their file come back with it.
        for (child,) in self._db.execute(
            "SELECT id FROM items WHERE parent = ? AND removed IS ?", (item_id, row[2])
        ).fetchall():
            self._db.execute(
                "UPDATE items SET path = ?, removed = NULL, seq = ? WHERE id = ?",
                (to_blob(path), self._log.next_seq(), child),
            )

    def set_missing(self, item_ids: Iterable[ItemId], since: datetime | None) -> None:
        """Note which files are not seen since when, or (None) that they are seen again."""
        value = to_ms(since) if since else None
        self._db.executemany(
            # a time to come is one of a clock that was set back since
            "UPDATE items SET missing = CASE WHEN ?1 IS NULL THEN NULL ELSE min(coalesce(missing, ?1), ?1) END WHERE id = ?2",
            [(value, item_id) for item_id in item_ids],
        )

    def missing_since(self, before: datetime) -> list[ItemId]:
        """Return the files not seen since `before` or longer."""
        return [
            ItemId(r[0])
            for r in self._db.execute(
                "SELECT id FROM items WHERE missing <= ? AND removed IS NULL", (to_ms(before),)
            )
        ]

    def directories_of_missing(self, before: datetime) -> set[RelPath]:
        """Return the directories of the files that were last seen at `before` or earlier."""
        rows = self._db.execute(
            "SELECT path FROM items WHERE missing <= ? AND removed IS NULL", (to_ms(before),)
        )
        return {parent_of(to_path(r[0])) for r in rows}

    def has_missing(self) -> bool:
        """Tell whether any file is not seen."""
        row = self._db.execute("SELECT 1 FROM items WHERE missing IS NOT NULL AND removed IS NULL LIMIT 1")
        return row.fetchone() is not None

    def count_missing(self) -> int:
        """Return how many items (links of missing lists too) are not seen."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM items WHERE removed IS NULL AND"
                " (missing IS NOT NULL OR parent IN (SELECT id FROM items WHERE missing IS NOT NULL AND removed IS NULL))"
            ).fetchone()[0]
        )

    def count_removed(self, since: datetime, until: datetime) -> int:
        """Return how many items were removed in that time, for being gone: links that a list lost are not."""
        lately = "removed BETWEEN ?1 AND ?2 AND NOT forgotten"
        return int(
            self._db.execute(
                f"SELECT count(*) FROM items WHERE {lately} AND"
                f" (parent IS NULL OR parent IN (SELECT id FROM items WHERE {lately}))",
                (to_ms(since), to_ms(until)),
            ).fetchone()[0]
        )

    def remove(self, item_ids: Iterable[ItemId], now: datetime) -> int:
        """Take files and their links out of what is found; their texts stay for `KEEP_REMOVED`, and what was to be read is."""
        count = 0
        for item_id in item_ids:
            rows = self._db.execute(
                "SELECT id, path, parent FROM items WHERE (id = ?1 OR parent = ?1) AND removed IS NULL",
                (item_id,),
            )
            for gone, path, parent in rows.fetchall():
                if parent is None:
                    self._log.tell_hidden(to_path(path))
                self._db.execute(
                    "UPDATE items SET removed = ?, missing = NULL, seq = ? WHERE id = ?",
                    (to_ms(now), self._log.next_seq(), gone),
                )
                if parent is None:
                    self._log.tell_dependent(to_path(path))
                self._log.tell_sharing(gone)
                count += 1
        return count

    def forget(self, item_id: ItemId, now: datetime) -> None:
        """Remove a file, its links and its text for good; it stays out until it changes."""
        self.remove([item_id], now)
        self._pictures.forget(item_id)
        row = self._db.execute("SELECT digest FROM items WHERE id = ?", (item_id,)).fetchone()
        digest = row[0] if row else ""
        keys = [
            r[0]
            for r in self._db.execute(
                "SELECT DISTINCT text_key FROM items WHERE (id = ?1 OR parent = ?1) AND text_key IS NOT NULL",
                (item_id,),
            )
        ]
        self._db.execute(
            "UPDATE items SET forgotten = 1, title = '', author = '', tags = '[]', note = '', url = NULL,"
            " hides = NULL, target = '', level = '', hyperlinks = '[]', text_key = NULL, digest = '' WHERE id = ?1 OR parent = ?1",
            (item_id,),
        )
        self._failures.clear(item_id)
        self._forget_derived(item_id)
        self._db.execute(
            "DELETE FROM addresses WHERE id IN (SELECT id FROM items WHERE id = ?1 OR parent = ?1)",
            (item_id,),
        )
        self._links.drop_unused()
        for key in keys:
            self._texts.drop_unused(key)
        self._texts.drop_unused_of(digest)

    def _forget_derived(self, item_id: ItemId) -> None:
        """Forget what was found out of an item's content: its key terms, what is like it, which questions it matches."""
        for statement in (
            "DELETE FROM relations WHERE id = ?",
            "DELETE FROM matches WHERE item = ?",
            "DELETE FROM matches WHERE question = ?",
            "UPDATE attachments SET digest = '', sketch = '' WHERE on_id = ?",
        ):
            self._db.execute(statement, (item_id,))

    def _free_id(self, seed: bytes) -> ItemId:
        for number in range(1_000_000):
            made = digest_of(seed.hex(), str(number) if number else "")
            if self._is_free(ItemId(made)):
                return ItemId(made)
        raise StateError("no free item id")

    def _is_free(self, item_id: ItemId) -> bool:
        return self._db.execute("SELECT 1 FROM items WHERE id = ?", (item_id,)).fetchone() is None
