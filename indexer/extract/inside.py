"""Files within files: attachments of mails, documents in archives, each read by its own reader.

The one place that calls a reader, and where foreign failures end. How deep and how much is bounded, so that nested
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
from indexer.model import Extract, Link, Passage

T = TypeVar("T")

MAX_DEPTH = 3
"""An archive in a mail in an archive is opened; what lies deeper is named only."""
MAX_UNPACKED = 256 << 20
MAX_FILES = 2_000


def read(reader: str, source: Source) -> Extract:
    """Have the module or entry point named `reader` read; raise FileProblem whatever goes wrong."""
    return guarded(lambda: _load(reader)(source))


def guarded(step: Callable[[], T]) -> T:
    """Return what `step` does with foreign code; raise FileProblem whatever goes wrong in it."""
    try:
        return step()
    except FileProblem:
        raise
    except MemoryError as error:
        raise FileProblem(Reason.TOO_BIG, "needs more memory than one file may have") from error
    except RecursionError as error:
        raise FileProblem(Reason.DAMAGED, "nested too deeply") from error
    except Exception as error:
        # The one place where any failure of foreign code ends: it costs this file its text, nothing else.
        detail = " ".join(f"the reader failed: {type(error).__name__}: {error}".split())
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
    """What the files say that lie in another one."""

    passages: list[Passage] = field(default_factory=list)
    """Each headed by the name of its file."""
    links: list[Link] = field(default_factory=list)
    truncated: str = ""
    """One line on the first that was not read to its end; empty where all were."""


def read_parts(source: Source, parts: Iterable[tuple[str, bytes]]) -> Within:
    """Return what the files that lie in `source` say, given their names and bytes."""
    found = Within()
    left, unpacked = source.text_limit, 0
    for count, (raw_name, data) in enumerate(parts):
        name = clean_text(raw_name).strip() or "(no name)"
        unpacked += len(data)
        if count >= MAX_FILES or unpacked > MAX_UNPACKED or left <= 0:
            found.passages.append(
                Passage(f"{name}\n\n(the files from here on were not read: too much for one archive)")
            )
            found.truncated = found.truncated or f"too much lies in it: from {name[:200]} on it was not read"
            break
        for passage in _read_part(source, name, data, found):
            found.passages.append(passage)
            left -= len(passage.text)
    return found


def _read_part(source: Source, name: str, data: bytes, found: Within) -> Iterator[Passage]:
    suffix = kinds.sniff(name, data)
    reader = kinds.reader_of(suffix)
    if reader is None or source.depth >= MAX_DEPTH or not data:
        yield Passage(name)
        return
    within = replace(
        source, name=PurePosixPath(name).name, data=data, suffix=suffix, depth=source.depth + 1, recognised={}
    )
    try:
        extract = read(reader, within)
    except FileProblem as problem:
        yield Passage(f"{name}\n\n({problem.detail})")
        return
    found.links += extract.links
    if extract.truncated and not found.truncated:
        found.truncated = f"{name[:200]}: {extract.truncated}"
    about = "\n".join(filter(None, (extract.title, extract.author)))
    if about or not extract.passages:
        yield Passage(f"{name}\n\n{about}".strip())
    for passage in extract.passages:
        yield Passage(f"{name}\n\n{passage.text}")
    for link in extract.links if extract.is_link or extract.is_link_list else ():
        yield Passage(f"{name}\n\n{link.title} {link.url or ''}".strip())
