"""The catalogue keeps its promises: the log, moves, texts, links, failures, forgetting."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue, Wanted, database, facts, readings, schema
from indexer.catalogue.failures import LONGEST_DETAIL
from indexer.errors import Damaged, Reason, StateError
from indexer.model.items import Extract, ItemId, Kind, Link, Passage, RelPath, Stamp
from indexer.model.readings import Reading, pack_passages
from indexer.terms.postings import pack

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORMER = Path(__file__).parent.parent / "cases" / "catalogue-7.zip"
STAMP = Stamp(100, int(NOW.timestamp()) * 10**9 - 10**15, 1, 42)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path / "catalogue.db")
    yield opened
    opened.close()


def text(words: str, digest: str = "d1", **about: object) -> Reading:
    extract = Extract(**about)  # type: ignore[arg-type]
    return Reading(digest, digest + ":text1", extract, pack_passages([Passage(words)]), pack([words]))


def drop(catalogue: Catalogue, path: str, reading: Reading, stamp: Stamp = STAMP) -> ItemId:
    item_id = catalogue.files.add(RelPath(path), stamp, Kind.TEXT, NOW, first_pass=False, priority=1)
    assert catalogue.readings.record(Wanted(item_id, RelPath(path), stamp, 1), reading, NOW)
    return item_id


def test_each_change_has_the_next_number(catalogue: Catalogue) -> None:
    a = drop(catalogue, "a.txt", text("one"))
    b = drop(catalogue, "b.txt", text("two", "d2"))
    assert [(e.seq, e.id) for e in catalogue.log.entries_since(0, 10)] == [(1, a), (2, b)]
    catalogue.files.move(a, RelPath("c/a.txt"), STAMP, Kind.TEXT)
    catalogue.files.remove([b], NOW)
    entries = list(catalogue.log.entries_since(2, 10))
    assert [(e.seq, e.id, e.item.path if e.item else None) for e in entries] == [
        (3, a, "c/a.txt"),
        (4, b, None),
    ]


def test_a_move_keeps_id_text_and_a_title_of_its_own(catalogue: Catalogue) -> None:
    a = drop(catalogue, "old name.txt", text("one"))
    b = drop(catalogue, "b.txt", text("two", "d2", title="Given"))
    catalogue.files.move(a, RelPath("new name.txt"), STAMP, Kind.TEXT)
    catalogue.files.move(b, RelPath("x.txt"), STAMP, Kind.TEXT)
    items = catalogue.items.get([a, b])
    assert (items[a].title, items[b].title) == ("new name", "Given")
    found = catalogue.texts.of_item(a)
    assert found
    assert found.passages == (Passage("one"),)


def test_equal_contents_share_one_text(catalogue: Catalogue) -> None:
    drop(catalogue, "a.txt", text("one", author="Sales office"))
    assert catalogue.texts.keys_of_size(100) == ["d1:text1"]
    b = drop(catalogue, "b.txt", Reading("d1", "d1:text1"), Stamp(100, 5, 5, 43))
    assert catalogue.items.get([b])[b].author == "Sales office"
    assert catalogue.texts.of_item(b)


def test_a_result_for_a_file_that_changed_since_says_nothing(catalogue: Catalogue) -> None:
    a = catalogue.files.add(RelPath("a"), STAMP, Kind.TEXT, NOW, first_pass=False, priority=1)
    catalogue.files.change(a, Stamp(7, 7, 7, 7), Kind.TEXT, NOW, 1)
    assert not catalogue.readings.record(Wanted(a, RelPath("a"), STAMP, 1), text("old"), NOW)
    assert [w.id for w in catalogue.queue.next(5)] == [a]


def test_list_of_links(catalogue: Catalogue) -> None:
    links = (
        Link("https://example.org/a", "A"),
        Link("https://example.org/b", "B"),
        Link(None, "bad", refused="script"),
    )
    a = drop(catalogue, "Links.txt", text("", links=links, is_link_list=True))
    entries = [e.item for e in catalogue.log.entries_since(0, 10) if e.item]
    assert sorted((i.kind, i.title, i.url) for i in entries if i.is_list_entry) == [
        ("link", "A", "https://example.org/a"), ("link", "B", "https://example.org/b"), ("link", "bad", None),
    ]  # fmt: skip
    assert [(f.path, f.reason) for f in catalogue.failures.told(everything=False)] == [
        ("Links.txt", Reason.REFUSED)
    ]
    later = Stamp(90, STAMP.mtime_ns + 1, 2, 42)
    catalogue.files.change(a, later, Kind.TEXT, NOW, 1)
    before = catalogue.log.seq
    fewer = text("", "d2", links=(links[0], Link("https://example.org/b", "B, better")), is_link_list=True)
    catalogue.readings.record(Wanted(a, RelPath("Links.txt"), later, 1), fewer, NOW)
    changed = {e.item.title if e.item else "gone" for e in catalogue.log.entries_since(before, 10)}
    assert changed == {"Links", "B, better", "gone"}  # the link that stayed as it was is not told again


def test_links_go_and_come_back_with_their_file(catalogue: Catalogue) -> None:
    links = (Link("https://example.org/a", "A"), Link("https://example.org/b", "B"))
    a = drop(catalogue, "Links.txt", text("", links=links, is_link_list=True))
    assert catalogue.files.remove([a], NOW) == 3
    assert catalogue.items.count() == 0
    catalogue.files.move(a, RelPath("Sales/Links.txt"), STAMP, Kind.TEXT)
    assert {i.path for i, _, _ in catalogue.items.live()} == {"Sales/Links.txt"}
    assert catalogue.items.count() == 3


def test_what_a_library_says_is_one_line(catalogue: Catalogue) -> None:
    drop(
        catalogue,
        "a.odt",
        Reading("d1", failure=(Reason.DAMAGED, "not whole\n (line 1,\tcolumn 2)\n" + "x" * 9999)),
    )
    (failure,) = catalogue.failures.told(everything=True)
    assert failure.detail.startswith("not whole (line 1, column 2) xxx")
    assert len(failure.detail) == LONGEST_DETAIL


def test_passing_failure_keeps_the_old_text_and_is_tried_again(catalogue: Catalogue) -> None:
    a = drop(catalogue, "a.txt", text("one"))
    catalogue.queue.want(a, 2)
    catalogue.readings.record(
        Wanted(a, RelPath("a.txt"), STAMP, 2), Reading(failure=(Reason.LOCKED, "in use")), NOW
    )
    assert catalogue.texts.of_item(a)
    (failure,) = catalogue.failures.told(everything=False)
    assert failure.next_try == NOW + timedelta(seconds=10)
    assert catalogue.queue.want_due(NOW + timedelta(seconds=11), 3) == 1
    catalogue.readings.record(
        Wanted(a, RelPath("a.txt"), STAMP, 2), Reading("d9", failure=(Reason.DAMAGED, "broken")), NOW
    )
    assert catalogue.texts.of_item(a) is None
    (failure,) = catalogue.failures.told(everything=False)
    assert (failure.reason, failure.tries, failure.next_try) == (Reason.DAMAGED, 2, None)


def test_what_was_left_out_of_a_text_is_told_and_no_news(catalogue: Catalogue) -> None:
    a = drop(catalogue, "a.txt", text("one", truncated="only half of it"))
    assert catalogue.failures.told(everything=False) == []
    (failure,) = catalogue.failures.told(everything=True)
    assert (failure.path, failure.reason, failure.detail) == ("a.txt", Reason.TRUNCATED, "only half of it")
    assert failure.next_try is None
    assert catalogue.items.get([a])[a].truncated == "only half of it"
    (entry,) = catalogue.log.entries_since(0, 10)
    assert entry.item
    assert entry.item.truncated == "only half of it"
    b = drop(
        catalogue, "b.txt", Reading("d1", "d1:text1"), Stamp(100, 5, 5, 43)
    )  # known already: nothing is read
    assert catalogue.items.get([b])[b].truncated == "only half of it"
    later = Stamp(90, STAMP.mtime_ns + 1, 2, 42)
    catalogue.files.change(a, later, Kind.TEXT, NOW, 1)
    catalogue.readings.record(Wanted(a, RelPath("a.txt"), later, 1), text("all", "d2"), NOW)
    assert [failure.path for failure in catalogue.failures.told(everything=True)] == ["b.txt"]
    assert catalogue.items.get([a])[a].truncated == ""


def test_each_mail_of_a_mailbox_tells_what_was_left_out_of_it(catalogue: Catalogue) -> None:
    whole, half = text("one"), text("two", truncated="only half of it")
    messages = tuple(
        mail._replace(text_key=f"d9:mbox1#{number}") for number, mail in enumerate((whole, half))
    )
    drop(
        catalogue,
        "a.mbox",
        Reading("d9", "d9:mbox1", Extract(), pack_passages(()), pack([]), messages=messages),
    )
    told = [entry.item.truncated for entry in catalogue.log.entries_since(0, 10) if entry.item]
    assert sorted(told) == ["", "", "only half of it"]


def test_forgetting_leaves_nothing_of_the_text(catalogue: Catalogue, tmp_path: Path) -> None:
    a = drop(
        catalogue, "a.txt", text("", links=(Link("https://example.org/zebra", "Zebra"),), is_link_list=True)
    )
    with catalogue.writing():
        catalogue.files.forget(a, NOW)
    catalogue.flush()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ebra" not in raw
    assert catalogue.files.known()[RelPath("a.txt")].forgotten
    catalogue.files.change(a, Stamp(5, 5, 5, 5), Kind.TEXT, NOW, 1)
    assert [w.id for w in catalogue.queue.next(5)] == [a]


def test_first_pass_dates_and_no_future(catalogue: Catalogue) -> None:
    a = catalogue.files.add(RelPath("a"), STAMP, Kind.TEXT, NOW, first_pass=True, priority=1)
    future = Stamp(1, int(NOW.timestamp() + 10**6) * 10**9, 1, 1)
    b = catalogue.files.add(RelPath("b"), future, Kind.TEXT, NOW, first_pass=False, priority=1)
    items = catalogue.items.get([a, b])
    assert items[a].added == items[a].modified == items[a].date
    assert items[b].modified == items[b].added == NOW


def test_removed_texts_stay_a_while_and_then_go(catalogue: Catalogue) -> None:
    a = drop(catalogue, "a.txt", text("one"))
    catalogue.files.remove([a], NOW)
    catalogue.log.purge(NOW - timedelta(days=30), catalogue.log.seq)
    assert catalogue.texts.has("d1:text1")
    catalogue.log.purge(NOW + timedelta(days=1), catalogue.log.seq)
    assert not catalogue.texts.has("d1:text1")
    assert catalogue.files.alike(STAMP) == []


def test_undecodable_paths_come_back_as_they_were(catalogue: Catalogue) -> None:
    path = RelPath("Sales/caf\udce9 \U0001f600.txt")
    catalogue.files.add(path, STAMP, Kind.TEXT, NOW, first_pass=False, priority=1)
    assert list(catalogue.files.known()) == [path]
    assert [i for i in catalogue.files.at(RelPath("Sales"))]


def test_everything_in_one_transaction_or_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(RuntimeError), catalogue.writing():
        catalogue.files.add(RelPath("a"), STAMP, Kind.TEXT, NOW, first_pass=False, priority=1)
        raise RuntimeError
    assert catalogue.files.known() == {}


def test_a_reader_sees_what_a_writer_committed(catalogue: Catalogue, tmp_path: Path) -> None:
    reader = Catalogue(tmp_path / "catalogue.db", readonly=True)
    drop(catalogue, "a.txt", text("one"))
    assert reader.items.count() == 1
    with pytest.raises(Exception, match="readonly|read-only|attempt to write"):
        reader.facts.set(facts.text("x"), "y")
    reader.close()


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "catalogue.db")
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StateError, match="restart"):
        Catalogue(tmp_path / "catalogue.db")


def test_an_older_database_becomes_the_present_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(database, "MIGRATIONS", schema.MIGRATIONS[:6])
        older = database.connect(tmp_path / "catalogue.db", readonly=False)
        for number, path in enumerate(
            ("Plan.txt", "Plan (conflicted copy 2026-11-20 091244).txt", "hurt.txt")
        ):
            older.execute(
                "INSERT INTO items (id, path, kind, size, mtime_ns, ctime_ns, file_id, modified, added, seq)"
                " VALUES (?, ?, 'text', 1, 1, 1, '1', 1, 1, ?)",
                (f"{number:016x}", path.encode(), number + 1),
            )
        older.execute("DROP TRIGGER items_changed")
        older.execute("UPDATE items SET title = 'hurt' WHERE path = ?", (b"hurt.txt",))
        older.execute("UPDATE meta SET value = '3' WHERE key = 'seq'")
        older.execute("CREATE TRIGGER items_changed AFTER DELETE ON items BEGIN SELECT 1; END")
        older.close()
    catalogue = Catalogue(tmp_path / "catalogue.db")
    plan, copy, hurt = (ItemId(f"{number:016x}") for number in range(3))
    assert catalogue.files.conflicts() == [("Plan (conflicted copy 2026-11-20 091244).txt", "Plan.txt")]
    assert catalogue.items.get([plan, copy])[copy].conflict_of == "Plan.txt"
    with pytest.raises(Damaged):  # what was damaged before is no better for it
        catalogue.items.get([hurt])
    catalogue.close()


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """A catalogue as version 7 of the tables wrote it, with problems of all sorts; it read again what is in `Mail_problems`."""
    with zipfile.ZipFile(FORMER) as archive:
        return Path(archive.extract("catalogue.db", tmp_path))


OF_DAEMON = ["the drive failed", "unexpected failure: ValueError: one line", "and a second one"]
OF_OTHERS = [
    "_index is somebody else's",
    "synonyms: line 3 can't be understood",
    "page.scope: there is no '!Salary', so nothing is left out of the page by it: is it spelled right?",
    ".indexignore, line 2 ('[!'): a bracket is not closed; it counts for nothing",
    ".indexignore, line 3 ('*[z-'): the bracket at '[z-' is not closed; it counts for nothing",
]


def test_problems_that_were_facts_become_rows_of_their_own(former: Path) -> None:
    catalogue = Catalogue(former)
    assert catalogue.problems.told(of_daemon=True) == [*OF_DAEMON, *OF_OTHERS]
    assert catalogue.problems.told(of_daemon=False) == OF_OTHERS
    assert catalogue.problems.are_told("purge", OF_DAEMON[1:], of_daemon=True)
    assert catalogue.problems.are_told("publish", [])  # a page that fails is told of by its follower now
    kept = {key for (key,) in catalogue._db.execute("SELECT key FROM meta WHERE key GLOB '*_problems'")}
    assert kept == {"control Mail_problems"}  # a fact of its own, which is no problem
    assert (catalogue.log.seq, catalogue.items.count(), catalogue.queue.count()) == (6, 6, 0)
    catalogue.check()
    catalogue.close()


def test_a_former_database_is_left_alone_by_who_only_reads(former: Path) -> None:
    before = former.read_bytes()
    with pytest.raises(StateError, match="restart"):
        Catalogue(former, readonly=True)
    assert former.read_bytes() == before


def test_a_damaged_problem_of_a_former_database_is_found(former: Path) -> None:
    other = sqlite3.connect(former)
    other.execute("DELETE FROM meta WHERE key = 'page_problems'")
    other.execute("DROP TRIGGER meta_added")
    other.execute("INSERT INTO meta (key, value, checked) VALUES ('page_problems', 'changed', 1)")
    other.execute("CREATE TRIGGER meta_added AFTER DELETE ON meta BEGIN SELECT 1; END")
    other.commit()
    other.close()
    catalogue = Catalogue(former)
    assert "changed" not in catalogue.problems.told(of_daemon=True)
    with pytest.raises(Damaged, match="a row of its meta"):
        catalogue.check()
    catalogue.close()


def test_what_one_tells_takes_the_place_of_what_it_told(catalogue: Catalogue) -> None:
    problems = catalogue.problems
    problems.tell("page", ["one\ntwo", "", "three"])
    problems.tell("page", ["of the daemon"], of_daemon=True)
    problems.tell("scope", ["misspelled"])
    assert problems.told(of_daemon=True) == ["of the daemon", "one", "two", "three", "misspelled"]
    assert problems.are_told("page", ["one", "two", "three"])
    assert not problems.are_told("page", ["one", "two"])
    problems.tell("page", ["four"])
    assert problems.told(of_daemon=False) == ["four", "misspelled"]
    problems.clear_of_daemon()
    problems.tell("page", [])
    assert problems.told(of_daemon=True) == ["misspelled"]


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (facts.text("a"), "one\ntwo"),
        (facts.number("b"), 7),
        (facts.number_or_none("c"), 0),
        (facts.flag("d"), True),
        (facts.moment("e"), NOW + timedelta(microseconds=1)),
        (facts.lines("f"), ("one", "two")),
    ],
    ids=lambda value: value.key if isinstance(value, facts.Fact) else "",
)
def test_a_fact_comes_back_as_the_value_it_was(
    catalogue: Catalogue, fact: facts.Fact[object], value: object
) -> None:
    assert catalogue.facts.get(fact) == fact.default
    catalogue.facts.set(fact, value)
    assert catalogue.facts.get(fact) == value
    catalogue.facts.set(fact, fact.default)
    assert catalogue.facts.get(fact) == fact.default


def test_a_fact_that_is_none_is_damage(catalogue: Catalogue) -> None:
    catalogue.facts.set(facts.text("count"), "many")
    with pytest.raises(Damaged, match="'count'"):
        catalogue.facts.get(facts.number("count"))


def test_what_a_file_costs_does_not_grow_with_others_of_like_names(catalogue: Catalogue) -> None:
    def steps(first: int, behind: int) -> int:
        """Return how much SQLite does to record some files."""
        done: list[None] = []
        catalogue._db.set_progress_handler(lambda: done.append(None), 10)
        for number in range(first, behind):
            drop(catalogue, f"a.{number}", text("one"))
        catalogue._db.set_progress_handler(None, 10)
        return len(done)

    few = steps(0, 20)
    with catalogue.writing():
        for number in range(20, 2000):
            drop(catalogue, f"a.{number}", text("one"))
    assert steps(2000, 2020) < 2 * few


def test_a_conflict_copy_comes_and_goes_with_its_file(catalogue: Catalogue) -> None:
    copy = drop(catalogue, "a.sync-conflict-20261120-091244-ABCDEFG.txt", text("one"))

    def said() -> tuple[str | None, int]:
        (entry,) = [e for e in catalogue.log.entries_since(0, 10) if e.id == copy]
        assert entry.item
        return entry.item.conflict_of, entry.seq

    assert said() == (None, 1)
    a = drop(catalogue, "a.txt", text("two", "d2"))
    assert said() == ("a.txt", 3)
    catalogue.files.move(a, RelPath("b.txt"), STAMP, Kind.TEXT)
    assert said() == (None, 5)
    catalogue.files.move(copy, RelPath("b.sync-conflict-20261120-091244-ABCDEFG.txt"), STAMP, Kind.TEXT)
    assert said() == ("b.txt", 6)
    catalogue.files.remove([a], NOW)
    assert said() == (None, 8)


def test_lists_beyond_the_most_links_there_may_be_are_found_by_their_files(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "MOST_LINKS", 3)

    def links_of(number: int) -> Reading:
        links = tuple(Link(f"https://example.org/{number}/{n}", "A") for n in range(2))
        return text("", f"d{number}", links=links, is_link_list=True)

    first, second = (drop(catalogue, f"{number}.txt", links_of(number)) for number in range(2))
    assert catalogue.items.count_kinds() == {"link": 2, "text": 2}
    assert catalogue.readings.count_lists_left_out() == 1
    assert catalogue.items.get([second])[second].hyperlinks == (
        "https://example.org/1/0 A",
        "https://example.org/1/1 A",
    )
    catalogue.files.remove([first], NOW)
    catalogue.queue.want_due(NOW + timedelta(days=1, seconds=1), 1)
    (wanted,) = catalogue.queue.next(10)
    assert catalogue.readings.record(wanted, links_of(1), NOW)
    assert catalogue.items.count_kinds() == {"link": 2, "text": 1}
    assert catalogue.readings.count_lists_left_out() == 0


def test_no_database_at_all(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(StateError):
        Catalogue(tmp_path / "catalogue.db")
