"""What people write has the same names and contents in Python and in the browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from indexer.errors import UserError
from indexer.folder.creating import portable_name
from indexer.model.notes import Note, compose, name_in_file, note_of, read, stamp
from indexer.page.script import bundle

CASES: dict[str, list[Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "writing.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """A blank page with what names and composes files."""
    page = browser.new_page()
    page.add_script_tag(content=bundle("naming.js"))
    yield page
    page.close()


def note(said: dict[str, Any]) -> Note:
    more = {("needs_by" if name == "needsBy" else name): value for name, value in said.items()}
    return Note(**{**more, "tags": tuple(said.get("tags", ()))})


def test_python_writes_and_reads_so() -> None:
    assert [[who, name_in_file(who)] for who, _ in CASES["names"]] == CASES["names"]
    assert [[wanted, portable_name(wanted)] for wanted, _ in CASES["portable"]] == CASES["portable"]
    for moment, who, random, made in CASES["stamps"]:
        assert stamp(datetime.fromisoformat(moment), who, random) == made
        assert note_of(f"A file.pdf.note.{made}.md") == "A file.pdf"
    for said, content in CASES["contents"]:
        if content is None:
            with pytest.raises(UserError):
                compose(note(said))
        else:
            assert compose(note(said)) == content
            given = note(said)
            assert read(content) == given._replace(
                text=given.text.replace("\r\n", "\n").replace("\r", "\n").strip()
            )


@pytest.mark.browser
def test_the_browser_writes_so(scripts: Page) -> None:
    got = scripts.evaluate(
        """cases => {
          const tried = said => { try { return compose(said); } catch (error) { if (error instanceof RangeError) return null; throw error; } };
          return {
            names: cases.names.map(([who]) => [who, nameInFile(who)]),
            portable: cases.portable.map(([wanted]) => [wanted, portableName(wanted)]),
            stamps: cases.stamps.map(([at, who, random]) => [at, who, random, stamp(new Date(at), who, random)]),
            questions: cases.questions.map(([text]) => [text, questionName(text, "STAMP")]),
            contents: cases.contents.map(([said]) => [said, tried(said)]),
          };
        }""",
        CASES,
    )
    for sort, cases in CASES.items():
        for case, made in zip(cases, got[sort], strict=True):
            assert made == case, sort
