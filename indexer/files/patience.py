"""How long is a file waited for that somebody else has open? On Windows nobody may replace or delete it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES, PAUSE_S = 40, 0.025


def insist(step: Callable[[], object]) -> None:
    """Do `step`, again for a second where the system says that somebody has the file open; raise what it raises then.

    Virus scanners open whatever was written, and let go of it soon.
    """
    for _ in range(TRIES - 1):
        try:
            step()
        except PermissionError:
            time.sleep(PAUSE_S)
        else:
            return
    step()
