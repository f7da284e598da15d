"""Helper programs that may be installed: found, and run within bounds."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from indexer.errors import FileProblem, Reason

HELPERS = ("antiword", "catdoc", "soffice", "tesseract")
_PLACES = {
    "soffice": (
        "/Applications/LibreOffice.app/Contents/MacOS/soffice",
        "C:/Program Files/LibreOffice/program/soffice.exe",
        "C:/Program Files (x86)/LibreOffice/program/soffice.exe",
    ),
    "tesseract": (
        "/opt/homebrew/bin/tesseract",
        "/usr/local/bin/tesseract",
        "C:/Program Files/Tesseract-OCR/tesseract.exe",
    ),
}
MAX_OUTPUT = 64 << 20


@cache
def find(name: str) -> Path | None:
    """Return where a helper program is; None where it is not installed."""
    found = shutil.which(name)
    if found:
        return Path(found).resolve()
    return next((path for path in map(Path, _PLACES.get(name, ())) if path.exists()), None)


def installed() -> tuple[str, ...]:
    """Return the names of the helper programs there are."""
    return tuple(name for name in HELPERS if find(name))


def run(program: Path, *arguments: str, timeout_s: float, directory: Path) -> bytes:
    """Return what a program prints; raise FileProblem where it takes too long or fails to start."""
    environment = {**os.environ, "HOME": str(directory), "TMPDIR": str(directory), "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            cwd=directory,
            env=environment,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise FileProblem(
            Reason.TIMED_OUT, f"{program.stem} was not done within {timeout_s:.0f} s"
        ) from error
    except OSError as error:
        raise FileProblem(Reason.CRASHED, f"{program.stem} can't be started ({error.strerror})") from error
    return done.stdout[:MAX_OUTPUT]
