"""Do searches hold while everything changes? Eight processes search, the daemon indexes a stream of changes.

    python scripts/bench/soak.py [--seconds 300] [--rebuild-every 60]

Three processes open the folder for each search, three keep it open, two run `indexer search --json`. Meanwhile
documents are added, edited and deleted, and now and then all is rebuilt. Checked are:

- no search fails: exit codes 0 and 1 only, valid JSON, no exception;
- freshness: numbered markers are dropped, each once the one before was found; whatever any process has found, every
  search that begins later must find too, or be two markers older at most;
- rebuilds end with 0, and so does the daemon, without a traceback in what it said.

Ends with 1 if one of these doesn't hold.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path
from random import Random
from typing import Any

import generate
from product import Product, end
from report import Table, machine, spread

from indexer.catalogue import Catalogue
from indexer.errors import StateError
from indexer.index.query import parse
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.query import SearchRequest
from indexer.search import asking
from indexer.search.asking import index_directory
from indexer.search.finder import Finder
from indexer.state import places

MARKER = "soakmarker"
_NUMBER = re.compile(rf"{MARKER} (\d+)\.txt$")
TOLERATED = 2
ROLES = ("anew",) * 3 + ("held",) * 3 + ("command",) * 2
KEPT_OPEN = 50
"""Searches after which a process that keeps the folder open opens it again."""
LATE_S = 20.0

Paths = list[str]
Search = Callable[[str, str], Paths]
"""Query and order to the paths of the first five results."""


@dataclass
class Report:
    """What one process saw."""

    role: str
    searches: int = 0
    checked: int = 0
    lags: Counter[int] = field(default_factory=Counter)
    """How many markers behind what had been found before, to number of searches."""
    failures: list[str] = field(default_factory=list)


# --- searching ------------------------------------------------------------------------------------


def search_anew(product: Product) -> Iterator[Search]:
    """Yield a way to search that opens the folder each time."""
    settings = product.settings()

    def search(query: str, sort: str) -> Paths:
        found = asking.search(product.folder, settings, query, asking.SearchOptions(sort=sort, limit=5))
        return [result.item.path for result in found.results]

    yield search


def search_held(product: Product) -> Iterator[Search]:
    """Yield a way to search that keeps the folder open, as long as its index is the one in use."""
    state = places.state_of(product.folder, product.settings())
    catalogue = Catalogue(state / "catalogue.db", readonly=True)
    index: WhooshIndex | None = None
    name, asked = "", 0

    def open_again(current: str) -> WhooshIndex:
        nonlocal index, name
        if index:
            index.close()
            index = None
        index, name = WhooshIndex(state / current, create=False), current
        return index

    def search(query: str, sort: str) -> Paths:
        nonlocal asked
        asked += 1
        for tries_left in (2, 1, 0):
            current = index_directory(state, catalogue).name
            fresh = index is not None and current == name and asked % KEPT_OPEN
            try:
                finder = Finder(catalogue, index if index and fresh else open_again(current))
                found = finder.search(query, SearchRequest(parse(query), sort, limit=5))
                return [result.item.path for result in found.results]
            except StateError:
                if not tries_left or index_directory(state, catalogue).name == current:
                    raise  # no rebuild has taken its index away meanwhile
        raise AssertionError

    yield search
    if index:
        index.close()
    catalogue.close()


def search_by_command(product: Product) -> Iterator[Search]:
    """Yield a way to search by whole processes."""

    def search(query: str, sort: str) -> Paths:
        done = product.run("search", "--json", "--sort", sort, "-n", "5", "--", query, timeout=120)
        assert done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr.decode(errors='replace')}"
        found = json.loads(done.stdout)
        assert done.returncode == (0 if found["total"] else 1), (done.returncode, found["total"])
        return [result["path"] for result in found["results"]]

    yield search


_WAYS = {"anew": search_anew, "held": search_held, "command": search_by_command}


def searcher(role: str, product: Product, seed: int, seen: Any, stop: Any, reports: Any) -> None:
    """Search until told to stop, then report: the body of each process. `seen` is the last marker anyone found."""
    report, chance = Report(role), Random(seed)
    with contextmanager(_WAYS[role])(product) as search:
        while not stop.is_set():
            try:
                if chance.random() < 0.5:
                    look_for_marker(search, seen, report)
                else:
                    search(any_query(chance), chance.choice(("relevance", "newest", "name")))
            except Exception:  # noqa: BLE001 - whatever goes wrong is what is looked for
                report.failures.append(traceback.format_exc(limit=-4))
            report.searches += 1
    reports.put(report)


def look_for_marker(search: Search, seen: Any, report: Report) -> None:
    """Find the newest marker, and note whether it is as new as what had been found before."""
    before = seen.value
    numbers = [int(match[1]) for path in search(MARKER, "newest") if (match := _NUMBER.search(path))]
    newest = max(numbers, default=0)
    report.checked += 1
    report.lags[max(0, before - newest)] += 1
    with seen.get_lock():
        seen.value = max(seen.value, newest)


def any_query(chance: Random) -> str:
    """Return a query of some sort."""
    word = generate.word_of(generate.rank_for(chance.choice((0.3, 0.1, 0.02))))
    return chance.choice(
        (word, f"{word[:4]}*", f"in:Sales {word}", f'"{word} the"', f"{word}~", f"{word} -the", "")
    )


# --- changing -------------------------------------------------------------------------------------


@dataclass
class Writer:
    """Changes the folder: documents at random, markers one after the other."""

    folder: Path
    chance: Random
    number: int = 0
    files: list[Path] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    markers: int = 0
    dropped_at: float = 0.0
    found_after: list[float] = field(default_factory=list)
    late: int = 0

    def change(self) -> None:
        """Add, edit or delete a document."""
        what = self.chance.choice(("add", "edit", "edit", "delete")) if len(self.files) > 100 else "add"
        if what == "add":
            name, text, _ = generate.document(self.number, seed=7)
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            self.files.append(path)
            self.number += 1
        elif what == "edit":
            path = self.chance.choice(self.files)
            path.write_text(path.read_text("utf-8") + f"edited {self.chance.random()}\n", "utf-8")
        else:
            self.files.pop(self.chance.randrange(len(self.files))).unlink()
        self.changes[what] += 1

    def mark(self, seen: int) -> None:
        """Drop the next marker, once the one before was found or is late."""
        now = time.monotonic()
        if self.markers and seen < self.markers and now - self.dropped_at < LATE_S:
            return
        if self.markers and seen >= self.markers:
            self.found_after.append(now - self.dropped_at)
        elif self.markers:
            self.late += 1
        self.markers += 1
        directory = self.folder / "Markers"
        directory.mkdir(exist_ok=True)
        text = f"{MARKER} of the soak, number {self.markers}\n"
        (directory / f"{MARKER} {self.markers:06d}.txt").write_text(text, "utf-8")
        self.dropped_at = now


@dataclass
class Rebuilder:
    """Has everything rebuilt now and then, beside all else."""

    product: Product
    every_s: float
    running: subprocess.Popen[bytes] | None = None
    next_at: float = 0.0
    codes: list[int] = field(default_factory=list)

    def step(self) -> None:
        """Begin a rebuild if one is due; note how the last one ended."""
        now = time.monotonic()
        if self.running and (code := self.running.poll()) is not None:
            self.codes.append(code)
            self.running = None
        if not self.next_at:
            self.next_at = now + self.every_s
        if not self.running and now >= self.next_at:
            self.next_at = now + self.every_s
            self.running = subprocess.Popen(
                self.product.command("-q", "rebuild"),
                env=self.product.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def finish(self) -> None:
        """Wait for a rebuild under way."""
        if self.running:
            try:
                self.codes.append(self.running.wait(120))
            except subprocess.TimeoutExpired:
                end(self.running)
                self.codes.append(self.running.returncode)


# --- all of it ------------------------------------------------------------------------------------


def soak(place: Path, seconds: float, rebuild_every_s: float) -> tuple[Table, bool]:
    """Run everything for some seconds; return the table and whether all held."""
    product = Product(place / "folder", place / "state", page=True)
    generate.generate(product.folder, 200, seed=7)
    product.scan()
    writer = Writer(product.folder, Random(1), 200, sorted(product.folder.rglob("*.txt")))
    rebuilder = Rebuilder(product, rebuild_every_s)
    context = mp.get_context("spawn")
    seen, stop, queue = context.Value("q", 0), context.Event(), context.Queue()
    log = place / "watch.log"
    with product.watching(log) as daemon:
        processes = [
            context.Process(target=searcher, args=(role, product, number, seen, stop, queue), daemon=True)
            for number, role in enumerate(ROLES)
        ]
        for process in processes:
            process.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until and daemon.poll() is None:
            writer.change()
            writer.mark(seen.value)
            rebuilder.step()
            time.sleep(writer.chance.uniform(0.05, 0.5))
        rebuilder.finish()
        stop.set()
        reports = collect(processes, queue)
    said = log.read_text("utf-8", "replace")
    return table_of(reports, writer, rebuilder, daemon.returncode, said)


def collect(processes: list[SpawnProcess], queue: Any) -> list[Report]:
    """Return the reports of all processes that end in time; end the others."""
    reports: list[Report] = []
    until = time.monotonic() + 150
    while len(reports) < len(processes) and time.monotonic() < until:
        if not queue.empty():
            reports.append(queue.get())
        elif not any(process.is_alive() for process in processes):
            break
        else:
            time.sleep(0.05)
    for process in processes:
        process.join(5)
        if process.is_alive():
            process.kill()
            process.join()
    return reports


def table_of(
    reports: list[Report], writer: Writer, rebuilder: Rebuilder, code: int | None, said: str
) -> tuple[Table, bool]:
    """Return what happened, and whether all held."""
    table = Table("Searches while everything changes", ("what", "figure", "held"))
    holds = []

    def add(what: str, figure: object, held: bool | None = None) -> None:
        holds.append(held is not False)
        table.add(what, figure, "" if held is None else "yes" if held else "NO")

    for role in dict.fromkeys(ROLES):
        mine = [report for report in reports if report.role == role]
        number = sum(report.searches for report in mine)
        failed = sum(len(report.failures) for report in mine)
        expected = ROLES.count(role)
        add(f"{expected} processes, {role}: searches", number, number > 0 and len(mine) == expected)
        add(f"{expected} processes, {role}: failures", failed, not failed)
    lags = sum((report.lags for report in reports), Counter[int]())
    older = {lag: number for lag, number in sorted(lags.items()) if lag}
    add("searches checked for freshness", sum(lags.values()), sum(lags.values()) > 0)
    add(
        "of these older than what was found before (markers: searches)",
        older or 0,
        max(lags, default=0) <= TOLERATED,
    )
    add("markers dropped, late", f"{writer.markers}, {writer.late}", writer.late == 0)
    if writer.found_after:
        add("dropped → found (min, median, max), s", spread(writer.found_after))
    add("changes", ", ".join(f"{number} {what}" for what, number in sorted(writer.changes.items())))
    add("rebuilds, exit codes", dict(Counter(rebuilder.codes)) or "none", not any(rebuilder.codes))
    add("daemon, exit code", code, code == 0)
    add("tracebacks in what it said", said.count("Traceback"), "Traceback" not in said)
    table.notes += examples([failure for report in reports for failure in report.failures])
    return table, all(holds)


def examples(failures: list[str]) -> list[str]:
    """Return one example of each sort of failure, most frequent first; numbers in the message make no difference."""
    sorts: dict[str, list[str]] = {}
    for failure in failures:
        message = failure.strip().rpartition("\n")[2]
        sorts.setdefault(re.sub(r"[0-9a-f]{8,}|\d+|tmp\w+", "N", message), []).append(failure)
    by_number = sorted(sorts.values(), key=len, reverse=True)
    return [f"{len(alike)} times:\n\n```\n{alike[0]}```" for alike in by_number[:5]]


def main() -> int:
    """Print the table; return 1 if something did not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rebuild-every", type=float, default=60, metavar="SECONDS")
    given = parser.parse_args()
    os.environ.pop("INDEXER_FOLDER", None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as top:
        table, held = soak(Path(top), given.seconds, given.rebuild_every)
    print(f"{machine()}, {given.seconds:.0f} s\n\n{table.markdown()}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
