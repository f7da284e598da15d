"""How is a file in the folder opened? Without following a link or waiting; regular files only, up to a size.

Whoever may write into the folder may replace a file by a link, a FIFO or a device at any moment. So every step from the
folder downwards is opened separately, relative to the directory opened before (`openat`, POSIX), and all questions are put
to what was opened. Without `openat` (Windows, and reading processes, whose audit hook sees names only), each step is
checked before and after, and what was opened is compared with what was seen.

Reparse tags: Windows SDK, `ntifs.h`; `IsReparseTagNameSurrogate` is bit 29.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_WINDOWS = sys.platform == "win32"
_HAS_DESCRIPTORS = not _WINDOWS
_READING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)
_CREATING = (_READING & ~getattr(os, "O_NONBLOCK", 0)) | os.O_WRONLY | os.O_CREAT | os.O_EXCL
_LISTING = _READING | getattr(os, "O_DIRECTORY", 0)
MOST_DEEP = 128
"""Nobody nests directories deeper; all directories above one stay open while it is used."""
_BLOCK = 1 << 20
_TRIES = 3

_SURROGATE = 1 << 29
_SPECIAL = frozenset({0x80000023, 0x80000024, 0x80000025, 0x80000026, 0x8000001B})
"""Sockets, FIFOs and devices of Linux on Windows, and aliases of programs."""
_ELSEWHERE = (errno.ELOOP, errno.ENOTDIR, getattr(errno, "EMLINK", errno.ELOOP))

# File attributes of Windows and the flag of macOS that mean: the content is in the cloud.
_RECALL_ON_DATA_ACCESS, _RECALL_ON_OPEN, _OFFLINE = 0x400000, 0x40000, 0x1000
_SF_DATALESS = 0x40000000
# And those that mean: people don't see it.
_HIDDEN, _SYSTEM = 0x2, 0x4
_UF_HIDDEN = 0x8000


class Irregular(OSError):
    """A link, not a regular file (or not a directory), or too large: nothing that we would have written."""


class OnlineOnly(OSError):
    """Its content is in the cloud: opening it would download it."""


def is_online_only(status: os.stat_result) -> bool:
    """Tell by its metadata whether opening a file would fetch its content from the cloud."""
    attributes = getattr(status, "st_file_attributes", 0)
    flags = getattr(status, "st_flags", 0)
    return bool(attributes & (_RECALL_ON_DATA_ACCESS | _RECALL_ON_OPEN | _OFFLINE) or flags & _SF_DATALESS)


def is_hidden(status: os.stat_result) -> bool:
    """Tell by its metadata whether Windows or macOS hides it (Windows' system files count, too)."""
    attributes, flags = getattr(status, "st_file_attributes", 0), getattr(status, "st_flags", 0)
    return bool(attributes & (_HIDDEN | _SYSTEM) or flags & _UF_HIDDEN)


def is_link(status: os.stat_result) -> bool:
    """Tell whether it is a link, a junction or the like; a placeholder of a file in the cloud is not one."""
    tag = getattr(status, "st_reparse_tag", 0)
    return stat.S_ISLNK(status.st_mode) or bool(tag & _SURROGATE) or tag in _SPECIAL


def is_regular(status: os.stat_result) -> bool:
    """Tell whether it is a regular file."""
    return stat.S_ISREG(status.st_mode) and not is_link(status)


def is_same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Tell whether both are one file: by their ids if the system has them, else by size and time."""
    if one.st_ino and other.st_ino:
        return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


class Directory:
    """An open directory: all work is done in this very one, even if its path leads elsewhere by then."""

    def __init__(self, path: Path, above: Directory | None = None, *, by_path: bool = False) -> None:
        """Open the directory at `path`, which may lead through links, or the one of that name in `above`, which may not.

        `by_path`: without descriptors, as on Windows. Raise OSError if it can't be opened.
        """
        self.path, self._above = path, above
        self._where = str(path)
        self._kept: list[Directory] = []
        self._fd: int | None = None
        if above is not None:
            by_path = above._fd is None
        if by_path or not _HAS_DESCRIPTORS:
            status = self._look_by_path()
        elif above is None:
            self._fd = os.open(path, _LISTING & ~os.O_NOFOLLOW)
            status = os.fstat(self._fd)
        else:
            self._fd = _opened(path, path.name, _LISTING, above._fd)
            status = os.fstat(self._fd)
        self.identity: tuple[int, int] = (status.st_dev, status.st_ino)
        """Device and number: equal only for the same directory."""
        self.is_open = True

    def __enter__(self) -> Self:
        """Close it when the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Release it: it can't be used after that."""
        for kept in self._kept:
            kept.close()
        if self._fd is not None and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self.is_open = False

    def keep(self, name: str) -> Directory:
        """Open a directory in this one that is closed with this one."""
        below = self.below(name)
        self._kept.append(below)
        return below

    def below(self, name: str) -> Directory:
        """Open a directory in this one; raise Irregular for anything else, even a link to a directory."""
        _require_plain(self.path, name)
        return Directory(self.path / name, self)

    def reach(self, path: str) -> Directory:
        """Open a directory below, step by step; `path` has `/` between its parts; empty: this one again.

        Raise OSError if it is deeper than `MOST_DEEP`.
        """
        if not path:
            return self._again()
        if path.count("/") >= MOST_DEEP:
            raise OSError(errno.ENAMETOOLONG, "it is nested too deep", str(self.path))
        name, _, rest = path.partition("/")
        below = self.below(name)
        if not rest:
            return below
        with below:
            return below.reach(rest)

    def _again(self) -> Directory:
        again = copy(self)
        again._kept = []
        again._fd = self._fd if self._fd is None else os.dup(self._fd)
        return again

    def entries(self) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """Return an iterator over its entries, which the caller closes."""
        descriptor = self._confirmed()
        return os.scandir(self.path) if descriptor is None else os.scandir(descriptor)

    def names(self) -> list[str]:
        """Return the names in it."""
        with self.entries() as entries:
            return [entry.name for entry in entries]

    def look(self, name: str) -> os.stat_result:
        """Return the metadata of a file in it; of a link, those of the link itself."""
        return os.stat(self._place(name), dir_fd=self._fd, follow_symlinks=False)

    def has(self, name: str) -> bool:
        """Tell whether anything of that name is in it, as far as the system says."""
        try:
            self.look(name)
        except (FileNotFoundError, Irregular):
            return False
        except OSError:
            return True
        return True

    def open(self, name: str) -> BinaryIO:
        """Open a regular file for reading, without waiting.

        Raise Irregular for anything else, OnlineOnly if that would download it, OSError if it can't be opened.
        """
        for _ in range(_TRIES):
            place = self._place(name)
            seen = os.stat(place, dir_fd=self._fd, follow_symlinks=False)
            if not is_regular(seen):
                raise Irregular(errno.EINVAL, "it is not a regular file", str(self.path / name))
            if is_online_only(seen):
                raise OnlineOnly(errno.EAGAIN, "its content is in the cloud only", str(self.path / name))
            descriptor = _opened(self.path / name, place, _READING, self._fd)
            file = os.fdopen(descriptor, "rb", buffering=0)
            status = os.fstat(descriptor)
            if is_regular(status) and is_same_file(seen, status) and self._is_still_there():
                return file
            file.close()
        raise OSError(errno.EAGAIN, "it was replaced while it was opened", str(self.path / name))

    def read(self, name: str, most: int, *, whole: bool = True) -> bytes:
        """Return at most `most` bytes of a regular file; raise as `open` does, and Irregular if `whole` and there are more."""
        with self.open(name) as file:
            data = read_most(file, most + 1 if whole else most)
        if whole and len(data) > most:
            raise Irregular(errno.EFBIG, f"it is larger than {most:,} bytes", str(self.path / name))
        return data

    def create(self, name: str) -> BinaryIO:
        """Create a new file for writing."""
        return os.fdopen(os.open(self._place(name), _CREATING, 0o666, dir_fd=self._fd), "wb")

    def rename(self, name: str, to: str) -> None:
        """Replace another file of this directory, or a link itself, by a file, atomically."""
        os.replace(self._place(name), self._place(to), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def remove(self, name: str) -> None:
        """Delete a file, or a link itself."""
        os.unlink(self._place(name), dir_fd=self._fd)

    def make(self, name: str) -> None:
        """Make a directory, unless it exists; raise Irregular if something else has that name."""
        try:
            os.mkdir(self._place(name), dir_fd=self._fd)
        except FileExistsError:
            status = self.look(name)
            if is_link(status) or not stat.S_ISDIR(status.st_mode):
                raise Irregular(errno.ENOTDIR, "it is not a directory", str(self.path / name)) from None

    def remove_directory(self, name: str) -> None:
        """Delete an empty directory."""
        os.rmdir(self._place(name), dir_fd=self._fd)

    # --- addressing -------------------------------------------------------------------------------

    def _place(self, name: str) -> str:
        """Return what the system takes for a name in it: the name alone if a descriptor goes with it, else a path."""
        _require_plain(self.path, name)
        return f"{self._where}{os.sep}{name}" if self._confirmed() is None else name

    def _confirmed(self) -> int | None:
        """Return the descriptor; without one raise OSError unless the path still leads to this directory."""
        if self._fd is None and not self._is_still_there():
            raise OSError(errno.ESTALE, "another directory is in its place", str(self.path))
        return self._fd

    def _is_still_there(self) -> bool:
        if self._fd is not None:
            return True
        if self._above is not None and not self._above._is_still_there():
            return False
        status = self._look_by_path()
        return (status.st_dev, status.st_ino) == self.identity

    def _look_by_path(self) -> os.stat_result:
        status = os.stat(self._where, follow_symlinks=self._above is None)  # noqa: PTH116 - a path takes as long again
        if is_link(status) or not stat.S_ISDIR(status.st_mode):
            raise Irregular(errno.ENOTDIR, "it is not a directory, or a link to one", str(self.path))
        return status


def read_most(file: BinaryIO, most: int) -> bytes:
    """Return the content of a file, at most `most` bytes."""
    blocks, size = [], 0
    while block := file.read(min(_BLOCK, most - size)):
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)


def _opened(path: Path, place: str, flags: int, above: int | None) -> int:
    try:
        return os.open(place, flags, dir_fd=above)
    except OSError as error:
        if error.errno in _ELSEWHERE and not isinstance(error, FileNotFoundError):
            raise Irregular(error.errno, "it is a link, or not a directory", str(path)) from error
        raise


def _require_plain(path: Path, name: str) -> None:
    """Raise Irregular for a name that leads out of the directory itself."""
    wrong = "\0/\\:" if _WINDOWS else "\0/"
    if name in ("", ".", "..") or any(sign in name for sign in wrong):
        raise Irregular(errno.EINVAL, "not the name of a file", f"{path}{os.sep}{name}")
