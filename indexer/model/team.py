"""What does the team know of its items, and what does it ask? The values that cross borders; times are aware UTC datetimes.

Everything here is told by plain files in the folder: notes, questions with their answers and closings, marks, and files of
people. Nothing is kept that these files don't say, so every machine tells the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from indexer.model.items import ItemId, Kind, Mark, RelPath
from indexer.model.results import ShownNote


class QuestionState(StrEnum):
    """How far a question is."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    """It was answered, and what the answer relied on holds no longer."""


class Answer(NamedTuple):
    """One answer to a question."""

    path: RelPath
    by: str
    date: datetime
    text: str
    """The beginning of what it says."""
    item: RelPath | None = None
    """The item that it names as the answer."""


class Question(NamedTuple):
    """One question with all that was said on it."""

    id: ItemId
    path: RelPath
    question: str
    """Its first line."""
    by: str
    asked: datetime
    needs_by: date | None
    department: str
    """The department that is asked, or empty."""
    state: QuestionState
    why: str = ""
    """Why it is open again, as a sentence; else empty."""
    new: int = 0
    """How many items that came since match it."""
    matches: tuple[RelPath, ...] = ()
    """These, latest first, as many as are shown."""
    answers: tuple[Answer, ...] = ()
    """Earliest first."""
    closed: datetime | None = None
    """When it was closed."""
    text: str = ""
    """The beginning of what it says below its first line."""

    @property
    def is_open(self) -> bool:
        """Whether an answer is still wanted."""
        return self.state in (QuestionState.OPEN, QuestionState.REOPENED)


class Person(NamedTuple):
    """Somebody who knows something: by what they signed."""

    name: str
    n: int
    """How many things."""
    paths: tuple[RelPath, ...] = ()
    """The items of these, latest first, as many as are shown."""


class Signed(NamedTuple):
    """One thing that a person signed, or marked, which shows that they know of an item."""

    name: str
    item: ItemId
    """The item that it is about."""
    path: RelPath
    """Its path."""
    date: datetime
    kind: str
    """`note`, `answer`, `question`, `link`, `mark` or `author`."""


class TopicItem(NamedTuple):
    """What topics are made of: one item that is on the page."""

    id: ItemId
    department: str
    """Empty at the top of the folder."""
    terms: tuple[str, ...]
    """Its key terms, most telling first."""
    date: datetime
    people: tuple[str, ...] = ()
    """Who signed it or a note on it."""
    known_in: tuple[str, ...] = ()
    """Other departments whose people noted, answered by or marked it: these know of it."""


class Topic(NamedTuple):
    """A key term that several items share, and who works on it."""

    topic: str
    departments: Mapping[str, int]
    """The number of items of each, most first."""
    people: tuple[str, ...]
    alone: bool
    """Whether it hangs on one person."""
    unaware: tuple[str, ...]
    """The departments that work on it and know nothing of one another's items; none, or two and more."""


class Rise(NamedTuple):
    """A topic that more items than before are about."""

    topic: str
    now: int
    """Items of this week."""
    before: float
    """Items a week in the weeks before."""
    departments: tuple[str, ...] = ()


class DigestItem(NamedTuple):
    """One item as a digest tells it."""

    id: ItemId
    path: RelPath
    title: str
    kind: Kind
    date: datetime
    url: str = ""
    beginning: str = ""
    """The beginning of its text, in one line."""
    notes: tuple[ShownNote, ...] = ()
    """Notes on it, the most important first."""
    marks: Mapping[Mark, int] = {}


class DigestPart(NamedTuple):
    """What is new in a department."""

    department: str
    """Empty: the top of the folder."""
    items: tuple[DigestItem, ...]
    """Those with notes first, by level, then the latest."""
    more: int = 0
    """How many further ones there are."""


class DigestLink(NamedTuple):
    """A link that died or moved in the week."""

    path: RelPath
    title: str
    url: str
    moved_to: str = ""
    """Empty: it died."""


class Digest(NamedTuple):
    """What is new in a week, and why it matters."""

    week: str
    """The ISO week, `2026-W47`."""
    begin: datetime
    end: datetime
    """The first moment after it."""
    title: str
    """What the folder is called."""
    parts: tuple[DigestPart, ...] = ()
    """By department, the one with the most important notes first."""
    answered: tuple[Question, ...] = ()
    open: tuple[Question, ...] = ()
    found: tuple[Question, ...] = ()
    """Open ones that had no match before this week and have one now: found at last."""
    links: tuple[DigestLink, ...] = ()
    rising: tuple[Rise, ...] = ()
    people: tuple[Person, ...] = ()
    """Who joined in: notes, questions, answers and links that they signed in the week."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.parts or self.answered or self.open or self.found or self.links or self.rising)


class TeamData(NamedTuple):
    """What the page is told of the team, as JSON values; docs/page-format.md has their forms. Empty: there is nothing to tell."""

    board: Mapping[str, object] = {}
    """Questions and notes without their file: as of now."""
    known: Mapping[str, object] = {}
    """Topics, people, what rises: renewed daily."""
    across: Mapping[str, object] = {}
    """Which items of other departments are like an item, by its id: renewed daily."""
