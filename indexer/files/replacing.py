"""How is a file written so that whoever reads it sees all of it, or all of the one before?

It is written under another name and then put in its place, whatever ends this process before or after.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from indexer.files.opening import Directory
from indexer.files.private import for_everyone
from indexer.files.retrying import InUse, insist, is_in_use


def write_file(path: Path, content: bytes, *, temporary: str = "", durable: bool = False) -> None:
    """Put a file with `content` in its place at once; raise OSError if that can't be done, and leave nothing behind.

    `temporary` is the name it has meanwhile (its own and `.tmp`): one that another process also uses must be another.
    """
    with Directory(path.parent) as directory:
        replace_file(directory, path.name, content, temporary or f"{path.name}.tmp", durable=durable)


def replace_file(
    directory: Directory, name: str, content: bytes, temporary: str, *, durable: bool = False,
    shared: bool = False, pauses_s: Sequence[float] | None = None,
) -> None:  # fmt: skip
    """Put a file with `content` in its place in a directory at once, by way of the name `temporary`.

    What a killed process left of that name is overwritten. `durable`: it is on the disk before it is in its place.
    `shared`: it is as the person's own files are, else for its owner alone. Raise InUse if somebody keeps it open
    for longer than `pauses_s`, another OSError if it can't be written; then nothing of it is left.
    """
    try:
        with for_everyone() if shared else nullcontext():
            file = _created(directory, temporary)
        with file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        try:
            insist(lambda: directory.rename(temporary, name), pauses_s)
        except OSError as error:
            if not is_in_use(error):
                raise
            raise InUse(error.errno, error.strerror, str(directory.path / name)) from error
    except BaseException:
        with suppress(OSError):
            directory.remove(temporary)
        raise


def _created(directory: Directory, name: str) -> BinaryIO:
    try:
        return directory.create(name)
    except FileExistsError:
        directory.remove(name)
        return directory.create(name)
