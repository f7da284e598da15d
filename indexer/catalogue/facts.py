"""Small things remembered under a name. Who owns a fact declares it once, with its type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from indexer.catalogue.database import Connection, damaged
from indexer.catalogue.records import checked, digest_of
from indexer.errors import Damaged
from indexer.model.readings import clean

T = TypeVar("T")


class Fact(Generic[T]):
    """The name of something remembered, and what it is as a value."""

    def __init__(self, key: str, default: T, read: Callable[[str], T], write: Callable[[T], str]) -> None:
        """Declare it; `default` is what it is while nothing was remembered, or an empty text."""
        self.key, self.default, self.read, self.write = key, default, read, write


def text(key: str) -> Fact[str]:
    """Declare a text; empty at first."""
    return Fact(key, "", str, str)


def number(key: str) -> Fact[int]:
    """Declare a whole number; 0 at first."""
    return Fact(key, 0, int, str)


def number_or_none(key: str) -> Fact[int | None]:
    """Declare a whole number; None at first."""
    return Fact(key, None, int, lambda value: "" if value is None else str(value))


def flag(key: str) -> Fact[bool]:
    """Declare something that is so or not; not so at first."""
    return Fact(key, False, bool, lambda value: "1" if value else "")


def moment(key: str) -> Fact[datetime | None]:
    """Declare a time; None at first."""
    return Fact(key, None, datetime.fromisoformat, lambda value: value.isoformat() if value else "")


def lines(key: str) -> Fact[tuple[str, ...]]:
    """Declare lines of text; none at first."""
    return Fact(key, (), lambda value: tuple(filter(None, value.split("\n"))), "\n".join)


EPOCH = text("epoch")
"""The name of the log, made with the database."""


class Facts:
    """What is remembered of facts."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, fact: Fact[T]) -> T:
        """Return what is remembered; raise Damaged if it is not as it was written."""
        row = self._db.execute("SELECT key, value, checked FROM meta WHERE key = ?", (fact.key,)).fetchone()
        value = str(checked(row)[1]) if row else ""
        if not value:
            return fact.default
        try:
            return fact.read(value)
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(damaged(f"the fact {fact.key!r} can't be read")) from error

    def set(self, fact: Fact[T], value: T) -> None:
        """Remember this value."""
        self._db.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (fact.key, clean(fact.write(value)))
        )

    def is_news(self, fact: Fact[str], *parts: str) -> bool:
        """Tell whether `parts` differ from those noted in `fact`, which keeps only a digest of them; note them."""
        digest = digest_of(self.get(EPOCH), *parts)
        before = self.get(fact)
        if before != digest:
            self.set(fact, digest)
        return before not in ("", digest)
