"""Copies of pages that are kept in the state: as long as any item has the address, and thirty days beyond."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from indexer.app import building
from indexer.app.keeping import drop_unused, purge
from indexer.settings import ExtractSettings, PageSettings, Settings
from indexer.state import places
from indexer.state.places import COPIES, copy_name
from tests.fake_clock import FakeClock

MakeTree = Callable[[Mapping[str, str | bytes]], Path]
DAY_S = 24 * 3600.0


def test_a_copy_goes_when_no_item_has_had_its_address_for_thirty_days(
    make_tree: MakeTree, tmp_path: Path
) -> None:
    link = "[InternetShortcut]\nURL=https://{}.example/\n".format
    folder = make_tree({"a.url": link("one"), "b.url": link("www.one"), "c.url": link("two")})
    settings = replace(
        Settings(),
        state_dir=tmp_path / "state",
        extract=ExtractSettings(workers=1, ocr=False),
        page=PageSettings(enabled=False),
    )
    state = places.register(folder, settings)
    one, two, other = (
        state / COPIES / copy_name(f"https://{name}.example") for name in ("one", "two", "other")
    )
    (state / COPIES).mkdir()
    clock = FakeClock()
    with building.open_pipeline(folder, settings, clock) as pipeline:
        pipeline.run_pass()
        for copy in (one, two, other):
            copy.touch()
        for path in ("a.url", "c.url"):
            (folder / path).unlink()
        pipeline.run_pass()
        clock.advance(29 * DAY_S)
        purge(pipeline, state)
        drop_unused(state, pipeline.catalogue)  # as after `forget` of something else
        assert [copy.exists() for copy in (one, two, other)] == [True, True, False]
        clock.advance(2 * DAY_S)
        purge(pipeline, state)
        assert [copy.exists() for copy in (one, two)] == [True, False]
