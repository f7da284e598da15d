"""The failure tree.

IndexerError
├── UserError            one line on stderr with what to do, exit 2; the daemon goes on
│   ├── SettingsError    every problem of the settings at once
│   ├── FolderUnreadable the folder is missing, unmounted or not readable
│   └── AlreadyWatched   another process holds this folder's state
├── NotSent              the digest did not reach somebody; tried again some times, then told
│   └── PartlySent       some have got it: not tried again
├── FileProblem          belongs to one path; recorded, never stops a pass
└── StateError           catalogue or index can't be used
    └── Damaged          their bytes are not as written: a writer repairs them, a reader names the command that does
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Reason(StrEnum):
    """Why a file gave no text, or less than it has."""

    ENCRYPTED = "ENCRYPTED"
    DAMAGED = "DAMAGED"
    TOO_BIG = "TOO_BIG"
    TIMED_OUT = "TIMED_OUT"
    CRASHED = "CRASHED"
    UNSUPPORTED = "UNSUPPORTED"
    LOCKED = "LOCKED"
    CHANGED = "CHANGED"
    VANISHED = "VANISHED"
    ONLINE_ONLY = "ONLINE_ONLY"
    NO_TEXT = "NO_TEXT"
    TRUNCATED = "TRUNCATED"
    """The file gave a text, but not all of it."""
    REFUSED = "REFUSED"
    """A link whose address must not be followed (script, file, UNC, …)."""


class IndexerError(Exception):
    """Root of every failure this program raises on purpose."""


class UserError(IndexerError):
    """Something the person can fix; its text is one plain line that says how."""


class SettingsError(UserError):
    """The settings are wrong; `problems` names each of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("settings: " + "; ".join(self.problems))


class FolderUnreadable(UserError):
    """The folder can't be listed, so nothing is known of what is in it."""


class AlreadyWatched(UserError):
    """Another process already holds this folder's state."""


class NotSent(IndexerError):
    """The digest did not reach somebody; its text says why, in one line."""


class PartlySent(NotSent):
    """Some have got it, so it is not sent again."""


class FileProblem(IndexerError):
    """One file could not be read; `reason` decides when it is tried again. What libraries say becomes one line."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        detail = " ".join(detail.split())
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)


class StateError(IndexerError):
    """Catalogue or index can't be used."""


class Damaged(StateError):
    """Catalogue or index is not as it was written."""
