"""What does the team see? A search's hits made into results: item, snippet, page; and a suggestion."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from indexer.catalogue import Catalogue
from indexer.errors import Damaged
from indexer.index.order import asks_for_notes, is_question
from indexer.index.snippet import ANSWER_WIDTH, WIDTH, snippet
from indexer.model.items import Item, ItemId, Passage
from indexer.model.notes import written_at
from indexer.model.query import SearchRequest
from indexer.model.results import Found, Hit, Result, SearchResults, ShownNote
from indexer.terms import postings

if TYPE_CHECKING:
    from indexer.index.search_index import SearchIndex

_MOST_NOTES, _MOST_COPIES, _NOTE_TEXT = 20, 50, 2_000
"""Notes shown with a result; copies whose notes are; characters of a note."""


class Finder:
    """Answers searches from an index and a catalogue that another process may be writing."""

    def __init__(self, catalogue: Catalogue, index: SearchIndex) -> None:
        self.catalogue, self.index = catalogue, index

    def search(self, text: str, request: SearchRequest, *, snippets: bool = True) -> SearchResults:
        """Return the results of `request`, parsed from `text`."""
        began = time.perf_counter()
        found = self.index.search(request)
        results = self.results(found, request, snippets=snippets)
        is_short = request.relax and (found.relaxed or not found.total)
        meant = self._meant(text, request) if is_short else None
        return SearchResults(
            query=text,
            total=found.total,
            took_ms=round((time.perf_counter() - began) * 1000, 1),
            results=results,
            relaxed=found.relaxed,
            complete=found.complete,
            suggestion=meant,
            facets=found.facets,
            matched_forms=found.matched_forms,
        )

    def _meant(self, text: str, request: SearchRequest) -> str | None:
        from indexer.search.suggestion import suggestion  # most searches find something

        return suggestion(text, request, self.index)

    def results(self, found: Found, request: SearchRequest, *, snippets: bool = True) -> tuple[Result, ...]:
        """Return what is shown of the hits of `request`."""
        wanted = [item_id for hit in found.hits for item_id in (hit.id, *hit.copies)]
        items = self.catalogue.items.get(wanted)
        self._compare({item_id for item_id in wanted if item_id not in items})
        return tuple(
            self._result(request.offset + number, hit, items, found, request, snippets)
            for number, hit in enumerate(found.hits, 1)
            if hit.id in items
        )

    def _compare(self, unknown: set[ItemId]) -> None:
        """Raise Damaged if the index is ahead of the catalogue, or of another one, or has items that the catalogue lacks."""
        place = self.index.place()
        if place is None:
            return
        belongs = place.epoch == self.catalogue.log.epoch and place.seq <= self.catalogue.log.seq
        if not belongs or (unknown and not self.catalogue.log.were_removed(unknown, place.seq)):
            raise Damaged("index and catalogue don't belong together: run `indexer scan`, which repairs that")

    def _result(
        self,
        rank: int,
        hit: Hit,
        items: dict[ItemId, Item],
        found: Found,
        request: SearchRequest,
        snippets: bool,
    ) -> Result:
        found_in, *others = [items[one] for one in (hit.id, *hit.copies) if one in items]
        item = found_in
        if not asks_for_notes(request.query):
            item, found_in, others = self._headed([found_in, *others])
        copies = tuple(other.path for other in others)
        saved = next((other.path for other in others if other.is_saved_copy), None)
        if not snippets:
            return Result(
                rank, hit.score, item, None, "", (), copies, explanation=hit.explanation, saved=saved
            )
        text = self.catalogue.texts.of_item(found_in.id)
        passages: Sequence[Passage] = (Passage(found_in.note),)
        starts: Sequence[int] = (0,)
        where: Sequence[Sequence[int]] = ()
        language = "en"
        if text and text.passages:
            passages, starts = text.passages, postings.starts_of(text.terms)
            where = [self.index.where(found_in.id, group) for group in found.groups]
            language = postings.language_of(text.terms)
        width = ANSWER_WIDTH if rank == 1 and is_question(request.query) else WIDTH
        made = snippet(
            passages, starts, where, found.groups, language=language, title=item.title, width=width
        )
        return Result(
            rank, hit.score, item, made.page_number, made.text, made.highlights, copies,
            explanation=hit.explanation, pages=made.pages, notes=self._notes([item, *others]), saved=saved,
        )  # fmt: skip

    def _headed(self, found: list[Item]) -> tuple[Item, Item, list[Item]]:
        """Return the item that a result is about, the one whose text shows why, and the copies of the first.

        A note never stands for its item, nor a saved copy for its link: if it alone was found, the item is shown
        with its text. Nor does a conflict copy stand for its file, or a broken link for one that is well and leads to the same page.
        """
        others = [one for one in found if not one.note_on]
        if not others:
            return self.catalogue.items.noted(found[0]) or found[0], found[0], []
        item = min(others, key=lambda one: one.stands_back)  # of equals the first
        if item.is_saved_copy:
            item = self.catalogue.items.link_beside(item) or item
        return item, others[0], [one for one in others if one.id != item.id]

    def _notes(self, items: Sequence[Item]) -> tuple[ShownNote, ...]:
        """Return the latest notes on any of these items."""
        catalogue = self.catalogue
        places = ((item.path, item.url or "" if item.is_list_entry else "") for item in items[:_MOST_COPIES])
        found = {note.id: note for place in places for note in catalogue.items.notes_on(*place, _MOST_NOTES)}
        notes = sorted(found.values(), key=lambda note: (-int(note.date.timestamp()), note.path))
        texts = ((note, catalogue.texts.of_item(note.id)) for note in notes[:_MOST_NOTES])
        return tuple(_shown(note, text.passages) for note, text in texts if text and text.passages)


def _shown(note: Item, passages: Sequence[Passage]) -> ShownNote:
    when = written_at(note.path, note.modified)
    return ShownNote(note.path, note.author, note.level, when, _beginning(passages, _NOTE_TEXT))


def _beginning(passages: Sequence[Passage], limit: int) -> str:
    text = "\n\n".join(passage.text for passage in passages)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
