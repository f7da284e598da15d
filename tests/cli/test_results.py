"""Results as lines: what is shown of a snippet, and facets side by side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexer.cli.results import result_object, results_object, results_text
from indexer.cli.screen import Screen, bare, cells
from indexer.model.items import Item, ItemId, Kind, RelPath
from indexer.model.links import Health, LinkState
from indexer.model.results import Result, SearchResults

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
ITEM = Item(
    ItemId("0123456789abcdef"), RelPath("a/b.txt"), Kind.TEXT, "Title", "", (), "", None, 3, NOW, NOW, ""
)  # fmt: skip
FOLDER = Path("/folder").absolute()


def found(snippet: str = "", *spans: tuple[int, int], **more: object) -> SearchResults:
    result = Result(1, 1.0, ITEM, None, snippet, spans)
    return SearchResults("query", 1, 1.0, (result,), **more)  # type: ignore[arg-type]


def test_the_lines_with_the_hits_are_shown() -> None:
    snippet = "… " + "blank " * 50 + "needle"
    text = results_text(found(snippet, (302, 308)), FOLDER, Screen(width=60))
    lines = text.splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("     … blank")
    assert lines[3].endswith("needle")
    beginning = results_text(found("needle " + "blank " * 50, (0, 6)), FOLDER, Screen(width=60)).splitlines()
    assert beginning[2].startswith("     needle")
    assert beginning[3].endswith(" …")


def test_no_line_is_wider_than_the_screen() -> None:
    facets = {
        "kind": (("pdf", 1_234_567), ("text", 2)),
        "department": (("A department of a very long name indeed", 3), ("日本語の部署" * 5, 1)),
        "person": (("Mona Lind", 1),),
        "tag": tuple((f"tag {number}", 20 - number) for number in range(12)),
        "year": (("2026", 4),),
    }
    for width in (40, 60, 100):
        text = results_text(
            found("word " * 60, (0, 4), facets=facets), FOLDER, Screen(colour=True, width=width)
        )
        assert max(cells(bare(line)) for line in text.splitlines()) <= width
        assert "1,234,567  pdf" in text
        assert "4 more" in text  # of twelve tags eight are shown


def test_how_a_link_is_and_its_site() -> None:
    link = ITEM._replace(kind=Kind.LINK, url="https://www.example.org/a")
    moved = Health(LinkState.MOVED, NOW, 301, "https://example.com/\x1b[2J", 0)
    gone = Health(LinkState.GONE, NOW, 404, "", 3, NOW - timedelta(days=9))
    badges = {
        "": None, "  moved to https://example.com/\ufffd[2J": moved, "  gone since 2025-12-24": gone,
        "  sign-in": Health(LinkState.SIGN_IN), "  refused": Health(LinkState.REFUSED),
    }  # fmt: skip
    for badge, health in badges.items():
        answer = SearchResults("q", 1, 1.0, (Result(1, 1.0, link._replace(health=health), None, "", ()),))
        assert (
            results_text(answer, FOLDER, Screen()).splitlines()[2] == f"     https://www.example.org/a{badge}"
        )
    assert (
        result_object(Result(1, 1.0, link, None, "", ())).items()
        >= {
            "site": "example.org",
            "health": {
                "state": "unchecked",
                "checked": None,
                "status": None,
                "moved_to": None,
                "failures": 0,
            },
        }.items()
    )
    assert result_object(Result(1, 1.0, link._replace(health=gone), None, "", ()))["health"] == {
        "state": "gone", "checked": "2026-01-02T12:00:00Z", "status": 404, "moved_to": None, "failures": 3,
    }  # fmt: skip
    assert "health" not in results_object(found())["results"][0]  # type: ignore[index]


def test_facets_are_objects_in_json() -> None:
    answer = results_object(found(facets={"kind": (("pdf", 3), ("text", 2))}), facets=True)
    assert answer["facets"] == {
        "kind": {"pdf": 3, "text": 2},
        "department": {},
        "person": {},
        "tag": {},
        "year": {},
    }
    assert "facets" not in results_object(found())


def test_what_is_said_above_and_below() -> None:
    text = results_text(found(relaxed=True, complete=False, suggestion="needles"), FOLDER, Screen())
    assert text.startswith(
        "Did you mean needles?\nNo item has all of these words. These have some of them, the best answers first:\n\n  1  Title\n"
    )
    assert text.endswith("only the most frequent were used\n")
    nothing = SearchResults("q", 0, 1.0, (), suggestion="evil\x1b[2J")
    assert results_text(nothing, FOLDER, Screen()) == "No results\nDid you mean evil\ufffd[2J?\n"
