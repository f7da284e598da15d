"""`indexer search`, sentence by sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..wine import IS_WINE
from .conftest import Indexer

FILES = {
    "Sales/EU/tariffs.md": "# EU tariffs 2026\n\nThe new tariff applies to steel from January.",
    "Sales/offer.txt": "An offer for steel pumps. Résumé of prices.",
    "Sales Archive/old.txt": "An old offer, steel and iron.",
    "Quality/copy of offer.txt": "An offer for steel pumps. Résumé of prices.",
    "Quality/audit.html": "<title>Supplier audit</title><meta name=author content='Quality lab'><p>Heat numbers traced.</p>",
    "Links.txt": "An article https://example.org/a\nAnother one https://example.org/b/\nhttps://example.com/c\n",
    "Sales/same.url": "[InternetShortcut]\r\nURL=https://example.org/b\r\n",
    "photo.jpg": "\xff\xd8",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Indexer:
    top = tmp_path_factory.mktemp("search")
    made = Indexer(top / "Team folder", top / "state")
    for name, text in FILES.items():
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        os.utime(path, (1_780_000_000 + len(name), 1_780_000_000 + len(name)))
    os.utime(made.folder / "Sales Archive/old.txt", (1_500_000_000, 1_500_000_000))
    made.scan()
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("steel tariff", {"Sales/EU/tariffs.md"}),
        ("tariffs", {"Sales/EU/tariffs.md"}),
        ("RESUME", {"Sales/offer.txt", "Quality/copy of offer.txt"}),
        ("iron OR heat", {"Sales Archive/old.txt", "Quality/audit.html"}),
        ("offer -iron -pumps", set()),
        ("offer NOT iron", {"Sales/offer.txt", "Quality/copy of offer.txt"}),
        ("(tariff OR iron) steel", {"Sales/EU/tariffs.md", "Sales Archive/old.txt"}),
        ('"steel pumps"', {"Sales/offer.txt", "Quality/copy of offer.txt"}),
        ('"pumps steel"', set()),
        ("tarif*", {"Sales/EU/tariffs.md"}),
        ("traiff~", {"Sales/EU/tariffs.md"}),
        ("type:web", {"Quality/audit.html"}),
        ("in:Sales offer", {"Sales/offer.txt"}),
        ("in:sales/eu", {"Sales/EU/tariffs.md"}),
        ('in:"Sales Archive"', {"Sales Archive/old.txt"}),
        ("by:lab", {"Quality/audit.html"}),
        ('title:"EU tariffs"', {"Sales/EU/tariffs.md"}),
        ("before:2018 steel", {"Sales Archive/old.txt"}),
        ("type:nonsense", set()),
        ("photo.jpg", {"photo.jpg"}),
        ("sales", set()),
    ],
)  # fmt: skip
def test_query(filled: Indexer, query: str, expected: set[str]) -> None:
    found = filled.json("--", query)
    assert {p for r in found["results"] for p in (r["path"], *r["copies"])} == expected


def test_json_is_exactly_so(filled: Indexer) -> None:
    found = filled.json("tariff")
    assert list(found) == [
        "schema",
        "query",
        "total",
        "took_ms",
        "relaxed",
        "complete",
        "suggestion",
        "remarks",
        "results",
    ]
    assert (found["schema"], found["query"], found["total"], found["relaxed"], found["complete"]) == (
        1,
        "tariff",
        1,
        False,
        True,
    )
    (result,) = found["results"]
    assert list(result) == [
        "rank", "score", "id", "path", "title", "type", "url", "page", "pages", "size", "modified", "added", "author", "tags",
        "department", "copies", "conflict_of", "online_only", "snippet", "highlights", "notes", "marks",
    ]  # fmt: skip
    assert result["title"] == "EU tariffs 2026"
    assert (result["type"], result["department"], result["url"], result["page"]) == (
        "text",
        "Sales",
        None,
        None,
    )
    assert result["modified"] == result["added"] == "2026-05-28T20:26:59Z"
    assert {result["snippet"][a:b].lower() for a, b in result["highlights"]} == {"tariff"}
    nothing = filled.json("zzzz")
    assert (nothing["total"], nothing["results"]) == (0, [])


def test_options_narrow_and_sort(filled: Indexer) -> None:
    assert filled.paths("--type", "web", "-t", "image", "--sort", "name") == [
        "photo.jpg",
        "Quality/audit.html",
    ]
    assert filled.paths("--in", "Sales/EU") == ["Sales/EU/tariffs.md"]
    assert filled.paths("--by", "Quality lab") == ["Quality/audit.html"]
    assert filled.paths("--before", "2018-01") == ["Sales Archive/old.txt"]
    assert "Sales Archive/old.txt" not in filled.paths("--since", "2018")
    assert filled.paths("steel", "--sort", "oldest", "-n", "1") == ["Sales Archive/old.txt"]
    assert len(filled.paths("steel", "--offset", "1")) == 2
    past = filled.run("search", "--json", "steel", "--offset", "50")
    assert past.returncode == 0
    assert b'"results": []' in past.stdout


def test_empty_query_is_everything_newest_first(filled: Indexer) -> None:
    found = filled.json("-n", "50")
    assert found["total"] == len({*FILES}) + 3 - 2  # three links; one copy, one equal address
    dates = [max(r["modified"], r["added"]) for r in found["results"]]
    assert dates == sorted(dates, reverse=True)


def test_paths_counts_and_relaxing(filled: Indexer) -> None:
    assert (
        filled.ok("search", "-l", "in:Sales OR type:link", "--sort", "name").splitlines().count("Links.txt")
        == 1
    )
    raw = filled.run("search", "-l", "-0", "tariff").stdout
    assert raw == b"Sales/EU/tariffs.md\0"
    copies = {"Sales/offer.txt", "Quality/copy of offer.txt"}
    assert set(filled.ok("search", "-l", "pumps").splitlines()) == copies
    assert set(filled.ok("search", "-0", "pumps", "-n", "1").rstrip("\0").split("\0")) == copies
    assert filled.ok("search", "-l", "pumps", "in:Sales") == "Sales/offer.txt\n"
    links = filled.ok("search", "-l", "type:link").splitlines()
    assert sorted(links) == ["Links.txt", "Sales/same.url"]
    assert filled.ok("search", "-c", "pumps") == "1\n"
    assert filled.ok("search", "-c", "steel") == "3\n"
    assert filled.ok("search", "-c", "steel zzz", code=1) == "0\n"
    assert filled.ok("search", "-l", "steel zzz", code=1) == ""
    relaxed = filled.json("tariff zzz")
    assert relaxed["relaxed"]
    text = filled.ok("search", "tariff", "zzz")
    assert text.startswith("No item has all")


def test_text_for_people(filled: Indexer) -> None:
    text = filled.ok("search", "article")
    assert "  1  An article" in text
    assert "Links.txt" in text
    assert "https://example.org/a" in text
    assert "\x1b" not in text
    assert "\x1b[1;33mtariff" in filled.ok("search", "--color", "always", "tariff")
    assert filled.ok("search", "zzzz", code=1) == "No results\n"


def test_copies_and_equal_addresses_are_one_result(filled: Indexer) -> None:
    (result,) = filled.json("pumps")["results"]
    assert sorted([result["path"], *result["copies"]]) == ["Quality/copy of offer.txt", "Sales/offer.txt"]
    (link,) = filled.json("type:link b")["results"]
    assert sorted([link["path"], *link["copies"]]) == ["Links.txt", "Sales/same.url"]
    assert filled.json("in:Quality pumps")["results"][0]["copies"] == []


def test_refusals(filled: Indexer) -> None:
    assert "--type" in filled.refused("search", "--type", "nonsense", "x")
    assert "--since" in filled.refused("search", "--since", "yesterday", "x")
    filled.refused("search", "--sort", "sideways", "x")
    filled.refused("search", "--nonsense", "x")
    filled.refused("search", "--limit", "-3", "x")
    filled.refused("nonsense")


def test_open_prints_what_it_would_open(filled: Indexer) -> None:
    filled.ok("search", "tariff")
    assert filled.ok("open", "1", "--print").strip() == str(filled.folder / "Sales/EU/tariffs.md")
    assert "result 7" in filled.refused("open", "7")
    filled.ok("search", "article")
    assert filled.ok("open", "1", "--print").strip() == "https://example.org/a"


def test_options_stand_before_or_after(filled: Indexer) -> None:
    for arguments in (
        ["--folder", str(filled.folder), "search", "-c", "tariff"],
        ["search", "-c", "tariff", "--folder", str(filled.folder)],
    ):
        assert filled.ok(*arguments) == "1\n"
    assert filled.ok("--version").startswith("indexer ")
    help_text = filled.ok("--help")
    assert help_text.index("Examples") < help_text.index("Usage")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_any_string_is_legal(filled: Indexer, text: str) -> None:
    assert filled.run("search", "--json", "--", text).returncode in (0, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has undecodable names")
def test_undecodable_names(indexer: Indexer) -> None:
    (indexer.folder / os.fsdecode(b"caf\xe9.txt")).write_text("zebra")
    indexer.scan()
    assert indexer.paths("zebra") == ["caf\udce9.txt"]
    assert indexer.run("search", "-l", "zebra").stdout == b"caf\xe9.txt\n"
    assert indexer.run("search", "zebra").returncode == 0


HOSTILE = [
    "<script>alert(1)",
    "quotes \"'",
    "#?%41&;",
    "emoji 😀",
    "rtl ‮אבג",
    "café",
    "cafe\u0301 nfd",
    "x" * 240,
    " lead",
    "-dash",
]


def test_hostile_names_and_contents(indexer: Indexer) -> None:
    for number, name in enumerate(HOSTILE):
        if sys.platform == "win32" and set(name) & set('<>:"/\\|?*'):
            continue
        if IS_WINE and len(f"{indexer.folder / name} {number}.txt") > 259:  # it resolves no longer path
            continue
        (indexer.folder / f"{name} {number}.txt").write_text(
            f"word{number} \x1b[31m\x07 <b>&amp;\u202e", "utf-8"
        )
    indexer.scan()
    for number, name in enumerate(HOSTILE):
        file = f"{name} {number}.txt"
        if not (indexer.folder / file).exists():
            continue
        assert indexer.paths(f"word{number}") == [file]
        assert "\x1b[31m" not in indexer.ok("search", f"word{number}")
        assert Path(indexer.ok("open", "1", "--print").rstrip("\n")) == indexer.folder / file


def test_notes_are_printed_with_the_item_they_are_on(indexer: Indexer) -> None:
    indexer.folder.mkdir(exist_ok=True)
    (indexer.folder / "Offer.txt").write_text("Steel pumps for the harbour.")
    note = indexer.folder / "Offer.txt.note.ann.md"
    note.write_text(
        "---\nlevel: act\n---\nOrder before the zeppelin clause\x1b[2J holds. " + "More of it. " * 40
    )
    os.utime(note, (1_780_000_000, 1_780_000_000))
    indexer.scan()
    [result] = indexer.json("zeppelin")["results"]
    [shown] = result["notes"]
    assert (result["path"], result["copies"], result["type"]) == ("Offer.txt", [], "text")
    assert list(shown) == ["path", "by", "level", "date", "text"]
    assert (shown["path"], shown["by"], shown["level"]) == (note.name, "ann", "act")
    assert shown["date"] == "2026-05-28T20:26:40Z"
    assert shown["text"].startswith("Order before the zeppelin clause")
    assert indexer.ok("search", "-l", "zeppelin").splitlines() == ["Offer.txt"]
    lines = indexer.ok("search", "harbour").splitlines()
    assert sum(line.startswith("     — ann (act): Order before") for line in lines) == 1
    assert len(lines) == 5
    assert "\x1b" not in "".join(lines)
    [itself] = indexer.json("type:note")["results"]
    assert (itself["path"], itself["type"], itself["title"]) == (note.name, "note", "Offer.txt")
