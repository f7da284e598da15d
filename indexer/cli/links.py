"""The command about links: how they are, and checking them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import as_json, moment, printable, say, write
from indexer.cli.screen import shortened
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.catalogue.links import ToldLink

NONE = 1


@command(
    "links",
    {
        "indexer links": "every link, and how it is",
        "indexer links --broken": "those that lead nowhere any more",
        "indexer links check": "check now those that are due",
        "indexer links keep 1": "write a copy of the first article beside its link",
    },
)
@click.argument("action", required=False, type=click.Choice(["check", "keep"]))
@click.argument("number", required=False, type=int)
@click.option("--broken", is_flag=True, help="Only links that fail or are gone.")
@click.option("--moved", is_flag=True, help="Only links that lead to another address for good.")
@click.option("--due", is_flag=True, help="Only links that are to be checked now.")
@click.option("--all", "everything", is_flag=True, help="With `check`: all of them, due or not.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_context
def links(
    ctx: click.Context, action: str | None, number: int | None, broken: bool, moved: bool, due: bool, everything: bool,
    json_wanted: bool,
) -> int:  # fmt: skip
    """List the links in the folder with what is known of the pages behind them, or check these pages now.

    `keep N` writes a readable copy of the article behind the N-th result beside its link.
    """
    from indexer.search import asking

    call = given(ctx)
    if (everything and action != "check") or (number is not None and action != "keep"):
        raise UserError("`--all` belongs to `links check`, and a number to `links keep`")
    if action and (broken or moved or due or json_wanted):
        raise UserError(f"`links {action}` lists nothing: leave out --broken, --moved, --due and --json")
    if action == "check":
        from indexer.cli.work import have_done

        return have_done(call, None, "links", ("--all",) if everything else ())
    settings = settings_of(call)
    if action == "keep":
        from indexer.app.keeping import keep
        from indexer.cli.last import recall
        from indexer.state.places import require_state

        if number is None:
            raise UserError("say of which result: `indexer links keep 1`")
        folder = folder_of(call, None, settings)
        say(keep(folder, settings, recall(require_state(folder, settings)).result(number).id) + "\n")
        return 0
    states = {*(("failing", "gone") if broken else ()), *(("moved",) if moved else ())}
    found = [
        link
        for link in asking.links(folder_of(call, None, settings), settings)
        if (not states or link.health.state in states) and (not due or link.is_due)
    ]
    write(as_json(links_object(found)) if json_wanted else links_text(found))
    return 0 if found else NONE


def links_object(links: Iterable[ToldLink]) -> dict[str, object]:
    """Return links as the contract's object."""
    return {
        "schema": 1,
        "links": [
            {
                "url": link.url,
                "paths": list(link.paths),
                "title": link.title,
                "state": str(link.health.state),
                "checked": moment(link.health.checked),
                "status": link.health.status,
                "moved_to": link.health.moved_to or None,
                "failures": link.health.failures,
            }
            for link in links
        ],
    }


def links_text(links: Iterable[ToldLink]) -> str:
    """Return links, two lines each: state and title, then address and places."""
    lines = []
    for link in links:
        health = link.health
        about = f" (now {printable(shortened(health.moved_to, 100))})" if health.moved_to else ""
        about += f" (HTTP {health.status})" if health.failures and health.status else ""
        lines.append(f"{health.state:<10} {printable(link.title)}{about}")
        lines.append(f"{'':<10} {printable(link.url)}  [{printable(', '.join(link.paths))}]")
    return "\n".join(lines or ["No such links."]) + "\n"
