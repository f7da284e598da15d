"""The commands of the team: each writes one new file and prints its path; what it says is listed and found."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from .conftest import Indexer

LETTER = "Steel tariff: our suppliers raise prices in December, the steel tariff is passed on to us."


@pytest.fixture
def team(indexer: Indexer) -> Indexer:
    """A folder with two departments, scanned; commands run in it."""
    for name, text in {
        "Sales/Offer.txt": "An offer of steel flanges to customers.",
        "Buying/Old.txt": LETTER,
    }.items():
        (indexer.folder / name).parent.mkdir(exist_ok=True)
        (indexer.folder / name).write_text(text, "utf-8")
    (indexer.folder / "Links.txt").write_text(
        "Iron https://example.com/iron\nSteel https://example.com/steel\n"
    )
    indexer.scan()
    return indexer.inside(indexer.folder)


def written(team: Indexer, *arguments: str) -> Path:
    """Run a command that writes, and return the file that it printed."""
    path = team.ok(*arguments).rstrip("\n")
    assert (team.folder / path).is_file()
    return Path(path)


def test_a_day_of_the_team(team: Indexer) -> None:
    before = {path: path.read_bytes() for path in team.folder.rglob("*.txt")}
    asked = written(
        team,
        "ask",
        "What does the steel tariff mean for prices?",
        "--by",
        "Ann Lee",
        "--needs-by",
        "2026-12-01",
    )
    assert asked.parent.name == "Questions"
    team.scan()
    time.sleep(1.1)  # what comes in the same second is not later
    (team.folder / "Buying" / "Letter.txt").write_text(LETTER)
    team.scan()
    [question] = json.loads(team.ok("questions", "--json"))["questions"]
    assert question["matches"] == ["Buying/Letter.txt"]
    assert (question["by"], question["needs_by"], question["state"], question["new"]) == (
        "Ann Lee",
        "2026-12-01",
        "open",
        1,
    )
    written(team, "answer", "steel tariff", "Plus 25 percent.", "--item", "Buying/Letter.txt", "--by", "bo")
    team.json("offer of flanges")
    note = written(team, "note", "1", "Tell the customers.", "--level", "act", "--tag", "duty", "--by", "Bo")
    assert note.name.startswith("Offer.txt.note.")
    written(team, "mark", "Sales/Offer.txt", "outdated", "--by", "Ann Lee")
    assert (
        written(team, "mark", "Sales/Offer.txt", "outdated", "--by", "ann lee").name
        == "Offer.txt.mark.outdated.Ann_Lee"
    )
    written(team, "note", "Sales", "All offers of two years.")
    team.scan()
    [found] = team.json("level:act")["results"]
    assert (found["path"], found["marks"]) == ("Sales/Offer.txt", {"useful": 0, "outdated": 1, "wrong": 0})
    assert [(one["by"], one["level"], one["text"]) for one in found["notes"]] == [
        ("Bo", "act", "Tell the customers.")
    ]
    assert team.run("questions").returncode == 1
    [question] = json.loads(team.ok("questions", "--all", "--json"))["questions"]
    assert question["state"] == "answered"
    [answer] = question["answers"]
    assert (answer["by"], answer["text"], answer["item"]) == ("bo", "Plus 25 percent.", "Buying/Letter.txt")
    people = json.loads(team.ok("people", "--json"))["people"]
    assert {one["name"]: one["n"] for one in people} == {"bo": 3, "Ann Lee": 1}
    written(team, "close", "1")
    team.scan()
    [question] = json.loads(team.ok("questions", "--all", "--json"))["questions"]
    assert question["state"] == "closed"
    notes = [json.loads(line) for line in team.ok("export", "notes", "--format", "jsonl").splitlines()]
    assert {one["on"] for one in notes} == {"Sales/Offer.txt", None}
    assert "Plus 25 percent." in team.ok("export", "questions")
    assert "Tell the customers." in team.ok(
        "digest", "--week", f"{time.gmtime().tm_year}-W{time.strftime('%V', time.gmtime())}"
    )
    assert {path: path.read_bytes() for path in before} == before


def test_a_note_on_one_link_of_a_list(team: Indexer) -> None:
    number = next(one["rank"] for one in team.json("type:link")["results"] if one["title"] == "Steel")
    note = written(team, "note", str(number), "Weekly figures.")
    assert "item: https://example.com/steel" in (team.folder / note).read_text("utf-8")
    assert "can't be marked" in team.refused("mark", str(number), "useful")
    team.scan()
    assert [one["url"] for one in team.json("weekly figures")["results"]] == ["https://example.com/steel"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("note", "Sales/Nothing.txt", "x"), ("note", "../outside.txt", "x"), ("note", "Sales/Offer.txt", "  "),
        ("ask", " \n "), ("ask", "What?", "--needs-by", "tomorrow"), ("answer", "1", "x"), ("close", "nobody asked"),
        ("mark", "Sales/Nothing.txt", "useful"), ("digest", "--week", "2026-W60"), ("export", "notes", "--format", "csv"),
        ("note", "Sales/Offer.txt", "x", "--by", "a\x1bb"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_in_a_line(team: Indexer, arguments: tuple[str, ...]) -> None:
    before = sorted(team.folder.rglob("*"))
    team.refused(*arguments)
    assert sorted(team.folder.rglob("*")) == before


@pytest.mark.parametrize("who", ["<b>Ann</b>", "../../etc", "a\u202eb", "x" * 300, "Ænn Ö'Neil", "CON", "."])
def test_any_name_makes_a_file_that_every_system_takes(team: Indexer, who: str) -> None:
    done = team.run("mark", "Sales/Offer.txt", "useful", "--by", who)
    assert done.returncode == 0
    [made] = (team.folder / "Sales").glob("*.mark.*")
    assert not set(made.name) & set('<>:"/\\|?*\u202e')
    assert len(made.name.encode()) < 255
    team.scan()
    assert team.json("is:useful")["results"][0]["marks"]["useful"] == 1
