"""What became quicker or slower since another version? Both run in turn: first index, commands, freshness, sizes.

    python scripts/bench/versions.py --before CHECKOUT [--rounds 7] [--items 2000] [--folder FOLDER] [--saves 10]

CHECKOUT is a directory with that version and a `.venv` of its own. Each round indexes a folder from nothing, with the page,
once by either version, who takes turns in being first; the folder is a copy of FOLDER, or else generated. Computing time is
that of all processes that the command waited for. Then commands run on both
states, and both daemons take in saved files one by one. A file counts as found when the index's commit has changed.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import generate
from product import PROJECT, end
from report import Table, machine, spread

COMMANDS = {
    "`--help`": ("--help",),
    "`status`": ("status",),
    "`search` one word": ("search", generate.word_of(generate.rank_for(0.1))),
    "`scan`, nothing changed": ("-q", "scan"),
}
PATIENCE_S = 30.0
SETTLED_S = 8.0
"""Seconds until a daemon has looked at a folder it knows."""
PAUSE_S = 2.0


@dataclass
class Version:
    """One checkout, with a folder and a state of its own, and its figures by what was measured."""

    checkout: Path
    place: Path
    figures: dict[str, list[float]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its copy of the folder lies."""
        return self.place / "folder"

    @property
    def state(self) -> Path:
        """Where its state lies."""
        return self.place / "state"

    def note(self, what: str, value: float) -> None:
        """Take down a figure."""
        self.figures.setdefault(what, []).append(value)

    def prepare(self, fill: Callable[[Path], object]) -> None:
        """Begin from nothing."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.state.mkdir(parents=True)
        (self.state / "config.toml").touch()
        fill(self.folder)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command."""
        python = next(path for path in self.checkout.glob(".venv/*/python*") if path.stem == "python")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INDEXER_")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        chosen = {
            "INDEXER_CONFIG": str(self.state / "config.toml"), "INDEXER_STATE_DIR": str(self.state),
            "INDEXER_FOLDER": str(self.folder), "INDEXER_EXTRACT_OCR": "false", "PYTHONPATH": str(self.checkout),
        }  # fmt: skip
        return subprocess.Popen(
            [python, "-m", "indexer", *arguments],
            cwd=self.place,  # in the current directory, `-m` would find that version first
            env={**kept, **chosen}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def measure(self, what: str, *arguments: str) -> None:
        """Run a command to its end and note its computing and wall time."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        code = self.start(*arguments).wait()
        if code > 1:
            raise SystemExit(f"{self.checkout}: indexer {arguments[0]} ended with {code}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        computing = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.note(f"{what}, wall s", time.perf_counter() - began)
        self.note(f"{what}, computing s", computing)

    def note_sizes(self) -> None:
        """Note the bytes and files of page, index and catalogue."""
        for what, top, pattern in (
            ("page", self.folder, "_index/**/*"),
            ("index", self.state, "**/index*/**/*"),
            ("catalogue", self.state, "**/catalogue.db"),
        ):
            files = [path for path in top.glob(pattern) if path.is_file()]
            self.note(f"{what}, KB", sum(path.stat().st_size for path in files) / 1000)
            self.note(f"{what}, files", len(files))

    def commit_of(self) -> list[tuple[str, int]]:
        """Return what tells one commit of the index from another."""
        return sorted((str(path), path.stat().st_mtime_ns) for path in self.state.glob("**/commit.json"))

    def save(self, number: int, chance: Random) -> None:
        """Save a file under the daemon and note when the index has it."""
        time.sleep(PAUSE_S + chance.random())
        before = self.commit_of()
        (self.folder / f"saved {number}.txt").write_text(f"A note on freshword{number}x.\n", "utf-8")
        began = time.perf_counter()
        while self.commit_of() == before:
            if time.perf_counter() - began > PATIENCE_S:
                raise SystemExit(f"{self.checkout}: a saved file was not taken in within {PATIENCE_S:.0f} s")
            time.sleep(0.005)
        self.note("saved → in the index, s", time.perf_counter() - began)


def compare(
    versions: tuple[Version, Version], fill: Callable[[Path], object], rounds: int, saves: int
) -> None:
    """Have both do everything, in turn."""
    for number in range(rounds):
        turn = versions[:: -1 if number % 2 else 1]
        for version in turn:
            version.prepare(fill)
            version.measure("first index", "-q", "scan")
            version.note_sizes()
        for what, arguments in COMMANDS.items():
            for version in turn:
                version.measure(what, *arguments)
    with ExitStack() as running:
        for version in versions:
            running.callback(end, version.start("watch"))
        time.sleep(SETTLED_S)
        for number in range(saves):
            for version in versions[:: -1 if number % 2 else 1]:
                version.save(number, Random(number))


def table_of(before: Version, after: Version) -> Table:
    """Return all figures as a table."""
    table = Table("Before and after", ("", "before: least, median, most", "after", "ratio of medians"))
    for what, figures in before.figures.items():
        now = after.figures[what]
        share = f"{median(now) / median(figures):.2f}" if median(figures) else "–"
        table.add(what, spread(figures), spread(now), share)
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, required=True, help="a checkout of the other version")
    parser.add_argument("--after", type=Path, default=PROJECT, help="default: this one")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--items", type=int, default=2000, help="number of generated documents (default 2000)"
    )
    parser.add_argument("--folder", type=Path, help="index a copy of this folder instead")
    parser.add_argument("--saves", type=int, default=10)
    given = parser.parse_args()

    def fill(folder: Path) -> None:
        if given.folder:
            shutil.copytree(given.folder, folder)
        else:
            generate.generate(folder, given.items, seed=1)

    with tempfile.TemporaryDirectory() as top:
        before = Version(given.before.resolve(), Path(top) / "before")
        after = Version(given.after.resolve(), Path(top) / "after")
        compare((before, after), fill, given.rounds, given.saves)
        print(f"{machine()}\n\n{table_of(before, after).markdown()}")


if __name__ == "__main__":
    main()
