"""Directories in which foreign code writes: how much is there, and how are they removed, whatever they hold?"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

_MOST_FILES = 10_000


def holds_more_than(directory: Path, limit: int) -> bool:
    """Tell whether the files in a directory take more than `limit` bytes, are very many, or can't be examined."""
    total = 0
    try:
        for count, entry in enumerate(_entries(directory)):
            total += entry.stat(follow_symlinks=False).st_size
            if total > limit or count > _MOST_FILES:
                return True
    except FileNotFoundError:
        return False  # it is changing; the next check will tell
    except OSError:
        return True  # nested too deeply, perhaps
    return False


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [str(directory)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                yield entry


def remove(directory: Path) -> None:
    """Remove a directory that is no longer written to; what can't be removed stays.

    Deeper directories are first moved next to it, so that neither depth nor the length of a path matters.
    """
    beside = (f"{directory}.{number}" for number in itertools.count())
    waiting = [str(directory)]
    while waiting:
        place = waiting.pop()
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(place)):
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        os.chmod(entry.path, 0o700)
                        waiting.append(next(beside))
                        os.rename(entry.path, waiting[-1])
                    else:
                        os.unlink(entry.path)
            os.rmdir(place)
