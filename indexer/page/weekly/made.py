"""Which files does a week have? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from indexer.model.team import Digest
from indexer.page.weekly.feed import feed
from indexer.page.weekly.html import digest_html
from indexer.page.weekly.mail import digest_mail
from indexer.page.weekly.marking import FEED
from indexer.page.weekly.telling import Links


def files_of(digest: Digest, language: str, links: Links, folder: str) -> Mapping[str, bytes]:
    """Return a week's files by name; `links` are those of mail and feed, `folder` is what identifies the folder."""
    return {
        f"{digest.week}.html": digest_html(digest, language, links.page),
        f"{digest.week}.eml": digest_mail(digest, language, links, folder),
    }


def feed_of(
    digests: Iterable[Digest], title: str, language: str, links: Links, folder: str
) -> Mapping[str, bytes]:  # fmt: skip
    """Return the feed by its name: the latest of some digests."""
    return {FEED: feed(digests, title, language, links, folder)}
