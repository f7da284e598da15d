"""Which items may answer which question? A question watches for what comes after it: by its query, or by its telling words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from indexer.catalogue import Catalogue
from indexer.catalogue.team import MOST_QUESTIONS
from indexer.index.memory_index import MemoryIndex
from indexer.index.order import top_level
from indexer.index.query import parse
from indexer.index.search_index import SearchIndex
from indexer.model.items import Item, ItemId, Kind
from indexer.model.log import Change, Entry, Place
from indexer.model.notes import stamped_at
from indexer.model.query import NOTHING, And, Filter, Or, Query, SearchRequest, Word
from indexer.terms import postings, weighing
from indexer.terms.languages import LANGUAGES, function_words
from indexer.terms.words import as_part, derived, forms, readings

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
    query: Query
    """What finds it: all of it if a query was given, else some of the question's telling words."""
    is_given: bool
    parts: tuple[frozenset[str], ...]
    """For each word, the terms of an item that show it."""
    needed: int
    """An item has at least so many of these words."""


def watches(catalogue: Catalogue) -> list[Watch]:
    """Return what each open question watches for."""
    found = []
    for item, about, _ in catalogue.team.files(Kind.QUESTION, MOST_QUESTIONS):
        if item.said.question in ("open", "reopened"):
            text = catalogue.texts.of_item(item.id)
            language = postings.language_of(text.terms) if text else ""
            watch = about.note.watch if about.note else ""
            found.append(_by_query(item, watch) if watch.strip() else _by_words(item, about.title, language))
    return found


def _by_query(item: Item, text: str) -> Watch:
    query = parse(text, asked(item))
    parts = tuple(_shown_by(part) for part in top_level(query) if isinstance(part, Word))
    return Watch(item.id, asked(item), query, True, parts, len(parts))


def _by_words(item: Item, question: str, language: str) -> Watch:
    common = function_words((language if language in LANGUAGES else "en",))
    telling = [form for form in dict.fromkeys(forms(question)) if form not in common and _may_tell(form)]
    words = tuple(map(Word, telling[:_MOST_WORDS]))
    needed = max(min(_LEAST_WORDS, len(words)), (len(words) + 1) // 2)
    query = Or(words) if words else NOTHING
    return Watch(item.id, asked(item), query, False, tuple(map(_shown_by, words)), needed)


def _shown_by(word: Word) -> frozenset[str]:
    """Return the terms that show a word, in whatever language a text is written."""
    groups = (*readings(word.form, LANGUAGES), *derived(word.form, LANGUAGES), as_part(word.form, LANGUAGES))
    others = (_shown_by(other) for other in word.also if isinstance(other, Word))
    return frozenset(chain.from_iterable((*groups, *others)))


def asked(question: Item) -> datetime:
    """Return when a question was asked, by its stamp, else when it was first seen: editing it later changes nothing."""
    stamped = stamped_at(question.path)
    return min(stamped, question.added) if stamped else question.added


def _may_tell(form: str) -> bool:
    return len(form) > 1 and any(map(str.isalnum, form))


def matching(watching: Sequence[Watch], changes: Iterable[Change]) -> Iterator[tuple[ItemId, list[ItemId]]]:
    """Yield each question with the changed items that match it: those that came after it was asked, and say something."""
    first = min((watch.asked for watch in watching), default=None)
    came = {
        change.id: _Came(change.item.date, frozenset(weighing.weigh(change.terms).weights), change)
        for change in changes
        if first and change.item is not None and may_answer(change.item) and change.item.date > first
    }
    for watch in watching if came else ():
        found = [
            item_id
            for item_id, item in came.items()
            if item.date > watch.asked
            and sum(not part.isdisjoint(item.terms) for part in watch.parts) >= watch.needed
        ]
        if found and watch.is_given:
            index = MemoryIndex()
            index.apply([came[item_id].change for item_id in found], Place("", 0))
            found = index.matching(watch.query)
        if found:
            yield watch.question, sorted(found)


class _Came(NamedTuple):
    """An item that came, or changed."""

    date: datetime
    terms: frozenset[str]
    change: Change


def may_answer(item: Item) -> bool:
    """Tell whether an item can be the answer to a question: it is no note and no question itself."""
    return item.kind not in (Kind.NOTE, Kind.QUESTION) and not item.conflict_of


def came_since(catalogue: Catalogue, index: SearchIndex, watch: Watch) -> list[Change]:
    """Return items that came after a question was asked and have some of what it watches for."""
    query = And((watch.query, Filter("after", watch.asked.isoformat())))
    found = index.search(SearchRequest(query, sort="newest", limit=_LATER, relax=False))
    ids = [item_id for hit in found.hits for item_id in (hit.id, *hit.copies)]
    return [
        Change(Entry(0, item.id, item, packed), weighing.item_terms)
        for item, _, packed, _ in catalogue.items.with_texts(ids[:_LATER])
    ]
