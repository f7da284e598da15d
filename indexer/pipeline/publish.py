"""What of the catalogue is on the page, and what is remembered from one publish to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from indexer.catalogue import Catalogue, file_title
from indexer.errors import UserError
from indexer.files.opening import Directory
from indexer.folder.names import name_key, reach
from indexer.index.synonyms import read_synonyms
from indexer.model.items import Item, ItemId, RelPath
from indexer.model.query import Phrase, Word
from indexer.model.readings import OPENED, PARTIAL, PLAIN, passages_of
from indexer.page.entry import PageEntry, beginning
from indexer.page.site import Delivery, Extent, Options, Site
from indexer.settings import Settings

_MEMORY, _DUE = "page_memory", "page_html_due"
_WITHHELD = "withheld"
"""Stands for a text that stays off the page: what a page that was there has of it is not taken over."""


@dataclass(frozen=True, slots=True)
class _Source:
    """The items of the catalogue that may be on the page."""

    catalogue: Catalogue
    left_out: tuple[str, ...]
    text_limit: int
    withholds: Callable[[str], bool]
    """Tells by its key whether a text stays off the page."""
    drops: bool = False
    """Items whose text stays off the page are not on it at all."""

    def _is_in(self, path: RelPath, key: str = "") -> bool:
        if self.drops and self.withholds(key):
            return False
        return not _is_within(path, self.left_out)

    def items(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        """Yield each item, or these, with the key of its text."""
        for item, key in self.catalogue.told(ids):
            if self._is_in(item.path, key):
                yield (_outside(item), _WITHHELD) if self.withholds(key) else (item, key)

    def untold(self) -> Mapping[ItemId, RelPath]:
        """Return the files that were not read yet."""
        return {item_id: path for item_id, path in self.catalogue.untold() if self._is_in(path)}

    def entries(self, ids: Iterable[ItemId]) -> Iterator[PageEntry]:
        """Yield these items in this order."""
        for item, key, terms, passages in self.catalogue.texts_of(ids):
            if self._is_in(item.path, key):
                if self.withholds(key):
                    yield PageEntry(_outside(item), _WITHHELD, b"", ())
                else:
                    yield PageEntry(
                        item, key, terms, tuple(beginning(passages_of(passages), self.text_limit))
                    )


def _outside(item: Item) -> Item:
    """Return an item with nothing but what is seen of its file from outside."""
    return replace(
        item, title=file_title(item.path), author="", tags=(), note="", hyperlinks=(), truncated=""
    )


def _withholds(settings: Settings) -> Callable[[str], bool]:
    """Return what tells by its key whether a text stays off the page, as one that a password opened.

    Earlier versions did not note what opened a text: where passwords are set, it may have been one of them.
    """
    if settings.page.encrypted:
        return lambda _: False
    if settings.extract.passwords:
        return lambda key: bool(key) and not key.endswith((PLAIN, PARTIAL))
    return lambda key: key.endswith(OPENED)


def publish(
    site: Site, catalogue: Catalogue, settings: Settings, now: datetime, extent: Extent, sign: str,
    root: tuple[int, int] | None = None,
) -> Delivery:  # fmt: skip
    """Bring the page up to the catalogue, in the directory with this device and number (`root`) only.

    Raise UserError where it can't be written, which `status` tells from then on.
    """
    seq = catalogue.seq
    problems: list[str] = []
    options = Options(
        title=settings.page.title or site.folder.name,
        now=now,
        text_limit=settings.page.text_kb << 10,
        language=settings.page.language,
        synonyms=_synonyms(settings, problems),
        single_mb=settings.page.single_mb if settings.page.mode == "single" else 0,
        extent=extent,
        sign=sign,
        root=root,
    )
    left_out = tuple(filter(None, map(_scope_key, settings.page.scope)))
    withholds = _withholds(settings)
    encrypted = str(settings.page.encrypted)
    scope = repr(
        (left_out, options.text_limit, options.single_mb, encrypted, bool(settings.extract.passwords))
    )
    is_known = catalogue.fact("published_scope") == scope and extent < Extent.AT_ONCE
    is_known = is_known and place(catalogue) >= catalogue.complete_since
    changed = catalogue.changed_since(place(catalogue)) if is_known else None
    memory = catalogue.fact(_MEMORY)
    source = _Source(catalogue, left_out, options.text_limit, withholds)
    try:
        if catalogue.fact("published_encrypted") == "True" and not settings.page.encrypted:
            at_once = replace(options, extent=max(extent, Extent.AT_ONCE))  # what is removed leaves no text
            memory = site.publish(replace(source, drops=True), None, memory, at_once).memory
        delivery = site.publish(source, changed, memory, options)
    except UserError as error:
        with catalogue.writing():
            catalogue.remember("publish_problems", str(error))
        raise
    with catalogue.writing():
        catalogue.remember("publish_problems", "")
        catalogue.remember("page", delivery.page.name)
        catalogue.remember("page_problems", "\n".join([*delivery.problems, *problems]))
        catalogue.remember("published_seq", str(seq))
        catalogue.remember("published_scope", scope)
        catalogue.remember("published_encrypted", encrypted)
        catalogue.remember("published_at", now.isoformat())
        catalogue.remember(_MEMORY, delivery.memory)
        catalogue.remember(_DUE, "" if delivery.html_is_due is None else str(delivery.html_is_due))
    return delivery


def scope_of_nothing(scope: Iterable[str], folder: Path) -> list[str]:
    """Return what of the subfolders left out of the page is not in the folder, in whatever case: it may be misspelled."""
    with Directory(reach(folder)) as root:
        return [name for name in scope if not _is_there(root, _scope_key(name).rstrip("/"))]


def _is_there(directory: Directory, key: str) -> bool:
    first, _, rest = key.partition("/")
    for name in directory.names():
        if name_key(name) != first:
            continue
        if not rest:
            return True
        with suppress(OSError), directory.below(name) as below:
            if _is_there(below, rest):
                return True
    return False


def _scope_key(name: str) -> str:
    """Return a subfolder of the settings (`HR`, `HR/`, `./HR`, in any case) as it is compared; empty for none."""
    parts = name.lstrip("!-").replace("\\", "/").split("/")
    key = "/".join(part for part in parts if part not in ("", "."))
    return name_key(key) + "/" if key else ""


def _is_within(path: RelPath, subfolders: tuple[str, ...]) -> bool:
    return bool(subfolders) and name_key(path).startswith(subfolders)


def place(catalogue: Catalogue) -> int:
    """Return the number of the last change that the page shows."""
    return int(catalogue.fact("published_seq", "0"))


def is_behind(catalogue: Catalogue, now: datetime) -> bool:
    """Tell whether something happened since the page was written, or its HTML is due."""
    due = catalogue.fact(_DUE)
    return catalogue.fact("published_seq") != str(catalogue.seq) or (
        bool(due) and now.timestamp() >= float(due)
    )


def is_damaged(site: Site, catalogue: Catalogue, now: datetime) -> bool:
    """Read a part of the page again; tell whether it is not as it was written and may be mended now."""
    return bool(catalogue.fact("page")) and site.is_damaged(catalogue.fact(_MEMORY), int(now.timestamp()))


def is_missing(site: Site, catalogue: Catalogue) -> bool:
    """Tell whether a page was published that is not there any more: somebody deleted it."""
    page = catalogue.fact("page")
    return bool(page) and site.is_missing(page, catalogue.fact(_MEMORY))


def _synonyms(settings: Settings, problems: list[str]) -> tuple[object, ...]:
    """Return the synonyms as the page has them; what can't be read is told and leaves the page without."""
    try:
        found = read_synonyms(settings.search.synonyms)
    except UserError as error:
        problems.append(str(error))
        return ()
    return tuple([list(entry), list(map(_leaf, also))] for entry, also in sorted(found.items()))


def _leaf(leaf: Word | Phrase) -> list[object]:
    return ["word", leaf.form] if isinstance(leaf, Word) else ["phrase", list(leaf.forms)]
