"""What crosses the borders between rooms? `items` and their files, `log` and its followers, `query`, `results`, `readings` of files.

Readers from outside import from here.
"""

from indexer.model.items import Extract, Kind, Link, Passage

__all__ = ["Extract", "Kind", "Link", "Passage"]
