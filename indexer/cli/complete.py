"""What can be typed next? Values for the completion of shells; `shells` silences errors here."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from indexer.cli.options import folder_of, given, settings_of
from indexer.cli.output import printable
from indexer.errors import UserError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

FILTERS = ("in:", "type:", "by:", "tag:", "after:", "before:", "title:", "is:", "site:", "level:", "on:")
_MOST = 200
_FILTER = re.compile(r"(?<![^\s(-])(in|type|by|tag|is):", re.IGNORECASE)


def kinds(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Return the kinds that begin with what is typed."""
    from indexer.model.items import Kind

    return _beginning(map(str, Kind), typed)


def folders(ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Return folders one level deeper than what is typed, the fullest first; if none, any whose name begins so."""
    known = _names(ctx, "folder")
    depth = typed.count("/")
    level = [name for name in known if name.count("/") == depth]
    return _beginning(level, typed) or _beginning((name.rpartition("/")[2] for name in known), typed)


def people(ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Return authors, those of most items first."""
    return _beginning(_names(ctx, "person"), typed)


def tags(ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Return tags, the most frequent first."""
    return _beginning(_names(ctx, "tag"), typed)


def states(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Return the values of `is:` that begin with what is typed."""
    from indexer.model.items import IS_VALUES

    return _beginning(IS_VALUES, typed)


def query_words(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Return what may complete the typed part of a query: the value of its last filter, else a filter itself."""
    for match in _FILTER.finditer(typed):
        found = _VALUES[match[1].lower()](ctx, param, typed[match.end() :].lstrip('"'))
        if found:
            return [typed[: match.end()] + value for value in _in_query(found)]
    before, last = re.fullmatch(r"(.*\s)?(\S*)", typed, re.DOTALL).groups("")  # type: ignore[union-attr]
    return [before + name for name in _beginning(FILTERS, last)] if last or not before else []


_VALUES: dict[str, Callable[[click.Context, click.Parameter, str], list[str]]] = {
    "in": folders,
    "type": kinds,
    "by": people,
    "tag": tags,
    "is": states,
}


def results(ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Return the numbers of the last search's results, with their file names."""
    from click.shell_completion import CompletionItem

    from indexer.cli.last import recall
    from indexer.state import places

    call = given(ctx)
    settings = settings_of(call)
    shown = recall(places.state_of(folder_of(call, None, settings), settings)).results
    return [
        CompletionItem(str(rank), help=printable(result.url or re.split(r"[/\\]", result.path)[-1]))
        for rank, result in shown.items()
        if str(rank).startswith(typed)
    ]


def results_and_files(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Return what `results` does; where that is nothing, have the shell complete the name of a file."""
    from click.shell_completion import CompletionItem

    found: list[CompletionItem[str]] = []
    if typed.isdecimal() or not typed:
        with contextlib.suppress(UserError):  # there was no search yet
            found = results(ctx, param, typed)
    return found or [CompletionItem(typed, type="file")]


def _names(ctx: click.Context, field: str) -> list[str]:
    from indexer.search import asking

    call = given(ctx)
    settings = settings_of(call)
    return asking.names(folder_of(call, None, settings), settings, field)


def _beginning(names: Iterable[str], typed: str) -> list[str]:
    """Return the names that begin with what is typed, in any case, each once, without those that can't be typed."""
    wanted = typed.casefold()
    found = (name for name in names if name.casefold().startswith(wanted) and name == printable(name))
    return list(dict.fromkeys(found))[:_MOST]


def _in_query(names: list[str]) -> list[str]:
    """Return values as written after the colon of a filter: all in quotes if one needs them, so that they begin alike."""
    usable = [name for name in names if '"' not in name]
    quoted = any(re.search(r"[\s()]", name) for name in usable)
    return [f'"{name}"' for name in usable] if quoted else usable
