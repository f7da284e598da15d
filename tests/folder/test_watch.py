"""Hints of where something happened: real events of a real folder, and those of other systems made up."""

from __future__ import annotations

import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import watchdog.observers
import watchdog.observers.api
from watchdog import events

from indexer.errors import FolderUnreadable
from indexer.folder import watch
from indexer.folder.watch import BURST, Handler, Hint, HintKind, Watcher, _be_told_of_no_reading
from indexer.model.items import RelPath
from tests.wine import wine_cannot

Hints = list[Hint]
OWN = frozenset({"_index", "index.html"})


@pytest.fixture
def watched(make_tree: Callable[[Mapping[str, str | bytes]], Path]) -> Iterator[tuple[Path, Hints, Watcher]]:
    folder = make_tree({"a.txt": "x", "d/b.txt": "y", "_index/h.js": "z"})
    hints: Hints = []
    watcher = Watcher(folder, hints.append, OWN)
    (folder / "probe.txt").write_text("x")
    wait_for(hints, HintKind.CHANGED, "")
    (folder / "probe.txt").unlink()
    while hints:  # until it is quiet
        hints.clear()
        time.sleep(0.3)
    yield folder, hints, watcher
    watcher.stop()


def wait_for(hints: Hints, kind: HintKind, path: str) -> None:
    until = time.monotonic() + 60
    while not any(hint.kind is kind and hint.path == path for hint in hints):
        assert time.monotonic() < until, hints
        time.sleep(0.02)


def test_directories_of_changes_are_hinted_at(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, hints, watcher = watched
    (folder / "e/f").mkdir(parents=True)
    (folder / "e/f/deep.txt").write_text("x")
    wait_for(hints, HintKind.CHANGED, "")
    shutil.move(folder / "d", folder / "e" / "moved")
    wait_for(hints, HintKind.CHANGED, "e")
    wait_for(hints, HintKind.CHANGED, "e/moved")
    (folder / "e/moved/b.txt").unlink()
    wait_for(hints, HintKind.CHANGED, "e/moved")
    assert watcher.is_well()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of closing")
def test_who_closes_a_file_is_done_with_it(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, hints, _ = watched
    with (folder / "d/new.txt").open("w") as file:
        file.write("x")
        file.flush()
        wait_for(hints, HintKind.WRITING, "d/new.txt")
        assert not any(hint.kind is HintKind.DONE for hint in hints)
    wait_for(hints, HintKind.DONE, "d/new.txt")


@wine_cannot("it tells nothing of directories that were there before")
def test_a_file_that_gets_its_name_is_done(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, hints, _ = watched
    (folder / "d/new.crdownload").write_text("x")
    (folder / "d/new.crdownload").rename(folder / "d/new.pdf")
    wait_for(hints, HintKind.DONE, "d/new.pdf")
    assert all(hint.path != "d/new.crdownload" for hint in hints)


def test_reading_our_own_page_and_other_peoples_temporary_files_are_no_hints(
    watched: tuple[Path, Hints, Watcher],
) -> None:
    folder, hints, watcher = watched
    (folder / "a.txt").read_text()
    list((folder / "d").iterdir())
    began = time.monotonic()
    (folder / "_index/h.js").write_text("new")
    (folder / "~syncthing~index.html.0123abcd.tmp").write_text("half")
    (folder / "~syncthing~index.html.0123abcd.tmp").replace(folder / "index.html")
    (folder / "d/~$letter.docx").write_text("locked")
    (folder / "d/~$letter.docx").unlink()
    (folder / "d/.letter.txt.swp").write_text("vim")
    until = time.monotonic() + 60
    while watcher.heard_own <= began:
        assert time.monotonic() < until, "nothing was heard"
        time.sleep(0.05)
    time.sleep(1.5)
    if sys.platform == "win32":  # nobody says whether it was a file or a directory that went
        hints[:] = [hint for hint in hints if hint.kind is not HintKind.CHANGED]
    assert hints == []


def test_new_rules_of_what_is_left_out_concern_everything(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, hints, _ = watched
    (folder / ".indexignore").write_text("d/\n")
    wait_for(hints, HintKind.LOST, "")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_folder_given_by_a_link(watched: tuple[Path, Hints, Watcher], tmp_path: Path) -> None:
    folder, _, _ = watched
    (tmp_path / "link").symlink_to(folder)
    hints: Hints = []
    watcher = Watcher(tmp_path / "link", hints.append, OWN)
    time.sleep(0.3)
    (folder / "top.txt").write_text("x")
    (folder / "d/below.txt").write_text("x")
    wait_for(hints, HintKind.CHANGED, "")
    wait_for(hints, HintKind.CHANGED, "d")
    watcher.stop()


def test_a_replaced_folder_is_noticed(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, _, watcher = watched
    folder.rename(folder.with_name("old"))
    assert not watcher.is_well()
    folder.mkdir()
    assert not watcher.is_well()
    folder.rmdir()
    folder.with_name("old").rename(folder)
    assert watcher.is_well()


@wine_cannot("a deleted folder stays as long as it is watched, and the watcher is told nothing")
def test_a_deleted_folder_is_noticed(watched: tuple[Path, Hints, Watcher]) -> None:
    folder, _, watcher = watched
    shutil.rmtree(folder)
    until = time.monotonic() + 60
    while True:
        try:
            folder.mkdir()
            break
        except OSError:  # Windows: as long as the watcher has it open
            assert time.monotonic() < until
            time.sleep(0.05)
    while watcher.is_well():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="how Linux loses events")
@pytest.mark.parametrize("part", ["_observer._queue", "_observer"])
def test_a_thread_that_ended_is_noticed(watched: tuple[Path, Hints, Watcher], part: str) -> None:
    _, _, watcher = watched
    thread: object = watcher
    for name in part.split("."):
        thread = getattr(thread, name)
    thread.stop()  # type: ignore[attr-defined]
    until = time.monotonic() + 60
    while watcher.is_well():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_directory_that_left_and_another_of_its_name_end_no_thread(
    watched: tuple[Path, Hints, Watcher], tmp_path: Path
) -> None:
    folder, hints, watcher = watched
    shutil.move(folder / "d", tmp_path / "d")
    wait_for(hints, HintKind.CHANGED, "")
    time.sleep(1.0)  # so long it waits for the other half of the move
    hints.clear()
    shutil.copytree(tmp_path / "d", folder / "d")
    wait_for(hints, HintKind.CHANGED, "d")
    time.sleep(0.3)
    (folder / "d").rename(folder / "e")
    wait_for(hints, HintKind.CHANGED, "e")
    shutil.rmtree(tmp_path / "d")
    time.sleep(0.5)
    assert watcher.is_well()
    (folder / "e/new.txt").write_text("x")
    wait_for(hints, HintKind.CHANGED, "e")
    watcher.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="how Linux loses events")
def test_an_overflow_is_a_loss(watched: tuple[Path, Hints, Watcher]) -> None:
    from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, WatchDescriptor

    _, hints, watcher = watched
    for mask in (InotifyConstants.IN_Q_OVERFLOW, InotifyConstants.IN_UNMOUNT):
        hints.clear()
        watcher._observer._queue.handle_event(InotifyEvent(WatchDescriptor(-1), mask, 0, b""))  # type: ignore[attr-defined]
        wait_for(hints, HintKind.LOST, "")


def test_a_missing_folder_is_one_plain_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_observer", None)  # on Windows its thread would say so, with a traceback
    with pytest.raises(FolderUnreadable, match="watched"):
        Watcher(tmp_path / "gone", lambda hint: None, ())


# --- other systems, by what they report -------------------------------------------------------------


def heard(top: str, *reported: events.FileSystemEvent, is_told_of_loss: bool = True) -> Hints:
    hints: Hints = []
    handler = Handler(native(top), hints.append, OWN, is_told_of_loss=is_told_of_loss)
    for event in reported:
        handler.dispatch(type(event)(native(str(event.src_path)), native(str(event.dest_path))))
    return hints


def native(path: str) -> str:
    return path.replace("/", os.sep)


def test_another_spelling_of_the_folder_means_a_look_at_everything() -> None:
    decomposed = "/home/me/Bu\u0308ro"
    hints = heard(decomposed, events.FileModifiedEvent("/home/me/B\u00fcro/a.txt"))
    assert [hint.kind for hint in hints] == [HintKind.LOST]
    assert heard("/home/me/Büro", events.FileModifiedEvent("/home/me/Büro 2/a.txt")) == []


def test_many_events_at_once_may_have_been_more_where_nobody_says_so() -> None:
    many = [events.FileModifiedEvent(f"/top/d/{n}.txt") for n in range(3 * BURST)]
    assert all(hint.kind is HintKind.WRITING for hint in heard("/top", *many))
    assert any(hint.kind is HintKind.LOST for hint in heard("/top", *many, is_told_of_loss=False))
    assert all(hint.kind is HintKind.WRITING for hint in heard("/top", *many[:20], is_told_of_loss=False))


def test_a_removal_may_be_that_of_a_directory() -> None:
    assert heard("/top", events.FileDeletedEvent("/top/d/was a directory")) == [
        Hint(HintKind.CHANGED, RelPath("d"))
    ]


def test_a_path_that_can_t_be_understood_never_ends_the_thread() -> None:
    assert [hint.kind for hint in heard("/top", events.DirDeletedEvent("/top"))] == [HintKind.LOST]
    assert heard("/top", events.FileModifiedEvent("")) == []


def test_windows_tells_nothing_of_our_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(watchdog.observers.__file__).with_name("winapi.py").read_text()
    assert "FILE_NOTIFY_CHANGE_LAST_ACCESS = 0x020\n" in source
    assert source.count("    WATCHDOG_FILE_NOTIFY_FLAGS,\n") >= 2, "it is no longer asked for by this name"
    fake = SimpleNamespace(FILE_NOTIFY_CHANGE_LAST_ACCESS=0x20, WATCHDOG_FILE_NOTIFY_FLAGS=0x17F)
    monkeypatch.setitem(sys.modules, "watchdog.observers.winapi", fake)
    monkeypatch.setattr(watchdog.observers, "winapi", fake, raising=False)
    for _ in range(2):
        _be_told_of_no_reading()
        assert fake.WATCHDOG_FILE_NOTIFY_FLAGS == 0x15F


def test_a_thread_of_watchdog_that_ends_at_once_is_said_in_one_line(
    make_tree: Callable[[Mapping[str, str | bytes]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(watchdog.observers.api.BaseObserver):
        def start(self) -> None:
            raise queue.Empty  # as on Windows

    monkeypatch.setattr(
        "indexer.folder.watch._observer", lambda lost: Gone(watchdog.observers.api.EventEmitter)
    )
    with pytest.raises(FolderUnreadable, match="can't be watched: the system gave no reason"):
        Watcher(make_tree({"a.txt": "x"}), lambda hint: None, OWN)


def test_a_thread_that_reads_for_an_emitter_is_missed(
    watched: tuple[Path, Hints, Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, watcher = watched
    (emitter,) = watcher._observer.emitters
    for thread, is_well in ((threading.Thread(target=lambda: None), False), (threading.main_thread(), True)):
        with monkeypatch.context() as as_on_windows:
            reader = SimpleNamespace(_reader_thread=thread)
            as_on_windows.setattr(emitter, "_reader", reader, raising=False)
            assert watcher.is_well() is is_well
