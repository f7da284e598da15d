"""How is what the team said written for keeps? Notes and questions, one line of JSON each, or as one HTML page to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import NamedTuple

from indexer.app.knowing import reading
from indexer.catalogue import Catalogue
from indexer.model.items import Kind
from indexer.model.notes import Role, role_of, written_at
from indexer.model.team import Question
from indexer.settings import Settings

FORMATS = ("html", "jsonl")


class Kept(NamedTuple):
    """One thing that somebody said."""

    about: Mapping[str, object]
    """What is known of it, as JSON has it."""
    heading: str
    lines: tuple[str, ...]


def kept_notes(folder: Path, settings: Settings) -> list[Kept]:
    """Return every note that is shown, by path: what it is on, who wrote it, when, and all of its text."""
    with reading(folder, settings) as catalogue:
        return list(_notes(catalogue))


def _notes(catalogue: Catalogue) -> Iterator[Kept]:
    for item, _ in catalogue.team.saying():
        note = catalogue.items.get([item.id]).get(item.id)
        if note is None or note.kind is not Kind.NOTE or role_of(note.path) is not Role.NOTE:
            continue
        text = catalogue.texts.of_item(note.id)
        said = "\n\n".join(passage.text for passage in text.passages) if text else ""
        when = written_at(note.path, note.modified)
        about = {
            "path": note.path, "on": note.note_on, "item": note.note_link or None, "by": note.author or None,
            "level": note.level or None, "tags": list(note.tags), "date": _iso(when), "text": said,
        }  # fmt: skip
        head = " · ".join(filter(None, (note.author, f"{when:%Y-%m-%d}", note.level)))
        yield Kept(about, note.note_on or note.path, (head, said))


def kept_questions(questions: Iterable[Question]) -> list[Kept]:
    """Return questions with their answers."""
    return [_question(question) for question in questions]


def _question(question: Question) -> Kept:
    answers = [
        {"path": one.path, "by": one.by or None, "date": _iso(one.date), "item": one.item, "text": one.text}
        for one in question.answers
    ]
    about = {
        "path": question.path, "question": question.question, "text": question.text, "by": question.by or None,
        "asked": _iso(question.asked), "needs_by": question.needs_by.isoformat() if question.needs_by else None,
        "department": question.department or None, "state": str(question.state), "answers": answers,
    }  # fmt: skip
    head = " · ".join(filter(None, (question.by, f"{question.asked:%Y-%m-%d}", str(question.state))))
    said = (
        f"{one.by or 'someone'}: {one.text}{f' [{one.item}]' if one.item else ''}" for one in question.answers
    )
    return Kept(about, question.question, (head, question.text, *said))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def write_kept(those: Iterable[Kept], title: str, form: str) -> bytes:
    """Return what was said in one of `FORMATS`, UTF-8."""
    text = _html(those, title) if form == "html" else "".join(map(_line, those))
    return text.encode("utf-8", "replace")


def _line(kept: Kept) -> str:
    return json.dumps(kept.about, ensure_ascii=False) + "\n"


def _html(those: Iterable[Kept], title: str) -> str:
    parts = [
        "<!doctype html>", '<meta charset="utf-8">', f"<title>{escape(title)}</title>",
        "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
        "article{border-top:1px solid #8884;padding:.5rem 0}p{white-space:pre-wrap;overflow-wrap:anywhere}</style>",
        f"<h1>{escape(title)}</h1>",
    ]  # fmt: skip
    for kept in those:
        said = "".join(f'<p dir="auto">{escape(line)}</p>' for line in kept.lines if line)
        parts.append(f'<article><h2 dir="auto">{escape(kept.heading)}</h2>{said}</article>')
    return "\n".join([*parts, ""])
