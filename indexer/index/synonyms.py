"""Which words mean the same to this team? Read from a file; applied to a query, never to the index.

A line is a group of words or phrases, separated by commas; each also finds all others of its line. With `=>` the words
before it also find those after it, but not the reverse. `#` begins a comment.
"""

from __future__ import annotations

from pathlib import Path

from indexer.errors import UserError
from indexer.model.query import And, Not, Or, Phrase, Query, Word
from indexer.terms.words import forms

Synonyms = dict[tuple[str, ...], tuple[Word | Phrase, ...]]
"""The forms of a word or phrase to its synonyms."""


def read_synonyms(name: str) -> Synonyms:
    """Return the synonyms in the named file; none for an empty name. Raise UserError if it can't be read."""
    if not name:
        return {}
    path = Path(name).expanduser()
    try:
        return parse_synonyms(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UserError(f"{path} can't be read ({why}): correct search.synonyms in the settings") from error


def parse_synonyms(text: str) -> Synonyms:
    """Return the synonyms in the lines of a file; lines that are not understood are ignored."""
    found: dict[tuple[str, ...], dict[Word | Phrase, None]] = {}
    for line in text.splitlines():
        meant, arrow, others = line.partition("#")[0].partition("=>")
        left = _entries(meant)
        right = _entries(others) if arrow else left
        for entry in left:
            also = found.setdefault(entry, {})
            also.update((_leaf(other), None) for other in right if other != entry)
    return {entry: tuple(also) for entry, also in found.items() if also}


def _entries(text: str) -> list[tuple[str, ...]]:
    return [entry for part in text.split(",") if (entry := tuple(forms(part)))]


def _leaf(entry: tuple[str, ...]) -> Word | Phrase:
    return Word(entry[0]) if len(entry) == 1 else Phrase(entry)


def with_synonyms(query: Query, synonyms: Synonyms) -> Query:
    """Return the query with the synonyms of its plain words."""
    if not synonyms:
        return query
    match query:
        case Word(form):
            return query._replace(also=(*query.also, *synonyms.get((form,), ())))
        case And(parts):
            return And(tuple(with_synonyms(part, synonyms) for part in parts))
        case Or(parts):
            return Or(tuple(with_synonyms(part, synonyms) for part in parts))
        case Not(part):
            return Not(with_synonyms(part, synonyms))
    return query
