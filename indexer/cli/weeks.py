"""How a week is printed: for people as text, for programs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexer.cli.output import moment, printable
from indexer.cli.team import questions_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.model.items import Mark
    from indexer.model.team import Digest, DigestItem, Question


def digest_text(digest: Digest, width: int) -> str:
    """Return a week for people to read, in lines of at most `width`."""
    from indexer.page.weekly.telling import Links, tell
    from indexer.page.weekly.text import digest_text

    return printable(digest_text(tell(digest, "en", Links()), width), keep="\n")


def digest_object(digest: Digest) -> dict[str, object]:
    """Return a week as an object for programs."""
    return {
        "schema": 1,
        "week": digest.week,
        "begin": moment(digest.begin),
        "end": moment(digest.end),
        "title": digest.title,
        "departments": [
            {
                "department": part.department or None,
                "items": [_item(item) for item in part.items],
                "more": part.more,
            }
            for part in digest.parts
        ],
        "answered": _questions(digest.answered),
        "open": _questions(digest.open),
        "found": _questions(digest.found),
        "links": [
            {"path": link.path, "title": link.title, "url": link.url, "moved_to": link.moved_to or None}
            for link in digest.links
        ],
        "rising": [
            {
                "topic": rise.topic,
                "now": rise.now,
                "before": round(rise.before, 2),
                "departments": list(rise.departments),
            }
            for rise in digest.rising
        ],
        "people": [
            {"name": person.name, "n": person.n, "paths": list(person.paths)} for person in digest.people
        ],
    }


def _item(item: DigestItem) -> dict[str, object]:
    return {
        "id": item.id,
        "path": item.path,
        "title": item.title,
        "type": str(item.kind),
        "date": moment(item.date),
        "url": item.url or None,
        "text": item.beginning,
        "notes": [
            {
                "path": note.path,
                "by": note.by or None,
                "level": note.level or None,
                "date": moment(note.date),
                "text": note.text,
            }
            for note in item.notes
        ],
        "marks": _marks(item.marks),
    }


def _marks(marks: Mapping[Mark, int]) -> dict[str, int]:
    from indexer.model.items import Mark

    return {str(mark): marks.get(mark, 0) for mark in Mark}


def _questions(questions: Sequence[Question]) -> object:
    return questions_object(questions)["questions"]
