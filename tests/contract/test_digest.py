"""`indexer digest`: what it prints, what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from .conftest import Indexer


def test_a_week_is_printed(indexer: Indexer) -> None:
    (indexer.folder / "Sales").mkdir()
    (indexer.folder / "Sales" / "Offer\u202epumps.txt").write_text("The price holds until March.\n", "utf-8")
    (indexer.folder / "Sales" / "Offer\u202epumps.txt.note.ann.md").write_text(
        "---\nlevel: act\n---\nOrder before the new tariff.\n", "utf-8"
    )
    indexer.scan()
    year, week, _ = datetime.now(UTC).isocalendar()
    now = f"{year}-W{week:02}"
    text = indexer.ok("digest")
    assert "Sales (1 new)" in text
    assert "◐ Act · ann, " in text
    assert "Order before the new tariff." in text
    assert "\u202e" not in text
    said = json.loads(indexer.ok("digest", "--week", now.lower(), "--json"))
    assert said["week"] == now
    assert said["departments"][0]["items"][0]["notes"][0]["level"] == "act"
    assert "Nothing new came" in indexer.ok("digest", "--week", "2001-W07")
    for wrong in ("2001-W54", "soon", "2001", "9999-W52", "0000-W01"):
        assert wrong in indexer.refused("digest", "--week", wrong)
