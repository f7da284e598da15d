"""A week as it is told: texts of a language, safe and bounded, with links where there are any. Values."""

from __future__ import annotations

from typing import NamedTuple

from indexer.model.items import RelPath
from indexer.page.texts import Texts

LEVEL_SIGNS = {"critical": "●", "act": "◐", "watch": "○"}
"""How much a note matters, as a shape."""


class ToldNote(NamedTuple):
    """A note on an item."""

    by: str
    level: str
    """One of `LEVELS`, or empty."""
    label: str
    """The level as a word."""
    day: str
    text: str


class ToldItem(NamedTuple):
    """One item that is new."""

    id: str
    path: str
    kind: str
    label: str
    """The kind as a word."""
    title: str
    href: str
    """To the file, or to the page behind a link; empty if there is no link."""
    is_web: bool
    file: str
    """The link to the file."""
    address: str
    folders: tuple[str, ...]
    """Those below the department."""
    day: str
    iso: str
    text: str
    notes: tuple[ToldNote, ...]
    more: int
    """How many further notes there are."""
    marks: tuple[tuple[str, str], ...]
    """Each mark that it has, and how that is said."""


class ToldPart(NamedTuple):
    """What is new in a department."""

    name: str
    total: int
    noted: tuple[ToldItem, ...]
    others: tuple[ToldItem, ...]
    more: int
    search: str
    """The link to a search for all of it."""


class ToldAnswer(NamedTuple):
    """An answer to a question."""

    by: str
    day: str
    text: str
    path: str
    """Of the item that it names; empty if it names none."""
    href: str


class ToldQuestion(NamedTuple):
    """A question with what was said on it."""

    id: str
    path: str
    href: str
    question: str
    about: tuple[str, ...]
    """Who asks, whom, since and until when."""
    why: str
    matches: tuple[tuple[str, str], ...]
    """Paths of what matches, with links."""
    more: int
    """How many further ones there are."""
    answers: tuple[ToldAnswer, ...]


class ToldGroup(NamedTuple):
    """Questions that are equally far."""

    key: str
    """found, open or answered."""
    heading: str
    questions: tuple[ToldQuestion, ...]
    more: int


class ToldLink(NamedTuple):
    """A link that died or moved."""

    title: str
    said: str
    href: str
    """To where it leads now; empty if it leads nowhere."""
    path: str
    file: str


class ToldRise(NamedTuple):
    """A topic on the rise."""

    topic: str
    search: str
    said: str
    departments: tuple[str, ...]


class Told(NamedTuple):
    """A week as it is told."""

    name: str
    """2026-W47."""
    folder: str
    week: str
    """Week 47."""
    days: str
    """16–22 Nov 2026."""
    summary: tuple[str, ...]
    parts: tuple[ToldPart, ...]
    groups: tuple[ToldGroup, ...]
    rising: tuple[ToldRise, ...]
    links: tuple[ToldLink, ...]
    people: tuple[tuple[str, str], ...]
    """Names, each with the number of contributions."""
    home: str
    """The link to the page."""
    whole: str
    """The link to the digest beside the page."""
    texts: Texts
    paths: tuple[RelPath, ...] = ()
    """Of the files of all that is told: items, notes, questions, answers, what matches."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Those of the items and questions that are told."""
        items = (item for part in self.parts for item in (*part.noted, *part.others))
        questions = (question for group in self.groups for question in group.questions)
        return tuple(sorted({*(item.id for item in items), *(question.id for question in questions)}))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.parts or self.groups or self.rising or self.links or self.people)

    @property
    def subject(self) -> str:
        """The digest in one line."""
        return self.texts("subject", folder=self.folder, week=self.week, days=self.days)
