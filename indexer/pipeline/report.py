"""What a pass did."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.model.items import (
    RelPath,
)


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass did, counted in items."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    failed: int = 0
    held_back: int = 0
    """Items that vanished and that the removal guard keeps."""
    total: int = 0
    took_s: float = 0.0
    unreadable: frozenset[RelPath] = frozenset()
    """Directories of which nothing can be said: what lies below is unknown, not gone."""
