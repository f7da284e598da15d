"""A week is told once, on its day, and again without what leaves the page."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from indexer.daemon.telling import WeekTeller
from indexer.pipeline.team_told import TeamTold
from tests.team.folders import TeamFolder, team_folder

LETTER = "The steel tariff is passed on: prices rise by 25 percent in December, say the suppliers of pipes."


def digests(team: TeamFolder) -> dict[str, str]:
    place = team.folder / "_index" / "digest"
    return (
        {path.name: _text(path.read_bytes(), path.suffix) for path in sorted(place.iterdir())}
        if place.exists()
        else {}
    )


def _text(content: bytes, suffix: str) -> str:
    if suffix != ".eml":
        return content.decode()
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")


def test_the_last_full_week_is_told_once_on_its_day(tmp_path: Path) -> None:
    with team_folder(tmp_path) as team:
        team.write(
            {
                "Sales/Letter.txt": LETTER,
                "Sales/Letter.txt.note.ann.md": "---\nlevel: act\n---\nTell the customers.",
            }
        )
        team.write({"Questions/q.md": "What rises?"})
        teller = WeekTeller(team.pipeline)
        teller.tell()
        assert digests(team) == {}  # the week is not over
        team.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        team.write({"Sales/Later.txt": "Of the next week."})
        teller.tell()
        made = digests(team)
        assert sorted(made) == ["2026-W47.eml", "2026-W47.html"]
        for said in ("Letter", "Tell the customers.", "What rises?"):
            assert said in made["2026-W47.html"] and said in made["2026-W47.eml"], said
        assert "Later" not in made["2026-W47.html"]
        feed = (team.folder / "_index" / "feed.xml").read_text("utf-8")
        assert "2026-W47" in feed or "47" in feed
        team.write({"Sales/Letter.txt.note.bo.md": "Of the next week, too."})
        teller.tell()
        assert digests(team) == made


@pytest.mark.parametrize("how", ["removed", "forgotten"])
def test_a_digest_is_made_again_without_what_leaves_the_page(tmp_path: Path, how: str) -> None:
    with team_folder(tmp_path) as team:
        team.write({"Sales/Letter.txt": LETTER, "Sales/Other.txt": "Pumps of steel."})
        team.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        team.write({})
        WeekTeller(team.pipeline).tell()
        assert "Letter" in digests(team)["2026-W47.html"]
        if how == "removed":
            team.write({"Sales/Letter.txt": None})
        else:
            team.pipeline.forget(team.pipeline.catalogue.files.at("Sales/Letter.txt"))  # type: ignore[arg-type]
        for name, text in digests(team).items():
            assert "Letter" not in text and "passed on" not in text, name
            assert "Other" in text
        assert "Letter" not in (team.folder / "_index" / "feed.xml").read_text("utf-8")


def test_the_page_leads_to_the_last_digest(tmp_path: Path) -> None:
    with team_folder(tmp_path) as team:
        team.write({"Sales/Letter.txt": LETTER})
        team.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        team.write({})
        assert team.pipeline.page and not team.pipeline.page.is_behind
        WeekTeller(team.pipeline).tell()
        assert team.pipeline.page.is_behind
        team.pipeline.publish()
        assert not team.pipeline.page.is_behind
        assert TeamTold(team.pipeline.catalogue, team.settings).data(team.now).known["week"] == "2026-W47"
