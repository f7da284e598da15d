"""Every follower of the log keeps the same promises, and one that fails holds up no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.app import building
from indexer.catalogue.facts import EPOCH
from indexer.errors import Damaged, StateError
from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.index.search_index import SearchIndex
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.log import Change, Follower, Place
from indexer.model.query import SearchRequest
from indexer.pipeline import page_items
from indexer.pipeline.follower_retries import PAUSES_S, Attempts
from indexer.pipeline.followers import Followers
from indexer.pipeline.page_follower import PageFollower
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from indexer.terms import weighing
from indexer.terms.block import IndexedPart
from tests.test_publication import on_page

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
WORDS = ("walrus", "narwhal", "puffin", "lemming")
TEXTS: dict[str, str | bytes] = {"a.txt": "walrus", "b.txt": "narwhal", "Sales/c.txt": "puffin"}


def now() -> datetime:
    return datetime.now(UTC)


class Team:
    """A folder, read into a catalogue that only the follower on trial follows."""

    def __init__(self, folder: Path, pipeline: Pipeline, settings: Settings) -> None:
        self.folder, self.pipeline, self.settings = folder, pipeline, settings

    def look(self) -> None:
        """Have the catalogue say what the folder holds."""
        self.pipeline.look()
        self.pipeline.work_off(None, lambda: None)

    @property
    def end(self) -> Place:
        return Place(self.pipeline.catalogue.log.epoch, self.pipeline.catalogue.log.seq)

    def hand_over(self, follower: Follower) -> bool:
        """Bring a follower up to the log as a new process does; tell whether it took in anything."""
        catalogue = self.pipeline.catalogue
        attempts = Attempts(catalogue, lambda: 0.0)
        return Followers(catalogue, {"follower": follower}, attempts).catch_up(at_once=True)


@pytest.fixture
def team(make_tree: MakeTree, tmp_path: Path) -> Iterator[Team]:
    folder = make_tree(TEXTS)
    settings = replace(
        Settings(), state_dir=tmp_path / "state", extract=ExtractSettings(workers=1, ocr=False)
    )
    places.register(folder, settings)
    silent = replace(settings, page=PageSettings(enabled=False))
    with building.open_pipeline(folder, silent) as pipeline:
        made = Team(folder, pipeline, settings)
        made.look()
        yield made


@dataclass
class OnTrial:
    """A follower with what its readers see."""

    open: Callable[[], Follower]
    """Open it as a new process does."""
    settle: Callable[[Follower], object]
    """Do what makes the last changes visible."""
    shown: Callable[[Follower], set[str]]
    """Return which of WORDS readers find."""
    files: Callable[[], Sequence[Path]]
    """Return what it wrote."""
    said: Callable[[], str]
    """Return everything its files say."""


def found(follower: Follower) -> set[str]:
    assert isinstance(follower, MemoryIndex | WhooshIndex)
    index: SearchIndex = follower
    return {word for word in WORDS if index.search(SearchRequest(parse(word), relax=False)).hits}


def in_memory(_team: Team, _top: Path) -> OnTrial:
    only = MemoryIndex()
    return OnTrial(lambda: only, lambda _: None, found, list, str)


def in_whoosh(_team: Team, top: Path) -> OnTrial:
    directory = top / "other index"

    def said() -> str:
        return "".join(path.read_bytes().decode("latin-1") for path in directory.iterdir())

    return OnTrial(
        lambda: WhooshIndex(directory), lambda _: None, found, lambda: sorted(directory.glob("*.ixs")), said
    )


def on_the_page(team: Team, _top: Path) -> OnTrial:
    def settle(follower: Follower) -> object:
        assert isinstance(follower, PageFollower)
        return follower.publish()

    def shown(_follower: Follower) -> set[str]:
        said = on_page(team.folder)
        return {word for word in WORDS if word in said}

    return OnTrial(
        lambda: PageFollower(team.folder, team.pipeline.catalogue, team.settings, now),
        settle,
        shown,
        lambda: sorted((team.folder / "_index").glob("[!p]-*.js")),
        lambda: on_page(team.folder),
    )


@pytest.fixture(params=[in_memory, in_whoosh, on_the_page], ids=["memory", "whoosh", "page"])
def trial(request: pytest.FixtureRequest, team: Team, tmp_path: Path) -> OnTrial:
    made: OnTrial = request.param(team, tmp_path)
    return made


def take_in(team: Team, trial: OnTrial, follower: Follower) -> set[str]:
    """Hand over what is new; return what is shown then."""
    team.hand_over(follower)
    trial.settle(follower)
    return trial.shown(follower)


def test_a_follower_comes_from_nothing_to_the_end_of_the_log(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    assert follower.place() is None
    assert take_in(team, trial, follower) == {"walrus", "narwhal", "puffin"}
    assert follower.place() == team.end
    assert not team.hand_over(follower)


def test_a_follower_shows_what_changed_and_not_what_is_gone(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    take_in(team, trial, follower)
    (team.folder / "a.txt").write_text("lemming")
    (team.folder / "b.txt").unlink()
    team.look()
    assert take_in(team, trial, follower) == {"lemming", "puffin"}
    assert follower.place() == team.end
    while follower.tidy():
        pass
    assert trial.shown(follower) == {"lemming", "puffin"}
    follower.tidy(thoroughly=True)
    assert trial.shown(follower) == {"lemming", "puffin"}
    assert "narwhal" not in trial.said()
    assert "walrus" not in trial.said()


def test_taking_in_twice_is_taking_in_once(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    catalogue = team.pipeline.catalogue
    changes = [Change(entry, weighing.item_terms) for entry in catalogue.log.entries_since(0, 100)]
    for _ in range(2):
        follower.apply(changes, team.end)
    trial.settle(follower)
    assert trial.shown(follower) == {"walrus", "narwhal", "puffin"}
    assert follower.place() == team.end


def test_the_next_process_goes_on_at_the_place(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    take_in(team, trial, follower)
    follower.close()
    follower = trial.open()
    assert follower.place() == team.end
    assert not team.hand_over(follower)
    (team.folder / "d.txt").write_text("lemming")
    team.look()
    assert take_in(team, trial, follower) == set(WORDS)


def test_a_follower_that_begins_anew_ends_where_it_was(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    take_in(team, trial, follower)
    follower.begin_anew()
    assert follower.place() is None
    assert take_in(team, trial, follower) == {"walrus", "narwhal", "puffin"}
    assert follower.place() == team.end


def test_a_follower_of_another_log_begins_anew(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    take_in(team, trial, follower)
    with team.pipeline.catalogue.writing():
        team.pipeline.catalogue.facts.set(EPOCH, "another")
    assert take_in(team, trial, follower) == {"walrus", "narwhal", "puffin"}
    assert follower.place() == team.end


def test_a_follower_knows_whether_its_files_are_as_it_wrote_them(team: Team, trial: OnTrial) -> None:
    follower = trial.open()
    take_in(team, trial, follower)
    assert follower.is_whole()
    follower.close()
    for path in trial.files()[:1]:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(bytes(raw))
        try:
            assert not trial.open().is_whole()
        except Damaged as error:
            assert path.name in str(error)  # noqa: PT017 - either is a way to tell


# --- several of them ------------------------------------------------------------------------------


class Failing(MemoryIndex):
    """An index that can't be written as long as it has a reason."""

    reason: Exception | None = StateError("the search index can't be written: no room")
    tries = 0

    def apply(self, changes: Sequence[Change], place: Place) -> None:
        self.tries += 1
        if self.reason:
            raise self.reason
        super().apply(changes, place)


@pytest.mark.parametrize(
    "reason", [StateError("the index can't be written: no room"), ZeroDivisionError("a bug")]
)
def test_a_follower_that_fails_is_told_of_tried_again_and_holds_up_no_other(
    team: Team, reason: Exception
) -> None:
    catalogue, failing, well = team.pipeline.catalogue, Failing(), MemoryIndex()
    failing.reason = reason
    moment = 0.0
    attempts = Attempts(catalogue, lambda: moment)
    followers = Followers(catalogue, {"index": failing, "page": well}, attempts)
    assert followers.catch_up()
    assert found(well) == {"walrus", "narwhal", "puffin"}
    assert followers.least == 0
    (problem,) = catalogue.problems.told(of_daemon=False)
    assert "index" in problem
    assert str(reason) in problem
    for tries, pause in enumerate(PAUSES_S, 1):
        moment += pause - 0.1
        followers.catch_up()
        assert failing.tries == tries
        moment += 0.1
        followers.catch_up()
        assert failing.tries == tries + 1
    with pytest.raises(StateError, match=str(reason)):
        followers.catch_up(at_once=True)
    failing.reason = None
    moment += PAUSES_S[-1]
    assert followers.catch_up()
    assert found(failing) == {"walrus", "narwhal", "puffin"}
    assert catalogue.problems.told(of_daemon=False) == []
    assert followers.least == team.end.seq


def test_terms_are_weighed_once_for_all_followers(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(TEXTS)
    settings = replace(Settings(), state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    places.register(folder, settings)
    weighed: list[str] = []
    weigh = weighing.beside

    def noting(item: object, language: str, start: int) -> object:
        weighed.append(item.path)  # type: ignore[attr-defined]
        return weigh(item, language, start)  # type: ignore[arg-type]

    monkeypatch.setattr(weighing, "beside", noting)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        assert sorted(weighed) == sorted(TEXTS)
        weighed.clear()
        (folder / "a.txt").write_text("lemming")
        pipeline.run_pass()
        assert weighed == ["a.txt"]
    assert "lemming" in on_page(folder)


def test_a_page_made_from_the_index_is_the_one_made_from_the_catalogue(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From several segments, some of whose documents are gone, changed or left out, and without weighing anything again."""
    settings = replace(team.settings, page=PageSettings(scope=("!Sales",)))
    for number in range(40):
        text = (
            f"Zölle auf EN10204 und AX-200/b, running {'runs ' * number} SteelTariff {number} 東京都 l'impôt"
        )
        (team.folder / f"Item {number} EN{number}x.txt").write_text(text)
        if number % 13 == 0:
            team.look()
    for number in range(0, 40, 7):
        (team.folder / f"Item {number} EN{number}x.txt").unlink()
    (team.folder / "Item 1 EN1x.txt").write_text("changed and of other words")
    team.look()
    index = team.pipeline.followers["index"]
    assert isinstance(index, WhooshIndex)
    assert len(index.parts()) > 2
    assert any(part.removed for part in index.parts())

    def publish(indexed: Callable[[Place], Sequence[IndexedPart]]) -> set[str]:
        shutil.rmtree(team.folder / "_index", ignore_errors=True)
        follower = PageFollower(team.folder, team.pipeline.catalogue, settings, now, indexed)
        follower.begin_anew()
        follower.publish()
        names = {path.name for path in (team.folder / "_index").glob("?-*.js")}
        return {name for name in names if not name.startswith("h-")}  # a head has the time

    monkeypatch.setattr("indexer.page.making.INLINE_ITEMS", 8)
    monkeypatch.setattr("indexer.page.differences.MANY", 0)
    wanted = publish(lambda _: ())
    assert {name[0] for name in wanted} >= set("aost")
    monkeypatch.setattr(page_items, "item_terms", None)
    assert publish(lambda place: index.parts() if place == index.place() else ()) == wanted
    assert index.frequency("puffin") == 1
    assert "puffin" not in on_page(team.folder)


def test_an_index_that_could_not_be_made_again_leaves_the_one_there_was(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree(TEXTS)
    settings = replace(Settings(), state_dir=tmp_path / "state", extract=ExtractSettings(workers=1))
    state = places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        before = pipeline.followers["index"]

        def full(_self: object, _changes: object, _place: object) -> None:
            raise StateError("no room")

        with monkeypatch.context() as patched:
            patched.setattr(WhooshIndex, "apply", full)
            with pytest.raises(StateError, match="no room"):
                building.rebuild(pipeline, state)
        assert pipeline.followers["index"] is before
        (folder / "a.txt").write_text("lemming")
        pipeline.run_pass()
        assert found(before) == {"lemming", "narwhal", "puffin"}


def test_what_failed_in_an_earlier_process_is_told_until_another_begins(team: Team) -> None:
    catalogue = team.pipeline.catalogue
    catalogue.problems.tell("page", ["somebody else's page"])
    with Attempts(catalogue, lambda: 0.0).trying("publish"):
        raise StateError("no room")
    assert set(catalogue.problems.told(of_daemon=False)) == {"no room", "somebody else's page"}
    Attempts(catalogue, lambda: 0.0)
    assert catalogue.problems.told(of_daemon=False) == ["somebody else's page"]


def test_a_page_that_could_not_be_written_is_due_once_the_whole_folder_is_there_again(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree(TEXTS)
    settings = replace(
        Settings(), state_dir=tmp_path / "state", extract=ExtractSettings(workers=1, ocr=False)
    )
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        folder.rename(tmp_path / "away")
        for _ in PAUSES_S:
            assert pipeline.publish(is_asked=False) is None
        (tmp_path / "away").rename(folder)
        assert pipeline.catalogue.problems.told(of_daemon=False)
        assert not pipeline.page_is_behind, "it is not tried before its pause is over"
        pipeline.look()
        assert pipeline.page_is_behind, "though nothing changed: that it can be written again is to be known"
        assert pipeline.publish(is_asked=False)
        assert not pipeline.page_is_behind
        assert pipeline.catalogue.problems.told(of_daemon=False) == []
