"""What `indexer search` prints, and the commands that go on from its results."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF

from indexer.cli.results import COLUMNS

from .conftest import Indexer

FORMULAS = ("=1+1", "+49 30 1234", "-draft", "@home")
FILES = {
    "Sales/Tariff letter.md": "---\ntitle: Tariff letter\nauthor: Mona Lind\ntags: [price, duty]\n---\nThe new tariff, "
    'so the "customs" say, applies to steel.\nIt comes in June.',
    "Sales/Offer.txt": "An offer for steel pumps, written in March.",
    "Quality/Report.txt": "The report on pumps of the quality laboratory, written in May.",
    "Quality/Forgings A.txt": "Ultrasound measures forged flanges from the ring rolling mill; heat numbers are traced.",
    "Quality/Forgings B.txt": "Forged flanges crack where the ring rolling mill is cold: ultrasound and heat numbers tell.",
    "Links.txt": "An article on pumps https://example.org/a\nAnother article https://example.org/b\n",
    **{
        f"Formulas/{name}.txt": f"Formula number {number} of a table." for number, name in enumerate(FORMULAS)
    },
}


def manual() -> bytes:
    made = FPDF()
    made.set_font("Helvetica")
    for text in (
        "Glycol is kept in the cellar.",
        "The valve is closed first.",
        "The valves are opened last.",
    ):
        made.add_page()
        made.multi_cell(0, 6, text)
    return bytes(made.output())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    top = tmp_path_factory.mktemp("find")
    made = Indexer(top / "Team folder", top / "state")
    for name, text in FILES.items():
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (made.folder / "Manual.pdf").write_bytes(manual())
    (made.folder / "Empty.txt").write_bytes(b"")
    for path in made.folder.rglob("*.*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    made.scan()
    return made


def objects(filled: Indexer, *query: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = filled.json(*query)["results"]
    return results


# --- forms ----------------------------------------------------------------------------------------


def test_json_lines_are_the_results_of_json(filled: Indexer) -> None:
    lines = filled.ok("search", "--format", "jsonl", "steel").splitlines()
    assert [json.loads(line) for line in lines] == objects(filled, "steel")
    assert len(lines) == 2


def test_csv_is_a_table_of_the_results(filled: Indexer) -> None:
    done = filled.run("search", "--format", "csv", "tariff OR article")
    assert done.stdout.endswith(b"\r\n")
    assert done.stdout.count(b"\n") == done.stdout.count(b"\r\n") == 4
    header, *rows = csv.reader(io.StringIO(done.stdout.decode(), newline=""))
    assert tuple(header) == COLUMNS
    expected = objects(filled, "tariff OR article")
    assert len(rows) == len(expected) == 3
    for row, result in zip(rows, expected, strict=True):
        cells = dict(zip(header, row, strict=True))
        assert cells["tags"].split("; ") == (result["tags"] or [""])
        for name in set(header) - {"tags"}:
            assert cells[name] == ("" if result[name] is None else str(result[name])), name
    assert '"customs"' in next(row[header.index("snippet")] for row in rows if row[2].startswith("Sales"))


def test_cells_of_text_are_no_formulas(filled: Indexer) -> None:
    printed = filled.ok("search", "--format", "csv", "in:Formulas", "-n", "50")
    rows = list(csv.DictReader(io.StringIO(printed, newline="")))
    assert {row["title"] for row in rows} == {f"'{name}" for name in FORMULAS}
    assert {row["path"] for row in rows} == {f"Formulas/{name}.txt" for name in FORMULAS}
    assert all(row["score"] and row["score"][0] not in "'" for row in rows)


def test_nothing_found_ends_with_1_in_every_form(filled: Indexer) -> None:
    header = ",".join(COLUMNS) + "\r\n"
    for arguments, printed in (
        (["--format", "csv"], header.encode()),
        (["--format", "jsonl"], b""),
        (["-l"], b""),
        (["-l", "-0"], b""),
        (["-c"], b"0" + os.linesep.encode()),
        (["--format", "text"], b"No results" + os.linesep.encode()),
    ):
        done = filled.run("search", *arguments, "qqqqqq")
        assert (done.returncode, done.stdout, done.stderr) == (1, printed, b""), arguments
    assert json.loads(filled.run("search", "--format", "json", "qqqqqq").stdout)["results"] == []


def test_relaxing_is_told_where_it_happens(filled: Indexer) -> None:
    text = filled.run("search", "steel", "qqqqqq")
    assert text.stdout.startswith(b"No item has all of these words")
    assert text.stderr == b""
    told = filled.run("search", "--json", "steel", "qqqqqq")
    assert json.loads(told.stdout)["relaxed"] is True
    assert told.stderr.startswith(b"No item has all of these words")
    assert told.stderr.count(b"\n") == 1
    assert filled.run("search", "--json", "-q", "steel", "qqqqqq").stderr == b""
    for bare in (["-l"], ["-0"], ["-c"], ["--format", "csv"], ["--format", "jsonl"]):
        done = filled.run("search", *bare, "steel", "qqqqqq")
        assert (done.returncode, done.stderr) == (1, b""), bare


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "type:txt steel",
            "type:txt was searched as words; kinds are pdf, word, slides, sheet, text, web, mail",
        ),
        ("after:10/11/2026", "after:10/11/2026 was searched as words; dates are written"),
        ("autor:steel", "autor:steel was searched as words; filters are type:, in:, by:"),
        ("tittle:steel", "tittle:steel was searched as words; filters are"),
        ("by:*** steel", "by:*** was searched as words; it names nothing to filter by"),
        ('"steel offer', 'The quotation mark of "steel offer is never closed'),
        ("✅", "✅ has no letter and no digit to search for"),
        ("***", "*** has no letter and no digit to search for"),
    ],
)
def test_what_was_not_understood_is_told(filled: Indexer, query: str, said: str) -> None:
    found = filled.json(query)
    assert len(found["remarks"]) == 1
    assert found["remarks"][0].startswith(said)
    assert said in filled.run("search", "--no-pager", query).stdout.decode()
    assert filled.run("search", "-q", "--json", query).stderr == b""
    if "steel" not in query:
        assert found["total"] == 0


def test_what_was_understood_is_not_remarked_on(filled: Indexer) -> None:
    for query in (
        "type:pdf steel",
        "https://example.org/steel",
        "12:30 Re: steel ISO9001:2015 c:\\x",
        "after:20.11.2026",
        "",
    ):
        assert filled.json(query)["remarks"] == [], query


def test_a_misspelled_word_is_asked_about(filled: Indexer) -> None:
    assert filled.ok("search", "laboratoryy", code=1) == "No results\nDid you mean laboratory?\n"
    assert filled.json("laboratoryy")["suggestion"] == "laboratory"
    assert filled.json("steel")["suggestion"] is None
    assert filled.json("steel", "laboratoryy")["suggestion"] is None  # no item has steel and laboratory


def test_past_the_end_and_none_at_all(filled: Indexer) -> None:
    assert filled.ok("search", "steel", "--offset", "50") == "2 results, none of them here\n"
    assert filled.ok("search", "steel", "-n", "0") == "2 results, none of them here\n"
    assert filled.ok("search", "steel", "-n", "1").endswith("\n1 more: add --limit or --offset\n")


def test_facets_count_the_results(filled: Indexer) -> None:
    assert "facets" not in filled.json("steel")
    facets = filled.json("--facets", "written OR tariff")["facets"]
    assert list(facets) == ["kind", "department", "person", "tag", "year"]
    assert facets["kind"] == {"text": 3}
    assert facets["department"] == {"Sales": 2, "Quality": 1}
    assert facets["person"] == {"Mona Lind": 1}
    assert facets["tag"] == {"duty": 1, "price": 1}
    assert facets["year"] == {"2023": 3}
    lines = filled.ok("search", "--facets", "written OR tariff").splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("kind "))
    assert lines[head].split() == ["kind", "department", "person", "tag", "year"]
    assert lines[head + 1].index("2  Sales") == lines[head].index("department")
    assert lines[head + 2].strip().startswith("1  Quality")
    for form in (["--format", "csv"], ["--format", "jsonl"], ["-l"], ["-c"]):
        assert "--facets" in filled.refused("search", "--facets", *form, "steel")


def test_scores_are_explained(filled: Indexer) -> None:
    assert "explanation" not in objects(filled, "steel")[0]
    for result in objects(filled, "--explain", "steel offer"):
        told = result["explanation"]
        assert {word["word"] for word in told["words"]} == {"steel", "offer"}
        factors = told["recency"] * told["quality"] * told["proximity"]
        assert sum(word["score"] for word in told["words"]) * factors == pytest.approx(
            result["score"], rel=1e-3
        )
    (line,) = filled.ok("search", "--format", "jsonl", "--explain", "steel offer").splitlines()
    assert json.loads(line)["explanation"]["words"]
    lines = [line.split() for line in filled.ok("search", "--explain", "steel offer").splitlines()]
    names = [words[0] for words in lines[-4:]]
    assert names[0] == "score"
    assert sorted(names[1:3]) == ["offer", "steel"]
    assert names[3] == "length"


def test_contradictions_are_refused(filled: Indexer) -> None:
    assert "--json" in filled.refused("search", "--json", "--format", "csv", "x")
    filled.ok("search", "--json", "--format", "json", "steel")
    filled.refused("search", "--format", "xml", "x")
    assert "-i needs a terminal" in filled.refused("search", "-i", "steel")
    assert "-i" in filled.refused("search", "-i", "--json", "steel")


def test_who_reads_no_further_is_not_told(filled: Indexer) -> None:
    for arguments in (["--json"], ["-l"], ["--format", "csv"], []):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            filled.command("search", *arguments, "-n", "50"),
            env=filled.environment(INDEXER_CONFIG=os.devnull),
            stdout=writing,
            stderr=subprocess.PIPE,
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b""), arguments


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")  # noqa: PTH110
def test_a_full_disk_is_told_in_one_line(filled: Indexer) -> None:
    for arguments in (["--json"], ["-l"], ["--format", "csv"], []):
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            done = subprocess.run(
                filled.command("search", *arguments, "steel"),
                env=filled.environment(INDEXER_CONFIG=os.devnull),
                stdout=full,
                stderr=subprocess.PIPE,
            )
        assert done.returncode == 2
        assert done.stderr.startswith(b"indexer: the disk is full")
        assert done.stderr.count(b"\n") == 1


# --- going on from a result -----------------------------------------------------------------------


def test_show_prints_the_text_with_its_pages(filled: Indexer) -> None:
    filled.ok("search", "valve")
    lines = filled.ok("show", "1").splitlines()
    assert lines[0] == "Manual"
    assert lines[1].startswith("Manual.pdf  pdf  2023-11-1")
    assert lines[3:] == [
        "── page 1 ──", "Glycol is kept in the cellar.", "",
        "── page 2 ──", "The valve is closed first.", "",
        "── page 3 ──", "The valves are opened last.",
    ]  # fmt: skip


def test_show_marks_the_hits_of_the_last_search(filled: Indexer) -> None:
    filled.ok("search", "valve", "type:pdf")
    text = filled.ok("show", "1", "--color", "always")
    assert "The \x1b[1;33mvalve\x1b[0m is closed" in text
    assert "The \x1b[1;33mvalves\x1b[0m are opened" in text
    assert text.count("\x1b[1;33m") == 2
    filled.ok("search", "cellar", "--type", "pdf")
    assert "\x1b[1;33mcellar" in filled.ok("show", "1", "--color", "always")
    assert "\x1b" not in filled.ok("show", "1")


def test_what_has_no_text_says_so_in_one_line(filled: Indexer) -> None:
    filled.ok("search", "Empty.txt")
    assert filled.ok("show", "1").splitlines()[-1].startswith("No text is known of it")
    filled.ok("search", "type:link another")
    assert filled.ok("show", "1").splitlines()[-2:] == ["", "A link has no text of its own."]


def test_an_id_is_as_good_as_a_number(filled: Indexer) -> None:
    (result,) = objects(filled, "valve")
    filled.ok("search", "steel")
    assert filled.ok("show", result["id"]).startswith("Manual\n")
    assert filled.ok("open", result["id"], "--print").strip() == str(filled.folder / "Manual.pdf")
    for command in ("show", "open", "related"):
        assert "no item" in filled.refused(command, "0123456789abcdef")
        assert "nonsense" in filled.refused(command, "nonsense")
        assert "result 77" in filled.refused(command, "77")


def test_related_items_are_results_to_go_on_from(filled: Indexer) -> None:
    filled.ok("search", "ultrasound", "--sort", "name")
    found = json.loads(filled.run("related", "1", "--json").stdout)
    assert found["schema"] == 1
    paths = [result["path"] for result in found["results"]]
    assert paths[0] == "Quality/Forgings B.txt"
    assert "Quality/Forgings A.txt" not in paths
    assert filled.ok("open", "1", "--print").strip() == str(filled.folder / "Quality/Forgings B.txt")
    assert "\x1b[1;33m" not in filled.ok("show", "1", "--color", "always")  # no words were asked for
    assert filled.ok("related", "1", "-n", "1").startswith("  1  Forgings A\n")


def test_related_items_of_a_path_and_of_other_departments(filled: Indexer) -> None:
    (filled.folder / "Sales/Forgings.txt").write_text(
        "Ultrasound of forged flanges: the ring rolling mill is cold."
    )
    filled.scan()

    def related(*arguments: str) -> list[str]:
        found = json.loads(filled.run("related", "--json", *arguments).stdout)
        assert found["results"] == [] or {"rolling", "ultrasound"} <= set(found["key_terms"])
        return [result["path"] for result in found["results"]]

    quality = {"Quality/Forgings A.txt", "Quality/Forgings B.txt"}
    assert set(related("Sales/Forgings.txt")) == quality
    assert set(related("sales/FORGINGS.txt")) == quality
    assert related("Quality/Forgings A.txt", "--across") == ["Sales/Forgings.txt"]
    assert filled.ok("open", "1", "--print").strip() == str(filled.folder / "Sales/Forgings.txt")
    none = filled.run("related", "Empty.txt")
    assert (none.returncode, none.stdout.strip()) == (1, b"No results")
    assert "is a folder" in filled.refused("related", "Quality")
    (filled.folder / "Sales/Forgings.txt").unlink()
    filled.scan()


def test_nothing_to_go_on_from(indexer: Indexer) -> None:
    (indexer.folder / "a.txt").write_text("alpha", "utf-8")
    indexer.scan()
    for command in ("open", "show", "related"):
        assert "run `indexer search` first" in indexer.refused(command, "1")
    indexer.ok("search", "alpha")
    (indexer.folder / "a.txt").unlink()
    assert "is gone" in indexer.refused("open", "1")
    indexer.scan()
    assert "is gone" in indexer.refused("show", "1")


def test_what_is_kept_of_a_search_holds_no_text(filled: Indexer) -> None:
    """What a document says may have to be forgotten, so it is kept in catalogue and index alone."""
    filled.ok("search", "custom*")
    (kept,) = filled.state.rglob("last_search.json")
    assert set(json.loads(kept.read_text())["results"]["1"][1:]) == {
        str(filled.folder / "Sales/Tariff letter.md"),
        None,
    }
    assert "customs" not in kept.read_text()


# --- text that wants to be more than text ---------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_nothing_steers_the_terminal(indexer: Indexer) -> None:
    evil = "\x1b]0;owned\x07 \x1b[31m\x9b2J \u202edesrever\u2066 \u2028next"
    (indexer.folder / "evil\x1b[2J\nname\u202e.md").write_text(
        f"---\ntitle: {evil}\nauthor: {evil}\n---\nzebra {evil}", "utf-8"
    )
    (indexer.folder / "list.txt").write_text(
        f"giraffe {evil} https://example.org/a\nb https://example.org/b\n", "utf-8"
    )
    indexer.scan()
    for query in ("zebra", "giraffe"):
        forms = (["--color", "never"], ["--format", "csv"], ["--json"], ["--facets", "--color", "never"])
        for printed in (*(indexer.ok("search", query, *form) for form in forms), indexer.ok("show", "1")):
            assert not set(printed) & set("\x1b\x07\x9b\u202e\u2066\u2028"), repr(printed)
        assert set(indexer.ok("search", "--color", "always", query).split("\x1b")) - {""}
    assert "\x1b" not in indexer.run("search", "--type", "\x1b[31m", "x").stderr.decode()


# --- a quick start --------------------------------------------------------------------------------


def imported(filled: Indexer, *arguments: str) -> set[str]:
    """Return the modules that a command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "indexer", *arguments]
    done = subprocess.run(command, env=filled.environment(INDEXER_CONFIG=os.devnull), capture_output=True)
    return {
        line.rpartition("|")[2].strip()
        for line in done.stderr.decode().splitlines()
        if line.startswith("import time:")
    }


_UNASKED = {"indexer.search.suggestion", "indexer.extract", "indexer.model.address", "indexer.model.site"}
"""What most searches don't ask for."""


def test_a_command_imports_what_it_needs(filled: Indexer) -> None:
    heavy = {
        "rich",
        "jinja2",
        "watchdog",
        "schedule",
        "pypdf",
        "lxml",
        "logging",
        "subprocess",
        "csv",
        "lingua",
        "whoosh",
    }
    for_search = {"json", "sqlite3", "hashlib", "dataclasses", "tomllib", "indexer.app", "indexer.model"}
    assert imported(filled, "--help") & (heavy | for_search | {"platformdirs"}) == set()
    for_writers = {
        "numpy",
        "secrets",
        "random",
        "calendar",
        "tempfile",
        "email",
        "importlib.metadata",
    } | {
        f"indexer.catalogue.{name}"
        for name in ("conflict", "failures", "files", "pictures", "problems", "queue", "readings")
    }
    found = imported(filled, "search", "steel")
    assert found & (heavy | for_writers | _UNASKED) == set()
    assert "sqlite3" in found


def test_every_command_has_help_with_examples_first(filled: Indexer) -> None:
    commands = filled.ok("--help").partition("Commands:")[2]
    names = [line.split()[0] for line in commands.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(names) > 13
    for name in names:
        text = filled.ok(name, "--help")
        assert text.index("Examples:") < text.index("Usage: "), name


def test_results_are_remembered_whole_or_not_at_all(filled: Indexer) -> None:
    filled.ok("search", "steel")
    (kept,) = filled.state.rglob("last_search.json")
    assert [path.name for path in kept.parent.glob("last_search*")] == ["last_search.json"]
    before = kept.read_bytes()
    kept.write_text('{"1": ["/an/older/form", null]}', "utf-8")
    assert "run `indexer search` first" in filled.refused("open", "1")
    kept.write_bytes(before)
    assert Path(filled.ok("open", "1", "--print").strip()).exists()
