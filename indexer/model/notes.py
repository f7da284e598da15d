"""What is a note on an item? Its name says on which file it is and who wrote it, its head what else is known of it. Pure.

A note on `F` lies beside it as `F.note.md`, `F.note.NAME.md` or `F.note.STAMP.md` (`.txt` too), where a stamp is
`20261127T101500Z-NAME-x7k2`. Answers to a question and its closings are notes on it: `F.answer.STAMP.md`, `F.closed.STAMP.md`.
Its head, between two lines `---`, is optional and a small part of YAML: one `key: value` a line. Questions and files of
people have such heads, too. Whatever is not understood is text, or passed over if only its value is wrong: nothing is
refused, and nothing grows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

from indexer.errors import UserError
from indexer.model.items import PEOPLE, QUESTIONS, Mark, NoteHead, RelPath
from indexer.model.names import name_key

LEVELS = ("watch", "act", "critical")
"""How much a note matters, the least first."""
ANONYMOUS = "someone"
"""Stands for the author in a stamp, if no letter of the name is left."""


class Role(StrEnum):
    """What a note is to the file that it is on; the values are those in its name."""

    NOTE = "note"
    ANSWER = "answer"
    CLOSING = "closed"


_SUFFIXES = ("md", "txt")
_STAMP = r"[0-9]{8}T[0-9]{6}Z-(?P<who>.+)-[a-z0-9]{4}"
_NAME = rf"(?is)(?P<file>.+)\.(?P<role>{'|'.join(Role)})(?:\.(?:{_STAMP}|(?P<name>[^.]+)))?\.(?:{'|'.join(_SUFFIXES)})"
_MOST_HEAD, _MOST_LINES, _MOST_NAME = 32_000, 100, 40
"""Characters and lines of a head; characters of a name in a stamp."""
_MOST_NAME_BYTES = 60
"""Of a name in a stamp: the name of the file stands before it."""
_MOST_TAGS, _TAG = 50, 100
_MOST = {
    "by": 100, "level": 20, "replaces": 255, "withdraws": 255, "item": 8_192, "watch": 500, "needs_by": 20,
    "department": 100, "listed": 10,
}  # fmt: skip
"""The fields of one value, with the most characters of each."""
_LISTS = ("tags", "also")
"""The fields of several values."""
_NO = ("no", "false", "nein")
_FIELD = r"(?i)(?P<name>[a-z][a-z_-]*):(?:[ \t]+(?P<value>.*))?"
_HEAD = r"---[ \t]*\n(?P<lines>(?:(?!---[ \t]*(?:\n|\Z)).*\n)*)---[ \t]*(?:\n|\Z)"
_FIELDS = (
    "by", "tags", "level", "replaces", "withdraws", "item", "watch", "needs_by", "department", "also", "listed",
)  # fmt: skip
"""In the order in which they are written."""
_STAMPED = r"(?i)(?:^|\.)(?P<time>[0-9]{8}T[0-9]{6}Z)-(?P<who>[^.]+)-[a-z0-9]{4}\.(?:md|txt)$"
_MARK = rf"(?is)(?P<file>.+)\.mark\.(?P<mark>{'|'.join(Mark)})\.(?P<who>[^.]+)"
_NUMBERED = r" \([0-9]{1,3}\)(?=\.[^.]+$)"
"""What Google Drive puts into the name of a conflict copy. Of other files than notes, it may be a person's own number."""
_CALLED = {"by": "author", "tags": "tag", "also": "name", "needs_by": "day"}
"""What people call a field."""
_QUOTED = r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\''
_OF_YAML = tuple("[]{}&*!|>%@`#,?")
"""A value that begins with one of these is no plain text to YAML: a list, an anchor, a block …"""
_JOINERS = "\u200c\u200d"


class Note(NamedTuple):
    """What a note says."""

    text: str = ""
    by: str = ""
    tags: tuple[str, ...] = ()
    level: str = ""
    """One of `LEVELS`, or empty."""
    replaces: str = ""
    """The name of a note beside it that this one stands in place of."""
    withdraws: str = ""
    """The name of a note beside it that no longer holds."""
    item: str = ""
    """The address of the link in a list that it is on; empty: it is on the whole file. Of an answer: the item that answers."""
    watch: str = ""
    """Of a question: the query whose new results may answer it."""
    needs_by: str = ""
    """Of a question: the day by which an answer is wanted, `2026-12-01`."""
    department: str = ""
    """Of a question: who is asked."""
    also: tuple[str, ...] = ()
    """Of a person: other names that are theirs."""
    listed: str = ""
    """Of a person: `no` if they are not to be named as somebody who knows."""

    @property
    def head(self) -> NoteHead:
        """What its head says of it, besides author and tags."""
        return NoteHead(
            self.level, self.replaces, self.withdraws, self.item, self.watch, self.needs_by, self.department,
            self.also, self.listed,
        )  # fmt: skip


class _Name(NamedTuple):
    """The parts of a note's file name."""

    file: str
    """The name of the file it is on."""
    author: str
    role: Role


# --- names ----------------------------------------------------------------------------------------


def note_of(path: str) -> RelPath | None:
    """Return the path of the file that `path` is by its name a note on; None if it is no note.

    Whether there is such a file is for the caller to see. A note on a note is one on the file that this one is on.
    """
    folder, slash, name = path.rpartition("/")
    found = _whole_parts(name)
    if found is None:
        return None
    while (inner := _parts(found.file)) is not None:
        found = inner
    return RelPath(f"{folder}{slash}{found.file}")


def author_of(path: str) -> str:
    """Return who wrote a note, or a question, by its file name, in NFC; empty if that doesn't say."""
    name = path.rpartition("/")[2]
    if found := _whole_parts(name):
        return found.author
    stamped = re.search(_STAMPED, name)
    return unicodedata.normalize("NFC", stamped["who"]) if stamped else ""


def role_of(path: str) -> Role:
    """Return what a note is to the file that it is on, by its name."""
    found = _whole_parts(path.rpartition("/")[2])
    return found.role if found else Role.NOTE


def _whole_parts(name: str) -> _Name | None:
    """Return the parts of a note's name, also of a conflict copy: what both say stands side by side."""
    if not any(f".{role}" in name.lower() for role in Role):
        return None
    if (found := _parts(name)) is not None:
        return found
    from indexer.model.conflict import conflict_base  # only writers meet one

    base = conflict_base(RelPath(name)) or re.sub(_NUMBERED, "", name)
    return _parts(base)


def _parts(name: str) -> _Name | None:
    found = re.fullmatch(_NAME, name)
    if found is None or not found["file"].strip(". "):
        return None
    author = unicodedata.normalize("NFC", found["who"] or found["name"] or "")
    if author and not _is_name(author):
        return None
    return _Name(found["file"], author, Role(found["role"].lower()))


def _is_name(text: str) -> bool:
    return bool(text) and all(map(_may_be_in_name, text))


def _may_be_in_name(character: str) -> bool:
    return character == "_" or unicodedata.category(character)[0] in "LMN"


def stamp(now: datetime, who: str, random: str) -> str:
    """Return the stamp of what a person writes now; `random` are four letters or digits."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{name_in_file(who)}-{random}"


def stamped_at(path: str) -> datetime | None:
    """Return the time in the stamp of a file's name, if it has one: on every machine the same."""
    found = re.search(_STAMPED, path.rpartition("/")[2])
    try:
        return datetime.strptime(found["time"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def written_at(path: str, modified: datetime) -> datetime:
    """Return when a note was written: by its stamp, else when its file was changed; the same on every machine."""
    return stamped_at(path) or modified


def name_in_file(who: str) -> str:
    """Return a person's name as it stands in the name of a file: letters, digits and `_`."""
    kept = "".join(c if _may_be_in_name(c) else " " for c in unicodedata.normalize("NFC", who))
    name = "_".join(kept.split())[:_MOST_NAME].encode()[:_MOST_NAME_BYTES].decode("utf-8", "ignore")
    return name.strip("_") or ANONYMOUS


# --- marks, questions, people ---------------------------------------------------------------------


class Marked(NamedTuple):
    """What the name of a mark says: `F.mark.useful.NAME`."""

    path: RelPath
    """The file that it is on."""
    mark: Mark
    who: str


def mark_of(path: str) -> Marked | None:
    """Return what the name of a mark says; None if it is none, or one on a mark."""
    folder, slash, name = path.rpartition("/")
    if ".mark." not in name.lower():
        return None
    found = re.fullmatch(_MARK, name)
    if found is None:
        from indexer.model.conflict import conflict_base  # only writers meet one

        found = re.fullmatch(_MARK, conflict_base(RelPath(name)) or "")
    who = unicodedata.normalize("NFC", found["who"]) if found else ""
    if found is None or not _is_name(who) or not found["file"].strip(". "):
        return None
    return Marked(RelPath(f"{folder}{slash}{found['file']}"), Mark(found["mark"].lower()), who)


def is_question(path: str) -> bool:
    """Tell whether a file is by its place a question: a text in `Questions/` at the top that is no note on another file."""
    top, slash, name = path.partition("/")
    return bool(slash) and name_key(top) in QUESTIONS and name.rpartition(".")[2].lower() in _SUFFIXES


def is_about_people(path: str) -> bool:
    """Tell whether a file lies in `People/` at the top: it tells of a person, and is no item."""
    top, slash, _ = path.partition("/")
    return bool(slash) and name_key(top) == PEOPLE


# --- content --------------------------------------------------------------------------------------


def read(text: str) -> Note:
    """Return what the content of a note says; never raise."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head = re.match(_HEAD, text[:_MOST_HEAD])
    lines = head["lines"].split("\n")[:-1] if head else []
    if head is None or len(lines) > _MOST_LINES:
        return Note(text.strip())
    found: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    rest: list[str] = []
    is_head = not any(map(str.strip, lines))
    for line in lines:
        field = re.fullmatch(_FIELD, line)
        name, value = (_field(field["name"]), field["value"] or "") if field else ("", "")
        if name in _LISTS:
            lists[name] = tuple(dict.fromkeys(_list(value)))
        elif name in _MOST:
            found[name] = _value(name, value)
        else:
            rest.append(line)
            continue
        is_head = True
    if not is_head:
        return Note(text.strip())
    said = "\n".join(filter(str.strip, rest))
    return Note("\n".join((said, text[head.end() :])).strip(), **lists, **found)  # type: ignore[arg-type]


def _field(written: str) -> str:
    return written.lower().replace("-", "_")


def _value(name: str, said: str) -> str:
    """Return the value of a field; empty if it is none of its kind."""
    value = _scalar(said, _MOST[name])
    if name == "watch" and not value:  # a query may begin with a phrase or an exclusion
        return _plain(said.strip(), _MOST[name])
    if name == "level":
        return value.lower() if value.lower() in LEVELS else ""
    if name in ("replaces", "withdraws"):
        return value if (note_of(value) or mark_of(value)) and "/" not in value else ""
    if name == "needs_by":
        return value if _is_day(value) else ""
    if name == "listed":
        return "no" if value.lower() in _NO else ""
    return value


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _scalar(said: str, most: int) -> str:
    """Return a plain or quoted value on one line; empty if it is another thing, or too long, or has what can't be seen."""
    value = said.strip()
    if value[:1] == '"':
        try:
            value = json.loads(value)
        except ValueError:
            return ""
    elif value[:1] == "'":
        value = value[1:-1].replace("''", "'") if len(value) > 1 and value[-1] == "'" else ""
    elif value.startswith(_OF_YAML):
        return ""
    return _plain(value, most)


def _plain(value: str, most: int) -> str:
    """Return a value; empty if it is too long, or has what can't be seen."""
    return value if len(value) <= most and all(map(_is_visible, value)) else ""


def fitting(note: Note) -> Note:
    """Return a note as `compose` takes it: of what comes from elsewhere, what no note can have is left out."""
    tags = ("".join(filter(_is_visible, tag))[:_TAG].strip() for tag in note.tags)
    by = "".join(filter(_is_visible, note.by))[: _MOST["by"]].strip()
    return note._replace(by=by, tags=tuple(dict.fromkeys(filter(None, tags)))[:_MOST_TAGS])


def _is_visible(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _list(said: str) -> Iterator[str]:
    """Yield the values of `[a, "b, c"]` or `a, b`, as many as a note may have."""
    rest = said.strip()
    if rest[:1] == "[":
        rest = rest[1:-1] if rest[-1:] == "]" else ""
    for _ in range(_MOST_TAGS):
        rest = rest.lstrip()
        if not rest:
            return
        quoted = re.match(_QUOTED, rest)
        behind = rest[quoted.end() :].lstrip() if quoted else ""
        if quoted and behind[:1] in ("", ","):
            part, rest = quoted[0], behind[1:]
        else:
            part, _, rest = rest.partition(",")
        if value := _scalar(part, _TAG):
            yield value


def compose(note: Note) -> str:
    """Return the content of a file that says this, which `read` gives back; raise UserError for what a note can't say."""
    lines = []
    for name in _FIELDS:
        value, written = getattr(note, name), name.replace("_", "-")
        if value and name in _LISTS:
            lines.append(f"{written}: [{', '.join(_written(name, one, _TAG, ',[]') for one in value)}]")
            if len(set(value)) != len(value) or len(value) > _MOST_TAGS:
                raise UserError(f"a note has at most {_MOST_TAGS} different {name}")
        elif value:
            lines.append(f"{written}: {_written(name, value, _MOST[name])}")
            if _value(name, lines[-1].partition(": ")[2]) != value:
                raise UserError(f"a note can't have the {_CALLED.get(name, name)} {value!r}")
    text = note.text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if lines or text.startswith(("---", "\ufeff")):
        text = "\n".join(("---", *lines, "---", text))
    return f"{text}\n"


def _written(name: str, value: str, most: int, apart: str = "") -> str:
    """Return a value as YAML reads it."""
    quoted = json.dumps(value, ensure_ascii=False)
    if not value or _scalar(quoted, most) != value:
        raise UserError(f"a note can't have the {_CALLED.get(name, name)} {value[:80]!r}")
    is_plain = _scalar(value, most) == value and not value.startswith(("-", ":"))
    return value if is_plain and not any(sign in f"{value} " for sign in (": ", " #", *apart)) else quoted
