"""Run the tests on Windows' own Python, by Wine: `python3 scripts/test_windows.py [--smoke | TEST FILE …]`.

Without arguments every test file is run, each by a process of its own; `--smoke` only scans, searches, watches and publishes
once. Debian's Wine 8 is installed where it isn't (as root), the rest lies in `.wine`.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import setup_venv

if __name__ == "__main__" and Path(sys.prefix) != setup_venv.VENV:
    python = setup_venv.ensure("test")
    sys.exit(subprocess.run([str(python), *sys.argv], check=False).returncode)

import setup_wine
from setup_wine import NoWine, Wine

SKIPPED = 77
"""The exit code of a test that could not be tried."""
FILE_LIMIT_S = 1800
"""Seconds that a file of tests may take."""
PATIENCE_S = 300
"""Seconds that the smoke test waits for anything: a starved machine is not a failure."""


def main() -> int:
    """Return 0 if all is well, 1 if something failed, `SKIPPED` without Wine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", metavar="TEST FILE", help="run these alone")
    parser.add_argument("--smoke", action="store_true", help="scan, search, watch and publish once")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        setup_wine.require_wine()
    except NoWine as error:
        print(f"not tried on Windows: {error}")
        return SKIPPED
    wine = setup_wine.ensure()
    print(f"Windows' Python is ready after {time.monotonic() - began:.0f} s", flush=True)
    with wine.running():
        failed = smoke(wine) if given.smoke else run_tests(wine, given.files or _all_files())
    print(f"on Windows' Python: {'FAILED' if failed else 'all well'} ({time.monotonic() - began:.0f} s)")
    return int(failed)


# --- the smoke test -------------------------------------------------------------------------------


def smoke(wine: Wine) -> bool:
    """Do what a person does on the first day; return whether something failed, and say what."""
    try:
        _first_day(_Person(wine))
    except _Failed as failure:
        print(f"FAILED: {failure}")
        return True
    return False


class _Failed(Exception):
    """What went otherwise than it should."""


@dataclass(frozen=True, slots=True)
class _Person:
    wine: Wine

    def indexer(self, *arguments: str, code: int | None = 0) -> str:
        """Run a command to its end and return what it says; `code` None: it may end in any way."""
        with self.start(*arguments) as process:
            try:
                said, _ = process.communicate(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise _Failed(f"`indexer {' '.join(arguments)}` did not end within {PATIENCE_S} s") from None
        if code is not None and process.returncode != code:
            raise _Failed(f"`indexer {' '.join(arguments)}` ended with {process.returncode}: {said}")
        return said

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return self.wine.python("-m", "indexer", *arguments, INDEXER_STATE_DIR="C:\\smoke\\state")

    def wait_until(self, what: str, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > until:
                raise _Failed(f"{what}: not within {PATIENCE_S} s\n{self.indexer('status', code=None)}")
            time.sleep(0.5)


def _first_day(person: _Person) -> None:
    place = person.wine.drive / "smoke"
    shutil.rmtree(place, ignore_errors=True)
    folder = place / "team"
    (folder / "Süd").mkdir(parents=True)
    (folder / "Süd" / "Übersicht.txt").write_text("Prüfung der Ölstände\n", "utf-8")
    (folder / "offer.html").write_text("<title>Offer</title><p>Seven flanges of brass</p>\n", "utf-8")

    person.indexer("scan", "C:\\smoke\\team")
    failed = person.indexer("failed")
    if "Everything could be read" not in failed:
        raise _Failed(f"files could not be read: {failed}")
    found = person.indexer("search", "--files", "olstande")
    if "Übersicht.txt" not in found:
        raise _Failed(f"`search` did not find the file: {found}")
    page = folder / "index.html"
    if not page.is_file():
        raise _Failed("there is no page after `scan`")
    print("scan, search: well", flush=True)

    page.unlink()
    person.indexer("publish")
    if not page.is_file():
        raise _Failed("there is no page after `publish`")
    print("publish: well", flush=True)

    with person.start("watch", "C:\\smoke\\team") as watcher:
        try:
            _watched(person, folder, watcher)
        finally:
            watcher.kill()
    print("watch: well", flush=True)


def _watched(person: _Person, folder: Path, watcher: subprocess.Popen[str]) -> None:
    def finds(word: str) -> bool:
        return "note.txt" in person.indexer("search", "--files", word, code=None)

    (folder / "note.txt").write_text("saved before the watcher looks: gasket\n", "utf-8")
    person.wait_until("a file saved before `watch` begins is found", lambda: finds("gasket"))
    (folder / "note.txt").write_text("saved while it watches: sprocket\n", "utf-8")
    person.wait_until("a file saved while `watch` runs is found", lambda: finds("sprocket"))
    (folder / "note.txt").unlink()
    person.wait_until("a deleted file goes", lambda: not finds("sprocket"))
    watcher.send_signal(signal.SIGINT)  # Wine makes Ctrl-C of it
    try:
        said, _ = watcher.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise _Failed(f"`watch` did not end within {PATIENCE_S} s of Ctrl-C") from None
    if watcher.returncode:
        raise _Failed(f"`watch` ended with {watcher.returncode} after Ctrl-C: {said}")


# --- the tests ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    """How many for which reason."""


def run_tests(wine: Wine, files: list[str]) -> bool:
    """Run test files, two beside each other; return whether something failed, and say what."""
    for name in ("results", "t"):
        (wine.drive / name).mkdir(exist_ok=True)
    passed, failed, skipped = 0, list[str](), Counter[str]()
    with ThreadPoolExecutor(2) as pool:
        for outcome in pool.map(lambda name: _run_file(wine, name), files):
            passed += outcome.passed
            failed += outcome.failed
            skipped += outcome.skipped
    print(f"\n{len(files)} files: {passed} passed, {len(failed)} failed, {skipped.total()} skipped")
    print("\n".join([f"  failed: {name}" for name in failed] + [f"  skipped {n}: {why}" for why, n in skipped.most_common()]))  # fmt: skip
    return bool(failed)


def _run_file(wine: Wine, name: str) -> _Outcome:
    began = time.monotonic()
    short = name.replace("/", "-").removesuffix(".py")
    results = wine.drive / "results" / f"{short}.xml"
    results.unlink(missing_ok=True)
    process = wine.python(
        *("-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "-rfE"),
        *(f"--basetemp=C:\\t\\{short}", f"--junitxml=C:\\results\\{short}.xml", name.replace("/", "\\")),
    )
    with process:
        try:
            said, _ = process.communicate(timeout=FILE_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            said = "it was not done in time"
    outcome = _read_results(results) if results.exists() else _Outcome(failed=(f"{name} as a whole",))
    if process.returncode not in (0, 5) and not outcome.failed:
        outcome = _Outcome(outcome.passed, (f"{name} as a whole",), outcome.skipped)
    (wine.home / "results").mkdir(exist_ok=True)
    (wine.home / "results" / f"{short}.log").write_text(said, "utf-8")
    if outcome.failed:
        print(
            "\n".join(line for line in said.splitlines() if line.startswith(("E  ", "FAILED", "ERROR")))[
                -4000:
            ]
        )
    seconds = time.monotonic() - began
    print(
        f"{name}: {outcome.passed} passed, {len(outcome.failed)} failed, {outcome.skipped.total()} skipped, {seconds:.0f} s",
        flush=True,
    )
    return outcome


def _read_results(results: Path) -> _Outcome:
    passed, failed, skipped = 0, [], Counter[str]()
    for case in ET.parse(results).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')}::{case.get('name')}")
        elif (why := case.find("skipped")) is not None:
            skipped[why.get("message", "")] += 1
        else:
            passed += 1
    return _Outcome(passed, tuple(failed), skipped)


def _all_files() -> list[str]:
    tests = setup_venv.PROJECT / "tests"
    return sorted(path.relative_to(setup_venv.PROJECT).as_posix() for path in tests.rglob("test_*.py"))


if __name__ == "__main__":
    sys.exit(main())
