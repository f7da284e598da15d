"""On which file systems is the folder, and what can be relied on there?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from indexer.folder.ignore import is_ignored_directory
from indexer.model.items import RelPath

# No system reports what another machine, or the program behind the mount, changes on these.
_SILENT = frozenset(
    "9p afpfs afs ceph cifs coda davfs drvfs fuse glusterfs lustre ncpfs nfs nfs4 prl_fs smb3 smbfs vboxsf virtiofs webdav"
    " osxfuse macfuse".split()
)
_SILENT_PREFIX = "fuse."

# Times count in two seconds, or a program can set all of them back.
_COARSE = frozenset("exfat fat fat32 msdos vfat ntfs ntfs3 fuseblk hfs hfsplus".split())


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system that holds the folder, or a part of it."""

    path: RelPath
    """Where in the folder it begins; "" for the one that holds the folder itself."""
    kind: str
    """As the system names it, in lower case."""

    @property
    def is_silent(self) -> bool:
        """Whether it sends no events of changes made by others, so that it has to be polled."""
        return self.kind in _SILENT or self.kind.startswith(_SILENT_PREFIX)

    @property
    def stamps_may_lie(self) -> bool:
        """Whether a file may change and keep its size and all its times."""
        return sys.platform == "win32" or self.kind in _COARSE or self.is_silent


def mounts_of(folder: Path) -> list[Mount]:
    """Return the file systems of a folder, its own first."""
    real = os.path.realpath(folder)
    if sys.platform == "win32" and real.startswith("\\\\"):
        return [Mount(RelPath(""), "smbfs")]
    try:
        found = [
            (part.mountpoint, "smbfs" if "remote" in part.opts.split(",") else part.fstype.lower())
            for part in psutil.disk_partitions(all=True)
        ]
    except (OSError, psutil.Error):
        found = []
    return choose(real, found)


def choose(real: str, partitions: Iterable[tuple[str, str]]) -> list[Mount]:
    """Return the mount points (path and kind, later ones over earlier ones) that hold a folder or are in it."""
    own = ("", "")
    below: dict[RelPath, str] = {}
    for point, kind in partitions:
        if _lies_in(real, point):
            if len(point) >= len(own[0]):
                own = (point, kind)
        elif _lies_in(point, real):
            place = os.path.relpath(point, real).replace(os.sep, "/")
            if not any(map(is_ignored_directory, place.split("/"))):
                below[RelPath(place)] = kind
    return [Mount(RelPath(""), own[1]), *(Mount(path, kind) for path, kind in sorted(below.items()))]


def _lies_in(path: str, directory: str) -> bool:
    path, directory = os.path.normcase(path), os.path.normcase(directory)
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
