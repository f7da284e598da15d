"""The files of weeks in the page's directory: what is ours, what stays as it is, and that nothing ends a pass."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.errors import UserError
from indexer.files import replacing
from indexer.files.opening import Directory, OnlineOnly
from indexer.page import writer
from indexer.page.belonging import choose_location, own_names
from indexer.page.site import Site
from indexer.page.views import Options
from indexer.page.weekly import marking
from indexer.page.weekly.feed import feed
from indexer.page.weekly.html import digest_html
from indexer.page.weekly.mail import digest_mail
from indexer.page.weekly.telling import Links
from tests.page.weeks import EMPTY, FULL

OPTIONS = Options("Team folder", datetime(2026, 11, 23, 7, tzinfo=UTC), sign="f")
FILES = {
    "2026-W47.html": digest_html(FULL, "en"),
    "2026-W47.eml": digest_mail(FULL, "en", Links(), "f"),
    "feed.xml": feed([FULL], "Team folder", "en", Links(), "f"),
}
LESS = FULL._replace(parts=FULL.parts[:1])
CHANGED = {
    "2026-W47.html": digest_html(LESS, "en"),
    "2026-W47.eml": digest_mail(LESS, "en", Links(), "f"),
    "feed.xml": feed([LESS], "Team folder", "en", Links(), "f"),
}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "Team folder"
    folder.mkdir()
    return Site(folder)


def place(site: Site, name: str) -> Path:
    return site.folder / "_index" / ("" if name == "feed.xml" else "digest") / name


def there(site: Site) -> dict[str, bytes]:
    return {name: place(site, name).read_bytes() for name in FILES if place(site, name).is_file()}


def test_only_what_changed_is_written(site: Site) -> None:
    first = site.write_weeks(FILES, OPTIONS)
    assert first.written.keys() == first.new == FILES.keys()
    assert first.problems == ()
    assert there(site) == FILES
    stamps = {name: place(site, name).stat().st_mtime_ns for name in FILES}
    assert site.write_weeks(FILES, OPTIONS) == ({}, frozenset(), ())
    assert {name: place(site, name).stat().st_mtime_ns for name in FILES} == stamps
    again = site.write_weeks(CHANGED, OPTIONS)
    assert again.written == {name: len(content) for name, content in CHANGED.items()}
    assert again.new == frozenset()
    assert there(site) == CHANGED
    assert own_names(site.folder) == {"_index"}


def test_old_weeks_stay_and_are_told(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    old = EMPTY._replace(week="2026-W46")
    site.write_weeks({"2026-W46.html": digest_html(old, "en")}, OPTIONS)
    assert there(site) == FILES
    found = site.weeks()
    assert list(found) == ["2026-W47", "2026-W46"]
    assert FULL.parts[0].items[0].id in found["2026-W47"].ids
    assert found["2026-W46"] == (frozenset(), frozenset())


def test_what_is_dropped_goes_and_all_else_stays(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    own = place(site, "2026-W46.html")
    own.write_text("my own")
    site.write_weeks({}, OPTIONS, drop=["2026-W47.html", "2026-W46.html", "feed.xml", "2020-W01.eml"])
    assert there(site).keys() == {"2026-W47.eml"}
    assert own.read_text() == "my own"
    own.unlink()
    site.write_weeks({}, OPTIONS, drop=["2026-W47.eml"])
    assert not own.parent.exists()


@pytest.mark.parametrize(
    "name", ["x.html", "../2026-W47.html", "2026-W47.js", "digest/2026-W47.html", "2026-W47.html\n"]
)
def test_no_other_name_is_written(site: Site, name: str) -> None:
    with pytest.raises(ValueError, match="not a file of a week"):
        site.write_weeks({name: b""}, OPTIONS)
    with pytest.raises(ValueError, match="not a file of a week"):
        site.write_weeks({}, OPTIONS, drop=[name])


def a_file(path: Path) -> None:
    path.write_text("somebody's")


def a_directory(path: Path) -> None:
    path.mkdir()
    (path / "x").write_text("somebody's")


def link(path: Path, to: Path | str) -> None:
    try:
        path.symlink_to(to)
    except (OSError, NotImplementedError):
        pytest.skip("no links here")


def a_link(path: Path) -> None:
    above = next(parent for parent in path.parents if parent.name == "_index")
    link(path, above.parents[1] / "elsewhere")


def a_dangling_link(path: Path) -> None:
    link(path, "nowhere")


def a_fifo(path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no FIFOs here")
    os.mkfifo(path)


HOSTILE = (a_file, a_directory, a_link, a_dangling_link, a_fifo)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("make", HOSTILE)
def test_what_is_not_ours_is_never_overwritten(site: Site, name: str, make: Callable[[Path], None]) -> None:
    elsewhere = site.folder.parent / "elsewhere"
    elsewhere.write_text("untouched")
    site.write_weeks({}, OPTIONS)
    place(site, name).parent.mkdir(exist_ok=True)
    make(place(site, name))
    before = place(site, name).lstat()
    done = site.write_weeks(FILES, OPTIONS, drop=[name])
    assert done.written.keys() == FILES.keys() - {name}
    assert len(done.problems) == 1
    assert str(place(site, name)) in done.problems[0]
    assert (place(site, name).lstat().st_ino, place(site, name).lstat().st_mode) == (
        before.st_ino,
        before.st_mode,
    )
    assert elsewhere.read_text() == "untouched"
    assert "2026-W47" not in site.weeks() or name != "2026-W47.html"


@pytest.mark.parametrize("make", [a_file, a_link, a_dangling_link, a_fifo])
def test_what_stands_in_place_of_the_directory_stays(site: Site, make: Callable[[Path], None]) -> None:
    elsewhere = site.folder.parent / "elsewhere"
    elsewhere.mkdir()
    site.write_weeks({}, OPTIONS)
    make(site.folder / "_index" / "digest")
    before = (site.folder / "_index" / "digest").lstat()
    done = site.write_weeks(FILES, OPTIONS)
    assert done.written.keys() == {"feed.xml"}
    assert len(done.problems) == 1
    assert (site.folder / "_index" / "digest").lstat().st_ino == before.st_ino
    assert list(elsewhere.iterdir()) == []
    assert site.weeks() == {}


def test_what_somebody_changed_is_written_again_and_what_a_service_adds_stays(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    page = place(site, "2026-W47.html")
    added = FILES[page.name].replace(b"<title>", b'<meta name="added" content="by a service"><title>')
    page.write_bytes(added)
    assert not site.write_weeks(FILES, OPTIONS).written
    assert page.read_bytes() == added
    page.write_bytes(added.replace(b"Purchasing", b"Purchased") + b"x" * 4_000_000)
    assert site.write_weeks(FILES, OPTIONS).written.keys() == {page.name}
    place(site, "feed.xml").write_bytes(FILES["feed.xml"] + b"<!-- -->")
    assert site.write_weeks(FILES, OPTIONS).written.keys() == {"feed.xml"}
    assert there(site) == FILES


def test_what_a_killed_publish_left_is_deleted(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    left = place(site, "~syncthing~2026-W47.html.0123abcd.tmp")
    left.write_text("half")
    os.utime(left, (1, 1))
    site.write_weeks(FILES, OPTIONS)
    assert not left.exists()


def test_a_file_in_the_cloud_is_left_and_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write_weeks(FILES, OPTIONS)
    read = Directory.read

    def in_the_cloud(self: Directory, name: str, most: int, *, whole: bool = True) -> bytes:
        if name.endswith(".eml"):
            raise OnlineOnly
        return read(self, name, most, whole=whole)

    monkeypatch.setattr(Directory, "read", in_the_cloud)
    done = site.write_weeks(CHANGED, OPTIONS)
    assert done.written.keys() == CHANGED.keys() - {"2026-W47.eml"}
    assert "in the cloud" in done.problems[0]


def test_a_full_disk_is_one_line_and_the_former_week_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write_weeks(FILES, OPTIONS)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing, "replace_file", full)
    with pytest.raises(UserError, match="make room"):
        site.write_weeks(CHANGED, OPTIONS)
    assert there(site) == FILES


def test_a_page_of_one_file_leaves_the_weeks(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    with Directory(site.folder) as folder:
        location = choose_location(site.folder)
        writer.withdraw(type(location)(location.page, location.directory, (), folder))
    assert there(site) == FILES
    assert choose_location(site.folder).directory.name == "_index"
    assert site.weeks().keys() == {"2026-W47"}


def test_weeks_in_a_former_place_go_with_the_page(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    (site.folder / "_index" / "digest" / "mine.txt").write_text("mine")
    with Directory(site.folder) as folder:
        location = choose_location(site.folder)
        writer.leave_others(
            type(location)(site.folder / "indexer.html", site.folder / "_indexer", (), folder)
        )
    assert there(site) == {}
    assert (site.folder / "_index" / "digest" / "mine.txt").read_text() == "mine"


def test_thousands_of_files_there_are_looked_at_in_part(site: Site) -> None:
    site.write_weeks(FILES, OPTIONS)
    for year in range(1900, 1960):
        for week in range(1, 53):
            place(site, f"{year}-W{week:02}.html").write_bytes(b"x")
    assert site.weeks().keys() == {"2026-W47"}
    with Directory(place(site, "x").parent) as directory:
        assert len(marking.latest_weeks(directory)) == 2 * marking.MOST_WEEKS
