"""What is asked? A query as a tree, and the search it is part of.

As tuples, `Prefix` and `Fuzzy` of one form would be equal, as would `And` and `Or` of the same parts: these are no tuples.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Word(NamedTuple):
    """Items with this word in any inflection; `form` is folded by `fold.fold`."""

    form: str
    also: tuple[Word | Phrase, ...] = ()
    """Its synonyms; they match as well as the word itself."""
    whole: bool = False
    """Not as part of a compound."""


class Phrase(NamedTuple):
    """Items with these forms side by side within one passage; never empty."""

    forms: tuple[str, ...]
    joined: str = ""
    """For a compound typed as one: items with this joined form match as well."""


@dataclass(frozen=True)
class Prefix:
    """Items with a form that begins with this one."""

    form: str


@dataclass(frozen=True)
class Fuzzy:
    """Items with a form one edit away (insert, drop, change, swap), or with the form itself."""

    form: str


class Filter(NamedTuple):
    """Items with a property; never scored.

    `field` and `value`: kind (a Kind), in (folder names joined by "/", folded), by (forms, blank between),
    tag (folded text), after and before (ISO date, the instant 00:00 UTC), title (forms, blank between), is (a key of
    `FOUND_BY_IS`), site (a host, as `site_of` writes it), across (a department, as facets spell it: items of any other
    one).
    """

    field: str
    value: str


@dataclass(frozen=True)
class And:
    """Items that match every part; `And(())` is all items."""

    parts: tuple[Query, ...]


@dataclass(frozen=True)
class Or:
    """Items that match at least one part; never fewer than two parts."""

    parts: tuple[Query, ...]


class Not(NamedTuple):
    """Items that don't match `part`."""

    part: Query


Query = Word | Phrase | Prefix | Fuzzy | Filter | And | Or | Not


EVERYTHING = And(())
NOTHING = Not(EVERYTHING)


MISTAKEN_FILTERS = frozenset(
    "author autor auteur autore from von kind filetype ext typ tipo art folder ordner dossier carpeta cartella pasta "
    "since until seit bis vor nach date datum fecha data titel titre titulo titolo subject name names tags label "
    "domain domaine dominio website url".split()
)
"""What people take for the name of a filter."""


class Remark(NamedTuple):
    """What of a query was not understood."""

    code: str
    """kind, is, date, value or filter: searched as words; quote: never closed; signs: nothing to search for."""
    text: str
    """What was typed, shortened if it is long."""


class SearchRequest(NamedTuple):
    """One search: which items, in which order, which slice of them."""

    query: Query
    sort: str = "relevance"
    """relevance, newest, oldest or name. Relevance without a word to score by is newest."""
    limit: int = 10
    offset: int = 0
    relax: bool = True
    now: datetime | None = None
    """The time that recency counts from; None: now."""
    proximity: bool = True
    """Reorder the best 50 by how near the words are to each other."""
    facets: bool = False
    """Count the matches by kind, department, person, tag and year as well."""
    explain: bool = False
    """Add to each hit what its score is made of."""
    time_limit_s: float | None = None
    """Seconds after which the best hits so far are the answer, with `complete` false; None: no limit."""
