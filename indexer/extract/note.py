"""Notes on items: what is told of a note is in its head, the rest is text."""

from __future__ import annotations

from indexer.extract.link_list import distinct, links_within
from indexer.extract.passages import clean_text, into_passages, limit
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model import notes
from indexer.model.items import Extract


def read(source: Source) -> Extract:
    """Return the text and what its head says; raise FileProblem if the bytes are not a text."""
    note = notes.read(clean_text(decode(source.data)))
    passages, truncated = limit(into_passages(note.text), source.text_limit)
    return Extract(
        passages=passages,
        author=note.by,
        tags=note.tags,
        links=tuple(distinct(links_within(note.text))),
        truncated=truncated,
        note=note.head,
    )
