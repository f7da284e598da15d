"""How do readers see it? Segments and the page are made as bytes, `deliver` writes them into the folder."""

from __future__ import annotations

from indexer.page.belonging import claimed_names, doubtful_names, own_names, read_sign
from indexer.page.dates import published_dates
from indexer.page.differences import Source
from indexer.page.entry import PageEntry, beginning
from indexer.page.site import Delivery, Extent, Options, Site

__all__ = [
    "Delivery",
    "Extent",
    "Options",
    "PageEntry",
    "Site",
    "Source",
    "beginning",
    "claimed_names",
    "doubtful_names",
    "own_names",
    "published_dates",
    "read_sign",
]
