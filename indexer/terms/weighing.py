"""By what is an item found? Its terms with their weights, and the static byte by which it counts more or less than others."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from indexer.model.items import Item, Kind, Mark
from indexer.model.terms import Beside, ItemTerms
from indexer.terms import postings
from indexer.terms.languages import language_of
from indexer.terms.text_terms import index_passages
from indexer.terms.words import forms

TITLE, NAME, NOTE, BODY = 4, 3, 2, 1
"""The weight of one occurrence, by the part of the item it is in; in a heading of the text it is 2."""

NEUTRAL = 128
"""The static byte of an ordinary item: the factor 1."""
_SUPERSEDED = frozenset(
    "old obsolete archive archived backup bak copy draft drafts tmp temp trash "
    "alt archiv veraltet kopie entwurf entwurfe sicherung papierkorb "
    "ancien archives brouillon copie obsoleto antiguo archivo borrador copia vecchio archivio bozza".split()
)
"""Words in names of folders and files that suggest a newer version exists."""


class Weighed(NamedTuple):
    """An item's terms with their weights."""

    language: str
    weights: Mapping[str, int]
    """Term to weighted frequency."""
    positions: Mapping[str, array[int]]
    """Term to ascending positions: first the text's passages, then title, name, note, tags, addresses."""
    title_positions: Mapping[str, Sequence[int]]
    """Term to positions within the title only."""
    length: int
    """Weighted number of words, exact."""


def beside(item: Item, language: str, start: int) -> Beside:
    """Return by what `item` is found besides its text in `language`, the first word at position `start`."""
    parts: list[tuple[str, int]] = [(item.title, TITLE)]
    if not item.is_list_entry:
        parts.append((item.name, NAME))
    parts += [(item.note, NOTE), *((tag, NOTE) for tag in item.tags)]
    parts += [(address, BODY) for address in (item.url or "", *item.hyperlinks)]
    weights: dict[str, int] = {}
    positions: dict[str, list[int]] = {}
    length = 0
    for text, weight in parts:
        if not text:
            continue
        terms = index_passages([text], start, language)
        start = terms.end
        length += terms.length * weight
        for term, where in terms.positions.items():
            weights[term] = weights.get(term, 0) + len(where) * weight
            positions.setdefault(term, []).extend(where)
    title = index_passages([item.title], language=language)
    return Beside(weights, positions, title.positions, length)


def item_terms(item: Item, packed: bytes) -> ItemTerms:
    """Return all terms of `item`, its text packed by `postings.pack`; raise ValueError if that is damaged."""
    text = postings.unpack(packed)
    language = text.language if packed else language_of(f"{item.title} {item.note}")
    more = beside(item, language, text.end)
    return ItemTerms(language, text, more, text.length * BODY + more.length)


def weigh(terms: ItemTerms) -> Weighed:
    """Return the terms of an item by their names."""
    text, more = terms.text, terms.beside
    weights: dict[str, int] = {}
    positions: dict[str, array[int]] = {}
    at = 0
    for term, weight, count in zip(text.names(), text.weights, text.counts, strict=True):
        weights[term] = weight * BODY
        positions[term] = array("I", text.positions[at : at + count])
        at += count
    for term, weight in more.weights.items():
        weights[term] = weights.get(term, 0) + weight
    for form, where in more.positions.items():
        positions[form] = positions.get(form, array("I")) + array("I", where)
    return Weighed(terms.language, weights, positions, more.title_positions, terms.length)


OPINIONS = {str(Mark.USEFUL): 12, str(Mark.OUTDATED): -24, str(Mark.WRONG): -40, "shared": 8}
"""What people said of an item, as values of `is:`, and what it adds to the static byte, however many said so."""


def quality(item: Item, *, has_text: bool) -> int:
    """Return the static byte of an item with what people marked it: what an index needs."""
    opinions = sum(OPINIONS.get(value, 0) for value in item.said.found_by_is)
    return max(0, static_byte(item, has_text=has_text) + opinions)


def static_byte(item: Item, *, has_text: bool) -> int:
    """Return 128, more if the item was written for the team, less if it seems superseded; marks are not counted."""
    value = NEUTRAL
    if item.kind in (Kind.NOTE, Kind.QUESTION):
        value += 32
    if not has_text and item.url is None:
        value -= 16
    stem = item.name.rpartition(".")[0] or item.name
    if item.conflict_of:
        value -= 32
    if any(not _SUPERSEDED.isdisjoint(forms(name)) for name in (*item.folders, stem)):
        value -= 32
    return value
