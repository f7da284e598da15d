"""What all tests share."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests import loopback

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
loopback.stay_here()
TESTS = Path(__file__).resolve().parent
CORPUS = TESTS.parents[1] / "shared" / "corpus"


LONG = (
    "contract/test_damage.py",
    "contract/test_kills.py",
    "contract/test_office_day.py",
    "faults/test_faulty_files.py",
    "contract/test_work.py",
    "faults/test_mounts.py",
    "page/test_changing.py",
    "faults/test_faulty_folder.py",
    "hostile/test_page_mutations.py",
    "faults/test_full_disk.py",
    "contract/test_hostile.py",
    "contract/test_dances.py",
    "page/test_answers.py",
    "page/test_publishing.py",
)
"""These files of tests are begun first, so that none is waited for in the end; those that mostly wait are among those that reckon."""

SPREAD = (
    "contract/test_kills.py",
    "contract/test_work.py",
    "faults/test_faulty_files.py",
    "faults/test_mounts.py",
    "faults/test_faulty_folder.py",
    "faults/test_full_disk.py",
    "faults/test_limits.py",
    "page/test_changing.py",
)
"""Each test of these files is given out by itself: they prepare nothing in common, and one after the other they would take
longer than all the rest beside them."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test in which something wanted to leave this machine, whoever swallowed the refusal."""
    yield
    tried, loopback.TRIED[:] = list(loopback.TRIED), []
    assert not tried, f"{item.nodeid} wanted to leave this machine: {tried}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have whole files given to workers, but for those whose tests are `SPREAD`."""
    if config.getvalue("dist") != "loadfile":
        return None
    by_file: Any = importlib.import_module("xdist.scheduler").LoadFileScheduling

    class Scheduling(by_file):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return nodeid if file.removeprefix("tests/") in SPREAD else file

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first."""

    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(TESTS).as_posix()
        return LONG.index(name) if name in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture
def corpus() -> Path:
    """The large corpus of real files, if it lies beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real files is not here")
    return CORPUS


@pytest.fixture
def make_tree(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Make a folder from a mapping of paths to contents."""

    def make(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "Team folder"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the system's, else Playwright's own."""
    from playwright.sync_api import expect, sync_playwright  # most processes of tests need no browser

    with sync_playwright() as play:
        expect.set_options(timeout=30_000)  # of its own accord five seconds: a busy machine takes longer
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        started = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()
