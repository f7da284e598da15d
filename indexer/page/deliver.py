"""The only hand that writes into the folder: atomically, only what changed, never over another's file."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import UserError
from indexer.page.datafile import NAME, SUFFIX, DamagedFile, name_of, read_pointer, script, unscript
from indexer.page.render import MARKER
from indexer.private import for_everyone

NAMES = (("index.html", "_index"), ("indexer.html", "_indexer"))
"""Page and directory, and the second choice where the first belongs to somebody else."""
SIGN, POINTER = "folder.json", "head.js"

_HEAD_BYTES = 16_384
_SIGN_BYTES = 4_096
_TEMPORARY = re.compile(r"~syncthing~.*\.[0-9a-f]{8}\.tmp")
_STALE_S = 3600
_IN_USE = (5, 32, 33)  # Windows: access denied, sharing violation, lock violation
_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0)

Stat = tuple[int, int]
"""Size and time of change in ns."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page goes."""

    page: Path
    directory: Path
    problems: tuple[str, ...] = ()


def own_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that are our page, known by its marker, or may be: they can't be read now.

    Copies that sync clients make where two machines published are ours, too, by whatever name they add.
    """
    names = {name for name in _names_like_ours(folder) if _is_copy_of_ours(folder / name)}
    for page, directory in NAMES:
        if _is_our_page(folder / page) is not False:
            names.add(page)
        if _is_ours(folder / directory) is not False:
            names.add(directory)
    return frozenset(names)


def _names_like_ours(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return []
    exact = {name for pair in NAMES for name in pair}
    return [name for name in names if name.casefold().startswith(("index", "_index")) and name not in exact]


def _is_copy_of_ours(path: Path) -> bool:
    if path.suffix.casefold() in (".html", ".htm"):
        return _is_our_page(path) is True
    return path.name.startswith("_") and _is_ours(path) is True


def doubtful_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that may be our page or somebody else's: they can't be read now."""
    pages = {page for page, _ in NAMES if _is_our_page(folder / page) is None}
    return frozenset(pages | {directory for _, directory in NAMES if _is_ours(folder / directory) is None})


def choose_place(folder: Path) -> Place:
    """Return where the page goes; raise UserError where both places belong to somebody else, or one can't be read."""
    foreign: list[str] = []
    for page, directory in NAMES:
        taken = []
        for path, is_ours in (
            (folder / page, _is_our_page(folder / page)),
            (folder / directory, _is_ours(folder / directory)),
        ):
            if is_ours is None:
                raise UserError(
                    f"{path} can't be read, so nobody knows whose it is: may you read it, does its drive answer?"
                )
            if not is_ours and _is_there(path):
                taken.append(path.name)
        if not taken:
            said = (f"{' and '.join(foreign)} is somebody else's: the page is {page}",) if foreign else ()
            return Place(folder / page, folder / directory, said)
        foreign += taken
    raise UserError(
        f"{', '.join(foreign)} in {folder} are somebody else's: rename them, then run `indexer publish`"
    )


def read_digest(page: Path) -> str | None:
    """Return the digest in our page's marker; None where there is no page, or not ours; raise OSError where it can't be read."""
    if not page.is_file():
        return None
    with page.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    match = re.search(rf'<meta\s+name="?{MARKER}"?\s+content="?([0-9a-f]{{32}})', head)
    return match[1] if match else None


def _is_our_page(page: Path) -> bool | None:
    """Tell whether it is ours; None where it is there and can't be read."""
    try:
        return read_digest(page) is not None
    except FileNotFoundError:
        return False
    except OSError:
        return None


@contextlib.contextmanager
def saying_why(place: Place) -> Iterator[None]:
    """Turn a failure to write into a UserError; the page that was there is whole then."""
    try:
        yield
    except DamagedFile as error:
        raise UserError(f"a file of the page can't be read: {place.directory / str(error)}") from error
    except OSError as error:
        raise UserError(
            f"the page can't be written to {place.page.parent} ({error.strerror or error}): is the disk full, may you"
            " write there?"
        ) from error


@dataclass(slots=True)
class DataFiles:
    """The data files of a directory by name, those put here and those that were there."""

    directory: Path
    trusted: dict[str, Stat] = field(default_factory=dict)
    """Files seen whole, with what the file system said of them then."""
    written: dict[str, int] = field(default_factory=dict)
    """Files put here that were not there, with their sizes."""
    damaged: set[str] = field(default_factory=set)
    """Files seen that are not as they were written."""

    def put(self, letter: str, raw: bytes) -> str:
        """Keep bytes as a file of a kind and return its name."""
        name = name_of(letter, raw)
        if name not in self.written and not self.is_whole(name):
            content = script(name, raw)
            replace(self._path(name), content)
            self.written[name] = len(content)
            self._trust(name)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a file; raise DamagedFile where it is missing or not as it was written."""
        try:
            found, raw = unscript(self._path(name).read_bytes())
        except (OSError, ValueError) as error:
            self.damaged.add(name)
            raise DamagedFile(name) from error
        if found != name:
            self.damaged.add(name)
            raise DamagedFile(name)
        return raw

    def size(self, name: str) -> int:
        """Return how large a file is on the disk; 0 where it is missing."""
        found = self._stat(name)
        return found[0] if found else 0

    def is_whole(self, name: str) -> bool:
        """Tell whether a file is there as it was written; one that was seen so is not read again unless it changed."""
        found = self._stat(name)
        if found is None:
            return False
        if self.trusted.get(name) != found:
            try:
                self.get(name)
            except DamagedFile:
                return False
            self.trusted[name] = found
        return True

    def there(self) -> set[str]:
        """Return the names of all files named by their content that are there."""
        try:
            names = [path.name for path in self.directory.iterdir()]
        except OSError:
            return set()
        stems = {name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)}
        return set(filter(NAME.fullmatch, stems))

    def drop(self, names: Collection[str]) -> None:
        """Delete files; one that is in use stays for the next time."""
        for name in names:
            self.trusted.pop(name, None)
            with contextlib.suppress(OSError):
                self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self.directory / (name + SUFFIX)

    def _stat(self, name: str) -> Stat | None:
        try:
            status = self._path(name).stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    def _trust(self, name: str) -> None:
        if found := self._stat(name):
            self.trusted[name] = found


def sign_path(folder: Path) -> Path | None:
    """Return the file by which the page's directory says whose it is; None where there is none."""
    paths = (folder / directory / SIGN for _, directory in NAMES)
    return next(filter(os.path.lexists, paths), None)


def read_sign(folder: Path) -> str:
    """Return what the folder is known by, from our page's directory; empty where that is not there."""
    for _, directory in NAMES:
        with contextlib.suppress(OSError):
            if sign := _read_sign(folder / directory):
                return str(sign.get("folder", ""))
    return ""


def claimed_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that are our page, or will be once it is published."""
    try:
        place = choose_place(folder)
    except (UserError, OSError):
        return own_names(folder)
    return own_names(folder) | {place.page.name, place.directory.name}


def prepare(place: Place, sign: str) -> None:
    """Make the directory with the sign that it is ours, and sweep what a publish that was cut off left behind."""
    with for_everyone():
        place.directory.mkdir(exist_ok=True)
    if not sign or _read_sign(place.directory).get("folder") != sign:
        said = {"made_by": "indexer", "for": "the search page beside this directory", "folder": sign}
        replace(place.directory / SIGN, json.dumps(said).encode())
    for directory in (place.directory, place.page.parent):
        for path in directory.glob("~syncthing~*.tmp"):
            with contextlib.suppress(OSError):
                if _TEMPORARY.fullmatch(path.name) and time.time() - path.stat().st_mtime > _STALE_S:
                    path.unlink()


def leave_others(place: Place) -> None:
    """Delete our page wherever it is not any more: it would show for ever what it was then."""
    folder = place.page.parent
    for page, directory in NAMES:
        if page != place.page.name:
            withdraw(Place(folder / page, folder / directory))
            if _is_our_page(folder / page):
                with contextlib.suppress(OSError):
                    (folder / page).unlink()


def is_missing(folder: Path, page: str, *, has_data: bool) -> bool:
    """Tell whether a page that was published, or (if it `has_data`) the pointer to that, is not there any more."""
    directory = dict(NAMES).get(page, "")
    return not os.path.lexists(folder / page) or (
        has_data and not os.path.lexists(folder / directory / POINTER)
    )


def withdraw(place: Place) -> None:
    """Delete our data files and their directory: the page does without."""
    if not _is_ours(place.directory):
        return
    files = DataFiles(place.directory)
    files.drop(files.there())
    for name in (POINTER, SIGN):
        with contextlib.suppress(OSError):
            (place.directory / name).unlink()
    with contextlib.suppress(OSError):  # somebody put something into it
        place.directory.rmdir()


def heads(place: Place) -> tuple[str, str]:
    """Return the heads that the pointer names, the present one and the one before; empty for none."""
    try:
        return read_pointer((place.directory / POINTER).read_bytes())
    except (OSError, ValueError):
        return "", ""


def write_if_new(path: Path, content: bytes) -> int:
    """Write a file unless it has this content; return how many bytes were written."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return 0
    except OSError:
        pass
    replace(path, content, durable=True)
    return len(content)


def write_page(place: Place, html: bytes) -> None:
    """Put our page in its place; raise UserError where somebody else's is there by now."""
    if not _is_our_page(place.page) and os.path.lexists(place.page):
        raise UserError(f"{place.page} came while the page was made, and is not ours: it stays as it is")
    replace(place.page, html, durable=True)


def replace(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Put `content` in place of `path` at once, by way of a name that sync clients leave alone.

    `durable`: it is on the disk before anything else is written. Data files need not be: a torn one is found out.
    """
    temporary = path.with_name(f"~syncthing~{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with for_everyone():
            file = temporary.open("xb")
        with file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        _rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _rename(temporary: Path, path: Path) -> None:
    for wait in (*_WAITS_S, None):
        try:
            temporary.replace(path)
        except OSError as error:
            if wait is None or getattr(error, "winerror", None) not in _IN_USE:
                raise
            time.sleep(wait)
        else:
            return


def _is_ours(directory: Path) -> bool | None:
    """Tell whether it is ours; None where its sign is there and can't be read."""
    try:
        return bool(_read_sign(directory))
    except OSError:
        return None


def _read_sign(directory: Path) -> dict[str, object]:
    """Return what the sign of our directory says; nothing where it is not ours; raise OSError where it can't be read."""
    try:
        with (directory / SIGN).open("rb") as file:
            said = json.loads(file.read(_SIGN_BYTES).decode())
        return said if said.get("made_by") == "indexer" else {}
    except (
        FileNotFoundError,
        NotADirectoryError,
        IsADirectoryError,
        ValueError,
        AttributeError,
        RecursionError,
    ):
        return {}


def _is_there(path: Path) -> bool:
    """Tell whether somebody's file or directory is there; an empty directory is nobody's."""
    if path.is_dir() and not path.is_symlink():
        return any(path.iterdir())
    return os.path.lexists(path)
