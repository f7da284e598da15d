"""Whose are the files in the folder? Our page and its directory are known by their marks, not by our memory.

Nothing here follows a link: what is not a regular file, or not a directory, is somebody else's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import UserError
from indexer.files.opening import Directory, Irregular
from indexer.page.datafile import NAME, SUFFIX, read_pointer

NAMES = (("index.html", "_index"), ("indexer.html", "_indexer"))
"""Page and directory, and the second choice if the first belongs to somebody else."""
SIGN, POINTER = "folder.json", "head.js"
MARKER = "indexer-page"
"""Name of the meta element that tells our page from anybody else's; its content is the digest of what it shows."""

MOST_POINTER = 4_096
_HEAD_BYTES = 16_384
_SIGN_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Location:
    """Where the page goes."""

    page: Path
    directory: Path
    problems: tuple[str, ...] = ()
    folder: Directory | None = None
    """The folder, opened for writing."""
    files: Directory | None = None
    """The page's directory, once it is prepared."""

    def html(self, file: str) -> Path:
        """Return the path of an HTML file of the page's directory; of the page itself if `file` is empty."""
        return self.directory / file if file else self.page


def own_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that are our page, by its marker, or may be because they can't be read now.

    Copies that sync clients make if two machines published are ours, too, whatever they add to the name.
    """
    try:
        with Directory(folder) as opened:
            return _own_names(opened)
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError:
        return frozenset(name for pair in NAMES for name in pair)


def _own_names(folder: Directory) -> frozenset[str]:
    names = {name for name in _names_like_ours(folder) if _is_copy_of_ours(folder, name)}
    for page, directory in NAMES:
        if _is_our_page(folder, page) is not False:
            names.add(page)
        if _is_ours(folder, directory) is not False:
            names.add(directory)
    return frozenset(names)


def _names_like_ours(folder: Directory) -> list[str]:
    try:
        names = folder.names()
    except OSError:
        return []
    exact = {name for pair in NAMES for name in pair}
    return [name for name in names if name.casefold().startswith(("index", "_index")) and name not in exact]


def _is_copy_of_ours(folder: Directory, name: str) -> bool:
    if name.casefold().endswith((".html", ".htm")):
        return _is_our_page(folder, name) is True
    return name.startswith("_") and _is_ours(folder, name) is True


def doubtful_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that may be our page or somebody else's: they can't be read now."""
    try:
        with Directory(folder) as opened:
            pages = {page for page, _ in NAMES if _is_our_page(opened, page) is None}
            return frozenset(pages | {name for _, name in NAMES if _is_ours(opened, name) is None})
    except OSError:
        return frozenset()


def claimed_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that are our page, or will be once it is published."""
    try:
        location = choose_location(folder)
    except (UserError, OSError):
        return own_names(folder)
    return own_names(folder) | {location.page.name, location.directory.name}


@contextmanager
def opened_location(folder: Path, root: tuple[int, int] | None) -> Iterator[Location]:
    """Open the folder to write the page in it; device and number must match, if given. See `choose_location`."""
    try:
        opened = Directory(folder)
    except OSError as error:
        raise UserError(
            f"the page can't be written: {folder} can't be opened ({error.strerror or error})"
        ) from error
    with opened:
        if root is not None and opened.identity != root:
            raise UserError(
                f"nothing was published: {folder} is not what it was a moment ago, is its drive connected?"
            )
        yield _choose(folder, opened)


def choose_location(folder: Path) -> Location:
    """Return where the page goes; raise UserError if both places belong to somebody else, or one can't be read."""
    with opened_location(folder, None) as location:
        return Location(location.page, location.directory, location.problems)


def _choose(path: Path, folder: Directory) -> Location:
    foreign: list[str] = []
    for page, directory in NAMES:
        taken = []
        if not _whose(path / page, _is_our_page(folder, page)) and folder.has(page):
            taken.append(page)
        is_ours = _whose(path / directory, _is_ours(folder, directory))
        if (is_ours and _is_blocked(folder, directory)) or (not is_ours and _is_taken(folder, directory)):
            taken.append(directory)
        if not taken:
            said = (f"{' and '.join(foreign)} is somebody else's: the page is {page}",) if foreign else ()
            return Location(path / page, path / directory, said, folder)
        foreign += taken
    raise UserError(
        f"{', '.join(foreign)} in {path} are somebody else's: rename them, then run `indexer publish`"
    )


def _whose(path: Path, is_ours: bool | None) -> bool:
    if is_ours is None:
        raise UserError(
            f"{path} can't be read, so nobody knows whose it is: may you read it, does its drive answer, is it kept on"
            " this device?"
        )
    return is_ours


def _is_taken(folder: Directory, name: str) -> bool:
    """Tell whether somebody else's file or directory is there; an empty directory is nobody's."""
    if not folder.has(name):
        return False
    try:
        with folder.below(name) as directory:
            return bool(directory.names())
    except OSError:
        return True


def _is_blocked(folder: Directory, name: str) -> bool:
    """Tell whether our directory has a directory with the name of one of our files: a file can't replace it."""
    try:
        with folder.below(name) as directory, directory.entries() as entries:
            return any(
                entry.is_dir(follow_symlinks=False) and _is_name_of_ours(entry.name) for entry in entries
            )
    except OSError:
        return False


def _is_name_of_ours(name: str) -> bool:
    is_data = name.endswith(SUFFIX) and NAME.fullmatch(name.removesuffix(SUFFIX)) is not None
    return is_data or name in (POINTER, SIGN)


def read_digest(page: Path) -> str | None:
    """Return the digest in our page's marker; None if there is no page of ours; raise OSError if it can't be read."""
    try:
        with Directory(page.parent) as folder:
            return _digest(folder, page.name)
    except (FileNotFoundError, Irregular):
        return None


def _digest(folder: Directory, name: str) -> str | None:
    head = folder.read(name, _HEAD_BYTES, whole=False).decode("utf-8", "replace")
    match = re.search(rf'<meta\s+name="?{MARKER}"?\s+content="?([0-9a-f]{{32}})', head)
    return match[1] if match else None


def _is_our_page(folder: Directory, name: str) -> bool | None:
    """Tell whether it is ours; None if it exists but can't be read."""
    try:
        return _digest(folder, name) is not None
    except (FileNotFoundError, Irregular):
        return False
    except OSError:
        return None


def is_our_page(folder: Directory, name: str) -> bool:
    """Tell whether a page is ours, as far as is known now."""
    return _is_our_page(folder, name) is True


def is_our_directory(folder: Directory, name: str) -> bool:
    """Tell whether a directory is ours, as far as is known now."""
    return _is_ours(folder, name) is True


def _is_ours(folder: Directory, name: str) -> bool | None:
    """Tell whether a directory is ours; None if its sign exists but can't be read."""
    try:
        return bool(sign_of(folder, name))
    except OSError:
        return None


def sign_of(folder: Directory, name: str) -> dict[str, object]:
    """Return the content of our directory's sign; nothing if it is not ours; raise OSError if it can't be read.

    If its sign is gone or damaged, a directory with a pointer is ours.
    """
    try:
        with folder.below(name) as directory:
            return _sign_in(directory) or ({"made_by": "indexer"} if _has_pointer(directory) else {})
    except (FileNotFoundError, Irregular):
        return {}


def _sign_in(directory: Directory) -> dict[str, object]:
    try:
        said = json.loads(directory.read(SIGN, _SIGN_BYTES).decode())
        return said if said.get("made_by") == "indexer" else {}
    except (FileNotFoundError, Irregular, ValueError, AttributeError, RecursionError):
        return {}


def _has_pointer(directory: Directory) -> bool:
    try:
        return any(read_pointer(directory.read(POINTER, MOST_POINTER)))
    except (FileNotFoundError, Irregular, ValueError):
        return False


def read_sign(folder: Directory) -> str | None:
    """Return the sign of the folder, from our page's directory.

    Empty if there is none; None if it exists but can't be read now, or only by downloading it.
    """
    is_unread = False
    for _, directory in NAMES:
        try:
            if sign := sign_of(folder, directory):
                return str(sign.get("folder", ""))
        except OSError:
            is_unread = True
    return None if is_unread else ""


def is_missing(folder: Path, page: str, *, has_data: bool) -> bool:
    """Tell whether a published page, or (if it `has_data`) the pointer to its data, is gone."""
    try:
        with Directory(folder) as opened:
            if not opened.has(page):
                return True
            if not has_data:
                return False
            with opened.below(dict(NAMES).get(page, NAMES[0][1])) as directory:
                return not directory.has(POINTER)
    except (FileNotFoundError, Irregular):
        return folder.is_dir()  # else the whole folder is away
    except OSError:
        return False
