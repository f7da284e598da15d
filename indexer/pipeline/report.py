"""What did a pass do?"""

from __future__ import annotations

from dataclasses import dataclass

from indexer.model.items import (
    RelPath,
)


@dataclass(frozen=True, slots=True)
class PassReport:
    """The result of one pass, counted in items."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    failed: int = 0
    held_back: int = 0
    """Vanished items that the removal guard keeps."""
    total: int = 0
    took_s: float = 0.0
    unreadable: frozenset[RelPath] = frozenset()
    """Directories that could not be read: what is below them is unknown, not gone."""
