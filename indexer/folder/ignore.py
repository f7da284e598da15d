"""Which files are not items? Temporary, lock and system files, and those that `.indexignore` matches."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from indexer.files.opening import Directory
from indexer.folder.patterns import Pattern, PatternSet, parse
from indexer.model.names import name_key

IGNORE_FILE = ".indexignore"
MOST_BYTES, MOST_LINES, MOST_WILD = 1 << 20, 10_000, 1_000
"""Limits of an ignore file: bytes, lines, and patterns that can't be looked up in a table."""
MOST_TOLD = 10
"""The most lines that are listed singly."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The byte order marks of encodings; of two that begin alike, the longer first."""
_UNDECODED = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}

# Whole names, case-folded and in NFC. Sync clients, office programs, browsers, editors and operating systems make them.
# Names that begin with a dot are hidden and never items.
_NAMES = frozenset(
    ["desktop.ini", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "rules.dropboxignore", "4913"]
) | {"icon\r"}
_SUFFIXES = (
    *[
        ".tmp",
        ".temp",
        ".crdownload",
        ".crswap",
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
    """Tell whether programs give such names to files that they soon delete or rename."""
    return ("#" in folded or ".~" in folded or ".sb-" in folded) and _PATTERN.fullmatch(folded) is not None


class IgnoreRules:
    """What a person leaves out, in gitignore syntax: `.indexignore` at the top of the folder, and the settings."""

    def __init__(self, lines: Iterable[str] = (), own: bytes = b"") -> None:
        """Take the lines of the settings, then those of the folder's own file."""
        self._known = _understood(tuple(lines), own)
        self.wrong = self._known.wrong
        """Each line that can't be understood and so has no effect, with the reason."""
        self._decided: set[int] = set()

    def leave_out(self, path: str, *, is_directory: bool = False) -> bool:
        """Tell whether the rules leave `path` (within the folder, `/`) out; no directory above it is left out."""
        number = self._known.patterns.deciding(name_key(_plain(path)), is_directory=is_directory)
        if number is None:
            return False
        self._decided.add(number)
        return self._known.leaves_out[number]

    def idle(self) -> tuple[str, ...]:
        """Return the lines that have decided nothing so far: after a full scan, those that match nothing."""
        return tuple(text for number, text in enumerate(self._known.sources) if number not in self._decided)


@dataclass(frozen=True, slots=True)
class _Understood:
    patterns: PatternSet
    leaves_out: tuple[bool, ...]
    """For each pattern: whether it leaves out, or lets in."""
    sources: tuple[str, ...]
    """For each pattern: its file and line."""
    wrong: tuple[str, ...]


@lru_cache(maxsize=4)
def _understood(lines: tuple[str, ...], own: bytes) -> _Understood:
    """Return the patterns of the settings' lines and of an ignore file."""
    texts, said = _lines_of(own)
    given = [("folder.ignore", line) for line in lines]
    given += [(f"{IGNORE_FILE}, line {number}", text) for number, text in enumerate(texts, 1)]
    patterns: list[Pattern] = []
    sources, wrong = [], []
    wild = 0
    for place, line in given:
        source = f"{place} ({_shortened(line)})"
        try:
            pattern = parse(line)
            if pattern and pattern.is_wild and wild == MOST_WILD:
                raise ValueError(f"there are {MOST_WILD:,} with wildcards before it")
        except ValueError as error:
            wrong.append(f"{source}: {error}; the line has no effect")
            continue
        if pattern:
            wild += pattern.is_wild
            patterns.append(pattern)
            sources.append(source)
    leaves_out = tuple(pattern.leaves_out for pattern in patterns)
    return _Understood(PatternSet(patterns), leaves_out, tuple(sources), (*wrong, *said))


def _lines_of(data: bytes) -> tuple[list[str], list[str]]:
    """Return the lines of an ignore file, and remarks on what is ignored of it."""
    said = []
    if len(data) > MOST_BYTES:
        data = data[:MOST_BYTES]
        said.append(f"{IGNORE_FILE} is larger than {MOST_BYTES >> 20} MB: the rest has no effect")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    text = data.decode(encoding, "replace") if encoding else _plain(data.decode("utf-8", "surrogateescape"))
    lines = re.split("\r\n|\r|\n", text)
    if said:
        lines.pop()  # a line cut in two would mean something else
    if len(lines) > MOST_LINES + 1:
        said.append(f"{IGNORE_FILE} has more than {MOST_LINES:,} lines: the rest has no effect")
    return lines[:MOST_LINES], said


def _plain(text: str) -> str:
    """Return a text whose invalid UTF-8 bytes are read as the most frequent other encoding; for files and lines alike."""
    return text if text.isascii() else text.translate(_UNDECODED)


def _shortened(line: str) -> str:
    return repr(line if len(line) <= 40 else line[:40] + "…")


def read_ignore_file(folder: Path) -> bytes:
    """Return the bytes of the folder's ignore file, a little more than its limit; nothing if there is none.

    Raise Irregular if something else has its name, OSError if it can't be read now.
    """
    try:
        with Directory(folder) as directory:
            return directory.read(IGNORE_FILE, MOST_BYTES + 1, whole=False)
    except FileNotFoundError:
        return b""
