"""What can this terminal show? Its size, colours and links; longer text goes through a pager."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from indexer.cli.output import write
from indexer.files.private import for_everyone

BOLD, DIM, CYAN, MARK = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[1;33m"
OFF = "\x1b[0m"

_PLAIN_WIDTH = 92
"""Columns, if no terminal gives its size."""
_MOST_COLUMNS = 110
"""Longer lines are hard to read, however wide the terminal is."""
_LESS_WITH_LINKS = 581
_SEQUENCE = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;;[^\x1b]*\x1b\\\\")
_LINK = re.compile("\x1b\\]8;;[^\x1b]*\x1b\\\\")


class Screen(NamedTuple):
    """How text is shown."""

    colour: bool = False
    links: bool = False
    """Addresses can be clicked."""
    width: int = _PLAIN_WIDTH
    height: int | None = None
    """Text with more rows is paged; None: nothing is."""

    def styled(self, text: str, style: str) -> str:
        """Return text in a style, if colours are shown."""
        return f"{style}{text}{OFF}" if self.colour and text else text

    def linked(self, text: str, target: str) -> str:
        """Return text that links to the address `target`; plain text if that is empty."""
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\" if self.links and target else text

    def show(self, text: str, *, start: int = 1) -> None:
        """Print text, through a pager if it is too long; the pager begins at line `start` unless that is near the top."""
        long = self.height is not None and self._rows(text) >= self.height
        near = self.height is not None and start <= self.height // 2
        if not long or not _page(text, 1 if near else start):
            write(text)

    def _rows(self, text: str) -> int:
        width = max(1, self.width)
        return sum(max(1, -(-cells(bare(line)) // width)) for line in text.splitlines())


def screen_of(color: str, *, pager: bool = True) -> Screen:
    """Return what stdout can show; `color` is auto, always or never."""
    terminal = sys.stdout.isatty()
    able = terminal and os.environ.get("TERM") != "dumb" and _takes_sequences()
    wanted = color == "always" or (color == "auto" and able and not os.environ.get("NO_COLOR"))
    columns, lines = _size() if terminal else (0, 0)
    return Screen(
        colour=wanted,
        links=able and color != "never",
        width=min(columns, _MOST_COLUMNS) or _PLAIN_WIDTH,
        height=(lines or None) if pager else None,
    )


def _size() -> tuple[int, int]:
    """Return columns and rows of the terminal; 0 if its size is unknown."""
    try:
        return os.get_terminal_size(sys.stdout.fileno())
    except OSError:  # Windows takes NUL for a terminal, too
        return 0, 0


def _takes_sequences() -> bool:
    """Tell whether the terminal understands colours; on Windows, switch them on."""
    if sys.platform != "win32":
        return True
    import ctypes

    console = ctypes.windll.kernel32
    handle = console.GetStdHandle(-11)
    mode = ctypes.c_uint32()
    return bool(console.GetConsoleMode(handle, ctypes.byref(mode))) and bool(
        console.SetConsoleMode(handle, mode.value | 0x4)  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
    )


# --- columns --------------------------------------------------------------------------------------


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else unicodedata.category(c) not in ("Mn", "Me", "Cf")
        for c in text
    )


def bare(text: str) -> str:
    """Return text without colours and links."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def shortened(text: str, width: int) -> str:
    """Return text in at most `width` columns, with … if it was cut."""
    if cells(text) <= width:
        return text
    used, kept = 1, []
    for c in text:
        used += cells(c)
        if used > width:
            break
        kept.append(c)
    return "".join(kept).rstrip() + "…"


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield text in lines of at most `width` columns, cut at blanks; colour codes don't count."""
    if cells(bare(text)) <= width:
        yield text
        return
    line: list[str] = []
    used = 0
    for word in text.split():
        size = cells(bare(word))
        if line and used + size + 1 > width:
            yield " ".join(line)
            line, used = [], 0
        used += size + bool(line)
        line.append(word)
    if line:
        yield " ".join(line)


# --- paging ---------------------------------------------------------------------------------------


def program(name: str) -> str | None:
    """Return where a program is, searching PATH only: a program in the current folder is somebody's file."""
    import shutil

    from indexer.extract.programs import along_path

    if Path(name).is_absolute():
        return shutil.which(name)
    here = Path.cwd().resolve()
    return next((str(path) for path in along_path(name) if path.parent.resolve() != here), None)


def _page(text: str, start: int) -> bool:
    """Show text in a pager; False if there is none."""
    import subprocess

    command, kind = _pager()
    if not command:
        return False
    if kind != "less" or not _less_has_links(command[0]):
        text = _LINK.sub("", text)
    if kind == "less" and start > 1:
        command.append(f"+{start}")
    environment = {"LESS": "FRX", "LESSCHARSET": "utf-8", **os.environ}
    try:
        with for_everyone():  # a pager may start an editor
            pager = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except OSError:
        return False
    assert pager.stdin
    try:
        with pager.stdin as pipe:
            pipe.write(text.encode("utf-8", "backslashreplace"))
    except OSError:
        pass  # the person has quit it
    except KeyboardInterrupt:
        pass  # Ctrl-C is the pager's
    while pager.poll() is None:
        try:
            pager.wait()
        except KeyboardInterrupt:
            continue
    return True


def _pager() -> tuple[list[str], Literal["less", "other"]]:
    """Return the command of $PAGER, else of less; empty if it is not installed; on Windows only less will do."""
    import shlex

    try:
        words = shlex.split(os.environ.get("PAGER", "less -FRX"), posix=os.name != "nt")
    except ValueError:
        words = []
    path = program(words[0]) if words else None
    kind: Literal["less", "other"] = "less" if path and Path(path).stem.lower() == "less" else "other"
    if path is None or (os.name == "nt" and kind != "less"):
        return [], kind
    return [path, *(["-R"] if kind == "less" else []), *words[1:]], kind


def _less_has_links(less: str) -> bool:
    """Tell whether this less passes links on; older ones show them as garbage."""
    import subprocess

    try:
        said = subprocess.run([less, "--version"], capture_output=True, text=True, timeout=5).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    number = re.match(r"less (\d+)", said)
    return number is not None and int(number[1]) >= _LESS_WITH_LINKS
