"""Is anything missed? Storms of changes under the daemon, and after each the catalogue against the folder.

    python scripts/bench/storms.py [--tries 200] [--flood 60000] [--renames 20000] [--poll] [--storms NAME,...]

The daemon follows a folder, without the page; with `--poll` it looks every two seconds instead of listening. A regular
full pass would mend what was missed, so it is put off to another day. Each storm has a directory of its own:

- `cp`, `mv`, `mkdir`, `rsync`, `unzip`: so many times a tree of 24 files, 8 deep, copied, moved in (and half of it out
  again), made by a shell, synchronised, unpacked;
- `git`: checkouts of two branches of a repository that lies in the folder;
- `editor`: saves by a temporary file that is renamed over the old one, and by truncating and writing;
- `flood`: many small files from four processes;
- `renames`: files and directories renamed as fast as that goes.

The daemon is quiet if its queue is empty and nothing changed for some seconds. Then what the catalogue has live is
compared with a walk of the folder: missed (a file that is not live), ghosts (live, but not there), stale (the digest is
not that of the file). What is wrong gets some more seconds to come right. At the end a scan with a new state must give
the same set, and searches must find as many. Ends with 1 where anything is missed, a ghost or stale.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing as mp
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import psutil
from product import Product
from report import Table, machine

QUIET_S = 8.0
"""Seconds without a change: longer than a directory settles and a vanished file is waited for."""
PATIENCE_S = 1800.0
"""Seconds for a storm to be worked off."""
MERCY_S = 60.0
"""Seconds within which what is wrong once all is quiet may come right."""
POLL_S = 1.0
LEVELS, FILES_A_LEVEL = 8, 3
PAUSES_S = (0.0, 0.0, 0.0, 0.01, 0.05, 0.6)
"""Between two tries: some fall into one look of the daemon, some into two."""
KNOWN_S = 3.0
"""Seconds after which the daemon knows new files, so that it sees what is done to them as a change."""
WRITERS, FILES_A_DIRECTORY = 4, 100
NEVER_MIN = timedelta(days=100) // timedelta(minutes=1)


@dataclass(frozen=True)
class Watched(Product):
    """The product with a daemon that makes no regular full pass."""

    poll: bool = False

    def _chosen(self) -> dict[str, str]:
        polling = {"INDEXER_WATCH_POLL": "true", "INDEXER_WATCH_POLL_S": "2"} if self.poll else {}
        return {**super()._chosen(), **polling, "INDEXER_WATCH_FULL_SCAN_MINUTES": str(NEVER_MIN)}


# --- quiet ----------------------------------------------------------------------------------------


def status_of(product: Product) -> dict[str, object]:
    """Return what `indexer status` says; empty while it can't say anything."""
    done = product.run("status", "--json", timeout=120)
    try:
        said: dict[str, object] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return {}
    return said


def until_quiet(product: Product, quiet_s: float = QUIET_S, patience_s: float = PATIENCE_S) -> float:
    """Wait until the daemon is idle and nothing has changed for some time; return when that began."""
    until = time.monotonic() + patience_s
    before: tuple[object, ...] = ()
    since = time.monotonic()
    while time.monotonic() < until:
        said = status_of(product)
        asked = time.monotonic()
        now = (said.get("queue"), said.get("last_change"), said.get("last_publish"))
        if now != before or said.get("queue") != 0 or not said.get("running"):
            before, since = now, asked
        elif time.monotonic() - since >= quiet_s:
            return since
        time.sleep(POLL_S)
    raise SystemExit(f"the daemon is not quiet after {patience_s:.0f} s: {said}")


# --- the judge ------------------------------------------------------------------------------------


@dataclass
class Verdict:
    """What differs between folder and catalogue."""

    files: int = 0
    missed: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def is_clean(self) -> bool:
        """Tell whether nothing differs."""
        return not (self.missed or self.ghosts or self.stale)

    def counts(self) -> tuple[int, int, int]:
        """Return how many are missed, ghosts and stale."""
        return len(self.missed), len(self.ghosts), len(self.stale)

    def examples(self) -> str:
        """Return some paths of each sort that has any."""
        sorts = {"missed": self.missed, "ghosts": self.ghosts, "stale": self.stale}
        return "; ".join(
            f"{name}: {', '.join(f'`{path}`' for path in paths[:3])}"
            for name, paths in sorts.items()
            if paths
        )


def walk(folder: Path, below: str = "") -> dict[str, str]:
    """Return the digest of each file that is an item by its path within the folder; hidden ones are none."""
    found = {}
    for directory, names, files in os.walk(folder / below):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in files:
            path = Path(directory, name)
            if not name.startswith(".") and stat.S_ISREG(path.lstat().st_mode):
                found[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def live(product: Product, below: str = "") -> dict[str, str]:
    """Return the digest of each live item by its path."""
    top = f"{below}/" if below else ""
    with product.catalogue() as catalogue:
        return {item.path: item.digest for item, _ in catalogue.items.told() if item.path.startswith(top)}


def judge(product: Product, below: str = "") -> Verdict:
    """Compare what the catalogue has with what is in the folder."""
    there, known = walk(product.folder, below), live(product, below)
    return Verdict(
        files=len(there),
        missed=sorted(there.keys() - known.keys()),
        ghosts=sorted(known.keys() - there.keys()),
        stale=sorted(path for path in there.keys() & known.keys() if there[path] != known[path]),
    )


# --- storms ---------------------------------------------------------------------------------------


@dataclass
class Weather:
    """Where a storm happens, and how hard."""

    place: Path
    """In the folder: the storm's own directory."""
    aside: Path
    """Outside of it, on the same file system."""
    chance: Random
    tries: int
    flood: int
    renames: int

    def each(self) -> Iterator[Path]:
        """Yield a directory of its own for each try, with pauses between."""
        for number in range(self.tries):
            yield self.place / f"try {number:04d}"
            time.sleep(self.chance.choice(PAUSES_S))

    def tree(self) -> Path:
        """Return a tree outside the folder, made if it isn't there."""
        top = self.aside / "tree"
        if not top.exists():
            make_tree(top, self.chance)
        return top


def make_tree(top: Path, chance: Random) -> None:
    """Make a tree of small files, some on each level."""
    directory = top
    for level in range(LEVELS):
        directory.mkdir(parents=True)
        for number in range(FILES_A_LEVEL):
            (directory / f"note {level}-{number}.txt").write_text(text(chance), "utf-8")
        directory /= f"level {level}"


def text(chance: Random) -> str:
    """Return a text that no other file has."""
    return f"storm note {chance.getrandbits(64):016x} and {chance.getrandbits(32):08x}\n"


def do(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command that must do."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")


def storm_cp(weather: Weather) -> None:
    """Copy a tree."""
    for target in weather.each():
        do("cp", "-r", weather.tree(), target)


def storm_mv(weather: Weather) -> None:
    """Move trees in, and half of each out again."""
    out = weather.aside / "out"
    out.mkdir()
    for number, target in enumerate(weather.each()):
        made = weather.aside / f"in {number}"
        make_tree(made, weather.chance)
        do("mv", made, target)
        time.sleep(weather.chance.choice(PAUSES_S))
        half = target / "level 0" / "level 1" / "level 2" / "level 3"
        if number % 2:
            do("mv", half, out / f"{number}")
        else:
            halves = sorted(path for path in target.rglob("*.txt") if path.stem.endswith(("-0", "-2")))[:12]
            (out / f"{number}").mkdir()
            do("mv", *halves, out / f"{number}")


def storm_mkdir(weather: Weather) -> None:
    """Make directories and files in them by a shell."""
    levels = range(LEVELS)
    deepest = "/".join(f"level {level}" for level in levels)
    lines = ['mkdir -p "$1/' + deepest + '"']
    for level in levels:
        directory = "/".join(f"level {one}" for one in range(level + 1))
        lines += [f'echo "$2 {level} {n}" > "$1/{directory}/note {n}.txt"' for n in range(FILES_A_LEVEL)]
    for target in weather.each():
        do("sh", "-c", "\n".join(lines), "sh", target, text(weather.chance).strip())


def storm_rsync(weather: Weather) -> None:
    """Synchronise a tree that changes."""
    source = weather.aside / "synchronised"
    make_tree(source, weather.chance)
    files = sorted(source.rglob("*.txt"))
    for target in weather.each():
        for path in weather.chance.sample(files, 4):
            path.write_text(text(weather.chance), "utf-8")
        do("rsync", "-a", f"{source}/", f"{target}/")


def storm_unzip(weather: Weather) -> None:
    """Unpack an archive, now and then over what an older one gave."""
    archives = [weather.aside / f"archive {number}.zip" for number in range(2)]
    for archive in archives:
        content = weather.aside / archive.stem
        make_tree(content, weather.chance)
        shutil.make_archive(str(archive.with_suffix("")), "zip", content)
    for number, target in enumerate(weather.each()):
        target.mkdir()
        do("unzip", "-qo", archives[number % 2], "-d", target)
        if number % 4 == 0:
            do("unzip", "-qo", archives[1 - number % 2], "-d", target)


def storm_git(weather: Weather) -> None:
    """Check out two branches in turn: files that only one has, and files of one size with other words."""
    repository = weather.place / "repository"
    repository.mkdir()
    git = ("git", "-c", "user.name=Storm", "-c", "user.email=storm@example.org", "-c", "gc.auto=0")
    do(*git, "init", "-q", "-b", "one", cwd=repository)
    make_tree(repository / "shared", weather.chance)
    make_tree(repository / "only one", weather.chance)
    do(*git, "add", "-A", cwd=repository)
    do(*git, "commit", "-qm", "one", cwd=repository)
    do(*git, "checkout", "-qb", "two", cwd=repository)
    shutil.rmtree(repository / "only one")
    make_tree(repository / "only two", weather.chance)
    for path in sorted((repository / "shared").rglob("*-0.txt")):
        path.write_text(text(weather.chance), "utf-8")
    do(*git, "add", "-A", cwd=repository)
    do(*git, "commit", "-qm", "two", cwd=repository)
    for number, _ in enumerate(weather.each()):
        do(*git, "checkout", "-q", ("one", "two")[number % 2], cwd=repository)


TEMPORARY = (".goutputstream-{n}", "{name}.tmp", ".{name}.swp", "{name}~", "new {name}")
"""What editors call what they write first; the last is an item for as long as it is there."""


def storm_editor(weather: Weather) -> None:
    """Save known files again and again, as editors do."""
    make_tree(weather.place / "edited", weather.chance)
    files = sorted((weather.place / "edited").rglob("*.txt"))
    time.sleep(KNOWN_S)
    for number, _ in enumerate(weather.each()):
        for _ in range(6):
            path = weather.chance.choice(files)
            if weather.chance.random() < 0.5:
                path.write_text(text(weather.chance), "utf-8")
                continue
            name = weather.chance.choice(TEMPORARY).format(n=number, name=path.name)
            path.with_name(name).write_text(text(weather.chance), "utf-8")
            path.with_name(name).replace(path)


def storm_flood(weather: Weather) -> None:
    """Write many small files from several processes."""
    context = mp.get_context("spawn")
    share = weather.flood // WRITERS
    writers = [
        context.Process(target=pour, args=(weather.place / f"writer {number}", share, number), daemon=True)
        for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        if writer.exitcode:
            raise SystemExit(f"a writer of the flood ended with {writer.exitcode}")


def pour(top: Path, files: int, seed: int) -> None:
    """Write files into new directories: the body of each process of the flood."""
    chance = Random(f"flood {seed}")
    directory = top
    for number in range(files):
        if number % FILES_A_DIRECTORY == 0:
            directory = top / f"{number // FILES_A_DIRECTORY:03d}"
            directory.mkdir(parents=True)
        (directory / f"note {number % FILES_A_DIRECTORY:02d}.txt").write_text(text(chance), "utf-8")


@dataclass
class Node:
    """A file or directory that is renamed, below another."""

    above: Path | Node
    name: str

    def path(self) -> Path:
        """Return where it is now."""
        return (self.above if isinstance(self.above, Path) else self.above.path()) / self.name


def storm_renames(weather: Weather) -> None:
    """Rename files and the directories above them, as fast as that goes."""
    chance = weather.chance
    tops = [Node(weather.place, f"top {number}") for number in range(6)]
    middles = [Node(top, f"middle {number}") for top in tops for number in range(4)]
    files = [Node(middle, f"note {number}.txt") for middle in middles for number in range(10)]
    for one in middles:
        one.path().mkdir(parents=True)
    for one in files:
        one.path().write_text(text(chance), "utf-8")
    time.sleep(KNOWN_S)
    for number in range(weather.renames):
        drawn = chance.random()
        if drawn < 0.9:
            one, above, name = chance.choice(files), chance.choice(middles), f"note moved {number}.txt"
        elif drawn < 0.98:
            one, above, name = chance.choice(middles), chance.choice(tops), f"middle moved {number}"
        else:
            one, above, name = chance.choice(tops), Node(weather.place, ""), f"top moved {number}"
        before = one.path()
        one.above, one.name = (weather.place if not above.name else above), name
        before.rename(one.path())


STORMS: dict[str, Callable[[Weather], None]] = {
    "cp": storm_cp,
    "mv": storm_mv,
    "mkdir": storm_mkdir,
    "rsync": storm_rsync,
    "unzip": storm_unzip,
    "git": storm_git,
    "editor": storm_editor,
    "flood": storm_flood,
    "renames": storm_renames,
}
TOOLS = {"cp": "cp", "mv": "mv", "mkdir": "sh", "rsync": "rsync", "unzip": "unzip", "git": "git"}


# --- all of it ------------------------------------------------------------------------------------


def run(place: Path, given: argparse.Namespace, names: list[str]) -> tuple[Table, bool]:
    """Have every storm, then the scan with a new state; return the table and whether all held."""
    product = Watched(place / "folder", place / "state", poll=given.poll)
    settle_in(product.folder, given.tries)
    product.scan()
    table = Table(
        f"Storms: {given.tries} tries, {'looking every 2 s' if given.poll else 'events'}",
        ("storm", "files", "storm, s", "quiet after it, s", "right after it, s", "missed", "ghosts", "stale"),
    )
    clean = True
    with product.watching(place / "watch.log") as daemon:
        until_quiet(product)
        for name in names:
            if name in TOOLS and not shutil.which(TOOLS[name]):
                table.notes.append(f"{TOOLS[name]} is not installed, so `{name}` is left out.")
                continue
            clean &= one_storm(name, product, daemon.pid, given, table)
            print(table.rows[-1], file=sys.stderr, flush=True)
        memory = psutil.Process(daemon.pid).memory_info().rss / 1e6
        whole = judge(product)
    table.add("all of the folder, at the end", whole.files, "", "", "", *whole.counts())
    clean &= whole.is_clean() and daemon.returncode == 0
    clean &= compare_with_new_state(product, place, table)
    said = (place / "watch.log").read_text("utf-8", "replace")
    table.notes.append(
        f"The daemon's own process had {memory:.0f} MB at the end and ended with {daemon.returncode};"
        f" tracebacks in what it said: {said.count('Traceback')}."
    )
    return table, clean and "Traceback" not in said


def settle_in(folder: Path, tries: int) -> None:
    """Make enough files that stay, so that what a storm takes away is a small part of all."""
    chance = Random("standing")
    for number in range(6 * LEVELS * FILES_A_LEVEL * tries // 2):
        directory = folder / "standing" / f"{number // FILES_A_DIRECTORY:03d}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"note {number % FILES_A_DIRECTORY:02d}.txt").write_text(text(chance), "utf-8")


def one_storm(name: str, product: Product, pid: int, given: argparse.Namespace, table: Table) -> bool:
    """Have one storm and judge what the daemon made of it."""
    below = f"storm {name}"
    weather = Weather(
        product.folder / below, product.folder.parent / f"aside {name}", Random(f"{name} {given.seed}"),
        given.tries, given.flood, given.renames,
    )  # fmt: skip
    weather.place.mkdir()
    weather.aside.mkdir()
    began = time.monotonic()
    STORMS[name](weather)
    ended = time.monotonic()
    quiet = until_quiet(product)
    verdict = first = judge(product, below)
    right = quiet
    until = time.monotonic() + MERCY_S
    while not verdict.is_clean() and time.monotonic() < until:
        time.sleep(POLL_S)
        right = time.monotonic()
        verdict = judge(product, below)
    if not psutil.pid_exists(pid):
        table.notes.append(f"`{name}`: the daemon is gone.")
    if first is not verdict:
        table.notes.append(f"`{name}`, once it was quiet: {first.counts()}; {first.examples()}")
    for problem in listed(status_of(product).get("problems")):
        table.notes.append(f"`{name}`: `status` says: {problem}")
    seconds = (ended - began, max(0.0, quiet - ended), max(0.0, right - ended))
    after = f"{seconds[2]:.1f}" if verdict.is_clean() else "never"
    table.add(name, verdict.files, f"{seconds[0]:.1f}", f"{seconds[1]:.1f}", after, *verdict.counts())
    if not verdict.is_clean():
        table.notes.append(f"`{name}`: {verdict.examples()}")
    return verdict.is_clean()


def listed(value: object) -> list[object]:
    """Return a list of what `status` says, empty if it says none."""
    return value if isinstance(value, list) else []


def compare_with_new_state(product: Watched, place: Path, table: Table) -> bool:
    """Scan the folder with a new state: it must have the same items, and searches must find as many in both."""
    fresh = Watched(product.folder, place / "new state")
    took = fresh.scan()
    ours, theirs = live(product), live(fresh)
    differ = [path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)]
    contents = len(set(theirs.values()))
    found = [int(one.run("search", "-c", "").stdout.strip() or b"0") for one in (product, fresh)]
    table.notes.append(
        f"A scan with a new state ({took:.0f} s): {len(theirs)} items, {len(differ)} of them not as the daemon had it."
        f" Searches find {found[0]} with the daemon's state and {found[1]} with the new one;"
        f" files of equal content are one result, so {contents} are expected."
    )
    return not differ and found == [contents, contents]


def main() -> int:
    """Print the table; return 1 if anything was missed, a ghost or stale."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--flood", type=int, default=60_000, metavar="FILES")
    parser.add_argument("--renames", type=int, default=20_000)
    parser.add_argument("--poll", action="store_true", help="look every 2 s instead of listening")
    parser.add_argument("--storms", default=",".join(STORMS), metavar="NAME,...")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="make folder and state in here, and leave them")
    given = parser.parse_args()
    names = [name.strip() for name in given.storms.split(",")]
    if unknown := [name for name in names if name not in STORMS]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(STORMS)}")
    os.environ.pop("INDEXER_FOLDER", None)
    if given.work:
        given.work.mkdir(parents=True)
        table, clean = run(given.work, given, names)
    else:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as top:
            table, clean = run(Path(top), given, names)
    print(f"{machine()}\n\n{table.markdown()}")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
