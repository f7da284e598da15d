"""The program on one page: look at the folder, read what changed, record it, let the followers catch up.

`run_pass` is `look` and then `turn` until nothing is left: that is a scan. The daemon interleaves the same two
with what the watcher hints at. Every step may be repeated; a crash anywhere loses nothing but time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

from indexer.catalogue import KEEP_REMOVED, Catalogue, Wanted
from indexer.clock import SYSTEM, Clock
from indexer.errors import Damaged, Reason
from indexer.extract import programs
from indexer.extract.cage import Cage
from indexer.extract.kinds import kind_of
from indexer.index.search_index import HasParts, SearchIndex
from indexer.model.items import UNSEEN, ItemId, RelPath
from indexer.model.log import Follower, Place
from indexer.model.readings import Reading
from indexer.page.pace import Extent
from indexer.page.site import Written
from indexer.pipeline import guard
from indexer.pipeline.follower_retries import Attempts
from indexer.pipeline.followers import Followers
from indexer.pipeline.intake import Intake
from indexer.pipeline.link_checks import LinkChecks, Tools
from indexer.pipeline.look import Found, Looking, Priority
from indexer.pipeline.page_follower import PageFollower
from indexer.pipeline.pass_facts import note_change
from indexer.pipeline.recognition import Recognition
from indexer.pipeline.report import PassReport
from indexer.pipeline.team_follower import TeamFollower
from indexer.pipeline.team_work import TeamWork
from indexer.pipeline.weekly import Weekly
from indexer.settings import Settings
from indexer.terms.block import IndexedPart

PICTURE_WAIT_S = 0.25
"""Seconds between two looks at hints while a page is recognised."""
CONTROL_SHARE = 0.02 / 24
"""The share of the files that is read again each hour, on drives where they may change without a trace."""
PASS_RELATES_S = 5.0
"""Seconds in which a scan finds out what is like what."""
IDLE_S = 30.0
"""Seconds without work after which a reading process is ended."""


@dataclass(slots=True)
class Pipeline:
    """One folder's work. Only the process that holds the folder's lock may have one."""

    folder: Path
    settings: Settings
    catalogue: Catalogue
    cage: Cage
    index: InitVar[Follower]
    """The search index; `followers["index"]` from then on."""
    clock: Clock = SYSTEM
    link_tools: InitVar[Callable[[], Tools] | None] = None
    """Starts what fetches and reads the pages behind links; None: they are not to be read."""
    links: LinkChecks = field(init=False)
    followers: Followers = field(init=False)
    page: PageFollower | None = field(init=False, default=None)
    """None if the settings have no page."""
    weekly: Weekly | None = field(init=False, default=None)
    """The digests beside the page."""
    _intake: Intake = field(init=False)
    _attempts: Attempts = field(init=False)
    _recognition: Recognition = field(init=False)
    _team: TeamWork = field(init=False)

    def __post_init__(self, index: Follower, link_tools: Callable[[], Tools] | None) -> None:
        """Have search index and page follow the catalogue."""
        self._intake = Intake(self.folder, self.settings, self.catalogue, self.cage, self.clock)
        self.links = LinkChecks(self.catalogue, self.settings, self.clock, link_tools)
        self._recognition = Recognition(self.catalogue, self.clock)
        self._team = TeamWork(self.catalogue, self.clock)
        followers: dict[str, Follower] = {"index": index}
        followers["team"] = TeamFollower(self.catalogue, self._search_index, self.clock.now)
        if self.settings.page.enabled:
            now = self.clock.now
            self.page = PageFollower(self.folder, self.catalogue, self.settings, now, self._indexed)
            followers["page"] = self.page
            self.weekly = Weekly(self.folder, self.catalogue, self.settings, self.page, self.clock)
        self._attempts = Attempts(self.catalogue, self.clock.monotonic)
        self.followers = Followers(self.catalogue, followers, self._attempts)

    def run_pass(
        self,
        *,
        accept_removals: bool = False,
        progress: Callable[[int, int, str], None] | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> PassReport:
        """Bring catalogue and followers up to what is in the folder, then publish; return what was done.

        `progress` is told (done, total, path) and `between` called after each turn.
        Raise FolderUnreadable if the folder can't be listed.
        """
        began = self.clock.monotonic()
        report = self.look(accept_removals=accept_removals)
        for recognising in (False, True):
            if not recognising or self.turn():
                self.work_off(progress, between, recognising=recognising)
                # A page of many new items is made from the index: sooner from few segments than from many.
                while self.followers.tidy():
                    between()
                self._relate(PASS_RELATES_S, between)
                if not self.is_suspended:
                    self.publish()
        self.catch_up(at_once=True)
        failed = len(self.catalogue.failures.told(everything=False))
        return replace(
            report, failed=failed, total=self.catalogue.items.count(), took_s=self.clock.monotonic() - began
        )

    def work_off(
        self,
        progress: Callable[[int, int, str], None] | None,
        between: Callable[[], None],
        *,
        recognising: bool = True,
    ) -> None:
        """Take turns until nothing is left to read, nor (if `recognising`) to recognise."""
        total = self._count_work(recognising)
        while self.turn(recognising=recognising):
            between()
            if progress:
                left = self._count_work(recognising)
                total = max(total, left)
                progress(total - left, total, self._intake.sample)

    def _count_work(self, recognising: bool) -> int:
        has_pictures = recognising and self.recognises
        return self.catalogue.queue.count() + (self.catalogue.pictures.count() if has_pictures else 0)

    # --- look -------------------------------------------------------------------------------------

    def look(
        self,
        directories: Collection[RelPath] | None = None,
        *,
        deep: bool = False,
        accept_removals: bool = False,
        patient: bool = False,
    ) -> PassReport:
        """Compare the folder (or some directories of it, `deep` with all below) with the catalogue and note what is to be read.

        `patient`: what vanished is only noted; `remove_missing` removes it once it stays away.
        """
        found = self.scan(directories, deep=deep, accept_removals=accept_removals)
        return self.note(found, accept_removals=accept_removals, patient=patient)

    def scan(
        self,
        directories: Collection[RelPath] | None = None,
        *,
        deep: bool = False,
        accept_removals: bool = False,
    ) -> Found:
        """Return how the folder, or some directories of it, differs from the catalogue: the first half of a look."""
        return self._looking.scan(directories, deep=deep, accept=accept_removals)

    def note(
        self,
        found: Found,
        still_written: Collection[RelPath] = (),
        *,
        accept_removals: bool = False,
        patient: bool = False,
    ) -> PassReport:
        """Note what a scan found: the second half of a look. Files that are `still_written` are left for a later one."""
        found = found.without(still_written)
        self._looking.note(found)
        removed = 0 if patient else self.remove_missing(0.0, accept=accept_removals)
        self._team.review()
        if found.is_of_everything:
            guard.confirm(self.catalogue, self.folder)
            self._attempts.end_pauses()  # a drive that was away is back
        return PassReport(
            added=sum(kind_of(path) not in UNSEEN for path in found.change.added),
            changed=len(found.change.changed),
            moved=len(found.change.moved),
            removed=removed,
            held_back=self.held_back,
            unreadable=found.snapshot.unreadable,
        )

    @property
    def _looking(self) -> Looking:
        return Looking(self.folder, self.settings, self.catalogue, self.clock)

    # --- the removal guard ------------------------------------------------------------------------

    @property
    def held_back(self) -> int:
        """How many vanished items the removal guard keeps; 0 if it doesn't hold."""
        return guard.held_back(self.catalogue)

    @property
    def is_suspended(self) -> bool:
        """Whether something else than the folder may be in its place: nothing is published then."""
        return guard.is_strange(self.catalogue)

    def remove_missing(self, away_s: float, *, accept: bool = False) -> int:
        """Remove what has been away for `away_s`, unless a person must agree first."""
        return guard.remove_missing(self.catalogue, self.folder, self.clock.now(), away_s, accept=accept)

    def directories_of_missing(self, away_s: float) -> set[RelPath]:
        """Return the directories of the files that have been away for `away_s`."""
        return self.catalogue.files.directories_of_missing(self.clock.now() - timedelta(seconds=away_s))

    def guard_message(self) -> str:
        """Say what the removal guard holds back, and what to do."""
        return guard.message(self.catalogue, self.folder)

    # --- turn -------------------------------------------------------------------------------------

    def turn(self, *, recognising: bool = True, calls: Callable[[], bool] = lambda: False) -> bool:
        """Read for a second or two, record it, let the followers catch up; False when nothing is left.

        Files that somebody has just saved wait for no others: the turn ends with the last of them, or once somebody `calls`. If
        nothing waits to be read, one picture of a page is recognised (if `recognising`).
        """
        done = self._intake.take(calls)
        for reading in self._intake.recognised():
            self._recognition.record(reading)
        if done is None:
            self._team.review()
            return self.catch_up() or (recognising and self._recognise())
        if done:
            with self.catalogue.writing():
                for wanted, reading in done:
                    self._record(wanted, reading)
            self.catch_up()
        return True

    def check_links(self, timeout_s: float = 0.0, *, is_asked: bool = False) -> bool:
        """Go on checking links that are due, waiting up to a timeout for an answer; True while any check is under way.

        `is_asked`: also on battery.
        """
        is_under_way = not self.is_suspended and self.links.step(timeout_s, is_asked=is_asked)
        self.catch_up()
        return is_under_way

    # --- recognition ------------------------------------------------------------------------------

    @property
    def recognises(self) -> bool:
        """Tell whether words in pictures are recognised: wanted, and Tesseract there."""
        return self.settings.extract.ocr and programs.find("tesseract", self.folder) is not None

    def _recognise(self) -> bool:
        """Have one page after the other recognised; False if none waits."""
        if self._recognition.current is None:
            begun = self._recognition.begin() if self.recognises else None
            if begun is None:
                return False
            self._intake.recognise(*begun)
        for reading in self._intake.recognised(PICTURE_WAIT_S):
            self._recognition.record(reading)
        return True

    def _record(self, wanted: Wanted, reading: Reading) -> None:
        if reading.failure and reading.failure[0] is Reason.VANISHED:
            self.catalogue.files.set_missing([wanted.id], self.clock.now())
        else:
            is_control = wanted.priority == Priority.CONTROL
            self.catalogue.readings.record(wanted, reading, self.clock.now(), only_if_new=is_control)

    def want_due(self) -> None:
        """Have read again what failed, once its time has come, and what may have changed unseen."""
        with self.catalogue.writing():
            self.catalogue.queue.want_due(self.clock.now(), Priority.RETRY)
            self._intake.want_uncertain(Priority.CONTROL)

    def control(self, places: Collection[RelPath]) -> None:
        """Have an hour's share of the files in these places, where stamps may lie, read again."""
        with self.catalogue.writing():
            for place in places:
                self.catalogue.queue.want_share(CONTROL_SHARE, place, Priority.CONTROL)

    def forget(self, item_ids: Collection[ItemId]) -> None:
        """Take the texts of items out of catalogue, index and page at once."""
        with self.catalogue.writing():
            for item_id in item_ids:
                self.catalogue.files.forget(item_id, self.clock.now())
        self.catch_up(at_once=True)
        self.followers.tidy(thoroughly=True)
        if self.weekly and not self.is_suspended:
            self.weekly.renew()
        self.catalogue.flush()

    def purge(self) -> None:
        """Drop what was removed long ago and is neither in the index nor on the page any more."""
        with self.catalogue.writing():
            self.catalogue.log.purge(self.clock.now() - KEEP_REMOVED, self.followers.least)
            self.catalogue.links.drop_unused()

    # --- followers --------------------------------------------------------------------------------

    def catch_up(self, *, at_once: bool = False) -> bool:
        """Bring every follower up to the end of the log; True if there was something to do.

        One that failed is tried again once its pause is over. `at_once`: now; raise StateError if it fails again.
        """
        moved = self.followers.catch_up(at_once=at_once)
        if moved:
            with self.catalogue.writing():
                note_change(self.catalogue, self.clock.now())
        return moved

    def tidy(self) -> bool:
        """Do a bounded part of what is for idle times; tell whether more is left.

        Followers merge what many small batches left, and idle processes go.
        """
        self.cage.retire(IDLE_S)
        self.links.retire(IDLE_S)
        return self.followers.tidy() or (not self.is_busy and self._team.relate(self._search_index()))

    def _relate(self, seconds: float, between: Callable[[], None]) -> None:
        """Find out what is like what, for so long at most: the rest is for idle times."""
        end = self.clock.monotonic() + seconds
        while self._team.relate(self._search_index()) and self.clock.monotonic() < end:
            between()

    def _search_index(self) -> SearchIndex:
        index = self.followers["index"]
        if isinstance(index, HasParts):
            index.require_files()
        return cast("SearchIndex", index)

    def check(self) -> None:
        """Raise Damaged if the catalogue or the index is not as it was written; a page that is not is compared as a whole.

        Reads all of them.
        """
        self.catalogue.check()
        if not self.followers["index"].is_whole():
            raise Damaged("the index is damaged: it is made again")
        if self.page and not self.page.is_whole():
            self.page.begin_anew()

    def publish(self, extent: Extent = Extent.WHOLE, *, is_asked: bool = True) -> Written | None:
        """Write the page; None if the settings say that there is none, or if it failed and nobody asked for it.

        `is_asked`: raise UserError if it can't be written.
        """
        if self.page is not None:
            with self._attempts.trying("publish", is_asked=is_asked):
                written = self.page.publish(extent)
                if self.weekly and extent is not Extent.PART:
                    self.weekly.renew()
                return written
        return None

    def _indexed(self, place: Place) -> Sequence[IndexedPart]:
        """Return the items of the search index with their postings, if it is at that place of the log."""
        index = self.followers["index"]
        with suppress(OSError):  # a segment that can't be opened now: the catalogue has all of it
            if isinstance(index, HasParts) and index.place() == place:
                return index.parts()
        return ()

    @property
    def page_is_missing(self) -> bool:
        """Tell whether the page was published and somebody deleted it, while the folder is there."""
        return self.page is not None and not self.is_suspended and self.page.is_missing

    def page_is_damaged(self) -> bool:
        """Read a part of the page again, all of it within the hour; tell whether it is to be written again."""
        return self.page is not None and not self.is_suspended and self.page.is_damaged()

    @property
    def is_busy(self) -> bool:
        """Tell whether many files are being read."""
        return self._intake.is_busy

    @property
    def page_is_behind(self) -> bool:
        """Tell whether something happened since the page was written, and it may be tried to write it."""
        if self.page is None or not self._attempts.is_due("publish"):
            return False
        return self._attempts.is_failing("publish") or self.page.is_behind
