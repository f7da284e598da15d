"""The command that begins: init."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.cli.options import command, folder_of, given
from indexer.cli.output import say
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.settings import Settings

_FETCH = "fetch = true"
_MAY_FETCH = (
    "\nThe pages behind links in the folder can be read: then a link is found by what its article says, and dead links are"
    " noticed.\nTheir hosts see that somebody reads them, from this machine.\nRead the pages behind links?"
)


@command(
    "init",
    {
        'indexer init "Team folder"': "register a folder; first says what will be written where",
        'indexer init "Team folder" --leave-out HR': "also keep a subfolder off its page",
        'indexer init "Team folder" --yes': "without questions",
    },
)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--leave-out",
    multiple=True,
    metavar="SUBFOLDER",
    help="Keep this subfolder off the page; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.pass_context
def init(ctx: click.Context, folder: Path | None, leave_out: tuple[str, ...], yes: bool) -> int:
    """Register FOLDER and write the settings file."""
    from indexer.settings import config_path, load_settings
    from indexer.state import places

    call = given(ctx)
    settings = load_settings(call.config, call.state_dir, may_be_missing=True)
    chosen = folder_of(call, folder, settings)
    asks = not yes and sys.stdin.isatty()
    config = config_path(call.config, os.environ)
    say(
        f"folder   {chosen}\n"
        f"page     index.html and _index/ in it, for everyone who shares the folder\n"
        f"state    {places.state_of(chosen, settings)} (on this machine alone)\n"
        f"settings {config}\n\n"
        "Everyone who can open the page can read the text of every item on it.\n"
    )
    if asks and not leave_out:
        answer = click.prompt(
            "Subfolders to leave out of the page, separated by commas (Enter: none)",
            default="",
            show_default=False,
        )
        leave_out = tuple(part.strip() for part in answer.split(",") if part.strip())
    missing = [name for name in leave_out if not (chosen / name).is_dir()]
    if missing:
        raise UserError(f"{', '.join(missing)} is no subfolder of {chosen}: give paths within the folder")
    fetch = asks and not settings.links.fetch and click.confirm(_MAY_FETCH, default=False)
    if asks and not click.confirm("Go on?", default=True):
        return 1
    places.register(chosen, settings)
    _write_config(config, leave_out, fetch=fetch)
    for remark in _matching_nothing(chosen, settings):
        say(f"! {remark}\n")
    say(f"\nRegistered. Now run: indexer watch {_quoted(chosen)}\n")
    return 0


def _write_config(config: Path, leave_out: tuple[str, ...], *, fetch: bool) -> None:
    """Write the settings file; an existing one is the person's: then only say what to add."""
    import json

    scope = f"scope = {json.dumps(list(leave_out), ensure_ascii=False)}"
    if config.exists():
        wanted = [f"    [page]\n    {scope}\n"] if leave_out else []
        wanted += [f"    [links]\n    {_FETCH}\n"] if fetch else []
        if wanted:
            say(f"\n{config} exists already. Add this to it for what you chose:\n\n{''.join(wanted)}")
        return
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            "# Settings of indexer; all of them, explained: config/default.toml of its source.\n\n"
            "[page]\n# Subfolders left out of the page; `indexer search` on this machine still finds them.\n"
            f"{scope}\n\n"
            "[links]\n# Whether the pages behind links are read; their hosts then see that somebody reads them.\n"
            f"{_FETCH if fetch else 'fetch = false'}\n",
            "utf-8",
        )
    except OSError as error:
        raise UserError(
            f"{config} can't be written ({error.strerror}): choose another with --config"
        ) from error


def _matching_nothing(folder: Path, settings: Settings) -> Iterator[str]:
    """Yield lines of the settings and the ignore file that can't be understood or match nothing: they may be misspelled."""
    from indexer.folder.ignore import MOST_TOLD, IgnoreRules, read_ignore_file
    from indexer.folder.scan import scan
    from indexer.page.belonging import own_names
    from indexer.pipeline.page_items import scope_of_nothing

    try:
        rules = IgnoreRules(settings.folder.ignore, read_ignore_file(folder))
        scan(folder, rules, own_names(folder))
        misspelled = scope_of_nothing(settings.page.scope, folder)
    except (OSError, UserError) as error:
        yield f"the folder could not be looked through: {error}"
        return
    yield from rules.wrong[:MOST_TOLD]
    yield from (f"{line} matches nothing" for line in rules.idle()[:MOST_TOLD])
    yield from (f"page.scope: there is no {name!r}" for name in misspelled)


def _quoted(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
