"""When is the page written, how much of it, and when is it repaired? Pure: time is an argument."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import IntEnum

KEEP_S = 24 * 3600
"""Seconds that unneeded files are kept: a sync client may bring the files of a state in any order."""
HTML_EVERY_S = 30 * 60
"""The shortest time between two versions of the HTML itself, which shows the newest items without any data."""
CHECK_EVERY_S = 3600
"""While changes are followed, the shortest time between two comparisons of the page's files, and between two repairs."""
_FORMERLY = {"shape": "shape", "shown": "shown", "html_at": "at", "is_behind": "is_behind"}
RECHECKS = 40
"""The number of steps, one a minute, in which all files of the page are read again, even if they look unchanged."""


class Extent(IntEnum):
    """How much of the page is written."""

    PART = 0
    """A bounded part of what is due: all else waits for a page."""
    DUE = 1
    """What is due: changed data, and now and then the HTML."""
    WHOLE = 2
    """Whatever differs."""
    AT_ONCE = 3
    """Whatever differs, and nothing of removed items stays, not even in large files."""
    ANEW = 4
    """Every item with a text here is written again."""


REST = 10
"""While many files are read, so many times what the last page took pass before the next: all else waits for a page."""


@dataclass(slots=True)
class Pace:
    """When the page is written."""

    quiet_s: float
    """Seconds to wait after a change, so that more changes come with it."""
    every_s: float
    """The shortest time between two pages, unless somebody deleted the page."""
    _behind_since: float | None = None
    _written: float = float("-inf")
    _took: float = 0.0

    def note(self, took: float) -> None:
        """Take note of how many seconds the last page took."""
        self._took = took

    def is_due(self, now: float, *, is_behind: bool, is_spoilt: bool, is_busy: bool = False) -> bool:
        """Tell whether it is time, and take it as done then; `is_busy`: many files are being read."""
        if not is_behind:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = now
        since = self._behind_since
        every = max(self.every_s, REST * self._took) if is_busy else self.every_s
        is_time = since is not None and now - since >= self.quiet_s and now - self._written >= every
        if not (is_time or is_spoilt):
            return False
        self._written, self._behind_since = now, None
        return True


@dataclass(slots=True)
class Html:
    """What is remembered of an HTML file."""

    shape: str = ""
    """Digest of its elements as written."""
    shown: list[str] = field(default_factory=list)
    """Ids of the items in it."""
    at: int = 0
    """When it was written."""
    is_behind: bool = False
    """Whether it may lack some changes."""

    def is_due(self, extent: Extent, now: int) -> bool:
        """Tell whether it is due, if it differs."""
        return extent >= Extent.WHOLE or now - self.at >= HTML_EVERY_S


@dataclass(slots=True)
class Memory:
    """What is remembered from one publish to the next; without it everything is compared."""

    head: str = ""
    standings: dict[str, int] = field(default_factory=dict)
    """The standing of segments that this machine has written or compared: `State.standings`."""
    superseded: dict[str, int] = field(default_factory=dict)
    """Unneeded files, and since when."""
    html: dict[str, Html] = field(default_factory=dict)
    """The HTML files, by the names of their views."""
    checked_at: int = 0
    repaired_at: int = 0

    @staticmethod
    def of(text: str) -> Memory:
        """Return the memory from the text that `str` gives; an empty one from any other text."""
        try:
            said = json.loads(text) if text else {}
            if "shape" in said:  # version 0.1 remembered one file
                said["html"] = {"": {new: said.pop(old) for old, new in _FORMERLY.items()}}
            said["html"] = {name: Html(**html) for name, html in said.get("html", {}).items()}
            return Memory(**said)
        except (ValueError, TypeError, LookupError, AttributeError):
            return Memory()

    def __str__(self) -> str:
        """Return the memory as text."""
        return json.dumps(asdict(self), separators=(",", ":"))

    # --- what is due ------------------------------------------------------------------------------

    def is_check_due(self, extent: Extent, now: int) -> bool:
        """Tell whether the files of the page are due to be compared."""
        return extent >= Extent.WHOLE or now - self.checked_at >= CHECK_EVERY_S

    def may_repair(self, now: int) -> bool:
        """Tell whether a file that somebody changed may be repaired: two machines repairing in turn would never end."""
        return now - self.repaired_at >= CHECK_EVERY_S

    @property
    def html_due(self) -> int | None:
        """When (seconds since 1970) an HTML file is due; None if all are up to date."""
        return min((one.at + HTML_EVERY_S for one in self.html.values() if one.is_behind), default=None)

    def note_superseded(self, names: Iterable[str], now: int) -> set[str]:
        """Note which files are no longer needed; return those that need not be kept any longer."""
        self.superseded = {name: self.superseded.get(name, now) for name in names}
        return {name for name, since in self.superseded.items() if now - since >= KEEP_S}
