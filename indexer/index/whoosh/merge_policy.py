"""Which segments of the index are merged next? Pure."""

from __future__ import annotations

from indexer.index.whoosh.segment import Segment

MANY_SEGMENTS = 10
"""With more segments, some are merged in idle time."""
MOST_REMOVED = 0.2
"""A segment with a larger share of removed documents is rewritten."""
MOST_BYTES = 4 << 30
"""Numbers of postings and positions take four bytes, so a segment must hold fewer than 2³² of each."""


def due_for_merging(segments: tuple[Segment, ...]) -> list[Segment]:
    """Return the segments to merge next; empty if none need it.

    If there are many, take the smallest ones, as long as each is at most twice as large as those before it together:
    so an item is rewritten a logarithmic number of times. Else take one with many removed documents. None grows beyond
    `MOST_BYTES`.
    """
    by_size = sorted(
        (s for s in segments if s.size < MOST_BYTES // 2), key=lambda segment: segment.doc_count()
    )
    if len(by_size) > MANY_SEGMENTS:
        chosen: list[Segment] = []
        docs = size = 0
        for segment in by_size:
            is_large = segment.doc_count() > 2 * docs and len(chosen) > len(by_size) - MANY_SEGMENTS
            if len(chosen) > 1 and (is_large or size + segment.size > MOST_BYTES):
                break
            chosen.append(segment)
            docs, size = docs + segment.doc_count(), size + segment.size
        return chosen
    return next(([s] for s in by_size if len(s.removed) > MOST_REMOVED * s.docs), [])
