"""What of the catalogue is on the page: texts that a password opened stay off it."""

from __future__ import annotations

import io
import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import msoffcrypto
import pytest

from indexer.app import building
from indexer.catalogue.records import text_checksum
from indexer.index.query import parse
from indexer.model.items import RelPath
from indexer.model.query import SearchRequest
from indexer.model.readings import PLAIN
from indexer.pipeline.pipeline import Pipeline
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from tests.extract.samples import make_7z, make_docx, make_mbox, make_zip
from tests.fake_clock import FakeClock

MakeTree = Callable[[Mapping[str, str | bytes]], Path]


def locked_docx(password: str = "summer") -> bytes:
    """Return a document named "EU tariffs" by "Sales", encrypted."""
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(make_docx())).encrypt(password, out)
    return out.getvalue()


def on_page(folder: Path) -> str:
    """Return everything that stands in the page and its data, in lower case."""
    found = [(folder / "index.html").read_bytes()]
    for path in (folder / "_index").iterdir():
        raw = path.read_bytes()
        found.append(raw)
        for packed in re.findall(rb'"([A-Za-z0-9+/=]{8,})"', raw):
            try:
                found.append(zlib.decompress(b64decode(packed), -15))
            except (ValueError, zlib.error):
                continue
    return b"\n".join(found).decode("utf-8", "replace").lower()


def test_a_page_that_was_switched_off_for_long_loses_what_was_removed_meanwhile(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    folder = make_tree({"kept.txt": "walrus", "removed.txt": "narwhal"})
    on = replace(Settings(), state_dir=tmp_path / "state", extract=ExtractSettings(workers=1, ocr=False))
    off = replace(on, page=PageSettings(enabled=False))
    places.register(folder, on)
    with building.open_pipeline(folder, on) as pipeline:
        pipeline.run_pass()
    assert "narwhal" in on_page(folder)
    (folder / "removed.txt").unlink()
    clock = FakeClock()
    with building.open_pipeline(folder, off, clock) as pipeline:
        pipeline.run_pass()
        clock.advance(31 * 24 * 3600.0)
        pipeline.purge()
        assert pipeline.catalogue.log.changed_since(0) == [
            item.id for item, _ in pipeline.catalogue.items.told()
        ]
    with building.open_pipeline(folder, on) as pipeline:
        pipeline.run_pass()
    assert "narwhal" not in on_page(folder)
    assert "walrus" in on_page(folder)


def test_what_a_password_opened_stays_off_the_page(make_tree: MakeTree, tmp_path: Path) -> None:
    folder = make_tree(
        {
            "open.txt": "walrus in the open",
            "locked.docx": locked_docx(),
            "locked.7z": make_7z("summer"),
            "part.zip": make_zip({"plain.txt": "walrus", "locked.docx": locked_docx()}),
            "box.mbox": make_mbox(),
        }
    )
    extract = ExtractSettings(workers=1, passwords=("winter", "summer"), ocr=False)
    shown = replace(
        Settings(), state_dir=tmp_path / "state", extract=extract, page=PageSettings(encrypted=True)
    )
    kept = replace(shown, page=PageSettings())
    places.register(folder, shown)

    with building.open_pipeline(folder, kept) as pipeline:
        pipeline.run_pass()
        assert found(pipeline, "tariff") >= {"locked.docx", "locked.7z", "part.zip"}
        assert found(pipeline, "by:sales tariffs") == {"locked.docx"}
        keys = {item.path: key for item, key in pipeline.catalogue.items.told() if not item.is_list_entry}
        assert {path for path, key in keys.items() if key.endswith(PLAIN)} == {"open.txt", "box.mbox"}
    page = on_page(folder)
    assert "walrus in the open" in page
    assert '"locked"' in page or "locked.docx" in page  # the item itself is there, by its name
    for inside in ("for march", "eu tariffs", "a tariff within", "plain.txt", '"sales"'):
        assert inside not in page, inside

    with building.open_pipeline(folder, shown) as pipeline:
        pipeline.publish()
    assert "applies from march" in on_page(folder)

    with building.open_pipeline(folder, kept) as pipeline:
        pipeline.publish()  # one publish, and nothing of it is left in the folder
    page = on_page(folder)
    assert "walrus in the open" in page
    for inside in ("for march", "eu tariffs", "a tariff within", "plain.txt", '"sales"'):
        assert inside not in page, inside


def found(pipeline: Pipeline, text: str) -> set[RelPath]:
    index = pipeline.followers["index"]
    hits = index.search(SearchRequest(parse(text), limit=100, relax=False)).hits  # type: ignore[attr-defined]
    ids = [item_id for hit in hits for item_id in (hit.id, *hit.copies)]
    return {item.path for item in pipeline.catalogue.items.get(ids).values()}


@pytest.mark.parametrize(("passwords", "expected"), [((), True), (("summer",), False)])
def test_texts_of_former_versions_stay_off_it_where_passwords_are_set(
    make_tree: MakeTree, tmp_path: Path, passwords: tuple[str, ...], expected: bool
) -> None:
    """They did not note what opened them."""
    folder = make_tree({"a.txt": "walrus of old"})
    extract = ExtractSettings(workers=1, passwords=passwords)
    settings = replace(Settings(), state_dir=tmp_path / "state", extract=extract)
    places.register(folder, settings)
    with building.open_pipeline(folder, settings) as pipeline:
        pipeline.look()
        pipeline.work_off(None, lambda: None)
        db = pipeline.catalogue._db
        db.execute("PRAGMA foreign_keys = OFF")
        for key, *row in db.execute("SELECT key, size, about, passages, terms FROM texts").fetchall():
            former = key.removesuffix(PLAIN)
            db.execute(
                "UPDATE texts SET key = ?, checked = ? WHERE key = ?",
                (former, text_checksum(former, *row), key),
            )
            db.execute("UPDATE items SET text_key = ? WHERE text_key = ?", (former, key))
        pipeline.publish()
    assert ("walrus of old" in on_page(folder)) is expected
