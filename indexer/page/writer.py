"""How is the page written? Only here: atomically, only what changed, never over somebody else's file."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.errors import UserError
from indexer.files import replacing
from indexer.files.opening import Directory, Irregular, OnlineOnly
from indexer.files.private import for_everyone
from indexer.files.retrying import InUse
from indexer.page.belonging import (
    MOST_POINTER,
    NAMES,
    POINTER,
    SIGN,
    Location,
    is_our_directory,
    is_our_page,
    sign_of,
)
from indexer.page.datafile import NAME, SUFFIX, DamagedFile, name_of, read_pointer, script, unscript
from indexer.page.weekly import marking

_TEMPORARY = re.compile(r"~syncthing~.*\.[0-9a-f]{8}\.tmp")
_STALE_S = 3600
_WAITS_S = (0.05, 0.1, 0.2)
"""Seconds: a virus scanner soon closes a new file; if a page is open for longer, the next publish tries again."""
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_MOST_BYTES, _MOST_PAGE = 32 << 20, 256 << 20
"""The most bytes that are read of a data file, and of the page (which may hold all data)."""

Stat = tuple[int, int]
"""Size and time of change in ns."""


@contextmanager
def saying_why(location: Location) -> Iterator[None]:
    """Turn a failure to write into a UserError; the former page then stays whole."""
    try:
        yield
    except DamagedFile as error:
        raise UserError(f"a file of the page can't be read: {location.directory / str(error)}") from error
    except InUse as error:
        raise UserError(
            f"{error.filename} can't be replaced, since somebody has it open: it is tried again until that is possible"
        ) from error
    except OnlineOnly as error:
        raise UserError(
            f"{error.filename} is in the cloud only: have {location.page.name} and {location.directory.name} kept on this"
            " device"
        ) from error
    except OSError as error:
        raise UserError(
            f"the page can't be written to {location.page.parent} ({error.strerror or error}): {_advice(error)}"
        ) from error


def _advice(error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return "make room on its disk"
    return "may you write there?" if error.errno in _NOT_ALLOWED else "is its drive connected?"


@dataclass(slots=True)
class DataFiles:
    """The data files of a directory by name, new and existing ones."""

    directory: Path
    trusted: dict[str, Stat] = field(default_factory=dict)
    """Files seen whole, with their stamps at that time."""
    written: dict[str, int] = field(default_factory=dict)
    """New files, with their sizes."""
    damaged: set[str] = field(default_factory=set)
    """Files found to be not as written."""
    opened: Directory | None = None
    """The directory opened for this publish; without it, or once it is closed, it is opened for each file."""

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name."""
        name = name_of(letter, raw)
        if name not in self.written and not self.is_whole(name):
            content = script(name, raw)
            with self._in() as directory:
                replace_file(directory, name + SUFFIX, content)
            self.written[name] = len(content)
            if found := self._stat(name):
                self.trusted[name] = found
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile if it is missing or not as written.

        Raise OnlineOnly if its content is in the cloud.
        """
        try:
            with self._in() as directory:
                found, raw = unscript(directory.read(name + SUFFIX, _MOST_BYTES))
            if found != name:
                raise ValueError("another file")
        except OnlineOnly:
            raise
        except (OSError, ValueError) as error:
            self.damaged.add(name)
            raise DamagedFile(name) from error
        return raw

    def size(self, name: str) -> int:
        """Return the size of a file on the disk; 0 if it is missing."""
        found = self._stat(name)
        return found[0] if found else 0

    def is_whole(self, name: str) -> bool:
        """Tell whether a file exists as written; one already seen whole is read again only if its stamp changed."""
        found = self._stat(name)
        if found is None:
            return False
        if self.trusted.get(name) != found:
            try:
                self.get(name)
            except OnlineOnly:
                return True  # as far as is known
            except DamagedFile:
                return False
            self.trusted[name] = found
        return True

    def are_whole(self, names: Iterable[str]) -> bool:
        """Tell whether files are as written; reads all of them again, even if their stamps are unchanged."""
        damaged = []
        for name in names:
            self.trusted.pop(name, None)
            if not self.is_whole(name):
                damaged.append(name)
        return not damaged

    def there(self) -> set[str]:
        """Return the names of all existing files named by their content."""
        try:
            with self._in() as directory:
                names = directory.names()
        except OSError:
            return set()
        stems = {name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)}
        return set(filter(NAME.fullmatch, stems))

    def drop(self, names: Collection[str]) -> None:
        """Delete files; one in use is left for the next time."""
        for name in names:
            self.trusted.pop(name, None)
            with contextlib.suppress(OSError), self._in() as directory:
                directory.remove(name + SUFFIX)

    @contextmanager
    def _in(self) -> Iterator[Directory]:
        if self.opened and self.opened.is_open:
            yield self.opened
        else:
            with Directory(self.directory.parent) as folder, folder.below(self.directory.name) as directory:
                yield directory

    def _stat(self, name: str) -> Stat | None:
        try:
            with self._in() as directory:
                status = directory.look(name + SUFFIX)
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns


def prepare(location: Location, sign: str) -> Location:
    """Make the directory, give it `sign` if it has none, and delete what an interrupted publish left behind.

    Return the place with its directory opened.
    """
    folder, name = _folder(location), location.directory.name
    with for_everyone():
        folder.make(name)
    files = folder.keep(name)
    if not sign_of(folder, name).get("folder"):
        said = {"made_by": "indexer", "for": "the search page beside this directory", "folder": sign}
        replace_file(files, SIGN, json.dumps(said).encode())
    clear(files)
    clear(folder)
    return replace(location, files=files)


def clear(directory: Directory) -> None:
    """Delete what interrupted writing left behind in a directory."""
    for left in filter(_TEMPORARY.fullmatch, directory.names()):
        with contextlib.suppress(OSError):
            if time.time() - directory.look(left).st_mtime > _STALE_S:
                directory.remove(left)


def leave_others(location: Location) -> None:
    """Delete our page in former places: it would keep showing its old content."""
    folder = _folder(location)
    for page, directory in NAMES:
        if page != location.page.name:
            _withdraw(folder, directory)
            if is_our_page(folder, page):
                with contextlib.suppress(OSError):
                    folder.remove(page)


def withdraw(location: Location) -> None:
    """Delete our data files and, unless digests are in it, their directory: this page doesn't need them."""
    _withdraw(_folder(location), location.directory.name, keeps_weeks=True)


def _withdraw(folder: Directory, name: str, *, keeps_weeks: bool = False) -> None:
    if not is_our_directory(folder, name):
        return
    with contextlib.suppress(OSError), folder.below(name) as directory:
        if not keeps_weeks:
            marking.drop_all(directory)
        files = DataFiles(directory.path, opened=directory)
        files.drop(files.there())
        _drop_views(directory)
        for own in (POINTER,) if directory.has(marking.DIRECTORY) else (POINTER, SIGN):
            with contextlib.suppress(OSError):
                directory.remove(own)
    with contextlib.suppress(OSError):  # somebody put something into it
        folder.remove_directory(name)


def heads(location: Location) -> tuple[str, str]:
    """Return the heads that the pointer names, the current and the previous one; empty for none.

    Raise OnlineOnly if its content is in the cloud.
    """
    try:
        with DataFiles(location.directory, opened=location.files)._in() as directory:
            return read_pointer(directory.read(POINTER, MOST_POINTER))
    except OnlineOnly:
        raise
    except (OSError, ValueError):
        return "", ""


def write_if_new(location: Location, name: str, content: bytes) -> int:
    """Write a file of the page's directory unless it has this content; return how many bytes were written."""
    assert location.files
    with contextlib.suppress(OSError):
        if location.files.read(name, len(content)) == content:
            return 0
    replace_file(location.files, name, content, durable=True)
    return len(content)


def write_html(location: Location, file: str, html: bytes) -> None:
    """Put an HTML file in its place (see `Location.html`); raise UserError if somebody else's is there by now."""
    directory, name = _home_of(location, file)
    if not is_our_page(directory, name) and directory.has(name):
        raise UserError(
            f"{location.html(file)} came while the page was made, and is not ours: it stays as it is"
        )
    replace_file(directory, name, html, durable=True)


def read_html(location: Location, file: str, most: int = _MOST_PAGE) -> bytes:
    """Return the content of an HTML file; empty if there is none, and a short text if it is too large."""
    directory, name = _home_of(location, file)
    try:
        return directory.read(name, most)
    except Irregular:
        return b"no page of ours"
    except OSError:
        return b""


def drop_views(location: Location, keep: Collection[str] = ()) -> None:
    """Delete our HTML files in the page's directory, except those to `keep`."""
    assert location.files
    _drop_views(location.files, keep)


def _drop_views(directory: Directory, keep: Collection[str] = ()) -> None:
    for name in directory.names():
        if name.endswith(".html") and name not in keep and is_our_page(directory, name):
            with contextlib.suppress(OSError):
                directory.remove(name)


def _home_of(location: Location, file: str) -> tuple[Directory, str]:
    if not file:
        return _folder(location), location.page.name
    assert location.files, "prepare opens it"
    return location.files, file


def sums(location: Location, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of the page and of files of its directory by name; empty for one that can't be read."""
    found = dict.fromkeys(names, "")
    with contextlib.suppress(OSError), Directory(location.page.parent) as folder:
        found[location.page.name] = _sum(folder, location.page.name)
        with folder.below(location.directory.name) as directory:
            found |= {name: _sum(directory, name) for name in found if name != location.page.name}
    return found


def _sum(directory: Directory, name: str) -> str:
    try:
        return hashlib.sha256(directory.read(name, _MOST_PAGE)).hexdigest()
    except OSError:
        return ""


def replace_file(directory: Directory, name: str, content: bytes, *, durable: bool = False) -> None:
    """Write a file with `content` atomically, under a temporary name that sync clients ignore.

    `durable`: it is on the disk before anything else is written. Data files need not be: a torn one is detected.
    """
    temporary = f"~syncthing~{name}.{secrets.token_hex(4)}.tmp"
    replacing.replace_file(
        directory, name, content, temporary, durable=durable, shared=True, pauses_s=_WAITS_S
    )


def _folder(location: Location) -> Directory:
    assert location.folder, "opened_location opens it"
    return location.folder
