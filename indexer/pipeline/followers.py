"""What has a follower of the log still to take in?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from indexer.catalogue import Catalogue
from indexer.model.log import Entry, Follower, Place
from indexer.terms import postings

BATCH, BATCH_BYTES = 500, 64 << 20
"""So many changes a follower takes in at once, and so much room their words may take while they are put in order."""


def following(catalogue: Catalogue, follower: Follower) -> Iterator[tuple[list[Entry], Place]]:
    """Yield the changes after the follower's place in batches, each with the place that it leads to."""
    place = follower.place()
    seq = place.seq if place and place.epoch == catalogue.epoch else 0
    while entries := _next_entries(catalogue, seq):
        seq = entries[-1].seq
        yield entries, Place(catalogue.epoch, seq)


def _next_entries(catalogue: Catalogue, seq: int) -> list[Entry]:
    """Return the next changes of the log, as many as may be in memory at once: one text at least."""
    entries: list[Entry] = []
    room = BATCH_BYTES
    with closing(catalogue.entries_since(seq, BATCH)) as changes:
        for entry in changes:
            entries.append(entry)
            room -= postings.room_of(entry.terms)
            if room <= 0:
                break
    return entries
