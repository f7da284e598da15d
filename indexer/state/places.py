"""Which folders are known, and where is the private state of each?"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from indexer.errors import UserError
from indexer.files import private
from indexer.files.replacing import write_file
from indexer.model.names import name_key
from indexer.settings import Settings

DATABASE = "catalogue.db"
COPIES, FETCHED = "kept", "fetched"
"""The directory of a state with copies of pages behind links."""
_FOLDS_NAMES = sys.platform in ("win32", "darwin")
"""Names that differ in case only are one."""


def state_of(folder: Path, settings: Settings) -> Path:
    """Return the directory that holds this folder's private state; it may not exist yet."""
    real = os.path.normcase(os.path.realpath(folder))
    digest = hashlib.blake2b(os.fsencode(real), digest_size=6).hexdigest()
    name = re.sub(r"[^A-Za-z0-9]+", "-", folder.name).strip("-")[:40] or "folder"
    return settings.state_dir / "folders" / f"{name}-{digest}"


def copy_name(url: str) -> str:
    """Return the name of the file with the copy of the page at an address, in `COPIES` of a state."""
    from indexer.model.address import address_key  # a search does without

    return (
        hashlib.blake2b(address_key(url).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        + ".html"
    )


def is_folder(path: Path) -> bool:
    """Tell whether a directory is there; False if a drive fails, where `Path.is_dir` raises."""
    return os.path.isdir(path)  # noqa: PTH112


def known_folders(settings: Settings) -> list[Path]:
    """Return the registered folders in a stable order."""
    private.refuse_of_others(settings.state_dir)
    found = []
    for path in sorted((settings.state_dir / "folders").glob("*/folder.json")):
        try:
            found.append(Path(json.loads(path.read_text("utf-8", "surrogatepass"))["folder"]))
        except (OSError, ValueError, KeyError):
            continue
    return found


def resolve_folder(given: Path | None, settings: Settings) -> Path:
    """Return the folder to use: the one given or named by INDEXER_FOLDER, the only one known, else the one we are in.

    Raise UserError if none or several are possible.
    """
    if given is None and os.environ.get("INDEXER_FOLDER"):
        given = Path(os.environ["INDEXER_FOLDER"])
    if given is not None:
        return Path(os.path.abspath(given.expanduser()))  # noqa: PTH100 - without following links, as written
    known = known_folders(settings)
    if len(known) == 1:
        return known[0]
    if not known:
        raise UserError("no folder is known yet: name one, as in `indexer scan FOLDER`")
    if (around := _around_us(known)) is not None:
        return around
    raise UserError(
        f"{len(known)} folders are known: name one with --folder, or run the command inside one: "
        + ", ".join(map(str, known))
    )


def _around_us(folders: Iterable[Path]) -> Path | None:
    """Return the innermost of some folders that is or contains the current directory; None if there is none."""
    try:
        here = _real_names(Path.cwd())
    except OSError:  # it was deleted
        return None
    depths = {folder: len(names) for folder in folders if here[: len(names := _real_names(folder))] == names}
    return max(depths, key=depths.__getitem__, default=None)


def _real_names(path: Path) -> tuple[str, ...]:
    """Return the names of the real path, in the form in which this system compares names."""
    parts = Path(os.path.realpath(path)).parts
    return tuple(map(name_key, parts)) if _FOLDS_NAMES else parts


def register(folder: Path, settings: Settings) -> Path:
    """Make the state of `folder` and return its directory; raise UserError if that fails."""
    if not is_folder(folder):
        what = "is not a folder" if os.path.lexists(folder) else "is not there"
        raise UserError(f"{folder} {what}: is its drive connected, is the spelling right?")
    state = state_of(folder, settings)
    if Path(os.path.realpath(state)).is_relative_to(os.path.realpath(folder)):
        raise UserError(
            f"the state ({settings.state_dir}) must not lie in the folder: choose another --state-dir"
        )
    try:
        state.mkdir(parents=True, exist_ok=True)
        _keep_to_owner(state, settings)
        text = json.dumps({"folder": str(folder)})
        if not (state / "folder.json").exists():
            write_file(state / "folder.json", text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise UserError(
            f"{state} can't be written ({error.strerror}): choose another with --state-dir"
        ) from error
    return state


def require_state(folder: Path, settings: Settings) -> Path:
    """Return the directory of the state of `folder`; raise UserError if there is none yet."""
    state = state_of(folder, settings)
    if not (state / DATABASE).exists():
        raise UserError(f"nothing is known of {folder} yet: run `indexer scan` on it first")
    _keep_to_owner(state, settings)
    return state


def _keep_to_owner(state: Path, settings: Settings) -> None:
    """Let only the owner read the state; raise UserError if another user owns it. Earlier versions left modes to the umask."""
    private.close_to_others(state)
    private.close_to_others(state / DATABASE)
    private.close_to_others(state.parent)
    if [path.name for path in settings.state_dir.iterdir()] == [state.parent.name]:
        private.close_to_others(settings.state_dir)
    else:  # a directory with other things of the person in it: leave its mode
        private.refuse_of_others(settings.state_dir)
