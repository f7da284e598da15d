"""Files within files: attachments of mails, documents in archives, each read by its own reader.

The only place that calls a reader, and where failures of foreign code end. Depth and size are limited, so that nested
archives cost no more than one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar

from indexer.errors import FileProblem, Reason
from indexer.extract import kinds
from indexer.extract.passages import clean_text
from indexer.extract.source import Source
from indexer.model.items import Extract, Link, Passage

T = TypeVar("T")

MAX_DEPTH = 3
"""An archive in a mail in an archive is opened; deeper files are only named."""
MAX_UNPACKED = 256 << 20
MAX_FILES = 2_000


def read(reader: str, source: Source) -> Extract:
    """Call the reader that is the module or entry point named `reader`; raise FileProblem if anything goes wrong.

    It gets passwords only after it asks for one: so we know that a password opened the file.
    """
    plain: Extract | None = None
    try:
        plain = guarded(lambda: _load(reader)(replace(source, passwords=())))
        if not source.passwords or not _asks(plain):
            return plain
    except FileProblem as problem:
        if not source.passwords or problem.reason is not Reason.ENCRYPTED:
            raise
    opened = guarded(lambda: _load(reader)(source))
    if opened == plain or opened.messages:  # each mail of a mailbox records that itself
        return opened
    return opened._replace(opened=True, is_link_list=False)  # the entries of a list would show it as items


def _asks(extract: Extract) -> bool:
    """Tell whether a part of it needs a password."""
    return any(one.unread and one.unread[0] is Reason.ENCRYPTED for one in (extract, *extract.messages))


def guarded(step: Callable[[], T]) -> T:
    """Return the result of `step`, which calls foreign code; raise FileProblem if anything goes wrong in it."""
    try:
        return step()
    except FileProblem:
        raise
    except MemoryError as error:
        raise FileProblem(Reason.TOO_BIG, "needs more memory than one file may have") from error
    except RecursionError as error:
        raise FileProblem(Reason.DAMAGED, "nested too deeply") from error
    except Exception as error:
        # The only place where any failure of foreign code ends: only this file's text is lost.
        detail = f"the reader failed: {type(error).__name__}: {error}"
        raise FileProblem(Reason.CRASHED, detail[:300]) from error


def _load(reader: str) -> Callable[[Source], Extract]:
    module, _, attribute = reader.partition(":")
    found: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        found = getattr(found, name)
    read_with: Callable[[Source], Extract] = getattr(found, "read", found)
    return read_with


@dataclass(slots=True)
class Within:
    """The texts of the files within another file."""

    passages: list[Passage] = field(default_factory=list)
    """Each begins with its name within."""
    links: list[Link] = field(default_factory=list)
    truncated: str = ""
    """One line on the first file not read to its end; empty if all were."""
    unread: tuple[Reason, str] | None = None
    """Why one of them has no text, and how many others have none; a missing password comes first."""
    opened: bool = False
    """A password opened one of them."""


def read_parts(source: Source, parts: Iterable[tuple[str, bytes | FileProblem]]) -> Within:
    """Return the texts of the files in `source`, given by name, with their bytes or the reason for having none."""
    found = Within()
    problems: list[tuple[str, FileProblem]] = []
    left, unpacked = source.text_limit, 0
    for count, (raw_name, data) in enumerate(parts):
        name = clean_text(raw_name).strip() or "(no name)"
        unpacked += 0 if isinstance(data, FileProblem) else len(data)
        if count >= MAX_FILES or unpacked > MAX_UNPACKED or left <= 0:
            found.passages.append(Passage(name))
            found.truncated = found.truncated or f"it holds too much: from {name[:200]} on it was not read"
            break
        made = _read_part(source, name, data, problems)
        if made is not None:
            found.links += made.links
            found.opened |= made.opened
            if made.truncated and not found.truncated:
                found.truncated = f"{name[:200]}: {made.truncated}"
            if made.unread:
                problems.append((name, FileProblem(*made.unread)))
        for passage in _passages(name, made):
            found.passages.append(passage)
            left -= len(passage.text)
    found.unread = _in_one(problems)
    return found


_TOLD = (Reason.ENCRYPTED, Reason.DAMAGED, Reason.TOO_BIG, Reason.CRASHED, Reason.TIMED_OUT)
"""The reasons that are reported; with any other, a file rightly has no text (a picture, a link, no reader)."""


def _in_one(problems: list[tuple[str, FileProblem]]) -> tuple[Reason, str] | None:
    if not problems:
        return None
    name, worst = min(problems, key=lambda problem: problem[1].reason is not Reason.ENCRYPTED)
    more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
    return worst.reason, f"{name[:200]}: {worst.detail}{more}"


def _read_part(
    source: Source, name: str, data: bytes | FileProblem, problems: list[tuple[str, FileProblem]]
) -> Extract | None:
    """Return the extract of one file; None if there is no reader, or if it became one of the `problems`."""
    if isinstance(data, FileProblem):
        problems.append((name, data))
        return None
    suffix = kinds.sniff(name, data)
    reader = kinds.reader_of(suffix)
    if reader is None or source.depth >= MAX_DEPTH or not data:
        return None
    within = replace(
        source, name=PurePosixPath(name).name, data=data, suffix=suffix, depth=source.depth + 1, recognised={}
    )
    try:
        return read(reader, within)
    except FileProblem as problem:
        if problem.reason in _TOLD:
            problems.append((name, problem))
        return None


def _passages(name: str, extract: Extract | None) -> Iterator[Passage]:
    if extract is None:
        yield Passage(name)
        return
    about = "\n".join(filter(None, (extract.title, extract.author)))
    if about or not extract.passages:
        yield Passage(f"{name}\n\n{about}".strip())
    for passage in extract.passages:
        yield Passage(f"{name}\n\n{passage.text}")
    for link in extract.links if extract.is_link or extract.is_link_list else ():
        yield Passage(f"{name}\n\n{link.title} {link.url or ''}".strip())
