"""Which addresses does the folder hold? As the catalogue and what commands wrote since say, and what is really there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.app import holdings
from indexer.app.holdings import WRITTEN, Holdings, Place, open_holdings
from indexer.catalogue import Catalogue
from indexer.errors import UserError
from indexer.model.items import Extract, Kind, Link, Passage, RelPath, Stamp
from indexer.model.links import Health, LinkMemory, LinkState
from indexer.model.readings import Reading, pack_passages
from indexer.state.lock import in_turn
from indexer.state.places import DATABASE
from indexer.terms import postings

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ONE = "https://one.example/x"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("folder", "state"):
        (tmp_path / name).mkdir()
    return tmp_path / "folder"


@pytest.fixture
def catalogue(folder: Path) -> Iterator[Catalogue]:
    made = Catalogue(folder.parent / "state" / DATABASE)
    yield made
    made.close()


def put(folder: Path, path: str) -> RelPath:
    (folder / path).touch()
    return RelPath(path)


def read(catalogue: Catalogue, path: RelPath, *links: Link) -> None:
    with catalogue.writing():
        stamp = Stamp(1, 1, 1, hash(path) & 0xFFFF)
        catalogue.files.add(path, stamp, Kind.LINK, NOW, first_pass=False, priority=1)
        (wanted,) = catalogue.queue.next(10)
        about = Extract(links=links, is_link=len(links) == 1, is_link_list=len(links) > 1)
        catalogue.readings.record(wanted, Reading(path, f"{path}:x", about, b"", b"", kind=Kind.LINK), NOW)


def held(folder: Path, url: str) -> list[Place]:
    with open_holdings(folder, folder.parent / "state") as found:
        return found.of(url)


def test_what_was_written_is_held_until_the_catalogue_knows_better(
    folder: Path, catalogue: Catalogue
) -> None:
    path = put(folder, "a.url")
    with open_holdings(folder, folder.parent / "state") as found:
        found.add(ONE, path)
        assert found.of(f"{ONE}/?utm_source=y") == [Place(path)]
    assert held(folder, ONE) == [Place(path)]
    read(catalogue, path, Link("https://other.example/"))  # somebody changed it
    assert held(folder, ONE) == []
    assert held(folder, "https://other.example") == [Place(path)]
    (folder / path).unlink()
    assert held(folder, "https://other.example") == []


def test_lists_come_after_files_of_their_own(folder: Path, catalogue: Catalogue) -> None:
    read(catalogue, put(folder, "a.md"), Link(f"{ONE}?utm_source=z"), Link("https://two.example/"))
    read(catalogue, put(folder, "b.url"), Link(ONE))
    assert held(folder, ONE) == [Place(RelPath("b.url")), Place(RelPath("a.md"), f"{ONE}?utm_source=z")]


def test_a_link_that_leads_to_an_address_holds_it(folder: Path, catalogue: Catalogue) -> None:
    read(catalogue, put(folder, "old.url"), Link("https://one.example/old"))
    (due,) = catalogue.links.due(NOW, 10)
    passages = pack_passages([Passage("an article")])
    reading = Reading("t", "t:x", Extract(), passages, postings.pack(["an article"]))
    with catalogue.writing():
        memory = LinkMemory(Health(LinkState.MOVED, NOW, 200, ONE))
        catalogue.links.record(due, memory, reading, is_seen=True)
    assert held(folder, ONE) == [Place(RelPath("old.url"))]


def test_a_large_file_loses_what_the_catalogue_knows(
    folder: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "_LARGE", 10)
    known, news = put(folder, "a.url"), put(folder, "b.url")
    with open_holdings(folder, folder.parent / "state") as found:
        for path in (known, news, RelPath("gone.url")):
            found.add(f"{ONE}{path}", path)
    read(catalogue, known, Link(f"{ONE}{known}"))
    file = folder.parent / "state" / WRITTEN
    with file.open("a") as opened:
        opened.write("nonsense\n[1, 2, 3]\n")
    assert held(folder, f"{ONE}{news}") == [Place(news)]
    assert len(file.read_text().splitlines()) == 1
    monkeypatch.setattr(holdings, "_MOST_BYTES", 10)
    assert held(folder, f"{ONE}{news}") == []  # begun anew
    assert file.read_text() == ""


def test_one_command_at_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "_WAIT_S", 0.05)
    with in_turn(folder.parent / "state", "links", 1.0), pytest.raises(UserError, match="try again"):
        held(folder, ONE)
    assert isinstance(Holdings(folder, folder.parent / "state", None).of(ONE), list)
