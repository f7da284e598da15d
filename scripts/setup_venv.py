"""Make `.venv` with what the lock files name. Needs nothing but Python: other scripts start with it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def ensure(lock: str) -> Path:
    """Install `requirements/<lock>.txt` and the project into `.venv`, if that has not been done; return its Python."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs before anything is installed
        sys.exit(f"indexer needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    stamp = VENV / f".{lock}-{_digest(lock)}"
    if stamp.exists() and PYTHON.exists():
        return PYTHON
    print(f"setting up {VENV} (once; this takes a minute) …", flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    _pip("install", "--require-hashes", "-r", str(PROJECT / "requirements" / f"{lock}.txt"))
    _pip("install", "--no-build-isolation", "--no-deps", "-e", str(PROJECT))
    stamp.touch()
    return PYTHON


def apt_get(*packages: str) -> None:
    """Install packages of a Debian or its like, as root; elsewhere do nothing."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        options = ("-o", "DPkg::Lock::Timeout=600", "-qq")
        subprocess.run(["apt-get", *options, "update"], env=environment, check=False)
        subprocess.run(
            ["apt-get", *options, "install", "-y", *packages],
            env=environment,
            check=False,
        )


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "-qq", *arguments]
    if subprocess.run(command, check=False).returncode:
        sys.exit("installing failed: see the lines above (is there a network connection?)")


def _digest(lock: str) -> str:
    parts = [PROJECT / "requirements" / f"{lock}.txt", PROJECT / "pyproject.toml"]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
