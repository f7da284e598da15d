"""How does a link come into the folder by a command? As a file that every desktop opens, with a note for what it can't hold."""

from __future__ import annotations

import getpass
import os
import re
import unicodedata
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from indexer.app.holdings import Holdings, Place
from indexer.errors import UserError
from indexer.extract.addresses import check_address
from indexer.folder.creating import Names, create_file, create_note, portable_name
from indexer.folder.ignore import (
    IGNORE_FILE,
    IgnoreRules,
    is_ignored_directory,
    is_ignored_file,
    read_ignore_file,
)
from indexer.folder.names import reach
from indexer.model.address import ascii_address
from indexer.model.items import RelPath
from indexer.model.names import name_key
from indexer.model.notes import Note, compose
from indexer.page.belonging import NAMES, own_names
from indexer.settings import Settings

MOST_NAME = 140
"""Bytes of a link's name before its extension: that of a note beside it is longer."""
MOST_DEEP = 20
"""Folders within the folder that a link is put into."""
_SOME_NOTE = ".note.20260101T000000Z-x-x7k2.md"
_ENDING = re.compile(r"\.(html?|php|aspx?|jsp)$", re.IGNORECASE)


class Wanted(NamedTuple):
    """A link that a person wants in the folder."""

    url: str
    title: str = ""
    why: str = ""
    by: str = ""
    tags: tuple[str, ...] = ()

    @property
    def note(self) -> Note:
        """What the link's own file can't hold, or does not say as exactly."""
        text = "\n\n".join(filter(None, (self.title.strip(), self.why.strip())))
        return Note(text, self.by, self.tags)


class Added(NamedTuple):
    """What became of it."""

    places: tuple[RelPath, ...]
    """The new file; if the address was there already, the files that have it."""
    is_new: bool
    note: RelPath | None = None


def web_address(raw: str) -> str:
    """Return the address to write into a file, in ASCII; raise UserError if it does not lead to the web."""
    url, why = check_address(raw)
    try:
        if url and url.startswith(("http://", "https://")):
            return ascii_address(url)
    except ValueError:
        why = "the address is not well formed"
    shown = raw.strip()[:200]
    why = why or "only http and https are"
    raise UserError(
        f"{shown or 'an empty text'} can't be added: {why}; give an address as in https://example.com/article"
    )


def add_link(
    folder: Path,
    holdings: Holdings,
    places: Places,
    wanted: Wanted,
    to: RelPath,
    now: datetime,
    *,
    again: bool,
) -> Added:
    """Write a link into the folder, or say where its address is already and add only the note, unless `again`.

    Raise UserError if the rules of the folder leave out what would be written.
    """
    wanted = wanted._replace(
        title=" ".join(wanted.title.split()), by=" ".join(wanted.by.split()), tags=_separate(wanted.tags)
    )
    says_more = bool(wanted.why.strip() or wanted.tags or wanted.title)
    before = [] if again else holdings.of(wanted.url)
    if before:
        note = _add_note(folder, places, before[0], wanted, now) if says_more else None
        return Added(tuple(dict.fromkeys(place.path for place in before)), is_new=False, note=note)
    has_note = says_more or bool(wanted.by)
    if has_note:
        compose(wanted.note)  # before anything is written: it says what a note can't have
    path = link_path(places, wanted.url, wanted.title, to)
    if has_note:
        places.require_note(path)
    path = write_link(folder, wanted.url, path)
    holdings.add(wanted.url, path)
    note = _add_note(folder, places, Place(path), wanted, now) if has_note else None
    return Added((path,), is_new=True, note=note)


def _add_note(folder: Path, places: Places, place: Place, wanted: Wanted, now: datetime) -> RelPath:
    places.require_note(place.path)
    note = wanted.note._replace(by=wanted.by or login_name(), item=place.in_list)
    return create_note(folder, place.path, note, now)


def link_path(places: Places, url: str, title: str, to: RelPath) -> RelPath:
    """Return the path for the file of a link to `url`; raise UserError if every such file is left out of the index there."""
    name = portable_name(
        (title or name_of(url)).encode("utf-8", "ignore")[:MOST_NAME].decode("utf-8", "ignore"), ".url"
    )
    first, other = (RelPath(f"{to}/{one}" if to else one) for one in (name, f"_{name}"))
    if not places.leaves_out(first):
        return first
    if places.leaves_out(other):
        raise UserError(
            f"{first} is left out of the index by {IGNORE_FILE} or folder.ignore: nobody would find it there"
        )
    return other


def write_link(folder: Path, url: str, path: RelPath, names: Names | None = None) -> RelPath:
    """Write the file of a link to `url` (`web_address`) to `path`, or beside what is there, and return its path."""
    return create_file(folder, path, f"[InternetShortcut]\r\nURL={url}\r\n".encode("ascii"), names)


def name_of(url: str) -> str:
    """Return a name for a link without a title: the last part of its path and the host."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    last = next(filter(None, reversed(parts.path.split("/"))), "")
    said = _ENDING.sub("", unquote(last, errors="replace")).strip()
    return f"{said[:120]} ({host})" if said else host


def login_name() -> str:
    """Return the name of who runs this; empty if the system has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _separate(tags: tuple[str, ...]) -> tuple[str, ...]:
    words = (" ".join(word.split()) for tag in tags for word in tag.split(","))
    return tuple(dict.fromkeys(filter(None, words)))


class Places:
    """Where in the folder may links be put?"""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._rules = IgnoreRules(settings.folder.ignore, read_ignore_file(folder))
        self._own = frozenset(map(name_key, own_names(folder))) | set(chain.from_iterable(NAMES))
        self._folder = reach(folder)

    def subfolder(self, given: str) -> RelPath:
        """Return the folder that a person names; raise UserError if it is outside, or left out of the index."""
        given = given.replace("\\", "/")
        parts = [part for part in given.split("/") if part not in ("", ".")]
        if given.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", given):
            raise UserError(f"{given} is not below the folder: give a path within it, as in --to Sales/Links")
        if len(parts) > MOST_DEEP:
            raise UserError(f"{given} is nested too deep")
        path = RelPath("")
        for part in parts:
            path = RelPath(f"{path}/{part}" if path else part)
            if self._is_left_out(path, part):
                raise UserError(f"{path} is left out of the index: nobody would find a link there")
            portable = portable_name(part)
            if portable != unicodedata.normalize("NFC", part) and not os.path.lexists(self._folder / path):
                raise UserError(f"{part} is no name that every system takes: {portable} would be one")
        return path

    def below(self, path: RelPath, names: tuple[str, ...]) -> RelPath:
        """Return a folder below `path` for folders of that name elsewhere; a level that would be left out however named is not made."""
        for name in names:
            part = portable_name(name)
            for free in (part, f"_{part}"):
                inner = RelPath(f"{path}/{free}" if path else free)
                if not self._is_left_out(inner, free):
                    path = inner
                    break
        return path

    def leaves_out(self, path: RelPath) -> bool:
        """Tell whether a file at `path`, in a folder that is not left out, is no item."""
        return is_ignored_file(path.rpartition("/")[2]) or self._rules.leave_out(path)

    def leaves_out_note(self, on: RelPath) -> bool:
        """Tell whether a note beside the file `on` is no item."""
        return self.leaves_out(RelPath(f"{on}{_SOME_NOTE}"))

    def require_note(self, on: RelPath) -> None:
        """Raise UserError if a note beside the file `on` is no item."""
        if self.leaves_out_note(on):
            raise UserError(
                f"a note beside {on} is left out of the index by {IGNORE_FILE} or folder.ignore: nobody would read it"
            )

    def _is_left_out(self, path: RelPath, name: str) -> bool:
        return (
            name_key(path) in self._own
            or is_ignored_directory(name)
            or self._rules.leave_out(path, is_directory=True)
        )
