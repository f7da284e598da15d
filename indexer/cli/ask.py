"""What was asked of a search? Its options, and what they mean for the search itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from indexer.search.asking import SearchOptions

NOTHING = 1
"""The exit code if nothing was found."""
SORTS = ("relevance", "newest", "oldest", "name")
NARROWING = ("kinds", "in_folder", "by", "tag", "since", "before")


class Asked(NamedTuple):
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
    count_only: bool
    facets: bool
    explain: bool
    interactive: bool

    @property
    def bare(self) -> bool:
        """Only paths or a number are printed."""
        return self.files or self.nul or self.count_only

    def narrowing(self, form: str) -> dict[str, Any]:
        """Return the options that decide which items are found; forms that can't report relaxing never relax."""
        named = {name: getattr(self, name) for name in NARROWING}
        return {**named, "relax": not self.bare and form in ("text", "json")}

    def options(self, form: str) -> SearchOptions:
        """Return the options of the search itself."""
        from indexer.search.asking import SearchOptions

        return SearchOptions(
            **self.narrowing(form),
            limit=0 if self.count_only else self.limit,
            offset=self.offset,
            sort=self.sort,
            snippets=not self.bare,
            facets=self.facets,
            explain=self.explain,
        )
