"""Helper programs that may be installed: found, and run within bounds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from indexer.errors import FileProblem, Reason
from indexer.extract import locations

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
_SUFFIXES = (".exe", ".com") if os.name == "nt" else ("",)
_WITH_PROGRAM = ("lib", "share/tessdata", "share/tesseract-ocr", "share/antiword", "share/catdoc")
"""What is installed beside the directory of a helper program."""
MAX_OUTPUT = 64 << 20


@cache
def find(name: str, folder: Path | None = None) -> Path | None:
    """Return where a helper program is; None where it is not installed. What lies in `folder` is none."""
    own = (path for path in map(Path, _PLACES.get(name, ())) if path.exists())
    return next((path.resolve() for path in along_path(name) if not _is_in(path, folder)), next(own, None))


def along_path(name: str) -> Iterator[Path]:
    """Yield the programs of a name that PATH leads to; `shutil.which` looks in the present folder first on Windows."""
    names = [name] if name.lower().endswith(_SUFFIXES) else [name + suffix for suffix in _SUFFIXES]
    for directory in _directories(os.environ.get("PATH", "")):
        for path in (directory / file for file in names):
            if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113 - `Path.is_file` may raise
                yield path


def _directories(path: str) -> list[Path]:
    """Return the directories that PATH names. A relative one is where anybody may have put a program."""
    return [directory for directory in map(Path, path.split(os.pathsep)) if directory.is_absolute()]


def _is_in(path: Path, folder: Path | None) -> bool:
    return folder is not None and any(
        locations.is_below(spelled, [locations.real(folder)])
        for spelled in (locations.real(path), locations.plain(str(path)))
    )


def installed(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the helper programs there are, outside `folder`."""
    return tuple(name for name in HELPERS if find(name, folder))


def own_places(program: Path) -> list[Path]:
    """Return what a helper program needs to read: its file and what was installed with it, nothing beside that."""
    if program.parent.name in ("program", "MacOS"):
        return [program.parent.parent]  # LibreOffice: hundreds of files
    beside = [program.parent] if os.name == "nt" else []
    told = [Path(os.environ["TESSDATA_PREFIX"])] if os.environ.get("TESSDATA_PREFIX") else []
    return [program, *beside, *told, *(program.parent.parent / place for place in _WITH_PROGRAM)]


def run(program: Path, *arguments: str, timeout_s: float, directory: Path) -> bytes:
    """Return what a program prints; raise FileProblem where it takes too long or fails to start."""
    environment = {**os.environ, "HOME": str(directory), "TMPDIR": str(directory), "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            [str(program), *arguments],
            executable=str(program),  # Windows would search for it, in the folder first
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
