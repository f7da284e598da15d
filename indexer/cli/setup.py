"""The command that begins: init."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from indexer.cli.options import command, folder_of, given
from indexer.cli.output import say
from indexer.errors import UserError


@command(
    "init",
    {
        'indexer init "Team folder"': "register a folder; says first what will be written where",
        'indexer init "Team folder" --leave-out HR': "and keep a subfolder off its page",
        'indexer init "Team folder" --yes': "without questions",
    },
)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--leave-out",
    multiple=True,
    metavar="SUBFOLDER",
    help="Keep this subfolder off the page; may be given again.",
)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.pass_context
def init(ctx: click.Context, folder: Path | None, leave_out: tuple[str, ...], yes: bool) -> int:
    """Register FOLDER and write the settings file."""
    from indexer import places
    from indexer.settings import config_path, load_settings

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
            "Subfolders to leave out of the page, with commas between (Enter: none)",
            default="",
            show_default=False,
        )
        leave_out = tuple(part.strip() for part in answer.split(",") if part.strip())
    missing = [name for name in leave_out if not (chosen / name).is_dir()]
    if missing:
        raise UserError(f"{', '.join(missing)} is no subfolder of {chosen}: give paths within the folder")
    if asks and not click.confirm("Go on?", default=True):
        return 1
    places.register(chosen, settings)
    _write_config(config, leave_out)
    say(f"\nRegistered. Now run: indexer watch {_quoted(chosen)}\n")
    return 0


def _write_config(config: Path, leave_out: tuple[str, ...]) -> None:
    """Write the settings file; one that is there is the person's, and is only told what to add."""
    import json

    line = f"scope = {json.dumps(list(leave_out), ensure_ascii=False)}"
    if config.exists():
        if leave_out:
            say(
                f"\n{config} is there already. For the subfolders left out, put this below its [page]:\n    {line}\n"
            )
        return
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            "# Settings of indexer; all of them, explained: config/default.toml of its source.\n\n"
            "[page]\n# Subfolders left out of the page; `indexer search` on this machine still finds them.\n"
            f"{line}\n",
            "utf-8",
        )
    except OSError as error:
        raise UserError(
            f"{config} can't be written ({error.strerror}): choose another with --config"
        ) from error


def _quoted(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text
