"""How do the links of another program's export come into the folder? One file a new address, folders as subfolders."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from indexer.app.adding import Places, Wanted, link_path, login_name, web_address, write_link
from indexer.app.commands import Progress
from indexer.app.holdings import Holdings
from indexer.errors import UserError
from indexer.extract.cage import Cage
from indexer.extract.exports import MOST_FOLDERS
from indexer.extract.reading_process import Limits
from indexer.extract.worker import Job
from indexer.files.opening import Directory
from indexer.folder.creating import Names, create_note, portable_name
from indexer.folder.ignore import IGNORE_FILE
from indexer.folder.scan import stamp_of
from indexer.model.items import Extract, Link, RelPath
from indexer.model.notes import fitting
from indexer.model.readings import Reading
from indexer.settings import Settings

MOST_BYTES = 128 << 20
"""Of an export."""
_NAME = "export"


class Imported(NamedTuple):
    """What came of an import."""

    added: int = 0
    there: int = 0
    """Links whose address the folder has already, or that the export has twice."""
    refused: int = 0
    """Links whose address must not be followed."""
    hidden: int = 0
    """Links, and notes on links, whose files the folder's rules leave out of the index."""
    left_out: str = ""
    """One line on what of the export was left out; empty if nothing was."""


def read_export(file: Path, state: Path, settings: Settings) -> Extract:
    """Have a reading process read the links in an export; raise UserError if it is none."""
    place = Path(tempfile.mkdtemp(prefix="import-", dir=state))
    try:
        path = place / _NAME
        path.write_bytes(_content(file))
        limits = settings.extract
        job = Job(path, stamp_of(path.lstat()), frozenset(), MOST_BYTES, 0, is_export=True)
        cage = Cage(1, Limits(limits.cpu_s, limits.wall_s, limits.memory_mb << 20), place)
        try:
            cage.submit(_NAME, job)
            reading = _first(cage)
        finally:
            cage.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if reading.failure or reading.about is None:
        why = reading.failure[1] if reading.failure else ""
        raise UserError(f"{file} can't be imported: {why or 'nothing in it'}")
    return reading.about


def _first(cage: Cage) -> Reading:
    while True:
        for _, reading in cage.collect(1.0):
            return reading


def _content(file: Path) -> bytes:
    path = Path(os.path.realpath(file))
    try:
        with Directory(path.parent) as directory:
            return directory.read(path.name, MOST_BYTES)
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror or error}") from error


def import_links(
    folder: Path, holdings: Holdings, places: Places, export: Extract, to: RelPath, now: datetime,
    progress: Progress | None = None,
) -> Imported:  # fmt: skip
    """Write each link whose address is new into the folder, below `to`. If it is ended, doing it again goes on where it was."""
    who = login_name()
    names: Names = {}
    added = there = refused = hidden = 0
    for number, link in enumerate(export.links, 1):
        try:
            url = web_address(link.url or "")
        except UserError:
            refused += 1
            continue
        if holdings.of(url):
            there += 1
            continue
        directory = places.below(to, link.folders[:MOST_FOLDERS])
        try:
            path = link_path(places, url, link.title, directory)
        except UserError:
            hidden += 1
            continue
        path = write_link(folder, url, path, names)
        holdings.add(url, path)
        note = fitting(_wanted(url, link).note)
        if note.text or note.tags:
            if places.leaves_out_note(path):
                hidden += 1
            else:
                create_note(folder, path, note._replace(by=who), now, names)
        added += 1
        if progress:
            progress(number, len(export.links), path)
    return Imported(added, there, refused, hidden, export.truncated)


def _wanted(url: str, link: Link) -> Wanted:
    """Return what is wanted of a link; its title only if the name of the file can't hold it."""
    title = "" if link.title == portable_name(link.title) else link.title
    return Wanted(url, title, link.note, "", link.tags)


def summary(imported: Imported) -> str:
    """Return what came of an import in one line."""
    parts = [f"{imported.added:,} link{'' if imported.added == 1 else 's'} added"]
    parts += (
        [f"{imported.there:,} {'was' if imported.there == 1 else 'were'} there already"]
        if imported.there
        else []
    )
    parts += [f"{imported.refused:,} refused"] if imported.refused else []
    parts += (
        [f"{imported.hidden:,} not written, as {IGNORE_FILE} or folder.ignore leaves them out"]
        if imported.hidden
        else []
    )
    return ", ".join(parts) + (f"; {imported.left_out}" if imported.left_out else "")
