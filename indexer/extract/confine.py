"""What a reading process may still do: read what it needs, write in its scratch directory, and nothing else.

Three layers. Everywhere an audit hook asks what Python code does (`hook`). On Linux the kernel holds every code and every
helper program to their places (`landlock`) and refuses calls that reading needs not (`seccomp`).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from indexer.extract import kernel, landlock, locations, programs, seccomp
from indexer.extract.hook import Rules

_SYSTEM = (
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/nix", "/gnu", "/System", "/Library",
    "/var/lib/libreoffice", "/var/spool/libreoffice", "/var/cache/fontconfig", "/dev/zero", "/dev/urandom", "/dev/random",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/filesystems", "/proc/sys", "/sys/devices/system/cpu",
    *(f"/etc/{name}" for name in (
        "alternatives", "catdocrc", "fonts", "group", "ld.so.cache", "libreoffice", "locale.alias", "localtime", "mime.types",
        "nsswitch.conf", "passwd", "timezone")),
)  # fmt: skip
"""What programs and libraries look at. Nothing of it is a person's."""
_WINDOWS = ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432")


def confine(folder: Path, scratch: Path, helpers: Collection[Path]) -> None:
    """Give up, for good, all this process does not need to read files of `folder`.

    Afterwards it writes below `scratch` only, starts only `helpers`, opens no connection, signals nobody but them, and
    reads only `folder`, `scratch`, Python, what helpers need, and the system's own places, as far as the platform can
    hold it to that. Never raises. Threads that run already are not held by all of it.
    """
    sys.dont_write_bytecode = True
    libraries = _places([sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *_SYSTEM, *_of_windows()])
    needed = _places(place for helper in helpers for place in programs.own_places(helper))
    readable = (*libraries, *needed, locations.real(scratch), locations.real(folder))
    startable = {place for helper in helpers for place in programs.started_by(helper)}
    if sys.platform == "linux":
        office = any(helper.stem == "soffice" for helper in helpers)
        sockets = ["/tmp"] if office else []  # noqa: S108 - LibreOffice insists on a socket there
        version = landlock.restrict(readable, locations.real(scratch), startable, sockets)
        with contextlib.suppress(OSError):  # a kernel without filters: the other layers stay
            kernel.keep_orphans()
            seccomp.restrict(sockets=office, signals=version >= landlock.SIGNALS_SINCE)
    rules = Rules(
        readable,
        (locations.real(scratch),),
        (*libraries, *needed),
        frozenset(map(locations.real, helpers)),
        programs.running,
    )
    sys.addaudithook(rules.ask)


def _of_windows() -> list[str]:
    return [os.environ[name] for name in _WINDOWS if name in os.environ]


def _places(places: Iterable[str | Path]) -> tuple[str, ...]:
    """Return where they lead. None is a whole drive."""
    found = {locations.real(place) for place in places if place}
    return tuple(sorted(place for place in found if place != os.path.dirname(place)))
