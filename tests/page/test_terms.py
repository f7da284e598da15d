"""Postings as bytes: what goes in comes out, and a merge says what its parts said."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.page.runs import Runs
from indexer.page.terms import decode, merged, shards
from indexer.terms.block import Block

Said = dict[tuple[bytes, int], tuple[int, tuple[int, ...]]]

KEYS = st.text("abcñ日=<", min_size=1, max_size=6).map(str.encode)
POSITIONS = st.sets(st.integers(0, 1 << 20), max_size=4).map(lambda found: tuple(sorted(found)))
SAID = st.dictionaries(
    st.tuples(KEYS, st.integers(0, 40)),
    st.tuples(st.sampled_from([1, 2, 14, 15, 16, 17, 300, 70_000]), POSITIONS),
    min_size=1,
    max_size=60,
)


def block_of(said: Said) -> Block:
    keys = sorted({key for key, _ in said})
    rows = sorted(said)
    numbers = [
        [sum(1 for key, _ in rows if key == wanted) for wanted in keys],
        [item for _, item in rows],
        [said[row][0] for row in rows],
        [len(said[row][1]) for row in rows],
        list(chain.from_iterable(said[row][1] for row in rows)),
    ]
    return Block(keys, *(np.asarray(column, np.int64) for column in numbers))


def said_by(blocks: list[Block]) -> Said:
    found: Said = {}
    for block in blocks:
        row = at = 0
        for key, frequency in zip(block.keys, block.frequencies.tolist(), strict=True):
            for _ in range(frequency):
                count = int(block.counts[row])
                place = (key, int(block.docs[row]))
                found[place] = int(block.weights[row]), tuple(block.positions[at : at + count].tolist())
                row, at = row + 1, at + count
    return found


@settings(deadline=None)
@given(SAID, st.integers(1, 400))
def test_shards_give_back_what_they_were_made_of(said: Said, size: int) -> None:
    made = list(shards([block_of(said)], size))
    assert said_by([decode(shard.terms, shard.occurrences) for shard in made]) == said
    firsts = [shard.first for shard in made]
    assert firsts == sorted(set(firsts))


@settings(deadline=None)
@given(SAID)
def test_runs_give_back_what_they_were_made_of(said: Said) -> None:
    runs = Runs()
    assert said_by(list(runs.add(block_of(said)))) == said
    runs.close()


@settings(deadline=None)
@given(st.lists(st.tuples(SAID, st.integers(1, 300), st.sets(st.integers(0, 40))), min_size=1, max_size=4))
def test_a_merge_says_what_its_parts_said_but_of_what_is_left_out(
    parts: list[tuple[Said, int, set[int]]],
) -> None:
    sources, first = [], 0
    expected: Said = {}
    for said, size, left_out in parts:
        numbers = np.full(41, -1, np.int64)
        for item in range(41):
            if item not in left_out:
                numbers[item] = first
                first += 1
        made = shards([block_of(said)], size)
        sources.append(([decode(shard.terms, shard.occurrences) for shard in made], numbers))
        expected |= {
            (key, int(numbers[item])): value for (key, item), value in said.items() if item not in left_out
        }
    blocks = list(merged(sources))
    assert said_by(blocks) == expected
    keys = [key for block in blocks for key in block.keys]
    assert keys == sorted(set(keys))
