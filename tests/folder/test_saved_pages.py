"""The files of a saved page are part of it and not items; documents there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.app import building
from indexer.folder.saved_pages import is_companion, parts_of_pages
from indexer.model.items import RelPath
from indexer.model.names import name_key
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places

MakeTree = Callable[[Mapping[str, str | bytes]], Path]


@pytest.mark.parametrize(
    ("page", "directory"),
    [("News", "News_files"), ("a/News", "a/News-Dateien"), ("News", "news_FILES"), ("Plan", "Plan.files"),
     ("Zölle", "Zo\u0308lle-filer"), ("News", "News_files/frames/deep")],
)  # fmt: skip
def test_parts(page: str, directory: str) -> None:
    names = [
        "a.png",
        "b.JS",
        "c.css",
        "d.woff2",
        "frame.html",
        "e.js.download",
        "saved_resource",
        "filelist.xml",
    ]
    documents = ["plan.pdf", "letter.docx", "notes.txt", "list.xml"]
    paths = [RelPath(f"{directory}/{name}") for name in (*names, *documents)]
    pages = {name_key(page)}
    found = parts_of_pages(paths, lambda stem: name_key(stem) in pages)
    assert found == {RelPath(f"{directory}/{name}") for name in names}
    assert parts_of_pages(paths, lambda _: False) == frozenset()


def test_other_directories_are_none() -> None:
    assert not any(map(is_companion, ("files", "News", "My files", "profiles", "")))


def test_items_come_and_go_with_the_page(make_tree: MakeTree, tmp_path: Path) -> None:
    parts = {f"S/News_files/{n}.html": f"<p>frame {n}</p>" for n in range(70)}
    folder = make_tree({**parts, "S/News_files/plan.txt": "steel", "S/other.txt": "x"})
    settings = replace(
        Settings(),
        state_dir=tmp_path / "state",
        page=PageSettings(enabled=False),
        extract=ExtractSettings(workers=1),
    )
    places.register(folder, settings)

    def paths(pipeline: Pipeline) -> set[str]:
        return {
            path
            for path in pipeline.catalogue.files.known()
            if not pipeline.catalogue.files.known()[path].removed
        }

    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.look()
        assert len(paths(pipeline)) == 72
        (folder / "S/News.html").write_text("<p>steel news</p>")
        pipeline.look([RelPath("S")])  # as the watcher has it looked at: parts leave, though they are many
        assert paths(pipeline) == {"S/News.html", "S/News_files/plan.txt", "S/other.txt"}
        assert pipeline.held_back == 0
        (folder / "S/News_files/new.css").write_text("p{}")
        pipeline.look([RelPath("S/News_files")])
        pipeline.look()
        assert paths(pipeline) == {"S/News.html", "S/News_files/plan.txt", "S/other.txt"}
        (folder / "S/News.html").unlink()
        pipeline.look([RelPath("S")])
        assert len(paths(pipeline)) == 73
