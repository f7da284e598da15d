"""The commands that find: search, open."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import as_json, printable, results_object, results_text, write, write_paths
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.model import SearchResults

NOTHING = 1
_LAST = "last_search.json"


@command(
    "search",
    {
        "indexer search tariff 2026": "items that have both words",
        "indexer search '\"annual report\" type:pdf in:Sales'": "a phrase, in PDF files below Sales",
        "indexer search --json -- -draft offer": "without a word; -- before what begins with -",
    },
)
@click.argument("query", nargs=-1)
@click.option("-n", "--limit", type=click.IntRange(min=0), default=10, help="So many results (10).")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Skip so many results.")
@click.option(
    "--sort",
    type=click.Choice(["relevance", "newest", "oldest", "name"]),
    default="relevance",
    help="Which first.",
)
@click.option(
    "-t", "--type", "kinds", multiple=True, metavar="KIND", help="Only this kind; may be given again."
)
@click.option("--in", "in_folder", default="", metavar="SUBFOLDER", help="Only below this folder.")
@click.option("--by", default="", metavar="PERSON", help="Only by this author.")
@click.option("--tag", default="", metavar="TAG", help="Only with this tag.")
@click.option(
    "--since", default="", metavar="WHEN", help="Only from then on: 2026-01-31, 2026-01, 3d, 2w, 6m, 1y."
)
@click.option("--before", default="", metavar="WHEN", help="Only before then.")
@click.option("-l", "--files", is_flag=True, help="Print paths only, each once.")
@click.option("-0", "nul", is_flag=True, help="End paths with NUL instead of a line end (with -l).")
@click.option("-c", "--count", is_flag=True, help="Print the number of results alone.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the text."
)
@click.option("--no-pager", is_flag=True, help="Print all at once.")
@click.pass_context
def search(
    ctx: click.Context,
    query: tuple[str, ...],
    limit: int,
    offset: int,
    sort: str,
    kinds: tuple[str, ...],
    in_folder: str,
    by: str,
    tag: str,
    since: str,
    before: str,
    files: bool,
    nul: bool,
    count: bool,
    json_wanted: bool,
    form: str,
    color: str,
    no_pager: bool,  # noqa: ARG001 - nothing is paged yet
) -> int:
    """Find items by words, phrases and filters; see docs/commands.md."""
    from indexer import app

    call = given(ctx)
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    files = files or nul
    bare = files or count
    options = app.SearchOptions(
        kinds, in_folder, by, tag, since, before, sort,
        limit=0 if count else limit,
        offset=offset, relax=not bare, snippets=not bare,
    )  # fmt: skip
    found = app.search(folder, settings, " ".join(query), options)
    code = 0 if found.total else NOTHING
    if count:
        write(f"{found.total}\n")
    elif files:
        write_paths((result.item.path for result in found.results), nul=nul)
    else:
        _remember(app.state_of(folder, settings), folder, found)
        if json_wanted or form == "json":
            write(as_json(results_object(found)))
        else:
            terminal = sys.stdout.isatty()
            colour = color == "always" or (color == "auto" and terminal and not os.environ.get("NO_COLOR"))
            write(results_text(found, folder, colour=colour, links=terminal))
    return code


def _remember(state: Path, folder: Path, found: SearchResults) -> None:
    """Keep the results for `open`; where that can't be, `open` says that there was no search."""
    rows = {str(r.rank): [os.fspath(folder / r.item.path), r.item.url] for r in found.results}
    temporary = state / f"{_LAST}.{os.getpid()}.tmp"
    try:
        temporary.write_text(json.dumps(rows), "utf-8")
        temporary.replace(state / _LAST)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()


@command(
    "open",
    {
        "indexer open 1": "open the first result of the last search",
        "indexer open 2 --reveal": "show it in the file manager",
        "indexer open 3 --print": "print its path or address",
    },
)
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@click.option("--reveal", is_flag=True, help="Show it in the file manager.")
@click.option("--print", "print_wanted", is_flag=True, help="Print its path or address only.")
@click.pass_context
def open_result(ctx: click.Context, number: int, reveal: bool, print_wanted: bool) -> int:
    """Open the N-th result of the last search."""
    from indexer import app

    call = given(ctx)
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    try:
        rows = json.loads((app.require_state(folder, settings) / _LAST).read_text("utf-8"))
    except (OSError, ValueError):
        raise UserError("there was no search yet: run `indexer search` first") from None
    if str(number) not in rows:
        shown = ", ".join(rows) if len(rows) < 6 else f"{min(map(int, rows))} to {max(map(int, rows))}"
        raise UserError(f"the last search has no result {number} (it has {shown or 'none'})")
    path, url = rows[str(number)]
    target = url if url and not reveal else path
    if print_wanted:
        write_paths([url or path], nul=False)
        return 0
    if target == path and not os.path.lexists(path):
        raise UserError(f"{printable(path)} is gone: run `indexer scan`, then search again")
    _open(target, reveal=reveal and target == path)
    return 0


def _open(target: str, *, reveal: bool) -> None:
    """Have the system open a file or web address; only web and mail addresses come this far."""
    try:
        if sys.platform == "win32":
            if reveal:
                subprocess.Popen(["explorer", f"/select,{target}"])
            else:
                os.startfile(target)
        elif sys.platform == "darwin":
            subprocess.Popen(["open", *(["-R"] if reveal else []), target])
        else:
            shown = os.path.dirname(target) if reveal else target  # noqa: PTH120 - may be an address
            subprocess.Popen(["xdg-open", shown], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError as error:
        raise UserError(f"nothing here can open {printable(target)} ({error.strerror})") from error
