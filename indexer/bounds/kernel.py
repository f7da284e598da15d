"""System calls of Linux that Python lacks."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_NO_NEW_PRIVS, _CHILD_SUBREAPER = 38, 36


def syscall(number: int, *arguments: Any) -> int:
    """Return the result of a system call; raise OSError if it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def gain_nothing() -> None:
    """Let no started program get more rights than this process; restrictions require this."""
    _prctl(_NO_NEW_PRIVS)


def keep_orphans() -> None:
    """Make orphaned processes children of this one, so that its parent sees them."""
    _prctl(_CHILD_SUBREAPER)


def _prctl(option: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
