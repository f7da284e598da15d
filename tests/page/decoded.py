"""What a state of the page says, taken out of its files: for tests that compare states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from indexer.page.datafile import Files
from indexer.page.edition import Edition

Said = dict[str, Any]


def decoded(files: Files, head: str) -> dict[int, Said]:
    """Return each live item: its row, its text, what ranking needs, and every key with weight and positions."""
    published = Edition.read(files, head)
    assert not published.missing
    found: dict[int, Said] = {}
    for segment in published.segments:
        keys = _keys(segment)
        names, columns, facets = segment.names, segment.columns, segment.facets
        times = segment.times()
        for item, row, text in published.rows_in(segment, published.live(segment).tolist()):
            assert row is not None
            passages = segment.passages(text, row) if text else None
            ident = int(names.idents[item])
            assert ident not in found, "an item stands in two places"
            person = int(facets.person[item])
            found[ident] = {
                "row": replace(row, text=-1, place=0).encode(),
                "text": passages,
                "date": int(columns.days[item]) * 86400 + int(times[item]),
                "ranking": [int(c[item]) for c in (columns.lengths, columns.qualities, columns.languages)],
                "facets": [
                    int(facets.kinds[item]), facets.folders[int(facets.folder[item])],
                    facets.people[person - 1] if person else "",
                ],
                "content": int(names.contents[item]),
                "keys": keys.get(item, {}),
            }  # fmt: skip
    return found


def _keys(segment: Any) -> dict[int, dict[bytes, tuple[int, tuple[int, ...]]]]:
    found: dict[int, dict[bytes, tuple[int, tuple[int, ...]]]] = {}
    last = b""
    for block in segment.blocks():
        assert block.keys == sorted(set(block.keys))
        assert block.keys[0] > last
        last = block.keys[-1]
        rows = np.repeat(np.arange(len(block.keys)), block.frequencies).tolist()
        ends = np.cumsum(block.counts).tolist()
        for key, item, weight, count, end in zip(
            rows, block.docs.tolist(), block.weights.tolist(), block.counts.tolist(), ends, strict=True
        ):
            positions = tuple(block.positions[end - count : end].tolist())
            found.setdefault(item, {})[block.keys[key]] = (weight, positions)
    return found


def folds(files: Files, head: str) -> dict[int, int]:
    """Return the fold of each live item that has one."""
    published = Edition.read(files, head)
    found = {}
    for segment in published.segments:
        known = {**segment.folds, **published.marks_of(segment).folds}
        for item in published.live(segment).tolist():
            if item in known:
                found[int(segment.names.idents[item])] = known[item]
    return found
