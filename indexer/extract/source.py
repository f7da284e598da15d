"""What is a reader given?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Origin(NamedTuple):
    """Where a fetched file came from."""

    address: str
    charset: str = ""
    """The encoding, as the server named it; empty if it named none."""
    suffix: str = "html"
    """The extension for what the server said it is; its content may say otherwise."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: exactly the bytes whose digest is the key of the result."""

    path: Path
    """For information only; never to be opened."""
    name: str
    data: bytes
    text_limit: int
    """The most characters of text that are kept."""
    suffix: str = ""
    """The extension to read the file as, from name and content."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted files."""
    recognised: Mapping[int, str] = field(default_factory=dict)
    """Texts recognised in pictures of pages, by page number counted from 1."""
    depth: int = 0
    """How many files this one lies in: an attachment has 1."""
    origin: Origin | None = None
    """None: it is a file of the folder, not fetched."""
