"""What is in the folder now? One walk with `scandir`, of all of it or of the directories that changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Container, Iterator
from pathlib import Path

from indexer.errors import FolderUnreadable
from indexer.files.opening import Directory, Irregular, is_hidden, is_link, is_online_only, is_regular
from indexer.folder.ignore import IgnoreRules, is_ignored_directory, is_ignored_file
from indexer.folder.names import reach
from indexer.folder.saved_pages import is_companion
from indexer.model.items import RelPath, Snapshot, Stamp, parent_of, storable_ns
from indexer.model.names import name_key

ROOT = RelPath("")
_WINDOWS = sys.platform == "win32"
_HIDES = sys.platform in ("win32", "darwin")
"""Whether this system hides files by more than their names."""


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp of a file from its metadata."""
    # On Windows ctime is the time of creation and scandir gives no file id: neither tells a change.
    return Stamp(
        size=status.st_size,
        mtime_ns=storable_ns(status.st_mtime_ns),
        ctime_ns=0 if _WINDOWS else storable_ns(status.st_ctime_ns),
        file_id=status.st_ino,
        online_only=is_online_only(status),
    )


def scan(folder: Path, rules: IgnoreRules, own: Collection[str] = ()) -> Snapshot:
    """Return every item file of `folder`; `own` are the names of our page at its top.

    Raise FolderUnreadable if the folder itself can't be listed.
    """
    with _opened(folder) as root:
        return _Walk(root, rules, own).whole()


def scan_directories(
    folder: Path,
    rules: IgnoreRules,
    own: Collection[str],
    directories: Collection[RelPath],
    known: Container[RelPath],
    *,
    deep: bool = False,
) -> Snapshot:
    """Return the files of `directories`, and of all directories below them that are not `known`; of all, if `deep`.

    Directories with parts of saved pages are scanned together with the directories of those pages.

    If a directory is gone, its nearest existing ancestor is scanned instead; one spelled otherwise on the disk is
    returned in that spelling.
    """
    with _opened(folder) as root:
        return _Walk(root, rules, own).parts(directories, known, deep=deep)


def _opened(folder: Path) -> Directory:
    try:
        return Directory(reach(folder))
    except OSError as error:
        raise _unreadable(folder) from error


def _unreadable(folder: Path) -> FolderUnreadable:
    return FolderUnreadable(f"{folder} can't be read: is it there, is its drive connected, may you open it?")


class _Walk:
    def __init__(self, root: Directory, rules: IgnoreRules, own: Collection[str]) -> None:
        self.root, self.rules, self.own = root, rules, own
        self.files: dict[RelPath, Stamp] = {}
        self.unreadable: set[RelPath] = set()
        self.listed: dict[RelPath, frozenset[RelPath]] = {}

    def whole(self) -> Snapshot:
        self._list_root()
        waiting = list(self.listed[ROOT])
        while waiting:
            waiting.extend(self._list(waiting.pop()))
        return Snapshot(self.files, frozenset(self.unreadable), None)

    def parts(self, directories: Collection[RelPath], known: Container[RelPath], *, deep: bool) -> Snapshot:
        meant = {name_key(directory) for directory in directories}
        for directory in sorted({self._nearest(d, known) for d in directories}):
            if directory in self.listed or self._is_seen_gone(directory):
                continue
            below = list(self._list(directory)) if directory else self._list_root()
            goes_down = not deep or name_key(directory) in meant  # else it only replaces one that is gone
            waiting = [d for d in below if deep or d not in known or is_companion(d)] if goes_down else []
            while waiting:
                waiting.extend(self._list(waiting.pop()))
        return Snapshot(self.files, frozenset(self.unreadable), self.listed)

    def _nearest(self, directory: RelPath, known: Container[RelPath]) -> RelPath:
        """Return the directory as spelled on the disk, or its nearest existing ancestor."""
        while directory:
            try:
                self.root.reach(directory).close()
                is_there = True
            except (FileNotFoundError, Irregular):
                is_there = False
            except OSError:
                is_there = False
                self.unreadable.add(directory)
            if is_there and not self._is_left_out(directory):
                return directory if directory in known else self._spelled(directory)
            directory = parent_of(directory)
        return directory

    def _spelled(self, directory: RelPath) -> RelPath:
        """Return a directory as its listing spells it: systems also report, and open, other cases and forms of accents."""
        found = ROOT
        for name in directory.split("/"):
            try:
                with self.root.reach(found) as above:
                    names = above.names()
            except OSError:
                return found
            if name not in names:
                name = next((other for other in names if name_key(other) == name_key(name)), "")
                if not name:
                    return found
            found = RelPath(f"{found}/{name}" if found else name)
        return found

    def _is_seen_gone(self, directory: RelPath) -> bool:
        """Tell whether the directory above was listed and lacks this very name: then only its case was changed."""
        while directory:
            above = parent_of(directory)
            if above in self.listed:
                return directory not in self.listed[above]
            directory = above
        return False

    def _is_left_out(self, directory: RelPath) -> bool:
        parts = directory.split("/")
        return (
            parts[0] in self.own
            or any(map(is_ignored_directory, parts))
            or any(
                self.rules.leave_out("/".join(parts[: n + 1]), is_directory=True) for n in range(len(parts))
            )
            or (_HIDES and self._is_hidden(directory))
        )

    def _is_hidden(self, directory: str) -> bool:
        """Tell whether a directory, or one above it, is hidden."""
        try:
            status = (self.root.path / directory).lstat()
        except OSError:
            return False  # gone: listing it will say so
        above = parent_of(directory)
        return is_hidden(status) or bool(above and self._is_hidden(above))

    def _list_root(self) -> list[RelPath]:
        below = list(self._list(ROOT))
        if ROOT in self.unreadable:
            raise _unreadable(self.root.path)
        return below

    def _list(self, directory: RelPath) -> Iterator[RelPath]:
        """List one directory and yield its subdirectories."""
        below: list[RelPath] = []
        try:
            with self.root.reach(directory) as opened, opened.entries() as entries:
                for entry in entries:
                    self._take(directory, entry, below)
        except OSError:
            self.unreadable.add(directory)
        self.listed[directory] = frozenset(below)
        return iter(below)

    def _take(self, directory: RelPath, entry: os.DirEntry[str], below: list[RelPath]) -> None:
        name = entry.name
        if not directory and name in self.own:
            return
        path = RelPath(f"{directory}/{name}" if directory else name)
        try:
            if entry.is_dir(follow_symlinks=False):
                if (
                    not is_ignored_directory(name)
                    and not self.rules.leave_out(path, is_directory=True)
                    and not (_HIDES and _is_no_place(entry.stat(follow_symlinks=False)))
                ):
                    below.append(path)
            elif not is_ignored_file(name) and not self.rules.leave_out(path):
                status = entry.stat(follow_symlinks=False)
                if is_regular(status) and not is_hidden(status):
                    self.files[path] = stamp_of(status)
        except FileNotFoundError:
            return  # gone since it was listed
        except OSError:
            self.unreadable.add(path)  # there, but its metadata can't be read


def _is_no_place(status: os.stat_result) -> bool:
    """Tell whether a directory is a junction, which leads elsewhere, or is hidden."""
    return is_link(status) or is_hidden(status)
