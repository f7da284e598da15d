"""The command that finds: search."""

from __future__ import annotations

from typing import Any

import click

from indexer.cli import complete
from indexer.cli.ask import NOTHING, SORTS, Asked
from indexer.cli.last import remember
from indexer.cli.look import Look, look_options, print_results
from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import write, write_paths
from indexer.errors import UserError


@command(
    "search",
    {
        "indexer search tariff 2026": "items that have both words",
        r'indexer search "\"annual report\" type:pdf in:Sales"': "a phrase, in PDF files below Sales",
        "indexer search --json -- -draft offer": "items without a word; -- goes before a leading -",
    },
)
@click.argument("query", nargs=-1, shell_complete=complete.query_words)
@click.option("-i", "--interactive", is_flag=True, help="Search while you type, beginning with QUERY.")
@click.option("-n", "--limit", type=click.IntRange(min=0), default=10, help="Number of results (default 10).")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Number of results to skip.")
@click.option("--sort", type=click.Choice(SORTS), default="relevance", help="Order of the results.")
@click.option(
    "-t",
    "--type",
    "kinds",
    multiple=True,
    metavar="KIND",
    shell_complete=complete.kinds,
    help="Only this kind; may be given again.",
)
@click.option(
    "--in",
    "in_folder",
    default="",
    metavar="SUBFOLDER",
    shell_complete=complete.folders,
    help="Only below this folder.",
)
@click.option(
    "--by", default="", metavar="PERSON", shell_complete=complete.people, help="Only by this author."
)
@click.option("--tag", default="", metavar="TAG", shell_complete=complete.tags, help="Only with this tag.")
@click.option(
    "--since", default="", metavar="WHEN", help="Only from WHEN on: 2026-01-31, 2026-01, 3d, 2w, 6m, 1y."
)
@click.option("--before", default="", metavar="WHEN", help="Only before WHEN.")
@click.option("-l", "--files", is_flag=True, help="Print paths only, each once, copies included.")
@click.option("-0", "nul", is_flag=True, help="End paths with NUL instead of a line end (with -l).")
@click.option("-c", "--count", "count_only", is_flag=True, help="Print only the number of results.")
@click.option("--facets", is_flag=True, help="Count the results by kind, department, person, tag and year.")
@click.option("--explain", is_flag=True, help="Show what each score is made of.")
@look_options
@click.pass_context
def search(
    ctx: click.Context,
    /,
    query: tuple[str, ...],
    json_wanted: bool,
    form: str | None,
    color: str,
    no_pager: bool,
    **asked_for: Any,
) -> int:
    """Find items by words, phrases and filters.

    docs/search.md is the guide.
    """
    from indexer.search import asking
    from indexer.state import places

    asked, look = Asked(**asked_for), Look(json_wanted, form, color, no_pager)
    _refuse_contradictions(asked, look)
    call = given(ctx)
    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    text = " ".join(query)
    if asked.interactive:
        from indexer.cli import pick

        return pick.interactive(folder, settings, call, text, asked)
    found = asking.search(folder, settings, text, asked.options(look.chosen))
    if asked.count_only:
        write(f"{found.total}\n")
    elif asked.bare:
        paths = (path for result in found.results for path in (result.item.path, *result.copies))
        write_paths(paths, nul=asked.nul)
    else:
        remember(places.state_of(folder, settings), folder, found, text, asked.narrowing(look.chosen))
        print_results(found, folder, look, facets=asked.facets, explain=asked.explain, quiet=call.quiet)
    return 0 if found.total else NOTHING


def _refuse_contradictions(asked: Asked, look: Look) -> None:
    """Raise UserError for options that contradict each other."""
    form = look.chosen
    if asked.facets and (asked.bare or form in ("jsonl", "csv")):
        raise UserError("--facets goes with text and JSON only: leave out the other form")
    if asked.interactive and (asked.bare or form != "text" or asked.facets or asked.explain):
        raise UserError("-i shows results in its own way: leave out what says how to print them")
