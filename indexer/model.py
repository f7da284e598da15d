"""What crosses the borders between rooms: frozen dataclasses, enums and the query tree.

Times are aware UTC datetimes, digests are SHA-256 in lower-case hex, paths are `RelPath`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from indexer.errors import Reason

RelPath = NewType("RelPath", str)
"""A path within the folder, parts joined by `/`, spelled as the file system spells it."""

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


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file without opening it; equal stamps mean equal content."""

    size: int
    mtime_ns: int
    ctime_ns: int
    file_id: int
    online_only: bool = False


def storable_ns(time_ns: int) -> int:
    """Return a file's time as far as 64 bits hold it: from 1677 to 2262. Disks have others, too."""
    return max(-(2**63), min(time_ns, 2**63 - 1))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is in the folder: one pass of the scan."""

    files: dict[RelPath, Stamp]
    unreadable: frozenset[RelPath] = frozenset()
    """Directories that could not be listed ("" is the folder): what lies below is unknown, not gone."""
    listed: dict[RelPath, frozenset[RelPath]] | None = None
    """Which directories were listed, each with the directories in it; None: all there are."""

    def hides(self, path: RelPath) -> bool:
        """Tell whether nothing can be said of `path`, since it, or a directory above it, could not be read."""
        return bool(self.unreadable) and any(
            path == lost or not lost or path.startswith(lost + "/") for lost in self.unreadable
        )

    def covers(self, path: RelPath) -> bool:
        """Tell whether a file at `path` would be in `files` if it were there and could be seen."""
        if self.hides(path):
            return False
        if self.listed is None:
            return True
        directory = path.rpartition("/")[0]
        while RelPath(directory) not in self.listed:
            if not directory:
                return False
            parent = directory.rpartition("/")[0]
            below = self.listed.get(RelPath(parent))
            if below is not None:
                return RelPath(directory) not in below
            directory = parent
        return True


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of text that phrases don't leave: a page, or some paragraphs."""

    text: str
    page_number: int | None = None
    """Counted from 1 as a viewer counts; None where the format has no pages."""


@dataclass(frozen=True, slots=True)
class Link:
    """One address a person kept, with the words beside it."""

    url: str | None
    """None where the address is refused."""
    title: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    added: datetime | None = None
    refused: str = ""
    """Why the address is not followed; empty where it is."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What a file says."""

    passages: tuple[Passage, ...] = ()
    title: str = ""
    """The title the document itself gives, if it is a sensible one; else empty."""
    author: str = ""
    created: datetime | None = None
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    """For a link file its one link; for a list of links each of them; else the hyperlinks in the text."""
    is_link_list: bool = False
    """Each of `links` is an item of its own."""
    is_link: bool = False
    """The file is nothing but one link: the item takes its address from `links[0]`."""
    messages: tuple[Extract, ...] = ()
    """Mails of a mailbox, each an item of its own."""
    scans: tuple[int, ...] = ()
    """Pages (counted from 1) that are pictures: their words wait to be recognised."""
    truncated: str = ""
    """One line on what was left out of the text; empty where all of it is here."""
    headings: tuple[str, ...] = ()
    """The headings in the passages: their words count twice."""
    opened: bool = False
    """A password of the settings opened it, or a part of it."""
    unread: tuple[Reason, str] | None = None
    """Why a part of it has no text; None where all of it was read."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a person put into the folder, as the catalogue knows it."""

    id: ItemId
    path: RelPath
    kind: Kind
    title: str
    author: str
    tags: tuple[str, ...]
    note: str
    """Words of the person beside a link; searched like tags."""
    url: str | None
    size: int
    modified: datetime
    """When the content was last changed, never later than when it was first seen so."""
    added: datetime
    digest: str
    """SHA-256 of the file's bytes; empty where it was not read."""
    online_only: bool = False
    truncated: str = ""
    """One line on what of its text can't be searched; empty where all can."""
    hyperlinks: tuple[str, ...] = ()
    """Addresses and words of hyperlinks inside a document."""
    is_list_entry: bool = False
    """One link of a list: other items share its path."""
    conflict_of: RelPath | None = None
    """The file whose conflict copy it is by its name, where that file is there."""
    fold_with: str = ""
    """The fold key of that file: both are one result."""

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
    def department(self) -> str | None:
        """The item's first folder; None at the root."""
        head, slash, _ = self.path.partition("/")
        return head if slash else None

    @property
    def fold_key(self) -> str:
        """Items with the same non-empty key are copies of one another and form one result."""
        if self.fold_with:
            return self.fold_with
        if self.url is not None:
            return "u:" + self.url.strip().rstrip("/").casefold()
        return "d:" + self.digest if self.digest and self.size and not self.is_list_entry else ""


@dataclass(frozen=True, slots=True)
class Text:
    """The extracted text of an item, as the catalogue stores it once for equal contents."""

    passages: tuple[Passage, ...]
    terms: bytes
    """`postings.pack` of the passages."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a follower has come: every change up to `seq` of the log called `epoch` is applied."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the log as a follower sees it: the item as it is now, or that it is gone."""

    seq: int
    id: ItemId
    item: Item | None
    """None: the item is no longer there."""
    terms: bytes = b""
    """The packed postings of the item's text; empty where it has none."""


class Follower(Protocol):
    """Something that is kept equal to the catalogue: the search index, the page."""

    def place(self) -> Place | None:
        """Return how far it has come; None where it must start from nothing."""
        ...

    def apply(self, entries: list[Entry], place: Place) -> None:
        """Take in `entries` and remember `place`; doing it twice equals doing it once."""
        ...

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """Do a bounded part of the merging that is due and tell whether more is left.

        `thoroughly`: at once and whole, until nothing of a removed item is left.
        """
        ...

    def is_whole(self) -> bool:
        """Tell whether everything it wrote is as it was written: reads all of it."""
        ...

    def close(self) -> None:
        """Release its files."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a path has no text, and when it is tried again (None: when the file changes)."""

    path: RelPath
    reason: Reason
    detail: str
    tries: int
    next_try: datetime | None


# --- the query tree -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """Items with this word in any inflection; `form` is folded by `words.fold`."""

    form: str
    also: tuple[Word | Phrase, ...] = ()
    """Its synonyms: as good as the word itself."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Items with these forms side by side within one passage; never empty."""

    forms: tuple[str, ...]
    joined: str = ""
    """Of a compound typed as such: items with this one form match as well."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Items with a form that begins so."""

    form: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Items with a form one edit away (insert, drop, change, swap), or with the form itself."""

    form: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Items with a property; never scored.

    `field` and `value`: kind (a Kind), in (folder names joined by "/", folded), by (forms, blank between),
    tag (folded text), after and before (ISO date, the instant 00:00 UTC), title (forms, blank between).
    """

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class And:
    """Items that match every part; `And(())` is all items."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Items that match at least one part; never fewer than two parts."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Items that don't match `part`."""

    part: Query


Query = Word | Phrase | Prefix | Fuzzy | Filter | And | Or | Not
EVERYTHING = And(())


# --- searching ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search: which items, in which order, which slice of them."""

    query: Query
    sort: str = "relevance"
    """relevance, newest, oldest or name. Relevance without a word to score by is newest."""
    limit: int = 10
    offset: int = 0
    relax: bool = True
    now: datetime | None = None
    """The time that recency counts from; None: now."""
    proximity: bool = True
    """Put the best 50 in order anew by how near the words stand together."""
    facets: bool = False
    """Count the matches by kind, department, person, tag and year as well."""
    explain: bool = False
    """Say how each hit came to its score."""
    time_limit_s: float | None = None
    """After so long the best found by then is the answer, with `complete` false; None: no limit."""


@dataclass(frozen=True, slots=True)
class WordScore:
    """What one word of a query added to the score of an item."""

    word: str
    weight: float
    """Weighted frequency in the item."""
    df: int
    """How many live items have it."""
    score: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a hit came to its score: the sum of its words, times each factor."""

    words: tuple[WordScore, ...]
    length: int
    """Weighted number of words of the item."""
    mean_length: float
    recency: float
    quality: float
    """The factor of the static byte."""
    proximity: float


Facets = Mapping[str, tuple[tuple[str, int], ...]]
"""By kind, department, person, tag and year: values with the number of results that have them, most first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result as an index gives it: an item, its score, and which items are copies of it."""

    id: ItemId
    score: float
    copies: tuple[ItemId, ...] = ()
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an index answers."""

    hits: tuple[Hit, ...]
    """The slice asked for, in order."""
    total: int
    """How many results there are in all, copies folded."""
    relaxed: bool = False
    complete: bool = True
    matched_forms: frozenset[str] = frozenset()
    """The terms (forms and marked stems) that hits are highlighted by."""
    facets: Facets = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """One result as people see it."""

    rank: int
    score: float
    item: Item
    page: int | None
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    """Half-open ranges of code points in `snippet`."""
    copies: tuple[RelPath, ...] = ()
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The answer to one search."""

    query: str
    total: int
    took_ms: float
    results: tuple[Result, ...]
    relaxed: bool = False
    complete: bool = True
    suggestion: str | None = None
    """The query with what seems misspelled put right; None where nothing seems so."""
    facets: Facets = field(default_factory=dict)
    matched_forms: frozenset[str] = frozenset()
    """The terms that hits are highlighted by."""


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one pass did, counted in items."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    failed: int = 0
    held_back: int = 0
    """Items that vanished and that the removal guard keeps."""
    total: int = 0
    took_s: float = 0.0
    unreadable: frozenset[RelPath] = frozenset()
    """Directories of which nothing can be said: what lies below is unknown, not gone."""
