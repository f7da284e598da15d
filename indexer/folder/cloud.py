"""Which files have their content online only: reading them would download them."""

from __future__ import annotations

import os

# Windows file attributes and the macOS flag; Python's `stat` lacks them.
_RECALL_ON_DATA_ACCESS, _RECALL_ON_OPEN, _OFFLINE = 0x400000, 0x40000, 0x1000
_SF_DATALESS = 0x40000000


def is_online_only(status: os.stat_result) -> bool:
    """Tell by its metadata whether opening a file would fetch its content from the cloud."""
    attributes = getattr(status, "st_file_attributes", 0)
    flags = getattr(status, "st_flags", 0)
    return bool(attributes & (_RECALL_ON_DATA_ACCESS | _RECALL_ON_OPEN | _OFFLINE) or flags & _SF_DATALESS)
