"""What the page is told of the team lies in files of its own: little is written, nothing stays of what was removed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from indexer.app import building
from indexer.model.items import ItemId
from indexer.model.team import TeamData
from indexer.page import told, valid
from indexer.page.datafile import MemoryFiles, contain, pointer, uncontain
from indexer.page.pace import Extent
from indexer.page.site import Site, Written
from indexer.page.views import Options
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from tests.page.test_publishing import Folder, entry_of

ITEM = f"{1:016x}"
BOARD = {"questions": [{"id": ITEM, "p": "Questions/Why.md", "q": "Why?"}], "lost": []}
KNOWN = {"topics": [{"t": "steel", "n": [["Sales", 2]]}], "people": [["Ann", 2]]}
ACROSS = {ITEM: [["Purchasing", 1, [["a.txt", "A"]]]], "f" * 16: [["Sales", 1, []]]}
ALL = TeamData(BOARD, KNOWN, ACROSS)


class Team(Folder):
    """A folder whose page is told something."""

    team = TeamData()

    def publish(
        self, changed: list[ItemId] | None, *, minutes: int = 1, extent: Extent = Extent.DUE
    ) -> Written:
        self.now = self.now.fromtimestamp(self.now.timestamp() + 60 * minutes, self.now.tzinfo)
        options = Options("Team", self.now, extent=extent, team=self.team)
        written = self.site.publish(self.wanted, changed, self.memory, options)
        self.memory = written.memory
        return written

    @property
    def head(self) -> dict[str, Any]:
        return uncontain(self.files.get(self.heads[0]))[0]

    def names(self) -> set[str]:
        return {path.stem for letter in told.LETTERS for path in self.directory.glob(f"{letter}-*.js")}


@pytest.fixture
def folder(tmp_path: Path) -> Team:
    made = Team(tmp_path / "folder")
    made.wanted.put(*(entry_of(n, f"text {n}") for n in range(5)))
    made.publish(None, extent=Extent.WHOLE)
    return made


def sorts(written: Written) -> set[str]:
    return {name[0] for name in written.files if name != "head.js"}


def test_nothing_to_tell_is_not_told(folder: Team) -> None:
    assert "team" not in folder.head
    assert folder.names() == set()
    assert "data-board" not in (folder.path / "index.html").read_text("utf-8")[:300]


def test_only_what_differs_is_written(folder: Team) -> None:
    folder.team = ALL
    assert sorts(folder.publish([])) == {"q", "k", "x", "h"}
    assert set(told.names_in(folder.head)) == folder.names()
    assert len(folder.names()) == 4  # a file a digit that an id begins with
    assert folder.publish([]).files == {}
    folder.team = ALL._replace(board={"questions": [{**BOARD["questions"][0], "s": "answered"}]})
    assert sorts(folder.publish([])) == {"q", "h"}
    folder.team = folder.team._replace(across={**ACROSS, "0" * 15 + "2": [["HR", 1, []]]})
    assert sorts(folder.publish([])) == {"x", "h"}
    folder.memory, folder.site = "", Site(folder.path)
    assert set(folder.publish(None, extent=Extent.WHOLE).files) <= {"index.html", "head.js"}
    folder.team = TeamData()
    assert sorts(folder.publish([])) == {"h"}
    assert "team" not in folder.head


def test_what_is_superseded_stays_for_a_day_and_no_longer_if_something_was_removed(folder: Team) -> None:
    folder.team = ALL
    folder.publish([])
    first = folder.names()
    folder.team = ALL._replace(board={"questions": [{**BOARD["questions"][0], "q": "Who?"}]})
    folder.publish([])
    assert first < folder.names()
    gone = folder.wanted.there.popitem()[0]
    folder.team = ALL._replace(board={})
    folder.publish([gone])
    assert folder.names() == set(told.names_in(folder.head))
    assert b"Why?" not in folder.raw()
    assert b"Who?" not in folder.raw()


def test_what_somebody_changed_or_took_away_is_mended(folder: Team) -> None:
    folder.team = ALL
    folder.publish([], extent=Extent.WHOLE)
    name = next(name for name in folder.names() if name[0] == told.KNOWN)
    file = folder.directory / f"{name}.js"
    before = file.read_bytes()
    assert folder.site.is_whole(folder.memory)
    for content in (b"", before.replace(b"F(", b"G("), None):
        file.unlink() if content is None else file.write_bytes(content)
        assert not folder.site.is_whole(folder.memory)
        folder.publish([], minutes=120)
        assert file.read_bytes() == before


HOSTILE: list[object] = [
    [], "q", {"board": 1}, {"board": "k-0123456789abcdef"}, {"known": "../../etc"}, {"across": {"0": "x"}},
    {"across": ["q-0123456789abcdef"]}, {"across": ["x-0123456789abcdef"] * 17}, {"board": "q-0123456789ABCDEF"},
]  # fmt: skip


@pytest.mark.parametrize("said", HOSTILE)
def test_a_head_that_names_other_things_is_none(said: object) -> None:
    with pytest.raises(ValueError, match="not "):
        valid.head_of({"written": 0, "segments": [], "team": said}, [])


def test_what_somebody_else_tells_is_replaced(folder: Team) -> None:
    folder.team = ALL
    folder.publish([])
    raw = folder.files.get(folder.heads[0])
    facts, blobs = uncontain(raw)
    theirs = folder.files.put("q", json.dumps({"questions": [{"q": "Buy now", "p": "x"}]}).encode())
    facts.pop("blobs")
    head = folder.files.put("h", contain({**facts, "team": {"board": theirs}}, blobs))
    (folder.directory / "head.js").write_bytes(pointer(head, ""))
    folder.publish([], minutes=120, extent=Extent.WHOLE)
    assert set(told.names_in(folder.head)) <= folder.names()
    assert theirs not in set(told.names_in(folder.head))


def test_it_is_bounded() -> None:
    files = MemoryFiles()
    many = {"questions": [{"q": str(n)} for n in range(9_999)], "lost": [["a", "b"]] * 999}
    known = {"topics": [{}] * 99, "experts": {str(n): [] for n in range(9_999)}, "new": {"since": 1, "n": []}}
    across: dict[str, object] = {f"a{n:015x}": [] for n in range(20_100)}
    said = told.put(files, TeamData(many, known, across))
    board, known = json.loads(files.get(said["board"])), json.loads(files.get(said["known"]))
    assert [len(board["questions"]), len(board["lost"])] == [500, 50]
    assert [len(known["topics"]), len(known["experts"]), known["new"]] == [50, 2_000, {"since": 1, "n": []}]
    assert files.get(said["across"][10]).count(b"\n") == 20_000


def test_a_note_on_a_long_item_costs_little(tmp_path: Path) -> None:
    folder = tmp_path / "Team"
    (folder / "Sales").mkdir(parents=True)
    chance = random.Random(1)
    (folder / "Sales/long.txt").write_text(" ".join(f"word{chance.randrange(20_000)}" for _ in range(40_000)))
    settings = Settings(state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        page = pipeline.page
        assert page
        pipeline.run_pass()
        assert sum(path.stat().st_size for path in (folder / "_index").glob("r-*.js")) > 20_000
        for name, text in (("note.ann.md", "A note."), ("mark.useful.ann", ""), ("note.bo.md", "Another.")):
            (folder / f"Sales/long.txt.{name}").write_text(text)
            before = {path: path.read_bytes() for path in (folder / "_index").iterdir()}
            pipeline.run_pass()
            written = [
                path for path in (folder / "_index").iterdir() if before.get(path) != path.read_bytes()
            ]
            assert 0 < sum(path.stat().st_size for path in written) < 20_000, name
