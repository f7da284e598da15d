"""Commands that write what a person says: each makes one new file and prints its path."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli import complete
from indexer.cli.last import which_or_path
from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import write_paths
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.app.telling import Place
    from indexer.model.items import ItemId
    from indexer.settings import Settings

PROMPTS = """\


<!-- Write above. What is it? So what for us? Now what? Lines like this one are left out. -->
"""
LEVELS, MARKS = ("watch", "act", "critical"), ("useful", "outdated", "wrong")
"""As `notes.LEVELS` and `Mark` have them: the program's help imports neither."""
_MOST_TYPED = 1 << 20
"""Characters taken from the standard input."""
_BY = click.option(
    "--by", default="", metavar="NAME", help="Who signs it (default: `team.name`, else your login name)."
)


@command(
    "note",
    {
        'indexer note 1 "Binding from January: tell Sales"': "a note on the first result of the last search",
        "indexer note Sales/offer.pdf --level critical": "your editor opens for the words",
        'indexer note Sales "Offers of the last three years"': "a note on a folder",
    },
)
@click.argument("on", metavar="N|PATH", callback=which_or_path, shell_complete=complete.results_and_files)
@click.argument("text", required=False)
@_BY
@click.option("--level", type=click.Choice(LEVELS), default=None, help="How much it matters.")
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", shell_complete=complete.tags, help="May be given again."
)
@click.pass_context
def note(
    ctx: click.Context, on: int | ItemId | str, text: str | None, by: str, level: str | None, tags: tuple[str, ...]
) -> int:  # fmt: skip
    """Write a note on a result, a file or a folder: a new text file beside it, found with it.

    Without TEXT your editor ($EDITOR) opens, or the standard input is read if it is no terminal.
    """
    from indexer.app.telling import signer, write_note
    from indexer.model.notes import Note

    settings, folder = _opened(ctx)
    place = place_of(folder, settings, on)
    made = Note(_words(text), signer(settings, by), tuple(dict.fromkeys(tags)), level or "")
    return _written(write_note(folder, place, made, datetime.now(UTC)))


@command(
    "ask",
    {
        'indexer ask "What does the new tariff mean for our prices?"': "put a question to the team",
        'indexer ask "Who delivers steel pipes?" --watch "steel pipe*"': "what may answer it",
        'indexer ask "Which norm holds?" --needs-by 2026-12-01': "until when it is wanted",
    },
)
@click.argument("text", required=False)
@_BY
@click.option("--watch", default="", metavar="QUERY", help="New items that this query finds may answer it.")
@click.option(
    "--needs-by", default=None, metavar="DATE", help="The day by which it is wanted, as 2026-12-01."
)
@click.option("--department", default="", metavar="NAME", help="Who is asked.")
@click.pass_context
def ask(
    ctx: click.Context, text: str | None, by: str, watch: str, needs_by: str | None, department: str
) -> int:  # fmt: skip
    """Ask the team something: a new text file in the folder Questions, whose first line is the question.

    The page shows it, and what comes into the folder from now on and may answer it.
    """
    from indexer.app.telling import signer
    from indexer.folder.creating import create_question
    from indexer.model.notes import Note

    settings, folder = _opened(ctx)
    asked = Note(
        _words(text), signer(settings, by), watch=watch.strip(), needs_by=_day(needs_by), department=department.strip()
    )  # fmt: skip
    return _written(create_question(folder, asked, datetime.now(UTC)))


@command(
    "answer",
    {
        'indexer answer 1 "From January, see the letter" --item 3': "the first question, by the third result",
        'indexer answer tariff "25 percent"': "the question that has this word",
    },
)
@click.argument("question", metavar="Q")
@click.argument("text", required=False)
@click.option("--item", default=None, metavar="N|PATH", callback=which_or_path, shell_complete=complete.results_and_files,
              help="The result or file that answers it.")  # fmt: skip
@_BY
@click.pass_context
def answer(
    ctx: click.Context, question: str, text: str | None, item: int | ItemId | str | None, by: str
) -> int:  # fmt: skip
    """Answer a question: by its number in `indexer questions --all`, its path, or some of its words."""
    from indexer.app.knowing import question_of
    from indexer.app.telling import signer, write_answer

    settings, folder = _opened(ctx)
    path = question_of(folder, settings, question)
    place = None if item is None else place_of(folder, settings, item)
    words = "" if item is not None and text is None and sys.stdin.isatty() else _words(text)
    return _written(write_answer(folder, path, words, signer(settings, by), place, datetime.now(UTC)))


@command("close", {"indexer close 1": "the first question needs no answer any more"})
@click.argument("question", metavar="Q")
@_BY
@click.pass_context
def close(ctx: click.Context, question: str, by: str) -> int:
    """Close a question: by its number in `indexer questions --all`, its path, or some of its words."""
    from indexer.app.knowing import question_of
    from indexer.app.telling import signer, write_closing

    settings, folder = _opened(ctx)
    path = question_of(folder, settings, question)
    return _written(write_closing(folder, path, signer(settings, by), datetime.now(UTC)))


@command(
    "mark",
    {
        "indexer mark 1 useful": "the first result of the last search",
        "indexer mark Sales/prices.xlsx outdated": "this file",
    },
)
@click.argument("on", metavar="N|PATH", callback=which_or_path, shell_complete=complete.results_and_files)
@click.argument("mark", metavar="useful|outdated|wrong", type=click.Choice(MARKS))
@_BY
@click.pass_context
def mark(ctx: click.Context, on: int | ItemId | str, mark: str, by: str) -> int:
    """Mark a result or a file as useful, outdated or wrong: an empty file beside it, one a person."""
    from indexer.app.telling import signer, write_mark
    from indexer.model.items import Mark

    settings, folder = _opened(ctx)
    place = place_of(folder, settings, on)
    return _written(write_mark(folder, place, Mark(mark), signer(settings, by)))


def place_of(folder: Path, settings: Settings, chosen: int | ItemId | str) -> Place:
    """Return what a person speaks of; raise UserError if there is no such thing in the folder."""
    from indexer.app.telling import Place
    from indexer.cli.follow import item_of
    from indexer.cli.work import path_within
    from indexer.model.items import RelPath
    from indexer.search import asking

    if isinstance(chosen, str) and not isinstance(chosen, int):
        path = path_within(folder, chosen).replace("\\", "/").strip("/")
        try:
            if path and (folder / path).is_dir():
                return Place(RelPath(path))
        except OSError:
            pass  # the item may be known all the same
    item = asking.item_of(folder, settings, item_of(folder, settings, chosen))
    if item is None:
        raise UserError("this result is not in the folder any more: search again")
    return Place.of(item)


def _opened(ctx: click.Context) -> tuple[Settings, Path]:
    call = given(ctx)
    settings = settings_of(call)
    return settings, folder_of(call, None, settings)


def _written(path: str) -> int:
    write_paths([path], nul=False)
    return 0


def _words(text: str | None) -> str:
    """Return the words given, or those typed in an editor or read from the standard input."""
    if text is not None:
        return text
    if not sys.stdin.isatty():
        return sys.stdin.read(_MOST_TYPED)
    typed = click.edit(PROMPTS, extension=".md", require_save=True)
    if typed is None:
        raise UserError("nothing was saved in the editor, so nothing was written")
    return "\n".join(line for line in typed.splitlines() if not line.startswith("<!--")).strip()


def _day(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise UserError(f"--needs-by {text} is no day: give it as 2026-12-01") from None
