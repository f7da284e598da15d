"""How is Whoosh imported? Without its warnings, and without the HTTP client it would bring for one name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_CLIENT = "urllib.request"


@contextmanager
def without_ballast() -> Iterator[None]:
    """Have what is imported in this block find an empty HTTP client, unless the real one is there already.

    `whoosh.compat` imports `urlretrieve` and nobody uses it; with sockets, TLS and mail it is a sixth of a search.
    """
    empty = ModuleType(_CLIENT)
    empty.urlretrieve = None  # type: ignore[attr-defined]
    is_ours = sys.modules.setdefault(_CLIENT, empty) is empty
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Whoosh was written for an older Python
            yield
    finally:
        if is_ours:
            del sys.modules[_CLIENT]
