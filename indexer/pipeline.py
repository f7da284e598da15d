"""The program on one page: look at the folder, read what changed, record it, let the followers catch up.

`run_pass` is `look` and then `turn` until nothing is left: that is a scan. The daemon interleaves the same two
with what the watcher hints at. Every step may be repeated; a crash anywhere loses nothing but time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from indexer import guard, publication, words
from indexer.catalogue import KEEP_REMOVED, Catalogue, Wanted
from indexer.compare import Change, compare
from indexer.errors import Damaged, Reason, UserError
from indexer.extract import kinds, programs
from indexer.extract.cage import Cage
from indexer.extract.worker import Job
from indexer.folder.ignore import IgnoreRules
from indexer.folder.scan import scan, scan_directories
from indexer.model import Entry, Follower, ItemId, PassReport, Place, RelPath, Snapshot
from indexer.page import Delivery, Extent, Site, own_names, published_dates
from indexer.reading import Reading, unpack_passages
from indexer.settings import Settings

TURN_ITEMS, TURN_S, TURN_BYTES = 128, 2.0, 32 << 20
BATCH = 500
HELPED = (Reason.ENCRYPTED, Reason.UNSUPPORTED)
"""Reasons that a new password or helper program may do away with."""
SCAN_WAIT_S = 0.25
"""While a page is recognised, hints are taken in so often."""
_SCAN = "scan"
IDLE_S = 30.0
"""Reading processes that had nothing to do for so long are ended."""


class Priority(IntEnum):
    """What is read first."""

    SAVED = 0
    NEW = 1
    CHANGED = 2
    RETRY = 3
    RECOGNISED = 4


@dataclass(slots=True)
class Pipeline:
    """One folder's work. Only the process that holds the folder's lock may have one."""

    folder: Path
    settings: Settings
    catalogue: Catalogue
    cage: Cage
    followers: dict[str, Follower]
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _wanted: dict[ItemId, Wanted] = field(default_factory=dict)
    """Files in the cage, by item id."""
    _scan: tuple[Wanted, int] | None = None
    """The file and its page that is being recognised in the cage."""
    _site: Site = field(init=False)

    def __post_init__(self) -> None:
        """Know the page of the folder."""
        self._site = Site(self.folder)

    def run_pass(
        self,
        *,
        accept_removals: bool = False,
        progress: Callable[[int, int, str], None] | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> PassReport:
        """Bring catalogue and followers up to what is in the folder, then publish; return what was done.

        `progress` is told (done, total, path) and `between` called after each turn.
        Raise FolderUnreadable where the folder can't be listed.
        """
        began = time.monotonic()
        report = self.look(accept_removals=accept_removals)
        self.work_off(progress, between, scans=False)
        self.publish()
        if self.turn():
            self.work_off(progress, between)
            self.publish()
        while self.tidy():
            between()
        failed = len(self.catalogue.failures(everything=False))
        return replace(
            report, failed=failed, total=self.catalogue.count_live(), took_s=time.monotonic() - began
        )

    def work_off(
        self,
        progress: Callable[[int, int, str], None] | None,
        between: Callable[[], None],
        *,
        scans: bool = True,
    ) -> None:
        """Take turns until nothing is left to read, nor (if `scans`) to recognise."""
        total = self._count_work(scans)
        while self.turn(scans=scans):
            between()
            if progress:
                left = self._count_work(scans)
                total = max(total, left)
                progress(total - left, total, next((wanted.path for wanted in self._wanted.values()), ""))

    def _count_work(self, scans: bool) -> int:
        return self.catalogue.count_wanted() + (
            self.catalogue.count_scans() if scans and self.recognises else 0
        )

    # --- look -------------------------------------------------------------------------------------

    def look(
        self,
        directories: Collection[RelPath] | None = None,
        *,
        accept_removals: bool = False,
        patient: bool = False,
    ) -> PassReport:
        """Compare the folder (or some directories of it) with the catalogue and note what is to be read.

        `patient`: what vanished is only noted; `remove_missing` removes it once it stays away.
        """
        rules = IgnoreRules.of_folder(self.folder, self.settings.folder.ignore)
        own = own_names(self.folder)
        if directories is None:
            snapshot = scan(self.folder, rules, own)
        else:
            snapshot = scan_directories(self.folder, rules, own, directories, self.catalogue)
        known = self.catalogue.known(snapshot.listed)
        change = compare(
            snapshot, known, self.catalogue.removed_like, lambda path: (self.folder / path).exists()
        )
        with self.catalogue.writing():
            self._note(change, snapshot, hinted=directories is not None)
            if directories is None:
                self._reread_after_upgrade()
                self.catalogue.want_due(self.now(), Priority.RETRY)
                self.catalogue.remember("first_pass_done", "1")
            self.catalogue.set_missing([old.id for old in change.missing], self.now())
        removed = 0
        if not patient:
            lost_all = directories is None and not snapshot.files and self._page_is_lost()
            removed = self.remove_missing(0.0, accept=accept_removals, lost_all=lost_all)
        return PassReport(
            added=len(change.added),
            changed=len(change.changed),
            moved=len(change.moved),
            removed=removed,
            held_back=self.held_back,
        )

    def _note(self, change: Change, snapshot: Snapshot, *, hinted: bool) -> None:
        now = self.now()
        first_pass = not self.catalogue.fact("first_pass_done")
        adopted = self._adopt() if first_pass and change.added else {}
        for path in change.added:
            priority = Priority.SAVED if hinted else Priority.NEW
            self.catalogue.add(
                path, snapshot.files[path], kinds.kind_of(path), now, first_pass=first_pass, priority=priority,
                adopted=adopted.get(path),
            )  # fmt: skip
        for old, path in change.changed:
            priority = Priority.SAVED if hinted else Priority.CHANGED
            self.catalogue.change(old.id, snapshot.files[path], kinds.kind_of(path), now, priority)
        for old, path in change.moved:
            renamed = kinds.suffix_of(path) != kinds.suffix_of(old.path)
            self.catalogue.move(old.id, path, snapshot.files[path], kinds.kind_of(path) if renamed else None)
            if renamed or not self.catalogue.is_read(old.id):
                self.catalogue.want(old.id, Priority.CHANGED)
        for old, path in change.restamped:
            self.catalogue.restamp(old.id, snapshot.files[path])
            if old.stamp.online_only and not snapshot.files[path].online_only:
                self.catalogue.want(old.id, Priority.CHANGED)
        self.catalogue.set_missing([old.id for old in change.seen_again], None)

    def _adopt(self) -> Mapping[RelPath, tuple[ItemId, datetime]]:
        """Return ids and dates that another machine, or this one before it lost its state, has given to files."""
        try:
            dates = published_dates(self.folder)
        except UserError:  # the places of the page are somebody else's
            return {}
        self.catalogue.adopt(dates.entries)
        return dates.files

    def _reread_after_upgrade(self) -> None:
        """Texts of older readers or of an older definition of a word are read again, and what may now be readable."""
        extract = self.settings.extract
        if self.catalogue.is_news("readers", str(words.VERSION), kinds.versions(), str(extract.text_mb)):
            for known in self.catalogue.known().values():
                if not known.forgotten:
                    self.catalogue.want(known.id, Priority.RETRY)
        if self.catalogue.is_news("languages", *extract.ocr_languages):
            self.catalogue.forget_scans()
        if self.catalogue.is_news("helpers", *programs.installed(), "", *extract.passwords):
            self.catalogue.want_failed(HELPED, Priority.RETRY)

    # --- the removal guard ------------------------------------------------------------------------

    @property
    def held_back(self) -> int:
        """How many vanished items the removal guard keeps; 0 where it doesn't hold."""
        return guard.held_back(self.catalogue)

    def remove_missing(self, away_s: float, *, accept: bool = False, lost_all: bool = False) -> int:
        """Remove what has been away so long, unless so much vanished at once that a person must agree."""
        return guard.remove_missing(self.catalogue, self.now(), away_s, accept=accept, lost_all=lost_all)

    def _page_is_lost(self) -> bool:
        """Tell whether the page that stood in the folder is gone with everything else: no drive, most likely."""
        page = self.catalogue.fact("page")
        return bool(page) and not (self.folder / page).exists()

    def guard_message(self) -> str:
        """Say what the removal guard holds back, and what to do."""
        return guard.message(self.held_back)

    # --- turn -------------------------------------------------------------------------------------

    def turn(self, *, scans: bool = True) -> bool:
        """Read for about two seconds, record it, let the followers catch up; False when nothing is left.

        Where nothing waits to be read, one page of a scan is recognised (if `scans`).
        """
        until = time.monotonic() + TURN_S
        waiting = self.catalogue.wanted(TURN_ITEMS, skip=self._wanted.keys())
        if not waiting and not self._wanted:
            return self.catch_up() or (scans and self._recognise())
        done: list[tuple[Wanted, Reading]] = []
        size = 0
        while (
            (waiting or self._wanted)
            and len(done) < TURN_ITEMS
            and size < TURN_BYTES
            and time.monotonic() < until
        ):
            while waiting and self.cage.has_room(urgent=waiting[0].priority == Priority.SAVED):
                self._submit(waiting.pop(0), done)
            for key, reading in self.cage.collect(until - time.monotonic()):
                if key == _SCAN:
                    self._record_scan(reading)
                else:
                    done.append((self._wanted.pop(ItemId(key)), reading))
                    size += len(reading.passages) + len(reading.terms)
        with self.catalogue.writing():
            for wanted, reading in done:
                self._record(wanted, reading)
        self.catch_up()
        return True

    def _submit(self, wanted: Wanted, done: list[tuple[Wanted, Reading]]) -> None:
        if wanted.stamp.online_only:
            done.append((wanted, Reading(failure=(Reason.ONLINE_ONLY, "its content is in the cloud only"))))
            return
        job = replace(
            self._job(wanted),
            known_texts=frozenset(self.catalogue.text_keys_of_size(wanted.stamp.size)),
            recognised=self.catalogue.recognised(wanted.id),
        )
        self.cage.submit(wanted.id, job, urgent=wanted.priority == Priority.SAVED)
        self._wanted[wanted.id] = wanted

    def _job(self, wanted: Wanted) -> Job:
        limits = self.settings.extract
        return Job(
            path=self.folder / wanted.path,
            stamp=wanted.stamp,
            known_texts=frozenset(),
            file_limit=limits.file_mb << 20,
            text_limit=limits.text_mb << 20,
            passwords=limits.passwords,
        )

    # --- scans ------------------------------------------------------------------------------------

    @property
    def recognises(self) -> bool:
        """Tell whether words in pictures are recognised: wanted, and Tesseract there."""
        return self.settings.extract.ocr and programs.find("tesseract") is not None

    def _recognise(self) -> bool:
        """Have one page after the other recognised; False where none waits."""
        if self._scan is None:
            self._scan = self.catalogue.next_scan() if self.recognises else None
            if self._scan is None:
                return False
            wanted, page = self._scan
            languages = self.settings.extract.ocr_languages
            self.cage.submit(_SCAN, replace(self._job(wanted), scan_page=page, languages=languages))
        for _, reading in self.cage.collect(SCAN_WAIT_S):
            self._record_scan(reading)
        return True

    def _record_scan(self, reading: Reading) -> None:
        """Take in a page; one that can't be recognised has no words."""
        assert self._scan is not None
        (wanted, page), self._scan = self._scan, None
        text = "".join(passage.text for passage in unpack_passages(reading.passages))
        with self.catalogue.writing():
            self.catalogue.record_scan(wanted.id, page, text, Priority.RECOGNISED)

    def _record(self, wanted: Wanted, reading: Reading) -> None:
        if reading.failure and reading.failure[0] is Reason.VANISHED:
            self.catalogue.set_missing([wanted.id], self.now())
        else:
            self.catalogue.record(wanted, reading, self.now())

    def want_due(self) -> None:
        """Have failures whose time has come read again."""
        self.catalogue.want_due(self.now(), Priority.RETRY)

    def forget(self, item_ids: Collection[ItemId]) -> None:
        """Take the texts of items out of catalogue, index and page at once."""
        with self.catalogue.writing():
            for item_id in item_ids:
                self.catalogue.forget(item_id, self.now())
        self.catch_up()
        for follower in self.followers.values():
            follower.tidy(thoroughly=True)
        self.publish(Extent.AT_ONCE)
        self.catalogue.flush()

    def purge(self) -> None:
        """Drop what was removed long ago."""
        with self.catalogue.writing():
            self.catalogue.purge(self.now() - KEEP_REMOVED, self.catalogue.seq)

    # --- followers --------------------------------------------------------------------------------

    def catch_up(self) -> bool:
        """Bring every follower up to the end of the log; True where there was something to do."""
        moved = False
        for follower in self.followers.values():
            for entries, place in self._behind(follower):
                follower.apply(entries, place)
                moved = True
        if moved:
            with self.catalogue.writing():
                self.catalogue.remember("changed_at", self.now().isoformat())
        return moved

    def tidy(self) -> bool:
        """Do a bounded part of what is for idle times; tell whether more is left.

        Followers merge what many small batches left, and idle reading processes go.
        """
        self.cage.retire(IDLE_S)
        return max(follower.tidy() for follower in self.followers.values())

    def check(self) -> None:
        """Raise Damaged where catalogue or a follower is not as it was written: reads all of them."""
        self.catalogue.check()
        for name, follower in self.followers.items():
            if not follower.is_whole():
                raise Damaged(f"the {name} is damaged: it is made anew")

    def _behind(self, follower: Follower) -> Iterator[tuple[list[Entry], Place]]:
        place = follower.place()
        seq = place.seq if place and place.epoch == self.catalogue.epoch else 0
        while entries := self.catalogue.entries_since(seq, BATCH):
            seq = entries[-1].seq
            yield entries, Place(self.catalogue.epoch, seq)

    def publish(self, extent: Extent = Extent.WHOLE) -> Delivery | None:
        """Write the page; None where the settings say that there is none."""
        if not self.settings.page.enabled:
            return None
        return publication.publish(self._site, self.catalogue, self.settings, self.now(), extent)

    @property
    def page_is_behind(self) -> bool:
        """Tell whether something happened since the page was written."""
        return self.settings.page.enabled and publication.is_behind(self.catalogue, self.now())
