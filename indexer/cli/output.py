"""How answers look: JSON for programs, plain or coloured text for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from indexer.app import Health
    from indexer.model import Failure, Result, SearchResults

_BOLD, _DIM, _LINK, _MARK, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[1;33m", "\x1b[0m"


def write(text: str) -> None:
    """Print text as it is."""
    sys.stdout.write(text)


def as_json(value: object) -> str:
    """Return one line of ASCII JSON: undecodable bytes of names are `\\udcXX`."""
    return json.dumps(value) + "\n"


def moment(value: datetime | None) -> str | None:
    """Return a time as JSON has it, in whole seconds UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


# --- search ---------------------------------------------------------------------------------------


def results_object(found: SearchResults) -> dict[str, object]:
    """Return the answer to a search as the contract's object."""
    return {
        "schema": 1,
        "query": found.query,
        "total": found.total,
        "took_ms": found.took_ms,
        "relaxed": found.relaxed,
        "complete": found.complete,
        "suggestion": found.suggestion,
        "results": [result_object(result) for result in found.results],
    }


def result_object(result: Result) -> dict[str, object]:
    """Return one result as the contract's object."""
    item = result.item
    return {
        "rank": result.rank,
        "score": round(result.score, 6),
        "id": item.id,
        "path": item.path,
        "title": item.title,
        "type": str(item.kind),
        "url": item.url,
        "page": result.page,
        "size": item.size,
        "modified": moment(item.modified),
        "added": moment(item.added),
        "author": item.author or None,
        "tags": list(item.tags),
        "department": item.department,
        "copies": list(result.copies),
        "conflict_of": result.conflict_of,
        "online_only": item.online_only,
        "snippet": result.snippet,
        "highlights": [list(span) for span in result.highlights],
    }


def results_text(found: SearchResults, folder: Path, *, colour: bool, links: bool) -> str:
    """Return results for people; `links`: paths can be clicked on this terminal."""
    lines: list[str] = []
    if not found.results and not found.total:
        return "No results\n"
    if found.relaxed:
        lines += ["No item has all of these words. These have most of them:", ""]
    for result in found.results:
        lines += [*_result_lines(result, folder, colour=colour, links=links), ""]
    rest = found.total - (found.results[-1].rank if found.results else 0)
    if rest > 0 and found.results:
        lines.append(_styled(f"{rest:,} more: add --limit or --offset", _DIM, colour))
    if not found.complete:
        lines.append(
            _styled(
                "the words of this query stand for very many: only the most frequent were used", _DIM, colour
            )
        )
    return "\n".join(lines).rstrip("\n") + "\n"


def _result_lines(result: Result, folder: Path, *, colour: bool, links: bool) -> Iterator[str]:
    item = result.item
    page = f"  p. {result.page}" if result.page else ""
    yield f"{result.rank:>3}  {_styled(printable(item.title), _BOLD, colour)}"
    path = _styled(printable(item.path), _LINK, colour)
    if links:
        target = (folder / item.path).as_uri() if not _is_broken(item.path) else ""
        path = f"\x1b]8;;{target}\x1b\\{path}\x1b]8;;\x1b\\" if target else path
    copies = (
        f"  (+{len(result.copies)} {'copy' if len(result.copies) == 1 else 'copies'})"
        if result.copies
        else ""
    )
    yield f"     {path}{page}{_styled(copies, _DIM, colour)}"
    if item.url:
        yield f"     {_styled(item.url, _LINK, colour)}"
    if result.snippet:
        yield from _wrapped(marked(result.snippet, result.highlights, colour=colour))


def _wrapped(words: list[tuple[str, int]], width: int = 92, most: int = 2) -> Iterator[str]:
    """Yield at most `most` lines of words, given with the room they take."""
    line: list[str] = []
    used = lines = 0
    for word, size in words:
        if line and used + size + 1 > width:
            lines += 1
            yield "     " + " ".join(line) + (" …" if lines == most else "")
            if lines == most:
                return
            line, used = [], 0
        line.append(word)
        used += size + 1
    if line:
        yield "     " + " ".join(line)


def marked(snippet: str, highlights: Iterable[tuple[int, int]], *, colour: bool) -> list[tuple[str, int]]:
    """Return the words of a snippet with the hits coloured, each with the columns it takes."""
    shown: list[str] = []
    at = 0
    for start, end in highlights:
        shown += [
            snippet[at:start],
            *((_MARK, snippet[start:end], _OFF) if colour else (snippet[start:end],)),
        ]
        at = end
    text = "".join([*shown, snippet[at:]])
    return [(printable(word, keep="\x1b"), len(_bare(word))) for word in text.split()]


def _bare(word: str) -> str:
    return word.replace(_MARK, "").replace(_OFF, "")


def _styled(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_OFF}" if colour and text else text


def printable(text: str, keep: str = "") -> str:
    """Return text that can't steer a terminal: control characters and lone surrogates replaced."""
    return "".join(
        c
        if c in keep
        or (c >= " " and c != "\x7f" and not "\x80" <= c <= "\x9f" and not "\ud800" <= c <= "\udfff")
        else "\ufffd"
        for c in text
    )


def _is_broken(path: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in path)


def write_paths(paths: Iterable[str], *, nul: bool) -> None:
    """Print each path once, its bytes as they are on disk."""
    end = b"\0" if nul else os.linesep.encode()
    out = sys.stdout.buffer
    sys.stdout.flush()
    for path in dict.fromkeys(paths):
        raw = (
            path.encode("utf-8", "surrogateescape")
            if not _is_lost(path)
            else quote(path, errors="replace").encode()
        )
        out.write(raw + end)
    out.flush()


def _is_lost(path: str) -> bool:
    return any("\ud800" <= c <= "\udfff" and not "\udc80" <= c <= "\udcff" for c in path)


# --- status and failed ----------------------------------------------------------------------------


def health_object(health: Health) -> dict[str, object]:
    """Return how things stand as the contract's object."""
    return {
        "schema": 1,
        "folder": str(health.folder),
        "running": health.running,
        "pid": health.pid,
        "items": health.items,
        "queue": health.queue,
        "last_change": moment(health.last_change),
        "last_publish": moment(health.last_publish),
        "page": str(health.page) if health.page else None,
        "publisher": health.publisher,
        "online_only": health.online_only,
        "conflicts": [{"path": path, "base": base} for path, base in health.conflicts],
        "failed": health.failed,
        "problems": list(health.problems),
        "misnamed": [{"path": path, "kind": kind} for path, kind in health.misnamed],
        "waiting_for_ocr": health.waiting_for_ocr,
    }


def health_text(health: Health) -> str:
    """Return how things stand as a small table, what needs a person last."""
    items = sum(health.items.values())
    kinds = ", ".join(
        f"{count:,} {kind}" for kind, count in sorted(health.items.items(), key=lambda p: (-p[1], p[0]))
    )
    rows = [
        ("folder", printable(str(health.folder))),
        ("daemon", f"running, pid {health.pid}" if health.running else "not running"),
        ("items", f"{items:,}" + (f" ({kinds})" if kinds else "")),
        ("waiting", f"{health.queue:,} to be read" if health.queue else "nothing"),
        ("can't be read", f"{health.failed:,}" + (" (`indexer failed` lists them)" if health.failed else "")),
        ("last change", _local(health.last_change)),
        ("page", f"{health.page}, written {_local(health.last_publish)}" if health.page else "none yet"),
    ]
    if health.online_only:
        rows.append(("online only", f"{health.online_only:,}, found by name"))
    if health.waiting_for_ocr:
        rows.append(("pictures", f"{health.waiting_for_ocr:,} pages wait for their words to be recognised"))
    rows += [("named wrongly", f"{printable(path)} is of kind {kind}") for path, kind in health.misnamed[:5]]
    if len(health.misnamed) > 5:
        rows.append(("", f"and {len(health.misnamed) - 5:,} more"))
    lines = [f"{name:<14} {value}" for name, value in rows]
    lines += ["", *(f"! {problem}" for problem in health.problems)] if health.problems else []
    return "\n".join(lines) + "\n"


def _local(value: datetime | None) -> str:
    return value.astimezone().strftime("%Y-%m-%d %H:%M") if value else "never"


def failures_object(failures: Iterable[Failure]) -> dict[str, object]:
    """Return what could not be read as the contract's object."""
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
    """Return what could not be read, a line each."""
    lines = [
        f"{f.reason:<12} {printable(f.path)}: {printable(f.detail)}"
        + (f" (tried again {_local(f.next_try)})" if f.next_try else "")
        for f in failures
    ]
    return "\n".join(lines or ["Everything could be read."]) + "\n"
