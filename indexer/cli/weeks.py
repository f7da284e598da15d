"""The command that prints a week, and how it looks: text for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import as_json, moment, printable, write
from indexer.cli.results import note_object
from indexer.cli.screen import screen_of
from indexer.cli.team import questions_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexer.model.items import Mark
    from indexer.model.team import Digest, DigestItem, Question

_WIDEST = 100


@command(
    "digest",
    {
        "indexer digest": "what was new last week, and why it matters",
        "indexer digest --week 2026-W47": "in that week",
    },
)
@click.option("--week", default="", help="The week, such as 2026-W47; without it the last full one.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def digest(ctx: click.Context, week: str, json_wanted: bool) -> int:
    """Print what was new in a week by department, notes first; questions, links that died, topics on the rise, who joined in.

    If nothing happened in the last full week, this week is printed as far as it has come.
    """
    from indexer.app import knowing

    call = given(ctx)
    settings = settings_of(call)
    found = knowing.digest(folder_of(call, None, settings), settings, week)
    write(
        as_json(digest_object(found))
        if json_wanted
        else digest_text(found, min(screen_of("auto", pager=False).width, _WIDEST))
    )
    return 0


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
        "notes": [note_object(note) for note in item.notes],
        "marks": _marks(item.marks),
    }


def _marks(marks: Mapping[Mark, int]) -> dict[str, int]:
    from indexer.model.items import Mark

    return {str(mark): marks.get(mark, 0) for mark in Mark}


def _questions(questions: Sequence[Question]) -> object:
    return questions_object(questions)["questions"]
