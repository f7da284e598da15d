"""What the people of a team do to a shared folder all day: documents, notes, questions, answers, marks. All from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import ClassVar

from indexer.app import telling
from indexer.app.telling import Place
from indexer.folder.creating import create_note, create_question
from indexer.model.items import Mark, RelPath
from indexer.model.notes import LEVELS, Note, compose, mark_of, note_of, stamp

from .people import People
from .simulator import Machine, Service

DIRECTORIES = ("", "Sales", "Sales/Offers", "Einkauf", "Büro & Co")
WORDS = "harbour invoice gasket tariff pump glycol flange audit budget contract steel delivery Größe résumé".split()
PAGE = ("index.html", "_index")
MOST_NOTES = 12
"""Files beside one file that say something of it: more are not all shown with it."""


class Team:
    """Does one thing after the other, on any machine. What is written by commands is written by them."""

    def __init__(self, service: Service, chance: random.Random) -> None:
        self.service, self.chance = service, chance
        self.people = People(service)
        self.marked: dict[str, str] = {}
        """The path of each mark that was set, and by whom."""
        self.done: dict[str, int] = {}
        """How often each thing was done."""
        self._number = 0

    def do(self) -> None:
        """Do one thing somewhere."""
        while True:
            deed = self.chance.choices([*self.MENU], [*self.MENU.values()])[0]
            machine = self.chance.choice([*self.service.machines.values()])
            if deed(self, machine):
                self.done[deed.__name__] = self.done.get(deed.__name__, 0) + 1
                return

    # --- what there is ----------------------------------------------------------------------------

    def _files(self, machine: Machine, is_meant: Callable[[str], bool]) -> list[str]:
        return [
            path
            for path, (_, size) in machine.look().items()
            if size >= 0 and path.partition("/")[0] not in PAGE and is_meant(path)
        ]

    def _one(self, machine: Machine, is_meant: Callable[[str], bool]) -> str:
        """Return a file on a machine, some more often than others, so that people meet; empty if there is none."""
        found = self._files(machine, is_meant)
        return found[int(len(found) * self.chance.random() ** 2)] if found else ""

    def _noted(self, machine: Machine, *, question: bool = False) -> str:
        """Return a file that can have one more note."""
        path = self._one(machine, is_question if question else is_document)
        return path if path and len(self.said_of(machine, path)) < MOST_NOTES else ""

    def said_of(self, machine: Machine, path: str) -> list[str]:
        """Return the notes, answers and marks beside a file."""
        return self._files(machine, lambda one: is_said(one) and one.startswith(f"{path}."))

    def _text(self, words: int = 8) -> str:
        """Return words, one of which is in no other text."""
        self._number += 1
        return " ".join([f"fact{self._number}x", *self.chance.choices(WORDS, k=words)])

    def _in(self, directory: str, name: str) -> str:
        return f"{directory}/{name}" if directory else name

    def _write(self, machine: Machine, path: str, text: str) -> bool:
        self.people.write(machine, path, text.encode())
        return True

    def _made(self, machine: Machine, path: RelPath) -> bool:
        """Take note of a file that a command has written."""
        self.people.date(machine, path)
        content = (machine.folder / path).read_bytes()
        if content:
            self.people.written[content] = path
        self.service.notice(machine)
        return True

    def _stamp(self, machine: Machine) -> str:
        letters = "".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=4))
        return stamp(self.service.now, machine.whose.person, letters)

    # --- documents --------------------------------------------------------------------------------

    def write(self, machine: Machine) -> bool:
        """Write a new document; now and then two people choose the same name."""
        name = f"{self.chance.choice(WORDS[:6])} {self.chance.randint(1, 5)}.{self.chance.choice(['txt', 'md', 'html'])}"
        path = self._in(self.chance.choice(DIRECTORIES), name)
        return not (machine.folder / path).exists() and self._write(machine, path, f"{self._text(20)}\n")

    def write_list(self, machine: Machine) -> bool:
        """Write a list of links."""
        lines = [f"{self._text(3)} https://example.org/{self._number}/{part}" for part in "ab"]
        path = self._in(self.chance.choice(DIRECTORIES), f"links {self.chance.randint(1, 6)}.txt")
        return not (machine.folder / path).exists() and self._write(machine, path, "\n".join(lines))

    def edit(self, machine: Machine) -> bool:
        """Edit a document or a question: something more at its end."""
        path = self._one(machine, lambda one: is_document(one) or is_question(one))
        if not path:
            return False
        before = (machine.folder / path).read_text("utf-8")
        return self._write(machine, path, f"{before.rstrip()}\n{self._text()}\n")

    def delete(self, machine: Machine) -> bool:
        """Delete a document or a question, with or without what is said of it."""
        path = self._one(machine, lambda one: is_document(one) or is_question(one))
        if path:
            said = self.said_of(machine, path) if self.chance.random() < 0.5 else []
            for one in (path, *said):
                self.people.delete(machine, one)
        return bool(path)

    def rename(self, machine: Machine) -> bool:
        """Rename or move a document or a question, with what is said of it or without."""
        path = self._one(machine, lambda one: is_document(one) or is_question(one))
        if not path:
            return False
        folder, _, name = path.rpartition("/")
        self._number += 1
        if is_question(path) or self.chance.random() < 0.5:
            to = self._in(folder, f"renamed {self._number}.{name.rpartition('.')[2]}")
        else:
            to = self._in(self.chance.choice(DIRECTORIES), name)
        said = self.said_of(machine, path) if self.chance.random() < 0.6 else []
        if (machine.folder / to).exists():
            return False
        self.people.rename(machine, *((one, f"{to}{one.removeprefix(path)}") for one in (path, *said)))
        return True

    def rename_directory(self, machine: Machine) -> bool:
        """Rename a directory, with all that is in it."""
        self._number += 1
        there = [
            one for one, (_, size) in machine.look().items() if size < 0 and one.partition("/")[0] not in PAGE
        ]
        below = [one for one in there if "/" in one]
        if below:
            path = self.chance.choice(below)
            self.people.rename(machine, (path, f"{path.rpartition('/')[0]}/Old {self._number}"))
        return bool(below)

    # --- notes ------------------------------------------------------------------------------------

    def _note(self, machine: Machine) -> Note:
        by = self.chance.choice(["", machine.whose.person, "Dora Ünal"])
        level = self.chance.choice(["", "", *LEVELS])
        tags = tuple(self.chance.sample(["tariff", "a, b", "Qualität"], self.chance.randint(0, 2)))
        return Note(self._text(), by, tags, level)

    def note_by_hand(self, machine: Machine) -> bool:
        """Write a note into a file whose name others may choose, too; or edit the one that is there."""
        path = self._noted(machine)
        name = self.chance.choice(["", "", ".team", ".ann", f".{self._stamp(machine)}"])
        suffix = self.chance.choice(["md", "md", "txt"])
        return bool(path) and self._write(
            machine, f"{path}.note{name}.{suffix}", compose(self._note(machine))
        )

    def note_by_command(self, machine: Machine) -> bool:
        """Write a note by the command, perhaps on a link in a list."""
        path = self._noted(machine)
        if not path:
            return False
        text = (machine.folder / path).read_text("utf-8")
        addresses = [word for word in text.split() if word.startswith("https://")]
        address = self.chance.choice(addresses) if addresses and self.chance.random() < 0.7 else ""
        note, on = self._note(machine), Place(RelPath(path), address)
        return self._made(machine, telling.write_note(machine.folder, on, note, self.service.now))

    def edit_note(self, machine: Machine) -> bool:
        """Write a note anew, somebody else's too."""
        path = self._one(machine, lambda one: is_said(one) and ".note." in one)
        return bool(path) and self._write(machine, path, compose(self._note(machine)))

    def replace_note(self, machine: Machine) -> bool:
        """Replace or withdraw a note, an answer, a closing or a mark, by a note of one's own."""
        path = self._one(machine, is_said)
        if not path:
            return False
        on = _on(path)
        if not (machine.folder / on).is_file() or is_said(on):
            return False
        name = path.rpartition("/")[2]
        is_replaced = ".note." in name and self.chance.random() < 0.5
        note = self._note(machine)
        note = note._replace(replaces=name) if is_replaced else note._replace(withdraws=name)
        return self._made(machine, create_note(machine.folder, RelPath(on), note, self.service.now))

    def delete_note(self, machine: Machine) -> bool:
        """Delete a note, an answer, a closing or a mark."""
        path = self._one(machine, is_said)
        if path:
            self.people.delete(machine, path)
        return bool(path)

    # --- questions --------------------------------------------------------------------------------

    def ask_by_hand(self, machine: Machine) -> bool:
        """Write a question into a file whose name others may choose, too."""
        path = f"Questions/why {self.chance.choice(WORDS[:6])}.md"
        asked = f"Why {self._text(4)}?\n\nMore: {self._text()}"
        head = Note(
            asked, machine.whose.person, watch="steel tariff", needs_by="2026-12-24", department="Sales"
        )
        note = head if self.chance.random() < 0.5 else Note(asked)
        return not (machine.folder / path).exists() and self._write(machine, path, compose(note))

    def ask_by_command(self, machine: Machine) -> bool:
        """Ask by the command."""
        note = Note(f"What about {self._text(3)}?", machine.whose.person)
        return self._made(machine, create_question(machine.folder, note, self.service.now))

    def answer(self, machine: Machine) -> bool:
        """Answer a question, perhaps by an item."""
        path = self._noted(machine, question=True)
        if not path:
            return False
        item = self._one(machine, is_document) if self.chance.random() < 0.4 else ""
        made = telling.write_answer(
            machine.folder, RelPath(path), self._text(), machine.whose.person,
            Place(RelPath(item)) if item else None, self.service.now,
        )  # fmt: skip
        return self._made(machine, made)

    def close(self, machine: Machine) -> bool:
        """Close a question."""
        path = self._noted(machine, question=True)
        person, now = machine.whose.person, self.service.now
        return bool(path) and self._made(
            machine, telling.write_closing(machine.folder, RelPath(path), person, now)
        )

    # --- marks ------------------------------------------------------------------------------------

    def mark(self, machine: Machine) -> bool:
        """Mark a document, by the command or by hand."""
        path = self._noted(machine)
        if not path:
            return False
        mark, who = self.chance.choice([*Mark]), self.chance.choice([machine.whose.person, "Dora Ünal"])
        made = telling.write_mark(machine.folder, Place(RelPath(path)), mark, who)
        self.marked[made] = who
        self.people.date(machine, made)
        self.service.notice(machine)
        return True

    # --- machines ---------------------------------------------------------------------------------

    def connect(self, machine: Machine) -> bool:
        """Leave, or come back."""
        (self.service.disconnect if machine.online else self.service.connect)(machine)
        return True

    def rescan(self, machine: Machine) -> bool:
        """Have a sync client start again."""
        self.service.rescan(machine)
        return True

    MENU: ClassVar[dict[Callable[[Team, Machine], bool], float]] = {
        write: 12, write_list: 2, edit: 10, delete: 3, rename: 7, rename_directory: 0.7,
        note_by_hand: 12, note_by_command: 10, edit_note: 9, replace_note: 4, delete_note: 2,
        ask_by_hand: 4, ask_by_command: 3, answer: 9, close: 2, mark: 9, connect: 7, rescan: 2,
    }  # fmt: skip


# --- what is what, by the names that people were told -----------------------------------------------


def is_said(path: str) -> bool:
    """Tell whether a file says something of another."""
    return note_of(path) is not None or mark_of(path) is not None


def _on(path: str) -> str:
    marked = mark_of(path)
    return marked.path if marked else note_of(path) or path


def is_question(path: str) -> bool:
    """Tell whether a file is a question."""
    return path.startswith("Questions/") and not is_said(path)


def is_document(path: str) -> bool:
    """Tell whether a file is a document."""
    return not is_question(path) and not is_said(path)
