"""What does a folder answer? A search puts its question to the catalogue and the index in use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from indexer.catalogue import Catalogue
from indexer.catalogue.facts import Fact
from indexer.errors import StateError, UserError
from indexer.model.items import KINDS, Failure, Item, ItemId, Passage
from indexer.model.query import EVERYTHING, Filter, Or, Query, SearchRequest
from indexer.model.results import SearchResults
from indexer.settings import Settings
from indexer.state.places import DATABASE, require_state

if TYPE_CHECKING:  # a search must not load what it doesn't use
    from indexer.catalogue.links import ToldLink
    from indexer.search.finder import Finder

TIME_LIMIT_S = 0.7
"""Seconds; a search that takes longer ends with the best results so far."""
INDEX = Fact("index", 1, lambda name: int(name.rpartition("-")[2]), "index-{}".format)
"""The number of the index in use; its directory is named for it."""


class SearchOptions(NamedTuple):
    """What the options of `indexer search` add to the query."""

    kinds: tuple[str, ...] = ()
    in_folder: str = ""
    by: str = ""
    tag: str = ""
    since: str = ""
    before: str = ""
    sort: str = "relevance"
    limit: int = 10
    offset: int = 0
    relax: bool = True
    snippets: bool = True
    facets: bool = False
    explain: bool = False


def index_directory(state: Path, catalogue: Catalogue) -> Path:
    """Return the directory of the index in use."""
    return state / INDEX.write(catalogue.facts.get(INDEX))


def next_index_directory(state: Path, catalogue: Catalogue) -> Path:
    """Return the directory for an index that replaces the one in use."""
    return state / INDEX.write(catalogue.facts.get(INDEX) + 1)


def use_index(catalogue: Catalogue, directory: Path) -> None:
    """Have searches use the index in this directory of the state."""
    catalogue.facts.set(INDEX, INDEX.read(directory.name))


def search(folder: Path, settings: Settings, text: str, options: SearchOptions) -> SearchResults:
    """Answer `text`; raise UserError for a wrong kind or date given as an option."""
    from indexer.index.query import add_filters, read
    from indexer.index.synonyms import read_synonyms, with_synonyms

    state = require_state(folder, settings)
    now = datetime.now(UTC)
    query, remarks = read(text, now)
    query = add_filters(query, _filters(options, now))
    query = with_synonyms(query, read_synonyms(settings.search.synonyms))
    request = SearchRequest(
        query, options.sort, options.limit, options.offset, relax=options.relax, now=now,
        facets=options.facets, explain=options.explain, time_limit_s=TIME_LIMIT_S,
    )  # fmt: skip
    found = _ask(state, lambda finder: finder.search(text, request, snippets=options.snippets))
    return found._replace(remarks=remarks)


def _ask(state: Path, question: Callable[[Finder], SearchResults]) -> SearchResults:
    """Put a question to catalogue and index; again if the index was replaced meanwhile."""
    from indexer.index.whoosh.whoosh_index import WhooshIndex
    from indexer.search.finder import Finder

    catalogue = Catalogue(state / DATABASE, readonly=True)
    try:
        while True:
            directory = index_directory(state, catalogue)
            try:
                index = WhooshIndex(directory, create=False)
                try:
                    return question(Finder(catalogue, index))
                finally:
                    index.close()
            except StateError:
                if index_directory(state, catalogue) == directory:
                    raise
    finally:
        catalogue.close()


def related(
    folder: Path, settings: Settings, item_id: ItemId, limit: int, *, across: bool = False
) -> SearchResults:
    """Return the items that are most like one, best first; `across`: only those of other departments."""
    from indexer.search.related import related

    return _ask(
        require_state(folder, settings),
        lambda finder: related(finder, item_id, limit, across=across, time_limit_s=TIME_LIMIT_S),
    )


def _filters(options: SearchOptions, now: datetime) -> list[Query]:
    from indexer.index.query import parse, parse_when

    problems = []
    filters: list[Query] = []
    for kind in options.kinds:
        if kind.lower() not in KINDS:
            problems.append(f"--type {kind} is not a kind (kinds: {', '.join(KINDS)})")
    if options.kinds and not problems:
        kinds = tuple(Filter("kind", kind.lower()) for kind in dict.fromkeys(options.kinds))
        filters.append(kinds[0] if len(kinds) == 1 else Or(kinds))
    for name, option, value in (("after", "--since", options.since), ("before", "--before", options.before)):
        if value:
            try:
                filters.append(Filter(name, parse_when(value, now).isoformat()))
            except ValueError:
                problems.append(
                    f"{option} {value} is not a date (write 2026-01-31, 2026-01, 3d, 2w, 6m or 1y)"
                )
    for name, value in (("in", options.in_folder), ("by", options.by), ("tag", options.tag)):
        if value:
            quoted = value.replace('"', " ")
            parsed = parse(f'{name}:"{quoted}"', now)
            filters.append(parsed if parsed != EVERYTHING else Filter(name, value))
    if problems:
        raise UserError("; ".join(problems))
    return filters


def links(folder: Path, settings: Settings) -> list[ToldLink]:
    """Return every link of the folder with all its places, and what is known of the page behind it."""
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        return catalogue.links.told(datetime.now(UTC))


def failures(folder: Path, settings: Settings, *, everything: bool) -> list[Failure]:
    """Return what could not be read; unsupported kinds and the like only if `everything` is true."""
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        return catalogue.failures.told(everything=everything)


def item_of(folder: Path, settings: Settings, item_id: ItemId) -> Item | None:
    """Return a live item; None if none has that id."""
    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        return catalogue.items.get([item_id]).get(item_id)


def item_at(folder: Path, settings: Settings, path: str) -> Item:
    """Return the item at a path as a person gives it, the file if it holds several; raise UserError if there is none."""
    from indexer.catalogue.at_path import items_at

    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        found = items_at(catalogue, folder, path)
        if len(found) > 1:
            raise UserError(f"{path} is a folder: name a file in it")
        return catalogue.items.get(found)[found[0]]


def text_of(
    folder: Path, settings: Settings, item_id: ItemId
) -> tuple[Item, tuple[Passage, ...], str] | None:
    """Return a live item, its passages (empty if it has no text) and their language; None if there is no item."""
    from indexer.terms import postings

    with closing(Catalogue(require_state(folder, settings) / DATABASE, readonly=True)) as catalogue:
        item = catalogue.items.get([item_id]).get(item_id)
        text = catalogue.texts.of_item(item_id) if item else None
        if item is None or text is None:
            return (item, (), "") if item else None
        return item, text.passages, postings.language_of(text.terms)


def names(folder: Path, settings: Settings, field: str) -> list[str]:
    """Return the folders, tags or people (`field`: folder, tag or person) of the items, most frequent first."""
    from indexer.catalogue.names import names

    return names(require_state(folder, settings) / DATABASE, field)
