"""Every comparison in one run, as Markdown: first index, growth, searches, start, ranking.

    python scripts/bench/all.py --work DIR [--corpus FOLDER] [--out FILE.md] [--items 1000 10000 100000] [--rounds 3]

DIR keeps generated folders and indexes, so that a second run is quick (`--fresh` rebuilds ours); the last two sizes
of `--items` are searched. `--corpus` is a folder of real files for the first index, which is left out without it.
`soak.py` compares nothing and is run by itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import first_index
import growth
import ranking
import search
import startup
from report import Table, machine


def tables(given: argparse.Namespace) -> Iterator[Table]:
    """Yield all tables as they come."""
    yield ranking.measure()
    yield startup.measure(21)
    if given.corpus:
        yield from first_index.measure(given.corpus, given.rounds)
    yield growth.measure(given.work, given.items, rounds=3)
    for items in given.items[-2:]:
        yield from search.measure(given.work, items, given.rounds)


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are kept")
    parser.add_argument("--corpus", type=Path, help="a folder of real files")
    parser.add_argument("--out", type=Path, help="write here, not to the terminal")
    parser.add_argument("--items", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fresh", action="store_true", help="make our own state anew")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    parts = [f"Measured on {machine()}.\n"]
    for table in tables(given):
        parts.append(table.markdown())
        print(table.title, file=sys.stderr, flush=True)
        if given.out:
            given.out.write_text("\n".join(parts), "utf-8")
    if not given.out:
        print("\n".join(parts))


if __name__ == "__main__":
    main()
