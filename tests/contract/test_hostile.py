"""Nothing that is dropped can hurt: a whole scan of hostile files next to harmless ones."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from indexer.errors import Reason
from indexer.extract import kinds
from tests.extract.hostile import MAKERS, garbage
from tests.extract.samples import SAMPLES

PARENT_LIMIT = 500 << 20
LIMITS = {"INDEXER_EXTRACT_CPU_S": "4", "INDEXER_EXTRACT_WALL_S": "20", "INDEXER_EXTRACT_MEMORY_MB": "700"}


def fill(folder: Path, outside: Path) -> set[str]:
    """Put hostile and harmless files into `folder`; return the paths of the regular ones."""
    made: dict[str, bytes] = {f"hostile/{name}": make() for name, make in MAKERS.items()}
    made |= {f"garbage/{name}": data for name, data in garbage(sorted(kinds.READERS))}
    made |= {f"fine/{number} {name}": data for number, (name, data) in enumerate(SAMPLES.items())}
    made |= {f"fine/note {n}.txt": f"harmless{chr(97 + n)}k words".encode() for n in range(10)}
    for name, data in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if os.name == "posix":
        os.mkfifo(folder / "hostile" / "pipe.txt")
        with socket.socket(socket.AF_UNIX) as there:
            there.bind(os.path.relpath(folder / "hostile" / "socket.txt"))
        (folder / "hostile" / "loop").symlink_to(folder)
        (folder / "hostile" / "passwords.txt").symlink_to(outside)
    return set(made)


def test_a_folder_full_of_hostile_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, state, outside = tmp_path / "team", tmp_path / "state", tmp_path / "outside.txt"
    monkeypatch.chdir(tmp_path)  # names of sockets must be short
    folder.mkdir()
    outside.write_text("secretoutside")
    regular = fill(folder, outside)
    environment = {**os.environ, **LIMITS, "INDEXER_STATE_DIR": str(state)}
    call = [sys.executable, "-m", "indexer"]
    before = set(psutil.Process().children(recursive=True))
    began = time.monotonic()
    scan = subprocess.Popen([*call, "scan", str(folder)], env=environment, stderr=subprocess.PIPE, text=True)
    peak = watch_memory(scan)
    _, errors = scan.communicate(timeout=400)
    took = time.monotonic() - began
    assert scan.returncode == 0, errors
    assert max(peak) < PARENT_LIMIT, f"{max(peak) >> 20} MB"

    def ask(*arguments: str) -> dict[str, object]:
        done = subprocess.run(
            [*call, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        found: dict[str, object] = json.loads(done.stdout)
        return found

    failed = {f["path"]: f for f in ask("failed", "--all", "--json")["failed"]}  # type: ignore[attr-defined]
    for path, failure in failed.items():
        assert failure["reason"] in set(Reason), path
        assert failure["detail"], path
    wrong = {p: (f["reason"], f["detail"]) for p, f in failed.items() if p.startswith("fine/")}
    assert wrong == {"fine/26 a.jpg": wrong["fine/26 a.jpg"]} if "fine/26 a.jpg" in wrong else wrong == {}
    everything = ask("search", "--json", "-n", "10000", "")
    items = {r["path"] for r in everything["results"]}  # type: ignore[attr-defined]
    copies = {c for r in everything["results"] for c in r["copies"]}  # type: ignore[attr-defined]
    assert items | copies == regular, (took, sorted((items | copies) ^ regular)[:10])
    for number in range(10):
        assert ask("search", "--json", f"harmless{chr(97 + number)}k")["total"] == 1
    assert ask("search", "--json", "secretoutside")["total"] == 0
    assert ask("search", "--json", "root", "nologin", "--type", "word")["total"] == 0
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def watch_memory(process: subprocess.Popen[str]) -> list[int]:
    """Return a list that fills with the memory of the process, as long as it lives."""
    found = [0]

    def look() -> None:
        try:
            watched = psutil.Process(process.pid)
            while process.poll() is None:
                found.append(watched.memory_info().rss)
                time.sleep(0.05)
        except psutil.Error:
            return

    threading.Thread(target=look, daemon=True).start()
    return found
