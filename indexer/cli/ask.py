"""What was asked of a search? Its options, and what they mean for the search itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.search.asking import SearchOptions

NOTHING = 1
"""The exit code where nothing was found."""
SORTS = ("relevance", "newest", "oldest", "name")
NARROWING = ("kinds", "in_folder", "by", "tag", "since", "before")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of one `indexer search`."""

    limit: int
    offset: int
    sort: str
    kinds: tuple[str, ...]
    in_folder: str
    by: str
    tag: str
    since: str
    before: str
    files: bool
    nul: bool
    count: bool
    facets: bool
    explain: bool
    interactive: bool

    @property
    def bare(self) -> bool:
        """Paths or a number alone are printed."""
        return self.files or self.nul or self.count

    def narrowing(self, form: str) -> dict[str, Any]:
        """Return what decides which items are found; what can't say so to a program is never relaxed."""
        named = {name: getattr(self, name) for name in NARROWING}
        return {**named, "relax": not self.bare and form in ("text", "json")}

    def options(self, form: str) -> SearchOptions:
        """Return what is asked of the search."""
        from indexer.search.asking import SearchOptions

        return SearchOptions(
            **self.narrowing(form),
            limit=0 if self.count else self.limit,
            offset=self.offset,
            sort=self.sort,
            snippets=not self.bare,
            facets=self.facets,
            explain=self.explain,
        )
