"""What was fetched, and is not taken in yet? It lies in a directory, so that no page is asked for again if a process is killed.

The fetching process writes there, the one that started it reads and deletes. What is read is checked like what the process says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from indexer.files.opening import Directory
from indexer.links.messages import BODY_NAME, MOST_MESSAGE, unpack_outcome
from indexer.model.links import Outcome

KEPT_S = 3600.0
"""Seconds after which an outcome says too little of how a link is now."""
_TOLD_NAME = re.compile(r"[0-9a-f]{32}\.told")


def keep_body(spool: Path, body: bytes) -> str:
    """Write a body; return the name of its file. Raise OSError."""
    name = f"{secrets.token_hex(16)}.body"
    _create(spool / name, body)
    return name


def keep_outcome(spool: Path, key: str, packed: bytes) -> None:
    """Write the packed outcome of a link, if that can be."""
    path = spool / _told_name(key)
    _delete(path)
    with contextlib.suppress(OSError):
        _create(path, packed)


def _create(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o600), "wb") as file:  # noqa: PTH123 - by descriptor
        file.write(content)


def check_body(spool: Path, outcome: Outcome, most: int) -> None:
    """Raise ValueError unless the body that an outcome names is a file of at most so many bytes."""
    if outcome.body:
        try:
            status = (spool / outcome.body).lstat()
        except OSError as error:
            raise ValueError("no such body") from error
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise ValueError("not a body")


def gather(spool: Path, most: int, now: float) -> dict[str, Outcome]:
    """Return the outcomes, by key, that nobody has taken in; delete whatever else was written there, but for wishes.

    `most`: bytes of a body; `now`: in seconds since 1970. Raise OSError if the directory can't be listed.
    """
    found: dict[str, Outcome] = {}
    needed: set[str] = set()
    names = [path.name for path in spool.iterdir()]
    with Directory(spool) as directory:
        for name in filter(_TOLD_NAME.fullmatch, names):
            with contextlib.suppress(OSError, ValueError):
                if abs((spool / name).lstat().st_mtime - now) > KEPT_S:
                    continue
                key, outcome = unpack_outcome(directory.read(name, MOST_MESSAGE))
                check_body(spool, outcome, most)
                if name == _told_name(key):
                    found[key] = outcome
                    needed |= {name, outcome.body}
    for name in names:
        if name not in needed and (BODY_NAME.fullmatch(name) or _TOLD_NAME.fullmatch(name)):
            _delete(spool / name)
    return found


def release(spool: Path, key: str, outcome: Outcome) -> None:
    """Delete the outcome of a link, and its body."""
    _delete(spool / _told_name(key))
    if outcome.body:
        _delete(spool / outcome.body)


def clear(spool: Path) -> None:
    """Delete all outcomes and bodies."""
    with contextlib.suppress(OSError):
        for path in spool.iterdir():
            if BODY_NAME.fullmatch(path.name) or _TOLD_NAME.fullmatch(path.name):
                _delete(path)


def _told_name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32] + ".told"


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
