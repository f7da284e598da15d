"""What is the page told of the team? Values of JSON, whose forms docs/page-format.md has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from indexer.catalogue import Catalogue
from indexer.model.items import Item, ItemId, Kind, RelPath
from indexer.model.team import Person, Question, Rise, Topic
from indexer.page.scope import Scope
from indexer.team.board import questions

CLOSED_SHOWN = timedelta(days=90)
"""So long the page shows what was answered or closed."""
MOST_QUESTIONS, MOST_ANSWERS, MOST_MATCHES, MOST_LOST = 500, 20, 10, 50
MOST_ACROSS, MOST_DEPARTMENTS, MOST_EACH = 5_000, 5, 3
"""Items with related ones; their departments; related items of each that are named."""
MOST_TOPICS, MOST_RISES, MOST_PEOPLE, MOST_EXPERTS, MOST_ON_A_WORD = 50, 10, 100, 2_000, 5
_TEXT = 1_000
"""Characters of an answer."""


def board(catalogue: Catalogue, scope: Scope, now: datetime) -> dict[str, object]:
    """Return the questions, and notes without their file; empty if there are none."""
    every = [one for one in questions(catalogue, scope) if one.is_open or _is_recent(one, now)]
    ids = {path: None for one in every for path in one.matches[:MOST_MATCHES]}
    items = {item.path: item for item, _ in catalogue.items.told(catalogue.files.ids_at(ids))}
    lost = [one for one in catalogue.attachments.lost(MOST_LOST) if scope.has(one.path)]
    told: dict[str, object] = {}
    if every:
        told["questions"] = [_question(one, items) for one in every[:MOST_QUESTIONS]]
    if lost:
        told["lost"] = [[one.path, one.on] for one in lost]
    return told


def _is_recent(question: Question, now: datetime) -> bool:
    last = max((question.asked, question.closed or question.asked, *(one.date for one in question.answers)))
    return now - last < CLOSED_SHOWN


def _question(question: Question, items: Mapping[RelPath, Item]) -> dict[str, object]:
    matches = (items[path] for path in question.matches[:MOST_MATCHES] if path in items)
    told: dict[str, object] = {
        "id": question.id, "p": question.path, "q": question.question, "by": question.by, "d": _seconds(question.asked),
        "until": question.needs_by.isoformat() if question.needs_by else "", "dep": question.department,
        "s": str(question.state), "why": question.why, "new": question.new if question.is_open else 0,
        "m": [[item.id, item.path, item.title, _seconds(item.date)] for item in matches] if question.is_open else [],
        "a": [
            {name: value for name, value in {
                "by": one.by, "t": one.text[:_TEXT], "p": one.path, "i": one.item or "", "d": _seconds(one.date),
            }.items() if value != ""}
            for one in question.answers[-MOST_ANSWERS:]
        ],
        "c": _seconds(question.closed) if question.closed else 0,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in ("", 0, [])}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def across(catalogue: Catalogue, scope: Scope) -> dict[str, object]:
    """Return which items of other departments are like an item, by its id, in both directions."""
    pairs: dict[ItemId, dict[ItemId, None]] = {}
    for one in catalogue.team.relations():
        for other in one.across:
            pairs.setdefault(one.id, {})[other] = None
            pairs.setdefault(other, {})[one.id] = None
    wanted = list(pairs)[:MOST_ACROSS]
    ids = dict.fromkeys((*wanted, *(other for one in wanted for other in pairs[one])))
    items = {item.id: item for item, key in catalogue.items.told(ids) if scope.shows(item.path, key)}
    found = {one: _by_department(items[one], pairs[one], items) for one in wanted if one in items}
    return {str(one): departments for one, departments in sorted(found.items()) if departments}


def _by_department(item: Item, others: Iterable[ItemId], items: Mapping[ItemId, Item]) -> list[list[object]]:
    by: dict[str, dict[str, Item]] = {}
    for other in (items[one] for one in others if one in items):
        if other.department and other.department != item.department and other.fold_key != item.fold_key:
            by.setdefault(other.department, {}).setdefault(other.fold_key, other)
    order = sorted(by.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST_DEPARTMENTS]
    return [
        [department, len(those), [[one.path, one.title] for one in list(those.values())[:MOST_EACH]]]
        for department, those in order
    ]


def new_by_department(
    catalogue: Catalogue, scope: Scope, since: datetime, now: datetime
) -> dict[str, object]:
    """Return how many items came since then, by department; empty if all are of one: the page tells that anyway."""
    counts: Counter[str] = Counter()
    for item, _ in catalogue.items.told(catalogue.team.came(since, now + timedelta(days=1))):
        if item.kind not in (Kind.NOTE, Kind.QUESTION) and scope.has(item.path) and not item.conflict_of:
            counts[item.department or ""] += 1
    if sum(map(bool, counts)) < 2:
        return {}
    order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {"since": _seconds(since), "n": [list(pair) for pair in order[:50]]}


def known(
    topics: Sequence[Topic], rising: Sequence[Rise], people: Sequence[Person],
    experts: Mapping[str, Sequence[Person]], new: Mapping[str, object],
) -> dict[str, object]:  # fmt: skip
    """Return topics, what rises, who knows what, and what is new; empty parts are left out."""
    told: dict[str, object] = {
        "topics": [_topic(one) for one in topics[:MOST_TOPICS]],
        "rising": [[one.topic, one.now, round(one.before, 1)] for one in rising[:MOST_RISES]],
        "new": dict(new),
        "experts": {
            form: [[one.name, one.n] for one in those[:MOST_ON_A_WORD]]
            for form, those in list(experts.items())[:MOST_EXPERTS]
        },
        "people": [[one.name, one.n] for one in people[:MOST_PEOPLE]],
    }
    return {name: value for name, value in told.items() if value}


def _topic(topic: Topic) -> dict[str, object]:
    told: dict[str, object] = {
        "t": topic.topic, "n": [list(pair) for pair in topic.departments.items()], "people": list(topic.people),
        "alone": int(topic.alone), "unaware": list(topic.unaware),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}
