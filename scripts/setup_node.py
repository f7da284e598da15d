"""Make `.node`: what checks the page's script, as the lock file in `scripts/javascript/` names it. Needs Node and npm."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from setup_venv import PROJECT

HERE = PROJECT / "scripts" / "javascript"
NODE = PROJECT / ".node"
FILES = ("package.json", "package-lock.json")
OPTIONS = ("--engine-strict", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1",
           "--loglevel=error")  # fmt: skip
INSTALL_S = 120
"""A network that is slower than that shall not hold up the tests."""


class NoNode(Exception):
    """The page's script can't be checked here; the text says why."""


def ensure() -> Path:
    """Install what the lock file names, if that has not been done; return where its programs are, or raise NoNode."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        raise NoNode("Node and npm are not installed")
    programs, stamp = NODE / "node_modules" / ".bin", NODE / f".{_digest()}"
    if stamp.exists() and programs.is_dir():
        return programs
    NODE.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(HERE / name, NODE / name)
    try:
        done = subprocess.run(
            [npm, "ci", *OPTIONS], cwd=NODE, check=False, timeout=INSTALL_S, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NoNode(f"`npm ci` took more than {INSTALL_S} s") from None
    if done.returncode:
        lines = done.stdout.strip().splitlines() or ["without a word"]
        raise NoNode("`npm ci` failed: " + next((line for line in lines if "Error:" in line), lines[0]))
    stamp.touch()
    return programs


def program(programs: Path, name: str) -> str:
    """Return the command of a program that is installed."""
    return str(programs / (f"{name}.cmd" if os.name == "nt" else name))


def _digest() -> str:
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:12]
