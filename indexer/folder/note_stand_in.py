"""How is a note put beside an item? To be replaced by `model/notes` and `creating.create_note`."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from indexer.folder.creating import Names, create_file
from indexer.model.items import RelPath


class Note(NamedTuple):
    """What a note says."""

    text: str = ""
    by: str = ""
    tags: tuple[str, ...] = ()
    item: str = ""
    """The address of the link in a list that it is on; empty: it is on the whole file."""
    title: str = ""


def create_note(folder: Path, on: RelPath, note: Note, now: datetime, names: Names | None = None) -> RelPath:
    """Write a note on the file `on` beside it and return its path."""
    who = "".join(c for c in note.by if c.isalnum())[:40] or "someone"
    four = "".join(random.choices(string.ascii_lowercase + string.digits, k=4))
    fields = {"by": note.by, "tags": ", ".join(note.tags), "title": note.title, "item": note.item}
    head = "".join(f"{name}: {' '.join(value.split())}\n" for name, value in fields.items() if value)
    text = (f"---\n{head}---\n" if head else "") + note.text.strip() + "\n"
    path = RelPath(f"{on}.note.{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{who}-{four}.md")
    return create_file(folder, path, text.encode("utf-8", "replace"), names)
