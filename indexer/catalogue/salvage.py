"""What is still whole in a damaged catalogue: taken over into a new one, so that little is read again and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from indexer.catalogue.database import Connection, checksum, connect, connect_damaged, crc32
from indexer.catalogue.facts import EPOCH, Fact
from indexer.catalogue.log import SEQ
from indexer.catalogue.schema import (
    ADDRESSES_OF_ITEMS,
    BASES_OF_NOTES,
    CHECKED,
    DUE_NOW,
    FORMER_ITEMS,
    IS_ID,
    PROBLEMS_OF_FACTS,
    SCHEMA_KEY,
    TEXT,
)
from indexer.errors import StateError

_COLUMNS = {**CHECKED, "texts": TEXT}
_ORDERS = {
    "meta": "key",
    "items": "rowid",
    "texts": "key",
    "failures": "id",
    "scans": "digest, page",
    "problems": "of_daemon, who, number",
    "links": "key",
    "addresses": "id",
    "attachments": "id, is_reliance",
    "matches": "question, item",
    "relations": "id",
    "redirects": "key",
    "former_paths": "path",
}
_MADE_AGAIN = ("attachments", "matches", "relations", "former_paths")
"""Tables of what is found again."""
_OF_DATABASE = frozenset({EPOCH.key, SEQ.key, SCHEMA_KEY})
"""Facts of the database and of the log that end."""


def salvage(damaged: Path, made: Path, priority: int, left_behind: Collection[Fact[Any]] = ()) -> int:
    """Take every row that is as it was written into a new catalogue at `made`; return how many items that are.

    Facts that hold for the old catalogue alone are `left_behind`. Files without their text are to be read with that `priority`; all of them if an item is lost, as it may have
    been a link or a mail in any of them.
    """
    new = connect(made, readonly=False)
    try:
        old = connect_damaged(damaged)
        try:
            new.execute("BEGIN IMMEDIATE")
            new.execute("PRAGMA defer_foreign_keys = ON")
            facts = _OF_DATABASE | {fact.key for fact in left_behind}
            lost = {table for table in CHECKED if not _copy(old, new, table, facts)}
            for statement in (*PROBLEMS_OF_FACTS, BASES_OF_NOTES):
                new.execute(statement)
            lost -= {
                "problems",
                "links",
                "addresses",
                "redirects",
                *_MADE_AGAIN,
            }  # who met one meets it again
            _join(new, priority, lost)
            new.execute("COMMIT")
        finally:
            old.close()
        return int(new.execute("SELECT count(*) FROM items WHERE removed IS NULL").fetchone()[0])
    finally:
        new.close()


def _copy(old: Connection, new: Connection, table: str, left_behind: Collection[str]) -> bool:
    """Take over the whole rows of a table, without facts that are left behind; tell whether these are all."""
    columns = _columns(old, table)
    names = f"{columns}, checked"
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(names.split(', ')))})"
    all_whole = True
    for row in _rows(old, table, columns):
        if row is None or _checksum(table, row[:-1]) != row[-1]:
            all_whole = False
        elif table != "meta" or row[0] not in left_behind:
            new.execute(insert, row)
    return all_whole


def _columns(old: Connection, table: str) -> str:
    """Return the columns that are taken over: those of a former version, if the table is one of that."""
    with suppress(StateError):
        present = {name for _, name, *_ in old.execute(f"PRAGMA table_info({table})")}
        for former in FORMER_ITEMS if table == "items" else ():
            if present.issuperset(former.split(", ")) and not present.issuperset(_COLUMNS[table].split(", ")):
                return former
    return _COLUMNS[table]


def _rows(old: Connection, table: str, columns: str) -> Iterator[tuple[object, ...] | None]:
    """Yield the rows of a table from its beginning; if that fails None, then from the end, which may fail too."""
    for way in ("", " DESC"):
        order = _ORDERS[table].replace(", ", f"{way}, ") + way
        try:
            yield from old.execute(f"SELECT {columns}, checked FROM {table} NOT INDEXED ORDER BY {order}")
        except (StateError, MemoryError, OverflowError):
            yield None
        else:
            return


def _checksum(table: str, row: tuple[object, ...]) -> int:
    return checksum(*row[:-2], *map(crc32, row[-2:])) if table == "texts" else checksum(*row)


def _join(new: Connection, priority: int, lost: set[str]) -> None:
    """See that the rows belong together, and that what is lost is looked for."""
    if new.execute(f"DELETE FROM items WHERE NOT ({IS_ID})").rowcount:
        lost.add("items")
    new.execute("DELETE FROM items WHERE parent NOT IN (SELECT id FROM items)")  # comes back with its file
    new.execute("DELETE FROM failures WHERE id NOT IN (SELECT id FROM items)")
    for table in ("addresses", "attachments", "relations", "former_paths"):
        new.execute(f"DELETE FROM {table} WHERE id NOT IN (SELECT id FROM items)")
    here = "(SELECT id FROM items)"
    new.execute(f"DELETE FROM matches WHERE question NOT IN {here} OR item NOT IN {here}")
    for statement in ADDRESSES_OF_ITEMS:
        new.execute(statement)
    new.execute("DELETE FROM redirects WHERE key NOT IN (SELECT key FROM links)")
    new.execute(
        f"UPDATE links SET text_key = NULL, due = {DUE_NOW} WHERE text_key NOT IN (SELECT key FROM texts)"
    )
    textless = "text_key NOT IN (SELECT key FROM texts)"
    if lost or new.execute(f"SELECT 1 FROM items WHERE {textless}").fetchone():
        # what is lost may be a mail of a mailbox, which is read again if its own text is not known
        new.execute("DELETE FROM texts WHERE key IN (SELECT text_key FROM items WHERE kind = 'mail')")
    new.execute(
        f"UPDATE items SET want = coalesce(want, ?1) WHERE parent IS NULL AND removed IS NULL AND (?2 OR {textless})",
        (priority, "items" in lost),
    )
    new.execute(f"UPDATE items SET text_key = NULL WHERE {textless}")
    new.execute(
        "UPDATE meta SET value = CAST((SELECT coalesce(max(seq), 0) FROM items) AS TEXT) WHERE key = 'seq'"
    )
