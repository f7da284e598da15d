"""What changed: cases named after what a person or a program did."""

from __future__ import annotations

from indexer.catalogue import Known
from indexer.model.items import ItemId, RelPath, Snapshot, Stamp
from indexer.pipeline.compare import compare


def stamp(size: int = 1, mtime: int = 1, ctime: int = 1, file_id: int = 1) -> Stamp:
    return Stamp(size, mtime, ctime, file_id)


def known(
    path: str, what: Stamp, *, missing: bool = False, removed: bool = False, forgotten: bool = False
) -> Known:
    return Known(ItemId("id-" + path), RelPath(path), what, missing, removed, forgotten)


def difference(files: dict[str, Stamp], *olds: Known, removed: tuple[Known, ...] = (), **parts: object):  # type: ignore[no-untyped-def]
    snapshot = Snapshot({RelPath(p): s for p, s in files.items()}, **parts)  # type: ignore[arg-type]
    like = lambda s: [k for k in removed if (k.stamp.size, k.stamp.mtime_ns) == (s.size, s.mtime_ns)]  # noqa: E731
    return compare(snapshot, {old.path: old for old in olds}, like, lambda path: path in files)


def test_nothing_happened() -> None:
    change = difference({"a": stamp()}, known("a", stamp()))
    assert not (change.added or change.changed or change.moved or change.missing or change.restamped)


def test_new_edited_and_vanished() -> None:
    change = difference(
        {"new": stamp(5, 5, 5, 5), "b": stamp(2)}, known("b", stamp()), known("c", stamp(3, 3, 3, 3))
    )
    assert change.added == ("new",)
    assert [path for _, path in change.changed] == ["b"]
    assert [old.path for old in change.missing] == ["c"]


def test_edit_with_restored_time_is_seen_by_ctime() -> None:
    assert difference({"a": stamp(ctime=2)}, known("a", stamp())).changed


def test_move_is_a_move() -> None:
    change = difference({"b/x": stamp(ctime=9)}, known("a/x", stamp()))
    assert [(old.path, path) for old, path in change.moved] == [("a/x", "b/x")]
    assert not change.added
    assert not change.missing


def test_copy_is_no_move() -> None:
    change = difference({"a": stamp(), "b": stamp(file_id=2)}, known("a", stamp()))
    assert change.added == ("b",)


def test_two_files_trade_names() -> None:
    change = difference(
        {"a": stamp(2, 2, 2, 2), "b": stamp()}, known("a", stamp()), known("b", stamp(2, 2, 2, 2))
    )
    assert {path for _, path in change.changed} == {"a", "b"}


def test_file_comes_back_where_it_was() -> None:
    old = known("a", stamp(), removed=True)
    change = difference({"a": stamp(file_id=7)}, removed=(old,))
    assert change.moved == ((old, "a"),)


def test_forgotten_stays_out_until_it_changes_wherever_it_is_moved() -> None:
    old = known("a", stamp(), removed=True, forgotten=True)
    assert not difference({"a": stamp()}, old).added
    assert not difference({"b": stamp()}, old).added
    assert [path for _, path in difference({"a": stamp(9)}, old).changed] == ["a"]


def test_unreadable_is_unknown_not_gone() -> None:
    olds = known("a/x", stamp()), known("b/y", stamp(2, 2, 2, 2))
    change = difference({}, *olds, unreadable=frozenset({RelPath("a")}))
    assert [old.path for old in change.missing] == ["b/y"]


def test_hint_of_the_new_place_alone_finds_the_move() -> None:
    listed = {RelPath("b"): frozenset[RelPath]()}
    old = known("a/x", stamp(), missing=True)
    assert difference({"b/x": stamp()}, old, listed=listed).moved
    assert not difference({"b/y": stamp(5, 5, 5, 5)}, old, listed=listed).missing
