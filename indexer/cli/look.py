"""How are results to be printed? The options for it, and the printing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from indexer.cli.options import F
from indexer.cli.output import as_json, note, write, write_bytes
from indexer.cli.results import notes, results_csv, results_json_lines, results_object, results_text
from indexer.cli.screen import screen_of
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.model.results import SearchResults

FORMS = ("text", "json", "jsonl", "csv")
COLORS = ("auto", "always", "never")


class Look(NamedTuple):
    """How results are to be printed."""

    json_wanted: bool = False
    form: str | None = None
    color: str = "auto"
    no_pager: bool = False

    @property
    def chosen(self) -> str:
        """The form asked for; raise UserError if there are two."""
        if self.json_wanted and self.form not in (None, "json"):
            raise UserError(f"--json and --format {self.form} contradict each other: give one")
        return "json" if self.json_wanted else self.form or "text"


def look_options(function: F) -> F:
    """Add the options that say how results are printed."""
    json_option = click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
    form_option = click.option(
        "--format", "form", type=click.Choice(FORMS), help="Form of the output (default text)."
    )
    return json_option(form_option(screen_options(function)))


def screen_options(function: F) -> F:
    """Add the options that say how text is printed."""
    color = click.option("--color", type=click.Choice(COLORS), default="auto", help="Colour the text.")
    pager = click.option("--no-pager", is_flag=True, help="Print everything at once, without a pager.")
    return color(pager(function))


def print_results(
    found: SearchResults,
    folder: Path,
    look: Look,
    *,
    facets: bool = False,
    explain: bool = False,
    quiet: bool = False,
) -> None:
    """Print results as they were asked for."""
    printers: dict[str, Callable[[], None]] = {
        "text": lambda: _print_text(found, folder, look),
        "json": lambda: write(as_json(results_object(found, explain=explain, facets=facets))),
        "jsonl": lambda: write(results_json_lines(found, explain=explain)),
        "csv": lambda: write_bytes(results_csv(found, for_terminal=sys.stdout.isatty())),
    }
    printers[look.chosen]()
    if look.chosen != "text" and not quiet:
        for line in notes(found):
            note(line)


def _print_text(found: SearchResults, folder: Path, look: Look) -> None:
    screen = screen_of(look.color, pager=not look.no_pager)
    screen.show(results_text(found, folder, screen))
