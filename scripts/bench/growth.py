"""How does the first index grow with the folder? Generated texts, page included, in turn with `recollindex`.

    python scripts/bench/growth.py --work DIR [--items 1000 10000 100000] [--rounds 3]

Each round indexes every folder from nothing, once by either program, who take turns in being first. Computing time is that
of all processes of a program; memory is that of all of them together, each page of it counted once, looked at every second
(to look takes time itself). Folders below DIR are made once.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import generate
import psutil
from peers import Recoll
from product import Product
from report import Table, machine, ratio, spread

LOOK_S = 1.0
OURS, THEIRS = "indexer scan", "recollindex"


@dataclass
class Figures:
    """What one program took, a figure for each round."""

    computing: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """Megabytes, at the most."""

    def run(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Run a command to its end and note what it took."""
        before, began, most = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # fmt: skip
        while process.poll() is None:
            most = max(most, memory_of(process.pid))
            time.sleep(LOOK_S)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode:
            raise SystemExit(f"{command[0]} ended with {process.returncode}")
        self.wall.append(time.perf_counter() - began)
        self.computing.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        self.memory.append(most / 1e6)


def memory_of(pid: int) -> int:
    """Return the bytes of a process and all that it started; shared ones are shared out among those who share them."""
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for one in family:
        try:
            full = one.memory_full_info()
            total += getattr(full, "pss", full.rss)
        except psutil.Error:
            continue
    return total


def index_in_turn(place: Path, items: int, rounds: int) -> dict[str, Figures]:
    """Index a folder of generated texts from nothing with both programs."""
    folder = place / "folder"
    if not folder.exists():
        generate.generate(folder, items, seed=1)
    product, recoll = Product(folder, place / "state", page=True), Recoll(folder, place)
    names = [OURS, THEIRS] if shutil.which("recollindex") else [OURS]
    found = {name: Figures() for name in names}
    for number in range(rounds):
        for name in names[:: -1 if number % 2 else 1]:
            shutil.rmtree(product.state, ignore_errors=True)
            shutil.rmtree(folder / "_index", ignore_errors=True)
            (folder / "index.html").unlink(missing_ok=True)
            os.sync()
            if name == OURS:
                found[name].run(product.command("-q", "scan"), product.environment())
            else:
                found[name].run(recoll.begin_anew())
    return found


def measure(work: Path, sizes: Sequence[int], rounds: int) -> Table:
    """Index folders of all sizes with both programs."""
    table = Table(
        f"First index of generated texts, {rounds} rounds in turn; ratios of the medians",
        ("items", "program", "computing s: least, median, most", "ratio", "wall s", "ratio", "memory MB"),
    )
    for items in sizes:
        found = index_in_turn(work / f"growth-{items}", items, rounds)
        ours = found[OURS]
        for name, figures in found.items():
            shares = (
                ("", "")
                if name == OURS
                else (ratio(ours.computing, figures.computing), ratio(ours.wall, figures.wall))
            )
            table.add(
                f"{items:,}", name, spread(figures.computing, 1), shares[0], spread(figures.wall, 1), shares[1],
                f"{median(figures.memory):.0f}",
            )  # fmt: skip
    if not shutil.which("recollindex"):
        table.notes.append("Recoll is not installed (Debian: recollcmd), so it is left out.")
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are kept")
    parser.add_argument("--items", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}\n\n{measure(given.work, given.items, given.rounds).markdown()}")


if __name__ == "__main__":
    main()
