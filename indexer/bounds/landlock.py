"""Which places may a process and all it starts reach? Enforced by the Linux kernel for all code.

Documentation/userspace-api/landlock.rst; uapi/linux/landlock.h. No reading, writing or starting outside; no TCP; if the
kernel is new enough, no abstract socket of others and no signal to others.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

from indexer.bounds import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_SOCKET = 1 << 9
_READ = _READ_FILE | _READ_DIR
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)
"""Rights that a rule on a file (not a directory) may name."""
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many of the rights on files each version has; later ones have as many as the fifth."""
_TCP = 3
"""Binding and connecting."""
_SCOPED = 3
"""Abstract sockets, and signals, of processes that are not restricted with this one."""
SIGNALS_SINCE = 6
"""The first version that confines signals."""


def abi() -> int:
    """Return the version of Landlock that the kernel offers; 0 if it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return max(0, kernel.syscall(_CREATE_RULESET, None, 0, 1))
    except (OSError, AttributeError):
        return 0


def restrict(
    readable: Iterable[str],
    writable: str,
    startable: Iterable[str],
    sockets: Iterable[str] = (),
    *,
    may_connect: bool = False,
) -> int:
    """Give up, for good, everything but reading, writing and starting files at or below places.

    In `writable` everything but starting is allowed; in `sockets` local sockets may be made. TCP is given up, too, unless it
    `may_connect`. Returns the version in force; 0 if there is none, or if an odd kernel refuses it.
    """
    version = abi()
    if not version:
        return 0
    handled = (1 << _RIGHTS_BY_ABI.get(version, 16)) - 1
    attributes = struct.pack("=QQQ", handled, 0 if may_connect else _TCP, _SCOPED)
    size = 8 if version < 4 else 16 if version < SIGNALS_SINCE else 24
    try:
        ruleset = kernel.syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), size, 0)
        try:
            for place in readable:
                _allow(ruleset, place, _READ)
            for place in startable:
                _allow(ruleset, place, _READ | _EXECUTE)
            _allow(ruleset, writable, handled & ~_EXECUTE)
            for place in sockets:
                _allow(ruleset, place, _MAKE_SOCKET)
            _allow(ruleset, os.devnull, _READ_FILE | _WRITE_FILE)
            kernel.gain_nothing()
            kernel.syscall(_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError:
        return 0
    return version


def _allow(ruleset: int, place: str, rights: int) -> None:
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # does not exist
    try:
        rights &= -1 if os.path.isdir(place) else _FILE_ONLY
        rule = struct.pack("=Qi", rights, descriptor)
        kernel.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)
