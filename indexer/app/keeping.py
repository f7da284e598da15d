"""How does the copy of an article come to stand beside its link?"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from indexer.catalogue import Catalogue
from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.folder.creating import create_file
from indexer.folder.names import reach
from indexer.links.spool import clear
from indexer.model.items import ItemId, RelPath
from indexer.settings import Settings
from indexer.state.places import COPIES, DATABASE, FETCHED, copy_name, require_state


def drop_unused(state: Path, catalogue: Catalogue) -> None:
    """Delete the copies of pages that no link leads to, and pages that are not taken in yet."""
    clear(state / FETCHED)
    names = {copy_name(link.url) for link in catalogue.links.told(datetime.now(UTC))}
    for path in (state / COPIES).glob("*.html"):
        if path.name not in names:
            path.unlink(missing_ok=True)


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
    path = RelPath(str(beside.with_name(f"{beside.stem}.html")))
    return path if _is(folder, path, copy) else create_file(folder, path, copy)


def _is(folder: Path, path: RelPath, content: bytes) -> bool:
    """Tell whether a file is there with this content."""
    above, _, name = path.rpartition("/")
    try:
        with Directory(reach(folder)) as root, root.reach(above) as directory:
            return directory.read(name, len(content) + 1) == content
    except OSError:
        return False
