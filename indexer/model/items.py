"""What is an item, and what is known of its file? Times are aware UTC datetimes, digests SHA-256 in lower-case hex."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from indexer.errors import Reason
from indexer.model.links import BROKEN, FOUND_BY_IS, Health
from indexer.model.names import fold_folder, name_key
from indexer.model.numbers import number_of

RelPath = NewType("RelPath", str)
"""A path within the folder, parts joined by `/`, spelled as the file system spells it."""


def parent_of(path: str) -> RelPath:
    """Return the directory that a path within the folder lies in; empty for the folder itself."""
    return RelPath(path.rpartition("/")[0])


ItemId = NewType("ItemId", str)
"""16 hex digits that stay with an item when its file is moved or edited."""


class Kind(StrEnum):
    """What sort of thing an item is; the values are those of `type:` in a query."""

    PDF = "pdf"
    WORD = "word"
    SLIDES = "slides"
    SHEET = "sheet"
    TEXT = "text"
    WEB = "web"
    MAIL = "mail"
    BOOK = "book"
    IMAGE = "image"
    LINK = "link"
    NOTE = "note"
    QUESTION = "question"
    ARCHIVE = "archive"
    OTHER = "other"
    MARK = "mark"
    PERSON = "person"


UNSEEN = (Kind.MARK, Kind.PERSON)
"""Kinds of files that say something of others, and are no items to anybody."""
KINDS = tuple(kind for kind in Kind if kind not in UNSEEN)
"""The kinds of items."""


QUESTIONS, PEOPLE = ("questions", "fragen"), "people"
"""Folders at the top for questions and for files of people, as `name_key` has them."""
TEAM_FOLDERS = (*QUESTIONS, PEOPLE)
"""Folders at the top that are no departments."""


def department_of(folder: str) -> str:
    """Return the department that a folder belongs to, its first name; empty for the top, and for the team's own folders."""
    first = folder.partition("/")[0]
    return "" if name_key(first) in TEAM_FOLDERS else first


class Mark(StrEnum):
    """What people say of an item by an empty file beside it."""

    USEFUL = "useful"
    OUTDATED = "outdated"
    WRONG = "wrong"


class Stamp(NamedTuple):
    """What the file system says of a file without opening it; equal stamps mean equal content."""

    size: int
    mtime_ns: int
    ctime_ns: int
    file_id: int
    online_only: bool = False


def storable_ns(time_ns: int) -> int:
    """Return a file's time within what 64 bits hold: from 1677 to 2262. Disks have times beyond."""
    return max(-(2**63), min(time_ns, 2**63 - 1))


class Snapshot(NamedTuple):
    """What one scan found in the folder."""

    files: dict[RelPath, Stamp]
    unreadable: frozenset[RelPath] = frozenset()
    """Directories that could not be listed ("" is the folder): what is below them is unknown, not gone."""
    listed: dict[RelPath, frozenset[RelPath]] | None = None
    """The directories that were listed, each with its subdirectories; None: all."""

    def hides(self, path: RelPath) -> bool:
        """Tell whether the state of `path` is unknown, because it, or a directory above it, could not be read."""
        return bool(self.unreadable) and any(
            path == lost or not lost or path.startswith(lost + "/") for lost in self.unreadable
        )

    def covers(self, path: RelPath) -> bool:
        """Tell whether a file at `path` would be in `files` if it were there and could be seen."""
        if self.hides(path):
            return False
        if self.listed is None:
            return True
        directory = parent_of(path)
        while directory not in self.listed:
            if not directory:
                return False
            parent = parent_of(directory)
            below = self.listed.get(parent)
            if below is not None:
                return directory not in below
            directory = parent
        return True


class Passage(NamedTuple):
    """A piece of text that no phrase crosses: a page, or some paragraphs."""

    text: str
    page_number: int | None = None
    """Counted from 1 as a viewer counts; None if the format has no pages."""


class Link(NamedTuple):
    """One address that a person kept, with the words next to it."""

    url: str | None
    """None if the address is refused."""
    title: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    added: datetime | None = None
    refused: str = ""
    """Why the address must not be followed; empty if it may be."""
    folders: tuple[str, ...] = ()
    """The folders it lies in within an export of bookmarks, outermost first."""


class NoteHead(NamedTuple):
    """What the head of a note says of it, besides its author and tags; `notes.Note` has what each may be."""

    level: str = ""
    replaces: str = ""
    withdraws: str = ""
    item: str = ""
    watch: str = ""
    needs_by: str = ""
    department: str = ""
    also: tuple[str, ...] = ()
    listed: str = ""

    @property
    def hides(self) -> str:
        """The name of the note that is not shown because of this one."""
        return self.replaces or self.withdraws


class Extract(NamedTuple):
    """What a file says."""

    passages: tuple[Passage, ...] = ()
    title: str = ""
    """The title given in the document, if it is a sensible one; else empty."""
    author: str = ""
    created: datetime | None = None
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    """The link of a link file; all links of a list; else the hyperlinks in the text."""
    is_link_list: bool = False
    """Each of `links` is an item of its own."""
    is_link: bool = False
    """The file is nothing but one link: the item takes its address from `links[0]`."""
    messages: tuple[Extract, ...] = ()
    """Mails of a mailbox, each an item of its own."""
    pictures: tuple[int, ...] = ()
    """Pages (counted from 1) that are pictures and wait for text recognition."""
    truncated: str = ""
    """One line on what was left out of the text; empty if all of it is here."""
    headings: tuple[str, ...] = ()
    """The headings in the passages: their words count twice."""
    opened: bool = False
    """A password of the settings opened the file, or a part of it."""
    unread: tuple[Reason, str] | None = None
    """Why a part of the file has no text; None if all of it was read."""
    note: NoteHead | None = None
    """Of a note: its head."""


IS_VALUES = (*FOUND_BY_IS, "shared", "noted", "open", *map(str, Mark))
"""The values of `is:` in a query."""


def found_by_note(note_on: str, level: str) -> tuple[str, ...]:
    """Return by which levels and names a note on a file is found."""
    name = note_on.rpartition("/")[2]
    names = dict.fromkeys(filter(None, map(fold_folder, (name, name.rpartition(".")[0]))))
    return (*((f"level:{level}",) if level else ()), *(f"on:{one}" for one in names))


class Said(NamedTuple):
    """What other files in the folder say of an item."""

    is_noted: bool = False
    """There is a note on it."""
    useful: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    """Who marked it so, each once, by name; at most `MOST_MARKS`."""
    question: str = ""
    """How far a question is (`team.QuestionState`); empty if it is none."""
    is_shared: bool = False
    """Its address was dropped in several places."""

    def of(self, mark: Mark) -> tuple[str, ...]:
        """Return who marked it so."""
        return {Mark.USEFUL: self.useful, Mark.OUTDATED: self.outdated, Mark.WRONG: self.wrong}[mark]

    def marks(self) -> Iterator[tuple[Mark, tuple[str, ...]]]:
        """Yield each mark with who set it."""
        return ((mark, self.of(mark)) for mark in Mark)

    @property
    def found_by_is(self) -> tuple[str, ...]:
        """The values of `is:` that find it."""
        marks = [mark for mark in Mark if self.of(mark)]
        return found_by_said(self.is_noted, self.is_shared, marks, self.question)


def found_by_said(is_noted: bool, is_shared: bool, marks: Collection[Mark], question: str) -> tuple[str, ...]:
    """Return the values of `is:` that find an item of which this is said."""
    is_so = {
        "noted": is_noted,
        "shared": is_shared,
        "open": question in ("open", "reopened"),
        **{str(mark): True for mark in marks},
    }
    return tuple(value for value, so in is_so.items() if so)


MOST_MARKS = 1_000
"""People counted who marked an item in one way."""


class Item(NamedTuple):
    """One thing a person put into the folder, as the catalogue knows it."""

    id: ItemId
    path: RelPath
    kind: Kind
    title: str
    author: str
    tags: tuple[str, ...]
    note: str
    """A person's words about a link; searched like tags."""
    url: str | None
    size: int
    modified: datetime
    """When the content was last changed; never later than when this content was first seen."""
    added: datetime
    digest: str
    """SHA-256 of the file's bytes; empty if it was not read."""
    online_only: bool = False
    truncated: str = ""
    """One line on what of its text can't be searched; empty if all can."""
    hyperlinks: tuple[str, ...] = ()
    """Addresses and words of hyperlinks inside a document."""
    is_list_entry: bool = False
    """One link of a list: other items share its path."""
    conflict_of: RelPath | None = None
    """The file of which this is a conflict copy, by its name; only if that file exists."""
    fold_with: str = ""
    """The fold key of what it forms one result with: the file it is a conflict copy of, what it is a note on, or the page that
    its address leads to for good."""
    note_on: RelPath | None = None
    """The file that this is a note on, only if that file exists."""
    note_link: str = ""
    """The address of the link in that file that it is on; empty: it is on the file."""
    level: str = ""
    """How much a note matters: one of `notes.LEVELS`, or empty."""
    said: Said = Said()
    """What people's files say of it."""
    health: Health | None = None
    """How the link is, if it was ever checked."""

    @property
    def date(self) -> datetime:
        """The date shown and sorted by: an old file dropped today is new today."""
        return max(self.modified, self.added)

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rpartition("/")[2]

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders the item lies in, outermost first."""
        return tuple(self.path.split("/")[:-1])

    @property
    def is_saved_copy(self) -> bool:
        """Whether it is the copy of a page behind a link, saved as a file."""
        return self.url is not None and is_saved_copy(self.kind, self.path, is_list_entry=self.is_list_entry)

    @property
    def stands_back(self) -> int:
        """By how much it stands back for others that are one result with it: a conflict copy for its file, a broken link for one
        that is well, a saved copy most.
        """
        is_broken = self.health is not None and self.health.state in BROKEN
        return 2 if self.is_saved_copy else int(self.conflict_of is not None or is_broken)

    @property
    def opened(self) -> str | None:
        """The address that opening it leads to; None: its file is opened."""
        return None if self.is_saved_copy else self.url

    @property
    def site(self) -> str:
        """The host that its address leads to, as `site_of` writes it; empty if it has none."""
        from indexer.model.site import site_of  # most items have none

        return site_of(self.url) if self.url else ""

    @property
    def department(self) -> str | None:
        """The item's first folder; None at the top, and in the team's own folders."""
        return department_of(parent_of(self.path)) or None

    @property
    def found_by_is(self) -> tuple[str, ...]:
        """The values of `is:`, `level:` and `on:` that find it, the latter two behind their names."""
        return (
            *(self.health.found_by_is if self.health else ()),
            *self.said.found_by_is,
            *(found_by_note(self.note_on, self.level) if self.note_on else ()),
        )

    @property
    def fold_key(self) -> str:
        """Items with the same key form one result: copies of one another, and their notes."""
        if self.fold_with:
            return self.fold_with
        if self.url is not None:
            from indexer.model.address import address_key  # only who tells copies apart needs it

            return fold_key_of(address_key(self.url))
        if self.digest and self.size and not self.is_list_entry:
            return "d:" + self.digest
        return "i:" + self.id

    @property
    def content_number(self) -> int:
        """The number of its content or address, equal for copies."""
        return number_of(self.fold_key)


COPY_SUFFIX = ".html"
"""How the files end in which pages behind links are saved."""


def is_saved_copy(kind: Kind, path: str, *, is_list_entry: bool) -> bool:
    """Tell whether an item with an address is a copy of the page there, saved as a file."""
    return kind is Kind.LINK and not is_list_entry and path.lower().endswith(COPY_SUFFIX)


def is_link_of(copy: Item, item: Item) -> bool:
    """Tell whether an item is the link of whose page another one is a saved copy: in the same folder, and one result with it."""
    is_beside = parent_of(item.path) == parent_of(copy.path) and item.fold_key == copy.fold_key
    return is_beside and item.url is not None and not item.is_saved_copy and not item.note_on


def fold_key_of(page: str) -> str:
    """Return the fold key of links to a page, by the key of its address (`address.address_key`)."""
    return f"u:{page}"


class Text(NamedTuple):
    """The extracted text of an item, as the catalogue stores it once for equal contents."""

    passages: tuple[Passage, ...]
    terms: bytes
    """`postings.pack` of the passages."""


class Failure(NamedTuple):
    """Why a path has no text, and when it is tried again (None: when the file changes)."""

    path: RelPath
    reason: Reason
    detail: str
    tries: int
    next_try: datetime | None
