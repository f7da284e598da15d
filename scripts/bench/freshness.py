"""How soon is a saved file found, and what does a daemon cost that has nothing to do? Beside Recoll's monitor.

    python scripts/bench/freshness.py [--items 10000] [--saves 100] [--idle-items 50000] [--profile] [--only first]

Saved → found: documents are saved one by one under `indexer watch` with its own settings (pictures are not recognised),
each with a word that was never used: new ones, known ones that are written over, and known ones replaced by a temporary
file as editors do. Measured is from the end of the save until a search finds the file: within this process, asked every
20 ms by a folder opened anew, and for every fifth save by the command alone. The same saves go into a copy of the folder
under `recollindex -m` (which takes in changes every 30 s), and into another where it may do so each second. The blocks
of saves take turns: who is not measured has nothing to do.

First: documents are saved, one after the other, while `indexer watch` reads all of a folder for the first time.

Idle: a folder of many small files that nothing happens to; processor time by what the system has counted for the daemon
and its children. Full pass: the same folder looked at again, within this process as the daemon does, and by the command.
"""

from __future__ import annotations

import argparse
import base64
import cProfile
import io
import os
import pstats
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import generate
import psutil
from peers import Recoll
from product import Product, end
from report import Table, machine, quantile, ratio, spread
from storms import until_quiet

from indexer.app import building
from indexer.errors import IndexerError
from indexer.search import asking
from indexer.state import places
from indexer.state.lock import hold

SEED = 11
BLOCK = 10
"""Saves in a row for one side, then for the other."""
BY_COMMAND = 5
"""Every save of this number is looked for by the command."""
ASK_S, ASK_PEER_S = 0.02, 0.1
LONGEST_PAUSE_S = 3.0
MOST_FIRST = 3_000
PATIENCE_S = 180.0
SORTS = ("new", "written over", "replaced")
GOAL_CPU, GOAL_MB, GOAL_PASS_S = 0.5, 150, 1.0
LOOKS, SCANS = 5, 3
FILES_A_DIRECTORY, WORDS_A_FILE = 100, 8
CALM_SHARE, CALM_S = 0.02, 5.0
"""Seconds that a peer must take less of a core to count as at rest."""
PROFILED_LINES = 25


# --- saving ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Save:
    """One file as a person saves it."""

    sort: str
    path: str
    """Within the folder."""
    word: str
    """Its own: no other file has it."""

    def into(self, folder: Path) -> float:
        """Save it and return the moment when that was done."""
        path = folder / self.path
        old = path.read_text("utf-8") if self.sort != "new" else "A new note.\n"
        text = f"{old}Here it says {self.word}.\n"
        if self.sort == "replaced":
            temporary = path.with_name(f".goutputstream-{self.word[-6:].upper()}")
            temporary.write_text(text, "utf-8")
            temporary.replace(path)
        else:
            path.write_text(text, "utf-8")
        return time.perf_counter()


def saves_of(folder: Path, count: int) -> list[Save]:
    """Return a number of saves, no two of the same file."""
    chance = Random(SEED)
    known = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.txt"))
    saves = []
    for number, path in enumerate(chance.sample(known, count)):
        sort, word = SORTS[number % len(SORTS)], f"freshword{number:05d}x"
        saves.append(
            Save(sort, f"{path.rpartition('/')[0]}/{word}.txt" if sort == "new" else path, f"{word}word")
        )
    chance.shuffle(saves)
    return saves


# --- the product ----------------------------------------------------------------------------------


def until_found(product: Product, save: Save, since: float, *, by_command: bool) -> float:
    """Return the seconds since a save until a search finds it."""
    settings, options = product.settings(), asking.SearchOptions(limit=5, relax=False)
    while time.perf_counter() - since < PATIENCE_S:
        if by_command:
            found = product.run("search", "-c", save.word).stdout.strip() == b"1"
        else:
            try:
                results = asking.search(product.folder, settings, save.word, options).results
            except IndexerError:  # there is no index yet
                results = ()
            found = any(result.item.path == save.path for result in results)
        if found:
            return time.perf_counter() - since
        if not by_command:
            time.sleep(ASK_S)
    return float("inf")


@dataclass
class Ours:
    """What the saves under the product took."""

    product: Product
    chance: Random = field(default_factory=lambda: Random(SEED))
    took: dict[str, list[float]] = field(default_factory=lambda: {sort: [] for sort in SORTS})
    by_command: list[float] = field(default_factory=list)
    _number: int = 0

    def block(self, saves: Sequence[Save]) -> None:
        """Save one after the other, each once the one before was found."""
        for save in saves:
            time.sleep(self.chance.uniform(0, LONGEST_PAUSE_S))
            self._number += 1
            by_command = self._number % BY_COMMAND == 0
            took = until_found(self.product, save, save.into(self.product.folder), by_command=by_command)
            (self.by_command if by_command else self.took[save.sort]).append(took)

    def all(self) -> list[float]:
        """Return the seconds of those that were found within this process."""
        return [took for sort in SORTS for took in self.took[sort]]


# --- the peer -------------------------------------------------------------------------------------


class Monitor(Recoll):
    """`recollindex -m` on a folder, and `recollq` to ask."""

    def __init__(self, folder: Path, place: Path, settings: str = "") -> None:
        super().__init__(folder, place)
        self.folder, self.settings = folder, settings
        self.took: list[float] = []
        self._waiting: dict[str, tuple[Save, float]] = {}

    @contextmanager
    def watching(self) -> Iterator[psutil.Process]:
        """Index the folder, then have the monitor run until the block ends."""
        self.index()
        with (self._place / "recoll.conf").open("a") as conf:
            conf.write(f"{self.settings}\n")
        monitor = subprocess.Popen(
            ["recollindex", "-c", str(self._place), "-m", "-D", "-x", "-w", "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield psutil.Process(monitor.pid)
        finally:
            end(monitor)

    def pass_again(self) -> float:
        """Return the seconds of a full pass over what is indexed already."""
        began = time.perf_counter()
        subprocess.run(["recollindex", "-c", str(self._place)], capture_output=True, check=False)
        return time.perf_counter() - began

    def save(self, save: Save) -> None:
        """Save a file; `look` notes when it is found."""
        self._waiting[save.path] = save, save.into(self.folder)

    def look(self) -> bool:
        """Take down what is found by now, and tell whether something is waited for still."""
        if not self._waiting:
            return False
        query = " OR ".join(save.word for save, _ in self._waiting.values())
        command = ["recollq", "-c", str(self._place), "-n", "0", "-N", "-F", "url", query]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        now = time.perf_counter()
        rows = (line.split() for line in said.splitlines())
        urls = (base64.b64decode(row[1]).decode() for row in rows if len(row) == 2 and row[0] == "url")
        for path in {os.path.relpath(url.removeprefix("file://"), self.folder) for url in urls}:
            if path in self._waiting:
                self.took.append(now - self._waiting.pop(path)[1])
        for path, (_, since) in list(self._waiting.items()):
            if now - since > PATIENCE_S:
                self.took.append(float("inf"))
                del self._waiting[path]
        return bool(self._waiting)


def block_of(monitors: Sequence[Monitor], saves: Sequence[Save], chance: Random) -> None:
    """Save into the folder of each monitor at the same moments, and wait until all is found."""
    left, next_at = list(saves), 0.0
    while sum(monitor.look() for monitor in monitors) or left:  # all of them are asked
        if left and time.monotonic() >= next_at:
            for monitor in monitors:
                monitor.save(left[0])
            left.pop(0)
            next_at = time.monotonic() + chance.uniform(0, LONGEST_PAUSE_S)
        time.sleep(ASK_PEER_S)


def is_recoll_here() -> bool:
    """Tell whether the peer is installed."""
    return bool(shutil.which("recollindex") and shutil.which("recollq"))


NO_RECOLL = "Recoll is not installed (Debian: recollcmd), so it is left out."


# --- saved, then found ----------------------------------------------------------------------------


def saved_and_found(place: Path, items: int, count: int) -> Table:
    """Have the saves under both, in blocks that take turns."""
    product = Product(place / "ours" / "folder", place / "ours" / "state", page=True)
    generate.generate(product.folder, items, SEED)
    saves = saves_of(product.folder, count)
    monitors = []
    for name, settings in (("peer", ""), ("peer-quick", "monixinterval = 1")) if is_recoll_here() else ():
        shutil.copytree(product.folder, place / name / "folder")
        monitors.append(Monitor(place / name / "folder", place / name, settings))
    product.scan()
    ours, chance, load = Ours(product), Random(SEED), loads()
    with ExitStack() as stack:
        for monitor in monitors:
            until_calm(stack.enter_context(monitor.watching()))
        stack.enter_context(product.watching())
        until_quiet(product)
        for first in range(0, count, BLOCK):
            ours.block(saves[first : first + BLOCK])
            block_of(monitors, saves[first : first + BLOCK], chance)
    table = Table(
        f"Saved → found: {items:,} documents, {count} saves",
        ("what", "saves", "min, s", "median, s", "p95, s", "max, s", "ours to it, by the medians"),
    )
    rows = {
        "indexer watch": ours.all(),
        **{f"indexer watch, {sort}": ours.took[sort] for sort in SORTS},
        "indexer watch, found by the command": ours.by_command,
        **{f"recollindex -m{', ' * bool(one.settings)}{one.settings}": one.took for one in monitors},
    }
    for name, took in rows.items():
        if took:
            figures = (min(took), quantile(took, 0.5), quantile(took, 0.95), max(took))
            share = ratio(ours.all(), took) if name.startswith("recoll") else ""
            table.add(name, len(took), *(f"{figure:.2f}" for figure in figures), share)
    table.notes += [f"Load before {load}, after {loads()}.", *([] if monitors else [NO_RECOLL])]
    return table


def during_first_index(place: Path, items: int) -> Table:
    """Save one document after the other while a folder is read for the first time."""
    product = Product(place / "first" / "folder", place / "first" / "state", page=True)
    generate.generate(product.folder, items, SEED)
    saves = iter([save for save in saves_of(product.folder, min(items, MOST_FIRST)) if save.sort == "new"])
    chance, load, took, left = Random(SEED), loads(), [], items
    with product.watching():
        began = time.perf_counter()
        while left:
            time.sleep(chance.uniform(0, LONGEST_PAUSE_S))
            save = next(saves)
            took.append(until_found(product, save, save.into(product.folder), by_command=False))
            with product.catalogue() as catalogue:
                left = catalogue.queue.count()
        whole_s = time.perf_counter() - began
    table = Table(
        f"Saved → found during the first index of {items:,} documents",
        ("saves", "min, s", "median, s", "p95, s", "max, s"),
    )
    figures = (min(took), quantile(took, 0.5), quantile(took, 0.95), max(took))
    table.add(len(took), *(f"{figure:.2f}" for figure in figures))
    longest = ", ".join(f"{one:.1f}" for one in sorted(took)[-5:])
    table.notes.append(
        f"All found after {whole_s:.0f} s; the longest {longest}. Load before {load}, after {loads()}."
    )
    return table


def loads() -> str:
    """Return the load of the last one, five and fifteen minutes."""
    return ", ".join(f"{load:.1f}" for load in os.getloadavg())


# --- idle -----------------------------------------------------------------------------------------


def few_words(folder: Path, items: int) -> None:
    """Make files of a few words each."""
    chance = Random(SEED)
    for number in range(items):
        directory = folder / f"{number // FILES_A_DIRECTORY:04d}"
        if number % FILES_A_DIRECTORY == 0:
            directory.mkdir(parents=True)
        words = " ".join(generate.words_of(chance, WORDS_A_FILE))
        (directory / f"note {number % FILES_A_DIRECTORY:02d}.txt").write_text(f"{words}\n", "utf-8")


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all its children that are there."""
    return [process, *process.children(recursive=True)]


def cpu_of(process: psutil.Process) -> float:
    """Return the processor seconds of a process and all its children, those that have ended included."""
    seconds = 0.0
    for one in family(process):
        try:
            seconds += sum(one.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue  # its seconds are with its parent now
    return seconds


def until_calm(process: psutil.Process, patience_s: float = 1800) -> None:
    """Wait until a process and its children do nearly nothing."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        before = cpu_of(process)
        time.sleep(CALM_S)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise SystemExit("a daemon has ended that should have gone on")
        if cpu_of(process) - before < CALM_SHARE * CALM_S:
            return
    raise SystemExit(f"{process.name()} is not calm after {patience_s:.0f} s")


def memory_of(processes: Sequence[psutil.Process]) -> tuple[float, float]:
    """Return RSS and PSS in MB; if the system knows no PSS, RSS for both."""
    rss = pss = 0.0
    for one in processes:
        try:
            info = one.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        rss += info.rss / 1e6
        pss += getattr(info, "pss", info.rss) / 1e6
    return rss, pss


def idle(product: Product, monitor: Monitor | None, rest_s: float, seconds: float) -> Table:
    """Leave both daemons idle for some time, at the same time, and measure what that costs."""
    table = Table(
        f"Nothing to do for {seconds:.0f} s",
        ("what", "% of a core", "RSS, MB", "PSS, MB", "children", "their RSS, MB", "their PSS, MB"),
    )
    load = loads()
    with ExitStack() as stack:
        daemons = {}
        if monitor:
            daemons["recollindex -m"] = stack.enter_context(monitor.watching())
        daemons["indexer watch"] = psutil.Process(stack.enter_context(product.watching()).pid)
        until_quiet(product)
        for process in daemons.values():
            until_calm(process)
        time.sleep(rest_s)
        began, before = time.monotonic(), {name: cpu_of(process) for name, process in daemons.items()}
        time.sleep(seconds)
        after, took = {name: cpu_of(process) for name, process in daemons.items()}, time.monotonic() - began
        for name, process in reversed(daemons.items()):
            own, children = memory_of([process]), process.children(recursive=True)
            theirs = memory_of(children)
            share = 100 * (after[name] - before[name]) / took
            table.add(
                name, f"{share:.2f}", *(f"{mb:.0f}" for mb in own), len(children), *(f"{mb:.0f}" for mb in theirs)
            )  # fmt: skip
    table.notes.append(f"Goal: {GOAL_CPU} % of a core, {GOAL_MB} MB. Load before {load}, after {loads()}.")
    return table


# --- full pass ------------------------------------------------------------------------------------


def full_pass(product: Product, monitor: Monitor | None, *, profile: bool) -> Table:
    """Look at all of an unchanged folder again and again."""
    settings, load = product.settings(), loads()
    state = places.state_of(product.folder, settings)
    table = Table("A full pass over unchanged files", ("what", "times", "min, median, max, s"))
    with hold(state, "bench"), building.open_pipeline(product.folder, settings) as pipeline:
        looks = [timed(lambda: pipeline.look(patient=True)) for _ in range(LOOKS)]
        table.add("within the daemon: `look`", LOOKS, spread(looks))
        table.add("the first of these, which opens what it needs", 1, f"{looks[0]:.2f}")
        if profile:
            table.notes.append(profiled(lambda: pipeline.look(patient=True)))
    table.add("`indexer scan`, whole process", SCANS, spread([product.scan() for _ in range(SCANS)]))
    if monitor:
        passes = [monitor.pass_again() for _ in range(SCANS)]
        table.add("`recollindex`, whole process", SCANS, spread(passes))
    table.notes.append(f"Goal: {GOAL_PASS_S:.0f} s within the daemon. Load before {load}, after {loads()}.")
    return table


def timed(step: Callable[[], object]) -> float:
    """Return the seconds of a step."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def profiled(step: Callable[[], object]) -> str:
    """Return where a step spends its time, as Markdown."""
    profile, text = cProfile.Profile(), io.StringIO()
    profile.runcall(step)
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(PROFILED_LINES)
    lines = [line.rstrip() for line in text.getvalue().splitlines() if line.strip()]
    return "\n".join(["```", *lines, "```"])


# --- all of it ------------------------------------------------------------------------------------


def still_folder(place: Path, given: argparse.Namespace) -> Iterator[Table]:
    """Yield what a folder costs that nothing happens to."""
    product = Product(place / "still" / "folder", place / "still" / "state", page=True)
    few_words(product.folder, given.idle_items)
    monitor = None
    if is_recoll_here():  # a copy: our page is in ours
        shutil.copytree(product.folder, place / "still-peer" / "folder")
        monitor = Monitor(place / "still-peer" / "folder", place / "still-peer")
        if "pass" in given.only:
            monitor.index()
    first = product.scan()
    ways: dict[str, Callable[[], Table]] = {
        "pass": lambda: full_pass(product, monitor, profile=given.profile),
        "idle": lambda: idle(product, monitor, given.rest_s, given.idle_s),
    }
    for name, way in ways.items():
        if name in given.only:
            made = way()
            made.title += f": {given.idle_items:,} files of a few words"
            made.notes += [f"First `indexer scan`: {first:.0f} s.", *([] if monitor else [NO_RECOLL])]
            yield made


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--saves", type=int, default=100)
    parser.add_argument("--idle-items", type=int, default=50_000)
    parser.add_argument("--rest-s", type=float, default=60, help="wait so long before idle time is measured")
    parser.add_argument("--idle-s", type=float, default=120, help="measure idle time for so long")
    parser.add_argument(
        "--only", nargs="+", choices=("saves", "first", "pass", "idle"), default=("saves", "pass", "idle")
    )
    parser.add_argument("--profile", action="store_true", help="also where a full pass spends its time")
    given = parser.parse_args()
    os.environ.pop("INDEXER_FOLDER", None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as top:
        place = Path(top)
        print(machine(), flush=True)
        if "saves" in given.only:
            print(f"\n{saved_and_found(place, given.items, given.saves).markdown()}", flush=True)
        if "first" in given.only:
            print(f"\n{during_first_index(place, given.items).markdown()}", flush=True)
        if {"pass", "idle"} & {*given.only}:
            for table in still_folder(place, given):
                print(f"\n{table.markdown()}", flush=True)


if __name__ == "__main__":
    main()
