"""Which HTML files does the page have? A further one, such as a digest, is one more entry of `VIEWS`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indexer.model.items import ItemId
from indexer.model.team import TeamData
from indexer.page import told
from indexer.page.edition import NEWEST, Edition
from indexer.page.edition import Newest as Latest
from indexer.page.pace import Extent
from indexer.page.render import Newest, Page, render

BEGINNING = 240
"""Characters of an item's text in the HTML itself."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the page is written."""

    title: str
    now: datetime
    text_limit: int = 65_536
    """Bytes of an item's text that the page has for snippets."""
    language: str = "en"
    synonyms: tuple[Any, ...] = ()
    team: TeamData = told.NOTHING
    """What is told of the team."""
    single_mb: int = 0
    """If not 0, everything is in the HTML, with at most this many MB of data."""
    extent: Extent = Extent.WHOLE
    sign: str = "0"
    """The sign that will identify the folder, if the page's directory has none yet."""
    root: tuple[int, int] | None = None
    """Device and number of the directory taken for the folder; None: any."""


@dataclass(frozen=True, slots=True)
class View:
    """One HTML file, made from the page's data."""

    file: str
    """Its name in the page's directory; empty: the page itself, next to that directory."""
    make: Callable[[Edition, str, Options, Mapping[str, bytes] | None], Page]
    """Makes it from a state of the data, the name of the page's directory, and files to be embedded."""
    shows: Callable[[Edition], Collection[ItemId]]
    """The items it shows without data: it is written at once if one of them is removed."""


def _newest(edition: Edition) -> list[ItemId]:
    return [shown.row.id for one in edition.newest(NEWEST) for shown in (one, *one.notes)]


def _home(edition: Edition, directory: str, options: Options, embedded: Mapping[str, bytes] | None) -> Page:
    newest = [_shown(one, edition) for one in edition.newest(NEWEST)]
    home = edition.facts(int(options.now.timestamp()))["home"]
    return render(
        options.title, home=home, newest=newest, directory=directory, written_at=options.now,
        language=options.language, embedded=embedded, has_board=bool(options.team.board),
    )  # fmt: skip


def _shown(one: Latest, of: Edition) -> Newest:
    said = [(note.row, text) for note in one.notes if (text := of.beginning(note, BEGINNING))]
    copies = sum(not spot.is_note for spot in one.copies) - (one.saved is not None)
    return Newest(one.row, of.beginning(one, BEGINNING), copies, said, one.saved)


HOME = View("", _home, _newest)
VIEWS = (HOME,)
