"""How long do `indexer search` and `indexer --help` take as whole processes, compared with loading their libraries?

    python scripts/bench/startup.py [--times 21]

The peer is the same interpreter that imports click and sqlite3, and ends. Computing time counts, and the three take
turns, so that other work on the machine slows all of them alike. Compiled modules are kept for all, and warm.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import generate
from product import Product
from report import Table, machine, quantile, ratio

GOAL = 2.2
IMPORTS = "import click, sqlite3"
ITEMS = 200


def measure(times: int) -> Table:
    """Run the three in turn and compare them."""
    with tempfile.TemporaryDirectory() as top:
        product = Product(Path(top) / "folder", Path(top) / "state", kept_bytecode=Path(top) / "bytecode")
        generate.generate(product.folder, ITEMS, seed=1)
        product.scan()
        word = generate.word_of(generate.rank_for(0.1))
        commands = {
            f'python -c "{IMPORTS}"': [sys.executable, "-W", "ignore", "-c", IMPORTS],
            "indexer --help": product.command("--help"),
            f"indexer search WORD ({ITEMS} items)": product.command("search", word),
        }
        took = in_turn(commands, product.environment(), times)
    peer, *ours = took
    table = Table(
        "Whole processes, computing time in ms",
        ("what", "min", "median", "p95", "ratio of the medians", "goal", "met"),
    )
    for name, values in took.items():
        figures = (min(values), statistics.median(values), quantile(values, 0.95))
        cells = [f"{figure * 1000:.0f}" for figure in figures]
        if name in ours:
            share = ratio(values, took[peer])
            table.add(name, *cells, share, f"≤ {GOAL}", "yes" if float(share) <= GOAL else "NO")
        else:
            table.add(name, *cells, "1", "", "")
    return table


def in_turn(commands: dict[str, list[str]], env: dict[str, str], times: int) -> dict[str, list[float]]:
    """Return the computing seconds of each command, run one after the other; the first two rounds only warm up."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(times + 2):
        for name, command in commands.items():
            seconds = once(command, env)
            if number >= 2:
                took[name].append(seconds)
    return took


def once(command: Sequence[str], env: dict[str, str]) -> float:
    """Return the computing seconds of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--times", type=int, default=21, help="so many runs of each (21; at least 15 to compare)"
    )
    given = parser.parse_args()
    print(f"{machine()}\n\n{measure(given.times).markdown()}")


if __name__ == "__main__":
    main()
