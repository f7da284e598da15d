"""Publishing: whatever changed in whatever order, the page says what one made from nothing says, and little is written."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from indexer.model.items import Item, ItemId, Kind, Passage, RelPath
from indexer.page import merges, update
from indexer.page.belonging import Location
from indexer.page.datafile import unscript
from indexer.page.dates import published_dates
from indexer.page.edition import Edition
from indexer.page.entry import PageEntry
from indexer.page.indexed import IndexedItems
from indexer.page.pace import Extent
from indexer.page.render import Page as HtmlPage
from indexer.page.site import Site, Written
from indexer.page.views import HOME, Options, View
from indexer.page.writer import DataFiles, heads
from indexer.terms.postings import pack
from indexer.terms.weighing import item_terms
from tests.page.decoded import decoded, folds

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
WORDS = "steel tariff pump seal glycol flange offer price audit résumé 2027 running tests".split()


def entry_of(number: int, text: str, **facts: object) -> PageEntry:
    moment = NOW - timedelta(hours=number % 5000)
    item = Item(
        id=ItemId(f"{number + 1:016x}"), path=RelPath(f"Sales/Offers {number % 3}/file {number}.txt"), kind=Kind.TEXT,
        title=f"File {number}", author="Ann" if number % 4 else "", tags=("a", "b")[: number % 3], note="", url=None,
        size=len(text), modified=moment, added=moment, digest=f"{hash(text):x}",
    )  # fmt: skip
    item = item._replace(**facts)  # type: ignore[arg-type]
    return PageEntry(
        item,
        f"key {text}" if text else "",
        item_terms(item, pack([text]) if text else b""),
        (Passage(text),) if text else (),
    )


def without_text(entry: PageEntry, item: Item) -> PageEntry:
    return replace(entry, item=item, source="", terms=item_terms(item, b""), passages=())


@dataclass
class Wanted:
    """What should be on the page."""

    indexed: ClassVar[IndexedItems] = IndexedItems()
    there: dict[ItemId, PageEntry] = field(default_factory=dict)
    unread: dict[ItemId, RelPath] = field(default_factory=dict)

    def items(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        return ((entry.item, entry.source) for entry in self.entries(self.there if ids is None else ids))

    def untold(self) -> dict[ItemId, RelPath]:
        return self.unread

    def entries(self, ids: Iterable[ItemId], *, may_be_indexed: bool = False) -> Iterator[PageEntry]:
        return (self.there[one] for one in ids if one in self.there)

    def put(self, *entries: PageEntry) -> list[ItemId]:
        self.there |= {entry.item.id: entry for entry in entries}
        return [entry.item.id for entry in entries]


class Folder:
    """A folder with a page, published again and again."""

    def __init__(self, path: Path) -> None:
        self.path, self.wanted, self.memory, self.now = path, Wanted(), "", NOW
        path.mkdir(exist_ok=True)
        self.site = Site(path)

    @property
    def directory(self) -> Path:
        return self.path / "_index"

    @property
    def files(self) -> DataFiles:
        return DataFiles(self.directory)

    @property
    def heads(self) -> tuple[str, str]:
        return heads(Location(self.path / "index.html", self.directory))

    def publish(
        self, changed: list[ItemId] | None, *, minutes: int = 1, extent: Extent = Extent.WHOLE
    ) -> Written:
        self.now += timedelta(minutes=minutes)
        options = Options("Team", self.now, extent=extent)
        delivery = self.site.publish(self.wanted, changed, self.memory, options)
        self.memory = delivery.memory
        return delivery

    def said(self) -> dict[int, dict[str, object]]:
        return decoded(self.files, self.heads[0])

    def raw(self) -> bytes:
        """Everything that any data file says."""
        return b"\n".join(unscript(path.read_bytes())[1] for path in self.directory.glob("[a-oq-z]-*.js"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small numbers, so that a short history meets every rule."""
    monkeypatch.setattr(update, "AT_ONCE_ITEMS", 12)
    monkeypatch.setattr(merges, "LARGE_ITEMS", 24)
    monkeypatch.setattr(merges, "OPEN_CHANGES", 3)
    monkeypatch.setattr(update, "OPEN_CHANGES", 3)
    monkeypatch.setattr("indexer.page.making.BATCH_ITEMS", 7)
    monkeypatch.setattr("indexer.page.making.INLINE_ITEMS", 6)
    monkeypatch.setattr("indexer.page.segments.PER_ABOUT", 5)
    monkeypatch.setattr("indexer.page.making.PER_ABOUT", 5)
    monkeypatch.setattr("indexer.page.making.SHARD_BYTES", 200)
    monkeypatch.setattr("indexer.page.making.TEXT_BYTES", 200)
    monkeypatch.setattr("indexer.page.making.FULL_TEXT_BYTES", 150)


def text_of(chance: random.Random, number: int) -> str:
    return " ".join(
        [*chance.choices(WORDS, k=chance.randrange(1, 30)), f"only{number}x{chance.randrange(10**6)}"]
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(6))
def test_any_history_ends_where_a_page_made_from_nothing_is(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = Folder(tmp_path / "folder")
    folder.publish(
        folder.wanted.put(*(entry_of(n, text_of(chance, n)) for n in range(chance.choice([0, 4, 40]))))
    )
    serial = 100
    for step in range(60):
        changed: list[ItemId] = []
        removed: list[str] = []
        for _ in range(chance.choice([1, 1, 1, 2, 12])):
            there = list(folder.wanted.there)
            what = chance.random() if there else 0.0
            if what < 0.4:
                serial += 1
                text = text_of(chance, serial)
                if there and chance.random() < 0.2:  # a copy
                    text = folder.wanted.there[chance.choice(there)].passages[0].text
                changed += folder.wanted.put(entry_of(serial, text))
            elif what < 0.7:
                item_id = chance.choice(there)
                changed += folder.wanted.put(entry_of(int(item_id, 16) - 1, text_of(chance, 0)))
            else:
                item_id = chance.choice(there)
                removed.append(folder.wanted.there.pop(item_id).passages[0].text.split()[-1])
                changed.append(item_id)
        everything = chance.random() < 0.1
        folder.publish(
            None if everything else changed, extent=chance.choice([Extent.DUE] * 4 + [Extent.WHOLE])
        )
        said = folder.said()
        assert said.keys() == {int(item_id, 16) for item_id in folder.wanted.there}
        assert len(said) == Edition.read(folder.files, folder.heads[0]).head["items"]
        if folder.heads[1]:  # whoever has the state before sees it whole
            decoded(folder.files, folder.heads[1])
        if step % 10 == 9:
            assert_as_from_nothing(folder, tmp_path / f"fresh {step}")
            assert folder.publish(None, minutes=0).files.keys() <= {"index.html"}
    last = Edition.read(folder.files, folder.heads[0])
    large = [s for s in last.segments if len(last.live(s)) > 24]
    assert len(large) <= 2
    assert len(last.segments) < 16


def assert_as_from_nothing(folder: Folder, other: Path) -> None:
    fresh = Folder(other)
    fresh.wanted = folder.wanted
    fresh.now = folder.now
    fresh.publish(None, minutes=0)
    assert folder.said() == fresh.said()
    ours, theirs = folds(folder.files, folder.heads[0]), folds(fresh.files, fresh.heads[0])
    assert all(ours.get(ident) == fold for ident, fold in theirs.items())
    states = [Edition.read(one.files, one.heads[0]) for one in (folder, fresh)]
    facts = [state.head for state in states]
    newest = [[one.row.date for one in state.newest(20)] for state in states]
    assert newest[0] == newest[1] == sorted(newest[0], reverse=True)
    homes = [{name: value for name, value in one["home"].items() if name != "newest"} for one in facts]
    assert homes[0] == homes[1]
    assert [facts[0][name] for name in ("items", "length", "languages")] == [
        facts[1][name] for name in ("items", "length", "languages")
    ]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("count", [2, 10, 60])
def test_text_of_what_was_removed_is_shown_nowhere_at_once_and_gone_within_a_day(
    tmp_path: Path, count: int
) -> None:
    chance = random.Random(count)
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, text_of(chance, n)) for n in range(count))))
    for n in range(8):
        folder.publish(folder.wanted.put(entry_of(500 + n, text_of(chance, n))), extent=Extent.DUE)
    secret = entry_of(1, "zebrasecret on the second page", title="Zebratitle")
    beside = (entry_of(550 + n, text_of(chance, n)) for n in range(3))
    folder.publish(folder.wanted.put(secret, *beside), extent=Extent.DUE)
    if count > 12:  # let it sink into a large segment
        folder.publish(
            folder.wanted.put(*(entry_of(600 + n, text_of(chance, n)) for n in range(30))), extent=Extent.DUE
        )
    for n in range(3):
        folder.publish(folder.wanted.put(entry_of(700 + n, text_of(chance, n))), extent=Extent.DUE)
    assert b"zebrasecret" in folder.raw()
    del folder.wanted.there[secret.item.id]
    folder.publish([secret.item.id], extent=Extent.DUE)
    shown = b"\n".join(
        unscript(path.read_bytes())[1] for letter in "at" for path in folder.directory.glob(f"{letter}-*.js")
    )
    assert b"zebra" not in shown.lower() + (folder.path / "index.html").read_bytes().lower()
    if not any("since" in one.root for one in Edition.read(folder.files, folder.heads[0]).segments):
        assert b"zebra" not in folder.raw()
    folder.publish(folder.wanted.put(entry_of(900, "the next day")), minutes=21 * 60, extent=Extent.DUE)
    folder.publish(folder.wanted.put(entry_of(901, "and then")), minutes=1, extent=Extent.DUE)
    said = [str(one) for one in folder.said().values()]
    assert not any("zebra" in one for one in said)
    assert b"zebra" not in b"\n".join(
        folder.files.get(name)
        for segment in Edition.read(folder.files, folder.heads[0]).segments
        for name in segment.file_names()
    )


@pytest.mark.usefixtures("small")
def test_what_must_go_at_once_is_gone_from_every_file(tmp_path: Path) -> None:
    chance = random.Random(5)
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, text_of(chance, n)) for n in range(60))))
    folder.publish(folder.wanted.put(entry_of(7, "zebra secret")))
    folder.publish(folder.wanted.put(entry_of(7, "harmless")))
    del folder.wanted.there[ItemId(f"{8:016x}")]
    folder.publish(None, extent=Extent.AT_ONCE)
    assert b"zebra" not in folder.raw()


@pytest.mark.usefixtures("small")
def test_made_anew_it_says_the_same_in_one_segment(tmp_path: Path) -> None:
    chance = random.Random(6)
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, text_of(chance, n)) for n in range(40))))
    for n in range(20):
        folder.publish(folder.wanted.put(entry_of(n % 7, text_of(chance, n))))
    expected = folder.said()
    folder.publish(None, extent=Extent.ANEW)
    assert folder.said() == expected
    assert len(Edition.read(folder.files, folder.heads[0]).segments) == 1


def test_what_is_superseded_stays_for_a_day(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    for n in range(12):
        folder.publish(folder.wanted.put(entry_of(n, f"text {n}")))
    there = {path.name for path in folder.directory.iterdir()}
    folder.publish(folder.wanted.put(entry_of(20, "more")), minutes=23 * 60)
    assert there <= {path.name for path in folder.directory.iterdir()}
    folder.publish(folder.wanted.put(entry_of(21, "more yet")), minutes=2 * 60)
    left = {path.name for path in folder.directory.glob("h-*.js")}
    assert len(left) <= 3, "heads of yesterday are gone"


def test_a_machine_without_memory_writes_nothing_where_nothing_differs(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, f"text {n}") for n in range(100))))
    for n in range(5):
        folder.publish(folder.wanted.put(entry_of(200 + n, f"more {n}")))
    folder.memory, folder.site = "", Site(folder.path)
    assert set(folder.publish(None).files) <= {"index.html", "head.js"}, "the state before may be anybody's"
    folder.memory, folder.site = "", Site(folder.path)
    folder.wanted.there.pop(ItemId(f"{3:016x}"))
    folder.wanted.put(entry_of(300, "one more"))
    delivery = folder.publish(None)
    assert len(delivery.files.keys() - delivery.for_removed.keys()) <= 6
    assert int("3", 16) not in folder.said()


def test_what_was_not_read_yet_stays_on_the_page(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, f"text {n}") for n in range(5))))
    waiting = folder.wanted.there.pop(ItemId(f"{2:016x}"))
    folder.wanted.unread[waiting.item.id] = waiting.item.path
    folder.memory = ""
    folder.publish(None)
    assert len(folder.said()) == 5


@pytest.mark.parametrize("case", ["online only", "no text", "moved"])
def test_an_entry_is_never_replaced_by_a_poorer_one(tmp_path: Path, case: str) -> None:
    folder = Folder(tmp_path / "folder")
    rich = entry_of(1, "a scan whose words were recognised", title="Its own title", author="Ann")
    folder.publish(folder.wanted.put(rich, *(entry_of(n, f"text {n}") for n in range(5, 9))))
    poor = without_text(rich, rich.item)
    if case == "online only":
        bare = rich.item._replace(digest="", title="file 1", author="", tags=(), online_only=True)
        poor = replace(poor, item=bare)
    if case == "moved":
        poor = replace(poor, item=rich.item._replace(path=RelPath("Elsewhere/renamed.txt")))
    folder.wanted.put(poor)
    folder.memory = ""
    folder.publish(None)
    said = folder.said()[2]
    assert said["text"] == [("a scan whose words were recognised", 0)]
    assert b"recognised" in said["keys"]  # type: ignore[operator]
    row = said["row"]
    assert isinstance(row, dict)
    assert row["t"] == "Its own title"
    assert row["p"] == poor.item.path
    assert folder.publish([poor.item.id], minutes=0).files == {}
    folder.wanted.put(without_text(rich, rich.item._replace(digest="changed")))
    folder.publish([rich.item.id])
    assert folder.said()[2]["text"] is None, "another content is another matter"


def test_the_article_behind_a_link_stays_though_nobody_knows_here_where_it_leads(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    link = entry_of(
        1, "an article", kind=Kind.LINK, url="https://one.example/old", fold_with="u:https://one.example/new"
    )
    folder.publish(folder.wanted.put(link, entry_of(2, "text")))
    poor = without_text(link, link.item._replace(fold_with=""))
    folder.wanted.put(poor)
    folder.memory = ""
    folder.publish(None)
    assert folder.said()[2]["text"] == [("an article", 0)]
    edition = Edition.read(folder.files, folder.heads[0])
    (spot,) = edition.find({2}).values()
    assert int(spot.segment.names.contents[spot.item]) == poor.item.content_number
    assert folder.publish([poor.item.id], minutes=0).files == {}
    folder.wanted.put(without_text(link, link.item._replace(url="https://one.example/other", fold_with="")))
    folder.publish([link.item.id])
    assert folder.said()[2]["text"] is None, "another address is another matter"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(4))
def test_what_somebody_changed_or_deleted_is_found_and_mended(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, text_of(chance, n)) for n in range(40))))
    for n in range(9):
        folder.publish(folder.wanted.put(entry_of(100 + n, text_of(chance, n))))
        if n % 3 == 0:
            gone = chance.choice(list(folder.wanted.there))
            del folder.wanted.there[gone]
            folder.publish([gone])
    expected = folder.said()
    needed = sorted(
        {name for s in Edition.read(folder.files, folder.heads[0]).segments for name in s.file_names()}
        | {folder.heads[0]}
    )
    for name in chance.sample(needed, k=chance.randrange(1, 4)):
        path = folder.directory / f"{name}.js"
        if chance.random() < 0.5:
            path.unlink()
        else:
            path.write_bytes(b"alert(1)//" + path.read_bytes())
    folder.site = Site(folder.path)
    delivery = folder.publish([], minutes=120)
    assert delivery.is_repaired
    assert folder.said() == expected
    assert b"alert" not in b"".join(
        path.read_bytes() for path in folder.directory.glob("*-*.js") if path.name[0] != "p"
    )
    assert not folder.publish([], minutes=120).is_repaired


def test_a_page_that_somebody_put_a_script_into_is_written_anew(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(entry_of(1, "text")))
    page = folder.path / "index.html"
    ours = page.read_bytes()
    page.write_bytes(
        ours.replace(b"</head>", b'<meta name="progid" content="x"><!-- a service\'s --></head>')
    )
    assert not folder.publish([], minutes=120).is_repaired, "what sync services put in is no tampering"
    page.write_bytes(ours.replace(b"</body>", b"<script>alert(1)</script></body>"))
    assert folder.publish([], minutes=120).is_repaired
    assert b"alert(1)" not in page.read_bytes()


def test_dates_and_ids_come_from_the_page_that_is_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    folder.publish(folder.wanted.put(*(entry_of(n, f"text {n}") for n in range(30))))
    found = published_dates(folder.path).files
    assert found == {
        entry.item.path: (entry.item.id, entry.item.added) for entry in folder.wanted.there.values()
    }
    assert not published_dates(tmp_path).files


def test_of_many_items_of_one_date_the_newest_are_the_first_by_path(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    moment = NOW - timedelta(days=3)
    entries = [entry_of(n, f"steel {n}", modified=moment, added=moment) for n in range(400)]
    folder.publish(folder.wanted.put(*entries))
    shown = [one.row.id for one in Edition.read(folder.files, folder.heads[0]).newest(20)]
    assert shown == [entry.item.id for entry in sorted(entries, key=lambda e: e.item.path.encode())[:20]]


def test_no_file_grows_with_the_texts_of_few_large_items(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    words = [f"w{number:x}" for number in range(40_000)]
    folder.publish(folder.wanted.put(*(entry_of(n, " ".join(words * 2)) for n in range(6))))
    assert (
        max(len(folder.files.get(path.stem)) for path in folder.directory.glob("[a-oq-z]-*.js")) < 4_000_000
    )
    assert len(str(folder.said()[1]["keys"])) > 400_000
    folder.memory, folder.site = "", Site(folder.path)
    assert set(folder.publish(None).files) <= {"index.html", "head.js"}


def test_a_further_html_file_is_one_more_view(tmp_path: Path) -> None:
    def week(
        edition: Edition, directory: str, options: Options, files: Mapping[str, bytes] | None
    ) -> HtmlPage:
        return HOME.make(edition, directory, replace(options, title="This week"), files)

    folder = Folder(tmp_path / "folder")
    folder.site = Site(folder.site.folder, (HOME, View("week.html", week, HOME.shows)))
    file = folder.directory / "week.html"
    secret = entry_of(1, "text", title="Secret title")
    folder.publish(folder.wanted.put(secret, entry_of(2, "text")), extent=Extent.DUE)
    assert b"This week" in file.read_bytes()
    assert b"Secret title" in file.read_bytes()
    assert b"This week" not in (folder.site.folder / "index.html").read_bytes()

    folder.wanted.there.pop(secret.item.id)
    assert "week.html" in folder.publish([secret.item.id], minutes=1, extent=Extent.DUE).files
    assert b"Secret title" not in file.read_bytes()
    assert folder.publish([], minutes=1, extent=Extent.DUE).files == {}

    before = file.read_bytes()
    file.write_bytes(before.replace(b"<main", b"<script>alert(1)</script><main"))
    assert folder.publish([], minutes=120, extent=Extent.DUE).is_repaired
    assert b"alert(1)" not in file.read_bytes()
    folder.site.is_damaged(folder.memory, int(folder.now.timestamp()))
    file.unlink()
    folder.now += timedelta(hours=2)
    assert folder.site.is_damaged(folder.memory, int(folder.now.timestamp()))
    folder.publish([], minutes=1)
    assert b"This week" in file.read_bytes()

    (folder.directory / "mine.html").write_text("<p>somebody's own")
    folder.site = Site(folder.site.folder)
    folder.publish([], minutes=1)
    assert not file.exists()
    assert (folder.directory / "mine.html").exists()


def test_a_page_of_the_format_before_gives_ids_and_dates_and_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    entries = [entry_of(n, f"text {n}") for n in range(5)]
    monkeypatch.setattr(update, "FORMAT", 3)
    folder.publish(folder.wanted.put(*entries))
    monkeypatch.undo()
    told = published_dates(tmp_path).files
    assert told == {entry.item.path: (entry.item.id, entry.item.added) for entry in entries}
    folder.publish(None)
    assert {row.path for row in Edition.read(folder.files, folder.heads[0]).rows()} == told.keys()
