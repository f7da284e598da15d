"""The door to the catalogue: one database, and what it is asked by its parts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.catalogue.database import connect, damaged
from indexer.catalogue.facts import Facts
from indexer.catalogue.items import Items
from indexer.catalogue.log import Log
from indexer.catalogue.schema import CHECKED, IS_ID, SCHEMA
from indexer.catalogue.texts import Texts
from indexer.errors import Damaged

if TYPE_CHECKING:
    from indexer.catalogue.attachments import Attachments
    from indexer.catalogue.failures import Failures
    from indexer.catalogue.files import Files
    from indexer.catalogue.links import Links
    from indexer.catalogue.pictures import Pictures
    from indexer.catalogue.problems import Problems
    from indexer.catalogue.queue import Queue
    from indexer.catalogue.readings import Readings
    from indexer.catalogue.team import Team

_UNTOLD = (
    ("an item has a number that was never given", "SELECT 1 FROM items WHERE seq > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'), 0)"),
    ("an item has lost its text", "SELECT 1 FROM items WHERE text_key IS NOT NULL AND text_key NOT IN (SELECT key FROM texts)"),
    ("an item has lost its file", "SELECT 1 FROM items WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM items)"),
    ("an item has an id that is none", f"SELECT 1 FROM items WHERE NOT ({IS_ID})"),
    ("a table is not as it was made", f"SELECT 1 FROM meta WHERE key = 'schema' AND value NOT LIKE '% ' || ({SCHEMA})"),
)  # fmt: skip
"""What can't be, though each row is as it was written: a later part is lost, or an earlier one came back."""


class Catalogue:
    """The memory of one folder's state. One process writes; any number read.

    Parts that a search doesn't ask are imported when they are asked first.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Open or make the database; raise StateError if it is damaged or of another version."""
        self._path = path
        self._db = db = connect(path, readonly=readonly)
        self.facts = Facts(db)
        self.items = Items(db)
        self.log = Log(db, self.facts, self.items)
        self.texts = Texts(db)

    @cached_property
    def problems(self) -> Problems:
        """What a person has to put right."""
        from indexer.catalogue.problems import Problems

        return Problems(self._db)

    @cached_property
    def pictures(self) -> Pictures:
        """The pages that are pictures."""
        from indexer.catalogue.pictures import Pictures

        return Pictures(self._db)

    @cached_property
    def failures(self) -> Failures:
        """What could not be read."""
        from indexer.catalogue.failures import Failures

        return Failures(self._db)

    @cached_property
    def files(self) -> Files:
        """The files of the folder as looks note them."""
        from indexer.catalogue.files import Files

        return Files(self._db, self.log, self.texts, self.failures, self.pictures, self.links)

    @cached_property
    def queue(self) -> Queue:
        """Which files are to be read."""
        from indexer.catalogue.queue import Queue

        return Queue(self._db, self.facts)

    @cached_property
    def links(self) -> Links:
        """The pages behind links."""
        from indexer.catalogue.links import Links

        return Links(self._db, self.log, self.texts)

    @cached_property
    def attachments(self) -> Attachments:
        """What notes, marks and answers belong to."""
        from indexer.catalogue.attachments import Attachments

        return Attachments(self._db, self.log)

    @cached_property
    def team(self) -> Team:
        """What was found out for the team."""
        from indexer.catalogue.team import Team

        return Team(self._db, self.items)

    @cached_property
    def readings(self) -> Readings:
        """What reading files gives."""
        from indexer.catalogue.readings import Readings

        return Readings(
            self._db,
            self.facts,
            self.log,
            self.files,
            self.queue,
            self.texts,
            self.pictures,
            self.failures,
            self.links,
        )

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def writing(self) -> AbstractContextManager[None]:
        """Make everything done inside one transaction; nested use joins the outer one."""
        return self._db.writing()

    def check(self) -> None:
        """Raise Damaged if what lies on the disk is not as it was written: reads all of it."""
        if not self._path.exists():
            raise Damaged(damaged("it is missing"))
        db = connect(self._path, readonly=True)
        try:
            found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise Damaged(damaged(" ".join(str(found).split())[:100]))
            rows = [
                (f"a row of its {table}", f"SELECT 1 FROM {table} WHERE checked IS NOT checksum({columns})")
                for table, columns in CHECKED.items()
            ]
            for what, query in [*rows, *_UNTOLD]:
                if db.execute(query + " LIMIT 1").fetchone():
                    raise Damaged(damaged(what))
        finally:
            db.close()

    def flush(self) -> None:
        """Write the journal back and empty it: nothing that was forgotten stays in it."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
