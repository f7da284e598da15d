"""What does one change write? Random adds, edits and deletes in a generated folder, one publish a change.

    python scripts/bench/churn.py --work DIR [--items 100000] [--publishes 5000]

The folder below DIR is read and its page made once; then files are really changed, one at a time, and the page is
published by the pipeline in this process, by a clock that goes on one minute a publish. What it wrote is measured on the
disk: files of `index.html` and `_index/` that are new, or no longer what they were by size, time and inode. Merging and
`index.html` are in it. What was written only to take text of removed items out of the folder is counted apart. At the
end the folder is as it was, so that DIR serves the other benches, and a second call only publishes. Ctrl-C ends it with
the figures so far.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import page_data
import psutil
from changes import SHARES, Change, Changes, Workshop
from product import Product, end
from report import Table, machine, quantile
from search import SEED, Library

from indexer.app import building
from indexer.clock import Clock
from indexer.model.items import RelPath
from indexer.page.pace import Extent
from indexer.pipeline.pipeline import Pipeline
from indexer.state import places
from indexer.state.lock import hold

GOAL_BYTES, GOAL_TEXT, GOAL_FILES = 14_000, 1.5, 4
MINUTE = timedelta(minutes=1)
PAGE, DATA, POINTER = "index.html", "_index", "head.js"
KB = 1000
POLL_S = 0.02
BUILD_LIMIT_S = 3600.0


# --- what is on the disk --------------------------------------------------------------------------

Seen = dict[str, tuple[int, int, int]]
"""Size, time of change and inode by name."""


@dataclass(frozen=True, slots=True)
class Written:
    """What differs on the disk after a publish."""

    files: dict[str, int]
    """Sizes of what is new or not what it was."""
    deleted: int


@dataclass(slots=True)
class Meter:
    """Looks at the page of a folder again and again."""

    folder: Path
    _before: Seen = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take what is there as seen."""
        self._before = self._look()

    def read(self) -> Written:
        """Return what differs since the last reading."""
        now = self._look()
        before, self._before = self._before, now
        files = {name: now[name][0] for name in now if before.get(name) != now[name]}
        return Written(files, len(before.keys() - now.keys()))

    def _look(self) -> Seen:
        found = {entry.name: _seen(entry.stat()) for entry in os.scandir(self.folder / DATA)}
        return {**found, PAGE: _seen((self.folder / PAGE).stat())}


def _seen(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


# --- publishing -----------------------------------------------------------------------------------


@dataclass(slots=True)
class ToldClock(Clock):
    """A clock whose time of day goes on when it is told to."""

    moment: datetime

    def time_ns(self) -> int:
        """Return the time."""
        return round(self.moment.timestamp() * 1e9)


@dataclass(frozen=True, slots=True)
class Publish:
    """One publish after one change."""

    change: Change
    text: int
    """Bytes of the changed item's text, deflated; 0 if it was deleted."""
    written: Written
    rewritten: frozenset[str]
    """Files that were written only because something was removed."""
    fleeting: int
    """Bytes of files that the same publish wrote and deleted."""
    segments: int
    seconds: float
    """Of publishing alone."""

    @property
    def ordinary(self) -> dict[str, int]:
        """What was written, without what was written for removed text only."""
        return {name: size for name, size in self.written.files.items() if name not in self.rewritten}

    @property
    def apart(self) -> dict[str, int]:
        """What was written for removed text only."""
        return {name: size for name, size in self.written.files.items() if name in self.rewritten}


@dataclass(frozen=True, slots=True)
class Build:
    """Making the page from the catalogue, as a whole process."""

    seconds: float
    peak: int
    """Bytes of memory that the process had at most, with those it started."""
    own: int
    """The same without files that are mapped, which the system may drop."""
    size: int
    files: int


@dataclass(frozen=True, slots=True)
class Team:
    """A generated folder with its page, where files change."""

    library: Library

    @property
    def product(self) -> Product:
        """The product with its page."""
        return replace(self.library.product, page=True)

    @property
    def folder(self) -> Path:
        """The folder."""
        return self.library.product.folder

    @property
    def workshop(self) -> Workshop:
        """Where its files are changed."""
        return Workshop(self.folder, SEED)

    def prepare(self) -> None:
        """Make what is missing, undo what an earlier call changed, and have all of it read."""
        if self.folder.exists() and self.workshop.restore(self.library.items):
            self.library.product.run("-q", "scan", "--accept-removals")
        self.library.prepare()

    def build(self) -> Build:
        """Make the page from nothing."""
        self.drop_page()
        seconds, peak, own = with_memory(self.product, "publish")
        sizes = [entry.stat().st_size for entry in os.scandir(self.folder / DATA)]
        return Build(seconds, peak, own, sum(sizes) + (self.folder / PAGE).stat().st_size, len(sizes) + 1)

    def drop_page(self) -> None:
        """Delete the page."""
        (self.folder / PAGE).unlink(missing_ok=True)
        shutil.rmtree(self.folder / DATA, ignore_errors=True)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Put the files back at the end of the block; the next look of whatever bench reads them again."""
        try:
            yield
        finally:
            self.workshop.restore(self.library.items)

    def publishes(self, changes: Changes, count: int) -> Iterator[Publish]:
        """Make changes one after the other and publish each."""
        settings = self.product.settings()
        clock = ToldClock(datetime.now(UTC))
        with (
            hold(places.state_of(self.folder, settings), "bench"),
            building.open_pipeline(self.folder, settings, clock) as pipeline,
        ):
            pipeline.publish()
            meter = Meter(self.folder)
            for number in range(count):
                clock.moment += MINUTE
                yield self._publish(pipeline, meter, changes.next(), number)
                if number % 500 == 499:
                    print(f"{number + 1:,} publishes", file=sys.stderr, flush=True)

    def _publish(self, pipeline: Pipeline, meter: Meter, change: Change, made_before: int) -> Publish:
        path, text = self.workshop.make(change, made_before, pipeline.clock.now())
        pipeline.look([RelPath(path.rpartition("/")[0])])
        while pipeline.turn():
            pass
        began = time.perf_counter()
        delivery = pipeline.publish(Extent.DUE)
        seconds = time.perf_counter() - began
        assert delivery
        written = meter.read()
        pipeline.tidy()
        fleeting = sum(delivery.files.values()) - sum(written.files.values())
        head, _ = page_data.head_of(self.folder / DATA)
        return Publish(
            change,
            deflated(text),
            written,
            frozenset(f"{name}.js" for name in delivery.for_removed),
            fleeting,
            len(head["segments"]) + bool(head["open"]),
            seconds,
        )


def deflated(text: str) -> int:
    """Return how many bytes a text has when it is deflated."""
    if not text:
        return 0
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return len(packer.compress(text.encode()) + packer.flush())


def with_memory(product: Product, *arguments: str) -> tuple[float, int, int]:
    """Run a command that must succeed; return its seconds and the most memory it had, all and without mapped files."""
    began = time.perf_counter()
    process = subprocess.Popen(
        product.command(*arguments), env=product.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    peak = own = 0
    try:
        while process.poll() is None and time.perf_counter() - began < BUILD_LIMIT_S:
            whole, mapped = _memory(process.pid)
            peak, own = max(peak, whole), max(own, whole - mapped)
            time.sleep(POLL_S)
    finally:
        end(process)
    if process.returncode:
        raise SystemExit(f"indexer {arguments[0]} ended with {process.returncode}")
    return time.perf_counter() - began, peak, own


def _memory(pid: int) -> tuple[int, int]:
    """Return how much memory a process and those it started have, and how much of it is mapped files."""
    whole = mapped = 0
    try:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            found = one.memory_info()
            whole += found.rss
            mapped += getattr(found, "shared", 0)  # Linux only
    except psutil.Error:  # it has just ended
        pass
    return whole, mapped


# --- figures --------------------------------------------------------------------------------------


def table_of(publishes: Sequence[Publish], items: int) -> Table:
    """Return what a number of publishes wrote."""
    table = Table(
        f"One change a publish among {items:,} documents, {len(publishes):,} publishes",
        ("what", "mean", "p50", "p95", "max", "goal", "met"),
    )
    ordinary = [sum(publish.ordinary.values()) / KB for publish in publishes]
    numbers = [len(publish.ordinary) for publish in publishes]
    text = statistics.mean(publish.text for publish in publishes)
    limit = (GOAL_BYTES + GOAL_TEXT * text) / KB
    table.add(
        "KB written",
        *spread_of(ordinary),
        f"mean ≤ 14 + 1.5 × {text / KB:.2f} = {limit:.1f}",
        yes(statistics.mean(ordinary) <= limit),
    )
    table.add(
        "files written",
        *spread_of(numbers),
        f"mean ≤ {GOAL_FILES}",
        yes(statistics.mean(numbers) <= GOAL_FILES),
    )
    table.add("files deleted", *spread_of([publish.written.deleted for publish in publishes]), "", "")
    for sort in SHARES:
        of_sort = [sum(p.ordinary.values()) / KB for p in publishes if p.change.sort == sort]
        if of_sort:
            table.add(f"KB written, {sort} ({len(of_sort):,})", *spread_of(of_sort), "", "")
    gone = [publish for publish in publishes if publish.change.sort == "delete"]
    if gone:
        table.add(
            "apart: KB rewritten for removed text, a delete",
            *spread_of([sum(p.apart.values()) / KB for p in gone]),
            "",
            "",
        )
        table.add(
            "apart: files rewritten for removed text, a delete",
            *spread_of([len(p.apart) for p in gone]),
            "",
            "",
        )
    all_of_it = [sum(publish.written.files.values()) / KB for publish in publishes]
    table.add("KB written, with what is apart", *spread_of(all_of_it), "", "")
    table.add("segments", *spread_of([publish.segments for publish in publishes]), "", "")
    table.add("s a publish", *spread_of([publish.seconds for publish in publishes]), "", "")
    table.notes.append(f"KB a publish by files: {shares_of(publishes)}.")
    for sort in SHARES:
        table.notes.append(f"– {sort}: {shares_of([p for p in publishes if p.change.sort == sort])}.")
    fleeting = sum(publish.fleeting for publish in publishes) / KB
    if fleeting > 0:
        table.notes.append(
            f"Not counted: {fleeting:,.0f} KB that the publish that wrote them deleted as well."
        )
    if fleeting < 0:
        table.notes.append(
            f"{-fleeting:,.0f} KB more were written than publishing says: what is apart is too little."
        )
    return table


def shares_of(publishes: Sequence[Publish]) -> str:
    """Return the bytes a publish by the kind of the files, without what is counted apart, as text."""
    sizes: Counter[str] = Counter()
    for publish in publishes:
        for name, size in publish.ordinary.items():
            sizes[name if name in (PAGE, POINTER) else f"{name[:2]}*"] += size
    every = ", ".join(f"{name} {size / KB / len(publishes):.2f}" for name, size in sizes.most_common())
    return every or "nothing"


def spread_of(values: Sequence[float]) -> tuple[str, ...]:
    """Return mean, median, p95 and maximum as text."""
    figures = (statistics.mean(values), quantile(values, 0.5), quantile(values, 0.95), max(values))
    return tuple(f"{figure:,.2f}" if figure < 100 else f"{figure:,.0f}" for figure in figures)


def yes(met: bool) -> str:
    """Return the word for a goal."""
    return "yes" if met else "NO"


def measure(work: Path, items: int, count: int) -> Table:
    """Change and publish a number of times."""
    team = Team(Library(work, items))
    team.prepare()
    team.build()
    publishes: list[Publish] = []
    with team.restored():
        try:
            made = team.publishes(Changes(items, SEED), count)
            while publish := next(made, None):
                publishes.append(publish)
        except KeyboardInterrupt:
            print("ended early", file=sys.stderr)
        table = table_of(publishes, items)
        table.notes.append(f"At the end: {page_data.shape_of(team.folder / DATA)}.")
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are kept")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--publishes", type=int, default=5000)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    print(f"\n{measure(given.work, given.items, given.publishes).markdown()}")


if __name__ == "__main__":
    main()
