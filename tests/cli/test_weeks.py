"""A week as text for a terminal and as JSON."""

from __future__ import annotations

import json

from indexer.cli.output import as_json
from indexer.cli.weeks import digest_object, digest_text
from tests.page.test_weeks import HOSTILE
from tests.page.weeks import EMPTY, FULL, attack


def test_the_object_has_everything() -> None:
    said = json.loads(as_json(digest_object(FULL)))
    assert (said["schema"], said["week"], said["begin"], said["end"]) == (
        1, "2026-W47", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z",
    )  # fmt: skip
    purchasing = said["departments"][0]
    assert (purchasing["department"], purchasing["more"], len(purchasing["items"])) == ("Purchasing", 7, 4)
    item = purchasing["items"][0]
    assert item["path"] == "Purchasing/Tariffs/EU steel safeguard 2026.pdf"
    assert [(note["by"], note["level"]) for note in item["notes"]] == [
        ("Ann Lee", "critical"),
        ("Ben Okafor", "watch"),
    ]
    assert item["marks"] == {"useful": 4, "outdated": 0, "wrong": 0}
    assert said["found"][0]["matches"] == list(FULL.found[0].matches)
    assert said["open"][1]["state"] == "reopened"
    assert said["answered"][0]["answers"][0]["by"] == "Quality lab"
    assert [link["moved_to"] for link in said["links"]] == [
        None,
        "https://www.example.org/standards/en-10204",
    ]
    assert said["rising"][0] == {
        "topic": "steel tariff",
        "now": 6,
        "before": 1.25,
        "departments": ["Purchasing", "Sales"],
    }
    assert said["people"][0] == {"name": "Ann Lee", "n": 5, "paths": []}


def test_an_empty_week() -> None:
    said = digest_object(EMPTY)
    assert (said["departments"], said["open"]) == ([], [])
    assert "Nothing new came" in digest_text(EMPTY, 72)


def test_no_text_steers_the_terminal() -> None:
    for first in range(len(HOSTILE)):
        week = attack([HOSTILE[(first + n) % len(HOSTILE)] for n in range(14)])
        text = digest_text(week, 72)
        assert all(char.isprintable() or char == "\n" for char in text), [
            char for char in text if not char.isprintable()
        ]
        json.loads(as_json(digest_object(week)))


def test_lines_fit() -> None:
    for line in digest_text(FULL, 60).splitlines():
        assert len(line) <= 60 or "/" in line
