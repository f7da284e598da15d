"""Entries as the page's data files: pure encoding, bytes in memory; `deliver` writes them.

Every file is a classic script, `F("name","base64 of deflate-raw",length)`, because nothing else loads from `file://`.
Numbers are LEB128 varints unless said otherwise; texts are UTF-8 with a varint length before them.

- head: the number of items and their total length, one row of columns an item (kind, folder, date, length, copies, static byte, language),
  the folders, and the name and first term of each other file. Loaded at start, named by its content like the others.
- terms: some 60 KB of sorted terms (compared as UTF-8 bytes), each as shared prefix length, suffix, number of items
  and size of its postings; a posting is `gap << 4 | min(weight, 15)`, 15 followed by `weight - 15`.
- about: 100 items, JSON.
- text: the passages of some items for snippets, JSON, about 32 KB each.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import shorten
from urllib.parse import quote

import numpy as np

from indexer import postings, ranking
from indexer.languages import LANGUAGES, function_words
from indexer.model import Item, Kind, Passage
from indexer.rows import Rows, Sorted, varints

FORMAT = 1
TERMS_BYTES, TEXT_BYTES, ABOUT_ITEMS, BATCH_ITEMS = 60_000, 32_000, 100, 2_000
KINDS = tuple(Kind)
CODES = ("", *LANGUAGES)
SHOWN_LINKS = 20


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One item as the page needs it."""

    item: Item
    terms: bytes
    """`postings.pack` of its text."""
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """All data files of a page."""

    files: dict[str, bytes]
    """File name to content; names are made of content, so that equal content is never written again."""
    head: str
    """The name of the file to load first."""
    newest: tuple[tuple[Item, str], ...]
    """The newest items with the beginning of their text, for the page itself."""
    count: int
    total: int
    """Results without a query: items, copies folded."""
    departments: dict[str, int]
    kinds: dict[str, int]
    """How many results there are in each."""


def encode(entries: Iterable[PageEntry], text_kb: int, newest: int = 20) -> Segment:
    """Return the data files for `entries`, at most `text_kb` KB of the text of each."""
    made = _Builder(text_kb << 10)
    for entry in entries:
        made.add(entry)
    return made.segment(newest)


@dataclass(slots=True)
class _Builder:
    text_limit: int
    files: dict[str, bytes] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)
    """Of the last items, until they are encoded."""
    encoded: int = 0
    """How many items' postings are encoded."""
    terms: dict[bytes, _Encoded] = field(default_factory=dict)
    columns: dict[str, list[int]] = field(
        default_factory=lambda: {
            name: [] for name in ("kind", "folder", "date", "length", "fold", "quality", "language", "text")
        }
    )
    folders: dict[str, int] = field(default_factory=dict)
    folds: dict[str, int] = field(default_factory=dict)
    about: list[list[object]] = field(default_factory=list)
    about_names: list[str] = field(default_factory=list)
    texts: list[list[list[object]]] = field(default_factory=list)
    texts_size: int = 0
    text_names: list[str] = field(default_factory=list)
    heads: list[tuple[int, Item, str]] = field(default_factory=list)

    def add(self, entry: PageEntry) -> None:
        item = entry.item
        body = postings.unpack(entry.terms)
        language = body.language if entry.terms else ranking.language_beside(item)
        more = ranking.beside(item, language, body.end)
        self.rows.add_text(body, more)
        if len(self.columns["kind"]) + 1 - self.encoded == BATCH_ITEMS:
            self._end_batch(BATCH_ITEMS)
        columns = self.columns
        columns["kind"].append(KINDS.index(item.kind))
        columns["folder"].append(self.folders.setdefault("/".join(item.folders), len(self.folders)))
        columns["date"].append(round(item.date.timestamp()))
        columns["length"].append(body.length * ranking.BODY + more.length)
        columns["quality"].append(ranking.quality(item, has_text=bool(body.terms)))
        columns["language"].append(CODES.index(language))
        fold = item.fold_key
        columns["fold"].append(self.folds.setdefault(fold, len(self.folds) + 1) if fold else 0)
        beginning = self._add_text(entry)
        self.about.append(_about(item))
        if len(self.about) == ABOUT_ITEMS:
            self._end_about()
        self.heads.append((columns["date"][-1], item, beginning))
        if len(self.heads) > 1000:
            self._keep_newest(200)

    def _add_text(self, entry: PageEntry) -> str:
        """Take the text for snippets and return its beginning."""
        kept: list[list[object]] = []
        left = self.text_limit
        for passage in entry.passages or ((Passage(entry.item.note),) if entry.item.note else ()):
            if left <= 0:
                break
            text = " ".join(passage.text[:left].split())
            kept.append([text, passage.page_number or 0])
            left -= len(text)
        if self.texts and self.texts_size + self.text_limit - left > TEXT_BYTES:
            self._end_text()
        self.columns["text"].append(len(self.text_names))
        self.texts.append(kept)
        self.texts_size += self.text_limit - left
        return shorten(str(kept[0][0]), 200, placeholder=" …") if kept else ""

    def _keep_newest(self, count: int) -> None:
        self.heads.sort(key=lambda head: -head[0])  # stable: equal dates stay in the order of their paths
        folds: set[str] = set()
        kept = []
        for head in self.heads:
            fold = head[1].fold_key
            if not fold or fold not in folds:
                folds.add(fold)
                kept.append(head)
        self.heads = kept[:count]

    def _end_about(self) -> None:
        if self.about:
            self.about_names.append(self._file("a", _json(self.about)))
            self.about = []

    def _end_batch(self, count: int) -> None:
        """Encode what is waiting, so that memory holds few postings as numbers."""
        if count:
            _encode(self.rows.sort(), self.encoded, self.terms)
            self.rows, self.encoded = Rows(), self.encoded + count

    def _end_text(self) -> None:
        if self.texts:
            self.text_names.append(self._file("t", _json(self.texts)))
            self.texts, self.texts_size = [], 0

    def _file(self, prefix: str, raw: bytes) -> str:
        """Take in one data file and return its name."""
        name = f"{prefix}-{hashlib.sha256(raw).hexdigest()[:16]}"
        self.files[name + ".js"] = script(name, raw)
        return name

    def segment(self, newest: int) -> Segment:
        self._end_about()
        self._end_text()
        self._end_batch(len(self.columns["kind"]) - self.encoded)
        bounds = [[first, self._file("s", raw)] for first, raw in _shards(self.terms)]
        columns = self.columns
        head = {
            "format": FORMAT,
            "kinds": list(map(str, KINDS)),
            "folders": [shown(name) for name in self.folders],
            **columns,
            "codes": CODES,
            "functionWords": sorted(
                function_words(tuple(CODES[n] for n in sorted({*columns["language"]} - {0})))
            ),
            "abouts": self.about_names,
            "perAbout": ABOUT_ITEMS,
            "texts": self.text_names,
            "shards": bounds,
        }
        name = self._file("h", _json(head))
        self._keep_newest(newest)
        total, departments, kinds = self._count_results()
        shown_first = tuple((item, text) for _, item, text in self.heads)
        return Segment(self.files, name, shown_first, len(columns["kind"]), total, departments, kinds)

    def _count_results(self) -> tuple[int, dict[str, int], dict[str, int]]:
        """Count results as the page does: copies are one, in each group of its own."""
        columns, names = self.columns, list(self.folders)
        results: set[int] = set()
        groups: dict[str, set[int]] = {}
        for number, (kind, folder, fold) in enumerate(
            zip(columns["kind"], columns["folder"], columns["fold"], strict=True)
        ):
            key = fold or -number - 1
            results.add(key)
            groups.setdefault("k" + KINDS[kind], set()).add(key)
            if department := names[folder].partition("/")[0]:
                groups.setdefault("d" + shown(department), set()).add(key)
        counts = {name: len(keys) for name, keys in groups.items()}
        return (
            len(results),
            {name[1:]: count for name, count in counts.items() if name[0] == "d"},
            {name[1:]: count for name, count in counts.items() if name[0] == "k"},
        )


def _about(item: Item) -> list[object]:
    """Return what the page shows of an item: id, path, address, title, author, url, size, tags, flags."""
    return [item.id, shown(item.path), href_of(item), item.title, item.author, item.url or "", item.size, list(item.tags),
            (1 if item.online_only else 0), [link.split(" ", 1) for link in item.hyperlinks[:SHOWN_LINKS]]]  # fmt: skip


def href_of(item: Item) -> str:
    """Return the address an item's title leads to: its own, or that of the file, relative to the page."""
    return item.url if item.url else path_href(item.path)


def path_href(path: str) -> str:
    """Return a relative address of a file: each name percent-encoded, undecodable bytes as they are on disk."""
    raw = path.encode("utf-8", "surrogateescape" if _is_escaped(path) else "surrogatepass")
    quoted = quote(raw, safe="/~!*'()")
    return "./" + quoted if ":" in path.partition("/")[0] else quoted


def _is_escaped(path: str) -> bool:
    return all(not "\ud800" <= c <= "\udfff" or "\udc80" <= c <= "\udcff" for c in path)


def shown(path: str) -> str:
    """Return a path as a page can show it: lone surrogates as U+FFFD."""
    return path.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(slots=True)
class _Encoded:
    """The postings of one term as far as they are encoded."""

    count: int = 0
    last: int = -1
    """The last item that has it."""
    raw: bytearray = field(default_factory=bytearray)


def _shards(terms: dict[bytes, _Encoded]) -> Iterator[tuple[str, bytes]]:
    """Yield (first term, bytes) of each file of terms, in order."""
    raw, first, before = bytearray(), "", b""
    for key in sorted(terms):
        if not raw:
            first, before = key.decode(), b""
        shared, entry = _shared(before, key), terms[key]
        raw += _varint(shared) + _varint(len(key) - shared) + key[shared:]
        raw += _varint(entry.count) + _varint(len(entry.raw)) + entry.raw
        before = key
        if len(raw) >= TERMS_BYTES:
            yield first, bytes(raw)
            raw = bytearray()
    if raw:
        yield first, bytes(raw)


def _shared(a: bytes, b: bytes) -> int:
    """Return how many bytes two keys have in common at their beginning."""
    for at, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return at
    return min(len(a), len(b))


def _encode(rows: Sorted, first: int, terms: dict[bytes, _Encoded]) -> None:
    """Add the postings of a batch of items, numbered from `first`, to those of the items before it."""
    entries = [terms.setdefault(key, _Encoded()) for key in rows.keys]
    starts = np.cumsum(rows.frequencies) - rows.frequencies
    docs = rows.docs + first
    gaps = np.diff(docs, prepend=-1)
    gaps[starts] = docs[starts] - np.fromiter((entry.last for entry in entries), np.int64, len(entries))
    numbers = np.stack(((gaps - 1) << 4 | np.minimum(rows.weights, 15), rows.weights - 15), 1)
    used = np.stack((np.ones(len(gaps), bool), rows.weights >= 15), 1)
    encoded, sizes = varints(numbers[used])
    lasts = starts + rows.frequencies - 1
    ends = np.cumsum(sizes)[np.cumsum(used.sum(axis=1)) - 1][lasts].tolist()
    begin = 0
    for entry, end, count, last in zip(
        entries, ends, rows.frequencies.tolist(), docs[lasts].tolist(), strict=True
    ):
        entry.raw += encoded[begin:end]
        entry.count += count
        entry.last = last
        begin = end


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def script(name: str, raw: bytes) -> bytes:
    """Return a data file: one call with the name, the deflated bytes in base64, and how long they are."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = base64.b64encode(packer.compress(raw) + packer.flush()).decode()
    return f'F("{name}","{packed}",{len(raw)})\n'.encode()


def unscript(data: bytes) -> tuple[str, bytes]:
    """Return name and bytes of a data file; raise ValueError for anything else."""
    parts = data.decode("ascii").strip().removeprefix("F(").removesuffix(")").split(",")
    if len(parts) != 3:
        raise ValueError("not a data file")
    return parts[0].strip('"'), zlib.decompress(base64.b64decode(parts[1].strip('"')), -15)
