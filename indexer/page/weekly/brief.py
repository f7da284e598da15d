"""What of a week is posted? What matters most, in a few lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from indexer.model.brief import Brief, BriefLine, BriefPart
from indexer.model.notes import LEVELS
from indexer.model.team import Digest
from indexer.page.weekly.telling import Links, Most, plain, tell
from indexer.page.weekly.told import LEVEL_SIGNS, ToldItem, ToldNote, ToldQuestion

_MOST = Most(parts=40, items=20, items_in_all=200, notes=2, answers=1, matches=1)
_LINES, _SAID, _TEXT = 6, 240, 160
"""Lines of a part; characters of what is said of each, and of its text."""


def brief_of(digest: Digest, language: str, links: Links) -> Brief:
    """Return a week in short: items with the most important notes (else the latest), and questions."""
    told = tell(digest, language, links, _MOST)
    noted = [item for part in told.parts for item in part.noted]
    noted.sort(key=lambda item: -max(_weight(note) for note in item.notes))
    others = [] if noted else [item for part in told.parts for item in part.others]
    parts = [
        BriefPart(told.texts("matters" if noted else "new"), tuple(map(_item, (noted or others)[:_LINES]))),
        *(BriefPart(group.heading, tuple(_questions(group.questions[:_LINES]))) for group in told.groups),
    ]
    summary = " · ".join(told.summary) or told.texts("empty.said")
    return Brief(
        told.name, told.subject, summary, tuple(part for part in parts if part.lines), told.whole,
        told.texts("all") if told.whole else "",
    )  # fmt: skip


def _weight(note: ToldNote) -> int:
    return LEVELS.index(note.level) + 1 if note.level else 0


def _item(item: ToldItem) -> BriefLine:
    return BriefLine(plain(item.title, _TEXT), item.href, tuple(map(_note, item.notes)))


def _note(note: ToldNote) -> str:
    sign = f"{LEVEL_SIGNS[note.level]} {note.label} · " if note.level else ""
    return plain(f"{sign}{note.by}: {note.text}", _SAID)


def _questions(questions: Iterable[ToldQuestion]) -> Iterable[BriefLine]:
    for question in questions:
        found = [path for path, _ in question.matches]
        answers = [f"{answer.by}: {answer.text or answer.path}" for answer in question.answers]
        said = tuple(plain(text, _SAID) for text in (*answers, *found))
        yield BriefLine(plain(question.question, _TEXT), question.href, said)
