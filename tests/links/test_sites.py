"""What becomes of a link, by what its host says: each kind that is met in life, through fetching, reading and recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.extract.cage import Cage
from indexer.extract.reading_process import Limits
from tests.links.conftest import World
from tests.links.life import Life
from tests.links.sites import NEWS, SITES, STORIES, Site, Story
from tests.links.web import page

Begin = Callable[[str], Life]


@pytest.fixture(scope="module")
def cage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cage]:
    """What reads all pages."""
    place = tmp_path_factory.mktemp("cage")
    (place / "spool").mkdir()
    made = Cage(1, Limits(20, 20, 700 << 20), place / "spool", place)
    yield made
    made.close()


@pytest.fixture
def begin(world: World, cage: Cage, tmp_path: Path) -> Iterator[Begin]:
    """Drop a link."""
    made: list[Life] = []

    def drop(url: str) -> Life:
        made.append(Life(world, url, tmp_path, cage))
        return made[-1]

    yield drop
    for life in made:
        life.catalogue.close()


def test_there_are_many_kinds() -> None:
    kinds = [*(site.what for site in SITES), *(story.what for story in STORIES)]
    assert len(set(kinds)) == len(kinds) >= 180


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.what)
def test_each_link_comes_to_what_is_expected(world: World, begin: Begin, site: Site) -> None:
    expected = dict(site.more)
    world.web.answers = dict(site.answers)
    world.names.answers = expected.pop("names", {})
    if failing := expected.pop("unreachable", None):
        world.wire.fail(failing)
    life = begin(site.url)
    life.until(0)
    (checked,) = life.fetcher.checked
    assert life.health.state == site.state, checked.outcome
    for name, value in expected.items():
        assert _found(name, life) == value if name != "words" else value in life.text, (name, life.text)
    assert {seen.headers[""].partition(" ")[0] for seen in world.web.seen} <= {"GET"}


def _found(name: str, life: Life) -> Any:
    (checked,) = life.fetcher.checked
    found = {
        "body": checked.body,
        "length": len(checked.body),
        "paths": life.world.web.paths(),
        "paths_begin": life.world.web.paths()[:1],
        "connections": len(life.world.wire.made),
    }
    return found[name] if name in found else getattr(checked.outcome, name)


def test_links_that_nobody_asks_for_wait_on_battery(world: World, begin: Begin) -> None:
    world.web.answers = {"/a": page()}
    life = begin(NEWS)
    life.is_on_battery = True
    life.until(0, is_asked=False)
    assert (life.health.state, world.web.made) == ("unchecked", [])
    life.until(0.1, is_asked=True)
    assert life.health.state == "ok"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.what)
def test_each_link_fares_over_weeks_as_is_expected(world: World, begin: Begin, story: Story) -> None:
    life = begin(NEWS)
    for answers, day, state in story.life:
        world.web.answers, world.web.otherwise = dict(answers), answers.get("")
        life.until(day)
        assert (day, life.health.state) == (day, state), life.fetcher.checked[-1].outcome
    assert story.words in life.text
    assert world.web.paths().count("/a") <= story.most_asked
