"""What does the team ask? Each question with its answers, and what came since that may answer it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from indexer.catalogue import Catalogue
from indexer.catalogue.team import MOST_QUESTIONS
from indexer.model.items import Extract, Item, ItemId, Kind, Passage, RelPath
from indexer.model.names import name_key
from indexer.model.notes import Role, role_of, written_at
from indexer.model.team import Answer, Question, QuestionState
from indexer.page.scope import Scope
from indexer.team.watching import asked

_TEXT, _MOST_ANSWERS, _MOST_MATCHES = 2_000, 200, 50
"""Characters of a question or an answer; answers and matches of a question."""
_ORDER = (QuestionState.REOPENED, QuestionState.OPEN, QuestionState.ANSWERED, QuestionState.CLOSED)


def questions(catalogue: Catalogue, scope: Scope) -> list[Question]:
    """Return the questions that are on the page: open ones first, those wanted soonest first, then the latest.

    Questions that say the same, as copies of one file do, are one.
    """
    found: dict[tuple[str, str], Question] = {}
    for item, about, key in catalogue.team.files(Kind.QUESTION, MOST_QUESTIONS):
        if scope.shows(item.path, key):
            question = _question(catalogue, scope, item, about)
            same = (name_key(question.question), question.text)
            before = found.get(same)
            found[same] = _joined(before, question) if before else question
    return sorted(found.values(), key=_order)


def _order(question: Question) -> tuple[int, date, float, RelPath]:
    until = question.needs_by or date.max
    return _ORDER.index(question.state), until, -question.asked.timestamp(), question.path


def _joined(one: Question, other: Question) -> Question:
    """Return a question and its copy as one, the former's file first: what is said on either is said on both."""
    answers = sorted((*one.answers, *other.answers), key=lambda answer: (answer.date, answer.path))
    matches = tuple(dict.fromkeys((*one.matches, *other.matches)))
    state = max(one.state, other.state, key=_ORDER.index)
    return one._replace(
        answers=tuple(answers), matches=matches, state=state, new=max(one.new, other.new, len(matches))
    )


def _question(catalogue: Catalogue, scope: Scope, item: Item, about: Extract) -> Question:
    head = about.note
    answers, closed = [], None
    for note in catalogue.items.notes_on(item.path, "", _MOST_ANSWERS):
        role = role_of(note.path)
        if role is Role.CLOSING:
            closed = max(closed, note.date) if closed else note.date
        elif role is Role.ANSWER and scope.has(note.path):
            answers.append(_answer(catalogue, scope, note))
    answers.sort(key=lambda answer: (answer.date, answer.path))
    matches = list(_shown(catalogue, scope, catalogue.team.matches(item.id)))
    state = QuestionState(item.said.question or "open")
    return Question(
        item.id, item.path, item.title, item.author, asked(item),
        date.fromisoformat(head.needs_by) if head and head.needs_by else None, head.department if head else "",
        state, catalogue.attachments.why_broken(item.path) if state is QuestionState.REOPENED else "",
        len(matches), tuple(matches[:_MOST_MATCHES]), tuple(answers),
        closed if state is QuestionState.CLOSED else None, _text(catalogue, item.id, item.title),
    )  # fmt: skip


def _answer(catalogue: Catalogue, scope: Scope, note: Item) -> Answer:
    named = catalogue.attachments.relied_on(note.id)
    item = next(iter(_shown(catalogue, scope, [named])), None) if named else None
    return Answer(
        note.path, note.author, written_at(note.path, note.modified), _text(catalogue, note.id), item
    )


def _shown(catalogue: Catalogue, scope: Scope, ids: list[ItemId]) -> Iterator[RelPath]:
    """Yield the paths of those items that are on the page with their texts, each once."""
    told = {item.id: (item, key) for item, key in catalogue.items.told(ids)}
    paths = (told[one][0].path for one in ids if one in told and scope.shows(told[one][0].path, told[one][1]))
    yield from dict.fromkeys(paths)


def _text(catalogue: Catalogue, item_id: ItemId, title: str = "") -> str:
    """Return the beginning of a text, without its first line if that is the title."""
    text = catalogue.texts.of_item(item_id)
    said = _joined_text(text.passages).strip() if text else ""
    first, _, rest = said.partition("\n")
    if title and first.lstrip("# ").strip() == title:
        said = rest.strip()
    return said if len(said) <= _TEXT else f"{said[: _TEXT - 1]}…"


def _joined_text(passages: tuple[Passage, ...]) -> str:
    return "\n\n".join(passage.text for passage in passages)
