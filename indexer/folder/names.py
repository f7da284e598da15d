"""Which names are one to some systems, and how does Windows open long and odd ones?"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from indexer.model.items import RelPath
from indexer.model.names import name_key

_VERBATIM = "\\\\?\\"


def collisions(paths: Iterable[RelPath]) -> list[list[RelPath]]:
    """Return groups of paths that are one file on Windows or macOS, where sync clients rename or drop the others."""
    groups: dict[str, list[RelPath]] = {}
    for path in paths:
        groups.setdefault(name_key(path), []).append(path)
    return [sorted(group) for group in groups.values() if len(group) > 1]


def reach(path: Path) -> Path:
    r"""Return a path that opens whatever its names are: on Windows with `\\?\` before it.

    Without, Windows refuses paths beyond 260 characters, takes `aux.txt` for a device and drops a last dot or blank.
    """
    return Path(verbatim(str(path))) if sys.platform == "win32" else path


def verbatim(path: str) -> str:
    """Return an absolute path of Windows in the form that is taken literally."""
    if path.startswith((_VERBATIM, "\\\\.\\")):
        return path
    if path.startswith("\\\\"):
        return _VERBATIM + "UNC" + path[1:]
    return _VERBATIM + path
