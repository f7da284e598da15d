"""The only hand that writes into the folder: atomically, only what changed, never over another's file."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import UserError
from indexer.page.render import MARKER, Page

NAMES = (("index.html", "_index"), ("indexer.html", "_indexer"))
"""Page and directory, and the second choice where the first belongs to somebody else."""
SIGN = "folder.json"

_HEAD_BYTES = 16_384
_DATA_FILE = re.compile(r"[ahpst]-[0-9a-f]{16}\.js")
_TEMPORARY = re.compile(r"~syncthing~.*\.[0-9a-f]{8}\.tmp")
_STALE_S = 3600
_IN_USE = (5, 32, 33)  # Windows: access denied, sharing violation, lock violation
_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page goes."""

    page: Path
    directory: Path
    problems: tuple[str, ...] = ()


def own_names(folder: Path) -> frozenset[str]:
    """Return the names at the top of `folder` that are our page, known by its marker."""
    names = set()
    for page, directory in NAMES:
        if read_digest(folder / page) is not None:
            names.add(page)
        if _is_ours(folder / directory):
            names.add(directory)
    return frozenset(names)


def choose_place(folder: Path) -> Place:
    """Return where the page goes; raise UserError where both places belong to somebody else."""
    foreign: list[str] = []
    for page, directory in NAMES:
        taken = [
            name
            for name, ours in (
                (page, read_digest(folder / page) is not None),
                (directory, _is_ours(folder / directory)),
            )
            if not ours and _is_there(folder / name)
        ]
        if not taken:
            said = (f"{' and '.join(foreign)} is somebody else's: the page is {page}",) if foreign else ()
            return Place(folder / page, folder / directory, said)
        foreign += taken
    raise UserError(
        f"{', '.join(foreign)} in {folder} are somebody else's: rename them, then run `indexer publish`"
    )


def read_digest(page: Path) -> str | None:
    """Return the digest in our page's marker; None where there is no page, or not ours."""
    try:
        with page.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    match = re.search(rf'<meta\s+name="?{MARKER}"?\s+content="?([0-9a-f]{{32}})', head)
    return match[1] if match else None


def write(place: Place, page: Page, files: Mapping[str, bytes]) -> tuple[int, int]:
    """Write data files, then the page, then drop what it no longer needs; return how many were written and kept.

    Raise UserError where the folder can't be written; the page that was there is whole then.
    """
    try:
        return _write(place, page, files)
    except OSError as error:
        raise UserError(
            f"the page can't be written to {place.page.parent} ({error.strerror or error}): is the disk full, may you"
            " write there?"
        ) from error


def _write(place: Place, page: Page, files: Mapping[str, bytes]) -> tuple[int, int]:
    place.directory.mkdir(exist_ok=True)
    if not _is_ours(place.directory):
        _replace(
            place.directory / SIGN,
            json.dumps({"made_by": "indexer", "for": "the search page beside this directory"}).encode(),
        )
    _sweep(place)
    written = sum(_write_if_new(place.directory / name, content) for name, content in files.items())
    if read_digest(place.page) != page.digest:
        _replace(place.page, page.html)
        written += 1
    for path in place.directory.iterdir():
        if _DATA_FILE.fullmatch(path.name) and path.name not in files:
            with contextlib.suppress(OSError):  # in use: the next time
                path.unlink()
    return written, len(files) + 1 - written


def _write_if_new(path: Path, content: bytes) -> bool:
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
    except OSError:
        pass
    _replace(path, content)
    return True


def _replace(path: Path, content: bytes) -> None:
    """Put `content` in place of `path` at once, by way of a name that sync clients leave alone."""
    temporary = path.with_name(f"~syncthing~{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
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


def _sweep(place: Place) -> None:
    """Drop what a publish that was cut off left behind."""
    for directory in (place.directory, place.page.parent):
        for path in directory.glob("~syncthing~*.tmp"):
            with contextlib.suppress(OSError):
                if _TEMPORARY.fullmatch(path.name) and time.time() - path.stat().st_mtime > _STALE_S:
                    path.unlink()


def _is_ours(directory: Path) -> bool:
    try:
        return bool(json.loads((directory / SIGN).read_text("utf-8")).get("made_by") == "indexer")
    except (OSError, ValueError, AttributeError):
        return False


def _is_there(path: Path) -> bool:
    """Tell whether somebody's file or directory is there; an empty directory is nobody's."""
    if path.is_dir() and not path.is_symlink():
        return any(path.iterdir())
    return os.path.lexists(path)
