"""Which segments of the page are merged next, and which are rewritten: few to search, little to write. Pure."""

from __future__ import annotations

import math

from indexer.page.making import LARGE_ITEMS
from indexer.page.published import Published
from indexer.page.segments import Segment

OPEN_CHANGES, FAN = 8, 4
"""So many changes stay in the open segment; so many segments of like size are merged."""
LATER_S = 20 * 3600
"""Large segments with something removed are rewritten after so long: within a day."""
DEAD_SHARE, MOST_LARGE = 0.25, 2


def next_merge(state: Published, now: int) -> list[Segment]:
    """Return the segments to merge next, one alone where it is to be rewritten; none where nothing is due."""
    sealed = [segment for segment in state.segments if segment is not state.open]
    sizes = {segment.id: len(state.live(segment)) for segment in sealed}
    tiers: dict[int, list[Segment]] = {}
    for segment in sealed:
        size = sizes[segment.id]
        is_late = now - segment.root.get("since", now) > LATER_S
        if (segment.count and not size) or is_late or size < (1 - DEAD_SHARE) * segment.count - OPEN_CHANGES:
            return [segment]
        tiers.setdefault(max(0, math.floor(math.log(max(size, 1) / OPEN_CHANGES, FAN))), []).append(segment)
    for _, group in sorted(tiers.items()):
        if len(group) >= FAN:
            return group
    large = sorted(
        (segment for segment in sealed if sizes[segment.id] > LARGE_ITEMS), key=lambda one: sizes[one.id]
    )
    pair = large[: 2 if len(large) > MOST_LARGE else 0]
    return [segment for segment in sealed if segment in pair]
