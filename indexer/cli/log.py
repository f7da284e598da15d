"""How the watcher reports what happens: one line an event, on stderr and in the log of the state."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from indexer.cli.output import printable


class _OneLine(logging.Formatter):
    """Formats one line an event; with a traceback only if that was asked for."""

    def __init__(self, *, tracebacks: bool, dated: bool) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S" if dated else "%H:%M:%S"
        )
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Return the event as text."""
        copy = logging.makeLogRecord(record.__dict__)
        copy.msg, copy.args = printable(" ".join(record.getMessage().split())), ()
        copy.levelname = record.levelname.lower()
        if self._tracebacks and copy.exc_info:
            copy.exc_text = printable(self.formatException(copy.exc_info), keep="\n")
        if not self._tracebacks:
            copy.exc_info = copy.exc_text = copy.stack_info = None
        return super().format(copy)


def keep_quiet() -> None:
    """Log nothing: the commands report failures themselves."""
    logging.lastResort = logging.NullHandler()  # without a handler, logging prints a line about that


def _note_death(dying: threading.ExceptHookArgs) -> None:
    """Log why a thread of a library died; whoever needs the thread notices and starts a new one."""
    logging.getLogger("indexer").warning(
        "a part of the watcher ended: %s",
        dying.exc_value or dying.exc_type.__name__,
        exc_info=dying.exc_value,
    )


@contextmanager
def logging_to(state: Path, *, verbose: bool, quiet: bool) -> Iterator[None]:
    """Log to stderr, and with every detail to the folder's own log in the state."""
    keep_quiet()
    log = logging.getLogger("indexer")
    screen = logging.StreamHandler(sys.stderr)
    screen.setFormatter(_OneLine(tracebacks=verbose, dated=False))
    screen.setLevel(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)
    # opened with the first event: a second watcher ends before its first
    kept = RotatingFileHandler(
        state / "watch.log",
        maxBytes=1_000_000,
        backupCount=3,
        encoding="utf-8",
        errors="backslashreplace",
        delay=True,
    )
    kept.setFormatter(_OneLine(tracebacks=True, dated=True))
    log.setLevel(logging.DEBUG)
    handlers = (screen, kept)
    for handler in handlers:
        log.addHandler(handler)
    before, threading.excepthook = threading.excepthook, _note_death
    try:
        yield
    finally:
        threading.excepthook = before
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()
