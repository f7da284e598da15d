"""The command about links: how they are, and checking them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from indexer.cli.options import command, folder_of, given, settings_of
from indexer.cli.output import as_json, moment, note, printable, say, write
from indexer.cli.screen import shortened
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.catalogue.links import ToldLink
    from indexer.model.links import Health

NONE = 1
_BROKEN = ("gone", "failing")
_ORDER = (*_BROKEN, "moved", "sign-in", "refused", "unchecked", "ok")
_WIDTH = 11


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

    A link is unchecked, ok, moved (it leads to another address for good), sign-in (only who signs in sees it), failing
    (its last checks failed), gone (they failed over more than a week) or refused (it must not be read).

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
    states = {*(_BROKEN if broken else ()), *(("moved",) if moved else ())}
    found = [
        link
        for link in asking.links(folder_of(call, None, settings), settings)
        if (not states or link.health.state in states) and (not due or link.is_due)
    ]
    write(as_json(links_object(found)) if json_wanted else links_text(found))
    if not json_wanted and not call.quiet:
        for hint in _hints(found, is_read=settings.links.fetch):
            note(hint)
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
    """Return links, those first that somebody should look at: state and title, then address, places and where it leads now."""
    lines = []
    listed = sorted(links, key=lambda link: _ORDER.index(link.health.state))
    for link in listed:
        lines.append(f"{link.health.state:<{_WIDTH}}{printable(link.title)}{_details(link.health)}")
        about = [link.url, *link.paths]
        about += [f"now at {shortened(link.health.moved_to, 1_000)}"] if link.health.moved_to else []
        lines += [f"{'':<{_WIDTH}}{printable(line)}" for line in about]
    return "\n".join([*lines, "", _counts(listed)]) + "\n" if lines else "There are no such links.\n"


def _details(health: Health) -> str:
    """Return since when a link is broken, and what its host says; nothing of others."""
    if not health.failures:
        return ""
    said = [f"since {health.since.astimezone():%Y-%m-%d}"] if health.since else []
    said.append(f"{health.failures:,} check{'' if health.failures == 1 else 's'} failed")
    if health.status and health.status < 400:
        said.append("its host answers, but not with the page")
    elif health.status:
        said.append(f"HTTP {health.status}")
    return f" ({', '.join(said)})"


def _counts(links: Sequence[ToldLink]) -> str:
    states = Counter(str(link.health.state) for link in links)
    return f"{len(links):,} link{'' if len(links) == 1 else 's'}: " + ", ".join(
        f"{count:,} {state}" for state, count in states.items()
    )


def _hints(links: Sequence[ToldLink], *, is_read: bool) -> Iterator[str]:
    """Yield what a person may do now."""
    due = sum(link.is_due for link in links)
    if not is_read and any(link.health.state == "unchecked" for link in links):
        yield "The pages behind links are not read, so nobody sees whether they are still there: docs/links.md says how to switch that on (links.fetch)."
    elif is_read and due:
        yield f"{due:,} due: the daemon checks them when it is idle, `indexer links check` does it now."
    if any(link.health.state in _BROKEN for link in links):
        yield "A link that is well all the same: name it in links.fine."
