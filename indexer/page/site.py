"""How is the page of one folder published? Data first, then the pointer to them, then the HTML; then old files go."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from indexer.errors import UserError
from indexer.files.opening import OnlineOnly
from indexer.model.items import ItemId
from indexer.page import told, valid, writer
from indexer.page.belonging import (
    POINTER,
    SIGN,
    Location,
    choose_location,
    is_missing,
    opened_location,
    read_digest,
)
from indexer.page.datafile import DamagedFile, pointer, uncontain
from indexer.page.differences import Source
from indexer.page.edition import Edition, FormerFormat
from indexer.page.pace import RECHECKS, Extent, Html, Memory
from indexer.page.script import script_file
from indexer.page.segments import PageSegment, Standing
from indexer.page.shape import MOST_PUT_IN, shape_of
from indexer.page.single import single
from indexer.page.update import State, Update
from indexer.page.views import HOME, VIEWS, Options, View
from indexer.page.weekly.files import WrittenWeeks, weeks_there, write_weeks
from indexer.page.weekly.marking import Shown
from indexer.page.writer import DataFiles, Stat

_WRONG = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Written:
    """The result of publishing."""

    page: Path
    memory: str
    """To be given to the next publish."""
    files: Mapping[str, int]
    """Files written, with their sizes."""
    for_removed: Mapping[str, int]
    """Those of them that were written only because something was removed."""
    html_is_due: float | None
    """When (seconds since 1970) the HTML is due; None if it is up to date."""
    problems: tuple[str, ...]
    is_repaired: bool = False
    """Whether files of the page had been changed or deleted by somebody else."""


@dataclass(slots=True)
class Site:
    """The page of one folder, with what was read of it before."""

    folder: Path
    views: tuple[View, ...] = VIEWS
    _trusted: dict[str, Stat] = field(default_factory=dict)
    _segments: dict[str, PageSegment] = field(default_factory=dict)
    _items: dict[str, frozenset[int]] = field(default_factory=dict)
    """The items of superseded heads and segments."""
    _needed: frozenset[str] = frozenset()
    """The data files of the last published page."""
    _unread: list[str] = field(default_factory=list)
    """Those of them that are still to be read again in this round."""
    _sums: dict[str, str] = field(default_factory=dict)
    """When page, pointer, sign and script were last known to be right."""

    def publish(
        self, source: Source, changed: Collection[ItemId] | None, memory_text: str, options: Options
    ) -> Written:
        """Bring the page up to date with `source`; `changed` are the items that may differ, None: any.

        Raise UserError if the folder can't be written; the former page then stays whole.
        """
        with opened_location(self.folder, options.root) as location, writer.saying_why(location):
            if options.single_mb:
                delivery = _publish_single(location, source, options)
            else:
                delivery = self._publish(location, source, changed, Memory.of(memory_text), options)
            writer.leave_others(location)
            return delivery

    def write_weeks(
        self, files: Mapping[str, bytes], options: Options, drop: Collection[str] = ()
    ) -> WrittenWeeks:
        """Bring digests and feed up to date: write `files`, by name, and delete those of ours named in `drop`.

        Raise UserError if the folder can't be written.
        """
        with opened_location(self.folder, options.root) as location, writer.saying_why(location):
            return write_weeks(writer.prepare(location, options.sign), files, drop)

    def weeks(self) -> Mapping[str, Shown]:
        """Return the weeks of which a digest of ours is there, each with what it shows; none if that can't be read."""
        try:
            with opened_location(self.folder, None) as location:
                return weeks_there(location)
        except UserError:
            return {}

    def is_missing(self, page: str, memory_text: str) -> bool:
        """Tell whether the published page is gone, in whole or in part."""
        return is_missing(self.folder, page, has_data=bool(Memory.of(memory_text).head))

    def is_whole(self, memory_text: str) -> bool:
        """Tell whether all readable files of the page are as written; reads all of them."""
        memory = Memory.of(memory_text)
        if not memory.head:
            return True
        try:
            location = choose_location(self.folder)
        except UserError:
            return True  # the folder is away, or somebody else's page is there
        files = DataFiles(location.directory, dict(self._trusted))
        try:
            state = Edition.read(files, memory.head, {})
            names = {memory.head, *told.names_in(state.head)}
            names = names.union(*(segment.file_names() for segment in state.segments))
        except (DamagedFile, FormerFormat):
            return False
        except OnlineOnly:
            return True
        return not state.missing and files.are_whole(names)

    def is_damaged(self, memory_text: str, now: int) -> bool:
        """Read a part of the page's files again; tell whether any is not as written, and may be repaired now.

        Their size and time don't matter. In `RECHECKS` calls each file is read at least once.
        """
        memory = Memory.of(memory_text)
        if not memory.head or not memory.may_repair(now):
            return False
        if not self._needed:
            return True  # nothing is known of it since this process began
        location = choose_location(self.folder)
        self._unread = self._unread or sorted(self._needed)
        step = -(-len(self._needed) // RECHECKS)
        part, self._unread = self._unread[:step], self._unread[step:]
        is_whole = DataFiles(location.directory, self._trusted).are_whole(part)
        return not is_whole or writer.sums(location, self._sums) != self._sums

    def _publish(
        self,
        location: Location,
        source: Source,
        changed: Collection[ItemId] | None,
        memory: Memory,
        options: Options,
    ) -> Written:
        location = writer.prepare(location, options.sign)
        now = int(options.now.timestamp())
        heads = writer.heads(location)
        heads = heads if any(heads) else (memory.head, "")  # somebody took the pointer away
        is_ours = bool(memory.head) and heads[0] == memory.head
        is_due = memory.is_check_due(options.extent, now) or not self._segments
        may_repair = is_due and memory.may_repair(now)
        memory.checked_at = now if may_repair else memory.checked_at
        files = DataFiles(location.directory, self._trusted, opened=location.files)
        update = Update(
            files, source, now, options.text_limit, list(options.synonyms), options.team, self._segments,
            {name: Standing(standing) for name, standing in memory.standings.items()},
            verify=may_repair, anew=options.extent is Extent.ANEW, at_once=options.extent >= Extent.AT_ONCE,
        )  # fmt: skip
        try:
            state = update.run(heads, changed if is_ours else None)
        except _WRONG:  # whatever is wrong with the existing files: everything is made again without them
            anew = Update(files, source, now, options.text_limit, list(options.synonyms), options.team)
            state = replace(anew.run(("", ""), None), damaged=1, is_disowned=True)
        self._segments = {segment.name: segment for segment in state.edition.segments if segment.name}
        written = dict(files.written)
        script = _write_script(location, options.language, written)
        self._deliver_state(location, files, state, heads, {script}, memory, now, written)
        tampered = self._write_views(location, state, memory, options, written, may_repair=may_repair)
        repaired = bool(state.damaged or tampered) and bool(memory.head)
        if repaired:
            memory.repaired_at = now
        views = [location.html(view.file).name for view in self.views]
        sums = writer.sums(location, (*views, POINTER, SIGN, f"{script}.js"))
        if not may_repair:  # those not written were not checked
            sums |= {name: self._sums[name] for name in views if name in self._sums and name not in written}
        self._sums = sums
        memory.head, memory.standings = state.head, dict(state.standings)
        return Written(
            location.page, str(memory), written,
            {name: size for name, size in files.written.items() if name in state.rewritten},
            memory.html_due,
            location.problems, repaired,
        )  # fmt: skip

    # --- data -------------------------------------------------------------------------------------

    def _deliver_state(
        self, location: Location, files: DataFiles, state: State, heads: tuple[str, str], others: set[str],
        memory: Memory, now: int, written: dict[str, int],
    ) -> None:  # fmt: skip
        """Let the pointer name the new state; delete files that are no longer kept, or hold removed items."""
        needed = {state.head, *state.told, *others}.union(
            *(segment.file_names() for segment in state.edition.segments)
        )
        self._needed = frozenset(needed - others)
        unneeded = files.there() - needed
        expired = memory.note_superseded(unneeded, now)
        for name in unneeded if state.damaged else ():
            if name[0] != "p":
                files.is_whole(name)  # else it counts as damaged
        dropped = (self._holding(files, unneeded, state, now) | files.damaged) - needed
        if state.is_disowned:
            dropped |= {name for name in unneeded if name[0] != "p"}
        if memory.head not in heads:  # somebody else's head may say anything
            dropped |= set(heads) & unneeded
        dropped |= expired
        before = next((head for head in heads if head and head != state.head), "")
        before = before if dropped.isdisjoint({before, *_segments_of(files, before)}) else ""
        if size := writer.write_if_new(location, POINTER, pointer(state.head, before)):
            written[POINTER] = size
        files.drop(dropped)
        for name in dropped:
            memory.superseded.pop(name, None)

    def _holding(self, files: DataFiles, names: set[str], state: State, now: int) -> set[str]:
        """Return superseded heads and segments that hold a removed item or its names, with their files."""
        found: set[str] = set()
        counted = _counted(state.edition.facts(now)["home"])
        for name in names if state.removed else ():
            if name[0] in "hr" and not state.removed.isdisjoint(self._items_in(files, name)):
                found.add(name)
                found |= self._files_of(files, name)
            elif name[0] in told.LETTERS or (
                name[0] == "h" and not _counted(_facts_of(files, name).get("home")) <= counted
            ):
                found.add(name)
        self._items = {name: held for name, held in self._items.items() if name in names}
        return found

    def _items_in(self, files: DataFiles, name: str) -> frozenset[int]:
        if name not in self._items:
            try:
                segment = _segment_in(files, name)
                self._items[name] = frozenset(segment.names.idents.tolist() if segment else ())
            except ValueError:
                self._items[name] = frozenset()
        return self._items[name]

    def _files_of(self, files: DataFiles, name: str) -> set[str]:
        try:
            segment = _segment_in(files, name)
            return segment.file_names() if segment else set()
        except ValueError:
            return set()

    # --- HTML -------------------------------------------------------------------------------------

    def _write_views(
        self, location: Location, state: State, memory: Memory, options: Options, written: dict[str, int],
        *, may_repair: bool,
    ) -> bool:  # fmt: skip
        """Write the HTML files that are due; tell whether somebody had changed one."""
        is_tampered = False
        for view in self.views:
            html = memory.html.setdefault(view.file, Html())
            html.is_behind |= state.head != memory.head
            shows_removed = not state.removed.isdisjoint(int(item_id, 16) for item_id in html.shown)
            if may_repair or shows_removed or html.is_due(options.extent, int(options.now.timestamp())):
                is_tampered |= _write_view(
                    view, location, state.edition, html, options, written, may_repair=may_repair
                )
        names = {view.file for view in self.views}
        memory.html = {name: html for name, html in memory.html.items() if name in names}
        writer.drop_views(location, keep=names)
        return is_tampered


def _write_view(
    view: View, location: Location, edition: Edition, html: Html, options: Options, written: dict[str, int],
    *, may_repair: bool,
) -> bool:  # fmt: skip
    """Write an HTML file if it differs; tell whether somebody had changed it, if that `may_repair`."""
    page = view.make(edition, location.directory.name, options, None)
    there = writer.read_html(location, view.file, len(page.html) + MOST_PUT_IN)
    is_tampered = may_repair and bool(there and html.shape) and shape_of(there) != html.shape
    path = location.html(view.file)
    if is_tampered or not html.shape or read_digest(path) != page.digest:
        writer.write_html(location, view.file, page.html)
        html.shape, html.at = shape_of(page.html), int(options.now.timestamp())
        html.shown = list(view.shows(edition))
        written[path.name] = len(page.html)
    html.is_behind = False
    return is_tampered


def _publish_single(location: Location, source: Source, options: Options) -> Written:
    """Write a page of one file; delete data files of former pages."""
    now = int(options.now.timestamp())
    edition, files = single(
        source, now, options.text_limit, options.single_mb, list(options.synonyms), options.team
    )
    page = HOME.make(edition, location.directory.name, options, files)
    written = {}
    if read_digest(location.page) != page.digest or _sifted(writer.read_html(location, HOME.file)) != _sifted(
        page.html
    ):
        writer.write_html(location, HOME.file, page.html)
        written[location.page.name] = len(page.html)
    writer.withdraw(location)
    return Written(location.page, str(Memory()), written, {}, None, location.problems)


def _sifted(html: bytes) -> list[bytes]:
    """Return the names of the data files within a page."""
    return sorted(re.findall(rb'id="([a-z]-[0-9a-f]{16})"', html))


def _write_script(location: Location, language: str, written: dict[str, int]) -> str:
    """Write the page's script and return its name."""
    name, content = script_file(language)
    if size := writer.write_if_new(location, name, content):
        written[name] = size
    return name.removesuffix(".js")


def _segment_in(files: DataFiles, name: str) -> PageSegment | None:
    """Return the open segment of a head, if it has one, or the segment of a root; raise ValueError for other files."""
    if name[0] == "r":
        return PageSegment.read(files, name)
    facts, blobs = uncontain(files.get(name))
    return PageSegment.of(files, facts["open"], blobs) if facts.get("open") else None


def _facts_of(files: DataFiles, head: str) -> dict[str, Any]:
    """Return the facts of a head; empty if it can't be read."""
    try:
        return uncontain(files.get(head))[0]
    except ValueError:
        return {}


def _segments_of(files: DataFiles, head: str) -> list[str]:
    """Return the names of the sealed segments of a head; none if it can't be read."""
    names = _facts_of(files, head).get("segments")
    return list(names) if names and valid.are_names(names, "r", valid.MOST_SEGMENTS) else []


def _counted(home: Any) -> set[tuple[str, str]]:
    """Return the departments, people and tags that a head counts."""
    found = set()
    for name in ("department", "person", "tag"):
        pairs = home.get(name) if isinstance(home, dict) else None
        for pair in pairs if isinstance(pairs, list) else ():
            if isinstance(pair, list) and pair:
                found.add((name, str(pair[0])))
    return found
