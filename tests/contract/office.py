"""A day of an office on a shared folder: what people and their programs do to its files, planned from a seed, then done.

`Office` plans and touches no disk: a plan is a list of acts with the second at which each is due. `Hands` do a plan and
remember of every file what it should contain from then on, and when it was written.
"""

from __future__ import annotations

import csv
import io
import os
import random
import shutil
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from html import escape
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import ClassVar

import docx

DAY_S = 86_400
MOST_REMOVED, REMOVED_WITHIN_S = 40, 90.0
"""The most files deleted, and in how many seconds: below the removal guard, which counts 50 in a minute."""
GUARD_ITEMS, GUARD_SHARE = 50, 0.2
REST_S = 7.0
"""So long nobody renames a file before and after an edit that only its inode's time of change tells of: renaming a file
changes that time too, and a move costs no reading."""
WORDS = (
    "harbour invoice meeting gasket tariff pump glycol flange audit holiday travel budget contract steel delivery"
    " warranty supplier drawing minutes agenda Größe Prüfung Lieferung résumé façade"
).split()
PEOPLE = ("Ann Baker", "Jörg Weiß", "Chloé Martin", "Li Wei")
SUFFIXES = ("txt", "txt", "md", "md", "docx", "html", "csv", "eml", "url")
LONG = "a long name that somebody wrote instead of a text "


# --- what files say -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says, whatever its format."""

    suffix: str
    title: str
    lines: tuple[str, ...]
    author: str = ""
    members: tuple[tuple[str, Content], ...] = ()
    """Of an archive: names and contents of its files."""

    def to_bytes(self) -> bytes:
        """Return the file."""
        return _MAKERS.get(self.suffix, _text)(self)


def _text(content: Content) -> bytes:
    return "\n".join([content.title, "", *content.lines, ""]).encode()


def _markdown(content: Content) -> bytes:
    return f"# {content.title}\n\n{chr(10).join(content.lines)}\n".encode()


def _word(content: Content) -> bytes:
    document = docx.Document()
    document.core_properties.title = content.title
    document.core_properties.author = content.author
    for line in content.lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _html(content: Content) -> bytes:
    paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in content.lines)
    head = f"<!doctype html>\n<meta charset=utf-8>\n<title>{escape(content.title)}</title>\n"
    return f"{head}<h1>{escape(content.title)}</h1>\n{paragraphs}".encode()


def _table(content: Content) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made).writerows([["number", "what"], *enumerate([content.title, *content.lines])])
    return made.getvalue().encode()


def _mail(content: Content) -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = content.title, "ann@example.org", "li@example.org"
    mail["Date"] = "Wed, 25 Nov 2026 09:00:00 +0000"
    mail.set_content("\n".join(content.lines))
    return mail.as_bytes()


def _link(content: Content) -> bytes:
    page = "-".join(content.title.split()).encode("ascii", "ignore").decode()
    return f"[InternetShortcut]\r\nURL=https://example.org/{page}\r\n".encode()


def _archive(content: Content) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, member in content.members:
            archive.writestr(name, member.to_bytes())
    return made.getvalue()


_MAKERS: dict[str, Callable[[Content], bytes]] = {
    "md": _markdown, "docx": _word, "html": _html, "csv": _table, "eml": _mail, "url": _link, "zip": _archive,
}  # fmt: skip


# --- what is done to them -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Write:
    """Write a part of a file from the beginning or at its end, in place."""

    path: str
    content: Content
    begin: float = 0.0
    end: float = 1.0
    age_days: float = 0.0
    """If not 0, its time is set so far back, as unpacking an archive does."""


@dataclass(frozen=True, slots=True)
class WriteWhileMoving:
    """Begin to write a file, rename it or a directory above it, and write the rest by the open handle."""

    path: str
    content: Content
    moved: str
    to: str
    """The path that is renamed meanwhile, and its new one."""


@dataclass(frozen=True, slots=True)
class WriteKeepingTime:
    """Write a file in place and put its old time back."""

    path: str
    content: Content


@dataclass(frozen=True, slots=True)
class Touch:
    """Give a file the present time."""

    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Rename a file or directory; a file that has the new name is replaced."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy a file, with or without its times."""

    path: str
    to: str
    keeps_times: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a file or a whole directory."""

    path: str


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """Make a directory."""

    path: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Copy a file to the attic, which is outside of the folder, with its times."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Restore:
    """Copy a file back from the attic, with its times."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class TakeAway:
    """Move a file or directory out of the folder."""

    path: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Move it back, or bring it back as a copy with the old times."""

    path: str
    as_copy: bool = False


Step = (
    Write | WriteWhileMoving | WriteKeepingTime | Touch | Rename | Copy | Delete | MakeDirectory
    | Keep | Restore | TakeAway | PutBack
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """One step, when it is due (seconds from the beginning of the plan), and what it belongs to."""

    at_s: float
    what: str
    step: Step


@dataclass(frozen=True, slots=True)
class Operation:
    """What one person or program does, step after step."""

    what: str
    steps: tuple[Step, ...]
    touches: frozenset[str]
    """Paths that nobody else should touch meanwhile."""
    removes: int = 0
    """Files that are gone for good."""
    gap_s: float = 0.02
    rest_s: float = 0.0
    """Seconds before and after during which nobody else touches them."""


# --- planning -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Office:
    """What is in the folder, and what happens next: from a seed, without a disk."""

    chance: random.Random
    files: dict[str, Content] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    kept: dict[str, tuple[str, Content]] = field(default_factory=dict)
    """Deleted files that are in the attic, by their name there: path and content."""
    fresh: list[str] = field(default_factory=list)
    """Words in only one file (and its copies), latest last."""
    _serial: int = 0
    _clock_s: float = 0.0
    _removed: list[tuple[float, int]] = field(default_factory=list)
    _busy: list[tuple[float, frozenset[str]]] = field(default_factory=list)

    TOPS: ClassVar = (
        "Sales", "Einkauf", "Technik & Service", "Büro", unicodedata.normalize("NFD", "Qualität"),
        "Projects 2026", "#1 Archive 100%",
    )  # fmt: skip
    BELOWS: ClassVar = ("", "", "Offers", "Contracts/2025", "Contracts/2026", "old  ones", "Überblick/intern")

    def begin(self, count: int = 140) -> list[Act]:
        """Plan the folder as it is before the day begins."""
        for top in self.TOPS:
            for below in self.BELOWS:
                self._know(f"{top}/{below}".rstrip("/"))
        steps: list[Step] = [MakeDirectory(directory) for directory in sorted(self.directories)]
        for _ in range(count):
            suffix = self.chance.choice(SUFFIXES)
            path, content = self._new_path(suffix), self._content(suffix)
            self.files[path] = content
            steps.append(Write(path, content, age_days=self.chance.uniform(0.1, 400)))
        return [Act(0.0, "the folder as it was", step) for step in steps]

    def hour(self, count: int, gap_s: float = 0.08) -> list[Act]:
        """Plan an hour of a number of operations, `gap_s` seconds apart on average."""
        acts: list[Act] = []
        now, began, self._busy = 0.0, self._clock_s, []
        names, weights = zip(*self._menu().items(), strict=True)
        while count:
            operation = self.chance.choices(names, weights)[0](self)
            if operation is None:
                continue
            count -= 1
            now += self.chance.expovariate(1 / gap_s)
            ends = (end for end, taken in self._busy if _meet(taken, operation.touches))
            at = max([now, *(end + operation.rest_s for end in ends)])
            for step in operation.steps:
                acts.append(Act(at, operation.what, step))
                at += self.chance.uniform(0.2, 2.0) * operation.gap_s
            self._busy.append((at + 0.01 + operation.rest_s, operation.touches))
            self._clock_s = began + now
            if operation.removes:
                self._removed.append((began + at, operation.removes))
        acts.sort(key=lambda act: act.at_s)
        self._clock_s = began + (acts[-1].at_s if acts else 0.0)
        return acts

    def lose_much(self) -> tuple[list[Act], list[Act], list[Act]]:
        """Plan that more vanishes than the removal guard lets go, that it comes back, and is then renamed."""
        tops = sorted({path.partition("/")[0] for path in self.files})
        self.chance.shuffle(tops)
        away: list[Act] = []
        back: list[Act] = []
        renamed: list[Act] = []
        count = 0
        while count <= 1.3 * max(GUARD_ITEMS, GUARD_SHARE * len(self.files)):
            top, to = tops.pop(), f"Team {self._next()}"
            count += len(self._below(top))
            back.append(Act(0.0, "the drive is back", PutBack(top, as_copy=len(back) % 2 == 0)))
            away.append(Act(0.0, "a drive is lost", TakeAway(top)))
            renamed.append(Act(0.0, "a department renamed", Rename(top, to)))
            self._rename_known(top, to)
        return away, back, renamed

    # --- names and texts --------------------------------------------------------------------------

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _content(self, suffix: str, title: str = "") -> Content:
        only = f"only{self._next()}x"
        self.fresh.append(only)
        words = self.chance.choices(WORDS, k=self.chance.randint(5, 60))
        words.insert(self.chance.randint(0, len(words)), only)
        lines = tuple(" ".join(words[at : at + 9]) for at in range(0, len(words), 9))
        title = title or f"{self.chance.choice(WORDS).capitalize()} {only}"
        return Content(suffix, title, lines, self.chance.choice(PEOPLE))

    def _edited(self, path: str) -> Content:
        """Return the next version of a file: some of the old, something new."""
        old, new = self.files[path], self._content(self.files[path].suffix)
        kept = old.lines[: self.chance.randint(0, len(old.lines))]
        title = old.title if self.chance.random() < 0.7 else new.title
        return Content(old.suffix, title, (*kept, *new.lines), old.author)

    def _name(self, suffix: str) -> str:
        number, word = self._next(), self.chance.choice(WORDS)
        ending = suffix.upper() if self.chance.random() < 0.1 else suffix
        hard = "%?" if os.name != "nt" else "%"
        stem = self.chance.choice(
            [
                f"{word} {number}", f"{word}_{number}", f"{word.capitalize()} {number}", f"{number}-{word}",
                unicodedata.normalize("NFC", f"Übersicht für {word} {number}"),
                unicodedata.normalize("NFD", f"Précis à {word} {number}"),
                f"  {word}  {number} ", f"{word} #{number} 50{hard}", f"{word}.{number}.final (2)",
                f"{LONG * 4}{number}",
            ]
        )  # fmt: skip
        return f"{stem}.{ending}"

    def _new_path(self, suffix: str) -> str:
        return f"{self._directory()}/{self._name(suffix)}"

    def _directory(self) -> str:
        return self.chance.choice(sorted(self.directories))

    def _file(self, *suffixes: str, short: bool = False) -> str | None:
        """Return a file of the folder, one whose name can be made longer if `short`; None if there is none."""
        paths = [
            path
            for path, content in self.files.items()
            if (not suffixes or content.suffix in suffixes)
            and not (short and len(_name_of(path).encode()) > 150)
            and content.suffix != "zip"
        ]
        return self.chance.choice(sorted(paths)) if paths else None

    def _know(self, directory: str) -> None:
        while directory:
            self.directories.add(directory)
            directory = directory.rpartition("/")[0]

    def _below(self, directory: str) -> list[str]:
        return sorted(path for path in self.files if path.startswith(directory + "/"))

    def _may_remove(self, count: int) -> bool:
        lately = sum(number for at, number in self._removed if self._clock_s - at < REMOVED_WITHIN_S)
        return lately + count <= MOST_REMOVED

    # --- operations -------------------------------------------------------------------------------

    @staticmethod
    def _menu() -> dict[Callable[[Office], Operation | None], float]:
        """Return all operations with how often they are done."""
        return {
            Office._write: 10, Office._write_slowly: 4, Office._edit: 12, Office._edit_twice: 3,
            Office._edit_keeping_time: 1, Office._touch: 2, Office._save_as_word: 7, Office._save_as_libre: 5,
            Office._save_as_vim: 5, Office._download: 4, Office._synchronise: 6, Office._conflict: 3,
            Office._rename: 6, Office._rename_case: 3, Office._respell: 2, Office._move: 6, Office._swap: 2,
            Office._rename_directory: 2, Office._move_directory: 1, Office._delete: 4, Office._delete_directory: 0.7,
            Office._restore: 3, Office._replace: 2, Office._copy: 4, Office._copy_directory: 0.6,
            Office._unpack: 0.8, Office._drop_many: 0.6, Office._edit_while_moving: 3,
            Office._edit_while_directory_moves: 1.5,
        }  # fmt: skip

    def _write(self) -> Operation:
        suffix = self.chance.choice(SUFFIXES)
        path, content = self._new_path(suffix), self._content(suffix)
        self.files[path] = content
        return _operation("a new document", Write(path, content))

    def _write_slowly(self) -> Operation:
        suffix = self.chance.choice(("txt", "html", "csv", "docx"))
        path, content = self._new_path(suffix), self._content(suffix)
        self.files[path] = content
        parts = (0.0, 0.0, 0.4, 0.7, 1.0)
        steps = [Write(path, content, begin, end) for begin, end in pairwise(parts)]
        return _operation("a copy over a slow line", *steps, gap_s=0.3)

    def _edit(self) -> Operation | None:
        if (path := self._file()) is None:
            return None
        self.files[path] = self._edited(path)
        return _operation("an edit in place", Write(path, self.files[path]))

    def _edit_twice(self) -> Operation | None:
        if (path := self._file("txt", "md", "csv")) is None:
            return None
        first = self._edited(path)
        self.files[path] = second = self._edited(path)
        return _operation(
            "two edits soon one after the other", Write(path, first), Write(path, second), gap_s=0.6
        )

    def _edit_keeping_time(self) -> Operation | None:
        if (path := self._file("txt")) is None:
            return None
        old = self.files[path]
        line = old.lines[0][::-1] if old.lines else ""
        self.files[path] = content = Content(old.suffix, old.title, (line, *old.lines[1:]), old.author)
        return _operation(
            "an edit of equal size, its old time put back", WriteKeepingTime(path, content), rest_s=REST_S
        )

    def _touch(self) -> Operation | None:
        path = self._file()
        return _operation("a new time only", Touch(path)) if path else None

    def _save_as_word(self) -> Operation | None:
        if (path := self._file("docx", short=True)) is None:
            return None
        lock, new, old = (
            _beside(path, f"~${_name_of(path)[2:]}"),
            *(_beside(path, f"~WR{letter}{self._next():04}.tmp") for letter in "DL"),
        )
        self.files[path] = content = self._edited(path)
        return _operation(
            "a save by Word",
            Write(lock, _raw("ann")), Write(new, content), Rename(path, old), Rename(new, path), Delete(old), Delete(lock),
            gap_s=0.15,
        )  # fmt: skip

    def _save_as_libre(self) -> Operation | None:
        if (path := self._file("docx", "html", "csv", short=True)) is None:
            return None
        lock, new = _beside(path, f".~lock.{_name_of(path)}#"), _beside(path, f"lu{self._next():05}abcd.tmp")
        self.files[path] = content = self._edited(path)
        return _operation(
            "a save by LibreOffice",
            Write(lock, _raw(",ann,desk;")), Write(new, content), Rename(new, path), Delete(lock), gap_s=0.1,
        )  # fmt: skip

    def _save_as_vim(self) -> Operation | None:
        if (path := self._file("txt", "md", "html", short=True)) is None:
            return None
        swap, probe = _beside(path, f".{_name_of(path)}.swp"), _beside(path, "4913")
        self.files[path] = content = self._edited(path)
        return _operation(
            "a save by vim",
            Write(swap, _raw("b0VIM 9.0")), Write(probe, _raw("")), Delete(probe),
            Rename(path, path + "~"), Write(path, content), Delete(path + "~"), Delete(swap), gap_s=0.05,
        )  # fmt: skip

    def _download(self) -> Operation:
        suffix = self.chance.choice(("html", "docx", "csv", "txt"))
        path, content = self._new_path(suffix), self._content(suffix)
        self.files[path] = content
        part = path + self.chance.choice((".crdownload", ".part"))
        return _operation(
            "a download", Write(part, content, 0, 0.3), Write(part, content, 0.3, 1), Rename(part, path), gap_s=0.4
        )  # fmt: skip

    def _synchronise(self) -> Operation | None:
        path = self._file(short=True)
        if path is None or self.chance.random() < 0.4:
            suffix = self.chance.choice(SUFFIXES)
            path = self._new_path(suffix)
            self.files[path] = self._content(suffix)
        else:
            self.files[path] = self._edited(path)
        if len(_name_of(path).encode()) > 230:
            return _operation("brought by a sync client", Write(path, self.files[path]))
        name = self.chance.choice(("~syncthing~{}.tmp", ".~{}")).format(_name_of(path))
        new = _beside(path, name)
        return _operation(
            "brought by a sync client",
            Write(new, self.files[path], 0, 0.5), Write(new, self.files[path], 0.5, 1, age_days=0.001), Rename(new, path),
            gap_s=0.1,
        )  # fmt: skip

    def _conflict(self) -> Operation | None:
        if (path := self._file(short=True)) is None:
            return None
        stem, dot, suffix = path.rpartition(".")
        made = self.chance.choice((" (conflicted copy 2026-11-25)", " (Ann's conflicted copy 2026-11-24)"))
        copy = f"{stem}{made}{dot}{suffix}"
        if copy in self.files:
            return None
        self.files[copy] = self._edited(path)
        return _operation("a conflict", Write(copy, self.files[copy]), also=(path,))

    def _relocate(self, what: str, path: str, to: str) -> Operation | None:
        if to in self.files or to == path:
            return None
        self.files[to] = self.files.pop(path)
        return _operation(what, Rename(path, to))

    def _rename(self) -> Operation | None:
        if (path := self._file()) is None:
            return None
        return self._relocate("a new name", path, _beside(path, self._name(_suffix(path))))

    def _rename_case(self) -> Operation | None:
        if (path := self._file()) is None:
            return None
        stem, dot, suffix = _name_of(path).rpartition(".")
        return self._relocate("a name in another case", path, _beside(path, stem.swapcase() + dot + suffix))

    def _respell(self) -> Operation | None:
        """Rename as a disk of a Mac spells it, or back."""
        if (path := self._file()) is None:
            return None
        name = _name_of(path)
        is_composed = unicodedata.is_normalized("NFC", name)
        other = unicodedata.normalize("NFD", name) if is_composed else unicodedata.normalize("NFC", name)
        return self._relocate("a name spelled otherwise", path, _beside(path, other))

    def _move(self) -> Operation | None:
        if (path := self._file()) is None:
            return None
        return self._relocate("a move", path, f"{self._directory()}/{_name_of(path)}")

    def _swap(self) -> Operation | None:
        one, other = self._file(), self._file(short=True)
        if one is None or other is None or one == other or self.files[one].suffix != self.files[other].suffix:
            return None
        between = other + " swapped"
        self.files[one], self.files[other] = self.files[other], self.files[one]
        return _operation(
            "two names swapped", Rename(other, between), Rename(one, other), Rename(between, one)
        )

    def _free_directory(self, to: str) -> bool:
        return to not in self.directories and to not in self.files

    def _rename_known(self, directory: str, to: str) -> None:
        def moved(path: str) -> str:
            return to + path[len(directory) :] if _is_in(path, directory) else path

        self.files = {moved(path): content for path, content in self.files.items()}
        self.directories = {moved(path) for path in self.directories}
        self._know(to)

    def _rename_directory(self) -> Operation | None:
        directory = self._directory()
        if self.chance.random() < 0.5:
            directory = directory.partition("/")[0]
        name = _name_of(directory)
        new = self.chance.choice(
            (name.swapcase(), f"{name.partition(' v')[0]} v{self._next()}", f"Team {self._next()}")
        )
        to = _beside(directory, new)
        if not self._free_directory(to):
            return None
        self._rename_known(directory, to)
        return _operation("a department or directory renamed", Rename(directory, to))

    def _move_directory(self) -> Operation | None:
        directory, parent = self._directory(), self._directory()
        to = f"{parent}/{_name_of(directory)}"
        if (
            "/" not in directory
            or _is_in(parent, directory)
            or not self._free_directory(to)
            or to.count("/") > 4
        ):
            return None
        self._rename_known(directory, to)
        return _operation("a directory moved", Rename(directory, to))

    def _delete(self) -> Operation | None:
        path = self._file()
        if path is None or not self._may_remove(1):
            return None
        content, steps = self.files.pop(path), [Delete(path)]
        if self.chance.random() < 0.7:
            name = f"kept {self._next()}"
            self.kept[name] = path, content
            return _operation("a deletion", Keep(path, name), *steps, removes=1)
        return _operation("a deletion", *steps, removes=1)

    def _delete_directory(self) -> Operation | None:
        directory = self._directory()
        gone = self._below(directory)
        if "/" not in directory or not gone or len(gone) > 20 or not self._may_remove(len(gone)):
            return None
        kept: list[Step] = []
        for path in gone:
            name = f"kept {self._next()}"
            self.kept[name] = path, self.files.pop(path)
            kept.append(Keep(path, name))
        self.directories = {other for other in self.directories if not _is_in(other, directory)}
        return _operation(
            "a directory deleted", *kept, Delete(directory), removes=len(gone), gap_s=0.002, also=(directory,)
        )  # fmt: skip

    def _restore(self) -> Operation | None:
        """Bring back some files of the attic with their old times, where they were or elsewhere."""
        names = sorted(self.kept)
        steps: list[Step] = []
        for name in self.chance.sample(names, min(len(names), self.chance.choice((1, 1, 3)))):
            path, content = self.kept.pop(name)
            if self.chance.random() < 0.2:
                path = f"{self._directory()}/{_name_of(path)}"
            if path in self.files or any(_is_in(path, other) for other in self.files):
                continue
            parent = path.rpartition("/")[0]
            if parent not in self.directories:
                self._know(parent)
                steps.append(MakeDirectory(parent))
            self.files[path] = content
            steps.append(Restore(name, path))
        return _operation("deleted files restored", *steps) if steps else None

    def _replace(self) -> Operation | None:
        """Delete a file and write another one of that name, as a program does that knows no better."""
        if (path := self._file()) is None:
            return None
        self.files[path] = content = self._edited(path)
        return _operation("deleted and written anew", Delete(path), Write(path, content), gap_s=0.5)

    def _copy(self) -> Operation | None:
        if (path := self._file(short=True)) is None:
            return None
        to = f"{self._directory()}/copy {self._next()} of {_name_of(path)}"
        self.files[to] = self.files[path]
        return _operation("a copy", Copy(path, to, keeps_times=self.chance.random() < 0.5))

    def _copy_directory(self) -> Operation | None:
        directory = self._directory()
        inside = self._below(directory)
        if not 0 < len(inside) <= 15:
            return None
        to = f"{self._directory().partition('/')[0]}/Copy {self._next()}"
        steps: list[Step] = []
        for path in inside:
            target = to + path[len(directory) :]
            parent = target.rpartition("/")[0]
            if parent not in self.directories:
                self._know(parent)
                steps.append(MakeDirectory(parent))
            self.files[target] = self.files[path]
            steps.append(Copy(path, target, keeps_times=True))
        return _operation("a directory copied", *steps, gap_s=0.003, also=(directory, to))

    def _unpack(self) -> Operation:
        members = []
        for _ in range(self.chance.randint(4, 12)):
            suffix = self.chance.choice(SUFFIXES)
            below = self.chance.choice(("", "plans/", "plans/old/"))
            members.append((below + self._name(suffix).strip(), self._content(suffix)))
        number = self._next()
        directory = f"{self._directory().partition('/')[0]}/parcel {number}"
        archive = Content("zip", f"parcel {number}", (), members=tuple(members))
        self.files[directory + ".zip"] = archive
        steps: list[Step] = [Write(directory + ".zip", archive)]
        for name, content in members:
            path = f"{directory}/{name}"
            parent = path.rpartition("/")[0]
            if parent not in self.directories:
                self._know(parent)
                steps.append(MakeDirectory(parent))
            self.files[path] = content
            steps.append(Write(path, content, age_days=self.chance.uniform(1, 900)))
        return _operation("an archive unpacked", *steps, gap_s=0.005, also=(directory,))

    def _drop_many(self) -> Operation:
        directory = f"{self._directory().partition('/')[0]}/Drop {self._next()}"
        self._know(directory)
        steps: list[Step] = [MakeDirectory(directory)]
        for _ in range(self.chance.randint(15, 40)):
            suffix = self.chance.choice(("txt", "md", "csv", "eml", "html"))
            path, content = f"{directory}/{self._name(suffix)}", self._content(suffix)
            self.files[path] = content
            steps.append(Write(path, content))
        return _operation("many files dropped at once", *steps, gap_s=0.0, also=(directory,))

    def _edit_while_moving(self) -> Operation | None:
        path = self._file("txt", "md", "csv", "html")
        if path is None or (to := f"{self._directory()}/{_name_of(path)}") in self.files:
            return None
        content = self._edited(path)
        del self.files[path]
        self.files[to] = content
        return _operation("an edit while the file is moved", WriteWhileMoving(path, content, path, to))

    def _edit_while_directory_moves(self) -> Operation | None:
        if (path := self._file("txt", "md", "csv", "html")) is None:
            return None
        directory = path.rpartition("/")[0]
        if self.chance.random() < 0.5:
            directory = directory.partition("/")[0]
        to = _beside(directory, f"{_name_of(directory).partition(' v')[0]} v{self._next()}")
        if not self._free_directory(to):
            return None
        self.files[path] = content = self._edited(path)
        self._rename_known(directory, to)
        return _operation(
            "an edit while the department is renamed", WriteWhileMoving(path, content, directory, to)
        )


def _operation(
    what: str,
    *steps: Step,
    gap_s: float = 0.02,
    rest_s: float = 0.0,
    removes: int = 0,
    also: Sequence[str] = (),
) -> Operation:
    touches = {path for step in steps for path in _paths_of(step)} | set(also)
    return Operation(what, steps, frozenset(touches), removes, gap_s, rest_s)


def _paths_of(step: Step) -> Iterator[str]:
    match step:
        case Rename(path, to) | Copy(path, to):
            yield from (path, to)
        case WriteWhileMoving(path, _, moved, to):
            yield from (path, moved, to)
        case Keep(path, name) | Restore(name, path):
            yield from (path, f"attic: {name}")
        case _:
            yield step.path


def _meet(some: frozenset[str], others: frozenset[str]) -> bool:
    """Tell whether a path of one set is, or lies in, a path of the other."""
    return any(_is_in(one, other) or _is_in(other, one) for one in some for other in others)


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory + "/")


def _beside(path: str, name: str) -> str:
    parent, slash, _ = path.rpartition("/")
    return f"{parent}{slash}{name}"


def _name_of(path: str) -> str:
    return path.rpartition("/")[2]


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lstrip(".")


def _raw(text: str) -> Content:
    return Content("", text, ())


# --- doing ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Left:
    """A file as it was left."""

    raw: bytes
    mtime_ns: int


@dataclass(slots=True)
class Hands:
    """Does plans in a folder, and remembers what it left there."""

    folder: Path
    attic: Path
    """A directory outside of the folder."""
    left: dict[str, Left] = field(default_factory=dict)
    _away: dict[str, Left] = field(default_factory=dict)
    _made: dict[Content, bytes] = field(default_factory=dict)

    def do(self, acts: Sequence[Act]) -> None:
        """Do a plan in real time, to its end."""
        began = time.monotonic()
        for act in acts:
            time.sleep(max(0.0, began + act.at_s - time.monotonic()))
            try:
                self._do(act.step)
            except OSError as error:
                raise AssertionError(f"the plan itself is wrong: {act}") from error

    def differences(self, but: Sequence[str] = ()) -> list[str]:
        """Return how the files of the folder differ from what was left, names at its top `but` these aside."""
        there = {
            path.relative_to(self.folder).as_posix(): path
            for path in self.folder.rglob("*")
            if path.is_file() and path.relative_to(self.folder).parts[0] not in but
        }
        told = [f"not of a person: {path}" for path in there.keys() - self.left.keys()]
        told += [f"gone: {path}" for path in self.left.keys() - there.keys()]
        for path, left in self.left.items():
            if path in there:
                if there[path].read_bytes() != left.raw:
                    told.append(f"another content: {path}")
                if there[path].stat().st_mtime_ns != left.mtime_ns:
                    told.append(f"another time: {path}")
        return sorted(told)

    def _do(self, step: Step) -> None:
        match step:
            case Write():
                self._write(step)
            case WriteWhileMoving():
                self._write_while_moving(step)
            case WriteKeepingTime(path, content):
                self._put(path, self._bytes(content), "r+b")
                self._set_time(path, self.left[path].mtime_ns)
                self._note(path, self._bytes(content))
            case Touch(path):
                os.utime(self.folder / path)
                self._note(path, self.left[path].raw)
            case Rename(path, to):
                (self.folder / path).replace(self.folder / to)
                self._moved(path, to)
            case Copy(path, to, keeps_times):
                (shutil.copy2 if keeps_times else shutil.copyfile)(self.folder / path, self.folder / to)
                self._note(to, self.left[path].raw)
            case Delete(path):
                self._delete(path)
            case MakeDirectory(path):
                (self.folder / path).mkdir(parents=True, exist_ok=True)
            case Keep(path, name):
                self.attic.mkdir(exist_ok=True)
                shutil.copy2(self.folder / path, self.attic / name)
            case Restore(name, path):
                shutil.copy2(self.attic / name, self.folder / path)
                self._note(path, (self.attic / name).read_bytes())
            case TakeAway(path):
                self.attic.mkdir(exist_ok=True)
                (self.folder / path).rename(self.attic / path)
                self._away |= {other: self.left.pop(other) for other in [*self.left] if _is_in(other, path)}
            case PutBack(path, as_copy):
                if as_copy:
                    backup = self.attic / f"backup {len([*self.attic.iterdir()])}"
                    (self.attic / path).rename(backup)
                    shutil.copytree(backup, self.folder / path)
                else:
                    (self.attic / path).rename(self.folder / path)
                self.left |= {other: self._away.pop(other) for other in [*self._away] if _is_in(other, path)}

    def _bytes(self, content: Content) -> bytes:
        if content not in self._made:
            self._made[content] = content.to_bytes()
        return self._made[content]

    def _write(self, step: Write) -> None:
        raw = self._bytes(step.content)
        begin, end = round(len(raw) * step.begin), round(len(raw) * step.end)
        self._put(step.path, raw[begin:end], "ab" if step.begin else "wb")
        if step.age_days:
            self._set_time(step.path, time.time_ns() - round(step.age_days * DAY_S * 1e9))
        self._note(step.path, raw[:end])

    def _write_while_moving(self, step: WriteWhileMoving) -> None:
        raw = self._bytes(step.content)
        with (self.folder / step.path).open("wb") as file:
            file.write(raw[: len(raw) // 2])
            file.flush()
            time.sleep(0.05)
            (self.folder / step.moved).rename(self.folder / step.to)
            time.sleep(0.05)
            file.write(raw[len(raw) // 2 :])
        self._moved(step.moved, step.to)
        self._note(step.to + step.path[len(step.moved) :], raw)

    def _put(self, path: str, raw: bytes, mode: str) -> None:
        with (self.folder / path).open(mode) as file:
            file.write(raw)

    def _set_time(self, path: str, mtime_ns: int) -> None:
        os.utime(self.folder / path, ns=(mtime_ns, mtime_ns))

    def _note(self, path: str, raw: bytes) -> None:
        self.left[path] = Left(raw, (self.folder / path).stat().st_mtime_ns)

    def _moved(self, path: str, to: str) -> None:
        moved = {other: self.left.pop(other) for other in [*self.left] if _is_in(other, path)}
        self.left |= {to + other[len(path) :]: left for other, left in moved.items()}

    def _delete(self, path: str) -> None:
        target = self.folder / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()
        for other in [other for other in self.left if _is_in(other, path)]:
            del self.left[other]
