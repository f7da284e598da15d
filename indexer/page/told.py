"""What is the page told of the team? Files of their own, which the head names, so that a new question rewrites no others.

docs/page-format.md has their forms; `indexer/model/team.py` says what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from indexer.model.team import TeamData
from indexer.page.datafile import Files, to_json

NOTHING = TeamData()
BOARD, KNOWN, ACROSS = "q", "k", "x"
LETTERS = (BOARD, KNOWN, ACROSS)
"""What the names of these files begin with."""
DIGITS = "0123456789abcdef"
"""The files of `across`, by the first digit of an item's id."""
_MOST = {"questions": 500, "lost": 50, "topics": 50, "rising": 10, "experts": 2_000, "people": 100}
_MOST_ACROSS = 20_000
"""Items in one file of `across`."""


def put(files: Files, team: TeamData) -> dict[str, Any]:
    """Keep as files what the page is told and return how the head names them; empty if there is nothing to tell."""
    if not any(team):
        return {}
    parts: list[list[bytes]] = [[] for _ in DIGITS]
    for item_id, departments in sorted(team.across.items()):
        part = parts[DIGITS.index(item_id[0])]
        if len(part) < _MOST_ACROSS:
            part.append(b"\n%s %s" % (item_id.encode(), to_json(departments)))
    return {
        "board": _put(files, BOARD, _bounded(team.board)),
        "known": _put(files, KNOWN, _bounded(team.known)),
        "across": [files.put(ACROSS, b"".join(part)) if part else None for part in parts]
        if any(parts)
        else [],
    }


def names_in(head: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of these files in a head that is valid."""
    said = head.get("team", {})
    yield from filter(None, (said.get("board"), said.get("known"), *said.get("across", ())))


def _put(files: Files, letter: str, said: Mapping[str, object]) -> str | None:
    return files.put(letter, to_json(said)) if said else None


def _bounded(said: Mapping[str, object]) -> dict[str, object]:
    """Return it without what is empty, and with as much of each list as a page may have."""
    return {name: _beginning(value, _MOST.get(name, 0)) for name, value in said.items() if value}


def _beginning(value: object, most: int) -> object:
    if isinstance(value, Mapping):
        return dict(islice(value.items(), most)) if most else value
    return value[:most] if most and isinstance(value, list | tuple) else value
