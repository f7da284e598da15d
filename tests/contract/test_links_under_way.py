"""While links are checked: people who save wait for none, and a process that is killed asks nobody twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from .conftest import Indexer, looks
from .test_links import ARTICLE, Site, site

__all__ = ["site"]

KILLS, LINKS = 4, 150
MOST_BETWEEN = 40
"""Requests until a kill: each link takes two, as a nonsense address is asked for, too."""
FOUND_S = 10.0
"""So soon a saved file is found: within 2 seconds on a machine that has nothing else to do."""


@dataclass(frozen=True)
class Fetching(Indexer):
    """An indexer that may read links of this machine."""

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of its commands."""
        said = {"FETCH": "true", "ALLOW_HOSTS": "127.0.0.1", "PAUSE_S": "0"}
        return super().environment(**{f"INDEXER_LINKS_{name}": value for name, value in said.items()}, **more)


@pytest.fixture
def fetching(tmp_path: Path, site: str) -> Fetching:
    """A folder with many links."""
    made = Fetching(tmp_path / "Team folder", tmp_path / "state")
    made.folder.mkdir()
    made.state.mkdir()
    (made.state / "none.toml").touch()
    paths = [f"/{number}" for number in range(LINKS)]
    Site.pages |= {path: ARTICLE.replace("walrus", f"walrus{path[1:]}") for path in paths}
    (made.folder / "list.txt").write_text("\n".join(site + path for path in paths), "utf-8")
    made.scan()
    assert Site.asked == []
    return made


@contextmanager
def begun(indexer: Indexer, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have a command run until the block ends."""
    nothing = subprocess.DEVNULL
    process = indexer.begin(
        *arguments, env=indexer.environment(), stdin=nothing, stdout=nothing, stderr=nothing
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(60)


def asked() -> Counter[str]:
    """Return how often each page was asked for, once nobody asks any more."""
    for _ in looks(0.3):
        before = len(Site.asked)
        time.sleep(0.3)
        if len(Site.asked) == before:
            break
    return Counter(Site.asked)


def states(indexer: Indexer) -> dict[str, str]:
    """Return the state of each page, by its path."""
    told = json.loads(indexer.ok("links", "--json"))["links"]
    return {"/" + link["url"].rpartition("/")[2]: link["state"] for link in told}


@pytest.mark.skipif(sys.platform == "win32", reason="there, a kill waits for the whole job")
def test_killed_at_random_and_started_again_none_is_asked_twice_within_its_time(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "pause_s", 0.01)
    chance = Random(17)
    known: list[tuple[set[str], Counter[str]]] = []
    for _ in range(KILLS):
        enough = len(Site.asked) + chance.randrange(10, MOST_BETWEEN)
        with begun(fetching, "scan", str(fetching.folder), "--links") as process:
            fetching.wait_for(lambda enough=enough: len(Site.asked) >= enough)  # type: ignore[misc]
            process.kill()
        counts = asked()
        known.append(({path for path, state in states(fetching).items() if state != "unchecked"}, counts))
    fetching.scan("--links")
    finally_asked = asked()
    assert set(states(fetching).values()) == {"ok"}
    for paths, counts in known:
        assert {path: finally_asked[path] for path in paths} == {path: counts[path] for path in paths}
    # Only what was under way at the very moment: one request a host, to at most four hosts.
    assert sum(finally_asked[f"/{number}"] - 1 for number in range(LINKS)) <= 4 * KILLS
    assert finally_asked["/robots.txt"] == 1
    assert all(finally_asked[f"/{number}"] >= 1 for number in range(LINKS))


def test_a_saved_file_is_found_while_links_are_checked(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "pause_s", 0.1)
    took = []
    with (
        fetching.watching(),
        begun(fetching, "links", "check", "--all"),
    ):  # so that it is done on battery, too
        fetching.wait_for(lambda: len(Site.asked) > 5)
        for word in ("alpaca", "bison", "caribou"):
            (fetching.folder / f"{word}.txt").write_text(f"A {word} grazes here.", "utf-8")
            took.append(fetching.wait_for(lambda word=word: fetching.paths(word) == [f"{word}.txt"]))  # type: ignore[misc]
        before = len(Site.asked)
        fetching.wait_for(lambda: len(Site.asked) > before)  # the checks still go on
    assert sorted(took)[1] < FOUND_S, took
