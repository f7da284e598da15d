"""The tables, and how an older database becomes the present one."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from indexer.catalogue.conflict import conflict_base
from indexer.errors import Damaged, StateError
from indexer.model.items import RelPath

MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- One row an item. `seq` is its number in the log: the last change to it; 0 while it was never told.
    -- Paths are UTF-8 with undecodable bytes as lone surrogates (WTF-8), times milliseconds since 1970.
    CREATE TABLE items (
        id TEXT PRIMARY KEY,
        parent TEXT REFERENCES items (id),
        path BLOB NOT NULL,
        kind TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        file_id TEXT NOT NULL,
        online_only INTEGER NOT NULL DEFAULT 0,
        modified INTEGER NOT NULL,
        added INTEGER NOT NULL,
        title TEXT NOT NULL DEFAULT '',
        author TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]',
        note TEXT NOT NULL DEFAULT '',
        url TEXT,
        hyperlinks TEXT NOT NULL DEFAULT '[]',
        digest TEXT NOT NULL DEFAULT '',
        text_key TEXT,
        seq INTEGER NOT NULL DEFAULT 0,
        want INTEGER,
        missing INTEGER,
        removed INTEGER,
        forgotten INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX items_path ON items (path);
    CREATE INDEX items_parent ON items (parent) WHERE parent IS NOT NULL;
    CREATE INDEX items_seq ON items (seq);
    CREATE INDEX items_want ON items (want, modified DESC) WHERE want IS NOT NULL;
    CREATE INDEX items_missing ON items (missing) WHERE missing IS NOT NULL;
    CREATE INDEX items_gone ON items (size, mtime_ns) WHERE removed IS NOT NULL;
    CREATE INDEX items_text ON items (text_key);

    -- One row a content and way of reading it, shared by equal files and kept for files that come back.
    CREATE TABLE texts (
        key TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        about TEXT NOT NULL,
        passages BLOB NOT NULL,
        terms BLOB NOT NULL
    ) WITHOUT ROWID;

    CREATE INDEX texts_size ON texts (size);

    CREATE TABLE failures (
        id TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        tries INTEGER NOT NULL,
        next_try INTEGER
    ) WITHOUT ROWID;
    """,
    """
    -- Pages that are pictures, by content; `text` is what was recognised on them, NULL while they wait.
    CREATE TABLE scans (
        digest TEXT NOT NULL,
        page INTEGER NOT NULL,
        text TEXT,
        PRIMARY KEY (digest, page)
    ) WITHOUT ROWID;
    CREATE INDEX scans_waiting ON scans (digest) WHERE text IS NULL;
    CREATE INDEX items_digest ON items (digest);
    """,
    """
    ALTER TABLE items ADD COLUMN checked INTEGER;
    CREATE TRIGGER items_added AFTER INSERT ON items BEGIN SELECT 1; END;
    CREATE TRIGGER items_changed AFTER UPDATE OF path ON items BEGIN SELECT 1; END;
    """,
    """
    -- Each row of each table has its checksum, which is compared when the row is read, and before it is changed.
    ALTER TABLE meta ADD COLUMN checked INTEGER;
    ALTER TABLE texts ADD COLUMN checked INTEGER;
    ALTER TABLE failures ADD COLUMN checked INTEGER;
    ALTER TABLE scans ADD COLUMN checked INTEGER;
    DROP TRIGGER items_added;
    DROP TRIGGER items_changed;
    <checked rows>
    """,
    """
    -- Texts lie in the order in which they came: by their keys, which are digests, each would go in between others.
    ALTER TABLE texts RENAME TO texts_by_key;
    DROP INDEX texts_size;
    CREATE TABLE texts (
        key TEXT NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        about TEXT NOT NULL,
        passages BLOB NOT NULL,
        terms BLOB NOT NULL,
        checked INTEGER
    );
    CREATE INDEX texts_size ON texts (size);
    INSERT INTO texts SELECT key, size, about, passages, terms, checked FROM texts_by_key;
    DROP TABLE texts_by_key;
    """,
    """
    -- A file that is found elsewhere before it is missed is known by its file id.
    CREATE INDEX items_file ON items (file_id) WHERE removed IS NULL AND parent IS NULL;
    """,
    """
    -- Of which file this one is a conflict copy by its name. Links of lists are counted often.
    DROP TRIGGER items_added;
    DROP TRIGGER items_changed;
    ALTER TABLE items ADD COLUMN base BLOB;
    UPDATE items SET base = base_of(path) WHERE parent IS NULL AND checked IS checksum(<items before>);
    UPDATE items SET checked = checksum(<items>) WHERE checked IS checksum(<items before>);
    <checked items>
    CREATE INDEX items_base ON items (base) WHERE base IS NOT NULL;
    DROP INDEX items_parent;
    CREATE INDEX items_parent ON items (parent, removed, kind) WHERE parent IS NOT NULL;
    """,
)

_ITEM_BEFORE = (
    "id, path, kind, title, author, tags, note, url, size, modified, added, digest, online_only, hyperlinks, parent,"
    " mtime_ns, ctime_ns, file_id, text_key, seq, want, missing, removed, forgotten"
)
ITEM = _ITEM_BEFORE + ", base"
TEXT = "key, size, about, passages, terms"
CHECKED = {
    "meta": "key, value",
    "items": ITEM,
    "texts": TEXT.replace("passages, terms", "crc32(passages), crc32(terms)"),
    "failures": "id, reason, detail, tries, next_try",
    "scans": "digest, page, text",
}
"""What `checked` is the checksum of in each table, in this order. That of a text is given with it, as texts are large."""

IS_ID = f"id GLOB '{'[0-9a-f]' * 16}'"
"""What tells an item's id in SQL: an earlier version took others from a page that somebody had changed."""

_KEYS = {"meta": ("key",), "items": ("id",), "failures": ("id",), "scans": ("digest", "page")}


def _statements(migration: str) -> str:
    """Return the statements of a migration, with those that are made."""
    made = {
        "<checked rows>": "".join(map(_checked_rows, CHECKED)),
        "<checked items>": _triggers("items", ITEM),
        "<items before>": _ITEM_BEFORE,
        "<items>": ITEM,
    }
    for place, statements in made.items():
        migration = migration.replace(place, statements)
    return migration


def _checked_rows(table: str) -> str:
    """Return the statements that keep `checked` of a table as it must be, when that column came."""
    columns = CHECKED[table] if table != "items" else _ITEM_BEFORE
    return f"UPDATE {table} SET checked = checksum({columns});" + _triggers(table, columns)


def _triggers(table: str, columns: str) -> str:
    """Return the statements that keep `checked` of a table as it must be; none where that is given with a row."""
    if table not in _KEYS:
        return ""
    this = " AND ".join(f"{key} = NEW.{key}" for key in _KEYS[table])
    note = f"UPDATE {table} SET checked = checksum({columns}) WHERE {this}"
    before = "OLD." + columns.replace(", ", ", OLD.")
    return f"""
    CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {note}; END;
    CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} BEGIN
        SELECT raise(ABORT, 'a malformed row') WHERE OLD.checked IS NOT checksum({before});
        {note};
    END;"""


def checksum(*values: object) -> int:
    """Return what `checked` must be for the values that `CHECKED` tells of."""
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def crc32(value: object) -> int:
    """Return the CRC-32 of bytes; -1 of anything else."""
    return zlib.crc32(value) if isinstance(value, bytes) else -1


def base_of(blob: bytes) -> bytes | None:
    """Return the path of the file that one is by its name a conflict copy of, both as the tables hold them."""
    base = conflict_base(RelPath(path_of(blob)))
    return base.encode("utf-8", "surrogatepass") if base else None


SCHEMA = (
    "SELECT checksum(group_concat(name || sql, ';')) FROM (SELECT name, sql FROM sqlite_master ORDER BY name)"
)
"""The checksum of all tables, indexes and triggers; `meta` has it as `schema`, behind the version."""


class Cursor(sqlite3.Cursor):
    """A cursor whose failures are ours; reading a row fails as well as asking for it."""

    def execute(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError where it fails."""
        return _translated(super().execute, *arguments)  # type: ignore[no-any-return]

    def executemany(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError where it fails."""
        return _translated(super().executemany, *arguments)  # type: ignore[no-any-return]

    def fetchone(self) -> Any:
        """Do what SQLite's does; raise StateError where it fails."""
        return _translated(super().fetchone)

    def fetchall(self) -> list[Any]:
        """Do what SQLite's does; raise StateError where it fails."""
        return _translated(super().fetchall)  # type: ignore[no-any-return]

    def __next__(self) -> Any:
        """Do what SQLite's does; raise StateError where it fails."""
        return _translated(super().__next__)


class Connection(sqlite3.Connection):
    """A connection whose failures are ours: the one border to SQLite's own."""

    def execute(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError where it fails."""
        return self.cursor(Cursor).execute(*arguments)

    def executemany(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError where it fails."""
        return self.cursor(Cursor).executemany(*arguments)


def _translated(step: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return step(*arguments)
    except FAILURES as error:
        raise translated(error) from error


_DAMAGE = (
    "malformed", "not a database", "Could not decode", "disk I/O error", "no such", "already exists", "unsupported",
    "user-defined function", "too big",
)  # fmt: skip
"""What SQLite says where bytes are not as written."""


LONGEST_REASON = 120
"""So many characters of what SQLite says are enough."""

FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; its own message may have damaged text in it."""


def translated(error: Exception, where: str = "") -> StateError:
    """Return a failure of SQLite as ours."""
    text = " ".join(str(error).partition(" with text ")[0].split())  # of a damaged table it shows the lines
    if isinstance(error, UnicodeDecodeError) or any(sign in text for sign in _DAMAGE):
        return Damaged(damaged(text[:LONGEST_REASON]))
    return StateError(where + explain(error))


def damaged(why: str) -> str:
    """Return what a person reads of a damaged catalogue."""
    return f"the catalogue is damaged ({why}): run `indexer scan`, which mends it"


def path_of(blob: bytes) -> str:
    """Return a path as the tables hold it; raise Damaged where it is none."""
    try:
        return blob.decode("utf-8", "surrogatepass")
    except (UnicodeDecodeError, AttributeError) as error:
        raise Damaged(damaged("a path is not as it was written")) from error


def explain(error: Exception) -> str:
    """Return one line on what failed and what to do."""
    text = str(error)
    if "full" in text:
        return "the disk with the state is full: make room, then run `indexer scan`"
    return f"the catalogue can't be used: {text}"


def connect(path: Path, *, readonly: bool) -> Connection:
    """Open the database; only a writer makes or migrates it. Raise StateError where that can't be done."""
    try:
        if readonly:
            uri = path.absolute().as_uri() + "?mode=rw"
            connection = sqlite3.connect(
                uri, uri=True, timeout=10.0, isolation_level=None, factory=Connection
            )
        else:
            connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, factory=Connection)
    except sqlite3.Error as error:
        raise translated(error, f"{path}: ") from error
    try:
        _prepare(connection, path, readonly=readonly)
    except (*FAILURES, StateError) as error:
        connection.close()  # at once: it would take the files of what is put in its place for its own
        raise _not_opened(error, path) from error
    return connection


def _prepare(connection: Connection, path: Path, *, readonly: bool) -> None:
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
        "PRAGMA secure_delete = ON; PRAGMA cache_size = -16000;"
        if not readonly
        else "PRAGMA query_only = ON;"
    )
    connection.create_function("checksum", -1, checksum, deterministic=True)
    connection.create_function("crc32", 1, crc32, deterministic=True)
    connection.create_function("base_of", 1, base_of, deterministic=True)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != len(MIGRATIONS):
        _refuse_strange_version(connection, path, version, readonly=readonly)
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(
            f"BEGIN IMMEDIATE; {_statements(MIGRATIONS[number])}"
            f" INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', '{number + 1} ' || ({SCHEMA}));"
            f" PRAGMA user_version = {number + 1}; COMMIT;"
        )
    if not readonly:
        new = "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)"
        connection.executemany(new, [("epoch", os.urandom(8).hex()), ("seq", "0")])


def connect_damaged(path: Path) -> Connection:
    """Open a database of which anything may be damaged, to read what is whole; a file that is none is an empty one."""
    connection = sqlite3.connect(path, isolation_level=None, factory=Connection)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _refuse_strange_version(connection: Connection, path: Path, version: int, *, readonly: bool) -> None:
    """Raise StateError where a version can't be read, or where it is not the one that was written."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except StateError:
        row = None
    if row and row[0].startswith(f"{len(MIGRATIONS)} "):
        raise Damaged(damaged("its version is not as it was written"))
    if not version and not row:
        if readonly:
            raise StateError("the catalogue is empty: run `indexer scan`, which makes it anew")
    elif version > len(MIGRATIONS) or readonly:
        raise StateError(f"{path} is of another version of indexer: restart the daemon with this one")


def _not_opened(error: Exception, path: Path) -> StateError:
    if "readonly" in str(error) and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return Damaged(damaged("it says that it can't be written"))
    return error if isinstance(error, StateError) else translated(error, f"{path}: ")
