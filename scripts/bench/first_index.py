"""First index of a folder of real files, beside `recollindex` on the same folder: prints wall times and their ratio.

    python scripts/bench/first_index.py FOLDER [--rounds 3]

Also: file saved → found by `search` under the daemon, the whole process of `indexer search`, and memory.
`recollindex` is in Debian's package recollcmd; without it only our own figures are printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

INDEXER = [sys.executable, "-m", "indexer"]


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as top:
        work = Path(top)
        folder = work / "folder"
        shutil.copytree(given.folder, folder)
        files = sum(1 for path in folder.rglob("*") if path.is_file())
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{files} files, {size / 1e6:.1f} MB, {os.cpu_count()} cores, {given.rounds} rounds")
        for number in range(given.rounds):
            ours.append(first_index(folder, work / f"state{number}"))
            clean_page(folder)
            if shutil.which("recollindex"):
                theirs.append(recollindex(folder, work / f"recoll{number}"))
        print(f"indexer scan        {spread(ours)} s")
        if theirs:
            print(f"recollindex         {spread(theirs)} s")
            print(f"ratio of medians    {statistics.median(ours) / statistics.median(theirs):.2f}")
        state = work / "state0"
        print(
            f"indexer search      {spread([search_once(folder, state) * 1000 for _ in range(15)])} ms, whole process"
        )
        freshness, memory = follow(folder, state)
        print(f"saved → found       {spread(freshness)} s under the daemon")
        print(f"memory              {memory / 1e6:.0f} MB at most, daemon without its reading processes")
        busy, peak = follow_while_busy(folder, work / "busy")
        print(
            f"saved → found, busy {spread(busy)} s during the first index; memory {peak / 1e6:.0f} MB at most"
        )


def first_index(folder: Path, state: Path) -> float:
    """Return the seconds of a scan from nothing."""
    began = time.perf_counter()
    subprocess.run(
        [*INDEXER, "-q", "--state-dir", str(state), "scan", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def clean_page(folder: Path) -> None:
    """Take our own page out of the way of the peer."""
    (folder / "index.html").unlink(missing_ok=True)
    shutil.rmtree(folder / "_index", ignore_errors=True)


def recollindex(folder: Path, state: Path) -> float:
    """Return the seconds of the peer from nothing."""
    state.mkdir()
    (state / "recoll.conf").write_text(f"topdirs = {folder}\nloglevel = 1\n")
    began = time.perf_counter()
    subprocess.run(
        ["recollindex", "-c", str(state)], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def search_once(folder: Path, state: Path, *words: str) -> float:
    """Return the seconds of one search as a whole process."""
    began = time.perf_counter()
    command = [
        *INDEXER,
        "--state-dir",
        str(state),
        "search",
        "--folder",
        str(folder),
        "--json",
        *(words or ("report",)),
    ]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def follow(folder: Path, state: Path) -> tuple[list[float], int]:
    """Return the seconds from saving a file to finding it, and the memory the daemon came to."""
    daemon = subprocess.Popen(
        [*INDEXER, "-q", "--state-dir", str(state), "watch", str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(15)  # its first pass and page
        times = [save_and_find(folder, state, f"freshword{number}x") for number in range(8)]
        memory = psutil.Process(daemon.pid).memory_info().rss
    finally:
        daemon.terminate()
        daemon.wait(30)
    return times, memory


def follow_while_busy(folder: Path, state: Path) -> tuple[list[float], int]:
    """Return the same while the first index is being made."""
    clean_page(folder)
    daemon = subprocess.Popen(
        [*INDEXER, "-q", "--state-dir", str(state), "watch", str(folder)], stderr=subprocess.DEVNULL
    )
    times, peak = [], 0
    try:
        while not list(state.glob("folders/*/index-1/*.toc")):
            time.sleep(0.05)
        for number in range(4):
            times.append(save_and_find(folder, state, f"busyword{number}x"))
            peak = max(peak, psutil.Process(daemon.pid).memory_info().rss)
    finally:
        daemon.terminate()
        daemon.wait(30)
    return times, peak


def save_and_find(folder: Path, state: Path, word: str) -> float:
    """Save a file with a word of its own and return the seconds until a search finds it."""
    (folder / f"{word}.txt").write_text(f"a note about {word}", "utf-8")
    began = time.perf_counter()
    command = [*INDEXER, "--state-dir", str(state), "search", "--folder", str(folder), "-c", f"{word} note"]
    while time.perf_counter() - began < 60:
        if subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip() == "1":
            return time.perf_counter() - began
    return float("inf")


def spread(values: list[float]) -> str:
    """Return minimum, median and maximum as text."""
    return f"{min(values):8.2f} {statistics.median(values):8.2f} {max(values):8.2f} (min, median, max)"


if __name__ == "__main__":
    main()
