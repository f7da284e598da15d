"""State and page as version 0.1 wrote them are taken over: nothing is lost, and what may no longer be found is found no more.

`cases/version-0.1.zip` holds a folder of four files with the page that version wrote, and the state it kept of them.
`later.txt` was added after the first scan, so that its date is in page and state only. `freight.eml` names a blind copy.
"""

from __future__ import annotations

import os
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.index.query import parse
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.query import SearchRequest
from indexer.settings import Settings
from indexer.state.places import state_of

from .conftest import Indexer
from .page_reader import shown_items

FIXTURE = Path(__file__).parent.parent / "cases" / "version-0.1.zip"
ITEMS = {
    "Customs handbook.url": ("6f098eca6cecee91", "2025-03-01T00:00:00Z"),
    "freight.eml": ("4b9ceaa889154915", "2025-03-01T00:00:00Z"),
    "later.txt": ("2398b90e0040345b", "2026-11-28T02:07:59Z"),
    "minutes.txt": ("ddc9770144567db5", "2025-03-01T00:00:00Z"),
}


@pytest.fixture(params=["with its state", "page only"])
def taken_over(indexer: Indexer, request: pytest.FixtureRequest) -> Indexer:
    """The folder of the former version, with its state or as another machine gets it."""
    places = {"folder": indexer.folder}
    if request.param == "with its state":
        places["state"] = state_of(indexer.folder, Settings(state_dir=indexer.state))
    with zipfile.ZipFile(FIXTURE) as archive:
        for entry in archive.infolist():
            top, _, rest = entry.filename.partition("/")
            if top in places and entry.filename != "state/folder.json":  # it names the path of then
                path = places[top] / rest
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(entry))
                moment = time.mktime((*entry.date_time, 0, 0, 0)) - time.timezone
                os.utime(path, (moment, moment))
    return indexer


@pytest.mark.parametrize("taken_over", ["with its state"], indirect=True)
def test_its_index_is_taken_as_it_is(taken_over: Indexer) -> None:
    """Whoosh has stored the path of each class then: what moved since is still found there."""
    (directory,) = taken_over.state.rglob("index-1")
    index = WhooshIndex(directory, create=False)
    assert index.is_whole()
    assert index.search(SearchRequest(parse("wharfage", datetime.now(UTC)))).total == 1
    index.close()


def test_nothing_is_lost(taken_over: Indexer) -> None:
    said = taken_over.run("scan", str(taken_over.folder))
    assert (said.returncode, said.stderr) == (0, b"")
    found = taken_over.json("")["results"]
    assert {one["path"]: (one["id"], one["added"]) for one in found} == ITEMS
    shown = {one.path: one for one in shown_items(taken_over.folder)}
    assert {path: one.id for path, one in shown.items()} == {path: id_ for path, (id_, _) in ITEMS.items()}
    for word, path in {"wharfage": "later.txt", "tariff": "minutes.txt", "Rotterdam": "freight.eml"}.items():
        assert path in taken_over.paths(word)
        assert word in shown[path].text


def test_what_may_no_longer_be_found_leaves_page_and_state(taken_over: Indexer) -> None:
    taken_over.scan()
    assert taken_over.json("secretbcc")["total"] == 0
    assert all("secretbcc" not in one.text for one in shown_items(taken_over.folder))
    assert taken_over.run("rebuild").returncode == 0
    assert taken_over.json("secretbcc")["total"] == 0
