"""Random adds, edits and deletes in a generated folder, the same for the same seed, and the folder as it was.

Of ten changes three add a document, five edit one (some twenty words of it are replaced) and two delete one. How many
were made is noted beside the folder before each, so that `restore` can put all of them back.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import generate

ADD, EDIT, DELETE = "add", "edit", "delete"
SHARES = {ADD: 0.3, EDIT: 0.5, DELETE: 0.2}
EDITED_WORDS = 20
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the folder."""

    sort: str
    number: int
    """Of the document."""
    seed: int
    """The seed of the new words of an edit."""


@dataclass(slots=True)
class Changes:
    """The changes of a folder with a given number of documents, one after the other, without end."""

    items: int
    seed: int
    live: list[int] = field(init=False)
    """Numbers of the documents that are there."""
    _chance: Random = field(init=False)
    _next: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with all documents."""
        self.live = list(range(self.items))
        self._chance = Random(f"changes {self.seed}")
        self._next = self.items

    def next(self) -> Change:
        """Return the next change, as if those before it had been made."""
        drawn = self._chance.random()
        if drawn < SHARES[ADD] or not self.live:
            self.live.append(self._next)
            self._next += 1
            return Change(ADD, self.live[-1], 0)
        at = self._chance.randrange(len(self.live))
        if drawn < SHARES[ADD] + SHARES[EDIT]:
            return Change(EDIT, self.live[at], self._chance.randrange(1 << 30))
        number, self.live[at] = self.live[at], self.live[-1]
        self.live.pop()
        return Change(DELETE, number, 0)


def edited(text: str, chance: Random) -> str:
    """Return `text` with some of its words replaced."""
    places = [match.span() for match in _WORD.finditer(text)]
    chosen = sorted(chance.sample(places, min(EDITED_WORDS, len(places))))
    parts, behind = [], 0
    for (start, end), word in zip(chosen, generate.words_of(chance, len(chosen)), strict=True):
        parts += [text[behind:start], word]
        behind = end
    return "".join([*parts, text[behind:]])


def edited_after(change: Change, text: str) -> str:
    """Return the text of a document after a change; None if it is gone."""
    if change.sort == DELETE:
        return ""
    return edited(text, Random(change.seed)) if change.sort == EDIT else text


@dataclass(frozen=True, slots=True)
class Workshop:
    """The folder where changes are made."""

    folder: Path
    seed: int
    """Of its documents and of its changes."""

    @property
    def _note(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.changes.json")

    def make(self, change: Change, made_before: int, moment: datetime) -> tuple[str, str]:
        """Make a change at a moment; return path within the folder and text of the document, None if it is gone."""
        self._note.write_text(json.dumps(made_before + 1), "utf-8")
        name, text, _ = generate.document(change.number, self.seed)
        path = self.folder / name
        text = edited_after(change, path.read_text("utf-8") if change.sort == EDIT else text)
        if not text:
            path.unlink()
            return name, ""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        os.utime(path, (moment.timestamp(), moment.timestamp()))
        return name, text

    def restore(self, items: int) -> int:
        """Put back whatever earlier changes did to the `items` documents, and return how many changes that were."""
        made = json.loads(self._note.read_text("utf-8")) if self._note.exists() else 0
        changes = Changes(items, self.seed)
        for number in sorted({changes.next().number for _ in range(made)}):
            name, text, moment = generate.document(number, self.seed)
            path = self.folder / name
            if number >= items:
                path.unlink(missing_ok=True)
                self._drop_if_empty(path.parent)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            os.utime(path, (moment, moment))
        self._note.unlink(missing_ok=True)
        return int(made)

    def _drop_if_empty(self, directory: Path) -> None:
        for one in (directory, *directory.parents):
            if one == self.folder or not one.is_dir() or any(one.iterdir()):
                return
            one.rmdir()
