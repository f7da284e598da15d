"""What may a reading process do? Read what it needs, write in its scratch directory, and nothing else.

Three layers. On every system an audit hook checks what Python code does (`hook`). On Linux the kernel restricts all code
and helper programs to their places (`landlock`) and refuses system calls that reading doesn't need (`seccomp`).
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from indexer.bounds import kernel, landlock, seccomp
from indexer.extract import locations, programs
from indexer.extract.hook import Rules

_SYSTEM = (
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/nix", "/gnu", "/System", "/Library",
    "/var/lib/libreoffice", "/var/spool/libreoffice", "/var/cache/fontconfig", "/dev/zero", "/dev/urandom", "/dev/random",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/filesystems", "/proc/sys", "/sys/devices/system/cpu",
    *(f"/etc/{name}" for name in (
        "alternatives", "catdocrc", "fonts", "group", "ld.so.cache", "libreoffice", "locale.alias", "localtime", "mime.types",
        "nsswitch.conf", "passwd", "timezone")),
)  # fmt: skip
"""What programs and libraries read. None of it is personal."""
_WINDOWS = ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432")


def confine(folder: Path, scratch: Path, helpers: Collection[Path]) -> None:
    """Give up, for good, everything this process doesn't need to read files of `folder`.

    Afterwards it writes only below `scratch`, starts and signals only `helpers`, opens no connection, and reads only
    `folder`, `scratch`, Python, what helpers need, and the system's own places, as far as the platform can enforce
    that. Never raises. Threads that already run are not bound by all of it.
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
        with contextlib.suppress(OSError):  # a kernel without filters: the other layers remain
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
    """Return the real paths, without whole drives."""
    found = {locations.real(place) for place in places if place}
    return tuple(sorted(place for place in found if place != os.path.dirname(place)))
