"""Look at the folder, or a part of it, and note in the catalogue what is new, changed, moved or not there."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from pathlib import Path

from indexer.catalogue import Catalogue, Known, facts
from indexer.catalogue.facts import Fact
from indexer.clock import Clock
from indexer.errors import FolderUnreadable, Reason, UserError
from indexer.extract import kinds, programs
from indexer.files.opening import Directory, Irregular
from indexer.folder.ignore import IGNORE_FILE, MOST_TOLD, IgnoreRules, read_ignore_file
from indexer.folder.mounts import mounts_of
from indexer.folder.names import reach
from indexer.folder.saved_pages import PAGES, parts_of_pages, stem_key
from indexer.folder.scan import scan, scan_directories
from indexer.model import address
from indexer.model.items import RelPath, Snapshot, Stamp
from indexer.model.names import name_key
from indexer.page.belonging import doubtful_names, own_names
from indexer.page.dates import Dates, published_dates
from indexer.pipeline.compare import Change, compare
from indexer.pipeline.page_items import scope_of_nothing
from indexer.pipeline.pass_facts import REMARKS
from indexer.settings import Settings
from indexer.terms import words

IGNORE_BYTES = Fact("ignore_file", b"", base64.b64decode, lambda raw: base64.b64encode(raw).decode())
"""What the ignore file said last."""
FIRST_PASS_DONE = facts.flag("first_pass_done")
MOUNTS: Fact[frozenset[str]] = Fact(
    "mounts", frozenset(), lambda text: frozenset(json.loads(text)), lambda paths: json.dumps(sorted(paths))
)
"""Where in the folder drives are, or were when they were last there."""
READERS, LANGUAGES, HELPERS = facts.text("readers"), facts.text("languages"), facts.text("helpers")
"""Digests of what texts, words in pictures and readable files depend on."""
ADDRESSES = facts.number("addresses")
"""The version of the rule by which addresses have keys."""

HELPED = (Reason.ENCRYPTED, Reason.UNSUPPORTED)
"""Reasons that a new password or helper program may do away with."""


class Priority(IntEnum):
    """What is read first."""

    SAVED = 0
    NEW = 1
    CHANGED = 2
    RETRY = 3
    RECOGNISED = 4
    CONTROL = 5
    """Only to see whether the content is still the one that was read."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What only a scan of everything can tell."""

    known: Mapping[RelPath, Known]
    lost: frozenset[RelPath]
    """Places of drives that are not there."""
    doubtful: frozenset[RelPath]
    """Names that are our page's, of which it can't be told whether they are."""
    rules: IgnoreRules
    trouble: tuple[str, ...]
    """What is to be told of the ignore file."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan found: how the folder, or a part of it, differs from the catalogue. Nothing of it is noted yet."""

    snapshot: Snapshot
    change: Change
    parts: frozenset[RelPath]
    """Files that are part of a saved page, and no items."""
    whole: Whole | None
    """What only a scan of everything can tell; None if it was of some directories."""

    @property
    def is_of_everything(self) -> bool:
        """Tell whether the whole folder was scanned."""
        return self.whole is not None

    @property
    def fresh(self) -> dict[RelPath, Stamp]:
        """The new and the changed files: they may still be written."""
        paths = [*self.change.added, *(path for _, path in self.change.changed)]
        return {path: self.snapshot.files[path] for path in paths}

    def without(self, still_written: Collection[RelPath]) -> Found:
        """Return it without files that are still being written; those that are known are there, at least."""
        if not still_written:
            return self
        change = self.change
        left = replace(
            change,
            added=tuple(path for path in change.added if path not in still_written),
            changed=tuple((old, path) for old, path in change.changed if path not in still_written),
            seen_again=(
                *change.seen_again,
                *(old for old, path in change.changed if path in still_written),
            ),
        )
        return replace(self, change=left)


@dataclass(frozen=True, slots=True)
class Looking:
    """How one folder is looked at."""

    folder: Path
    settings: Settings
    catalogue: Catalogue
    clock: Clock

    def scan(self, directories: Collection[RelPath] | None, *, deep: bool, accept: bool) -> Found:
        """Compare the folder, or some directories of it, with the catalogue.

        `deep`: with all that lies below the directories. `accept`: what lies on a drive that is not there is gone.
        Raise FolderUnreadable if the folder can't be listed.
        """
        lost = self._lost_mounts(accept=accept)
        rules, trouble = self._rules()
        own = own_names(self.folder)
        if directories is None:
            snapshot = scan(self.folder, rules, own)
        else:
            snapshot = scan_directories(self.folder, rules, own, directories, self.catalogue.files, deep=deep)
        doubtful = frozenset(map(RelPath, doubtful_names(self.folder)))
        parts = parts_of_pages(snapshot.files, self._pages(snapshot))
        items = {path: stamp for path, stamp in snapshot.files.items() if path not in parts}
        snapshot = snapshot._replace(files=items, unreadable=snapshot.unreadable | lost | doubtful)
        known = self.catalogue.files.known(snapshot.listed)
        snapshot = snapshot._replace(files=identified(self.folder, snapshot.files, known))
        change = compare(snapshot, known, self.catalogue.files.alike, self._is_there)
        whole = Whole(known, lost, doubtful, rules, tuple(trouble)) if directories is None else None
        return Found(snapshot, change, parts, whole)

    def note(self, found: Found) -> None:
        """Note in the catalogue what is to be read, and what is not there any more."""
        with self.catalogue.writing():
            self._note_files(found.change, found.snapshot, hinted=not found.is_of_everything)
            if found.whole is not None:
                self._note_pass(found.snapshot, found.whole)
                self._note_idle(found.whole.rules)
            missing = found.change.missing
            self.catalogue.files.remove(
                [old.id for old in missing if old.path in found.parts], self.clock.now()
            )
            away = [old.id for old in missing if old.path not in found.parts]
            self.catalogue.files.set_missing(away, self.clock.now())

    def _rules(self) -> tuple[IgnoreRules, list[str]]:
        """Return what is left out, and what is to be told of the file that says so.

        If it can't be read now, what it said before counts: what it leaves out must not come in meanwhile.
        Raise FolderUnreadable if that is not known.
        """
        path = self.folder / IGNORE_FILE
        before = self.catalogue.facts.get(IGNORE_BYTES)
        trouble = []
        try:
            own = read_ignore_file(self.folder)
        except Irregular as error:
            own, trouble = b"", [f"{path} has no effect: {error.strerror}"]
        except OSError as error:
            if not self.catalogue.facts.get(FIRST_PASS_DONE):
                raise FolderUnreadable(
                    f"{path} can't be read ({error.strerror or error}): nothing is looked at until it can"
                ) from error
            own = before
            trouble = [f"{path} can't be read ({error.strerror or error}): what it said before counts"]
        else:
            if own != before:
                with self.catalogue.writing():
                    self.catalogue.facts.set(IGNORE_BYTES, own)
        return IgnoreRules(self.settings.folder.ignore, own), trouble

    def _pages(self, snapshot: Snapshot) -> Callable[[str], bool]:
        """Return what tells, from a path without suffix, whether there is a page: as seen now, or as known if not looked for."""

        @cache
        def seen() -> set[str]:
            return {stem_key(path) for path in snapshot.files if path.lower().endswith(PAGES)}

        def is_page(stem: str) -> bool:
            if name_key(stem) in seen():
                return True
            named = [RelPath(stem + suffix) for suffix in PAGES]
            return any(not snapshot.covers(path) and self.catalogue.files.at(path) for path in named)

        return is_page

    def _is_there(self, path: RelPath) -> bool:
        above, _, name = path.rpartition("/")
        try:
            with Directory(reach(self.folder)) as folder, folder.reach(above) as directory:
                directory.look(name)
        except (FileNotFoundError, NotADirectoryError, Irregular):
            return False
        except OSError:
            return True  # as far as one can tell
        return True

    # --- noting -----------------------------------------------------------------------------------

    def _note_files(self, change: Change, snapshot: Snapshot, *, hinted: bool) -> None:
        now = self.clock.now()
        first_pass = not self.catalogue.facts.get(FIRST_PASS_DONE)
        dates = self._adopt() if first_pass and change.added else Dates()
        for path in change.added:
            priority = Priority.SAVED if hinted else Priority.NEW
            self.catalogue.files.add(
                path, snapshot.files[path], kinds.kind_of(path), now, first_pass=first_pass, priority=priority,
                adopted=dates.files.get(path),
            )  # fmt: skip
        self.catalogue.attachments.adopt(dates.notes)
        for old, path in change.moved:
            renamed = kinds.suffix_of(path) != kinds.suffix_of(old.path)
            renamed |= kinds.kind_of(path) is not kinds.kind_of(
                old.path
            )  # it is a question by its place, or no more
            stamp = snapshot.files[path]._replace(size=old.stamp.size, mtime_ns=old.stamp.mtime_ns)
            self.catalogue.files.move(old.id, path, stamp, kinds.kind_of(path) if renamed else None)
            if renamed or not self.catalogue.files.is_read(old.id):
                self.catalogue.queue.want(old.id, Priority.CHANGED)
            elif not old.removed and stamp.ctime_ns != old.stamp.ctime_ns:
                # It was moved, or saved with its old time as well.
                self.catalogue.queue.want(old.id, Priority.CONTROL)
        for old, path in change.changed:
            priority = Priority.SAVED if hinted else Priority.CHANGED
            self.catalogue.files.change(old.id, snapshot.files[path], kinds.kind_of(path), now, priority)
        for old, path in change.restamped:
            self.catalogue.files.restamp(old.id, snapshot.files[path])
            if old.stamp.online_only and not snapshot.files[path].online_only:
                self.catalogue.queue.want(old.id, Priority.CHANGED)
        self.catalogue.files.set_missing([old.id for old in change.seen_again], None)

    def _note_pass(self, snapshot: Snapshot, whole: Whole) -> None:
        """Note what only a look at everything can tell."""
        self._reread_after_upgrade()
        self.catalogue.queue.want_due(self.clock.now(), Priority.RETRY)
        self.catalogue.facts.set(FIRST_PASS_DONE, True)
        hidden = {
            path: any(one == path or one.startswith(path + "/") for one in whole.known)
            for path in sorted(snapshot.unreadable - whole.lost)[:10]
        }
        kept = "nothing below is taken for removed; give the right to read it back, or connect its drive"
        unseen = "what is in it is not found; give the right to read it, or name it in .indexignore"
        problems = [
            f"{path} can't be read: {kept if has_items else unseen}"
            for path, has_items in hidden.items()
            if (has_items or path not in whole.doubtful) and self._is_there(path)
        ]
        problems += [
            f"the drive at {path} is not there: its items are kept until it is back, or until you agree that they are gone"
            " with `indexer scan --accept-removals`"
            for path in sorted(whole.lost)
        ]
        wrong = [*whole.trouble, *whole.rules.wrong]
        problems += wrong[:MOST_TOLD]
        if len(wrong) > MOST_TOLD:
            problems.append(f"{IGNORE_FILE}: {len(wrong) - MOST_TOLD:,} more lines can't be understood")
        self.catalogue.problems.tell("unreadable", problems)

    def _note_idle(self, rules: IgnoreRules) -> None:
        """Note what of the settings and of the ignore file matches nothing: it may be misspelled."""
        idle = rules.idle()
        remarks = [f"{line} matches nothing" for line in idle[:MOST_TOLD]]
        if len(idle) > MOST_TOLD:
            remarks.append(f"{IGNORE_FILE}: {len(idle) - MOST_TOLD:,} more lines match nothing")
        self.catalogue.facts.set(REMARKS, tuple(remarks))
        problems = [
            f"page.scope: there is no {name!r}, so nothing is left out of the page by it: is it spelled right?"
            for name in scope_of_nothing(self.settings.page.scope, self.folder)
        ]
        self.catalogue.problems.tell("scope", problems)

    def _lost_mounts(self, *, accept: bool) -> frozenset[RelPath]:
        """Return places in the folder where a drive was that is not there now: what lies on it is unknown, not gone."""
        there = frozenset[str](mount.path for mount in mounts_of(self.folder) if mount.path)
        before = self.catalogue.facts.get(MOUNTS)
        away = {place for place in before - there if place in self.catalogue.files and self._is_bare(place)}
        now = there if accept else there | away
        if now != before:
            with self.catalogue.writing():
                self.catalogue.facts.set(MOUNTS, now)
        return frozenset(RelPath(path) for path in now - there)

    def _is_bare(self, place: str) -> bool:
        """Tell whether nothing is where a drive was; else somebody uses the directory itself."""
        try:
            with os.scandir(reach(self.folder) / place) as entries:
                return next(entries, None) is None
        except OSError:
            return True  # nothing is known

    def _adopt(self) -> Dates:
        """Return ids and dates that another machine, or this one before it lost its state, has given to files."""
        try:
            dates = published_dates(self.folder)
        except (UserError, OSError):  # the places of the page are somebody else's, or it is in the cloud only
            return Dates()
        self.catalogue.readings.adopt(dates.entries)
        return dates

    def _reread_after_upgrade(self) -> None:
        """Texts of older readers or of an older definition of a word are read again, and what may now be readable.

        Links whose keys were made by an older rule are told again.
        """
        extract = self.settings.extract
        if self.catalogue.facts.is_news(READERS, str(words.VERSION), kinds.versions(), str(extract.text_mb)):
            for known in self.catalogue.files.known().values():
                if not known.forgotten:
                    self.catalogue.queue.want(known.id, Priority.RETRY)
            self.catalogue.links.want_texts()
        if self.catalogue.facts.is_news(LANGUAGES, *extract.ocr_languages):
            self.catalogue.pictures.begin_anew()
        if self.catalogue.facts.is_news(HELPERS, *programs.installed(self.folder), "", *extract.passwords):
            self.catalogue.queue.want_failed(HELPED, Priority.RETRY)
        if self.catalogue.facts.get(ADDRESSES) != address.VERSION:
            self.catalogue.links.note_keys()
            self.catalogue.log.tell_links()
            self.catalogue.facts.set(ADDRESSES, address.VERSION)


def identified(
    folder: Path, files: dict[RelPath, Stamp], known: Mapping[RelPath, Known]
) -> dict[RelPath, Stamp]:
    """Return the stamps with file ids if listing gave none, as on Windows: a renamed file is identified by these.

    A file that looks as it did has the id it had; of others the system is asked.
    """
    place = reach(folder)

    def id_of(path: RelPath, stamp: Stamp) -> int:
        old = known.get(path)
        if old and (old.stamp.size, old.stamp.mtime_ns) == (stamp.size, stamp.mtime_ns):
            return old.stamp.file_id
        try:
            return (place / path).lstat().st_ino
        except OSError:
            return 0  # gone since it was listed

    return files | {
        path: stamp._replace(file_id=id_of(path, stamp)) for path, stamp in files.items() if not stamp.file_id
    }
