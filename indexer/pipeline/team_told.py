"""What is the page told of the team now? Questions as they are; what is found out in idle times is told anew once a day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from indexer.catalogue import Catalogue, facts
from indexer.catalogue.facts import Fact
from indexer.model.team import TeamData
from indexer.page.scope import Scope
from indexer.pipeline.page_facts import LAST_WEEK
from indexer.pipeline.team_work import RELATED_AT, RENEWED
from indexer.settings import Settings
from indexer.team import page_data
from indexer.team.digest import WEEK
from indexer.team.known import Known

_Told = Mapping[str, object]
_KNOWN: Fact[_Told] = Fact("team_known", {}, json.loads, json.dumps)
_ACROSS: Fact[_Told] = Fact("team_across", {}, json.loads, json.dumps)
_KNOWN_AT, _KNOWN_OF, _ACROSS_OF = (
    facts.moment("team_known_at"), facts.text("team_known_of"), facts.text("team_across_of"),
)  # fmt: skip
"""When the former was made, and of what: the scope, and the numbers of the last removals."""
_WEEK, _IS_KNOWN = facts.text("team_week"), facts.flag("team_is_known")
"""The week of the digest that it names; whether there was anything to tell."""


class TeamTold:
    """What the page of one folder is told of the team."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue, self._settings = catalogue, settings

    def data(self, now: datetime) -> TeamData:
        """Return what the page is told; what leaves the page is in none of it."""
        scope = Scope.of(self._settings)
        self._renew(scope, now)
        get = self._catalogue.facts.get
        return TeamData(page_data.board(self._catalogue, scope, now), get(_KNOWN), get(_ACROSS))

    def _renew(self, scope: Scope, now: datetime) -> None:
        catalogue, seen = self._catalogue, f"{scope.left_out} {self._settings.page.encrypted}"
        known_of = f"{seen} {catalogue.log.last_removal(forgotten=True)}"
        across_of = f"{seen} {catalogue.log.last_removal()}"
        get = catalogue.facts.get
        is_old = self.is_due(now)
        week = get(LAST_WEEK)
        if is_old or get(_KNOWN_OF) != known_of:
            known = {**self._known(scope, now), **({"week": week} if week else {})}
            with catalogue.writing():
                catalogue.facts.set(_KNOWN, known)
                catalogue.facts.set(_KNOWN_AT, now)
                catalogue.facts.set(_WEEK, week)
                catalogue.facts.set(_IS_KNOWN, bool(known))
                catalogue.facts.set(_KNOWN_OF, known_of)
        if is_old or get(_ACROSS_OF) != across_of:
            across = page_data.across(catalogue, scope)
            with catalogue.writing():
                catalogue.facts.set(_ACROSS, across)
                catalogue.facts.set(_ACROSS_OF, across_of)

    def is_due(self, now: datetime) -> bool:
        """Tell whether there is a new digest, or something was found out since it was told last, and a day has passed."""
        get = self._catalogue.facts.get
        if get(LAST_WEEK) != get(_WEEK):
            return True
        told_at, last = get(_KNOWN_AT), get(RELATED_AT)
        if last is None or (told_at is not None and last <= told_at):
            return False
        return told_at is None or now - told_at >= RENEWED or not get(_IS_KNOWN)

    def _known(self, scope: Scope, now: datetime) -> _Told:
        known = Known(self._catalogue, scope, authors=self._settings.team.people == "authors")
        since = (now - WEEK).replace(
            hour=0, minute=0, second=0, microsecond=0
        )  # every machine tells the same
        new = page_data.new_by_department(self._catalogue, scope, since, now)
        return page_data.known(
            known.topics, known.rising(since, now + timedelta(days=1)), known.people(), known.experts(), new
        )
