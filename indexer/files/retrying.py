"""How long do we wait for a file that another program has open? On Windows nobody may replace or delete it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

TRIES, PAUSE_S = 40, 0.025
_IN_USE = (5, 32, 33)
"""What Windows says then: access denied, sharing violation, lock violation."""


class InUse(OSError):
    """Somebody has the file open, so that it can't be replaced now."""


def is_in_use(error: OSError) -> bool:
    """Tell whether a step failed since somebody has the file open, as far as the system tells."""
    return getattr(error, "winerror", None) in _IN_USE


def insist(step: Callable[[], object], pauses_s: Sequence[float] | None = None) -> None:
    """Do `step`, again after each of `pauses_s` if somebody has the file open; raise what it raises at last.

    Virus scanners open whatever was written, and let go of it soon: without `pauses_s` a second is waited in all.
    """
    for pause_s in pauses_s if pauses_s is not None else [PAUSE_S] * (TRIES - 1):
        try:
            step()
        except OSError as error:
            if not is_in_use(error):
                raise
            time.sleep(pause_s)
        else:
            return
    step()
