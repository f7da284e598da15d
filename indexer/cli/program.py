"""The program `indexer`: its commands, and how each of them ends."""

from __future__ import annotations

import io
import logging
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import NoReturn

import click

from indexer.cli import find, health, setup, work
from indexer.cli.options import Program, global_options
from indexer.errors import IndexerError

FOUND_NOTHING, FAILED, INTERRUPTED = 1, 2, 130


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@global_options(hidden=False)
@click.pass_context
def program(ctx: click.Context) -> int:
    """Makes a shared, synced folder searchable: by this command, and by a page in the folder itself."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return 0


program.examples = {
    'indexer watch "Team folder"': "index it and keep its search page fresh",
    "indexer search tariff 2026": "find what has both words",
    "indexer open 1": "open the first result",
}

for _command in (
    setup.init,
    work.scan,
    work.watch,
    find.search,
    find.open_result,
    health.status,
    health.failed,
    work.retry,
    work.rebuild,
    work.publish,
    work.forget,
):
    program.add_command(_command)


def main() -> NoReturn:
    """Do what the arguments of this process say, then end it."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what `arguments` say and return the exit code; a failure is one line on stderr."""
    _prepare_streams()
    try:
        return int(program.main(list(arguments), prog_name="indexer", standalone_mode=False) or 0)
    except click.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as error:
        return _fail(error.format_message())
    except IndexerError as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001
        # The last border: whatever a bug is, the person reads one line.
        if {"-v", "--verbose"} & set(arguments):
            traceback.print_exc()
        return _fail(f"internal error: {type(error).__name__}: {error} (run with -v for details)")


def _fail(message: str) -> int:
    print("indexer: " + " ".join(message.split()), file=sys.stderr)
    return FAILED


def _prepare_streams() -> None:
    """Write UTF-8 everywhere; what no encoding can hold is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries, about themselves: nothing a person could mend
    logging.lastResort = None  # failures are told by the commands themselves
