"""The documentation says what the program does."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT / "scripts"))

import write_docs  # noqa: E402

from indexer.cli.program import program  # noqa: E402
from indexer.extract import kinds  # noqa: E402
from indexer.model.items import Kind  # noqa: E402


def test_the_reference_of_commands_is_their_help() -> None:
    assert write_docs.TARGET.read_text("utf-8") == write_docs.commands_page()


def test_the_documents_name_every_command() -> None:
    text = "".join((PROJECT / name).read_text("utf-8") for name in ("README.md", "docs/search.md"))
    assert [name for name in program.homes if name not in text] == []


def test_formats_names_every_extension_and_kind() -> None:
    text = (PROJECT / "docs" / "formats.md").read_text("utf-8")
    assert [suffix for suffix in kinds.READERS if f"`{suffix}`" not in text] == []
    rows = [line.split("|")[2] for line in text.splitlines() if line.startswith("| ") and "---" not in line][
        1:
    ]
    assert {word.strip(" ,") for row in rows for word in row.split() if word.strip(" ,") in set(Kind)} - {
        "question"
    } == {str(kinds.kind_of("x." + suffix)) for suffix in kinds.READERS}


def test_architecture_names_tests_that_are_there() -> None:
    import re

    text = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    named = re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", text)
    assert len(named) > 12
    assert [name for name in named if not (PROJECT / name).exists()] == []
