"""What does the team know, and who of it? Topics, people and what rises, made of the items that are on the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from indexer.catalogue import Catalogue
from indexer.model.items import ItemId, Kind, department_of, parent_of
from indexer.model.names import name_key
from indexer.model.team import Person, Rise, Signed, Topic, TopicItem
from indexer.page.scope import Scope
from indexer.team import people as of_people
from indexer.team.people import Names
from indexer.team.rises import rises
from indexer.team.signed import departments_of, named, signed
from indexer.team.topics import topics

EXPERT_TERMS = 8
"""Key terms of an item that its signers are told to know."""
_MOST_EXPERTS, _MOST_ON_A_TERM = 2_000, 5


class Known:
    """What the team knows, as far as it is on the page; each part is made when it is asked for first."""

    def __init__(self, catalogue: Catalogue, scope: Scope, *, authors: bool) -> None:
        """Look at the items of `catalogue` that are in `scope`; `authors`: who wrote a document knows it, too."""
        self._catalogue, self._scope, self._authors = catalogue, scope, authors

    @cached_property
    def signed(self) -> list[Signed]:
        """What people signed."""
        return signed(self._catalogue, self._scope, authors=self._authors)

    @cached_property
    def names(self) -> Names:
        """Whose names are whose."""
        told = named(self._catalogue)
        return Names([one.name for one in self.signed], told, told.unlisted)

    @cached_property
    def items(self) -> list[TopicItem]:
        """The items with their key terms, who signed them, and which other departments know of them."""
        related = [
            one
            for one in self._catalogue.team.related()
            if one.kind not in (Kind.NOTE, Kind.QUESTION) and self._scope.shows(one.path, one.text_key)
        ]
        departments = {one.id: department_of(parent_of(one.path)) for one in related}
        at_home = departments_of(self.signed, departments)
        by_item: dict[ItemId, list[Signed]] = defaultdict(list)
        for sign in self.signed:
            by_item[sign.item].append(sign)
        return [
            TopicItem(
                one.id,
                departments[one.id],
                one.terms,
                one.date,
                self._signers(by_item.get(one.id, ())),
                _known_in(departments[one.id], by_item.get(one.id, ()), at_home),
            )
            for one in related
        ]

    def _signers(self, those: Sequence[Signed]) -> tuple[str, ...]:
        shown = (self.names.shown(one.name) for one in those if one.kind in of_people.KINDS)
        return tuple(dict.fromkeys(filter(None, shown)))

    @cached_property
    def topics(self) -> list[Topic]:
        """What the team works on, and who doesn't know of one another."""
        return topics(self.items)

    def rising(self, begin: datetime, end: datetime) -> list[Rise]:
        """Return the topics on the rise in that time."""
        return rises(self.items, begin, end)

    def people(self, among: Collection[ItemId] | None = None) -> list[Person]:
        """Return who knows these items, or any."""
        return of_people.people(self.signed, self.names, among)

    def joined_in(self, begin: datetime, end: datetime) -> list[Person]:
        """Return who signed anything in that time."""
        return of_people.people([one for one in self.signed if begin <= one.date < end], self.names)

    def experts(self) -> Mapping[str, Sequence[Person]]:
        """Return for each key term who knows the items that it tells of, terms of the most items first."""
        by_term: dict[str, list[ItemId]] = defaultdict(list)
        known = {one.item for one in self.signed}
        for item in self.items:
            for term in item.terms[:EXPERT_TERMS] if item.id in known else ():
                by_term[term].append(item.id)
        by_item: dict[ItemId, list[Signed]] = defaultdict(list)
        for one in self.signed:
            by_item[one.item].append(one)
        found = {}
        for term in sorted(by_term, key=lambda term: (-len(by_term[term]), term))[:_MOST_EXPERTS]:
            those = [one for item in by_term[term] for one in by_item[item]]
            if knows := of_people.people(those, self.names, most=_MOST_ON_A_TERM):
                found[term] = knows
        return found


def _known_in(department: str, those: Sequence[Signed], at_home: Mapping[str, str]) -> tuple[str, ...]:
    """Return the other departments whose people signed or marked an item."""
    theirs = (at_home.get(name_key(one.name), "") for one in those)
    return tuple(dict.fromkeys(one for one in theirs if one and one != department))
