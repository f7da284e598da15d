"""The whole rows of a damaged catalogue are kept; the others are reported and read again."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue, Wanted, facts
from indexer.catalogue.salvage import salvage
from indexer.errors import Damaged, Reason, StateError
from indexer.model.items import Extract, ItemId, Kind, Link, Passage, RelPath, Stamp
from indexer.model.readings import Reading, pack_passages
from indexer.terms.postings import pack

INDEX, FIRST_PASS_DONE = facts.text("index"), facts.flag("first_pass_done")
FORMER = Path(__file__).parent.parent / "cases" / "catalogue-7.zip"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LINKS = Extract(
    links=(Link("https://example.org/a", "A"), Link("https://example.org/b", "B")), is_link_list=True
)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A catalogue of six files, one of them a list of two links, one removed, one forgotten, one that failed."""
    made = Catalogue(tmp_path / "catalogue.db")
    with made.writing():
        for name in ("a", "b", "gone", "secret"):
            add(
                made,
                name,
                Reading(name, f"{name}:1", Extract(), pack_passages([Passage(name)]), pack([name])),
            )
        add(made, "list", Reading("list", "list:1", LINKS, pack_passages([]), pack([])))
        add(made, "bad", Reading("bad", failure=(Reason.DAMAGED, "broken")))
        made.files.remove(made.files.at(RelPath("gone.txt")), NOW)
        made.files.forget(made.files.at(RelPath("secret.txt"))[0], NOW)
        made.pictures.add("a", [1])
        made.facts.set(INDEX, "index-3")
        made.facts.set(FIRST_PASS_DONE, True)
        made.problems.tell("page", ["one", "two"])
    made.close()
    yield tmp_path / "catalogue.db"


def add(catalogue: Catalogue, name: str, reading: Reading) -> ItemId:
    stamp = Stamp(len(name), int(NOW.timestamp()) * 10**9 - 10**15, 1, hash(name))
    where = RelPath(f"{name}.txt")
    item_id = catalogue.files.add(where, stamp, Kind.TEXT, NOW, first_pass=False, priority=1)
    assert catalogue.readings.record(Wanted(item_id, where, stamp, 1), reading, NOW)
    return item_id


def damage(path: Path, statement: str) -> None:
    """Change a row behind the back of what keeps its checksum."""
    other = sqlite3.connect(path)
    triggers = other.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        other.execute(f"DROP TRIGGER {name}")
    other.execute(statement)
    for _, sql in triggers:
        other.execute(sql)
    other.commit()
    other.close()


def mended(path: Path) -> Catalogue:
    new = path.with_name("new.db")
    salvage(path, new, 3, left_behind=(FIRST_PASS_DONE,))
    made = Catalogue(new)
    made.check()
    return made


def paths(catalogue: Catalogue) -> list[str]:
    return sorted(item.url or item.path for item, _, _ in catalogue.items.live())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET value = 'index-9' WHERE key = 'index'",
        "UPDATE items SET title = 'other' WHERE path = CAST('a.txt' AS BLOB)",
        "UPDATE items SET want = NULL, seq = 3 WHERE path = CAST('b.txt' AS BLOB)",
        "UPDATE texts SET passages = x'00' WHERE key = 'a:1'",
        "DELETE FROM texts WHERE key = 'a:1'",
        "DELETE FROM items WHERE path = CAST('list.txt' AS BLOB) AND parent IS NULL",
        "UPDATE failures SET detail = 'other'",
        "UPDATE scans SET page = 2",
        "UPDATE problems SET what = 'other' WHERE number = 1",
        "CREATE TABLE more (a)",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 200",
    ],
)
def test_what_was_changed_is_found(path: Path, statement: str) -> None:
    Catalogue(path).check()
    damage(path, statement)
    with pytest.raises(Damaged):
        Catalogue(path).check()
    mended(path).close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE items SET title = 'other' WHERE path = CAST('a.txt' AS BLOB)",
        "UPDATE texts SET passages = x'00' WHERE key = 'a:1'",
        "DELETE FROM texts WHERE key = 'a:1'",
    ],
)
def test_what_was_changed_is_no_answer(path: Path, statement: str) -> None:
    damage(path, statement)
    reader = Catalogue(path, readonly=True)
    with pytest.raises(Damaged, match="indexer scan"):
        list(reader.items.live())
    with pytest.raises(Damaged, match="indexer scan"):
        list(reader.log.entries_since(0, 100))
    reader.close()


def test_damage_to_the_schema_is_told_in_one_line(path: Path) -> None:
    raw = path.read_bytes()
    assert raw.count(b"CREATE TABLE items (") == 1
    path.write_bytes(raw.replace(b"CREATE TABLE items (", b"CREATE TABLE items '"))
    with pytest.raises(Damaged, match="indexer scan") as failure:
        Catalogue(path, readonly=True).items.count()
    assert "\n" not in str(failure.value)
    assert len(str(failure.value)) < 250


def test_a_row_that_was_changed_is_never_written_back_as_if_it_were_whole(path: Path) -> None:
    damage(path, "UPDATE items SET title = 'other' WHERE path = CAST('a.txt' AS BLOB)")
    writer = Catalogue(path)
    with pytest.raises(Damaged):
        writer.queue.want(writer.files.at(RelPath("a.txt"))[0], 1)
    writer.close()


def test_all_is_kept_where_all_is_whole(path: Path) -> None:
    before = Catalogue(path)
    made = mended(path)
    assert paths(made) == paths(before)
    assert {i.path: i.added for i, _, _ in made.items.live()} == {
        i.path: i.added for i, _, _ in before.items.live()
    }
    assert made.failures.told(everything=True) == before.failures.told(everything=True)
    assert made.files.known() == before.files.known()
    assert made.facts.get(INDEX) == "index-3"
    assert not made.facts.get(FIRST_PASS_DONE)
    assert made.problems.told(of_daemon=True) == ["one", "two"]
    assert made.queue.count() == 0
    assert (made.log.seq, made.log.epoch != before.log.epoch) == (before.log.seq, True)
    before.close()
    made.close()


@pytest.mark.parametrize("bad", ["zz", "0" * 17, "0123456789ABCDEF", "<script>0123456"])
def test_an_item_whose_id_is_none_is_found_and_left_behind(path: Path, bad: str) -> None:
    made = Catalogue(path)
    with made.writing():
        stamp = Stamp(1, 1, 1, 99)
        made.files.add(
            RelPath("x.txt"), stamp, Kind.TEXT, NOW, first_pass=False, priority=1, adopted=(ItemId(bad), NOW)
        )
    made.close()
    with pytest.raises(Damaged, match="an id that is none"):
        Catalogue(path).check()
    made = mended(path)
    assert "x.txt" not in paths(made)
    assert "a.txt" in paths(made)
    made.close()


def test_a_lost_text_is_read_again_and_nothing_else(path: Path) -> None:
    damage(path, "UPDATE texts SET terms = x'00' WHERE key = 'a:1'")
    made = mended(path)
    assert [wanted.path for wanted in made.queue.next(9)] == ["a.txt"]
    assert paths(made) == [
        "a.txt",
        "b.txt",
        "bad.txt",
        "https://example.org/a",
        "https://example.org/b",
        "list.txt",
    ]
    made.close()


def test_a_lost_item_may_have_been_of_any_file_and_what_was_forgotten_stays_so(path: Path) -> None:
    damage(path, "UPDATE items SET note = 'other' WHERE url LIKE '%/b'")
    made = mended(path)
    assert sorted(wanted.path for wanted in made.queue.next(9)) == ["a.txt", "b.txt", "bad.txt", "list.txt"]
    assert made.files.known()[RelPath("secret.txt")].forgotten
    assert "https://example.org/b" not in paths(made)
    made.close()


def test_links_of_a_lost_file_come_back_with_it_alone(path: Path) -> None:
    damage(path, "DELETE FROM items WHERE path = CAST('list.txt' AS BLOB) AND parent IS NULL")
    made = mended(path)
    assert paths(made) == ["a.txt", "b.txt", "bad.txt"]
    made.close()


def test_problems_of_a_former_database_are_kept_and_nothing_is_read_again(tmp_path: Path) -> None:
    with zipfile.ZipFile(FORMER) as archive:
        former = Path(archive.extract("catalogue.db", tmp_path))
    made = mended(former)
    assert "the drive failed" in made.problems.told(of_daemon=True)
    assert len(made.problems.told(of_daemon=False)) == 5
    assert (made.items.count(), made.queue.count()) == (6, 0)
    made.close()


def test_nothing_at_all_can_be_read(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StateError):
        Catalogue(path)
    made = mended(path)
    assert paths(made) == []
    made.close()
