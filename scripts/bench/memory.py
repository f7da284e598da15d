"""What do folders cost that are made to fill the memory? The tree of processes is watched while they are read.

    python scripts/bench/memory.py [--work DIR] [--folders texts words …] [--watch]

Each folder is read by `indexer scan` from nothing, its page written, with the settings as they come; with `--watch`
also by the daemon, until it has nothing to do. Some times a second the memory of the program's own process (RSS) and of it with
all its children (PSS if the system tells it, so that what they share counts once) is looked at; the largest of each
is told, with that of any single reading process.

- `texts`: 40 texts of 8 MB of ordinary words;
- `words`: 67 MB of words of which no two are the same, in 8 files; `small-words`: the same in 134 files;
- `links`: 100,000 links in 101 lists, and one list of 100,000 that is none;
- `zips`: 1,000 zip archives, each with as many files as are opened.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import generate
import psutil
from product import Product
from report import Table, machine
from storms import until_quiet

EVERY_S = 0.2
OWN_GOAL_MB, READING_GOAL_MB, TIME_GOAL_S = 500, 1500, 60
MB = 1 << 20
LETTERS = "abcdefghijklmnopqrstuvwxyz"


# --- the folders ----------------------------------------------------------------------------------


def texts(folder: Path) -> None:
    """Write 40 texts of 8 MB."""
    for number in range(40):
        words, size = [], 0
        chance = Random(number)
        while size < 8 * MB:
            line = " ".join(generate.words_of(chance, 12)) + "\n"
            words.append(line)
            size += len(line)
        (folder / f"text {number}.txt").write_text("".join(words))


def words(folder: Path, files: int = 8) -> None:
    """Write 67 MB of distinct words."""
    made = distinct_words()
    for number in range(files):
        lines, size = [], 0
        while size < 67 * MB // files:
            line = " ".join(islice(made, 12)) + "\n"
            lines.append(line)
            size += len(line)
        (folder / f"words {number}.txt").write_text("".join(lines))


def distinct_words() -> Iterator[str]:
    """Yield words of eight letters, no two the same, in no order."""
    count = len(LETTERS) ** 5
    for number in range(count):
        rest, word = number * 7_654_321 % count, ""  # the factor has no divisor in common with the count
        for _ in range(5):
            rest, letter = divmod(rest, len(LETTERS))
            word += LETTERS[letter]
        yield "zq" + word + LETTERS[number % 26]


def links(folder: Path) -> None:
    """Write 101 lists of 990 links, and one of 100,000."""
    for number in range(101):
        lines = (f"https://example.org/{number}/{n} Page {n} of {number}\n" for n in range(990))
        (folder / f"list {number}.txt").write_text("".join(lines))
    (folder / "too many.txt").write_text("".join(f"https://example.org/all/{n}\n" for n in range(100_000)))


def zips(folder: Path) -> None:
    """Write 1,000 archives of 2,000 small texts."""
    for number in range(1000):
        chance = Random(number)
        with zipfile.ZipFile(folder / f"archive {number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(2000):
                archive.writestr(f"{n}.txt", " ".join(generate.words_of(chance, 8)))


FOLDERS: dict[str, Callable[[Path], None]] = {
    "texts": texts,
    "words": words,
    "small-words": lambda folder: words(folder, 134),
    "links": links,
    "zips": zips,
}


# --- watching -------------------------------------------------------------------------------------


@dataclass
class Most:
    """The largest figures seen, in bytes."""

    own: int = 0
    reading: int = 0
    tree: int = 0

    def look(self, process: psutil.Process) -> None:
        """Look at a process and all that it has started."""
        own, tree = 0, 0
        for member in [process, *process.children(recursive=True)]:
            try:
                rss, pss = member.memory_info().rss, shared_out(member)
            except psutil.Error:
                continue
            if member == process:
                own = rss
            else:
                self.reading = max(self.reading, rss)
            tree += pss
        self.own, self.tree = max(self.own, own), max(self.tree, tree)


def shared_out(process: psutil.Process) -> int:
    """Return the memory of a process; shared memory counts in part, if the system reports that."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


@contextmanager
def watched(pid: int) -> Iterator[Most]:
    """Look at a process some times a second until the block ends."""
    process, most, ended = psutil.Process(pid), Most(), threading.Event()

    def look() -> None:
        while not ended.wait(EVERY_S):
            try:
                most.look(process)
            except psutil.Error:
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


# --- the table ------------------------------------------------------------------------------------


def measure(work: Path, folders: list[str], *, watch: bool) -> Table:
    """Read each folder and return what that cost."""
    table = Table(
        "Folders made to fill the memory",
        ("folder", "by", "items", "s", "own process, MB", "largest reading process, MB", "all processes, MB", "met"),
    )  # fmt: skip
    for name in folders:
        product = Product(work / name / "folder", work / name / "state", page=True)
        if not product.folder.exists():
            product.folder.mkdir(parents=True)
            FOLDERS[name](product.folder)
        for by in ("scan", "watch") if watch else ("scan",):
            shutil.rmtree(product.state, ignore_errors=True)
            shutil.rmtree(product.folder / "_index", ignore_errors=True)
            (product.folder / "index.html").unlink(missing_ok=True)
            began = time.perf_counter()
            most = scan(product) if by == "scan" else follow(product)
            took = time.perf_counter() - began
            with product.catalogue() as catalogue:
                items = catalogue.items.count()
            own_goal = OWN_GOAL_MB + max(0, items - 100_000) * 2 // 1024
            is_met = most.own < own_goal * MB and most.reading < READING_GOAL_MB * MB and took < TIME_GOAL_S
            figures = (f"{figure / MB:.0f}" for figure in (most.own, most.reading, most.tree))
            table.add(name, by, f"{items:,}", f"{took:.0f}", *figures, "yes" if is_met else "NO")
            print(table.rows[-1], flush=True)
    table.notes.append(
        f"Goals: own process {OWN_GOAL_MB} MB (2 KB more for each item above 100,000), a reading process"
        f" {READING_GOAL_MB} MB, a scan {TIME_GOAL_S} s."
    )
    return table


def scan(product: Product) -> Most:
    """Have the folder read once."""
    with product.running("-q", "scan") as process, watched(process.pid) as most:
        process.wait()
    return most


def follow(product: Product) -> Most:
    """Have the daemon read the folder, until it is quiet."""
    with product.watching() as daemon, watched(daemon.pid) as most:
        until_quiet(product)
    return most


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, help="where the folders are kept; else they are made again")
    parser.add_argument("--folders", nargs="+", choices=list(FOLDERS), default=list(FOLDERS))
    parser.add_argument("--watch", action="store_true", help="also by the daemon")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as top:
        table = measure(given.work or Path(top), given.folders, watch=given.watch)
        print(f"{machine()}\n\n{table.markdown()}")


if __name__ == "__main__":
    main()
