"""Which names are no items: temporary, lock and system files, and what `.indexignore` matches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pathspec import GitIgnoreSpec

from indexer.errors import FolderUnreadable
from indexer.folder.names import name_key

IGNORE_FILE = ".indexignore"

# Names are compared whole, case-folded and in NFC. Who makes them: sync clients, office programs, browsers,
# editors and operating systems. Names that begin with a dot are hidden and never items.
_NAMES = frozenset(
    ["desktop.ini", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "rules.dropboxignore", "4913"]
) | {"icon\r"}
_SUFFIXES = (
    *[
        ".tmp",
        ".temp",
        ".crdownload",
        ".part",
        ".partial",
        ".download",
        ".opdownload",
        ".!ut",
        ".aria2",
        ".filepart",
        ".!sync",
        ".osl-tmp",
    ],
    *[
        ".swp",
        ".swo",
        ".kate-swp",
        ".idlk",
        ".lck",
        ".dwl",
        ".dwl2",
        ".laccdb",
        ".ldb",
        ".asd",
        ".wbk",
        ".onetoc2",
    ],
    *[".nextcloud", ".owncloud", ".nosync", "-wal", "-shm", "-journal", "___jb_tmp___", "___jb_old___", "~"],
    ":zone.identifier",
)
_PREFIXES = ("~$", "~syncthing~", "._", "~wrd", "~wrl", "~df", "(a document being saved", "unconfirmed ")
_PATTERN = re.compile(r"#.*#|.*\.~.*|.*\.sb-[0-9a-f]{8}-.*")
_DIRECTORIES = frozenset(
    ["node_modules", "__pycache__", "venv", "__macosx", "$recycle.bin", "@eadir", "#recycle", "#snapshot"]
) | {"system volume information", "lost+found"}
_DIRECTORY_SUFFIXES = (".nosync", ".download")


def is_ignored_file(name: str) -> bool:
    """Tell whether no file of this name is ever an item."""
    folded = name_key(name)
    return (
        folded.startswith(".")
        or folded in _NAMES
        or folded.endswith(_SUFFIXES)
        or folded.startswith(_PREFIXES)
        or _is_passing(folded)
    )


def is_ignored_directory(name: str) -> bool:
    """Tell whether nothing below a directory of this name is ever an item."""
    folded = name_key(name)
    return (
        folded.startswith((".", "(a document being saved"))
        or folded in _DIRECTORIES
        or folded.endswith(_DIRECTORY_SUFFIXES)
        or _is_passing(folded)
    )


def _is_passing(folded: str) -> bool:
    """Tell whether a program gives such names to what it deletes or renames soon."""
    return ("#" in folded or ".~" in folded or ".sb-" in folded) and _PATTERN.fullmatch(folded) is not None


class IgnoreRules:
    """What a person leaves out: `.indexignore` at the top of the folder and the settings, gitignore syntax."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the lines as they stand; comments and blanks are allowed."""
        good, wrong = [], []
        for line in lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except (ValueError, re.error):
                wrong.append(line)
            else:
                good.append(line)
        self.wrong = tuple(wrong)
        """Lines that can't be understood, and count for nothing."""
        self._spec = GitIgnoreSpec.from_lines(good)
        self._is_empty = not any(pattern.include is not None for pattern in self._spec.patterns)

    @classmethod
    def of_folder(cls, folder: Path, more: Iterable[str]) -> IgnoreRules:
        """Return the rules of `folder`, with `more` lines from the settings before its own.

        Raise FolderUnreadable where they are there and can't be read.
        """
        try:
            own = (folder / IGNORE_FILE).read_text("utf-8-sig", errors="replace").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            own = []
        except OSError as error:  # what it leaves out must not come in meanwhile
            raise FolderUnreadable(
                f"{folder / IGNORE_FILE} can't be read ({error.strerror or error}): nothing is looked at until it can"
            ) from error
        return cls([*more, *own])

    def leave_out(self, path: str, *, is_directory: bool = False) -> bool:
        """Tell whether the rules leave `path` (within the folder, `/`) out."""
        if self._is_empty:
            return False
        plain = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return self._spec.match_file(plain + "/" if is_directory else plain)
