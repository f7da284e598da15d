"""The pipeline: whatever happens in whatever order, the result equals one fresh full pass."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.app import building
from indexer.errors import Reason
from indexer.extract.worker import Job
from indexer.files.opening import Directory
from indexer.folder import scan
from indexer.index.query import parse
from indexer.model import address
from indexer.model.items import RelPath
from indexer.model.query import SearchRequest
from indexer.model.readings import Reading
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from tests.wine import IS_WINE

MakeTree = Callable[[Mapping[str, str | bytes]], Path]


def settings_for(state: Path, *, page: bool = False) -> Settings:
    return replace(
        Settings(), state_dir=state, page=PageSettings(enabled=page), extract=ExtractSettings(workers=1)
    )


@contextmanager
def opened(folder: Path, state: Path, *, page: bool = False) -> Iterator[Pipeline]:
    chosen = settings_for(state, page=page)
    places.register(folder, chosen)
    with building.open_pipeline(folder, chosen) as pipeline:
        yield pipeline


@pytest.fixture(params=["ids", "no ids"])
def listing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing as on any system, and as on Windows: it gives neither file ids nor times of change."""
    if request.param == "no ids":
        stamp_of = scan.stamp_of
        monkeypatch.setattr(scan, "stamp_of", lambda status: stamp_of(status)._replace(ctime_ns=0, file_id=0))


def picture(pipeline: Pipeline) -> dict[str, tuple[object, ...]]:
    """Everything that people can see of the items, ids and dates of arrival aside."""
    seen: dict[str, tuple[object, ...]] = {}
    for item, _, passages in pipeline.catalogue.items.live():
        key = item.path + (f" → {item.url}" if item.is_list_entry else "")
        seen[key] = (item.kind, item.title, item.tags, item.url, item.size, item.digest, passages)
    return seen


def found(pipeline: Pipeline, text: str) -> set[str]:
    index = pipeline.followers["index"]
    hits = index.search(SearchRequest(parse(text), limit=1000, relax=False)).hits  # type: ignore[attr-defined]
    ids = {item_id for hit in hits for item_id in (hit.id, *hit.copies)}
    return {item.path for item in pipeline.catalogue.items.get(list(ids)).values()}


@pytest.mark.usefixtures("listing")
def test_a_pass_finds_edits_moves_and_removals(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha", "Sales/b.md": "# Beta\n\nbravo", "c.bin": b"\0\1\2"})
    with opened(folder, tmp_path / "state") as pipeline:
        report = pipeline.run_pass()
        assert (report.added, report.total) == (3, 3)
        assert found(pipeline, "alpha") == {"a.txt"}
        assert found(pipeline, "bravo") == {"Sales/b.md"}
        assert found(pipeline, "c") == {"c.bin"}
        (folder / "a.txt").write_text("gamma and more")
        (folder / "Sales/b.md").rename(folder / "d.md")
        (folder / "c.bin").unlink()
        report = pipeline.run_pass()
        assert (report.added, report.changed, report.moved, report.removed) == (0, 1, 1, 1)
        assert found(pipeline, "alpha") == set()
        assert found(pipeline, "gamma") == {"a.txt"}
        assert found(pipeline, "bravo") == {"d.md"}
        assert found(pipeline, "c") == set()
        assert pipeline.run_pass().changed == 0


@pytest.mark.usefixtures("listing")
def test_a_move_and_a_return_cost_no_reading(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"Sales/a.txt": "alpha", "b.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        read: list[str] = []
        submit = pipeline.cage.submit

        def note(_cage: object, key: str, job: Job) -> None:
            read.append(job.path.name)
            submit(key, job)

        monkeypatch.setattr(type(pipeline.cage), "submit", note)
        (folder / "Sales").rename(folder / "Verkauf")
        pipeline.run_pass()
        assert found(pipeline, "alpha") == {"Verkauf/a.txt"}
        shutil.move(folder / "b.txt", tmp_path / "b.txt")
        pipeline.run_pass()
        assert found(pipeline, "beta") == set()
        shutil.move(tmp_path / "b.txt", folder / "b.txt")
        pipeline.run_pass()
        assert found(pipeline, "beta") == {"b.txt"}
        assert read == []


def test_the_removal_guard(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({f"d{n % 5}/{n}.txt": f"word{n} common" for n in range(100)})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (tmp_path / "away").mkdir()
        for n in range(3):
            (folder / f"d{n}").rename(tmp_path / "away" / f"d{n}")
        report = pipeline.run_pass()
        assert (report.removed, report.held_back) == (0, 60)
        assert len(found(pipeline, "common")) == 100
        (tmp_path / "away" / "d0").rename(folder / "d0")  # 40 are still away: fewer than 50
        report = pipeline.run_pass()
        assert (report.removed, report.held_back) == (40, 0)
        assert len(found(pipeline, "common")) == 60


def test_removals_are_accepted_when_asked(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({f"{n}.txt": f"word{n}" for n in range(60)})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / ".indexignore").write_text("*.txt\n")
        assert pipeline.run_pass().held_back == 60
        assert pipeline.run_pass(accept_removals=True).removed == 60
        assert pipeline.held_back == 0


def test_a_drive_that_is_gone_empties_nothing(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha"})
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        folder.rename(tmp_path / "elsewhere")
        folder.mkdir()
        assert pipeline.run_pass().held_back == 1
        assert found(pipeline, "alpha") == {"a.txt"}


def test_live_removals_wait_and_are_cancelled(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / "a.txt").rename(tmp_path / "a.txt")
        pipeline.look([RelPath("")], patient=True)
        assert pipeline.remove_missing(5.0) == 0
        (tmp_path / "a.txt").rename(folder / "a.txt")
        pipeline.look([RelPath("")], patient=True)
        assert pipeline.remove_missing(0.001) == 0
        assert found(pipeline, "alpha") == {"a.txt"}


def test_rebuild_finds_the_same(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "alpha beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        building.rebuild(pipeline, places.state_of(folder, pipeline.settings))
        assert found(pipeline, "alpha") == {"a.txt", "b.txt"}
    with opened(folder, tmp_path / "state") as pipeline:
        assert found(pipeline, "beta") == {"b.txt"}


def test_a_lost_index_is_made_anew(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        state = places.state_of(folder, pipeline.settings)
    for path in state.glob("index-*/*"):
        path.write_bytes(b"") if path.is_file() else None
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        assert found(pipeline, "alpha") == {"a.txt"}


def test_forgetting_stays_until_the_file_changes(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "secret zebra", "b.txt": "beta"})
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        pipeline.forget(pipeline.catalogue.files.at(RelPath("a.txt")))
        pipeline.run_pass()
        assert found(pipeline, "zebra") == set()
        (folder / "a.txt").write_text("zebra again")
        pipeline.run_pass()
        assert found(pipeline, "zebra") == {"a.txt"}


NAMES = st.sampled_from(["a.txt", "b.txt", "d/a.txt", "d/e/c.md", "Links.txt", "f/x.bin"])
WORDS = st.sampled_from(["alpha", "beta gamma", "https://example.org/a one\nhttps://example.org/b two", ""])
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, WORDS),
        st.tuples(st.just("delete"), NAMES, st.just("")),
        st.tuples(st.just("move"), NAMES, NAMES),
        st.tuples(st.just("move directory"), st.sampled_from(["d", "f", "g"]), st.sampled_from(["d", "g/h", "k"])),
        st.tuples(st.just("look"), NAMES, st.just("")),
        st.tuples(st.just("pass"), st.just(""), st.just("")),
    ),
    max_size=14,
)  # fmt: skip


@pytest.mark.timeout(600)
@settings(max_examples=3 if IS_WINE else 40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPERATIONS)
def test_any_order_of_events_equals_one_fresh_pass(operations: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "folder"
        folder.mkdir()
        with opened(folder, Path(top) / "state") as pipeline, opened(folder, Path(top) / "fresh") as fresh:
            for operation, first, second in operations:
                apply(pipeline, folder, operation, first, second)
            pipeline.run_pass()
            fresh.run_pass()
            assert picture(pipeline) == picture(fresh)
            for query in ("alpha", "beta", "one", "a", "-alpha"):
                assert found(pipeline, query) == found(fresh, query), query


def apply(pipeline: Pipeline, folder: Path, operation: str, first: str, second: str) -> None:
    source, target = folder / first, folder / second
    if operation == "write":
        if not any(parent.is_file() for parent in source.parents) and not source.is_dir():
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(second)
    elif operation == "delete":
        source.unlink(missing_ok=True)
    elif operation in ("move", "move directory"):
        ok = source.exists() and not target.exists() and source not in target.parents
        if ok and (operation == "move") == source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    elif operation == "look":
        pipeline.look([RelPath(first.rpartition("/")[0])])
        pipeline.turn()
    else:
        pipeline.run_pass()


# --- moves, in whichever order they are seen --------------------------------------------------------


def ids(pipeline: Pipeline) -> dict[str, str]:
    return {item.path: item.id for item, _ in pipeline.catalogue.items.told()}


@pytest.mark.usefixtures("listing")
@pytest.mark.parametrize("looks", [["a", "b"], ["b", "a"], ["b", ""], ["b/deep", "", "a"]])
def test_a_move_is_one_whichever_end_is_seen_first(
    make_tree: MakeTree, tmp_path: Path, looks: list[str]
) -> None:
    folder = make_tree({"a/x.txt": "alpha", "a/y.txt": "beta", "b/z.txt": "gamma"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        before = ids(pipeline)
        (folder / "b/deep").mkdir()
        (folder / "a/x.txt").rename(folder / "b/deep/new name.txt")
        for directory in looks:
            pipeline.look([RelPath(directory)], patient=True)
        pipeline.work_off(None, lambda: None)
        assert ids(pipeline)["b/deep/new name.txt"] == before["a/x.txt"]


@pytest.mark.usefixtures("listing")
def test_a_file_moved_while_it_is_written_is_the_same_item(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a/x.txt": "alpha", "b/z.txt": "gamma"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        before = ids(pipeline)
        (folder / "a/x.txt").rename(folder / "b/x.txt")
        with (folder / "b/x.txt").open("a") as file:
            file.write(" and omega")
        assert pipeline.run_pass().moved == 1
        assert ids(pipeline)["b/x.txt"] == before["a/x.txt"]
        assert found(pipeline, "omega") == {"b/x.txt"}


@pytest.mark.usefixtures("listing")
def test_a_file_saved_anew_in_a_directory_that_moved_is_the_same_item(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({"a/x.txt": "alpha", "a/y.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        before = ids(pipeline)
        (folder / "a").rename(folder / "b")
        (folder / "b/x.new").write_text("alpha and omega")
        (folder / "b/x.new").replace(folder / "b/x.txt")
        pipeline.run_pass()
        assert ids(pipeline) == {"b/x.txt": before["a/x.txt"], "b/y.txt": before["a/y.txt"]}
        assert found(pipeline, "omega") == {"b/x.txt"}


@pytest.mark.usefixtures("listing")
def test_a_file_number_used_again_makes_no_move(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        before = ids(pipeline)
        (folder / "a.txt").unlink()
        (folder / "b.txt").write_text(
            "something else"
        )  # most file systems give it the number that is free now
        pipeline.run_pass()
        assert ids(pipeline)["b.txt"] != before["a.txt"]


def test_equal_link_files_have_each_their_own_name(make_tree: MakeTree, tmp_path: Path) -> None:
    link = "[InternetShortcut]\nURL=https://example.org/a\n"
    folder = make_tree({"Offer of May.url": link, "d/Copy.url": link})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / "Offer of May.url").rename(folder / "Offer of June.url")
        pipeline.run_pass()
        assert {item.title for item, _ in pipeline.catalogue.items.told()} == {"Offer of June", "Copy"}


@pytest.mark.skipif(os.name == "nt", reason="Windows tells Python no time of change")
def test_an_empty_folder_is_published_again(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({})
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        pipeline.run_pass()
        pipeline.publish()
        assert pipeline.publish() is not None


def test_links_told_by_an_older_rule_are_folded_by_the_new_one(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = "[InternetShortcut]\nURL={}".format
    folder = make_tree({
        "Steel.url": link("https://www.example.com/steel?utm_source=news"),
        "Sales/Steel.url": link("http://example.com/steel/"),
        "Other.url": link("https://example.com/iron"),
    })  # fmt: skip

    def results(pipeline: Pipeline) -> list[int]:
        index = pipeline.followers["index"]
        hits = index.search(SearchRequest(parse("type:link"))).hits  # type: ignore[attr-defined]
        return sorted(1 + len(hit.copies) for hit in hits)

    with monkeypatch.context() as earlier, opened(folder, tmp_path / "state") as pipeline:
        earlier.setattr(address, "address_key", str)
        earlier.setattr(address, "VERSION", address.VERSION - 1)
        pipeline.run_pass()
        assert results(pipeline) == [1, 1, 1]
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        assert results(pipeline) == [1, 2]
        before = pipeline.catalogue.log.seq
        pipeline.run_pass()
        assert pipeline.catalogue.log.seq == before


def test_a_change_hidden_by_a_move_is_found(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a/x.txt": "alpha", "a/y.txt": "gamma"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        status = (folder / "a/x.txt").stat()
        (folder / "a").rename(folder / "b")
        (folder / "b/x.txt").write_text("omega")  # as long as before, and with the time from before
        os.utime(folder / "b/x.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
        pipeline.run_pass()
        assert found(pipeline, "omega") == {"b/x.txt"}
        assert found(pipeline, "gamma") == {"b/y.txt"}


# --- what others put into a folder stops nothing ----------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="such dates can't be given there")
@pytest.mark.parametrize("year", [1650, 2300])
def test_a_file_of_a_far_date_is_an_item(make_tree: MakeTree, tmp_path: Path, year: int) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "beta"})
    os.utime(folder / "a.txt", ((year - 1970) * 31_556_952,) * 2)
    with opened(folder, tmp_path / "state", page=True) as pipeline:
        assert pipeline.run_pass().failed == 0
        assert found(pipeline, "alpha") == {"a.txt"}
        assert found(pipeline, "beta") == {"b.txt"}
        assert pipeline.run_pass().changed == 0


@pytest.mark.parametrize("line", ["!", "\\", "x\\", "[z-a]"])
def test_a_line_that_can_t_be_understood_counts_for_nothing(
    make_tree: MakeTree, tmp_path: Path, line: str
) -> None:
    folder = make_tree({"a.txt": "alpha", "b.md": "beta", ".indexignore": f"*.md\n{line}\n"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        assert found(pipeline, "-nothing") == {"a.txt"}
        assert repr(line) in " ".join(pipeline.catalogue.problems.told(of_daemon=True))


@pytest.mark.skipif(os.name == "nt", reason="such names can't be given there")
def test_a_directory_without_utf8_that_can_t_be_read_is_told(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"b\udce4/a.txt": "alpha"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        lost = frozenset({RelPath("b\udce4")})
        monkeypatch.setattr("indexer.pipeline.look.Looking._lost_mounts", lambda self, accept: lost)
        pipeline.run_pass()
        pipeline.control([RelPath("b\udce4")])
        assert found(pipeline, "alpha") == {"b\udce4/a.txt"}


def test_what_was_forgotten_comes_back_edited_elsewhere(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a/x.txt": "secret", "b/y.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        pipeline.forget(pipeline.catalogue.files.at(RelPath("a/x.txt")))
        (folder / "a/x.txt").rename(folder / "b/x.txt")
        pipeline.run_pass()
        assert found(pipeline, "secret") == set()
        with (folder / "b/x.txt").open("a") as file:
            file.write(" no more")
        pipeline.run_pass()
        assert found(pipeline, "more") == {"b/x.txt"}


def test_a_change_that_was_not_read_before_it_went_is_read_when_it_is_back(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / "a.txt").write_text("omega")
        pipeline.look()
        (folder / "a.txt").rename(tmp_path / "a.txt")
        pipeline.look()
        (tmp_path / "a.txt").rename(folder / "a.txt")
        pipeline.run_pass()
        assert found(pipeline, "omega") == {"a.txt"}
        assert found(pipeline, "alpha") == set()


def test_a_deep_look_at_what_is_gone_walks_nothing_else(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a/x.txt": "alpha", "usb/y.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        shutil.rmtree(folder / "usb")
        (folder / "a/new.txt").write_text("omega")
        pipeline.look([RelPath("usb")], deep=True, patient=True)
        assert pipeline.catalogue.queue.count() == 0
        (folder / "a/new.txt").unlink()


@pytest.mark.parametrize("reason", [Reason.VANISHED, Reason.LOCKED, Reason.CHANGED])
def test_pages_that_are_out_of_reach_wait_for_their_words(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: Reason
) -> None:
    folder = make_tree({"scan.txt": "alpha", "other.txt": "beta"})
    monkeypatch.setattr(Pipeline, "recognises", True)
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        for item in {item.path: item for item, _ in pipeline.catalogue.items.told()}.values():
            with pipeline.catalogue.writing():
                pipeline.catalogue.pictures.add(item.digest, [1, 2])
        first = pipeline._recognition.begin()
        assert first
        pipeline._recognition.record(Reading(failure=(reason, "away")))
        assert pipeline.catalogue.pictures.count() == 4
        second = pipeline._recognition.begin()
        assert second
        assert second[0].path != first[0].path  # others need not wait
        pipeline._recognition.record(Reading(failure=(Reason.DAMAGED, "no picture")))
        assert pipeline.catalogue.pictures.count() == 3
        monkeypatch.setattr("indexer.pipeline.recognition.PICTURES_WAIT_S", 0.0)
        pipeline._recognition.current = first
        pipeline._recognition.record(Reading())
        assert pipeline.catalogue.pictures.count() == 2


def test_a_file_that_somebody_holds_is_tried_again_for_ever(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.look()
        a, b = pipeline.catalogue.queue.next(10)
        for hours in range(0, 24 * 12, 12):
            now = datetime.now(UTC) + timedelta(hours=hours)
            for wanted, reason in ((a, Reason.LOCKED), (b, Reason.CRASHED)):
                pipeline.catalogue.readings.record(wanted, Reading(failure=(reason, "x")), now)
        assert pipeline.catalogue.queue.want_due(now + timedelta(hours=25), 3) == 1
        assert [one.path for one in pipeline.catalogue.queue.next(10)] == [a.path]


def test_a_directory_nobody_may_read_is_told(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"a.txt": "alpha", "Contracts/b.txt": "beta"})
    entries = Directory.entries

    def refuse(directory: Directory) -> object:
        if directory.path.name == "Contracts":
            raise PermissionError(13, "denied")
        return entries(directory)

    monkeypatch.setattr(Directory, "entries", refuse)
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (problem,) = pipeline.catalogue.problems.told(of_daemon=True)
        assert problem.startswith("Contracts can't be read: what is in it is not found")
        monkeypatch.undo()
        pipeline.run_pass()
        assert pipeline.catalogue.problems.told(of_daemon=True) == []


def test_files_that_are_still_written_are_there_and_left_for_a_later_look(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "beta"})
    with opened(folder, tmp_path / "state") as pipeline:
        pipeline.run_pass()
        (folder / "a.txt").unlink()
        pipeline.look(patient=True)
        for name in ("a.txt", "c.txt", "d.txt"):
            (folder / name).write_text("omega is longer")
        seen = pipeline.scan()
        assert {*seen.fresh} == {"a.txt", "c.txt", "d.txt"}
        report = pipeline.note(seen, {RelPath("a.txt"), RelPath("c.txt")})
        assert (report.added, report.changed, report.removed) == (1, 0, 0)
        assert [wanted.path for wanted in pipeline.catalogue.queue.next(10)] == ["d.txt"]
        report = pipeline.look()
        assert (report.added, report.changed) == (1, 1)
