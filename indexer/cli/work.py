"""The commands that change what is known: scan, watch, retry, rebuild, publish, forget."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli.options import Given, command, folder_of, given, settings_of
from indexer.cli.output import note, printable, say
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.app.commands import Progress

_FOLDER = click.Path(path_type=Path)


@command(
    "scan",
    {
        'indexer scan "Team folder"': "index it once and write its page",
        "indexer scan": "the same for the folder you are in, or the only one known",
        "indexer scan --accept-removals": "confirm that many files are gone on purpose",
    },
)
@click.argument("folder", required=False, type=_FOLDER)
@click.option(
    "--accept-removals", is_flag=True, help="Remove items even if very many files vanished at once."
)
@click.option("--links", "links", is_flag=True, help="Also read the pages behind links that are due.")
@click.pass_context
def scan(ctx: click.Context, folder: Path | None, accept_removals: bool, links: bool) -> int:
    """Scan the whole FOLDER once: find changes, read, index, write the page."""
    arguments = (*(("--accept-removals",) if accept_removals else ()), *(("--links",) if links else ()))
    return have_done(given(ctx), folder, "scan", arguments)


@command(
    "watch",
    {
        'indexer watch "Team folder"': "index it, then follow its changes until Ctrl-C",
        "indexer watch": "the same for the folder you are in, or the only one known",
        "indexer watch -v": "the same with a more detailed log",
    },
)
@click.argument("folder", required=False, type=_FOLDER)
@click.pass_context
def watch(ctx: click.Context, folder: Path | None) -> int:
    """Follow the changes of FOLDER and keep its page fresh, until interrupted."""
    from indexer.cli.log import logging_to
    from indexer.daemon.process import watch as follow
    from indexer.state import places

    gc.enable()
    call = given(ctx)
    settings = settings_of(call)
    chosen = folder_of(call, folder, settings)
    state = places.register(chosen, settings)
    os.chdir(state)  # Windows searches the current folder for programs, and lets nobody rename it
    with logging_to(state, verbose=call.verbose, quiet=call.quiet):
        return follow(chosen, settings)


@command(
    "retry",
    {
        "indexer retry": "read all files again that could not be read",
        "indexer retry Sales/offer.pdf": "read this file again",
        "indexer failed": "see what could not be read, and why",
    },
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.pass_context
def retry(ctx: click.Context, paths: tuple[str, ...]) -> int:
    """Read files again that could not be read: those at PATH, or all of them."""
    return have_done(given(ctx), None, "retry", paths)


@command(
    "rebuild",
    {
        "indexer rebuild": "rebuild index and page; searches keep working",
        'indexer rebuild --folder "Team folder"': "for this folder",
        "indexer status": "show the current state",
    },
)
@click.pass_context
def rebuild(ctx: click.Context) -> int:
    """Rebuild index and page from the catalogue, without reading a file."""
    return have_done(given(ctx), None, "rebuild")


@command(
    "publish",
    {
        "indexer publish": "write the page now",
        'indexer publish --folder "Team folder"': "for this folder",
        "indexer status": "see where the page is, and when it was written",
    },
)
@click.pass_context
def publish(ctx: click.Context) -> int:
    """Write the page now."""
    return have_done(given(ctx), None, "publish")


@command(
    "forget",
    {
        "indexer forget HR/salaries.xlsx": "remove its text from state, index and page",
        'indexer forget "HR/a b.pdf"': "a path within the folder, as in results",
        "indexer scan": "does not bring it back until the file changes",
    },
)
@click.argument("path")
@click.pass_context
def forget(ctx: click.Context, path: str) -> int:
    """Remove the text of the item at PATH from state, index and page, until the file changes."""
    return have_done(given(ctx), None, "forget", (path,))


def have_done(call: Given, named: Path | None, name: str, arguments: tuple[str, ...] = ()) -> int:
    """Do the work here, or have the running watcher do it; print the result and return the exit code."""
    from indexer.app.commands import run_command
    from indexer.cli.log import keep_quiet
    from indexer.state.requests import Request

    gc.enable()
    keep_quiet()
    settings = settings_of(call)
    folder = folder_of(call, named, settings)
    if name in {"retry", "forget"}:
        arguments = tuple(path_within(folder, path) for path in arguments)
    with progress_of(call) as progress:
        reply = run_command(folder, settings, Request(name, arguments), progress)
    if reply.exit_code == 2:
        raise UserError(reply.err)
    if reply.out and not call.quiet:
        say(reply.out + "\n")
    if reply.err:
        note(reply.err)
    return reply.exit_code


def path_within(folder: Path, path: str) -> str:
    """Return `path` relative to the folder if, seen from here, it names something in it; else unchanged.

    The watcher may do the work, and its current directory is not that of the person who typed the path.
    """
    here = os.path.abspath(path)  # noqa: PTH100 - without following links
    if not os.path.lexists(here):
        return path
    parent, name = os.path.split(here)
    for directory in (Path(parent), Path(os.path.realpath(parent))):
        for above in (directory, *directory.parents):
            if _is_same(above, folder):  # in any case, on systems that ignore case
                return (directory / name).relative_to(above).as_posix()
    return path


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


@contextmanager
def progress_of(call: Given) -> Iterator[Progress | None]:
    """Show the progress of the work, if stderr is a terminal."""
    if call.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int, path: str) -> None:
            bar.update(task, completed=done, total=total, description=printable(path[-50:]))

        yield show
