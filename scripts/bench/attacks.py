"""Folders made by an attacker: what does a scan of each cost, how does it end, and is the page right after it?

    python scripts/bench/attacks.py [NAME]... [--user nobody] [--keep DIR]

Each folder has three innocent files, and was scanned once before the attack. Prints for each attack the exit code of
`indexer scan` (that of `publish` and `rebuild` if they end otherwise), its seconds, the largest memory of its own
process and of the whole tree (proportional set size), what is told by `status` and `failed`, and what is wrong: an
innocent file that is not found or not on the page, something written elsewhere. Ends with 1 where anything is wrong, or
took longer than a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from attack_folders import ATTACKS, BESIDE

from indexer.page.belonging import read_digest

PROJECT = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0
GIVE_UP_S = 600.0
INNOCENT = ("Innocent 1.txt", "Innocent 2.md", "Sub/Innocent 3.txt")


@dataclass
class Tree:
    """The memory of a process and of all below it, looked at twice a second."""

    pid: int
    own: int = 0
    whole: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look until `end`."""
        while not self._ended.wait(0.5):
            with suppress(psutil.Error):
                top = psutil.Process(self.pid)
                sizes = [_size(process) for process in (top, *top.children(recursive=True))]
                self.own, self.whole = max(self.own, sizes[0]), max(self.whole, sum(sizes))

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()


def _size(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return 0


def _computed() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    seconds: float
    computing: float
    """Seconds of computing of the whole tree, which a busy machine does not make more."""
    own: int
    whole: int
    said: str


@dataclass(frozen=True)
class Trial:
    """A folder, its state, and the user who scans it."""

    top: Path
    user: int | None

    @property
    def folder(self) -> Path:
        return self.top / "Team folder"

    def run(self, *arguments: str) -> Outcome:
        """Run a command to its end, or kill it after ten minutes."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.top), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
            "INDEXER_STATE_DIR": str(self.top / "state"), "INDEXER_FOLDER": str(self.folder), "INDEXER_EXTRACT_OCR": "false",
        }  # fmt: skip
        command = [sys.executable, "-m", "indexer", *arguments]
        began, computed = time.monotonic(), _computed()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                user=self.user, group=self.user, extra_groups=[] if self.user else None, start_new_session=True, cwd=PROJECT,
            )  # fmt: skip
            tree = Tree(process.pid)
            threading.Thread(target=tree.watch, daemon=True).start()
            try:
                code = process.wait(GIVE_UP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                code = process.wait()
            tree.end()
            said.seek(0)
            return Outcome(
                code,
                time.monotonic() - began,
                _computed() - computed,
                tree.own,
                tree.whole,
                said.read().decode("utf-8", "replace"),
            )

    def prepare(self) -> None:
        """Make the folder, and scan it for the first time."""
        for name in INNOCENT:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"innocentword in {name}")
        (self.top / BESIDE).mkdir()
        self.give_away()
        first = self.run("-q", "scan")
        assert first.code == 0, first.said

    def give_away(self) -> None:
        """Make all of it the user's."""
        if self.user is not None:
            subprocess.run(["chown", "-hR", f"{self.user}:{self.user}", str(self.top)], check=True)

    def wrongs(self) -> list[str]:
        """Return what is not as it must be after an attack."""
        wrong = []
        found = self.run("search", "-c", "innocentword", "type:text").said.strip()
        if found != str(len(INNOCENT)):
            wrong.append(f"found {found} of {len(INNOCENT)}")
        pages = (self.folder / name for name in ("index.html", "indexer.html"))
        if not any(read_digest(page) for page in pages if page.is_file() and not page.is_symlink()):
            wrong.append("there is no page")
        for name in ("publish", "rebuild"):
            done = self.run(name)
            if done.code or min(done.seconds, done.computing) > LIMIT_S:
                wrong.append(f"{name}: {done.code} after {done.seconds:.0f} s: {done.said.strip()[-200:]}")
        return wrong


def listing(directory: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in directory.rglob("*")
    )


def try_out(name: str, user: int | None, keep: Path | None) -> bool:
    """Try one attack, print a line and tell whether all is well."""
    top = Path(tempfile.mkdtemp(prefix=f"attack-{name}-", dir=keep))
    top.chmod(0o755)
    try:
        trial = Trial(top, user)
        trial.prepare()
        ATTACKS[name](trial.folder)
        trial.give_away()
        before = listing(top / BESIDE)
        scan = trial.run("scan")
        wrong = [] if scan.code == 0 else [f"scan: {scan.said.strip()[-300:]}"]
        wrong += [] if min(scan.seconds, scan.computing) <= LIMIT_S else ["too slow"]
        wrong += trial.wrongs()
        if listing(top / BESIDE) != before:
            wrong.append("something was written elsewhere")
        status = json.loads(trial.run("status", "--json").said)
        failed = json.loads(trial.run("failed", "--json").said)["failed"]
        print(
            f"{'WRONG' if wrong else 'well':<6}{name:<26} exit {scan.code} {scan.seconds:6.1f} s, {scan.computing:6.1f} s computing, own {scan.own >> 20:5} MB, all {scan.whole >> 20:5} MB, {len(failed)} failed"
        )
        reasons = sorted({f"{f['reason']}: {f['detail'][:60]}" for f in failed})
        for line in (*wrong, *status["problems"][:6], *reasons[:12]):
            print(f"        {line!r}"[:240])
        sys.stdout.flush()
        return not wrong
    finally:
        if not keep:
            subprocess.run(["rm", "-rf", str(top)], check=False)  # rmtree gives up on paths that are too long


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--user", help="who scans, if root tries this")
    parser.add_argument("--keep", type=Path, help="make the folders here and leave them")
    options = parser.parse_args()
    user = pwd.getpwnam(options.user).pw_uid if options.user else None
    wanted = [name for name in ATTACKS if not options.names or any(part in name for part in options.names)]
    went_well = [try_out(name, user, options.keep) for name in wanted]
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    sys.exit(main())
