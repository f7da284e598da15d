"""The inside of the cage: one process that opens foreign files, one at a time."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import logging
import os
import signal
import stat
import sys
import warnings
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from indexer import words
from indexer.errors import FileProblem, Reason
from indexer.extract import kinds
from indexer.extract.source import Source
from indexer.model import Extract, Stamp
from indexer.reading import Reading, pack_passages

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read."""

    path: Path
    stamp: Stamp
    """What the file must look like before and after, for the result to count."""
    known_texts: frozenset[str]
    """Text keys of contents of that size that need no reading again."""
    file_limit: int
    """Bytes; a larger file is not opened."""
    text_limit: int
    """Characters; text beyond is left out."""


def main(pipe: Connection, memory_limit: int) -> None:
    """Read the jobs that come through `pipe` until it ends."""
    _settle_in(memory_limit)
    while True:
        try:
            job = pipe.recv()
            pipe.send_bytes(read(job).pack())
        except (EOFError, OSError, KeyboardInterrupt):
            return


def _settle_in(memory_limit: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us, by closing the pipe
    silence = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    os.dup2(silence.fileno(), 1)
    os.dup2(silence.fileno(), 2)
    sys.stdout = sys.stderr = silence
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with contextlib.suppress(
        ImportError, ValueError, OSError
    ):  # Windows has no such limits: the parent watches
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(job: Job) -> Reading:
    """Return what a file says, or why it says nothing; never raise."""
    try:
        return _read(job)
    except FileProblem as problem:
        return Reading(failure=(problem.reason, problem.detail))


def _read(job: Job) -> Reading:
    path, name = job.path, job.path.name
    _check(job)
    reader = kinds.reader_for(name)
    if job.stamp.size > job.file_limit:
        raise FileProblem(Reason.TOO_BIG, f"larger than {job.file_limit >> 20} MB: found by its name only")
    try:
        data, digest = _load(path, keep=True)
    except FileNotFoundError as error:
        raise FileProblem(Reason.VANISHED, "gone before it was read") from error
    except OSError as error:
        raise FileProblem(Reason.LOCKED, error.strerror or "can't be opened") from error
    _check(job)
    reader = kinds.sniff(name, data[:4096]) or reader
    if reader is None:
        suffix = path.suffix.lower()
        return Reading(
            digest, failure=(Reason.UNSUPPORTED, f"found by its name only: no reader for {suffix or 'it'}")
        )
    key = f"{digest}:{reader.rpartition('.')[2]}{kinds.version_of(reader)}:{words.VERSION}:{job.text_limit}"
    if key in job.known_texts:
        return Reading(digest, key)
    try:
        extract = _extract(reader, Source(path, name, data, job.text_limit))
    except FileProblem as problem:
        return Reading(digest, failure=(problem.reason, problem.detail))
    terms = words.index_passages(passage.text for passage in extract.passages)
    if not terms.length and not extract.links:
        return Reading(digest, failure=(Reason.NO_TEXT, "no text in it"))
    about = replace(extract, passages=())
    return Reading(digest, key, about, pack_passages(extract.passages), terms.pack())


def _check(job: Job) -> None:
    """Raise unless the file is still the one that was seen."""
    try:
        status = job.path.lstat()
    except OSError as error:
        raise FileProblem(Reason.VANISHED, "gone before it was read") from error
    if not stat.S_ISREG(status.st_mode):
        raise FileProblem(Reason.UNSUPPORTED, "not a regular file")
    if (status.st_size, status.st_mtime_ns) != (job.stamp.size, job.stamp.mtime_ns):
        raise FileProblem(Reason.CHANGED, "changed while it was read")


def _load(path: Path, *, keep: bool) -> tuple[bytes, str]:
    sha = hashlib.sha256()
    blocks = []
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            if keep:
                blocks.append(block)
    return b"".join(blocks), sha.hexdigest()


def _extract(reader: str, source: Source) -> Extract:
    try:
        extract: Extract = importlib.import_module(reader).read(source)
    except FileProblem:
        raise
    except MemoryError as error:
        raise FileProblem(Reason.TOO_BIG, "needs more memory than one file may have") from error
    except RecursionError as error:
        raise FileProblem(Reason.DAMAGED, "nested too deeply") from error
    except Exception as error:
        # The one place where any failure of foreign code ends: it costs this file its text, nothing else.
        raise FileProblem(
            Reason.CRASHED, f"the reader failed: {type(error).__name__}: {error}"[:300]
        ) from error
    return extract
