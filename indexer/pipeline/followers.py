"""What does each follower of the log still have to take in?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from indexer.catalogue import Catalogue
from indexer.errors import Damaged
from indexer.model.items import Item
from indexer.model.log import Change, Follower, Place
from indexer.model.terms import ItemTerms
from indexer.pipeline.follower_retries import Attempts
from indexer.terms import postings, weighing

BATCH, BATCH_BYTES = 500, 64 << 20
"""The most changes taken in at once, and the memory that their words may take while they are sorted."""


@dataclass(slots=True)
class _Following:
    name: str
    follower: Follower
    given: Place | None = None
    """The place that changes given in this process lead to; None: the follower has to be asked for its place."""

    def is_before(self, place: Place) -> bool:
        return self.given is not None and self.given.seq < place.seq


class Followers:
    """All followers of one catalogue's log, each at its own place. One that fails is tried again after a pause."""

    def __init__(self, catalogue: Catalogue, followers: Mapping[str, Follower], attempts: Attempts) -> None:
        """Give the log of `catalogue` to `followers`; `attempts` has them under the same names."""
        self._catalogue, self._attempts = catalogue, attempts
        self._all = {name: _Following(name, follower) for name, follower in followers.items()}

    def __getitem__(self, name: str) -> Follower:
        """Return a follower by its name."""
        return self._all[name].follower

    def replace(self, name: str, follower: Follower) -> Follower:
        """Replace a follower by another; return the former one, which the caller closes."""
        before, self._all[name] = self._all[name], _Following(name, follower)
        return before.follower

    def close(self) -> None:
        """Release the files of all followers."""
        for one in self._all.values():
            one.follower.close()

    def catch_up(self, *, at_once: bool = False) -> bool:
        """Bring every follower up to the end of the log; a failed one only once its pause is over.

        Return whether anything was taken in. `at_once`: failed ones, too; raise StateError at the end if one fails.
        Raise Damaged if the files of one, or the catalogue, are not as written.
        """
        end = Place(self._catalogue.log.epoch, self._catalogue.log.seq)
        going = [one for one in self._all.values() if at_once or self._attempts.is_due(one.name)]
        for one in going:
            if one.given is None or one.given.epoch != end.epoch:
                self._find(one, end)
        moved = False
        while behind := [one for one in going if one.is_before(end)]:
            changes = _next_changes(self._catalogue, min(one.given.seq for one in behind if one.given))
            place = Place(end.epoch, changes[-1].seq) if changes else end
            for one in behind:
                if self._hand_over(one, changes, place):
                    moved |= bool(changes)
                else:
                    going.remove(one)
        if at_once:
            self._attempts.raise_first(self._all)
        return moved

    def _find(self, one: _Following, end: Place) -> None:
        """Ask a follower for its place; if the log doesn't have everything after it, the follower begins from nothing."""
        one.given = None
        with self._attempts.trying(one.name):
            place = one.follower.place()
            if place is not None and not self._is_in_log(place, end):
                one.follower.begin_anew()
                place = None
            one.given = place or Place(end.epoch, 0)

    def _is_in_log(self, place: Place, end: Place) -> bool:
        return place.epoch == end.epoch and self._catalogue.log.complete_since <= place.seq <= end.seq

    def _hand_over(self, one: _Following, changes: list[Change], place: Place) -> bool:
        """Have a follower take in those changes that it lacks; tell whether it could."""
        fresh = [change for change in changes if one.given and change.seq > one.given.seq]
        with self._attempts.trying(one.name):
            if fresh:
                one.follower.apply(fresh, place)
            one.given = place
        return one.given is place

    def tidy(self, *, thoroughly: bool = False) -> bool:
        """Do a bounded part of each follower's merging; tell whether more is left. `thoroughly`: do all of it at once."""
        more = False
        for one in self._all.values():
            what = f"{one.name} merge"
            if thoroughly or self._attempts.is_due(what):
                with self._attempts.trying(what, is_asked=thoroughly):
                    more |= one.follower.tidy(thoroughly=thoroughly)
        return more

    @property
    def least(self) -> int:
        """The number of the last change that every follower has taken in for good."""
        places = [one.follower.place() for one in self._all.values()]
        return min((place.seq if place else 0 for place in places), default=0)


def _next_changes(catalogue: Catalogue, seq: int) -> list[Change]:
    """Return the next changes of the log, as many as fit into memory at once, at least one."""
    changes: list[Change] = []
    room = BATCH_BYTES
    with closing(catalogue.log.entries_since(seq, BATCH)) as entries:
        for entry in entries:
            changes.append(Change(entry, _weigh))
            room -= postings.room_of(entry.terms)
            if room <= 0:
                break
    return changes


def _weigh(item: Item, packed: bytes) -> ItemTerms:
    try:
        return weighing.item_terms(item, packed)
    except ValueError as error:
        raise Damaged(f"the catalogue is damaged ({error}): run `indexer scan`, which repairs it") from error
