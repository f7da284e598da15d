"""The commands that say how things stand: status, failed."""

from __future__ import annotations

import click

from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import as_json, failures_object, failures_text, status_object, status_text, write

DEGRADED = 1


@command(
    "status",
    {
        "indexer status": "is all well?",
        "indexer status --json": "the same for a program",
        'indexer status --folder "Team folder"': "for this folder",
    },
)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(ctx: click.Context, json_wanted: bool) -> int:
    """Show what is known, whether a daemon runs, and what needs a person (then the exit code is 1)."""
    from indexer.app.status import folder_status

    call = given(ctx)
    settings = settings_of(call)
    found = folder_status(folder_of(call, None, settings), settings)
    write(as_json(status_object(found)) if json_wanted else status_text(found))
    return DEGRADED if found.problems else 0


@command(
    "failed",
    {
        "indexer failed": "which files could not be read, and why",
        "indexer failed --all": "also those without text, or read only in part",
        "indexer failed --json": "the same for a program",
    },
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also unsupported kinds, online-only files, and files without text or not read to their end.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def failed(ctx: click.Context, everything: bool, json_wanted: bool) -> int:
    """List the files that could not be read, with the reason and the time of the next try."""
    from indexer.search import asking

    call = given(ctx)
    settings = settings_of(call)
    failures = asking.failures(folder_of(call, None, settings), settings, everything=everything)
    write(as_json(failures_object(failures)) if json_wanted else failures_text(failures))
    return 0
