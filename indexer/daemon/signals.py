"""How is a process told to stop?"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Give an event that SIGINT, SIGTERM and Windows' SIGBREAK set, for the time of the block."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    names = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGBREAK"):  # Windows: Ctrl-Break
        names.append(signal.SIGBREAK)
    before = {number: signal.signal(number, note) for number in names}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
