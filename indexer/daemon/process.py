"""How does a process follow a folder? It holds the lock, is told to stop by signals, and starts again after damage."""

from __future__ import annotations

import logging
from pathlib import Path

from indexer.app import building
from indexer.clock import SYSTEM, Clock
from indexer.daemon.daemon import Daemon
from indexer.daemon.signals import stop_signals
from indexer.errors import Damaged, StateError
from indexer.settings import Settings
from indexer.state import places, requests
from indexer.state.lock import hold, read_holder

log = logging.getLogger("indexer")

MOST_DAMAGES, DAMAGES_S = 5, 3600.0
"""The daemon gives up after this many damages, each within this many seconds of the one before."""


def watch(folder: Path, settings: Settings, clock: Clock = SYSTEM) -> int:
    """Follow the folder until SIGINT or SIGTERM; return the exit code."""
    state = places.register(folder, settings)
    holder = read_holder(state)
    while holder and holder.command != "watch":  # a scan at work ends by itself
        clock.sleep(0.2)
        holder = read_holder(state)
    with stop_signals() as stop, hold(state, "watch"):
        requests.clear(state)
        damages = 0
        while damages < MOST_DAMAGES:
            began = clock.monotonic()
            try:
                with building.open_pipeline(folder, settings, clock) as pipeline:
                    Daemon(pipeline, state, stop).run()
            except Damaged as error:  # opening it again repairs it
                log.error("%s", error)
                damages = damages + 1 if clock.monotonic() - began < DAMAGES_S else 1
            else:
                return 0
    raise StateError(f"{state} is damaged again and again: is its disk failing?")
