"""One segment of a commit: its file, its numbers, and its removed documents."""

from __future__ import annotations

from typing import NamedTuple

EXTENSION = ".ixs"
INDEX_NAME = "MAIN"
"""Whoosh's name of an index, with which the names of its files begin."""


class Segment(NamedTuple):
    """A segment as a commit lists it."""

    filename: str
    docs: int = 0
    size: int = 0
    """Bytes of the file."""
    removed: frozenset[int] = frozenset()

    @staticmethod
    def new() -> Segment:
        """Return one whose file has a name that no other has."""
        import secrets  # only writers need it

        return Segment(f"{INDEX_NAME}_{secrets.token_hex(8)}{EXTENSION}")

    def doc_count(self) -> int:
        """Return the number of documents that are not removed."""
        return self.docs - len(self.removed)

    def encode(self) -> list[object]:
        """Return it as JSON has it."""
        return [self.filename, self.docs, self.size, sorted(self.removed)]

    @staticmethod
    def decode(said: list[object]) -> Segment:
        """Return what `encode` made; raise ValueError for anything else."""
        name, docs, size, removed = said
        if (
            not isinstance(name, str)
            or not name.startswith(INDEX_NAME)
            or not name.endswith(EXTENSION)
            or "/" in name
            or "\\" in name
        ):
            raise ValueError("not the name of a segment")
        if not isinstance(docs, int) or not isinstance(size, int) or not isinstance(removed, list):
            raise ValueError("not the numbers of a segment")
        return Segment(name, docs, size, frozenset(map(int, removed)))
