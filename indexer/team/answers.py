"""Does what an answer relied on still hold? Its item may change much, die, or be marked wrong."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from enum import StrEnum

from indexer.catalogue import Catalogue
from indexer.catalogue.attachments import Reliance
from indexer.model.items import Item, ItemId
from indexer.model.links import LinkState
from indexer.terms import postings

SKETCH = 64
"""Words of a sketch: the ones with the least hashes, by which the likeness of two texts is estimated.

A. Broder, On the resemblance and containment of documents, 1997.
"""
LIKE = 0.5
"""Texts that share less of their words differ much."""


class Broken(StrEnum):
    """Why an answer holds no longer."""

    GONE = "gone"
    CHANGED = "changed"
    WRONG = "wrong"


def review(catalogue: Catalogue, now: datetime) -> None:
    """Remember what new answers rely on, and note which answers hold no longer, or again."""
    attachments = catalogue.attachments
    for answer, item_id in attachments.new_answers():
        item = catalogue.items.get([item_id]).get(item_id)
        if item is not None:
            attachments.rely(answer, item_id, item.digest, sketch_of(catalogue, item_id))
    for reliance in attachments.reliances():
        why = _broken(catalogue, reliance)
        if why != reliance.broken:
            attachments.set_broken(reliance.answer, why, now)


def _broken(catalogue: Catalogue, reliance: Reliance) -> str:
    item = catalogue.items.get([reliance.item]).get(reliance.item)
    if item is None or _is_dead(item):
        return Broken.GONE
    if item.said.wrong:
        return Broken.WRONG
    if reliance.digest and item.digest and item.digest != reliance.digest:
        likeness = alike(reliance.sketch, sketch_of(catalogue, item.id))
        if likeness < LIKE:
            return Broken.CHANGED
    return ""


def _is_dead(item: Item) -> bool:
    return item.health is not None and item.health.state is LinkState.GONE


def sketch_of(catalogue: Catalogue, item_id: ItemId) -> str:
    """Return the sketch of an item's text; empty if it has none."""
    text = catalogue.texts.of_item(item_id)
    if text is None:
        return ""
    names = postings.unpack(text.terms).names()
    hashes = sorted({zlib.crc32(name.encode()) for name in names})[:SKETCH]
    return json.dumps(hashes, separators=(",", ":")) if hashes else ""


def alike(one: str, other: str) -> float:
    """Return which share of their words two texts with these sketches have in common, from 0 to 1."""
    a, b = (set(json.loads(sketch)) if sketch else set() for sketch in (one, other))
    both = sorted(a | b)[:SKETCH]
    return sum(word in a and word in b for word in both) / len(both) if both else 1.0
