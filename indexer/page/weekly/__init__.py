"""How is a week told? One digest as a file of the page, as a mail, as an entry of the feed, and as plain text. Pure but for `files`."""

from indexer.page.weekly.feed import feed
from indexer.page.weekly.html import digest_html
from indexer.page.weekly.mail import digest_mail
from indexer.page.weekly.telling import Links, tell
from indexer.page.weekly.text import digest_text

__all__ = ["Links", "digest_html", "digest_mail", "digest_text", "feed", "tell"]
