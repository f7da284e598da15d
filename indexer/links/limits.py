"""What is the most that a check of a link may cost?"""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds of each check and of the fetching process."""

    body: int = 5 << 20
    """Bytes of a page, as sent and as inflated."""
    robots: int = 500 << 10
    """Bytes of a robots.txt that are read (RFC 9309 asks for at least as many)."""
    total_s: float = 20.0
    """Seconds that the requests of a check may take in all."""
    connect_s: float = 8.0
    """Seconds until an address counts as unreachable."""
    redirects: int = 10
    hosts_at_once: int = 4
    memory: int = 1 << 30
    """Bytes of address space of the fetching process, if the system has such a limit."""
    spool: int = 256 << 20
    """Bytes of bodies that may wait to be read; beyond, nothing is asked."""
    silent_s: float = 120.0
    """Seconds after which a fetching process that says nothing is ended; it says that it lives eight times as often."""


ROBOTS_KEPT_S = 86_400.0
"""Seconds for which a site's robots.txt is remembered."""
NO_ROBOTS_KEPT_S = 1_800.0
"""Seconds for which it is remembered that it can't be had: less than until a link that failed is tried again."""
MOST_CRAWL_DELAY_S = 30.0
MOST_LATER_S = 86_400.0
MOST_URL = 4_000
"""Characters of an address."""
