"""What is remembered of the page from one publish to the next?"""

from __future__ import annotations

from datetime import datetime

from indexer.catalogue import Catalogue, facts
from indexer.catalogue.facts import Fact

PAGE = facts.text("page")
MEMORY = facts.text("page_memory")
"""What the page's own room has noted for the next publish."""
HTML_DUE: Fact[float | None] = Fact("page_html_due", None, float, lambda due: "" if due is None else str(due))
"""When the HTML is to be written again, in seconds since 1970."""
PUBLISHED_SEQ = facts.number_or_none("published_seq")
PUBLISHED_SCOPE = facts.text("published_scope")
"""The settings of which another value changes what is on the page."""
PUBLISHED_ENCRYPTED = Fact("published_encrypted", False, lambda text: text == "True", str)
PUBLISHED_AT = facts.moment("published_at")
LAST_WEEK = facts.text("last_week")
"""The last week of which there is a digest."""
PUBLISHING_SINCE = facts.moment("publishing_since")


def page_name(catalogue: Catalogue) -> str:
    """Return the name of the page in the folder; empty if none was published."""
    return catalogue.facts.get(PAGE)


def published_at(catalogue: Catalogue) -> datetime | None:
    """Return when the page was published last."""
    return catalogue.facts.get(PUBLISHED_AT)


def publishing_since(catalogue: Catalogue) -> datetime | None:
    """Return when the page was published first; a state of an earlier version knows the last time only."""
    return catalogue.facts.get(PUBLISHING_SINCE) or published_at(catalogue)
