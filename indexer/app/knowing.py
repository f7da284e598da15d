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
from indexer.model.team import Digest, Question
from indexer.page.scope import Scope
from indexer.settings import Settings
from indexer.state.places import DATABASE, require_state
from indexer.team import board
from indexer.team import digest as weekly


@contextmanager
def reading(folder: Path, settings: Settings) -> Iterator[Catalogue]:
    """Open the catalogue of a folder to read it."""
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        yield catalogue


def questions(folder: Path, settings: Settings, *, everything: bool) -> list[Question]:
    """Return the questions: open ones first; answered and closed ones only if `everything` is true."""
    with reading(folder, settings) as catalogue:
        found = board.questions(catalogue, Scope.of(settings))
    return [question for question in found if everything or question.is_open]


def digest(folder: Path, settings: Settings, week: str = "") -> Digest:
    """Return what is told of a week; without one of the last full week, or of this one if nothing was in that.

    Raise UserError if it is no week.
    """
    title = settings.page.title or folder.name
    with reading(folder, settings) as catalogue:
        scope = Scope.of(settings)
        if week:
            return weekly.digest(catalogue, scope, weekly.week_of(weekly.begin_of(week)), title)
        now = SYSTEM.now()
        last = weekly.digest(catalogue, scope, weekly.week_of(now - weekly.WEEK), title)
        return weekly.digest(catalogue, scope, weekly.week_of(now), title) if last.is_empty else last


def question_of(folder: Path, settings: Settings, named: str) -> RelPath:
    """Return the path of a question by its number in the list of all, its path, or a part of its words.

    Raise UserError if there is none, or if several have these words.
    """
    found = questions(folder, settings, everything=True)
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
