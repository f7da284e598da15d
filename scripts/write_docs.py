"""Write docs/commands.md from the commands' own help: `python scripts/write_docs.py`. A test holds it equal."""

from __future__ import annotations

from pathlib import Path

import click

from indexer.cli.program import program

TARGET = Path(__file__).resolve().parent.parent / "docs" / "commands.md"


def commands_page() -> str:
    """Return the reference of all commands as Markdown."""
    parts = [
        "# Commands\n\nMade from `--help` by `scripts/write_docs.py`.\n",
        _section("indexer", program, None),
    ]
    with click.Context(program, info_name="indexer", **program.context_settings) as context:
        for name in program.list_commands(context):
            command = program.get_command(context, name)
            assert command
            parts.append(_section(f"indexer {name}", command, context))
    return "\n".join(parts)


def _section(name: str, command: click.Command, parent: click.Context | None) -> str:
    options = program.context_settings[
        "help_option_names"
    ]  # click keeps those of the first context a command is in
    context = click.Context(
        command, info_name=name.split()[-1], parent=parent, max_content_width=100, terminal_width=100,
        help_option_names=options,
    )  # fmt: skip
    return f"## {name}\n\n```\n{command.get_help(context).strip()}\n```\n"


if __name__ == "__main__":
    TARGET.write_text(commands_page(), "utf-8")
