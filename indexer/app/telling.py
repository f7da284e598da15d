"""How does what a person says become a file of theirs? Notes, questions, answers, closings, marks: one new file each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from indexer.app.adding import login_name
from indexer.errors import UserError
from indexer.folder.creating import create_mark, create_note
from indexer.model.items import Item, Kind, Mark, RelPath
from indexer.model.notes import Note, Role
from indexer.settings import Settings


class Place(NamedTuple):
    """What a person speaks of: a file or folder, or one link in a list."""

    path: RelPath
    address: str = ""
    """Of the link; empty: the whole file."""

    @staticmethod
    def of(item: Item) -> Place:
        """Return where notes on an item belong; raise UserError for one mail of a mailbox."""
        if item.is_list_entry and item.kind is not Kind.LINK:
            raise UserError(
                f"{item.title} is one of many in {item.path}: only the whole file can have a note"
            )
        return Place(item.path, item.url or "" if item.is_list_entry else "")


def signer(settings: Settings, given: str) -> str:
    """Return who signs: as given, else by the settings, else the login name."""
    return " ".join((given or settings.team.name or login_name()).split())


def write_note(folder: Path, on: Place, note: Note, now: datetime) -> RelPath:
    """Write a note on something and return its path; raise UserError if that can't be, or if it says nothing."""
    if not note.text.strip() and not note.level and not note.tags:
        raise UserError("a note needs words: nothing was written")
    return create_note(folder, on.path, note._replace(item=on.address), now)


def write_mark(folder: Path, on: Place, mark: Mark, by: str) -> RelPath:
    """Mark a file and return the mark's path; raise UserError for one link of a list."""
    if on.address:
        raise UserError(f"one link of {on.path} can't be marked: write a note on it, as in `indexer note`")
    return create_mark(folder, on.path, mark, by)


def write_answer(
    folder: Path, question: RelPath, text: str, by: str, item: Place | None, now: datetime
) -> RelPath:
    """Write an answer to a question and return its path; raise UserError if it says nothing and names no item."""
    if not text.strip() and item is None:
        raise UserError("an answer needs words, or an item (--item): nothing was written")
    named = (item.address or item.path) if item else ""
    return create_note(folder, question, Note(text, by, item=named), now, role=Role.ANSWER)


def write_closing(folder: Path, question: RelPath, by: str, now: datetime) -> RelPath:
    """Close a question and return the closing's path."""
    return create_note(folder, question, Note("", by), now, role=Role.CLOSING)
