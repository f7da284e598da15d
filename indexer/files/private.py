"""How do state, settings, logs and requests stay private? What others own is refused, what they may read is closed.

On POSIX, owners and modes decide. On Windows state and settings are in the person's profile, whose access list lets nobody
else in (administrators aside): nothing is done here.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import UserError

_OTHERS = 0o077
_umask_of_person: int | None = None


def keep_to_owner() -> None:
    """Make all new files of this process private to their owner."""
    global _umask_of_person
    if _umask_of_person is None:
        _umask_of_person = os.umask(_OTHERS)


@contextmanager
def for_everyone() -> Iterator[None]:
    """Within the block, new files (also of programs it starts) get the person's usual permissions."""
    if _umask_of_person is None:
        yield
        return
    before = os.umask(_umask_of_person)
    try:
        yield
    finally:
        os.umask(before)


def refuse_of_others(path: Path) -> None:
    """Raise UserError if a file or directory, or the link that leads to it, is neither this user's nor root's."""
    with contextlib.suppress(OSError):
        _refuse_strangers(path, path.lstat())
        _refuse_strangers(path, path.stat())


def close_to_others(path: Path) -> None:
    """Remove other users' permissions on a file or directory, if it exists.

    Raise UserError if its owner is neither this user nor root: they could always read and change it, and may have put
    anything there.
    """
    refuse_of_others(path)
    with contextlib.suppress(OSError):
        _close(path, path.stat())


def close_all_to_others(top: Path) -> None:
    """Do the same for a directory and all below it; links below it are left alone."""
    close_to_others(top)
    for directory, names, files in os.walk(top):
        for name in (*names, *files):
            with contextlib.suppress(OSError):
                path = Path(directory, name)
                _close(path, path.lstat())


def _close(path: Path, status: os.stat_result) -> None:
    _refuse_strangers(path, status)
    ours = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(
        status.st_mode
    )  # not of /dev/null, to which a link may lead
    if sys.platform != "win32" and ours and status.st_mode & _OTHERS:
        with contextlib.suppress(OSError):  # it is gone, or root's, or its file system has no modes
            path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)


def _refuse_strangers(path: Path, status: os.stat_result) -> None:
    if sys.platform == "win32" or status.st_uid in (0, os.geteuid()):
        return
    import pwd  # imported only for the error

    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    raise UserError(
        f"{path} belongs to another user ({owner}), who could read and change what is kept there: delete it, or"
        " choose another place with --state-dir or --config"
    )
