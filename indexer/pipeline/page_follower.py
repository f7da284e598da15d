"""How does the page follow the log? By what it was given, and what it remembers from one publish to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from indexer.catalogue import Catalogue
from indexer.errors import UserError
from indexer.index.synonyms import read_synonyms
from indexer.model.items import ItemId
from indexer.model.log import Change, Place
from indexer.model.query import Phrase, Word
from indexer.page.differences import MANY
from indexer.page.indexed import IndexedItems
from indexer.page.pace import Extent
from indexer.page.site import Site, Written
from indexer.page.views import Options
from indexer.page.weekly.files import WrittenWeeks
from indexer.page.weekly.marking import Shown
from indexer.pipeline import guard
from indexer.pipeline.page_facts import (
    HTML_DUE,
    MEMORY,
    PAGE,
    PUBLISHED_AT,
    PUBLISHED_ENCRYPTED,
    PUBLISHED_SCOPE,
    PUBLISHED_SEQ,
    PUBLISHING_SINCE,
    page_name,
    publishing_since,
)
from indexer.pipeline.page_items import PageItems
from indexer.pipeline.team_told import TeamTold
from indexer.settings import Settings
from indexer.terms.block import IndexedPart

KEPT_BYTES = 16 << 20
"""Bytes for the terms of changes until they are on the page; those of further changes are weighed again."""


class PageFollower:
    """The page of one folder. `apply` only takes note; `publish` writes, at the page's own pace."""

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        settings: Settings,
        now: Callable[[], datetime],
        indexed: Callable[[Place], Sequence[IndexedPart]] = lambda _: (),
    ) -> None:
        """Write the page of `folder` from `catalogue`; `now` gives the time in UTC.

        `indexed` returns the postings of all items at a place of the log, if there are any that need not be made again.
        """
        self._indexed = indexed
        self._folder, self._catalogue, self._settings, self._now = folder, catalogue, settings, now
        self._site = Site(folder)
        self._team = TeamTold(catalogue, settings)
        self._given = 0
        self._weighed: dict[ItemId, Change] = {}
        self._room = KEPT_BYTES

    # --- following the log ------------------------------------------------------------------------

    def place(self) -> Place | None:
        """Return the place that the page in the folder shows; None if all of it must be compared."""
        seq = self._catalogue.facts.get(PUBLISHED_SEQ)
        return None if seq is None else Place(self._catalogue.log.epoch, seq)

    def apply(self, changes: Sequence[Change], place: Place) -> None:
        """Keep the terms weighed for another follower, as far as there is room: the catalogue has the rest."""
        self._given = place.seq
        for change in changes:
            self._drop(change.id)
            if change.item is not None and change.is_weighed and self._room > 0:
                self._weighed[change.id] = change
                self._room -= change.terms.text.room

    def begin_anew(self) -> None:
        """Have the next publish compare everything."""
        self._let_go()
        with self._catalogue.writing():
            self._catalogue.facts.set(PUBLISHED_SEQ, None)

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """If `thoroughly`, publish so that nothing of a removed item is left; segments are merged while publishing."""
        if thoroughly:
            self.publish(Extent.AT_ONCE)
        return False

    def is_whole(self) -> bool:
        """Tell whether all files of the page are as written; reads all of them."""
        return self._site.is_whole(self._catalogue.facts.get(MEMORY))

    def close(self) -> None:
        """Drop changes that are not on the page yet."""
        self._let_go()

    def _drop(self, item_id: ItemId) -> None:
        if before := self._weighed.pop(item_id, None):
            self._room += before.terms.text.room

    def _let_go(self) -> None:
        self._weighed.clear()
        self._room = KEPT_BYTES

    # --- writing ----------------------------------------------------------------------------------

    def publish(self, extent: Extent = Extent.WHOLE) -> Written:
        """Bring the page up to date with the catalogue; raise UserError if it can't be written, or this may not be the folder.

        If only a part is due, the page then shows the place that this part of the log leads to.
        """
        catalogue, settings = self._catalogue, self._settings
        root = guard.require_folder(self._folder, catalogue)
        end = catalogue.log.seq
        problems: list[str] = []
        options = self._options(extent, root, problems)
        for item_id in catalogue.log.changed_since(self._given):
            self._drop(item_id)
        indexed = IndexedItems(lambda: self._indexed(Place(catalogue.log.epoch, end)))
        source = PageItems.of(catalogue, settings, self._weighed, indexed)
        encrypted = settings.page.encrypted
        has_passwords = bool(settings.extract.passwords)
        scope = repr(
            (source.scope.left_out, options.text_limit, options.single_mb, str(encrypted), has_passwords)
        )
        place = self.place()
        is_known = catalogue.facts.get(PUBLISHED_SCOPE) == scope and extent < Extent.AT_ONCE
        changed, seq = None, end
        if is_known and place and place.seq >= catalogue.log.complete_since:
            most = MANY if extent is Extent.PART else end + 1
            changed, seq = catalogue.log.first_changed_since(place.seq, most)
        memory = catalogue.facts.get(MEMORY)
        if catalogue.facts.get(PUBLISHED_ENCRYPTED) and not encrypted:
            at_once = replace(options, extent=max(extent, Extent.AT_ONCE))  # what is removed leaves no text
            memory = self._site.publish(replace(source, drops=True), None, memory, at_once).memory
        delivery = self._site.publish(source, changed, memory, options)
        for item_id in [*self._weighed] if changed is None else changed:
            self._drop(item_id)
        with catalogue.writing():
            catalogue.problems.tell("page", [*delivery.problems, *problems])
            catalogue.facts.set(PAGE, delivery.page.name)
            catalogue.facts.set(PUBLISHED_SEQ, seq)
            catalogue.facts.set(PUBLISHED_SCOPE, scope)
            catalogue.facts.set(PUBLISHED_ENCRYPTED, encrypted)
            catalogue.facts.set(PUBLISHING_SINCE, publishing_since(catalogue) or options.now)
            catalogue.facts.set(PUBLISHED_AT, options.now)
            catalogue.facts.set(MEMORY, delivery.memory)
            catalogue.facts.set(HTML_DUE, delivery.html_is_due)
        guard.confirm(catalogue, self._folder)
        return delivery

    def _options(self, extent: Extent, root: guard.Root, problems: list[str]) -> Options:
        page = self._settings.page
        return Options(
            title=page.title or self._folder.name,
            now=self._now(),
            text_limit=page.text_kb << 10,
            language=page.language,
            synonyms=_synonyms(self._settings, problems),
            team=self._team.data(self._now()),
            single_mb=page.single_mb if page.mode == "single" else 0,
            extent=extent,
            sign=guard.sign(self._catalogue),
            root=root.identity,
        )

    # --- weeks ------------------------------------------------------------------------------------

    def weeks(self) -> Mapping[str, Shown]:
        """Return the weeks of which a digest of ours is there, each with what it shows."""
        return self._site.weeks()

    def write_weeks(self, files: Mapping[str, bytes]) -> WrittenWeeks:
        """Write files of weeks; raise UserError if they can't be written, or this may not be the folder."""
        root = guard.require_folder(self._folder, self._catalogue)
        return self._site.write_weeks(files, self._options(Extent.DUE, root, []))

    # --- repairs ----------------------------------------------------------------------------------

    @property
    def is_behind(self) -> bool:
        """Whether something happened since the page was written, or its HTML is due."""
        due = self._catalogue.facts.get(HTML_DUE)
        if self._catalogue.facts.get(PUBLISHED_SEQ) != self._catalogue.log.seq:
            return True
        return (due is not None and self._now().timestamp() >= due) or self._team.is_due(self._now())

    @property
    def is_missing(self) -> bool:
        """Whether the page was published and somebody deleted it, while the folder is there."""
        page = page_name(self._catalogue)
        return (
            bool(page)
            and self._may_be_mended
            and self._site.is_missing(page, self._catalogue.facts.get(MEMORY))
        )

    def is_damaged(self) -> bool:
        """Read a part of the page again, all of it within an hour; tell whether it must be written again now."""
        if not page_name(self._catalogue) or not self._may_be_mended:
            return False
        return self._site.is_damaged(self._catalogue.facts.get(MEMORY), int(self._now().timestamp()))

    @property
    def _may_be_mended(self) -> bool:
        try:
            guard.require_folder(self._folder, self._catalogue)
        except UserError:
            return False
        return True


def _synonyms(settings: Settings, problems: list[str]) -> tuple[object, ...]:
    """Return the synonyms in the form of the page; if they can't be read, log that and leave them out."""
    try:
        found = read_synonyms(settings.search.synonyms)
    except UserError as error:
        problems.append(str(error))
        return ()
    return tuple([list(entry), list(map(_leaf, also))] for entry, also in sorted(found.items()))


def _leaf(leaf: Word | Phrase) -> list[object]:
    return ["word", leaf.form] if isinstance(leaf, Word) else ["phrase", list(leaf.forms)]
