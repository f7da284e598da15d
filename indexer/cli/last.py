"""Which results did the last search show? What `open`, `show` and `related` go on from."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import click

from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.model.items import ItemId
    from indexer.model.results import SearchResults

_FILE = "last_search.json"
_ID = re.compile("[0-9a-f]{16}")


class Shown(NamedTuple):
    """One result as it was shown: where it is, without its text, which may have to be forgotten."""

    id: ItemId
    path: str
    """The path of its file on this machine."""
    url: str | None = None


class LastSearch(NamedTuple):
    """The last search that showed results."""

    query: str | None
    """None: the results are not those of a query."""
    options: Mapping[str, Any] = {}
    """The fields of `asking.SearchOptions` that narrowed the query."""
    results: Mapping[int, Shown] = {}
    """By rank."""

    def result(self, number: int) -> Shown:
        """Return a result by its rank; raise UserError if there is none."""
        if number in self.results:
            return self.results[number]
        ranks = sorted(self.results)
        shown = ", ".join(map(str, ranks)) if len(ranks) < 6 else f"{ranks[0]} to {ranks[-1]}"
        raise UserError(f"the last search has no result {number} (it has {shown or 'none'})")


def remember(
    state: Path, folder: Path, found: SearchResults, query: str | None, options: Mapping[str, Any]
) -> None:
    """Keep the results for later commands; if they can't be written, those commands say that there was no search."""
    import json

    from indexer.files.replacing import write_file

    rows = {r.rank: [r.item.id, os.fspath(folder / r.item.path), r.item.opened] for r in found.results}
    kept = {"query": query, "options": dict(options), "results": rows}
    with contextlib.suppress(OSError):
        write_file(state / _FILE, json.dumps(kept).encode(), temporary=f"{_FILE}.{os.getpid()}.tmp")


def recall(state: Path) -> LastSearch:
    """Return the last search; raise UserError if there was none."""
    import json

    from indexer.model.items import ItemId

    try:
        kept = json.loads((state / _FILE).read_text("utf-8"))
        rows = {
            int(rank): Shown(ItemId(item_id), path, url)
            for rank, (item_id, path, url) in kept["results"].items()
        }
        return LastSearch(kept["query"], kept["options"], rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UserError("there was no search yet: run `indexer search` first") from None


def clear_leftovers(state: Path) -> None:
    """Delete the files of searches that were ended while they wrote."""
    for path in state.glob(f"{_FILE}.*.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()


def which_or_path(ctx: click.Context, param: click.Parameter, value: str | None) -> int | ItemId | str | None:
    """Return the result that an argument names as `which` does, or else the path that it is; None if it is left out."""
    if value is None:
        return None
    try:
        return which(ctx, param, value)
    except click.BadParameter:
        return value


def is_id(value: str) -> TypeGuard[ItemId]:
    """Tell whether an argument is the `id` of an item."""
    return _ID.fullmatch(value) is not None


def which(_ctx: click.Context, _param: click.Parameter, value: str) -> int | ItemId:
    """Return the result that an argument names: its number in the last search, or the `id` of an item in the JSON."""
    if is_id(value):
        return value
    if re.fullmatch("[1-9][0-9]{0,8}", value):
        return int(value)
    raise click.BadParameter(f"{value!r} is neither the number of a result nor the id of an item")
