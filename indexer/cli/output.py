"""How answers are printed: text that can't steer a terminal, JSON, paths as they are; `status` and `failed`."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from indexer.app.status import FolderStatus, Publishes
    from indexer.model.items import Failure


INVISIBLE = "\xad\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
"""Invisible characters: harmless in a text, but in a name they make it look like another."""
_STEERS = (
    # controls, line ends of all sorts, what turns a line's direction round, lone surrogates, notes between lines, tags and other signs for how to set a text
    f"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2065-\u206f\ud800-\udfff\ufff9-\ufffb\U00013430-\U0001343f"
    f"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f{INVISIBLE}]"
    # joiners belong to emoji and to the scripts of India and Persia; behind ASCII they only hide
    f"|(?<![^\x00-\x7f{INVISIBLE}])[\u200c\u200d]"
)


def prepare() -> None:
    """Write UTF-8 everywhere; characters that can't be encoded are written as escapes.

    If a stream is missing, as under `pythonw`, output is dropped and input is empty.
    """
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries warn about themselves: no person could act on it


def _nowhere(mode: str) -> TextIO:
    return cast("TextIO", Path(os.devnull).open(mode, encoding="utf-8"))


def write(text: str) -> None:
    """Print text as it is."""
    _while_read(lambda: sys.stdout.write(text))


def say(text: str) -> None:
    """Print lines for a person; names in them can't break the output."""
    write(printable(text, keep="\n"))


def write_bytes(raw: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.flush()
    _while_read(lambda: sys.stdout.buffer.write(raw))


def note(text: str) -> None:
    """Tell the person something that is not part of the answer, on stderr."""
    print(printable(text, keep="\n"), file=sys.stderr)


def finish() -> None:
    """Send off what was printed."""
    _while_read(sys.stdout.flush)


def _while_read(print_it: Callable[[], object]) -> None:
    """Print; if the reader is gone (`| head`) or writing fails, all further output is dropped."""
    try:
        print_it()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError) and error.errno != errno.EINVAL:  # what Windows says
            raise


def as_json(value: object) -> str:
    """Return one line of ASCII JSON: undecodable bytes of names are `\\udcXX`."""
    import json

    return json.dumps(value) + "\n"


def moment(value: datetime | None) -> str | None:
    """Return a time as written in JSON, in whole seconds UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def printable(text: str, keep: str = "") -> str:
    """Return text that neither steers a terminal nor hides in it: each character that could is replaced by one other."""
    if text.isprintable():
        return text
    return re.sub(_STEERS, lambda match: match[0] if match[0] in keep else "\ufffd", text)


def write_paths(paths: Iterable[str], *, nul: bool) -> None:
    """Print each path once: made harmless on a terminal, elsewhere its bytes as on disk."""
    end = b"\0" if nul else os.linesep.encode()
    if sys.stdout.isatty():
        paths = map(printable, paths)
    write_bytes(b"".join(_as_on_disk(path) + end for path in dict.fromkeys(paths)))


def _as_on_disk(path: str) -> bytes:
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that is no undecodable byte: only Windows has such names
        return path.encode("utf-8", "surrogatepass")


# --- status and failed ----------------------------------------------------------------------------


def status_object(status: FolderStatus) -> dict[str, object]:
    """Return the health of a folder as the contract's object."""
    return {
        "schema": 1,
        "folder": str(status.folder),
        "running": status.running,
        "pid": status.pid,
        "items": status.items,
        "queue": status.queue,
        "last_change": moment(status.last_change),
        "last_publish": moment(status.last_publish),
        "page": str(status.page) if status.page else None,
        "publisher": _publisher_object(status.publisher) if status.publisher else None,
        "online_only": status.online_only,
        "conflicts": [{"path": path, "base": base} for path, base in status.conflicts],
        "failed": status.failed,
        "problems": list(status.problems),
        "misnamed": [{"path": path, "kind": kind} for path, kind in status.misnamed],
        "waiting_for_ocr": status.waiting_for_ocr,
        "collisions": [list(paths) for paths in status.collisions],
        "remarks": list(status.remarks),
    }


def _publisher_object(publisher: Publishes) -> dict[str, object]:
    return {"host": publisher.host, "since": moment(publisher.since), "is_me": publisher.is_me}


def status_text(status: FolderStatus) -> str:
    """Return the health of a folder as a small table; what needs a person comes last."""
    items = sum(status.items.values())
    kinds = ", ".join(
        f"{count:,} {kind}" for kind, count in sorted(status.items.items(), key=lambda p: (-p[1], p[0]))
    )
    rows = [
        ("folder", str(status.folder)),
        ("daemon", f"running, pid {status.pid}" if status.running else "not running"),
        ("items", f"{items:,}" + (f" ({kinds})" if kinds else "")),
        ("waiting", f"{status.queue:,} to be read" if status.queue else "nothing"),
        ("can't be read", f"{status.failed:,}" + (" (`indexer failed` lists them)" if status.failed else "")),
        ("last change", _local(status.last_change)),
        (
            "page",
            f"{status.page}, written {_local(status.last_publish)}" if status.page else "none yet",
        ),
    ]
    if status.online_only:
        rows.append(("online only", f"{status.online_only:,}, found by name only"))
    if status.waiting_for_ocr:
        rows.append(("pictures", f"{status.waiting_for_ocr:,} pages wait for text recognition"))
    rows += [("wrong ending", f"{path} is of kind {kind}") for path, kind in status.misnamed[:5]]
    if len(status.misnamed) > 5:
        rows.append(("", f"and {len(status.misnamed) - 5:,} more"))
    rows += [("one on Windows", ", ".join(paths) + ": rename all but one") for paths in status.collisions[:5]]
    rows += [("note", remark) for remark in status.remarks]
    lines = [f"{name:<14} {printable(value)}" for name, value in rows]
    lines += ["", *(f"! {printable(problem)}" for problem in status.problems)] if status.problems else []
    return "\n".join(lines) + "\n"


def _local(value: datetime | None) -> str:
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value else "never"


def failures_object(failures: Iterable[Failure]) -> dict[str, object]:
    """Return the files that could not be read as the contract's object."""
    return {
        "schema": 1,
        "failed": [
            {
                "path": f.path,
                "reason": str(f.reason),
                "detail": f.detail,
                "tries": f.tries,
                "next_try": moment(f.next_try),
            }
            for f in failures
        ],
    }


def failures_text(failures: Iterable[Failure]) -> str:
    """Return the files that could not be read, one line each."""
    lines = [
        f"{f.reason:<12} {printable(f.path)}: {printable(f.detail)}"
        + (f" (next try {_local(f.next_try)})" if f.next_try else "")
        for f in failures
    ]
    return "\n".join(lines or ["Everything could be read."]) + "\n"
