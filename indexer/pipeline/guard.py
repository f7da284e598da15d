"""May what vanished be removed? Not if this may be another folder, or if so much vanished that a person must agree."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from indexer.catalogue import Catalogue, facts
from indexer.catalogue.facts import Fact
from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.page.belonging import read_sign
from indexer.pipeline.page_facts import page_name

GUARD_ITEMS, GUARD_SHARE = 50, 0.2
DOUBTFUL_SHARE = 0.5
AT_ONCE = timedelta(seconds=60)
"""Removals seen within this time, one directory after the other, count as one."""


@dataclass(frozen=True, slots=True)
class Root:
    """What identifies the folder from one look to the next."""

    device: int
    inode: int
    sign: str
    """What the page's directory says that it belongs to; empty if it is not there."""

    @property
    def identity(self) -> tuple[int, int]:
        """Device and number of the directory."""
        return self.device, self.inode

    def is_place_of(self, other: Root) -> bool:
        """Tell whether both are the same directory of the same file system."""
        return self.identity == other.identity


ROOT: Fact[Root | None] = Fact(
    "root", None, lambda text: Root(**json.loads(text)), lambda root: json.dumps(asdict(root)) if root else ""
)
"""By what the folder was known last."""
HELD_BACK = facts.number("held_back")
"""How many vanished items are kept."""
IS_STRANGE = facts.flag("strange")
"""The guard holds since this may not be the folder."""


def identify(folder: Path, catalogue: Catalogue) -> Root | None:
    """Return what identifies the folder now; None if that can't be told."""
    try:
        with Directory(folder) as opened:
            sign = read_sign(opened)
    except OSError:
        return None
    if sign is None:
        sign = _remembered_sign(catalogue)  # its being there is enough
    return Root(*opened.identity, sign)


def confirm(catalogue: Catalogue, folder: Path) -> None:
    """Know the folder by what it is now, unless that is in doubt."""
    root, known = identify(folder, catalogue), _remembered(catalogue)
    if root is None or root == known:
        return
    if known is None or _has_sign_of(root, known) or not catalogue.files.has_missing():
        root = replace(root, sign=root.sign or _remembered_sign(catalogue))  # the next publish makes it again
        with catalogue.writing():
            catalogue.facts.set(ROOT, root)


def sign(catalogue: Catalogue) -> str:
    """Return the sign for a page's directory that has none: the one it had, else a new one."""
    return _remembered_sign(catalogue) or secrets.token_hex(8)


def held_back(catalogue: Catalogue) -> int:
    """Return how many vanished items are kept; 0 if the guard doesn't hold."""
    return catalogue.facts.get(HELD_BACK)


def is_strange(catalogue: Catalogue) -> bool:
    """Tell whether the guard holds since this may not be the folder."""
    return catalogue.facts.get(IS_STRANGE)


def require_folder(folder: Path, catalogue: Catalogue) -> Root:
    """Return what identifies the folder; raise UserError if something else may be in its place: nothing is written there."""
    root, known = identify(folder, catalogue), _remembered(catalogue)
    is_elsewhere = known is not None and not (
        root is not None and (_has_sign_of(root, known) or root.is_place_of(known))
    )
    if root is None or is_elsewhere or is_strange(catalogue):
        raise UserError(f"nothing was published: {_stranger(folder)}")
    return root


def remove_missing(
    catalogue: Catalogue, folder: Path, now: datetime, away_s: float, *, accept: bool = False
) -> int:
    """Remove what has been away for `away_s` and return how many items that was; none if a person must agree first."""
    if not catalogue.files.has_missing():
        _hold_back(catalogue, 0)
        return 0
    root = identify(folder, catalogue)
    if root is None and not accept:
        return 0
    due = catalogue.files.missing_since(now - timedelta(seconds=away_s))
    gone, live = catalogue.files.count_missing(), catalogue.items.count()
    # Followed live, one removal of a person arrives in pieces.
    lately = catalogue.files.count_removed(now - AT_ONCE, now) if away_s else 0
    missing, live = gone + lately, live + lately
    strange = root is not None and missing > live * _share_of_strangers(catalogue, folder, root)
    holds = not accept and (strange or missing > max(GUARD_ITEMS, GUARD_SHARE * live))
    with catalogue.writing():
        if due or not holds:  # files that programs move about while they save are back before they are due
            _hold_back(catalogue, gone if holds else 0, strange=strange and holds)
        return 0 if holds else catalogue.files.remove(due, now)


def _share_of_strangers(catalogue: Catalogue, folder: Path, root: Root) -> float:
    """Return which share of the items may be missing for this to be taken for the folder."""
    known = _remembered(catalogue)
    if known is None:
        return 1.0
    page = page_name(catalogue)
    is_bare = bool(page) and not os.path.exists(folder / page)  # noqa: PTH110 - a path would raise if its drive fails
    if _has_sign_of(root, known) or (not known.sign and root.is_place_of(known) and not is_bare):
        return 1.0
    return DOUBTFUL_SHARE if root.is_place_of(known) else GUARD_SHARE


def _has_sign_of(root: Root, known: Root) -> bool:
    return bool(known.sign) and root.sign == known.sign


def _remembered(catalogue: Catalogue) -> Root | None:
    return catalogue.facts.get(ROOT)


def _remembered_sign(catalogue: Catalogue) -> str:
    known = _remembered(catalogue)
    return known.sign if known else ""


def _hold_back(catalogue: Catalogue, count: int, *, strange: bool = False) -> None:
    if (count, strange) != (held_back(catalogue), is_strange(catalogue)):
        with catalogue.writing():
            catalogue.facts.set(HELD_BACK, count)
            catalogue.facts.set(IS_STRANGE, strange)


def message(catalogue: Catalogue, folder: Path) -> str:
    """Say what is held back, and what to do."""
    count = held_back(catalogue)
    items = f"{count:,} item{'' if count == 1 else 's'}"
    if is_strange(catalogue):
        return f"{items} vanished and nothing was removed: {_stranger(folder)}"
    return (
        f"{items} vanished at once, so nothing was removed: bring them back, or agree with"
        " `indexer scan --accept-removals`"
    )


def _stranger(folder: Path) -> str:
    return (
        f"what is at {folder} is not the folder that was there, its page is gone too: is its drive connected? If this is"
        " right, run `indexer scan --accept-removals`"
    )
