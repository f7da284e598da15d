"""Which addresses are one page?"""

from __future__ import annotations


def address_key(url: str) -> str:
    """Return the same text for addresses of one page."""
    return url.strip().rstrip("/").casefold()
