"""The database: opened, made or brought to the present version, with the one border to SQLite's own failures."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer.catalogue.schema import MIGRATIONS, SCHEMA, SCHEMA_KEY, statements_of
from indexer.errors import Damaged, StateError
from indexer.model.items import RelPath


def checksum(*values: object) -> int:
    """Return what `checked` must be for the values that `CHECKED` tells of."""
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def crc32(value: object) -> int:
    """Return the CRC-32 of bytes; -1 of anything else."""
    return zlib.crc32(value) if isinstance(value, bytes) else -1


def base_of(blob: bytes) -> bytes | None:
    """Return the path of the file that one is by its name a note on or a conflict copy of, both as the tables hold them."""
    from indexer.model.conflict import conflict_base  # only writers need it
    from indexer.model.notes import mark_of, note_of

    path = RelPath(path_of(blob))
    marked = mark_of(path)
    base = marked.path if marked else note_of(path) or conflict_base(path)
    return base.encode("utf-8", "surrogatepass") if base else None


def key_of_address(url: str) -> str:
    """Return the key that an address is known by."""
    from indexer.model.address import address_key  # only writers need it

    return address_key(url)


class Cursor(sqlite3.Cursor):
    """A cursor whose failures are ours; reading a row fails as well as asking for it."""

    def execute(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError if it fails."""
        return _translated(super().execute, *arguments)  # type: ignore[no-any-return]

    def executemany(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError if it fails."""
        return _translated(super().executemany, *arguments)  # type: ignore[no-any-return]

    def fetchone(self) -> Any:
        """Do what SQLite's does; raise StateError if it fails."""
        return _translated(super().fetchone)

    def fetchall(self) -> list[Any]:
        """Do what SQLite's does; raise StateError if it fails."""
        return _translated(super().fetchall)  # type: ignore[no-any-return]

    def __next__(self) -> Any:
        """Do what SQLite's does; raise StateError if it fails."""
        return _translated(super().__next__)


class Connection(sqlite3.Connection):
    """A connection whose failures are ours: the one border to SQLite's own."""

    def execute(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError if it fails."""
        return self.cursor(Cursor).execute(*arguments)

    def executemany(self, *arguments: Any) -> Cursor:
        """Do what SQLite's does; raise StateError if it fails."""
        return self.cursor(Cursor).executemany(*arguments)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make everything done inside one transaction; nested use joins the outer one."""
        if self.in_transaction:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self.in_transaction:
                self.execute("ROLLBACK")
            raise


def _translated(step: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return step(*arguments)
    except FAILURES as error:
        raise translated(error) from error


_DAMAGE = (
    "malformed", "not a database", "Could not decode", "disk I/O error", "no such", "already exists", "unsupported",
    "user-defined function", "too big",
)  # fmt: skip
"""What SQLite says if bytes are not as they were written."""


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
    """Return a path as the tables hold it; raise Damaged if it is not one."""
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
    """Open the database; only a writer makes or migrates it. Raise StateError if that can't be done."""
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
    connection.create_function("address_key", 1, key_of_address, deterministic=True)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != len(MIGRATIONS):
        _refuse_strange_version(connection, path, version, readonly=readonly)
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(
            f"BEGIN IMMEDIATE; {statements_of(MIGRATIONS[number])}"
            f" INSERT OR REPLACE INTO meta (key, value) VALUES ('{SCHEMA_KEY}', '{number + 1} ' || ({SCHEMA}));"
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
    """Raise StateError if a version can't be read, or if it is not the one that was written."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (SCHEMA_KEY,)).fetchone()
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
