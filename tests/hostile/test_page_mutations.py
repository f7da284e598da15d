"""Whatever somebody writes into the data of the page, with sums that are right: the next publish ends with our own page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from indexer.model.items import ItemId, RelPath
from indexer.page.datafile import MemoryFiles
from indexer.page.entry import PageEntry, Row
from indexer.page.making import make
from indexer.page.segments import Standing
from indexer.page.update import State, Update
from indexer.page.writer import DataFiles
from tests.hostile.forging import Forger
from tests.page.decoded import decoded, folds
from tests.page.test_publishing import NOW, Folder, entry_of

MUTATIONS = int(os.environ.get("INDEXER_TEST_MUTATIONS", "2000"))
PARTS, WHOLE = 4, 30
DECODED = 0.1
"""Pages of which every word is compared; of the others, what is shown of each item."""
TEXTLESS = ItemId(f"{9:016x}")


@dataclass
class Held(MemoryFiles):
    """Data files in memory, as a publisher needs them."""

    raw: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    def is_whole(self, name: str) -> bool:
        return name in self.raw


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A page with everything in it: several segments, an open one, dead items, copies, facts, links, notes, a blank row."""
    folder = Folder(tmp_path_factory.mktemp("good") / "folder")
    one = entry_of(2, "a text that two have")
    folder.publish(
        folder.wanted.put(
            *(entry_of(n, f"text {n} of steel pumps") for n in range(6)),
            entry_of(8, ""),
            replace(one, item=one.item._replace(hyperlinks=("https://example.org/a some words",))),
        )
    )
    folder.publish(
        folder.wanted.put(
            *(entry_of(20 + n, f"more {n}") for n in range(4)), entry_of(2, "a text that two have")
        )
    )
    folder.publish(folder.wanted.put(entry_of(30, "a text that two have"), entry_of(0, "another text zero")))
    link = entry_of(31, "")
    folder.publish(
        folder.wanted.put(
            replace(
                link, item=link.item._replace(url="https://example.org/", note="a note", is_list_entry=True)
            )
        )
    )
    three = folder.wanted.there[ItemId(f"{4:016x}")]
    folder.publish(
        folder.wanted.put(
            replace(three, item=three.item._replace(online_only=True, conflict_of=RelPath("b.txt")))
        )
    )
    del folder.wanted.there[ItemId(f"{6:016x}")]
    folder.publish([ItemId(f"{6:016x}")])
    return folder


def said(files: Any, head: str) -> tuple[dict[int, dict[str, object]], dict[int, int]]:
    """What a page says of its items, but for a text that this machine lacks."""
    found = decoded(files, head)
    for name in ("text", "keys", "ranking"):
        found[int(TEXTLESS, 16)].pop(name)
    return found, folds(files, head)


def rows_of(state: State) -> dict[str, Row]:
    """What a state shows of its items."""
    return {row.id: replace(row, text=-1, place=0) for row in state.edition.rows()}


def raw_of(state: State, files: Held) -> bytes:
    """Everything in the files of a state, but for what no item shows: dead items, and texts of them."""
    whole = [segment for segment in state.edition.segments if segment.standing is Standing.WHOLE]
    names = {name for segment in whole for name in segment.file_names() if name[0] != "t"}
    return b"".join(files.raw[name] for name in {state.head, *names})


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """What the catalogue gives for the same items is made once: it never changes here."""
    known: dict[tuple[ItemId, ...], Any] = {}

    def make_once(files: Any, parts: Any, entries: Iterable[PageEntry] = (), **more: Any) -> Any:
        if parts:
            return make(files, parts, entries, **more)
        entries = list(entries)
        ids = tuple(entry.item.id for entry in entries)
        if ids not in known:
            known[ids] = make(files, [], entries, **more)
        return known[ids]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.page.checking.make", make_once)
        yield


def mutated(good: Folder, seeds: Iterable[int]) -> Iterator[tuple[str, Forger]]:
    """Yield pages with one to three things changed, and what was."""
    whole = Forger.of(good.directory)
    for seed in seeds:
        forger = whole.copy(seed)
        yield f"{seed}: {[forger.mutate() for _ in range(1 + seed % 3)]}", forger


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_changed_the_page_is_what_the_catalogue_gives(good: Folder, part: int) -> None:
    fresh = Held()
    now = int(NOW.timestamp())
    state = Update(cast(DataFiles, fresh), good.wanted, now, 65_536).run(("", ""), None)
    expected, rows = said(fresh, state.head), rows_of(state)
    kept = 0
    for what, forger in mutated(good, range(part, MUTATIONS, PARTS)):
        files = Held(forger.raw)
        state = Update(cast(DataFiles, files), good.wanted, now, 65_536).run((forger.head, ""), None)
        assert rows_of(state) == rows, what
        assert b"evil" not in raw_of(state, files), what
        if forger.chance.random() < DECODED:
            got = said(files, state.head)
            assert got[0] == expected[0], what
            assert expected[1].items() <= got[1].items(), what
        kept += not state.is_disowned
    assert 0 < kept < MUTATIONS / PARTS


def test_a_good_page_is_taken_as_it_is(good: Folder) -> None:
    files = Held(Forger.of(good.directory).raw)
    update = Update(cast(DataFiles, files), good.wanted, int(good.now.timestamp()), 65_536)
    there = set(files.raw)
    state = update.run((good.heads[0], ""), None)
    assert state.head == good.heads[0]
    assert set(files.raw) == there
    assert not state.is_disowned
    assert all(state.standings.values())


def test_whole_publishes_leave_nothing_of_it_in_the_folder(good: Folder, tmp_path: Path) -> None:
    for what, forger in mutated(good, range(WHOLE)):
        folder = Folder(tmp_path / what.partition(":")[0])
        folder.wanted, folder.now = good.wanted, good.now
        shutil.copytree(good.path, folder.path, dirs_exist_ok=True)
        forger.write(folder.directory, before=good.heads[0])
        folder.publish(None)
        assert said(folder.files, folder.heads[0]) == said(good.files, good.heads[0]) or folder.said(), what
        assert b"evil" not in (folder.path / "index.html").read_bytes(), what
        assert not folder.publish(None, minutes=0).files, what
