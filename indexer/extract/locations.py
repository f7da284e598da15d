"""Is a path below a place? However each is spelled: verbatim, relative, through links, in another case."""

from __future__ import annotations

import ntpath
import os
from collections.abc import Iterable
from types import ModuleType

_VERBATIM, _VERBATIM_SHARE = "\\\\?\\", "\\\\?\\unc\\"


def real(path: str | bytes | os.PathLike[str]) -> str:
    """Return the target of `path`, in the form in which paths are compared."""
    return plain(os.path.realpath(os.fsdecode(path)))


def plain(path: str, flavour: ModuleType = os.path) -> str:
    """Return an absolute path in the form in which paths of its platform are compared.

    `flavour` is `ntpath` or `posixpath`. A verbatim path of Windows (`\\\\?\\C:\\…`, `\\\\?\\UNC\\server\\share\\…`) becomes
    a plain one; other paths to devices stay as they are, and are below no place.
    """
    folded: str = flavour.normcase(path)
    if flavour is ntpath:
        if folded.startswith(_VERBATIM_SHARE):
            folded = "\\\\" + folded[len(_VERBATIM_SHARE) :]
        elif folded.startswith(_VERBATIM) and folded[5:7] == ":\\":
            folded = folded[len(_VERBATIM) :]
    normal: str = flavour.normpath(folded)
    return normal


def is_below(path: str, places: Iterable[str], flavour: ModuleType = os.path) -> bool:
    """Tell whether `path` is one of `places` or below one; all in the form of `plain`."""
    return any(path == place or path.startswith(place.rstrip(flavour.sep) + flavour.sep) for place in places)
