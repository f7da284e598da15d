"""Links that commands put into the folder and take out of it: add, import, export."""

from __future__ import annotations

import json
import os
import subprocess
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest

from indexer.folder.ignore import is_ignored_file

from .conftest import Indexer, printed

URL = "https://www.example.com/news/steel-tariffs.html?utm_source=mail"
HTML = """<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><H3>Steel</H3><DL><p>
<DT><A HREF="https://example.com/one" TAGS="duty,steel">One: the <b>first</b></A><DD>Read this
<DT><A HREF="https://example.com/two">Two</A></DL><p>
<DT><H3>.git</H3><DL><p><DT><A HREF="https://example.com/three">Three</A></DL><p>
<DT><H3>_index</H3><DL><p><DT><A HREF="https://example.com/four">../../Four</A></DL><p>
<DT><A HREF="http://www.example.com/two/?utm_source=x">Two again</A>
<DT><A HREF="javascript:alert(1)">Tool</A></DL><p>"""


def files(folder: Path) -> set[str]:
    """Return the paths of all files, those of our page aside."""
    every = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {path for path in every if not path.startswith("_index/") and path != "index.html"}


def links(folder: Path) -> set[str]:
    return {path for path in files(folder) if path.endswith(".url")}


def test_a_link_is_added_once_and_found(indexer: Indexer) -> None:
    at = ("--folder", str(indexer.folder))
    (indexer.folder / "Sales").mkdir()
    (indexer.folder / "Links.txt").write_text("On iron https://example.com/iron?id=2\n")
    path = indexer.ok("add", URL, *at, "--to", "sales/Links").rstrip("\n")
    assert path == "Sales/Links/steel-tariffs (example.com).url"
    assert (indexer.folder / path).read_bytes() == f"[InternetShortcut]\r\nURL={URL}\r\n".encode()
    assert files(indexer.folder) == {path, "Links.txt"}
    again = indexer.run("add", "http://example.com/news/steel-tariffs.html", *at)
    assert (again.returncode, printed(again.stdout)) == (0, f"{path}\n")
    assert b"already" in again.stderr
    other = indexer.ok("add", URL, *at, "--again").rstrip("\n")
    indexer.scan()
    assert indexer.ok("add", "https://m.example.com/news/steel-tariffs.html/amp") == f"{path}\n{other}\n"
    (result,) = indexer.json("steel type:link")["results"]
    assert result["url"] == URL
    assert {result["path"], *result["copies"]} == {path, other}
    listed = "https://example.com/iron?id=2"
    assert indexer.ok("add", f"{listed}&utm_source=x", "--why", "Read it") == "Links.txt\n"
    (note,) = files(indexer.folder) - {path, other, "Links.txt"}
    assert note.startswith("Links.txt.note.")
    assert f"item: {listed}\n" in (indexer.folder / note).read_text("utf-8")


def test_what_a_link_file_can_t_hold_is_in_a_note_beside_it(indexer: Indexer) -> None:
    at = ("--folder", str(indexer.folder))
    more = ("--why", "New tariff,\nsee section 3", "--by", "Zoë Q", "--tag", "duty, steel", "--tag", "2026")
    path = indexer.ok("add", URL, "--title", "Steel: tariffs", *more, *at).rstrip("\n")
    assert path == "Steel- tariffs.url"
    (note,) = files(indexer.folder) - {path}
    assert note.startswith(f"{path}.note.2")
    assert "Z-Zoë_Q-" in unicodedata.normalize("NFC", note)
    head, text = (indexer.folder / note).read_text("utf-8").removeprefix("---\n").split("---\n")
    assert set(head.splitlines()) == {"by: Zoë Q", "tags: [duty, steel, 2026]"}
    assert text == "Steel: tariffs\n\nNew tariff,\nsee section 3\n"
    indexer.ok("add", URL, "--why", "Once more", *at)
    assert len(files(indexer.folder)) == 3


def test_what_no_note_can_have_stops_nothing_halfway(indexer: Indexer, tmp_path: Path) -> None:
    at = ("--folder", str(indexer.folder))
    done = indexer.run("add", URL, "--by", "x" * 3_000, *at)
    assert done.returncode == 2
    assert b"author" in done.stderr
    assert files(indexer.folder) == set()  # no link without its note
    rows = "title,url,time_added,tags,status\na,http://one.example/1,1,tar\u00adiff,unread\nb,http://one.example/2,1,x,unread\n"
    (tmp_path / "pocket.csv").write_text(rows, "utf-8")
    assert indexer.ok("import", str(tmp_path / "pocket.csv"), *at).startswith("2 links added")
    notes = [path for path in files(indexer.folder) if ".note." in path]
    assert len(notes) == 2
    for path in files(indexer.folder):
        (indexer.folder / path).unlink()
    indexer.ok("add", "http://one.example/1", *at)  # it is no longer there


@pytest.mark.parametrize(
    "title",
    ["con", "a" * 300, "\u202etxt.exe", 'He said "no"', "a\x07b\nc", "../../x", "~$x", ".x", "Thumbs.db", "…", "ä" * 300, "x.note", " "],
)  # fmt: skip
def test_a_hostile_title_gives_a_safe_name(indexer: Indexer, title: str) -> None:
    path = indexer.ok("add", URL, "--title", title, "--folder", str(indexer.folder)).rstrip("\n")
    assert path in links(indexer.folder)
    assert "/" not in path
    assert not PureWindowsPath(path).is_reserved()
    assert path.isprintable()
    assert not is_ignored_file(path)
    assert len(path.encode()) < 200
    assert not set(path) & set('<>:"\\|?*')


def test_what_is_no_link_or_no_place_is_refused(indexer: Indexer, tmp_path: Path) -> None:
    at = ("--folder", str(indexer.folder))
    for url in ("javascript:alert(1)", "file:///etc/passwd", "mailto:a@example.com", "\\\\host\\share", "", "example.com",
                "https://user@example.com", "https://", "https://example.com\u202e/x", "https://a..b/", "ftp://example.com"):  # fmt: skip
        indexer.refused("add", *at, "--", url)
    places = [
        "../x",
        "a/../../x",
        "/tmp",
        "C:/x",
        ".git/x",
        "_index",
        "_INDEX",
        "indexer.html",
        "a<b",
        "/".join("a" * 30),
    ]
    if os.name != "nt":
        (indexer.folder / "out").symlink_to(tmp_path)
        places.append("out")
    (indexer.folder / ".indexignore").write_text("Private/\n")
    for place in (*places, "private"):
        indexer.refused("add", URL, *at, "--to", place)
    assert links(indexer.folder) == set()
    assert list(tmp_path.glob("*.url")) == []


def test_what_the_rules_leave_out_is_named_otherwise_or_refused(indexer: Indexer, tmp_path: Path) -> None:
    at = ("--folder", str(indexer.folder))
    rules = indexer.folder / ".indexignore"
    rules.write_text("steel*\n*.note.*.md\n", "utf-8")
    assert indexer.ok("add", URL, *at) == "_steel-tariffs (example.com).url\n"
    assert "note beside" in indexer.refused("add", "https://example.com/iron", "--why", "Read", *at)
    assert "note beside" in indexer.refused("add", URL, "--why", "Read", *at)
    (tmp_path / "marks.html").write_text(HTML, "utf-8")
    said = indexer.ok("import", str(tmp_path / "marks.html"), *at)
    assert said.startswith("4 links added, 1 was there already, 1 refused, 2 not written, as .indexignore")
    assert not [path for path in files(indexer.folder) if ".note." in path]
    rules.write_text("*.url\n!Sales/*.url\n", "utf-8")
    before = files(indexer.folder)
    assert "nobody would find it" in indexer.refused("add", "https://example.com/iron", *at)
    assert files(indexer.folder) == before
    assert indexer.ok("add", "https://example.com/iron", *at, "--to", "Sales").startswith("Sales/")


def test_one_address_added_by_several_at_once_is_there_once(indexer: Indexer) -> None:
    env = indexer.environment(XDG_CONFIG_HOME=str(indexer.state / "config"))
    del env["INDEXER_CONFIG"]
    add = ("add", URL, "--folder", str(indexer.folder))
    running = [indexer.begin(*add, env=env, stdout=subprocess.PIPE) for _ in range(4)]
    said = {printed(process.communicate()[0]) for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert said == {f"{path}\n" for path in links(indexer.folder)}
    assert len(said) == 1


def test_an_export_is_imported_once(indexer: Indexer, tmp_path: Path) -> None:
    at = ("--folder", str(indexer.folder))
    (tmp_path / "marks.html").write_text(HTML, "utf-8")
    said = indexer.ok("import", str(tmp_path / "marks.html"), "--to", "Reading", *at)
    assert said == "4 links added, 1 was there already, 1 refused\n"
    assert links(indexer.folder) == {
        "Reading/Steel/One- the first.url", "Reading/Steel/Two.url", "Reading/git/Three.url", "Reading/_index/Four.url",
    }  # fmt: skip
    (note,) = (path for path in files(indexer.folder) if ".note." in path and "One" in path)
    assert "tags: [duty, steel]\n" in (indexer.folder / note).read_text("utf-8")
    assert "Read this" in (indexer.folder / note).read_text("utf-8")
    said = indexer.ok("import", str(tmp_path / "marks.html"), *at)
    assert said == "0 links added, 5 were there already, 1 refused\n"
    indexer.scan()
    before = files(indexer.folder)
    out = tmp_path / "links.opml"
    indexer.ok("export", "links", str(out))
    assert out.read_bytes() == indexer.run("export", "links", "--format", "opml").stdout
    assert "is there already" in indexer.refused("export", "links", str(out))
    assert indexer.ok("import", str(out)) == "0 links added, 4 were there already\n"
    assert files(indexer.folder) == before
    copy = Indexer(tmp_path / "Copy", tmp_path / "other state")
    copy.folder.mkdir()
    copy.ok("import", str(out), "--folder", str(copy.folder))
    assert links(copy.folder) == links(indexer.folder)


def test_what_is_no_export_is_refused(indexer: Indexer, tmp_path: Path) -> None:
    at = ("--folder", str(indexer.folder))
    (tmp_path / "x.html").write_text("<html><a href='https://example.com'>x</a></html>")
    for name in ("x.html", "none.csv", "."):
        indexer.refused("import", str(tmp_path / name), *at)
    indexer.scan()
    assert json.loads(indexer.ok("export", "links", "--format", "json")) == {"schema": 1, "links": []}
