"""The page's postings: blocks of sorted terms to shards of bytes and back, and merged. Pure.

docs/page-format.md has the format. Everything is done block by block, so that a merge of 100,000 items needs only the memory of
some shards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexer.terms.block import Block
from indexer.terms.rows import Numbers, Rows, Sorted, gathered, ranges, unvarints, varints
from indexer.terms.words import STEM_MARK

STEM, TITLE = b"=", b"<"
"""After a key: it is a stem; it is in the title."""
ESCAPE = 15
_KEY_BYTES, _KEYS_BYTES = 1_000, 64 << 20
"""The limit of a key's length, and of the keys of a shard together."""

_MARK = STEM_MARK.encode()


@dataclass(frozen=True, slots=True)
class Shard:
    """Two files: some terms with their postings, and the positions of these."""

    first: bytes
    terms: bytes
    occurrences: bytes


def block_of(text: Rows, titles: Rows) -> Block:
    """Return the postings of rows whose keys are terms, and of rows whose keys are the forms of titles."""
    parts = [text.sort(), titles.sort()]
    keys = [key[1:] + STEM if key.startswith(_MARK) else key for key in parts[0].keys]
    keys += [key + TITLE for key in parts[1].keys]
    order = np.asarray(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    return _in_order(parts, [keys[n] for n in order], order)


def sorted_block(block: Block, mark: bytes) -> Block:
    """Return a block in order, with a mark behind each key."""
    keys = [key + mark for key in block.keys]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if order == list(range(len(keys))):
        return replace(block, keys=keys)
    return _in_order([block], [keys[n] for n in order], np.asarray(order, np.int64))


def _in_order(parts: Sequence[Sorted | Block], keys: list[bytes], order: Numbers) -> Block:
    frequencies = np.concatenate([part.frequencies for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    rows = ranges((np.cumsum(frequencies) - frequencies)[order], frequencies[order])
    places = (np.cumsum(counts) - counts)[rows]
    return Block(
        keys,
        frequencies[order],
        np.concatenate([part.docs for part in parts])[rows],
        np.concatenate([part.weights for part in parts])[rows],
        counts[rows],
        gathered(np.concatenate([part.positions for part in parts]), places, counts[rows]),
    )


# --- merging --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Source:
    """The blocks of one merged segment, and the new numbers of its items."""

    blocks: Iterator[Block]
    numbers: Numbers
    """For each item its new number, -1 if it is left out."""
    block: Block | None = None
    at: int = 0
    """How many keys of `block` are taken."""
    _rows: Numbers = field(default_factory=lambda: np.zeros(1, np.int64))
    _places: Numbers = field(default_factory=lambda: np.zeros(1, np.int64))

    def advance(self) -> None:
        """Go to the next block once all keys of the current one are taken."""
        if self.block is None or self.at == len(self.block.keys):
            self.block, self.at = next(self.blocks, None), 0
            if self.block is not None:
                self._rows = np.concatenate(([0], np.cumsum(self.block.frequencies)))
                self._places = np.concatenate(([0], np.cumsum(self.block.counts)))

    def take(self, bound: bytes) -> Block:
        """Return the postings of the keys up to `bound` with new item numbers, including those left out (as -1)."""
        assert self.block is not None
        block, end = self.block, bisect_right(self.block.keys, bound, self.at)
        first, last = int(self._rows[self.at]), int(self._rows[end])
        taken = Block(
            block.keys[self.at : end],
            block.frequencies[self.at : end],
            self.numbers[block.docs[first:last]],
            block.weights[first:last],
            block.counts[first:last],
            block.positions[int(self._places[first]) : int(self._places[last])],
        )
        self.at = end
        return taken


def merged(sources: Iterable[tuple[Iterable[Block], Numbers]]) -> Iterator[Block]:
    """Yield the postings of several segments as one; each segment comes with the new numbers of its items (-1: left out)."""
    waiting = [_Source(iter(blocks), numbers) for blocks, numbers in sources]
    while True:
        for source in waiting:
            source.advance()
        waiting = [source for source in waiting if source.block is not None]
        if not waiting:
            return
        bound = min(source.block.keys[-1] for source in waiting if source.block)
        block = _joined([source.take(bound) for source in waiting])
        if block.keys:
            yield block


def _joined(pieces: list[Block]) -> Block:
    keys = sorted({key for piece in pieces for key in piece.keys})
    rank = {key: number for number, key in enumerate(keys)}
    ranks = np.concatenate(
        [
            np.repeat(np.fromiter(map(rank.__getitem__, p.keys), np.int64, len(p.keys)), p.frequencies)
            for p in pieces
        ]
    )
    docs = np.concatenate([piece.docs for piece in pieces])
    weights = np.concatenate([piece.weights for piece in pieces])
    counts = np.concatenate([piece.counts for piece in pieces])
    positions = np.concatenate([piece.positions for piece in pieces])
    kept = np.flatnonzero(docs >= 0)
    order = kept[np.argsort(ranks[kept] << 32 | docs[kept], kind="stable")]
    places = (np.cumsum(counts) - counts)[order]
    frequencies = np.bincount(ranks[order], minlength=len(keys))
    present = np.flatnonzero(frequencies)
    if len(present) < len(keys):
        keys = [keys[n] for n in present.tolist()]
    counts = counts[order]
    positions = gathered(positions, places, counts)
    return Block(keys, frequencies[present], docs[order], weights[order], counts, positions)


# --- to bytes -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Encoded:
    """Some keys with the bytes of their postings and occurrences."""

    keys: list[bytes] = field(default_factory=list)
    frequencies: list[Numbers] = field(default_factory=list)
    sizes: list[Numbers] = field(default_factory=list)
    postings: list[bytes] = field(default_factory=list)
    places: list[Numbers] = field(default_factory=list)
    """For each key, the bytes of its occurrences."""
    occurrences: list[bytes] = field(default_factory=list)
    size: int = 0

    def shard(self) -> Shard:
        raw = _encode_keys(self.keys)
        numbers = np.concatenate([*self.frequencies, *self.sizes])
        terms = b"".join((raw, varints(numbers)[0], *self.postings))
        places = varints(np.concatenate(([len(self.keys)], *self.places)))[0]
        return Shard(self.keys[0], terms, b"".join((places, *self.occurrences)))


def shards(blocks: Iterable[Block], shard_bytes: int) -> Iterator[Shard]:
    """Yield shards of about `shard_bytes` bytes of terms and postings."""
    pending = _Encoded()
    for block in blocks:
        postings, sizes = encode_postings(block)
        occurrences, places = encode_occurrences(block)
        ends, place_ends = np.cumsum(sizes), np.cumsum(places)
        keys = np.fromiter((len(key) // 2 + 3 for key in block.keys), np.int64)
        totals = np.cumsum(sizes + keys + places // 64)  # no file of positions grows beyond its limit
        at = 0
        while at < len(block.keys):
            before = int(totals[at - 1]) if at else 0
            end = int(np.searchsorted(totals, before + shard_bytes - pending.size)) + 1
            end = min(end, len(block.keys))
            first, place = (int(ends[at - 1]), int(place_ends[at - 1])) if at else (0, 0)
            pending.keys += block.keys[at:end]
            pending.frequencies.append(block.frequencies[at:end])
            pending.sizes.append(sizes[at:end])
            pending.postings.append(postings[first : int(ends[end - 1])])
            pending.places.append(places[at:end])
            pending.occurrences.append(occurrences[place : int(place_ends[end - 1])])
            pending.size += int(totals[end - 1]) - before
            at = end
            if pending.size >= shard_bytes:
                yield pending.shard()
                pending = _Encoded()
    if pending.keys:
        yield pending.shard()


def _starts(lengths: Numbers) -> Numbers:
    return np.cumsum(lengths) - lengths


def _differences(values: Numbers, starts: Numbers, first: int) -> Numbers:
    """Return each value less the one before it; at `starts` (which may be equal), less `first`."""
    found = np.diff(values, prepend=first)
    found[starts] = values[starts] - first
    return found


def encode_postings(block: Block) -> tuple[bytes, Numbers]:
    """Return the bytes of all postings, and how many each key has."""
    gaps = _differences(block.docs, _starts(block.frequencies), -1) - 1
    small = np.minimum(block.weights - 1, ESCAPE)
    large = np.flatnonzero(small == ESCAPE)
    key_of_row = np.repeat(np.arange(len(block.keys)), block.frequencies)
    escapes = np.bincount(key_of_row[large], minlength=len(block.keys))
    starts = _starts(block.frequencies + escapes)
    values = np.empty(len(gaps) + len(large), np.int64)
    values[ranges(starts, block.frequencies)] = gaps << 4 | small
    values[ranges(starts + block.frequencies, escapes)] = block.weights[large] - ESCAPE - 1
    raw, sizes = varints(values)
    return raw, np.add.reduceat(sizes, starts) if len(starts) else starts


def encode_occurrences(block: Block) -> tuple[bytes, Numbers]:
    """Return the bytes of all occurrences, and how many each key has."""
    key_of_row = np.repeat(np.arange(len(block.keys)), block.frequencies)
    sums = np.bincount(key_of_row, weights=block.counts, minlength=len(block.keys)).astype(np.int64)
    steps = _differences(block.positions, _starts(block.counts)[block.counts > 0], 0)
    starts = _starts(block.frequencies + sums)
    values = np.empty(len(block.counts) + len(steps), np.int64)
    values[ranges(starts, block.frequencies)] = block.counts
    values[ranges(starts + block.frequencies, sums)] = steps
    raw, sizes = varints(values)
    return raw, np.add.reduceat(sizes, starts) if len(starts) else starts


def _encode_keys(keys: list[bytes]) -> bytes:
    """Return how many keys there are, and each as the bytes that it shares with the one before, those it adds, and these."""
    parts = [_varint(len(keys))]
    for at in range(0, len(keys), _COMPARED):
        some = keys[max(0, at - 1) : at + _COMPARED]
        shared = _shared([b"", *some] if at == 0 else some)
        for key, same in zip(keys[at : at + _COMPARED], shared, strict=True):
            more = key[same:]
            parts += _SMALL[same : same + 1] or (_varint(same),)
            parts += _SMALL[len(more) : len(more) + 1] or (_varint(len(more)),)
            parts.append(more)
    return b"".join(parts)


_COMPARED = 4096
"""Keys compared at a time: each takes as many bytes as the longest."""
_SMALL = tuple(bytes((value,)) for value in range(128))
"""Small numbers as varints."""


def _shared(keys: list[bytes]) -> list[int]:
    """Return for each key but the first the number of leading bytes that it shares with the one before."""
    width = max(map(len, keys)) + 1  # in which keys end with zeros, which none of them has
    table = np.array(keys, f"S{width}").view(np.uint8).reshape(len(keys), width)
    lengths = np.fromiter(map(len, keys), np.int64, len(keys))
    same = np.argmin(table[1:] == table[:-1], axis=1)
    same[(table[1:] == table[:-1]).all(axis=1)] = width
    found: list[int] = np.minimum(same, np.minimum(lengths[1:], lengths[:-1])).tolist()
    return found


def _varint(value: int) -> bytes:
    if value < 128:
        return bytes((value,))
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


# --- from bytes -----------------------------------------------------------------------------------


def decode(terms: bytes, occurrences: bytes) -> Block:
    """Return the postings of a shard; raise ValueError if it is not one."""
    keys, at = _decode_keys(terms)
    count = len(keys)
    numbers = unvarints(terms[at:])
    begin = len(varints(numbers[: 2 * count])[0])
    places = unvarints(occurrences)[1 : count + 1]
    behind = len(occurrences) - int(places.sum())
    if len(numbers) < 2 * count or len(places) < count or behind < 0:
        raise ValueError("not a shard")
    return block_from(
        keys, numbers[:count], numbers[count : 2 * count], terms[at + begin :], places, occurrences[behind:]
    )


def block_from(
    keys: list[bytes],
    frequencies: Numbers,
    sizes: Numbers,
    postings: bytes,
    places: Numbers,
    occurrences: bytes,
) -> Block:
    """Return keys with their postings and occurrences, given the bytes that each key has of both."""
    values, lengths = _numbers(postings, sizes)
    starts = _starts(lengths)
    rows = values[ranges(starts, frequencies)]
    docs = _running(rows >> 4, frequencies, 1) - 1
    weights = (rows & ESCAPE) + 1
    weights[weights > ESCAPE] += values[ranges(starts + frequencies, lengths - frequencies)]
    values, lengths = _numbers(occurrences, places)
    starts = _starts(lengths)
    counts = values[ranges(starts, frequencies)]
    steps = values[ranges(starts + frequencies, lengths - frequencies)]
    return Block(keys, frequencies, docs, weights, counts, _running(steps, counts, 0))


def _numbers(raw: bytes, sizes: Numbers) -> tuple[Numbers, Numbers]:
    """Return all numbers, and how many are in each of the byte ranges of these sizes."""
    ends = np.flatnonzero(np.frombuffer(raw, np.uint8) < 128)
    return unvarints(raw), np.diff(np.searchsorted(ends, np.cumsum(sizes)), prepend=0)


def _decode_keys(terms: bytes) -> tuple[list[bytes], int]:
    count, at = _number(terms, 0)
    keys, key, size = [], b"", 0
    for _ in range(count):
        shared, at = _number(terms, at)
        more, at = _number(terms, at)
        before, key = key, key[:shared] + terms[at : at + more]
        at += more
        size += len(key)
        if key <= before or len(key) > _KEY_BYTES or size > _KEYS_BYTES:
            raise ValueError("not a key")
        keys.append(key)
    return keys, at


def _number(raw: bytes, at: int) -> tuple[int, int]:
    byte = raw[at]
    if byte < 128:
        return byte, at + 1
    value, shift = byte & 127, 7
    while byte > 127:
        at += 1
        byte = raw[at]
        value |= (byte & 127) << shift
        shift += 7
    return value, at + 1


def _running(steps: Numbers, lengths: Numbers, more: int) -> Numbers:
    """Return the running sums of steps (each plus `more`) within groups of these lengths."""
    sums = np.cumsum(steps + more)
    lengths = lengths[lengths > 0]
    before = np.concatenate(([0], sums[np.cumsum(lengths)[:-1] - 1])) if len(lengths) else sums
    running: Numbers = sums - np.repeat(before, lengths)
    return running
