"""How is the folder's feed written? Atom (RFC 4287), one entry a digest; the same digests give the same bytes. Pure.

Only digests are entries, so the feed changes once a week: one with every new note in it would be sent to every machine of the
team with each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from indexer.model.team import Digest
from indexer.page.render import fill
from indexer.page.weekly.mail import identity
from indexer.page.weekly.marking import FEED, marked
from indexer.page.weekly.telling import Links, Most, fitting, plain
from indexer.page.weekly.told import LEVEL_SIGNS, Told

ENTRIES = 8
"""The latest digests are in it."""
_MOST = Most(parts=12, items=8, items_in_all=30, notes=3, answers=2, matches=3)
_MOST_CONTENT = 40_000
"""Bytes of an entry."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def feed(digests: Iterable[Digest], title: str, language: str, links: Links, folder: str) -> bytes:
    """Return the feed of a folder, which is called `title` and identified by `folder`: the latest of some digests."""
    latest = sorted(digests, key=lambda digest: digest.end, reverse=True)[:ENTRIES]
    entries = []
    for digest in latest:
        told, content = fitting(digest, language, links, _MOST, _content, _MOST_CONTENT)
        entries.append(
            {
                "id": identity(folder, digest.week).urn,
                "told": told,
                "updated": _time(digest.end),
                "summary": " · ".join(told.summary) or told.texts("empty.said"),
                "content": content.decode(),
            }
        )
    return marked(
        lambda mark: fill(
            "feed.xml.j2", mark=mark, language=language, id=identity(folder, FEED).urn, title=plain(title, 80) or "indexer",
            updated=_time(latest[0].end if latest else _EPOCH), own=links.to(f"{links.directory}/{FEED}"),
            home=links.search(), entries=entries,
        )
    )  # fmt: skip


def _content(told: Told) -> bytes:
    return fill("digest_feed.html.j2", told=told, t=told.texts, signs=LEVEL_SIGNS)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
