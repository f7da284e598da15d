"""What a reader is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One file: the very bytes whose digest the result is kept under."""

    path: Path
    name: str
    data: bytes
    text_limit: int
    """Characters of text worth keeping."""
