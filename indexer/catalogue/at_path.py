"""Which items does a person mean by a path?"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from indexer.catalogue.store import Catalogue
from indexer.errors import UserError
from indexer.model.items import ItemId, RelPath
from indexer.model.names import name_key


def items_at(catalogue: Catalogue, folder: Path, given: str) -> list[ItemId]:
    """Return the items at a path as a person gives it: within the folder, absolute, or from where they are.

    If there is none, upper and lower case are taken as one.
    """
    inside = list(_within(folder, given))
    otherwise = (found for path in inside for found in _spelled_otherwise(catalogue, path))
    for path in chain(inside, otherwise):
        if ids := catalogue.files.at(path):
            return ids
    raise UserError(f"{given} is not an item of {folder}: give its path within the folder")


def _within(folder: Path, given: str) -> Iterator[RelPath]:
    """Yield the paths within the folder that `given` may stand for."""
    for path in (Path(given), Path.cwd() / given):
        inside = path
        if path.is_absolute():
            try:
                inside = Path(os.path.relpath(path, folder))
            except ValueError:
                continue  # another drive
        if not inside.parts or inside.parts[0] != "..":
            yield RelPath(inside.as_posix())


def _spelled_otherwise(catalogue: Catalogue, given: RelPath) -> Iterator[RelPath]:
    """Yield the file or directory that is `given` in another case, Unicode form, or with backslashes, if only one is."""
    wanted = name_key(posixpath.normpath(given.replace("\\", "/")))
    depth = wanted.count("/") + 1
    paths = {RelPath("/".join(path.split("/")[:depth])) for path in catalogue.files.paths()}
    found = [path for path in paths if name_key(path) == wanted]
    if len(found) == 1:
        yield found[0]
