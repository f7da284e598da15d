"""What a reader is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One file: the very bytes whose digest the result is kept under."""

    path: Path
    """For what the name says; never to be opened."""
    name: str
    data: bytes
    text_limit: int
    """Characters of text worth keeping."""
    suffix: str = ""
    """The extension that name and content together call for."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted files."""
    recognised: Mapping[int, str] = field(default_factory=dict)
    """Texts that were recognised in pictures of pages, by page number counted from 1."""
    depth: int = 0
    """How many files this one lies in: an attachment has 1."""
