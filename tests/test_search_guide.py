"""docs/search.md shows what the program does: each of its examples is run over a small folder."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from .contract.conftest import Indexer

GUIDE = Path(__file__).parent.parent / "docs" / "search.md"


def pdf(*pages: str) -> bytes:
    made = FPDF()
    made.set_font("Helvetica")
    for page in pages:
        made.add_page()
        made.multi_cell(0, 6, page)
    return bytes(made.output())


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(made, "JPEG")
    return made.getvalue()


FILES: dict[str, tuple[str, str | bytes]] = {
    "Sales/Offer pumps 2024.txt": (
        "2024-03-11",
        "Offer for twelve steel pumps, ready in March.\nThe tariff is part of the price.\n",
    ),
    "Sales/EU/Tariff letter.md": (
        "2024-05-06",
        "# New tariffs for steel\n\nFrom June the tariffs of the EU apply to steel and to iron.\n",
    ),
    "Sales Archive/Offer pumps 2019.txt": (
        "2019-02-04",
        "An offer for pumps made of cast iron, from the time without a tariff.\n",
    ),
    "Quality/Supplier audit.md": (
        "2023-10-02",
        "---\ntitle: Supplier audit\nauthor: Mona Lind\ntags: [audit, supplier]\n---\n"
        "Résumé: the heat numbers of all steel bars are traced.\n",
    ),
    "Quality/P40 manual.pdf": (
        "2022-08-15",
        pdf(
            "The pump P40 moves water and glycol. Keep this manual where the pump stands.",
            "Close the valve before the pump is started. Change the shaft seal every two years.",
        ),
    ),
    "Links.txt": (
        "2024-01-08",
        "Steel price index https://prices.example.org/steel\nCustoms tariff database https://customs.example.org/tariff\n",
    ),
    "Photo.jpg": ("2021-07-01", picture()),
    "Notes/Phone call.txt": (
        "",
        "Mona asks for the manual of the pump, article AX-200/b with the 12.5 mm sleeve.\n",
    ),
}
"""By path: the day it was saved (empty: an hour ago) and what it says."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    top = tmp_path_factory.mktemp("guide")
    made = Indexer(top / "Team folder", top / "state")
    for name, (day, content) in FILES.items():
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        saved = (
            datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC).timestamp()
            if day
            else time.time() - 3600
        )
        os.utime(path, (saved, saved))
    (top / "synonyms.txt").write_text("tariff, levy\n", "utf-8")
    made.scan()
    return made


def examples() -> list[tuple[str, str]]:
    """Return the commands of the guide, each with what it prints."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = example.partition("\n")
            found.append((command, printed))
    return found


def same(expected: str, printed: str) -> bool:
    """Tell whether it was printed as expected; … stands for anything within a line."""
    pattern = "[^\n]*?".join(map(re.escape, expected.rstrip("\n").split("…")))
    return re.fullmatch(pattern, printed.rstrip("\n")) is not None


def test_each_example_prints_what_the_guide_says(filled: Indexer) -> None:
    wrong = []
    for command, expected in examples():
        name, *arguments = shlex.split(command)
        assert name == "indexer", command
        synonyms = filled.folder.parent / "synonyms.txt"
        done = filled.run(
            *arguments,
            TZ="UTC",
            INDEXER_FOLDER=str(filled.folder),
            INDEXER_SEARCH_SYNONYMS=str(synonyms),
        )
        printed = (done.stdout + done.stderr).decode().replace(str(filled.folder) + os.sep, "/Team folder/")
        printed = printed.replace("\r\n", "\n").replace("\\", "/") if sys.platform == "win32" else printed
        if not same(expected, printed.replace("\r", "")):
            wrong.append(f"$ {command}\n{printed}")
    assert not wrong, "\n".join(wrong)


def test_there_are_examples_of_every_form_of_query() -> None:
    text = " ".join(command for command, _ in examples())
    forms = (
        " OR ", " NOT ", " -", "(", '\\"', '*"', '~"', "type:", "in:", "by:", "tag:", "after:", "before:", "title:",
        "--type", "--in", "--by", "--tag", "--since", "--before", "--sort", "--limit", "--offset", "-l", "-c",
        "--json", "--format jsonl", "--format csv", "--facets", "--explain", "show", "open", "related",
    )  # fmt: skip
    assert [form for form in forms if form not in text] == []
    assert len(examples()) > 40


def test_examples_work_in_the_command_prompt_of_windows_too() -> None:
    commands = [command for command, _ in examples()]
    commands += re.findall(r"^  indexer .*$", (GUIDE.parent / "commands.md").read_text("utf-8"), re.MULTILINE)
    assert [command for command in commands if "'" in command] == []  # it knows no single quotes


def test_the_guide_names_every_file_of_its_folder() -> None:
    text = GUIDE.read_text("utf-8")
    assert [name for name in FILES if name not in text] == []
