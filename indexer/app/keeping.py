"""How does the copy of an article come to stand beside its link?"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from indexer.app.adding import Places
from indexer.catalogue import Catalogue
from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.folder.creating import create_file, portable_name
from indexer.folder.ignore import IGNORE_FILE
from indexer.folder.names import reach
from indexer.model.items import COPY_SUFFIX, ItemId, RelPath
from indexer.settings import Settings
from indexer.state.places import COPIES, DATABASE, copy_name, require_state

if TYPE_CHECKING:
    from indexer.pipeline.pipeline import Pipeline


def drop_unused(state: Path, catalogue: Catalogue) -> None:
    """Delete the copies of pages behind addresses that the catalogue has forgotten, as it does when no item has had them for long."""
    names = set(map(copy_name, catalogue.links.keys()))
    for path in (state / COPIES).glob("*.html"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def purge(pipeline: Pipeline, state: Path) -> None:
    """Drop what was removed long ago, and the copies of pages that only such links led to."""
    pipeline.purge()
    drop_unused(state, pipeline.catalogue)


def keep(folder: Path, settings: Settings, item_id: ItemId) -> RelPath:
    """Write the kept copy of the page behind a link beside the link's file and return its path; it counts as the link's text.

    Raise UserError if the item is no link, or no copy of its page is kept.
    """
    state = require_state(folder, settings)
    with closing(Catalogue(state / DATABASE, readonly=True)) as catalogue:
        item = catalogue.items.get([item_id]).get(item_id)
    if item is None or item.url is None:
        raise UserError("that result is no link: only the page behind a link can be kept")
    try:
        copy = (state / COPIES / copy_name(item.url)).read_bytes()
    except OSError:
        raise UserError(
            f"no copy of {item.url} is kept: set `links.keep_copy = true`, then run `indexer links check --all`"
        ) from None
    beside = PurePosixPath(item.path)
    name = portable_name(item.title) if item.is_list_entry else beside.stem
    path = RelPath(str(beside.with_name(f"{name}{COPY_SUFFIX}")))
    if Places(folder, settings).leaves_out(path):
        raise UserError(
            f"{path} is left out of the index by {IGNORE_FILE} or folder.ignore: nobody would find it there"
        )
    return path if _is(folder, path, copy) else create_file(folder, path, copy)


def _is(folder: Path, path: RelPath, content: bytes) -> bool:
    """Tell whether a file is there with this content."""
    above, _, name = path.rpartition("/")
    try:
        with Directory(reach(folder)) as root, root.reach(above) as directory:
            return directory.read(name, len(content) + 1) == content
    except OSError:
        return False
