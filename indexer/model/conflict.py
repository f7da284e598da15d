"""Of which file is this one a conflict copy? Told by the names that sync clients give. Pure."""

from __future__ import annotations

import re

from indexer.model.items import RelPath

_NAMES = (
    # Dropbox and Nextcloud: "Plan (Ann's conflicted copy 2026-11-20).docx", "Plan (conflicted copy 2026-11-20 091244).docx"
    re.compile(r"(?P<stem>.+) \([^()]*\bconflicted copy\b[^()]*\)(?P<suffix>(?:\.[^.]+)?)", re.IGNORECASE),
    # Dropbox in German: "Plan (In Konflikt stehende Kopie von Ann 2026-11-20).docx"
    re.compile(r"(?P<stem>.+) \((?:in konflikt stehende kopie|kopie in konflikt)\b[^()]*\)(?P<suffix>(?:\.[^.]+)?)", re.IGNORECASE),
    # Syncthing, as in "Plan.sync-conflict-20261120-091244-ABCDEFG.docx"
    re.compile(r"(?P<stem>.+)\.sync-conflict-\d{8}-\d{6}(?:-[A-Z0-9]{7})?(?P<suffix>(?:\.[^.]+)?)"),
    # ownCloud, as in "Plan_conflict-20261120-091244.docx"
    re.compile(r"(?P<stem>.+)_conflict-\d{8}-\d{6}(?P<suffix>(?:\.[^.]+)?)"),
    # Google Drive: "Plan [Conflict].docx", "Plan (Conflict 2).docx"
    re.compile(r"(?P<stem>.+) [\[(]conflict(?: \d+)?[\])](?P<suffix>(?:\.[^.]+)?)", re.IGNORECASE),
    # OneDrive: the name of a Windows computer, "Plan-DESKTOP-4F7G2H1.docx", "Plan-LAPTOP-ANN.docx"
    re.compile(r"(?P<stem>.+)-(?:DESKTOP|LAPTOP|PC|WIN|MACBOOK)[A-Z0-9]*(?:-[A-Z0-9]{1,15}){1,3}(?P<suffix>(?:\.[^.]+)?)"),
)  # fmt: skip


def conflict_base(path: RelPath) -> RelPath | None:
    """Return the path of the file that `path` is by its name a conflict copy of; None if it is none.

    Whether there is such a file is for the caller to see.
    """
    folder, slash, name = path.rpartition("/")
    for pattern in _NAMES:
        if match := pattern.fullmatch(name):
            return RelPath(f"{folder}{slash}{match['stem']}{match['suffix']}")
    return None
