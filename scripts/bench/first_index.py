"""First index of a folder of real files, compared with `recollindex` on the same files in the same run.

    python scripts/bench/first_index.py FOLDER [--rounds 3] [--only-index]

Both read a copy of FOLDER from nothing, in turn, each first in every other round. A reader that leaves files out is
quick: so files that gave text are counted on both sides, what Recoll lacks to read more is named, and all is repeated
with those files alone that both read. Pictures are not recognised, ours writes the page. Then: file saved → found under the daemon, also during the first index, and memory.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from peers import Recoll
from product import Product
from report import Table, machine, ratio, spread

SETTLED_S = 15.0
"""Seconds after which the daemon's first pass over a known folder is over, and its page written."""
PATIENCE_S = 60.0


def compare(source: Path, place: Path, rounds: int) -> tuple[list[Table], Product]:
    """Index a copy of `source` with both, then what both read of it; return ours of all files as the second."""
    folder = place / "all" / "folder"
    shutil.copytree(source, folder)
    product, recoll = Product(folder, place / "all" / "state", page=True), recoll_for(folder)
    tables = [in_turn("First index", product, recoll, rounds)]
    if not recoll:
        tables[0].notes.append("Recoll is not installed (Debian: recollcmd), so it is left out.")
        return tables, product
    if missing := recoll.missing():
        tables[0].notes.append(f"Recoll says that it lacks: {missing}.")
    shared = place / "shared" / "folder"
    for path in product.texts() & recoll.texts():
        (shared / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / path, shared / path)
    both = Product(shared, place / "shared" / "state", page=True)
    tables.append(in_turn("The same of files that both read", both, recoll_for(shared), rounds))
    return tables, product


def recoll_for(folder: Path) -> Recoll | None:
    """Return the peer, if it is installed."""
    installed = shutil.which("recollindex") and shutil.which("recollq")
    return Recoll(folder, folder.parent) if installed else None


def in_turn(title: str, product: Product, recoll: Recoll | None, rounds: int) -> Table:
    """Index a folder from nothing with both, in turn."""
    sizes = [path.stat().st_size for path in product.folder.rglob("*") if path.is_file()]
    ways: dict[str, Callable[[], float]] = {"indexer scan": lambda: from_nothing(product)}
    if recoll:
        ways["recollindex"] = recoll.index
    took: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways)[:: -1 if number % 2 else 1]:
            took[name].append(ways[name]())
            clean_page(product.folder)
    texts = {"indexer scan": len(product.texts()), "recollindex": len(recoll.texts()) if recoll else 0}
    table = Table(
        f"{title}: {len(sizes)} files, {sum(sizes) / 1e6:.0f} MB, {rounds} rounds in turn",
        ("what", "min, median, max, s", "files with text", "ratio of the medians"),
    )
    for name, seconds in took.items():
        share = ratio(took["indexer scan"], seconds) if name != "indexer scan" else ""
        table.add(name, spread(seconds), texts[name], share)
    return table


def from_nothing(product: Product) -> float:
    """Return the seconds of a scan from nothing."""
    shutil.rmtree(product.state, ignore_errors=True)
    return product.scan()


def clean_page(folder: Path) -> None:
    """Take our own page out of the way of the peer."""
    (folder / "index.html").unlink(missing_ok=True)
    shutil.rmtree(folder / "_index", ignore_errors=True)


# --- freshness and memory -------------------------------------------------------------------------


def freshness(product: Product) -> Table:
    """Say how soon a saved file is found, and how much memory the daemon has."""
    table = Table("Freshness and memory", ("what", "min, median, max"))
    calls = [product.time("search", "--json", "report") * 1000 for _ in range(15)]
    table.add("indexer search, whole process, ms", spread(calls, 0))
    with product.watching() as daemon:
        time.sleep(SETTLED_S)
        times = [save_and_find(product, f"freshword{number}x") for number in range(8)]
        memory = psutil.Process(daemon.pid).memory_info().rss
    table.add("saved → found under the daemon, s", spread(times))
    table.add("memory of the daemon's own process, MB", f"{memory / 1e6:.0f}")
    times, memory = during_first_index(Product(product.folder, product.state.with_name("busy"), page=True))
    table.add("saved → found during the first index, s", spread(times))
    table.add("memory of the daemon's own process then, MB", f"{memory / 1e6:.0f}")
    return table


def during_first_index(product: Product) -> tuple[list[float], int]:
    """Return the seconds from saving to finding while the first index is made, and the most memory seen."""
    times, peak = [], 0
    clean_page(product.folder)
    with product.watching() as daemon:
        until = time.monotonic() + PATIENCE_S
        while product.run("search", "-c", "").returncode != 0 and time.monotonic() < until:
            time.sleep(0.05)
        for number in range(4):
            times.append(save_and_find(product, f"busyword{number}x"))
            peak = max(peak, psutil.Process(daemon.pid).memory_info().rss)
    return times, peak


def save_and_find(product: Product, word: str) -> float:
    """Save a file with a word of its own and return the seconds until a search finds it."""
    (product.folder / f"{word}.txt").write_text(f"a note about {word}", "utf-8")
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_S:
        if product.run("search", "-c", f"{word} note").stdout.strip() == b"1":
            return time.perf_counter() - began
    return float("inf")


def measure(source: Path, rounds: int, *, only_index: bool = False) -> list[Table]:
    """Return all tables."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as top:
        tables, product = compare(source, Path(top), rounds)
        return tables if only_index else [*tables, freshness(product)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only-index", action="store_true", help="without freshness and memory")
    given = parser.parse_args()
    print(machine())
    for table in measure(given.folder, given.rounds, only_index=given.only_index):
        print(f"\n{table.markdown()}")


if __name__ == "__main__":
    main()
