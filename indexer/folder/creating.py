"""Makes people's files for commands, never over another. Only this and the page's writer write into the folder."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import string
import unicodedata
from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from indexer.errors import UserError
from indexer.files.opening import Directory, is_regular
from indexer.files.private import for_everyone
from indexer.folder.names import reach
from indexer.model.items import QUESTIONS, Mark, RelPath
from indexer.model.names import name_key
from indexer.model.notes import Note, Role, compose, mark_of, name_in_file, note_of, stamp

MOST_BYTES = 180
"""Of a name without its suffix: systems allow 255, sync clients add to it, and Windows counts the whole path."""
MOST_BYTES_IN_ALL = 255
"""Of a name: what Linux allows; Windows and macOS allow as many characters."""
MOST_TRIES = 1_000
MOST_OF_A_QUESTION = 80
"""Letters of a question in the name of its file."""
_STAMP_LETTERS = string.ascii_lowercase + string.digits
_NOT_PORTABLE = re.compile(r'[<>:"/\\|?*]+')
"""What Windows allows in no name. https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def portable_name(wanted: str, suffix: str = "") -> str:
    """Return a file name made of `wanted` and `suffix` that every system takes and shows as it is; `file` if nothing is left.

    It is in NFC, holds no separators, controls and marks of direction, names no device of Windows, begins with no dot,
    and takes at most MOST_BYTES bytes before its suffix.
    """
    text = unicodedata.normalize("NFC", "".join(map(_visible, wanted)))
    text = " ".join(_NOT_PORTABLE.sub("-", text).split())
    text = text.encode()[:MOST_BYTES].decode("utf-8", "ignore").strip(". -") or "file"
    return f"_{text}{suffix}" if _DEVICES.fullmatch(text) else f"{text}{suffix}"


def _visible(character: str) -> str:
    if character in "\t\n\r":
        return " "
    return "" if unicodedata.category(character) in _INVISIBLE else character


Names = dict[str, dict[str, str]]
"""The names in each directory by what they are to systems that take no notice of case."""


def create_file(folder: Path, path: RelPath, content: bytes, names: Names | None = None) -> RelPath:
    """Make a file with `content` in the folder and return its path: `path`, or `name (2).txt` if that is taken.

    A name is taken if it is one with another to any system, in whatever case or composition; a directory on the way that is
    there in another spelling is taken for it. Directories on the way are made. Raise UserError if it can't be made, or if
    something on the way is no directory of the folder. Who makes many files keeps `names`, so that each directory is listed once.
    """
    names = {} if names is None else names
    directories, _, name = path.rpartition("/")
    there = ""
    try:
        with ExitStack() as stack, for_everyone():
            directory = stack.enter_context(Directory(reach(folder)))
            for part in filter(None, directories.split("/")):
                found = _names(directory, there, names).setdefault(name_key(part), part)
                directory.make(found)
                directory = stack.enter_context(directory.below(found))
                there = f"{there}/{found}" if there else found
            made = _create(directory, name, content, _names(directory, there, names))
    except OSError as error:
        raise UserError(f"{folder / path} can't be made: {error.strerror or error}") from error
    return RelPath(f"{there}/{made}" if there else made)


def create_note(
    folder: Path,
    on: RelPath,
    note: Note,
    now: datetime,
    names: Names | None = None,
    *,
    role: Role = Role.NOTE,
) -> RelPath:
    """Make a file with a note beside the file or folder `on` and return its path, `on` with `.note.STAMP.md`.

    An answer or a closing (`role`) has that in its name instead. Raise UserError if there is no such file, or it is a note
    itself, if its name leaves no room, or if a note can't say this.
    """
    name = on.rpartition("/")[2]
    if (file := note_of(on)) is not None:
        raise UserError(f"{on} is a note itself: {file} can have another one")
    content = compose(note).encode("utf-8", "replace")
    if len(os.fsencode(f"{name}.{role}.{stamp(now, note.by, 'x7k2')}.md")) > MOST_BYTES_IN_ALL:
        raise UserError(f"the name of {on} is too long for a note beside it")
    directory = on.rpartition("/")[0]
    taken = names[directory].keys() if names and directory in names else _beside(folder, on)
    free = _free_stamp(lambda made: f"{name}.{role}.{made}.md", taken, now, note.by)
    return create_file(folder, RelPath(f"{on}.{role}.{free}.md"), content, names)


def create_mark(folder: Path, on: RelPath, mark: Mark, by: str) -> RelPath:
    """Make an empty file that marks the file `on`, unless it is there; return its path, `on` with `.mark.useful.NAME`.

    Raise UserError as `create_note` does.
    """
    directory, slash, name = on.rpartition("/")
    if note_of(on) is not None or mark_of(on) is not None:
        raise UserError(f"{on} is a note or a mark itself: mark the file that it is on")
    made = f"{name}.mark.{mark}.{name_in_file(by)}"
    if len(os.fsencode(made)) > MOST_BYTES_IN_ALL:
        raise UserError(f"the name of {on} is too long for a mark beside it")
    there = _beside(folder, on).get(name_key(made))
    path = RelPath(f"{directory}{slash}{there or made}")
    return path if there else create_file(folder, path, b"")


def create_question(folder: Path, question: Note, now: datetime) -> RelPath:
    """Make a file with a question in the folder for questions, which is made if there is none, and return its path.

    Raise UserError if it can't be made, or if a question can't say this.
    """
    first = question.text.strip().partition("\n")[0].lstrip("# ").strip()
    if not first:
        raise UserError("a question needs words")
    content = compose(question).encode("utf-8", "replace")
    name = portable_name(first[:MOST_OF_A_QUESTION].rstrip("?!. "))
    with Directory(reach(folder)) as root:
        present = {name_key(one): one for one in sorted(root.names(), reverse=True)}
    place = next((present[key] for key in QUESTIONS if key in present), "Questions")
    made = stamp(now, question.by, _four_letters())
    return create_file(folder, RelPath(f"{place}/{name}.{made}.md"), content)


def _free_stamp(name_of: Callable[[str], str], taken: Collection[str], now: datetime, by: str) -> str:
    stamps = (stamp(now, by, _four_letters()) for _ in range(MOST_TRIES))
    return next(one for one in stamps if name_key(name_of(one)) not in taken)


def _beside(folder: Path, path: RelPath) -> dict[str, str]:
    """Return the names beside a file or folder by what `name_key` makes of them; raise UserError if there is none."""
    directories, _, name = path.rpartition("/")
    try:
        with Directory(reach(folder)) as root, root.reach(directories) as directory:
            status = directory.look(name)
            if is_regular(status) or stat.S_ISDIR(status.st_mode):
                return {name_key(one): one for one in directory.names()}
    except OSError as error:
        raise UserError(f"{folder / path} can't have a note: {error.strerror or error}") from error
    raise UserError(f"{path} is no file that can have a note")


def _four_letters() -> str:
    return "".join(secrets.choice(_STAMP_LETTERS) for _ in range(4))


def _names(directory: Directory, path: str, known: Names) -> dict[str, str]:
    if path not in known:
        known[path] = {name_key(name): name for name in sorted(directory.names())}
    return known[path]


def _create(directory: Directory, name: str, content: bytes, taken: dict[str, str]) -> str:
    """Make the file under the first name that is free, and return that."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    for number in range(1, MOST_TRIES):
        free = name if number == 1 else f"{stem} ({number}){suffix}"
        if name_key(free) in taken:
            continue
        try:
            file = directory.create(free)
        except FileExistsError:  # somebody made it since
            continue
        try:
            with file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                directory.remove(free)
            raise
        taken[name_key(free)] = free
        return free
    raise FileExistsError(f"there are {MOST_TRIES} files of that name")
