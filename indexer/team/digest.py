"""What was new in a week, and why does it matter? Made of the items that are on the page, so it is made again without one that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from indexer.catalogue import Catalogue
from indexer.errors import UserError
from indexer.model.items import Item, ItemId, Kind, Mark
from indexer.model.links import LinkState
from indexer.model.notes import LEVELS, written_at
from indexer.model.readings import passages_of
from indexer.model.results import ShownNote
from indexer.model.team import (
    Digest,
    DigestItem,
    DigestLink,
    DigestPart,
    Question,
    QuestionState,
)  # fmt: skip
from indexer.page.scope import Scope
from indexer.team.board import questions
from indexer.team.known import Known
from indexer.terms.one_line import one_line

WEEK = timedelta(days=7)
_MOST_ITEMS, _MOST_NOTES, _MOST_LINKS, _MOST_QUESTIONS = 12, 8, 30, 50
"""Of a department; of an item; of the week."""
_BEGINNING, _NOTE_TEXT = 220, 1_000
"""Characters of an item's text, and of a note."""


def week_of(moment: datetime) -> str:
    """Return the ISO week that a moment lies in, `2026-W47`, in UTC: the same on every machine."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02}"


def begin_of(week: str) -> datetime:
    """Return the first moment of an ISO week; raise UserError if there is no such week."""
    year, _, number = week.upper().partition("-W")
    try:
        return datetime.fromisocalendar(int(year), int(number), 1).replace(tzinfo=UTC) + WEEK - WEEK
    except (ValueError, OverflowError):
        raise UserError(f"{week} is no week: give it as 2026-W47") from None


def digest(catalogue: Catalogue, scope: Scope, week: str, title: str, *, authors: bool) -> Digest:
    """Return what is told of a week; raise UserError if it is none. `authors`: who wrote a document knows it, too."""
    begin = begin_of(week)
    end = begin + WEEK
    known = Known(catalogue, scope, authors=authors)
    every = questions(catalogue, scope)
    notes = _notes(catalogue, scope, begin, end)
    return Digest(
        week, begin, end, title,
        parts=_parts(catalogue, scope, begin, end, notes),
        answered=tuple(q for q in every if _was_answered(q, begin, end))[:_MOST_QUESTIONS],
        open=tuple(q for q in every if q.is_open and q.asked < end)[:_MOST_QUESTIONS],
        found=tuple(q for q in every if q.is_open and _was_found(catalogue, q, begin, end))[:_MOST_QUESTIONS],
        links=tuple(_links(catalogue, scope, begin, end))[:_MOST_LINKS],
        rising=tuple(known.rising(begin, end)), people=tuple(known.joined_in(begin, end)),
    )  # fmt: skip


def _was_answered(question: Question, begin: datetime, end: datetime) -> bool:
    settled = question.state in (QuestionState.ANSWERED, QuestionState.CLOSED)
    return settled and any(begin <= answer.date < end for answer in question.answers)


def _was_found(catalogue: Catalogue, question: Question, begin: datetime, end: datetime) -> bool:
    first = catalogue.team.found_first(question.id)
    return first is not None and begin <= first < end


def _notes(
    catalogue: Catalogue, scope: Scope, begin: datetime, end: datetime
) -> dict[ItemId, list[ShownNote]]:
    """Return the notes written in a week, by the item they are on, the most important first."""
    found: dict[ItemId, list[ShownNote]] = {}
    for note, on in catalogue.team.saying():
        when = written_at(note.path, note.modified)
        if on and note.kind is Kind.NOTE and begin <= when < end and scope.has(note.path):
            shown = ShownNote(note.path, note.author, note.level, when, _text(catalogue, note.id))
            found.setdefault(on, []).append(shown)
    for those in found.values():
        those.sort(key=lambda note: (-_rank([note]), -note.date.timestamp(), note.path))
    return found


def _rank(notes: Iterable[ShownNote]) -> int:
    """Return how much the most important of some notes matters: 0 if there is none."""
    return max((LEVELS.index(note.level) + 2 if note.level in LEVELS else 1 for note in notes), default=0)


def _parts(
    catalogue: Catalogue, scope: Scope, begin: datetime, end: datetime, notes: Mapping[ItemId, list[ShownNote]]
) -> tuple[DigestPart, ...]:  # fmt: skip
    """Return what is new or was noted in a week by department."""
    wanted = dict.fromkeys((*notes, *catalogue.team.came(begin, end)))
    found: dict[str, dict[str, Item]] = {}
    for item, key in catalogue.items.told(wanted):
        if (
            item.kind not in (Kind.NOTE, Kind.QUESTION)
            and not item.conflict_of
            and scope.shows(item.path, key)
        ):
            found.setdefault(item.department or "", {}).setdefault(item.fold_key, item)
    parts = []
    for department, items in found.items():
        order = sorted(
            items.values(), key=lambda item: (-_rank(notes.get(item.id, ())), -item.added.timestamp(), item.path)
        )  # fmt: skip
        shown = [_item(catalogue, item, notes.get(item.id, [])) for item in order[:_MOST_ITEMS]]
        parts.append(DigestPart(department, tuple(shown), max(0, len(order) - _MOST_ITEMS)))
    return tuple(sorted(parts, key=_order))


def _order(part: DigestPart) -> tuple[int, int, str]:
    return -max(_rank(item.notes) for item in part.items), -len(part.items) - part.more, part.department


def _item(catalogue: Catalogue, item: Item, notes: Sequence[ShownNote]) -> DigestItem:
    marks = {mark: len(who) for mark in Mark if (who := item.said.of(mark))}
    text = one_line(_text(catalogue, item.id))
    text = text if len(text) <= _BEGINNING else f"{text[: _BEGINNING - 1].rstrip()}…"
    return DigestItem(
        item.id, item.path, item.title, item.kind, item.added, item.url or "", text,
        tuple(notes[:_MOST_NOTES]), marks,
    )  # fmt: skip


def _text(catalogue: Catalogue, item_id: ItemId) -> str:
    """Return the beginning of an item's text."""
    row = next(iter(catalogue.items.with_texts([item_id])), None)
    said = ""
    for passage in passages_of(row[3]) if row and row[3] else ():
        said = f"{said}\n\n{passage.text}" if said else passage.text
        if len(said) > _NOTE_TEXT:
            return f"{said[: _NOTE_TEXT - 1]}…"
    return said


def _links(catalogue: Catalogue, scope: Scope, begin: datetime, end: datetime) -> list[DigestLink]:
    """Return the links that died or moved in a week, each address once."""
    found = []
    for link in catalogue.links.told(end):
        since, state = link.health.since, link.health.state
        path = next(filter(scope.has, link.paths), None)
        if path and since and begin <= since < end and state in (LinkState.GONE, LinkState.MOVED):
            moved_to = link.health.moved_to if state is LinkState.MOVED else ""
            found.append(DigestLink(path, link.title, link.url, moved_to))
    return found
