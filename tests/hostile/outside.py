"""Readers from outside for tests: installed as a package next to ours (docs/readers.md)."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from indexer.extract import kinds

READERS = Path(__file__).with_name("planted.py")


def install(directory: Path, *names: str) -> str:
    """Make the functions of `planted.py` readers of the extensions of their names; return what `sys.path` needs."""
    facts = directory / "planted-1.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1\n")
    lines = [f"{name} = planted:{name}\n" for name in names]
    (facts / "entry_points.txt").write_text("[indexer.readers]\n" + "".join(lines))
    (directory / "planted.py").write_bytes(READERS.read_bytes())
    return str(directory)


def install_here(monkeypatch: pytest.MonkeyPatch, directory: Path, *names: str) -> None:
    """Have the reading processes of this one use them."""
    monkeypatch.setattr(sys, "path", [*sys.path, install(directory, *names)])
    monkeypatch.setattr(kinds, "outside", cache(kinds.outside.__wrapped__))  # others may have looked before
