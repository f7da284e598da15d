"""What every command shares: its help with examples first, and the options before or after its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from indexer import __version__
from indexer.errors import UserError

if TYPE_CHECKING:
    from indexer.settings import Settings

_META = "indexer.given"
F = TypeVar("F", bound=Callable[..., Any])


class Given(NamedTuple):
    """The global options of one call."""

    folder: Path | None = None
    config: Path | None = None
    state_dir: Path | None = None
    verbose: bool = False
    quiet: bool = False


def given(ctx: click.Context) -> Given:
    """Return the global options, before or after the command's name; the later one counts."""
    return Given(**ctx.meta.get(_META, {}))


def settings_of(call: Given) -> Settings:
    """Return the settings in force for this call."""
    from indexer.settings import load_settings

    return load_settings(call.config, call.state_dir)


def folder_of(call: Given, named: Path | None, settings: Settings) -> Path:
    """Return the folder given by FOLDER or --folder; raise UserError if they differ or no folder is known."""
    from indexer.state import places

    if named is not None and call.folder is not None and named != call.folder:
        raise UserError(f"FOLDER ({named}) and --folder ({call.folder}) name two folders: give one")
    return places.resolve_folder(named or call.folder, settings)


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value not in (None, False):
        ctx.meta.setdefault(_META, {})[(param.name or "").removeprefix("given_")] = value


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"indexer {__version__}")
        ctx.exit()


def global_options(*, hidden: bool) -> Callable[[F], F]:
    """Add the global options to a command; `hidden` if the program's own help lists them."""
    path = click.Path(path_type=Path)
    options = (
        click.option(
            "--folder",
            "given_folder",  # FOLDER itself is called `folder`
            type=path,
            metavar="PATH",
            help="The shared folder; the same as FOLDER. Left out: the only one known, or the one you are in.",
            **_shared(hidden),
        ),
        click.option(
            "--config",
            type=path,
            metavar="PATH",
            help="The settings file (INDEXER_CONFIG).",
            **_shared(hidden),
        ),
        click.option(
            "--state-dir",
            type=path,
            metavar="PATH",
            help="Where catalogue, index and logs are kept (INDEXER_STATE_DIR).",
            **_shared(hidden),
        ),
        click.option(
            "-v", "--verbose", is_flag=True, help="Print more, and the traceback of a bug.", **_shared(hidden)
        ),
        click.option("-q", "--quiet", is_flag=True, help="Print only what was asked for.", **_shared(hidden)),
        click.option(
            "--version",
            is_flag=True,
            expose_value=False,
            is_eager=True,
            hidden=hidden,
            callback=_print_version,
            help="Print the version.",
        ),
    )

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def _shared(hidden: bool) -> dict[str, Any]:
    return {"expose_value": False, "callback": _keep, "hidden": hidden}


# --- help -----------------------------------------------------------------------------------------


class _WithExamples(click.Command):
    """A command whose help begins with examples."""

    examples: Mapping[str, str] = {}

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples, usage, what it does and its options."""
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_dl(list(self.examples.items()), col_max=46)
            formatter.write_paragraph()
        super().format_help(ctx, formatter)


class Command(_WithExamples):
    """One of the program's commands."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Say where the global options are."""
        formatter.write_paragraph()
        formatter.write_text("The options of `indexer --help` may be given here too.")


class Program(_WithExamples, click.Group):
    """The program: its commands in the order a newcomer needs them, each imported when it is called."""

    homes: Mapping[str, str] = {}
    """`module:function` within this package, by command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands, in their order."""
        return list(self.homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command; None if none has that name."""
        if cmd_name not in self.homes:
            return None
        module, _, function = self.homes[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"indexer.cli.{module}"), function)
        return found


def command(name: str, examples: Mapping[str, str]) -> Callable[[Callable[..., int]], Command]:
    """Make a function a command that takes the global options; its help begins with `examples`."""

    def make(function: Callable[..., int]) -> Command:
        made = click.command(name, cls=Command, no_args_is_help=False)(global_options(hidden=True)(function))
        made.examples = examples
        return made

    return make
