"""What is wrong, for as long as whoever met it says so: `indexer status` tells it."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.catalogue.database import Connection
from indexer.catalogue.records import checked
from indexer.catalogue.schema import CHECKED
from indexer.model.readings import clean

_ROW = CHECKED["problems"] + ", checked"
_WHAT = CHECKED["problems"].split(", ").index("what")


class Problems:
    """Lines of text, by who met them: a part of the program, or (`of_daemon`) of the daemon while it runs."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def tell(self, who: str, what: Iterable[str], *, of_daemon: bool = False) -> None:
        """Have these lines, or none, take the place of those that `who` told before."""
        with self._db.writing():
            self._db.execute("DELETE FROM problems WHERE of_daemon = ? AND who = ?", (of_daemon, who))
            self._db.executemany(
                "INSERT INTO problems (of_daemon, who, number, what) VALUES (?, ?, ?, ?)",
                [(of_daemon, who, number, line) for number, line in enumerate(_lines(what))],
            )

    def are_told(self, who: str, what: Iterable[str], *, of_daemon: bool = False) -> bool:
        """Tell whether these are the very lines that `who` told last."""
        rows = self._db.execute(
            f"SELECT {_ROW} FROM problems WHERE of_daemon = ? AND who = ? ORDER BY number", (of_daemon, who)
        )
        return [checked(row)[_WHAT] for row in rows] == _lines(what)

    def told(self, *, of_daemon: bool) -> list[str]:
        """Return all lines; what a daemon met comes first, and only if `of_daemon`."""
        rows = self._db.execute(
            f"SELECT {_ROW} FROM problems WHERE ? OR NOT of_daemon ORDER BY of_daemon DESC, who, number",
            (of_daemon,),
        )
        return [checked(row)[_WHAT] for row in rows]

    def clear(self, prefix: str) -> None:
        """Forget what was told by those whose names begin with `prefix`."""
        with self._db.writing():
            self._db.execute(
                "DELETE FROM problems WHERE NOT of_daemon AND substr(who, 1, ?) = ?", (len(prefix), prefix)
            )

    def clear_of_daemon(self) -> None:
        """Forget what an earlier daemon met."""
        self._db.execute("DELETE FROM problems WHERE of_daemon")


def _lines(what: Iterable[str]) -> list[str]:
    return [line for text in what for line in clean(text).split("\n") if line]
