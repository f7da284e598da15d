"""Folders, tags and people, counted for completion."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue
from indexer.catalogue.database import connect
from indexer.catalogue.names import names
from indexer.model.items import Kind, RelPath, Stamp

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def fill(database: Path, rows: list[tuple[str, str, str]]) -> None:
    """Make a catalogue with an item a row: path, author, tags as JSON."""
    catalogue = Catalogue(database)
    with catalogue.writing():
        for number, (path, _, _) in enumerate(rows):
            catalogue.files.add(
                RelPath(path), Stamp(1, number, 1, number), Kind.TEXT, NOW, first_pass=True, priority=1
            )
    catalogue.close()
    connection = connect(database, readonly=False)
    connection.execute("BEGIN")
    connection.executemany(
        "UPDATE items SET author = ?, tags = ? WHERE path = ?",
        [(author, tags, path.encode("utf-8", "surrogatepass")) for path, author, tags in rows],
    )
    connection.execute("COMMIT")
    connection.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    fill(
        tmp_path / "catalogue.db",
        [
            ("Sales/EU/a.txt", "Mona", '["price", "duty"]'),
            ("Sales/b.txt", "Mona", '["price"]'),
            ("Purchasing/c.txt", "Ole", "[]"),
            ("Caf\udce9/d.txt", "", '["\\u00fcber"]'),
            ("top.txt", "", "[]"),
        ],
    )
    return tmp_path / "catalogue.db"


def test_most_frequent_first_then_by_spelling(database: Path) -> None:
    assert names(database, "folder") == ["Sales", "Caf\udce9", "Purchasing", "Sales/EU"]
    assert names(database, "tag") == ["price", "duty", "über"]
    assert names(database, "person") == ["Mona", "Ole"]


def test_what_was_removed_does_not_count(database: Path) -> None:
    catalogue = Catalogue(database)
    with catalogue.writing():
        catalogue.files.remove(
            [known.id for path, known in catalogue.files.known().items() if path.startswith("Sales")], NOW
        )
    catalogue.close()
    assert names(database, "folder") == ["Caf\udce9", "Purchasing"]
    assert names(database, "tag") == ["über"]
    assert names(database, "person") == ["Ole"]


def test_a_large_folder_is_counted_at_once(tmp_path: Path) -> None:
    rows = [
        (f"Department {n % 40}/{n % 700}/file {n}.txt", f"Person {n % 90}", f'["tag {n % 300}"]')
        for n in range(20_000)
    ]
    fill(tmp_path / "catalogue.db", rows)
    for field, count in (("folder", 1440), ("tag", 300), ("person", 90)):
        began = time.process_time()
        assert len(names(tmp_path / "catalogue.db", field)) == count
        assert time.process_time() - began < 0.5  # of computing: a busy machine is no failure
