"""Every file of a folder cut at half, and with 1 % of its bytes changed: none may hang or end the program.

    python scripts/bench/damage.py FOLDER [--seed N]

Each damaged copy is read in the cage, with the limits of the default settings. Prints what came of them by format, each
that CRASHED or TIMED_OUT, and the five slowest. Ends with 1 if one gave neither a text nor a reason.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from indexer.extract import kinds
from indexer.extract.cage import Cage
from indexer.extract.reading_process import Limits
from indexer.extract.worker import Job
from indexer.folder.scan import stamp_of

AT_A_TIME = 2


def cut(data: bytes, _chance: random.Random) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(max(1, len(data) // 100) if data else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    slow: list[tuple[float, str]] = []
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        cage = Cage(AT_A_TIME, Limits(60, 120, 1500 << 20), Path(scratch))
        begun: dict[str, float] = {}
        jobs = make(options.folder, Path(scratch), options.seed)
        try:
            more = True
            while more or begun:
                while more and cage.has_room(urgent=False):
                    path = next(jobs, None)
                    more = path is not None
                    if path is not None:
                        begun[str(path)] = time.monotonic()
                        cage.submit(
                            str(path), Job(path, stamp_of(path.lstat()), frozenset(), 256 << 20, 16 << 20)
                        )
                for key, reading in cage.collect(1.0):
                    slow.append((time.monotonic() - begun.pop(key), Path(key).name))
                    result = str(reading.failure[0]) if reading.failure else "text"
                    counts[kinds.suffix_of(key)][result] += 1
                    bad += not reading.failure and not reading.text_key
                    if result in ("CRASHED", "TIMED_OUT", "TOO_BIG"):
                        print(result, Path(key).name, reading.failure and reading.failure[1][:150])
                    Path(key).unlink()
        finally:
            cage.close()
    for suffix, found in sorted(counts.items()):
        print(f"{suffix:12} " + ", ".join(f"{name} {count}" for name, count in sorted(found.items())))
    print("slowest:", ", ".join(f"{seconds:.1f} s {name}" for seconds, name in sorted(slow)[-5:]))
    return int(bad > 0)


def make(folder: Path, scratch: Path, seed: int):  # type: ignore[no-untyped-def]
    """Yield damaged copies, one after the other; each is deleted once it is read."""
    for path in sorted(p for p in folder.resolve().rglob("*") if p.is_file()):
        for name, damage in (("cut", cut), ("flip", flip)):
            made = scratch / f"{name} {path.parent.name} {path.name}"
            made.write_bytes(damage(path.read_bytes(), random.Random(f"{seed} {path.name}")))
            yield made


if __name__ == "__main__":
    sys.exit(main())
