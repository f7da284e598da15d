"""Which helper programs are installed, and how are they run within limits?"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
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
"""Directories next to that of a helper program that belong to it."""
_WITH_SCRIPTS = ("/bin", "/usr/bin", "/lib", "/lib64", "/usr/lib", "/usr/lib64")
_ELF_64 = b"\x7fELF\x02"
_INTERPRETER = 3
"""The type of the program header that names the loader (elf.h)."""
MAX_OUTPUT = 64 << 20

running: set[int] = set()
"""The running helper programs."""


@cache
def find(name: str, folder: Path | None = None) -> Path | None:
    """Return the path of a helper program; None if it is not installed. Programs in `folder` don't count."""
    own = (path for path in map(Path, _PLACES.get(name, ())) if path.exists())
    found = (_itself(path.resolve()) for path in along_path(name) if not _is_in(path, folder))
    return next(found, None) or next(own, None)


def along_path(name: str) -> Iterator[Path]:
    """Yield the programs of that name on PATH; on Windows `shutil.which` would look in the current folder first."""
    names = [name] if name.lower().endswith(_SUFFIXES) else [name + suffix for suffix in _SUFFIXES]
    for directory in _directories(os.environ.get("PATH", "")):
        for path in (directory / file for file in names):
            if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113 - `Path.is_file` may raise
                yield path


def _itself(program: Path) -> Path:
    """Return the program that LibreOffice's script starts: it needs no shell itself."""
    binary = program.with_name("soffice.bin")
    return binary if program.name == "soffice" and sys.platform == "linux" and binary.exists() else program


def safe_path(folder: Path) -> str:
    """Return PATH without entries that are relative or in `folder`."""
    directories = _directories(os.environ.get("PATH", ""))
    return os.pathsep.join(str(directory) for directory in directories if not _is_in(directory, folder))


def _directories(path: str) -> list[Path]:
    """Return the absolute directories on PATH. In a relative one, anybody may have put a program."""
    return [directory for directory in map(Path, path.split(os.pathsep)) if directory.is_absolute()]


def _is_in(path: Path, folder: Path | None) -> bool:
    return folder is not None and any(
        locations.is_below(spelled, [locations.real(folder)])
        for spelled in (locations.real(path), locations.plain(str(path)))
    )


def installed(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the installed helper programs outside `folder`."""
    return tuple(name for name in HELPERS if find(name, folder))


def own_places(program: Path) -> list[Path]:
    """Return what a helper program needs to read: only its file and what was installed with it."""
    if program.parent.name in ("program", "MacOS"):
        return [program.parent.parent]  # LibreOffice: hundreds of files
    beside = [program.parent] if os.name == "nt" else []
    told = [Path(os.environ["TESSDATA_PREFIX"])] if os.environ.get("TESSDATA_PREFIX") else []
    return [program, *beside, *told, *(program.parent.parent / place for place in _WITH_PROGRAM)]


def started_by(program: Path) -> list[str]:
    """Return what Linux must allow to start for a helper program: its file and its loader.

    A script needs a shell, which needs other programs: then all programs of the system.
    """
    try:
        with program.open("rb") as file:
            head = file.read(4096)
        if head[:5] == _ELF_64:
            (headers,), (size, count) = (
                struct.unpack_from("<Q", head, 32),
                struct.unpack_from("<HH", head, 54),
            )
            for at in range(headers, headers + size * count, size):
                kind, _, begin, _, _, length = struct.unpack_from("<IIQQQQ", head, at)
                if kind == _INTERPRETER:
                    return [str(program), os.fsdecode(head[begin : begin + length].rstrip(b"\0"))]
            return [str(program)]
    except (OSError, struct.error):
        pass
    return [str(program), *_WITH_SCRIPTS]


def run(program: Path, *arguments: str, timeout_s: float, directory: Path) -> bytes:
    """Return what a program prints; raise FileProblem if it takes too long or fails to start."""
    environment = {**os.environ, **dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(directory))}
    try:
        process = subprocess.Popen(
            [str(program), *arguments],
            executable=str(program),  # or Windows would search for it, first in the folder
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=directory,
            env={**environment, "OMP_THREAD_LIMIT": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise FileProblem(Reason.CRASHED, f"{program.stem} can't be started ({error.strerror})") from error
    running.add(process.pid)
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        with contextlib.suppress(
            PermissionError
        ):  # if signals are forbidden, the cage ends it together with this process
            process.kill()
            process.wait()
        raise FileProblem(
            Reason.TIMED_OUT, f"{program.stem} did not finish within {timeout_s:.0f} s"
        ) from error
    finally:
        running.discard(process.pid)
    return output[:MAX_OUTPUT]
