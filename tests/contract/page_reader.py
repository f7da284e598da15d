"""Opens the published page again and again as a browser does, by its files alone, and notes whatever is broken."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from indexer.page.belonging import POINTER
from indexer.page.datafile import DamagedFile, read_pointer
from indexer.page.edition import Edition
from indexer.page.entry import Row
from indexer.page.segments import PER_ABOUT, PageSegment
from indexer.page.writer import DataFiles, Stat

DIRECTORY, HTML = "_index", "index.html"
_SCRIPT = re.compile(rb"_index/(p-([0-9a-f]{16})\.js)")
_LOST = (DamagedFile, OSError, ValueError, KeyError, IndexError, TypeError)


class BrokenPageError(Exception):
    """What a browser would have found broken."""


@dataclass
class PageReader:
    """Reads the page of a folder in a thread of its own, from the beginning to the end of a `with` block.

    Files that are named by their content are read once; that they are still there is looked at each time.
    """

    folder: Path
    pause_s: float = 0.05
    broken: list[str] = field(default_factory=list)
    reads: int = 0
    """How often the page was seen whole."""
    states: set[str] = field(default_factory=set)
    """The heads that were seen."""
    retries: int = 0
    """How often a state was gone before it was read, and the next one was whole."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _whole: dict[str, Stat] = field(default_factory=dict)
    _files: dict[str, set[str]] = field(default_factory=dict)
    """Names of all files of a segment that was seen whole, by the name of its root."""
    _thread: threading.Thread | None = None

    def __enter__(self) -> PageReader:
        """Begin; there must be a page by now."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread."""
        self._stop.set()
        assert self._thread
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self.pause_s)

    def look(self) -> None:
        """Open the page once, and once more if its state was overtaken meanwhile; note what is broken."""
        seen = []
        for _ in range(2):
            head = ""
            try:
                self._read_html()
                head, _ = read_pointer((self.folder / DIRECTORY / POINTER).read_bytes())
                self._read_state(head)
            except (*_LOST, BrokenPageError) as error:
                seen.append(f"{head or 'no head'}: {type(error).__name__}: {error}")
                if head and self._pointed() == head:
                    break
            else:
                self.reads += 1
                self.states.add(head)
                self.retries += len(seen)
                return
        self.broken.append(" | then ".join(seen))

    def _pointed(self) -> str:
        try:
            return read_pointer((self.folder / DIRECTORY / POINTER).read_bytes())[0]
        except (OSError, ValueError):
            return ""

    def _read_html(self) -> None:
        html = (self.folder / HTML).read_bytes()
        if not html.rstrip().endswith(b"</html>"):
            raise BrokenPageError(f"{HTML} ends with {html[-40:]!r}")
        scripts = _SCRIPT.findall(html)
        if not scripts:
            raise BrokenPageError(f"{HTML} names no script")
        for name, digest in set(scripts):
            content = (self.folder / DIRECTORY / name.decode()).read_bytes()
            if not hashlib.sha256(content).hexdigest().startswith(digest.decode()):
                raise BrokenPageError(f"{name.decode()} is not whole")

    def _read_state(self, head: str) -> None:
        if not head:
            raise BrokenPageError("the pointer names no state")
        files = DataFiles(self.folder / DIRECTORY, self._whole)
        state = Edition.read(files, head)
        if state.missing:
            raise BrokenPageError(f"missing segments: {', '.join(state.missing)}")
        for segment in state.segments:
            if segment.name not in self._files:
                check_segment(segment)
                if segment.name:
                    self._files[segment.name] = segment.file_names()
            for name in sorted(self._files.get(segment.name, ())):
                if not files.is_whole(name):
                    raise BrokenPageError(f"{name} of segment {segment.name}")
        live = sum(len(state.live(segment)) for segment in state.segments)
        if live != state.head["items"]:
            raise BrokenPageError(f"{live} live items, the head says {state.head['items']}")


def check_segment(segment: PageSegment) -> None:
    """Load everything of a segment; raise what is wrong with it."""
    facts = (segment.columns.lengths, segment.times(), segment.facets.kinds, segment.names.idents)
    if {len(values) for values in facts} != {segment.count}:
        raise BrokenPageError(
            f"segment {segment.id} has {segment.count} items, its parts {[*map(len, facts)]}"
        )
    for block in segment.blocks():
        if len(block.docs) and int(block.docs.max()) >= segment.count:
            raise BrokenPageError(f"segment {segment.id}: words of an item that is not there")
    for item, row, text in segment.rows(range(segment.count)):
        if row and text:
            passages_of(segment, row, text)
        if row and int(row.id, 16) != int(segment.names.idents[item]):
            raise BrokenPageError(f"segment {segment.id}: item {item} is another one")
    if len(segment.root["abouts"]) != -(-segment.count // PER_ABOUT):
        raise BrokenPageError(f"segment {segment.id}: {len(segment.root['abouts'])} pages of items")


def passages_of(segment: PageSegment, row: Row, text: str) -> list[tuple[str, int]]:
    """Return the passages of an item, which lie in the file of that name."""
    return segment.passages(text, row)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows of one item."""

    id: str
    path: str
    title: str
    author: str
    url: str
    size: int
    date: int
    conflict: str
    kind: str
    text: str


def shown_items(folder: Path) -> list[Shown]:
    """Return what the present state of the page shows, in order of paths; raise DamagedFile if it is not whole."""
    files = DataFiles(folder / DIRECTORY)
    head, _ = read_pointer((folder / DIRECTORY / POINTER).read_bytes())
    state = Edition.read(files, head)
    if state.missing:
        raise DamagedFile(state.missing[0])
    found = []
    for segment in state.segments:
        for _, row, text in state.rows_in(segment, state.live(segment).tolist()):
            assert row is not None
            passages = passages_of(segment, row, text) if text else []
            found.append(
                Shown(
                    row.id, row.path, row.title, row.author, row.url, row.size, row.date, row.facts.conflict, row.kind,
                    " ".join(passage for passage, _ in passages),
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.path, one.url, one.id))
