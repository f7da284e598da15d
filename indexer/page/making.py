"""How is a segment of the page made? From items of other segments, new entries, or both.

Building, sealing, merging, and rewriting without removed items are all `make`. docs/page-format.md has the format.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

import numpy as np

from indexer.model.items import KINDS, Item, Passage
from indexer.model.terms import ItemTerms
from indexer.page.datafile import DamagedFile, Files, WritingAhead, to_json
from indexer.page.entry import (
    DAY_S,
    Indexed,
    PageEntry,
    Row,
    beginning,
    fold_of,
    row_of,
    shown,
    shown_digest,
    with_facts,
)
from indexer.page.indexed import IndexedItems
from indexer.page.runs import Runs
from indexer.page.segments import PER_ABOUT, Marks, PageSegment, Passages, passages_of, text_file
from indexer.page.terms import STEM, TITLE, block_of, merged, shards
from indexer.terms import weighing
from indexer.terms.block import Block
from indexer.terms.languages import CODES
from indexer.terms.rows import Numbers, Rows, varints
from indexer.terms.words import STEM_MARK

INLINE_ITEMS = 64
"""A segment with at most this many items is one file, except its texts …"""
INLINE_BYTES = 256 << 10
"""… and its larger parts (bytes)."""
SMALL_BYTES = 4 << 20
"""Bytes of words beyond which even a small segment has its postings in shards."""
LARGE_ITEMS = 8192
TEXT_BYTES, SHARD_BYTES, LARGE_SHARD_BYTES = 32_000, 12_000, 48_000
FULL_TEXT_BYTES = 8_000
"""A text file of this size on the disk counts as full: a merge takes it over."""
FORM_BITS = 28
BATCH_ITEMS, BATCH_BYTES = 2_000, 64 << 20
"""The most items sorted at once, and the memory that their words may take."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment some of whose items go into another."""

    segment: PageSegment
    live: Numbers
    """These items, ascending."""
    said: Marks = field(default_factory=Marks)
    """What other segments say of its items."""
    removed: Collection[int] = ()
    """Its items that are gone, not only changed: no file with their texts may stay."""


def make(
    files: Files,
    parts: Iterable[Part],
    entries: Iterable[PageEntry] = (),
    *,
    text_limit: int = 65_536,
    shared: Collection[int] = (),
    marks: Mapping[str, Marks] | None = None,
    salt: str = "",
    level: int = 0,
    is_open: bool = False,
    indexed: IndexedItems | None = None,
    digests: Mapping[int, int] | None = None,
    keeps_texts: bool = True,
) -> tuple[dict[str, Any], list[bytes]]:
    """Return the root (facts and blobs) of a segment with the items of `parts`, then `entries`.

    At most `text_limit` bytes of each text are kept. `shared` are the content numbers that more than one item has,
    `marks` what the segment says of others, `level` how often its items were merged; `salt` makes its id unique. If
    `is_open`, everything is in blobs. If `keeps_texts`, full text files of `parts` are taken over. `indexed` has the postings
    of those entries that say so, `digests` the digests of those that are known, by ids as numbers.
    """
    parts = list(parts)
    is_small = sum(len(part.live) for part in parts) <= INLINE_ITEMS
    least = None if not keeps_texts else 0 if is_small else FULL_TEXT_BYTES
    sources: list[tuple[Iterable[Block], Numbers]] = []
    with WritingAhead(files) as ahead, closing(Runs()) as runs:
        made = _Maker(ahead, text_limit, shared, digests or {})
        for part in parts:
            numbers = np.full(part.segment.count, -1, np.int64)
            numbers[part.live] = np.arange(made.count, made.count + len(part.live))
            made.take_over(part, least)
            sources.append((part.segment.blocks(), numbers))
        sources += made.add_all(entries, runs)
        if indexed is not None:
            sources += indexed.sources(made.from_index)
        return made.root(merged(sources), marks or {}, salt, level, is_open=is_open)


def _told(item: Item, terms: ItemTerms) -> Indexed:
    quality = weighing.static_byte(item, has_text=terms.has_text)
    return Indexed(terms.length, quality, CODES.index(terms.language))


def shown_passages(entry: PageEntry, text_limit: int) -> Passages | None:
    """Return the part of an item's text, or else of its note, that the page has; None if it has neither."""
    passages = entry.passages or ((Passage(entry.item.note),) if entry.item.note else ())
    return [(one.text, one.page_number or 0) for one in beginning(passages, text_limit)] or None


class _Maker:
    """One segment in the making."""

    def __init__(
        self, files: Files, text_limit: int, shared: Collection[int], digests: Mapping[int, int]
    ) -> None:
        self.files, self._text_limit, self._shared, self._digests = files, text_limit, shared, digests
        self.count = 0
        self.from_index: dict[int, int] = {}
        """Ids (as numbers) and numbers of the items whose postings are taken from the search index."""
        self._places = 0
        """The approximate bytes of the positions of its words."""
        self._columns = {name: array("B") for name in ("quality", "language", "kind")}
        self._columns |= {name: array("Q") for name in ("length", "ident", "shown", "content")}
        self._dates = array("q")
        self._facets = _FacetMaker()
        self._folds: dict[int, int] = {}
        self._found_by_is: dict[str, list[int]] = {}
        self._rows: list[Row] = []
        self._row_texts: list[str] = []
        """The text file of each of `_rows`; empty for the pending one."""
        self._page: list[Passages] = []
        """The texts of the text file in the making."""
        self._page_size = 0
        self._abouts: list[str | bytes] = []
        """Names of pages of items; pages of a segment that is still small."""

    # --- items ------------------------------------------------------------------------------------

    def take_over(self, part: Part, least: int | None) -> None:
        """Add items of another segment; text files of at least a given size are taken over unchanged (None: none)."""
        segment, said = part.segment, part.said
        self._places += sum(size for _, _, _, size in segment.root["shards"])
        columns, facets, names = segment.columns, segment.facets, segment.names
        live = part.live.tolist()
        kept = set() if least is None else self._kept_texts(part, least)
        texts, name_of_texts = [], ""
        for item, row, text_name in segment.rows(live, said.facts):
            if row is None:
                raise DamagedFile(segment.name)
            passages: Passages | None = None
            if text_name and text_name not in kept:
                if text_name != name_of_texts:
                    texts, name_of_texts = text_file(self.files, text_name), text_name
                passages = passages_of(texts, row.place)
            fold = said.folds.get(item) or segment.folds.get(item)
            content, digest = int(names.contents[item]), int(names.shown[item])
            if fold or fold_of(content) in self._shared:
                self._folds[self.count] = fold or fold_of(content)
            self._add(
                row, passages, text_name if text_name in kept else "",
                length=int(columns.lengths[item]), quality=int(columns.qualities[item]),
                language=int(columns.languages[item]), kind=int(facets.kinds[item]), ident=int(names.idents[item]),
                shown=with_facts(digest, row.facts) if item in said.facts else digest, content=content,
            )  # fmt: skip

    def _kept_texts(self, part: Part, least: int) -> set[str]:
        """Return the text files of at least that size that may stay: half of their items live, and none was removed."""
        segment, live, removed = part.segment, set(part.live.tolist()), set(part.removed)
        alive: dict[str, list[bool]] = {}
        for item, row, name in segment.rows(range(segment.count)):
            if row is not None and name:
                alive.setdefault(name, []).append(item in live)
                if item in removed:
                    alive[name] += [False] * segment.count
        return {
            name
            for name, those in alive.items()
            if 2 * sum(those) >= len(those) and self.files.size(name) >= least
        }

    def add_all(self, entries: Iterable[PageEntry], runs: Runs) -> Iterator[tuple[Iterable[Block], Numbers]]:
        """Add new items; yield their postings, for as many items at a time as fit into memory."""
        numbers: list[int] = []
        text, titles, room = Rows(), Rows(), BATCH_BYTES
        for entry in entries:
            if isinstance(entry.terms, Indexed):
                self.from_index[int(entry.item.id, 16)] = self.count
                self._places += entry.terms.length
                self._add_entry(entry, entry.terms)
                continue
            numbers.append(self.count)
            self._add_terms(entry.terms, text, titles)
            self._add_entry(entry, _told(entry.item, entry.terms))
            room -= entry.terms.text.room
            if room <= 0 or len(numbers) >= BATCH_ITEMS:
                yield runs.add(block_of(text, titles)), np.asarray(numbers)
                numbers = []
                text, titles, room = Rows(), Rows(), BATCH_BYTES
        if numbers:
            yield runs.add(block_of(text, titles)), np.asarray(numbers)

    def _add_terms(self, terms: ItemTerms, text: Rows, titles: Rows) -> None:
        text.add_text(terms)
        self._places += len(terms.text.positions)
        in_title = terms.beside.title_positions.items()
        forms = {form: at for form, at in in_title if not form.startswith(STEM_MARK)}
        titles.add_keys([form.encode() for form in forms], list(forms.values()))

    def _add_entry(self, entry: PageEntry, told: Indexed) -> None:
        item, ident = entry.item, int(entry.item.id, 16)
        content = item.content_number
        if fold_of(content) in self._shared:
            self._folds[self.count] = fold_of(content)
        self._add(
            replace(row_of(item), is_note=bool(not entry.passages and item.note)), shown_passages(entry, self._text_limit), "",
            length=told.length, quality=told.quality, language=told.language, kind=KINDS.index(item.kind), ident=ident,
            shown=self._digests.get(ident) or shown_digest(item, entry.source, self._text_limit), content=content,
        )  # fmt: skip

    def _add(self, row: Row, passages: Passages | None, text: str, **values: int) -> None:
        """Add an item, with its text or with the name of the file that has it."""
        for name, value in values.items():
            self._columns[name].append(value)
        if passages is not None:
            size = sum(len(part) for part, _ in passages)
            if self._page and self._page_size + size > TEXT_BYTES:
                self._end_text()
            row = replace(row, text=0, place=len(self._page))
            self._page.append(passages)
            self._page_size += size
        self._dates.append(row.date)
        self._facets.add(row)
        for asked in row.facts.found_by_is:
            self._found_by_is.setdefault(asked, []).append(self.count)
        self._rows.append(row)
        self._row_texts.append(text)
        self.count += 1
        if len(self._rows) == PER_ABOUT:
            self._end_about()

    def _end_text(self) -> None:
        if not self._page:
            return
        name = self.files.put("t", to_json(self._page))
        self._row_texts = [
            name if not known and row.text >= 0 else known
            for known, row in zip(self._row_texts, self._rows, strict=True)
        ]
        self._page, self._page_size = [], 0

    def _end_about(self) -> None:
        self._end_text()
        names = dict.fromkeys(filter(None, self._row_texts))
        numbers = {name: number for number, name in enumerate(names)}
        rows = [
            replace(row, text=numbers[name] if name else -1).encode()
            for row, name in zip(self._rows, self._row_texts, strict=True)
        ]
        page = to_json({"t": list(names), "i": rows})
        self._abouts.append(self.files.put("a", page) if self.count > INLINE_ITEMS else page)
        self._rows, self._row_texts = [], []

    # --- the root ---------------------------------------------------------------------------------

    def root(
        self, blocks: Iterator[Block], marks: Mapping[str, Marks], salt: str, level: int, *, is_open: bool
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Return facts and blobs of the root."""
        if self._rows:
            self._end_about()
        blobs: list[bytes] = []
        inline = (self.count <= INLINE_ITEMS or is_open) and self._places <= SMALL_BYTES

        def keep(letter: str, raw: bytes) -> str | int:
            if not inline or len(raw) > INLINE_BYTES:
                return self.files.put(letter, raw)
            blobs.append(raw)
            return len(blobs) - 1

        facts: dict[str, Any] = {
            "count": self.count,
            "level": level,
            "columns": keep("c", self._packed_columns()),
            "times": keep("d", varints(np.asarray(self._dates, np.int64) % DAY_S)[0]),
            "facets": keep("f", self._facets.pack(self._columns["kind"])),
            "names": keep("n", self._packed_names()),
            "abouts": [page if isinstance(page, str) else keep("a", page) for page in self._abouts],
            "folds": sorted(self._folds.items()),
            "marks": {segment: said.encode() for segment, said in sorted(marks.items())},
            **({"is": dict(sorted(self._found_by_is.items()))} if self._found_by_is else {}),
        }
        hashes: list[Numbers] = []
        kept = []
        size = LARGE_SHARD_BYTES if self.count > LARGE_ITEMS else SHARD_BYTES
        for shard in shards(_noting(blocks, hashes), SMALL_BYTES if inline else size):
            occurrences = keep("o", shard.occurrences)
            kept.append([shard.first.decode(), keep("s", shard.terms), occurrences, len(shard.occurrences)])
        facts["shards"] = kept
        facts["forms"] = keep("b", pack_hashes(hashes)) if len(kept) > 1 else None
        facts["id"] = hashlib.sha256(salt.encode() + to_json(facts)).hexdigest()[:16]
        return facts, blobs

    def _packed_columns(self) -> bytes:
        days = np.asarray(self._dates, np.int64) // DAY_S
        steps = np.diff(days, prepend=0)
        numbers = np.concatenate((np.asarray(self._columns["length"], np.int64), steps << 1 ^ steps >> 63))
        return varints(numbers)[0] + bytes(self._columns["quality"]) + bytes(self._columns["language"])

    def _packed_names(self) -> bytes:
        columns = (np.asarray(self._columns[name], ">u8") for name in ("ident", "shown", "content"))
        return b"".join(column.tobytes() for column in columns)


def form_hashes(keys: Iterable[bytes]) -> Numbers:
    """Return the hashes of those keys that are forms."""
    found: Numbers = np.asarray([crc32(key) for key in keys if key[-1:] not in (STEM, TITLE)], np.int64)
    return found >> 32 - FORM_BITS


def pack_hashes(hashes: Iterable[Numbers]) -> bytes:
    """Return hashes in the form of the file."""
    return varints(np.diff(np.unique(np.concatenate([np.zeros(0, np.int64), *hashes])), prepend=0))[0]


def _noting(blocks: Iterator[Block], hashes: list[Numbers]) -> Iterator[Block]:
    """Pass blocks on and note the hashes of their forms."""
    for block in blocks:
        hashes.append(form_hashes(block.keys).astype(np.uint32))
        yield block


class _FacetMaker:
    """Numbers for folders, people, sites and tags in order of appearance."""

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}
        self._people: dict[str, int] = {}
        self._tags: dict[str, int] = {}
        self._sites: dict[str, int] = {}
        self._folder: list[int] = []
        self._person: list[int] = []
        self._site: list[int] = []
        self._tag: list[int] = []

    def add(self, row: Row) -> None:
        folder, author = shown(row.path).rpartition("/")[0], row.author
        self._folder.append(self._folders.setdefault(folder, len(self._folders)))
        self._person.append(self._people.setdefault(author, len(self._people)) + 1 if author else 0)
        site = row.site
        self._site.append(self._sites.setdefault(site, len(self._sites)) + 1 if site else 0)
        own = [self._tags.setdefault(tag, len(self._tags)) for tag in dict.fromkeys(row.tags)]
        self._tag += [len(own), *own]

    def pack(self, kinds: array[int]) -> bytes:
        values = {
            "folders": list(self._folders), "people": list(self._people), "tags": list(self._tags), "sites": list(self._sites),
        }  # fmt: skip
        numbers = np.asarray(self._folder + self._person + self._site + self._tag, np.int64)
        return b"".join((to_json(values), b"\n", bytes(kinds), varints(numbers)[0]))
