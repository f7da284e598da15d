"""What does the team ask and know? Its views, made from the state of a folder for commands that only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from indexer.catalogue import Catalogue
from indexer.clock import SYSTEM
from indexer.errors import UserError
from indexer.model.items import RelPath
from indexer.model.names import name_key
from indexer.model.team import Digest, Person, Question, Topic
from indexer.page.scope import Scope
from indexer.search import asking
from indexer.settings import Settings
from indexer.state.places import DATABASE, require_state
from indexer.team import board
from indexer.team import digest as weekly
from indexer.team.known import Known

MOST_HITS = 200
"""Results of a search whose people are named."""


@contextmanager
def reading(folder: Path, settings: Settings) -> Iterator[Catalogue]:
    """Open the catalogue of a folder to read it."""
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        yield catalogue


def questions(folder: Path, settings: Settings) -> list[Question]:
    """Return all questions, open ones first."""
    with reading(folder, settings) as catalogue:
        return board.questions(catalogue, Scope.of(settings))


def digest(folder: Path, settings: Settings, week: str = "") -> Digest:
    """Return what is told of a week; without one of the last full week, or of this one if nothing was in that.

    Raise UserError if it is no week.
    """
    with reading(folder, settings) as catalogue:

        def told(name: str) -> Digest:
            title, authors = settings.page.title or folder.name, settings.team.people == "authors"
            return weekly.digest(catalogue, Scope.of(settings), name, title, authors=authors)

        if week:
            return told(weekly.week_of(weekly.begin_of(week)))
        now = SYSTEM.now()
        last = told(weekly.week_of(now - weekly.WEEK))
        return told(weekly.week_of(now)) if last.is_empty else last


def topics(folder: Path, settings: Settings) -> list[Topic]:
    """Return what the team works on, those first whom departments work on unaware of one another."""
    with reading(folder, settings) as catalogue:
        return _known(catalogue, settings).topics


def people(folder: Path, settings: Settings, query: str = "") -> list[Person]:
    """Return who knows what a query finds, or anything."""
    among = None
    if query.strip():
        found = asking.search(folder, settings, query, asking.SearchOptions(limit=MOST_HITS, snippets=False))
        among = {result.item.id for result in found.results}
    with reading(folder, settings) as catalogue:
        return _known(catalogue, settings).people(among)


def _known(catalogue: Catalogue, settings: Settings) -> Known:
    return Known(catalogue, Scope.of(settings), authors=settings.team.people == "authors")


def question_of(folder: Path, settings: Settings, named: str) -> RelPath:
    """Return the path of a question by its number in the list of all, its path, or a part of its words.

    Raise UserError if there is none, or if several have these words.
    """
    found = questions(folder, settings)
    if named.isdecimal():
        number = int(named)
        if not 1 <= number <= len(found):
            raise UserError(f"there is no question {number}: `indexer questions --all` lists {len(found)}")
        return found[number - 1].path
    wanted = name_key(named.strip().replace("\\", "/").removeprefix("./"))
    at = [question for question in found if wanted in (name_key(question.path), question.id)]
    at = at or [question for question in found if wanted and wanted in name_key(question.question)]
    if not at:
        raise UserError(f"there is no question {named!r}: `indexer questions --all` lists them")
    if len(at) > 1:
        raise UserError(f"{len(at)} questions have {named!r}: give the number from `indexer questions --all`")
    return at[0].path
