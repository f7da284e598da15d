"""Which segments of the page are merged or rewritten next, so that few are searched and little is written? Pure."""

from __future__ import annotations

import math

from indexer.page.edition import Edition
from indexer.page.making import LARGE_ITEMS
from indexer.page.segments import PageSegment

OPEN_CHANGES, FAN = 3, 4
"""The most changes in the open segment; the number of segments of one level that are merged."""
OPEN_BYTES, CHANGE_BYTES = 16 << 10, 4 << 10
"""The most bytes of an open segment, which is written again with each change; those of a usual change."""
LATER_S = 20 * 3600
"""Seconds after which large segments with removed items are rewritten: within a day."""
DEAD_SHARE, MOST_LARGE = 0.25, 2


def level_of(changes: int) -> int:
    """Return the level of a segment made of this many changes at once: that of an equally large merged one."""
    return max(0, math.floor(math.log(max(changes, 1) / OPEN_CHANGES, FAN)))


def next_merge(state: Edition, now: int) -> list[PageSegment]:
    """Return the segments to merge next, a single one if it is to be rewritten; empty if nothing is due."""
    sealed = [segment for segment in state.segments if segment is not state.open]
    sizes = {segment.id: len(state.live(segment)) for segment in sealed}
    ids = sizes.keys()
    levels: dict[int, list[PageSegment]] = {}
    for segment in sealed:
        size = sizes[segment.id]
        is_late = now - segment.root.get("since", now) > LATER_S
        says_nothing = not size and (segment.count or ids.isdisjoint(segment.root["marks"]))
        if says_nothing or is_late or size < (1 - DEAD_SHARE) * segment.count - OPEN_CHANGES:
            return [segment]
        levels.setdefault(segment.root["level"], []).append(segment)
    for _, group in sorted(levels.items()):
        if len(group) >= FAN:
            return group
    large = sorted(
        (segment for segment in sealed if sizes[segment.id] > LARGE_ITEMS), key=lambda one: sizes[one.id]
    )
    pair = large[: 2 if len(large) > MOST_LARGE else 0]
    return [segment for segment in sealed if segment in pair]
