"""What is a note on an item? Its name says on which file it is and who wrote it, its head what else is known of it. Pure.

A note on `F` lies beside it as `F.note.md`, `F.note.NAME.md` or `F.note.STAMP.md` (`.txt` too), where a stamp is
`20261127T101500Z-NAME-x7k2`. Its head, between two lines `---`, is optional and a small part of YAML: one `key: value` a
line. Whatever is not understood is text, or passed over if only its value is wrong: nothing is refused, and nothing grows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from indexer.errors import UserError
from indexer.model.items import NoteHead, RelPath

LEVELS = ("watch", "act", "critical")
"""How much a note matters, the least first."""
ANONYMOUS = "someone"
"""Stands for the author in a stamp, if no letter of the name is left."""

_NOTE = ".note"
_SUFFIXES = ("md", "txt")
_STAMP = r"(?i)[0-9]{8}T[0-9]{6}Z-(?P<who>.+)-[a-z0-9]{4}"
_MOST_HEAD, _MOST_LINES, _MOST_NAME = 32_000, 100, 40
"""Characters and lines of a head; characters of a name in a stamp."""
_MOST_NAME_BYTES = 60
"""Of a name in a stamp: the name of the file stands before it."""
_MOST_TAGS, _TAG = 50, 100
_MOST = {"by": 100, "level": 20, "replaces": 255, "withdraws": 255, "item": 8_192}
"""The fields of one value, with the most characters of each."""
_TAGS = "tags"
_FIELD = r"(?i)(?P<name>[a-z]+):(?:[ \t]+(?P<value>.*))?"
_HEAD = r"---[ \t]*\n(?P<lines>(?:(?!---[ \t]*(?:\n|\Z)).*\n)*)---[ \t]*(?:\n|\Z)"
_CALLED = {"by": "author", "tags": "tag"}
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
    """The address of the link in a list that it is on; empty: it is on the whole file."""

    @property
    def head(self) -> NoteHead:
        """What its head says of it, besides author and tags."""
        return NoteHead(self.level, self.replaces, self.withdraws, self.item)


class _Name(NamedTuple):
    """The parts of a note's file name."""

    file: str
    """The name of the file it is on."""
    author: str


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
    """Return who wrote a note by its file name, in NFC; empty if that doesn't say."""
    found = _whole_parts(path.rpartition("/")[2])
    return found.author if found else ""


def _whole_parts(name: str) -> _Name | None:
    """Return the parts of a note's name, also of a conflict copy: what both say stands side by side."""
    if _NOTE not in name.lower():
        return None
    if (found := _parts(name)) is not None:
        return found
    from indexer.model.conflict import conflict_base  # only writers meet one

    base = conflict_base(RelPath(name))
    return _parts(base) if base else None


def _parts(name: str) -> _Name | None:
    stem, _, suffix = name.rpartition(".")
    if suffix.lower() not in _SUFFIXES:
        return None
    file, author = stem, ""
    if not stem.lower().endswith(_NOTE):
        file, _, last = stem.rpartition(".")
        last = unicodedata.normalize("NFC", last)
        stamp = re.fullmatch(_STAMP, last)
        author = stamp["who"] if stamp else last
        if not _is_name(author):
            return None
    if not file.lower().endswith(_NOTE):
        return None
    file = file[: -len(_NOTE)]
    return _Name(file, author) if file.strip(". ") else None


def _is_name(text: str) -> bool:
    return bool(text) and all(map(_may_be_in_name, text))


def _may_be_in_name(character: str) -> bool:
    return character == "_" or unicodedata.category(character)[0] in "LMN"


def stamp(now: datetime, who: str, random: str) -> str:
    """Return the stamp of what a person writes now; `random` are four letters or digits."""
    kept = "".join(c if _may_be_in_name(c) else " " for c in unicodedata.normalize("NFC", who))
    name = (
        "_".join(kept.split())[:_MOST_NAME].encode()[:_MOST_NAME_BYTES].decode("utf-8", "ignore").strip("_")
    )
    name = name or ANONYMOUS
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{name}-{random}"


# --- content --------------------------------------------------------------------------------------


def read(text: str) -> Note:
    """Return what the content of a note says; never raise."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    head = re.match(_HEAD, text[:_MOST_HEAD])
    lines = head["lines"].split("\n")[:-1] if head else []
    if head is None or len(lines) > _MOST_LINES:
        return Note(text.strip())
    found: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    rest: list[str] = []
    is_head = not any(map(str.strip, lines))
    for line in lines:
        field = re.fullmatch(_FIELD, line)
        name, value = (field["name"].lower(), field["value"] or "") if field else ("", "")
        if name == _TAGS:
            tags = tuple(dict.fromkeys(_list(value)))
        elif name in _MOST:
            found[name] = _value(name, value)
        else:
            rest.append(line)
            continue
        is_head = True
    if not is_head:
        return Note(text.strip())
    said = "\n".join(filter(str.strip, rest))
    return Note("\n".join((said, text[head.end() :])).strip(), tags=tags, **found)


def _value(name: str, said: str) -> str:
    """Return the value of a field; empty if it is none of its kind."""
    value = _scalar(said, _MOST[name])
    if name == "level":
        return value.lower() if value.lower() in LEVELS else ""
    if name in ("replaces", "withdraws"):
        return value if note_of(value) and "/" not in value else ""
    return value


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
    for name in ("by", _TAGS, "level", "replaces", "withdraws", "item"):
        if name == _TAGS and note.tags:
            lines.append(f"tags: [{', '.join(_written(name, tag, _TAG, ',[]') for tag in note.tags)}]")
        elif name != _TAGS and (value := str(getattr(note, name))):
            lines.append(f"{name}: {_written(name, value, _MOST[name])}")
            if _value(name, lines[-1].partition(": ")[2]) != value:
                raise UserError(f"a note can't have the {_CALLED.get(name, name)} {value!r}")
    if len(set(note.tags)) != len(note.tags) or len(note.tags) > _MOST_TAGS:
        raise UserError(f"a note has at most {_MOST_TAGS} different tags")
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
