"""The program `indexer`: its commands, and how each of them ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

import click

from indexer.cli.options import Program, global_options
from indexer.cli.output import finish, note, prepare
from indexer.errors import IndexerError

FAILED, INTERRUPTED = 2, 130


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
    "indexer search tariff 2026": "find items that have both words",
    "indexer open 1": "open the first result",
}
program.homes = {
    "init": "setup:init",
    "scan": "work:scan",
    "watch": "work:watch",
    "search": "find:search",
    "open": "follow:open_result",
    "show": "follow:show",
    "related": "follow:related",
    "add": "sharing:add",
    "import": "sharing:import_file",
    "export": "sharing:export",
    "links": "links:links",
    "note": "tell:note",
    "ask": "tell:ask",
    "answer": "tell:answer",
    "close": "tell:close",
    "mark": "tell:mark",
    "questions": "team:questions",
    "topics": "team:topics",
    "people": "team:people",
    "digest": "weeks:digest",
    "status": "status:status",
    "failed": "status:failed",
    "retry": "work:retry",
    "rebuild": "work:rebuild",
    "publish": "work:publish",
    "forget": "work:forget",
    "completion": "shells:completion",
}


def run(arguments: Sequence[str]) -> int:
    """Do what `arguments` say and return the exit code; a failure is one line on stderr."""
    prepare()
    if os.environ.get("_INDEXER_COMPLETE"):
        from indexer.cli import shells

        return shells.answer(program)
    try:
        code = int(program.main(list(arguments), prog_name="indexer", standalone_mode=False) or 0)
        finish()
        return code
    except click.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as error:
        return _fail(error.format_message())
    except IndexerError as error:
        return _fail(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _fail("the disk is full, nothing can be written: make room on it")
        return _bug(error, arguments)
    except Exception as error:  # noqa: BLE001
        # The last border: whatever the bug, the person reads one line.
        return _bug(error, arguments)


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    if {"-v", "--verbose"} & set(arguments):
        import traceback

        note("".join(traceback.format_exception(error)))
    return _fail(f"internal error: {type(error).__name__}: {error} (run with -v for details)")


def _fail(message: str) -> int:
    note("indexer: " + " ".join(message.split()))
    return FAILED
