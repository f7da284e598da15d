"""Attacks by what is put into the folder, in the place of our page and of the files a scan reads: followed by nobody."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from indexer.app import building
from indexer.app.status import folder_status
from indexer.errors import Reason, UserError
from indexer.extract.worker import Job, read
from indexer.files.opening import Directory, Irregular, OnlineOnly, is_link, is_regular
from indexer.files.retrying import InUse
from indexer.folder.ignore import IgnoreRules
from indexer.folder.scan import scan_directories, stamp_of
from indexer.model.items import RelPath
from indexer.page import writer
from indexer.page.belonging import own_names
from indexer.settings import PageSettings, Settings
from indexer.state import places
from tests.fake_clock import FakeClock

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
posix = pytest.mark.skipif(sys.platform == "win32", reason="links and FIFOs need rights there")
BY_PATH = [False, True]


@pytest.fixture(params=BY_PATH, ids=["descriptors", "paths"])
def by_path(request: pytest.FixtureRequest) -> bool:
    """Both ways of opening: that of POSIX, and that of Windows and of reading processes."""
    return bool(request.param)


# --- opening --------------------------------------------------------------------------------------


@posix
def test_only_regular_files_are_opened_and_nothing_is_waited_for(
    make_tree: MakeTree, tmp_path: Path, by_path: bool
) -> None:
    folder = make_tree({"a.txt": "alpha", "d/b.txt": "beta", "large": b"x" * 1000})
    os.mkfifo(folder / "fifo")
    (folder / "zero").symlink_to("/dev/zero")
    (folder / "link.txt").symlink_to(folder / "a.txt")
    (folder / "out").symlink_to(tmp_path)
    (tmp_path / "through").symlink_to(folder)
    with Directory(tmp_path / "through", by_path=by_path) as opened:  # the folder itself may be reached so
        assert opened.read("a.txt", 5) == b"alpha"
        assert opened.read("large", 10, whole=False) == b"x" * 10
        for name in ("fifo", "zero", "link.txt", "out", "d", "", ".", "..", "../a.txt", "d/b.txt", "a\0b"):
            with pytest.raises(Irregular):
                opened.read(name, 100)
        with pytest.raises(Irregular):
            opened.read("large", 999)
        with pytest.raises(FileNotFoundError):
            opened.read("none", 1)
        for name in ("out", "link.txt", "fifo"):
            with pytest.raises(Irregular):
                opened.below(name)
        with opened.reach("d") as below, opened.reach("") as again:
            assert below.read("b.txt", 99) == b"beta"
            assert again.identity == opened.identity != below.identity


@posix
def test_what_was_opened_stays_it_whatever_takes_its_place(
    make_tree: MakeTree, tmp_path: Path, by_path: bool
) -> None:
    folder = make_tree({"d/a.txt": "ours"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.txt").write_text("secret")
    with Directory(folder, by_path=by_path) as root, root.below("d") as opened:
        (folder / "d").rename(folder / "moved")
        (folder / "d").symlink_to(tmp_path / "elsewhere")
        if by_path:
            with pytest.raises(OSError, match="link"):
                opened.read("a.txt", 99)
        else:
            assert opened.read("a.txt", 99) == b"ours"
            with opened.create("b.txt") as file:
                file.write(b"x")
            assert (folder / "moved/b.txt").exists()
    assert os.listdir(tmp_path / "elsewhere") == ["a.txt"]  # noqa: PTH208 - names are meant


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"st_reparse_tag": 0xA0000003}, False),  # a junction
        ({"st_reparse_tag": 0xA000000C}, False),  # a symbolic link
        ({"st_reparse_tag": 0xA000001D}, False),  # one of Linux on Windows
        ({"st_reparse_tag": 0x80000024}, False),  # a FIFO of that
        ({"st_reparse_tag": 0x9000601A}, True),  # a placeholder of OneDrive
        ({"st_reparse_tag": 0x80000013}, True),  # deduplicated
        ({}, True),
    ],
)
def test_placeholders_are_no_links(facts: dict[str, int], expected: bool) -> None:
    status: Any = SimpleNamespace(st_mode=0o100644, **facts)
    assert is_regular(status) is expected
    assert is_link(status) is not expected


def test_what_is_in_the_cloud_only_is_not_opened(
    make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"a.txt": "alpha"})
    path = folder / "a.txt"
    job = Job(path, stamp_of(path.lstat()), frozenset(), 1 << 20, 1 << 20, folder=folder)
    monkeypatch.setattr("indexer.files.opening.is_online_only", lambda status: True)
    with Directory(folder) as opened, pytest.raises(OnlineOnly):
        opened.read("a.txt", 99)
    monkeypatch.setattr("indexer.extract.worker.is_online_only", lambda status: True)
    failure = read(job).failure
    assert failure
    assert failure[0] is Reason.ONLINE_ONLY  # it went there after the scan


# --- reading --------------------------------------------------------------------------------------


@posix
def test_a_directory_that_becomes_a_link_between_scan_and_reading(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({"d/e/a.txt": "ours!!"})
    path = folder / "d/e/a.txt"
    job = Job(path, stamp_of(path.lstat()), frozenset(), 1 << 20, 1 << 20, folder=folder)
    assert read(job).failure is None
    outside = tmp_path / "outside/e/a.txt"
    outside.parent.mkdir(parents=True)
    outside.write_text("secret")
    os.utime(outside, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    (folder / "d").rename(tmp_path / "away")
    (folder / "d").symlink_to(tmp_path / "outside")
    failure = read(job).failure
    assert failure
    assert failure[0] is Reason.CHANGED
    seen = scan_directories(folder, IgnoreRules(), (), [RelPath("d/e")], {RelPath("d"), RelPath("d/e")})
    assert seen.files == {}, "a hint does not lead through it"
    (folder / "d").unlink()
    shutil.move(tmp_path / "outside", folder / "d")
    failure = read(job).failure
    assert failure
    assert failure[0] is Reason.CHANGED, "another file of the same size and time"


# --- our page -------------------------------------------------------------------------------------


def settings_of(tmp_path: Path) -> Settings:
    return replace(Settings(), state_dir=tmp_path / "state", page=PageSettings())


def publish(folder: Path, tmp_path: Path) -> None:
    """Look at the folder and publish, without reading: what is attacked is what is written."""
    settings = settings_of(tmp_path)
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.look()
        pipeline.publish()


def problems(folder: Path, tmp_path: Path) -> str:
    return "\n".join(folder_status(folder, settings_of(tmp_path)).problems)


@posix
def test_nothing_is_written_through_links_and_nothing_waits(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha"})
    theirs = tmp_path / "theirs"
    (theirs / "_index").mkdir(parents=True)
    (theirs / "_index/folder.json").write_text('{"made_by":"indexer"}')
    (folder / "_index").symlink_to(theirs / "_index")
    (folder / "index.html").mkdir()
    os.mkfifo(folder / ".indexignore")
    publish(folder, tmp_path)
    assert [path.name for path in theirs.rglob("*")] == ["_index", "folder.json"]
    assert (folder / "indexer.html").is_file()
    assert (folder / "_indexer/head.js").is_file()
    assert own_names(folder) == {"indexer.html", "_indexer"}
    told = problems(folder, tmp_path)
    assert "index.html and _index is somebody else's: the page is indexer.html" in told
    assert ".indexignore has no effect: it is not a regular file" in told
    (folder / "indexer.html").unlink()
    (folder / "indexer.html").symlink_to(theirs / "made.html")
    with pytest.raises(UserError, match="somebody else's"):
        publish(folder, tmp_path)
    assert not (theirs / "made.html").exists()


@posix
def test_what_takes_the_place_of_files_of_the_page_is_replaced(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree({"a.txt": "alpha", "b.txt": "beta"})
    publish(folder, tmp_path)
    (folder / "_index/head.js").unlink()
    os.mkfifo(folder / "_index/head.js")
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for number, path in enumerate(sorted((folder / "_index").glob("?-*.js"))):
        path.unlink()
        if number % 2:
            os.mkfifo(path)
        else:
            path.symlink_to(secret if number % 4 else "/dev/zero")
    publish(folder, tmp_path)
    assert all(path.is_file() and not path.is_symlink() for path in (folder / "_index").glob("[hp]*.js"))
    assert secret.read_text() == "secret"
    (folder / "_index/folder.json").unlink()
    os.mkfifo(folder / "_index/folder.json")
    publish(folder, tmp_path)
    assert (folder / "_index/folder.json").is_file()
    assert (folder / "index.html").is_file()
    (folder / "_index/folder.json").unlink()
    (folder / "_index/head.js").unlink()
    publish(folder, tmp_path)  # nobody knows any more whose that directory is
    assert (folder / "indexer.html").is_file()
    assert not (folder / "index.html").exists()


def test_a_directory_with_the_name_of_a_file_of_ours_moves_the_page(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({"a.txt": "alpha"})
    publish(folder, tmp_path)
    (folder / "_index/head.js").unlink()
    (folder / "_index/head.js").mkdir()
    (folder / "_index/head.js/mine.txt").write_text("mine")
    publish(folder, tmp_path)
    assert (folder / "_indexer/head.js").is_file()
    assert (folder / "_index/head.js/mine.txt").read_text() == "mine"
    assert "_index is somebody else's" in problems(folder, tmp_path)


def test_a_folder_that_goes_between_check_and_writing_gets_nothing(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"a.txt": "alpha"})
    settings = settings_of(tmp_path)
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.run_pass()
        prepare = writer.prepare

        def goes(*arguments: Any) -> Any:
            prepared = prepare(*arguments)
            folder.rename(tmp_path / "away")
            folder.mkdir()
            return prepared

        monkeypatch.setattr(writer, "prepare", goes)
        (folder / "index.html").unlink()
        if sys.platform == "win32":
            with pytest.raises(UserError):
                pipeline.publish()
        else:
            pipeline.publish()
            assert (tmp_path / "away/index.html").exists()
        assert list(folder.iterdir()) == []
        monkeypatch.undo()
        monkeypatch.setattr(
            "indexer.pipeline.guard.require_folder", lambda *_: SimpleNamespace(identity=(0, 0), sign="x")
        )
        with pytest.raises(UserError, match="not what it was a moment ago"):
            pipeline.publish()
        assert list(folder.iterdir()) == []


def test_a_file_that_somebody_has_open_is_said_so(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tree({"a.txt": "alpha"})

    rename = Directory.rename

    def in_use(directory: Directory, name: str, to: str) -> None:
        if not name.startswith("~syncthing~"):  # of the state
            return rename(directory, name, to)
        error = PermissionError(13, "Access is denied")
        error.winerror = 5  # type: ignore[attr-defined]  # as Windows says it
        raise error

    monkeypatch.setattr(Directory, "rename", in_use)
    monkeypatch.setattr(writer, "_WAITS_S", (0.0, 0.0))
    with pytest.raises(UserError, match="somebody has it open: it is tried again") as raised:
        publish(folder, tmp_path)
    assert isinstance(raised.value.__cause__, InUse)
    assert "somebody has it open" in problems(folder, tmp_path)
    assert "disk" not in str(raised.value)


# --- what looks as it did -------------------------------------------------------------------------


def spoil(path: Path) -> None:
    """Change a file and keep its size and time."""
    status, data = path.stat(), path.read_bytes()
    path.write_bytes(data[:-9] + b"/alert(1)")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_files_changed_with_their_size_and_time_are_mended_within_the_hour(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({f"{n}.txt": f"alpha {n}" for n in range(5)})
    settings = settings_of(tmp_path)
    places.register(folder, settings)
    clock = FakeClock()
    with building.open_pipeline(folder, settings, clock) as pipeline:
        pipeline.run_pass()

        def checked_for_an_hour() -> int:
            """Do what the daemon does each minute; return how often the page was found spoilt."""
            found = 0
            for _ in range(60):
                clock.advance(60.0)
                if pipeline.page_is_damaged():
                    pipeline.publish()
                    found += 1
            return found

        assert checked_for_an_hour() == 0
        names = sorted(path.name for path in (folder / "_index").glob("[a-oq-z]-*.js"))
        for name in (*names, "head.js", "folder.json"):
            path = folder / "_index" / name
            before = path.read_bytes()
            spoil(path)
            assert checked_for_an_hour(), name
            if path.exists():  # else it is made again under another name
                assert b"alert(1)" not in path.read_bytes(), name
                assert path.read_bytes() == before or name == "head.js"
        spoil(folder / "index.html")
        assert checked_for_an_hour()
        assert b"alert(1)" not in (folder / "index.html").read_bytes()
        assert checked_for_an_hour() == 0
