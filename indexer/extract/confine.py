"""What a reading process may still do: read what it needs, write in its scratch directory, and nothing else.

Two layers. Everywhere an audit hook (PEP 578), which sees what Python code does: files, programs, connections. On Linux
also Landlock, which the kernel holds against every code (Documentation/userspace-api/landlock.rst; uapi/linux/landlock.h):
no writing outside, no reading outside, no TCP connection.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from indexer.extract import locations
from indexer.extract.programs import own_places

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_SOCKET = 1 << 9
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14) | (1 << 15)
"""Rights that a rule on a file (not a directory) may name."""
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many of the rights on files each version knows; later ones know as many as the fifth."""
_TCP = 3
"""Binding and connecting."""

_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/opt", "/etc", "/System", "/Library", "/proc",
           "/var/lib/libreoffice", "/var/spool/libreoffice", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/nix", "/gnu")  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CONNECTING = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
                         "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"})  # fmt: skip
_CHANGING = frozenset({"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod",
                       "os.chown", "os.truncate", "os.utime", "os.setxattr", "os.removexattr", "shutil.rmtree",
                       "shutil.move", "shutil.copyfile", "shutil.copytree"})  # fmt: skip
_STARTING = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile",
                       "os.startfile/2", "pty.spawn"})  # fmt: skip


def confine(folder: Path, scratch: Path, programs: Collection[Path]) -> None:
    """Give up, for good, all this process does not need to read files of `folder`.

    Afterwards it writes below `scratch` only, starts only `programs`, opens no connection, and reads only `folder`,
    `scratch`, Python and the system's own places, as far as the platform can hold it to that. Never raises.
    """
    sys.dont_write_bytecode = True
    readable = _readable(folder, scratch, programs)
    _landlock(readable, scratch, programs)
    sys.addaudithook(_make_hook(readable, scratch, programs))


def landlock_abi() -> int:
    """Return the version of Landlock that the kernel offers; 0 where it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return max(0, int(_syscall(_CREATE_RULESET, None, 0, 1)))
    except (OSError, AttributeError):
        return 0


def _readable(folder: Path, scratch: Path, programs: Collection[Path]) -> tuple[str, ...]:
    """Return the places that may be read: real paths, each with what lies below."""
    places: list[str | Path] = [
        folder,
        scratch,
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        *filter(None, sys.path),
        *_SYSTEM,
    ]
    places += [
        os.environ[name] for name in ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)") if name in os.environ
    ]
    for program in programs:
        places += own_places(program)
    given = {locations.real(place) for place in places}
    roots = {place for place in given if place == os.path.dirname(place)} - {locations.real(folder)}  # noqa: PTH120
    return tuple(sorted(given - roots))


# --- the hook -------------------------------------------------------------------------------------


def _make_hook(readable: tuple[str, ...], scratch: Path, programs: Collection[Path]):  # type: ignore[no-untyped-def]
    writable = (locations.real(scratch),)
    startable = {locations.real(program) for program in programs}
    nothing = {os.path.normcase(os.devnull)}
    real, is_below, forbid = (
        locations.real,
        locations.is_below,
        _forbid,
    )  # names of the module may be gone when the process ends

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int) or path is None:
                return
            writes = (
                any(c in mode for c in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITING)
            )
            if os.path.normcase(os.fsdecode(path)) in nothing:
                return
            if not is_below(real(path), writable if writes else readable):
                forbid("write" if writes else "read", path)
        elif event in _CONNECTING:
            forbid("connect", arguments[-1])
        elif event in _CHANGING:
            if isinstance(arguments[0], int) or not is_below(real(arguments[0]), writable):
                forbid("change", arguments[0])
        elif event in _STARTING and (not arguments[0] or real(arguments[0]) not in startable):
            forbid("start", arguments[0])

    return hook


def _forbid(what: str, path: object) -> None:
    raise PermissionError(f"a reader may not {what} {path!r}")


# --- Landlock -------------------------------------------------------------------------------------


def _landlock(readable: tuple[str, ...], scratch: Path, programs: Collection[Path]) -> None:
    abi = landlock_abi()
    if not abi:
        return
    handled = (1 << _RIGHTS_BY_ABI.get(abi, 16)) - 1
    attributes = struct.pack("=QQ", handled, _TCP) if abi >= 4 else struct.pack("=Q", handled)
    try:
        ruleset = int(_syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), len(attributes), 0))
        for place in readable:
            _allow(ruleset, place, _READ & handled)
        _allow(ruleset, os.path.realpath(scratch), handled)
        if any(program.stem == "soffice" for program in programs):
            _allow(ruleset, "/tmp", _MAKE_SOCKET)  # noqa: S108 - LibreOffice insists on a socket there
        _allow(ruleset, os.devnull, (_READ_FILE | _WRITE_FILE) & handled)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            _syscall(_RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)
    except OSError:
        return  # an odd kernel: the hook and the limits stay


def _allow(ruleset: int, place: str, rights: int) -> None:
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there
    try:
        rights &= -1 if os.path.isdir(place) else _FILE_ONLY  # noqa: PTH112 - a plain string is at hand
        rule = struct.pack("=Qi", rights, descriptor)
        _syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)


def _syscall(number: int, *arguments: Any) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
