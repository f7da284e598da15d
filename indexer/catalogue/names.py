"""Which folders, tags and people are there? Asked while a person types."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from indexer.catalogue.database import Connection, connect, damaged
from indexer.errors import Damaged
from indexer.model.items import parent_of


def names(database: Path, field: str) -> list[str]:
    """Return the values of `field` (folder, tag or person) that live items have, most frequent first."""
    connection = connect(database, readonly=True)
    try:
        counts = {"folder": _folders, "tag": _tags, "person": _people}[field](connection)
    except (ValueError, TypeError, AttributeError) as error:
        raise Damaged(damaged("a name is not as it was written")) from error
    finally:
        connection.close()
    return sorted(counts, key=lambda name: (-counts[name], name))


def _folders(connection: Connection) -> Counter[str]:
    """Count the items in each folder and below it."""
    direct = _directories(connection, "SELECT path FROM items")  # an index holds all of it: no row is read
    direct.subtract(_directories(connection, "SELECT path FROM items WHERE removed IS NOT NULL"))
    counts: Counter[str] = Counter()
    for blob, count in direct.items():
        folder = blob.decode("utf-8", "surrogatepass") if count else ""
        while folder:
            counts[folder] += count
            folder = parent_of(folder)
    return counts


def _directories(connection: Connection, question: str) -> Counter[bytes]:
    return Counter([blob.rpartition(b"/")[0] for (blob,) in connection.execute(question)])


def _tags(connection: Connection) -> Counter[str]:
    rows = connection.execute(
        "SELECT tags, count(*) FROM items WHERE removed IS NULL AND tags != '[]' GROUP BY tags"
    )
    counts: Counter[str] = Counter()
    for text, count in rows:
        for tag in json.loads(text):
            counts[tag] += count
    return counts


def _people(connection: Connection) -> Counter[str]:
    rows = connection.execute(
        "SELECT author, count(*) FROM items WHERE removed IS NULL AND author != '' GROUP BY author"
    )
    return Counter(dict(rows.fetchall()))
