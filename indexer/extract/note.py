"""Notes, questions and files of people: what is told of them is in their heads, the rest is text."""

from __future__ import annotations

from indexer.extract.kinds import QUESTION
from indexer.extract.link_list import distinct, links_within
from indexer.extract.passages import clean_text, into_passages, limit
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model import notes
from indexer.model.items import Extract

_MOST_QUESTION = 500
"""Characters of a question."""


def read(source: Source) -> Extract:
    """Return the text and what its head says; the first line of a question is its title.

    Raise FileProblem if the bytes are not a text.
    """
    note = notes.read(clean_text(decode(source.data)))
    passages, truncated = limit(into_passages(note.text), source.text_limit)
    question = note.text.partition("\n")[0].lstrip("# ").strip() if source.suffix == QUESTION else ""
    return Extract(
        passages=passages,
        title=question[:_MOST_QUESTION],
        author=note.by,
        tags=note.tags,
        links=tuple(distinct(links_within(note.text))),
        truncated=truncated,
        note=note.head,
    )
