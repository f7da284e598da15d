"""The commands that bring links into the folder and out of it: add, import, export."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli import complete
from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import note, say, write_bytes, write_paths
from indexer.errors import UserError
from indexer.files.private import for_everyone

if TYPE_CHECKING:
    from indexer.cli.options import Given
    from indexer.settings import Settings

_FORMATS = ("html", "csv", "json", "jsonl", "opml")
_SAID = ("notes", "questions")
_FORMATS_OF_SAID = ("html", "jsonl")
_TO = click.option(
    "--to",
    default="",
    metavar="SUBFOLDER",
    shell_complete=complete.folders,
    help="Put it there; made if missing.",
)


@command(
    "add",
    {
        "indexer add https://example.com/steel": "put the link into the folder",
        'indexer add https://example.com/steel --to Sales --why "New tariff, see section 3"': "and say why",
        'indexer add https://example.com/steel --title "Steel tariff" --tag tariff': "with a title and a tag",
    },
)
@click.argument("url")
@click.option("--title", default="", help="What it is called; left out: the name is made of the address.")
@click.option("--why", default="", metavar="TEXT", help="Why it matters: a note beside it.")
@click.option("--by", default="", metavar="NAME", help="Who adds it (default: your login name).")
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", shell_complete=complete.tags, help="May be given again."
)
@_TO
@click.option("--again", is_flag=True, help="Add it even if the folder has the address already.")
@click.pass_context
def add(
    ctx: click.Context, url: str, title: str, why: str, by: str, tags: tuple[str, ...], to: str, again: bool
) -> int:
    """Put a link to URL into the folder as a new file and print its path.

    If the folder has the address already, print where, and add only what --title, --why and --tag say.
    """
    from indexer.app.adding import Places, Wanted, add_link, web_address
    from indexer.app.holdings import open_holdings

    call = given(ctx)
    settings, folder, state = _opened(call)
    wanted = Wanted(web_address(url), title, why, by, tags)
    places = Places(folder, settings)
    where = places.subfolder(_within(folder, to))
    with open_holdings(folder, state) as holdings:
        added = add_link(folder, holdings, places, wanted, where, datetime.now(UTC), again=again)
    write_paths(added.places, nul=False)
    if not added.is_new and not call.quiet:
        note("The folder has this address already: nothing but a note was added." if added.note else
             "The folder has this address already: nothing was added (--again adds it once more).")  # fmt: skip
    if added.note and call.verbose:
        note(f"note: {added.note}")
    return 0


@command(
    "import",
    {
        "indexer import bookmarks.html": "one file for each bookmark whose address is new",
        "indexer import pocket.csv --to Reading": "below a subfolder",
        "indexer import feeds.opml": "the links of an outline",
    },
)
@click.argument("file", type=click.Path(path_type=Path))
@_TO
@click.pass_context
def import_file(ctx: click.Context, file: Path, to: str) -> int:
    """Put the links of an export of another program into the folder, one file for each new address.

    Bookmarks of browsers, linkding and Shaarli (HTML), Pocket (CSV, HTML), Raindrop and Instapaper (CSV), Karakeep (JSON),
    OPML, and what `indexer export` writes.
    """
    from indexer.app.adding import Places
    from indexer.app.holdings import open_holdings
    from indexer.app.importing import import_links, read_export, summary
    from indexer.cli.work import progress_of

    call = given(ctx)
    settings, folder, state = _opened(call)
    places = Places(folder, settings)
    where = places.subfolder(_within(folder, to))
    export = read_export(file, state, settings)
    with open_holdings(folder, state) as holdings, progress_of(call) as progress:
        imported = import_links(folder, holdings, places, export, where, datetime.now(UTC), progress)
    if not call.quiet:
        say(summary(imported) + "\n")
    return 0


@command(
    "export",
    {
        "indexer export links bookmarks.html": "a bookmark file that every browser imports",
        "indexer export links --format csv": "a table, on the standard output",
        "indexer export links links.opml": "an outline; its name says the form",
        "indexer export notes notes.jsonl": "every note with who wrote it and what it is on, one a line",
        "indexer export questions questions.html": "every question with its answers, to read",
    },
)
@click.argument("what", metavar="links|notes|questions", type=click.Choice(["links", *_SAID]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), help="Form (default: that of FILE's name, else html)."
)
@click.pass_context
def export(ctx: click.Context, what: str, file: Path | None, form: str | None) -> int:
    """Write all links of the folder, each address once, or all notes, or all questions, to FILE (which must be new) or the
    standard output.
    """
    call = given(ctx)
    settings = settings_of(call)
    forms = _FORMATS if what == "links" else _FORMATS_OF_SAID
    suffix = file.suffix[1:].lower() if file else ""
    form = form or (suffix if suffix in forms else "html")
    if form not in forms:
        raise UserError(f"{what} are written as {' or '.join(forms)}, not as {form}")
    content = _content(what, form, folder_of(call, None, settings), settings)
    if file is None:
        write_bytes(content)
        return 0
    try:
        with for_everyone(), file.open("xb") as opened:
            try:
                opened.write(content)
                opened.flush()
            except OSError:
                file.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise UserError(f"{file} is there already: name another file, or move it away") from None
    except OSError as error:
        raise UserError(f"{file} can't be written: {error.strerror or error}") from error
    return 0


def _content(what: str, form: str, folder: Path, settings: Settings) -> bytes:
    if what == "links":
        from indexer.app.exporting import exported, write_links
        from indexer.state import places

        return write_links(exported(places.require_state(folder, settings)), form)
    from indexer.app import archiving, knowing

    if what == "notes":
        kept = archiving.kept_notes(folder, settings)
    else:
        kept = archiving.kept_questions(knowing.questions(folder, settings))
    return archiving.write_kept(kept, f"{folder.name}: {what}", form)


def _opened(call: Given) -> tuple[Settings, Path, Path]:
    """Return the settings, the folder and its state, which is made if there is none yet."""
    from indexer.state import places

    settings = settings_of(call)
    folder = folder_of(call, None, settings)
    return settings, folder, places.register(folder, settings)


def _within(folder: Path, to: str) -> str:
    """Return a path within the folder, if that is what an absolute one is."""
    from indexer.cli.work import path_within

    return path_within(folder, to) if os.path.isabs(to) else to  # noqa: PTH117 - as it was typed
