"""A file system that fails as a drive, a share or a network does: what lies in another directory, with faults on demand.

    python -m tests.faults.faulty BACKING MOUNT CONTROL [fold]

shows BACKING at MOUNT until it is unmounted, or until SIGTERM; with `fold` names are found in any case and form of
accents, and kept as they were given, as on Windows and macOS. CONTROL is a file of JSON, read again when it changes:

    {"seed": 1, "faults": [{"below": "Sales", "on": ["readdir", "getattr"], "errno": "EIO"}]}

Each fault has these keys, all but `on` with a default:

    on       names of operations: getattr, readdir, open, read, create, write, rename, unlink, mkdir, rmdir, statfs
    below    the path of a file or directory, with all that is in it; "" for everything (the default)
    at       that path alone; "" for the top directory alone
    errno    the error's name (EIO, ESTALE, EACCES, …); null: it is done all the same, only later
    share    how many of the calls fail, drawn with `seed`: 1.0 for all (the default)
    every    of a path's calls the first fails and every so many-th after it; of reading, a file that is opened is one call
    delay_s  how long the call takes before that; it ends early if CONTROL changes

Needs libfuse 3 (Debian: `fuse3`, `libfuse3-3`) and `mfusepy` from PyPI. Nothing is cached by the kernel.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import random
import stat
import subprocess
import sys
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PARENT_S = 0.2
_ENDED_BY_SIGNAL = 8
"""What libfuse returns then."""
_CHECK_S = 0.05
_TIMES = ("st_atime", "st_mtime", "st_ctime")
_ATTRIBUTES = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino", "st_blocks", "st_rdev")


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the control file."""

    on: frozenset[str]
    below: str | None
    at: str | None
    errno: int
    share: float
    every: int
    delay_s: float

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Fault:
        """Take a fault out of the control file; raise KeyError or AttributeError for what is no fault."""
        name = raw.get("errno", "EIO")
        return cls(
            on=frozenset(raw["on"]),
            below=None if "at" in raw else raw.get("below", ""),
            at=raw.get("at"),
            errno=getattr(errno, name) if name else 0,
            share=raw.get("share", 1.0),
            every=raw.get("every", 1),
            delay_s=raw.get("delay_s", 0.0),
        )

    def concerns(self, operation: str, path: str) -> bool:
        """Tell whether a call is one of those meant."""
        if operation not in self.on:
            return False
        if self.below is None:
            return path == self.at
        return not self.below or path == self.below or path.startswith(f"{self.below}/")


@dataclass(slots=True)
class Control:
    """The faults that are on, and the calls that they count."""

    path: Path
    _seen: tuple[int, int, int] = (0, 0, 0)
    _faults: tuple[Fault, ...] = ()
    _random: random.Random = field(default_factory=random.Random)
    _counts: Counter[tuple[Fault, str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, operation: str, path: str) -> None:
        """Let a call take as long as it is to take, and raise OSError if it is to fail."""
        for fault in self._met(operation, path):
            self._wait(fault.delay_s)
            if fault.errno:
                raise OSError(fault.errno, os.strerror(fault.errno))

    def _met(self, operation: str, path: str) -> list[Fault]:
        with self._lock:
            self._refresh()
            return [fault for fault in self._faults if self._strikes(fault, operation, path)]

    def _strikes(self, fault: Fault, operation: str, path: str) -> bool:
        if not fault.concerns(operation, path):
            return False
        count = self._counts[fault, operation, path]
        self._counts[fault, operation, path] += 1
        return count % fault.every == 0 and (fault.share >= 1 or self._random.random() < fault.share)

    def _refresh(self) -> None:
        found = self._stat()
        if found == self._seen:
            return
        control = json.loads(self.path.read_text("utf-8"))
        self._seen = found
        self._faults = tuple(map(Fault.read, control.get("faults", ())))
        self._random = random.Random(control.get("seed", 0))
        self._counts.clear()

    def _stat(self) -> tuple[int, int, int]:
        status = self.path.stat()
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _wait(self, seconds: float) -> None:
        seen, until = self._seen, time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self._stat() == seen:
            time.sleep(min(_CHECK_S, left))


class FaultyFiles:
    """The operations of the file system, as mfusepy calls them."""

    use_ns = True

    def __init__(self, backing: Path, control: Control) -> None:
        self._backing = backing
        self._control = control
        self._failing: dict[int, OSError] = {}
        """Open files whose reads fail."""

    def _real(self, path: str, operation: str = "") -> Path:
        """Return what stands behind a path, once the call has met its faults."""
        self._control.meet(operation, path[1:])
        return self._backing / path[1:]

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """Return what is known of a file or directory."""
        status = self._real(path, "getattr").lstat()
        found = {name: getattr(status, name) for name in _ATTRIBUTES}
        return {**found, **{name: getattr(status, f"{name}_ns") for name in _TIMES}}

    def readdir(self, path: str, fh: int) -> Iterator[tuple[str, dict[str, int], int]]:
        """Return names with their sort and number."""
        with os.scandir(self._real(path, "readdir")) as entries:
            found = [(e.name, e.stat(follow_symlinks=False).st_mode, e.inode()) for e in entries]
        own = (self._backing / path[1:]).lstat()
        found += [(name, own.st_mode, own.st_ino) for name in (".", "..")]
        return iter([(name, {"st_mode": stat.S_IFMT(mode), "st_ino": ino}, 0) for name, mode, ino in found])

    def readlink(self, path: str) -> str:
        """Return where a link points."""
        return os.fspath(self._real(path).readlink())

    def open(self, path: str, flags: int) -> int:
        """Open a file; whether its reads fail is drawn here."""
        handle = os.open(self._real(path, "open"), flags & ~os.O_CREAT)
        if flags & os.O_ACCMODE != os.O_WRONLY:
            try:
                self._control.meet("read", path[1:])
            except OSError as error:
                self._failing[handle] = error
        return handle

    def create(self, path: str, mode: int, flags: int) -> int:
        """Make a file and open it."""
        return os.open(self._real(path, "create"), flags | os.O_CREAT, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Return bytes of an open file."""
        if error := self._failing.get(fh):
            raise OSError(error.errno, error.strerror)
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Put bytes into an open file."""
        self._control.meet("write", path[1:])
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Set the length of a file."""
        os.truncate(self._real(path, "write") if fh is None else fh, length)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """See that a file is on the disk."""
        os.fsync(fh)
        return 0

    def release(self, path: str, fh: int) -> int:
        """Close a file."""
        self._failing.pop(fh, None)
        os.close(fh)
        return 0

    def rename(self, old: str, new: str) -> int:
        """Move a file or directory."""
        self._real(old, "rename").replace(self._real(new, "rename"))
        return 0

    def unlink(self, path: str) -> int:
        """Delete a file."""
        self._real(path, "unlink").unlink()
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        """Make a directory."""
        self._real(path, "mkdir").mkdir(mode)
        return 0

    def rmdir(self, path: str) -> int:
        """Delete a directory."""
        self._real(path, "rmdir").rmdir()
        return 0

    def symlink(self, target: str, source: str) -> int:
        """Make a link."""
        self._real(target).symlink_to(source)
        return 0

    def link(self, target: str, source: str) -> int:
        """Give a file a second name."""
        self._real(target).hardlink_to(self._real(source))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Change who may do what."""
        self._real(path).chmod(mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Change whose it is."""
        os.chown(self._real(path), uid, gid, follow_symlinks=False)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Change times, given in ns."""
        if times is None:
            os.utime(self._real(path), follow_symlinks=False)
        else:
            os.utime(self._real(path), ns=times, follow_symlinks=False)
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        """Say how much room there is."""
        status = os.statvfs(self._real(path, "statfs"))
        return {
            name: getattr(status, name) for name in dir(status) if name.startswith("f_") and name != "f_fsid"
        }


class FoldingFiles(FaultyFiles):
    """The same if names are found in any case, and accents in either form."""

    def _real(self, path: str, operation: str = "") -> Path:
        self._control.meet(operation, path[1:])
        real = self._backing
        for name in filter(None, path.split("/")):
            real = self._found(real, name)
        return real

    def rename(self, old: str, new: str) -> int:
        """Move a file or directory; to another spelling of its own name, too."""
        source, target = self._real(old, "rename"), self._real(new, "rename")
        source.replace(target.with_name(new.rpartition("/")[2]) if source == target else target)
        return 0

    @staticmethod
    def _found(directory: Path, name: str) -> Path:
        if not (directory / name).exists() and directory.is_dir():
            for other in directory.iterdir():
                if _folded(other.name) == _folded(name):
                    return other
        return directory / name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def end_with_parent(mount: str) -> None:
    """Have this process, and its mount, end with the one that started it, also if a call is held up."""
    parent = os.getppid()

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_S)
        unmount(Path(mount))
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def unmount(place: Path) -> None:
    """Take a mount away, in use or not, whoever may do it."""
    for words in (["umount", "-l"], ["fusermount3", "-u", "-z"]):
        if subprocess.run([*words, place], capture_output=True).returncode == 0:
            return


def main(backing: str, mount: str, control: str, names: str = "") -> None:
    """Show `backing` at `mount` until it is unmounted."""
    end_with_parent(mount)
    mfusepy: Any = importlib.import_module("mfusepy")
    kind = FoldingFiles if names == "fold" else FaultyFiles
    files = kind(Path(backing).absolute(), Control(Path(control).absolute()))
    try:
        mfusepy.FUSE(
            files,
            mount,
            foreground=True,
            fsname="faulty",
            use_ino=True,
            direct_io=True,  # each read of a program is one of ours
            attr_timeout=0,
            entry_timeout=0,
            negative_timeout=0,
        )
    except RuntimeError as error:
        if error.args != (_ENDED_BY_SIGNAL,):
            raise


if __name__ == "__main__":
    main(*sys.argv[1:])
