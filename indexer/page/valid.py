"""Are these bytes a head, or the root of a segment? Anything else raises ValueError. Pure.

Rows are checked when they are decoded (`entry`), JSON and containers before that (`datafile`), columns when they are read
(`segments`). That bytes match the digest in their name says nothing about who wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from indexer.page import told
from indexer.page.datafile import NAME
from indexer.page.entry import MOST_SECONDS, Facts, whole_number

MOST_SEGMENTS = 300
MOST_ITEMS = 1_000_000
"""The most items in all segments of a page together, dead ones included."""
MOST_BYTES = 128 << 20
"""The most bytes of all roots of a page together."""

_SHARDS, _LEVELS, _SAYS_OF = 100_000, 64, 1_000
_FOLDS = 1 << 48
_ID = re.compile(r"[0-9a-f]{16}")
_KEY_BYTES = 1_000


def head_of(facts: dict[str, Any], blobs: list[bytes]) -> dict[str, Any]:
    """Return the facts of a head."""
    whole_number(facts.get("written"), MOST_SECONDS)
    names = _list(facts.get("segments"), MOST_SEGMENTS)
    if not are_names(names, "r", MOST_SEGMENTS) or len(set(names)) != len(names):
        raise ValueError("not the names of segments")
    _check_team(facts.get("team", {}))
    if facts.get("open") is not None:
        root_of(facts["open"], blobs)
    return facts


def root_of(facts: object, blobs: list[bytes]) -> dict[str, Any]:
    """Return the facts of a segment's root."""
    if not isinstance(facts, dict) or not isinstance(facts.get("id"), str) or not _ID.fullmatch(facts["id"]):
        raise ValueError("not a root")
    count = whole_number(facts.get("count"), MOST_ITEMS)
    whole_number(facts.get("level"), _LEVELS)
    whole_number(facts.get("since", 0), MOST_SECONDS)
    for name, letter in (("columns", "c"), ("times", "d"), ("facets", "f"), ("names", "n")):
        _check_ref(facts.get(name), letter, blobs)
    if facts.get("forms", "") is not None:
        _check_ref(facts.get("forms"), "b", blobs)
    for ref in _list(facts.get("abouts"), MOST_ITEMS):
        _check_ref(ref, "a", blobs)
    _check_shards(facts.get("shards"), blobs)
    _check_pairs(facts.get("folds"), count)
    _check_found_by_is(facts.get("is", {}), count)
    if not isinstance(facts.get("marks"), dict) or len(facts["marks"]) > _SAYS_OF:
        raise ValueError("not what a segment says of others")
    for other, said in facts["marks"].items():
        _check_marks(other, said)
    return facts


def are_names(value: object, letter: str, most: int) -> bool:
    """Tell whether it is a list of names of files of one sort."""
    return isinstance(value, list) and len(value) <= most and all(_is_name(name, letter) for name in value)


def _check_team(said: object) -> None:
    if not isinstance(said, dict):
        raise ValueError("not what the page is told of the team")
    across = _list(said.get("across", []), len(told.DIGITS))
    names = [
        (said.get("board"), told.BOARD),
        (said.get("known"), told.KNOWN),
        *((name, told.ACROSS) for name in across),
    ]
    if not all(name is None or _is_name(name, letter) for name, letter in names):
        raise ValueError("not the names of files about the team")


def _check_marks(other: str, said: object) -> None:
    if not _ID.fullmatch(other) or not isinstance(said, dict):
        raise ValueError("not what a segment says of another")
    dead = _list(said.get("dead", []), MOST_ITEMS)
    _check_ascending([whole_number(item, MOST_ITEMS) for item in dead])
    _check_pairs(said.get("folds", []), MOST_ITEMS)
    facts = [_list(pair, 2) for pair in _list(said.get("facts", []), MOST_ITEMS)]
    _check_ascending([whole_number(item, MOST_ITEMS) for item, _ in facts])
    for _, those in facts:
        Facts.decode(those)


def _check_found_by_is(found: object, count: int) -> None:
    if not isinstance(found, dict):
        raise ValueError("not what finds items")
    for items in found.values():
        _check_ascending([whole_number(item, count - 1) for item in _list(items, MOST_ITEMS)])


def _check_shards(shards: object, blobs: list[bytes]) -> None:
    before = b""
    for shard in _list(shards, _SHARDS):
        first, terms, occurrences, size = _list(shard, 4)
        key = first.encode() if isinstance(first, str) else b""
        if not before < key or len(key) > _KEY_BYTES:
            raise ValueError("not the first key of a shard")
        before = key
        _check_ref(terms, "s", blobs)
        _check_ref(occurrences, "o", blobs)
        whole_number(size, MOST_SECONDS)


def _check_pairs(pairs: object, count: int) -> None:
    """Items, ascending, with the numbers of their contents."""
    items = []
    for pair in _list(pairs, MOST_ITEMS):
        item, fold = _list(pair, 2)
        items.append(whole_number(item, count - 1))
        whole_number(fold, _FOLDS - 1)
    _check_ascending(items)


def _check_ascending(items: Iterable[int]) -> None:
    if any(first >= second for first, second in pairwise(items)):
        raise ValueError("not in order")


def _check_ref(ref: object, letter: str, blobs: list[bytes]) -> None:
    if not _is_name(ref, letter):
        whole_number(ref, len(blobs) - 1)


def _is_name(value: object, letter: str) -> bool:
    return isinstance(value, str) and value[:1] == letter and bool(NAME.fullmatch(value))


def _list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("not a list of that length")
    return value
