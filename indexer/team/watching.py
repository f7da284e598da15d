"""Which items may answer which question? A question watches for what comes after it: by its query, or by its telling words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from indexer.catalogue import Catalogue
from indexer.catalogue.team import MOST_QUESTIONS
from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.index.search_index import SearchIndex
from indexer.model.items import Item, ItemId, Kind
from indexer.model.log import Change, Entry, Place
from indexer.model.notes import stamped_at
from indexer.model.query import And, Filter, Or, Query, SearchRequest, Word
from indexer.terms import postings, weighing
from indexer.terms.languages import LANGUAGES, function_words
from indexer.terms.words import forms

_MOST_WORDS = 12
"""Telling words of a question."""
_LEAST_WORDS = 2
"""Words of a question that an item has at least, and at least half of them; if it has fewer, that."""
_LATER = 500
"""Items that were there before the question was read, and came after it was asked, the latest: these are tried."""


class Watch(NamedTuple):
    """What one open question watches for."""

    question: ItemId
    asked: datetime
    parts: tuple[Query, ...]
    needed: int
    """So many of `parts` an item has at least."""


def watches(catalogue: Catalogue) -> list[Watch]:
    """Return what each open question watches for."""
    found = []
    for item, about, _ in catalogue.team.files(Kind.QUESTION, MOST_QUESTIONS):
        if item.said.question in ("open", "reopened"):
            text = catalogue.texts.of_item(item.id)
            language = postings.language_of(text.terms) if text else ""
            watch = about.note.watch if about.note else ""
            found.append(_watch(item, watch, about.title, language))
    return found


def _watch(item: Item, query: str, question: str, language: str) -> Watch:
    if query.strip():
        parsed = parse(query, asked(item))
        return Watch(item.id, asked(item), (parsed,), 1)
    common = function_words((language if language in LANGUAGES else "en",))
    telling = [form for form in dict.fromkeys(forms(question)) if form not in common and _may_tell(form)]
    words: tuple[Query, ...] = tuple(map(Word, telling[:_MOST_WORDS]))
    return Watch(item.id, asked(item), words, max(min(_LEAST_WORDS, len(words)), (len(words) + 1) // 2))


def asked(question: Item) -> datetime:
    """Return when a question was asked, by its stamp, else when it was first seen: editing it later changes nothing."""
    stamped = stamped_at(question.path)
    return min(stamped, question.added) if stamped else question.added


def _may_tell(form: str) -> bool:
    return len(form) > 1 and any(map(str.isalnum, form))


def matching(watching: Sequence[Watch], changes: Iterable[Change]) -> Iterator[tuple[ItemId, list[ItemId]]]:
    """Yield each question with the changed items that match it: those that came after it was asked, and say something."""
    came = {change.id: change for change in changes if change.item is not None and may_answer(change.item)}
    first = min((watch.asked for watch in watching), default=None)
    later = [change for change in came.values() if first and change.item and change.item.date > first]
    if not later:
        return
    index = MemoryIndex()
    index.apply(later, Place("", 0))
    for watch in watching:
        counts: dict[ItemId, int] = {}
        for part in watch.parts:
            for item_id in index.matching(part):
                counts[item_id] = counts.get(item_id, 0) + 1
        found = [
            item_id
            for item_id, count in counts.items()
            if count >= watch.needed and _date(came[item_id]) > watch.asked
        ]
        if found:
            yield watch.question, sorted(found)


def _date(change: Change) -> datetime:
    assert change.item
    return change.item.date


def may_answer(item: Item) -> bool:
    """Tell whether an item can be the answer to a question: it is no note and no question itself."""
    return item.kind not in (Kind.NOTE, Kind.QUESTION) and not item.conflict_of


def came_since(catalogue: Catalogue, index: SearchIndex, watch: Watch) -> list[Change]:
    """Return items that came after a question was asked and have some of what it watches for."""
    query = And((Or(watch.parts), Filter("after", watch.asked.isoformat())))
    found = index.search(SearchRequest(query, sort="newest", limit=_LATER, relax=False))
    ids = [item_id for hit in found.hits for item_id in (hit.id, *hit.copies)]
    return [
        Change(Entry(0, item.id, item, packed), weighing.item_terms)
        for item, _, packed, _ in catalogue.items.with_texts(ids[:_LATER])
    ]
