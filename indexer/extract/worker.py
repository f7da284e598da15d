"""What happens inside the cage? One process opens foreign files, one at a time."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from indexer.errors import FileProblem, Reason
from indexer.extract import inside, kinds, programs
from indexer.extract.confine import confine
from indexer.extract.source import Origin, Source
from indexer.files.opening import Directory, Irregular, is_online_only, is_regular, read_most
from indexer.model.items import COPY_SUFFIX, Extract, Kind, Passage, Stamp, storable_ns
from indexer.model.readings import PLAIN, Reading, end_of_key, pack_passages
from indexer.terms import languages, postings, text_terms, words
from indexer.terms.tokenizer import has_words

SCRATCH_LIMIT = 1 << 30
"""Bytes that a reading process may have on disk."""

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as _Pipe
else:
    _Pipe = Connection


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read."""

    path: Path
    stamp: Stamp
    """The stamp that the file must have before and after, or the result is dropped."""
    known_texts: frozenset[str]
    """Text keys of known contents of that size, which need not be read again."""
    file_limit: int
    """Bytes; a larger file is not opened."""
    text_limit: int
    """Characters; text beyond is left out."""
    passwords: tuple[str, ...] = ()
    """Tried on encrypted files."""
    recognised: tuple[str, dict[int, str]] = ("", {})
    """A digest, and the texts already recognised in pictures of its pages."""
    picture_page: int = 0
    """Recognise this page instead of reading the file; 0: read it."""
    languages: tuple[str, ...] = ()
    """The languages, as Tesseract names them."""
    folder: Path | None = None
    """Below this, no part of the path may be a link; None: the file's own directory."""
    origin: Origin | None = None
    """Where the file was fetched from; None: it is one of the folder."""
    is_copied: bool = False
    """Return a clean copy of a fetched page in HTML instead of its text."""
    is_export: bool = False
    """Read the links of an export of another program, whatever the file's name."""

    @property
    def place(self) -> str:
        """Its path in the folder, as far as that is known: of some files it says what they are."""
        if self.origin:
            return f"page.{self.origin.suffix}"
        try:
            return self.path.relative_to(self.folder or self.path.parent).as_posix()
        except ValueError:
            return self.path.name

    def pack(self) -> bytes:
        """Return it as bytes for a reading process."""
        folder = None if self.folder is None else str(self.folder)
        return pickle.dumps(
            (str(self.path), tuple(self.stamp), self.known_texts, self.file_limit,
             self.text_limit, self.passwords, self.recognised, self.picture_page, self.languages, folder,
             self.origin and tuple(self.origin), self.is_copied, self.is_export)
        )  # fmt: skip

    @staticmethod
    def unpack(packed: bytes) -> Job:
        """Return what `pack` packed; only for bytes of our own."""
        packed_job = pickle.loads(packed)  # noqa: S301 - from the process that started this one
        (path, stamp, known, file_limit, text_limit, passwords, recognised, page, languages, folder, origin,
         is_copied, is_export) = packed_job  # fmt: skip
        return Job(
            Path(path), Stamp(*stamp), known, file_limit, text_limit, passwords, recognised, page, languages,
            None if folder is None else Path(folder), origin and Origin(*origin), is_copied,
            is_export,
        )  # fmt: skip


def main(given: dict[str, Any]) -> None:
    """Carry out the jobs that come through a pipe, all in one folder, until it closes; write in one directory only.

    `given`: `pipe` (descriptor or handle), `folder`, `scratch`, `memory` (bytes), `parent` (process), `readers` from
    outside (None: look for them).
    """
    pipe = _Pipe(given["pipe"])
    folder, scratch = Path(given["folder"]), Path(given["scratch"])
    _settle_in(given["memory"])
    if given["readers"] is not None:
        kinds.tell_outside(given["readers"])
    ends = _end_of_parent(pipe, given["parent"])
    helpers = [path for name in programs.HELPERS if (path := programs.find(name, folder))]
    confine(folder, scratch, helpers)
    threading.Thread(
        target=_end_with_parent, args=(ends,), daemon=True
    ).start()  # now, so that this thread is confined, too
    jobs: SimpleQueue[Job | None] = SimpleQueue()
    threading.Thread(target=_take_in, args=(pipe, jobs), daemon=True).start()
    with contextlib.suppress(OSError, KeyboardInterrupt):
        while (job := jobs.get()) is not None:
            pipe.send_bytes(read(job).pack())


def _take_in(pipe: Connection, jobs: SimpleQueue[Job | None]) -> None:
    """Take in jobs while others are carried out, so that there is always a next one."""
    try:
        while True:
            jobs.put(Job.unpack(pipe.recv_bytes()))
    except (EOFError, OSError):
        jobs.put(None)
    except MemoryError:
        os._exit(1)


def _end_of_parent(pipe: Connection, parent: int) -> Callable[[], object]:
    """Return a function that waits for the end of the parent, or of its end of the pipe."""
    if sys.platform == "win32":
        import _winapi

        handle = _winapi.OpenProcess(_winapi.SYNCHRONIZE, False, parent)
        return lambda: wait([handle])
    events = select.poll()
    events.register(pipe.fileno(), 0)  # the system sends the end by itself
    return events.poll


def _end_with_parent(ends: Callable[[], object]) -> None:
    """End this process when its parent ends: nobody would enforce limits any more."""
    ends()
    os._exit(1)


def _settle_in(memory_limit: int) -> None:
    for name in (
        "SIGINT",
        "SIGBREAK",
    ):  # a console sends Ctrl-C to all its processes: the parent ends us by closing the pipe
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with contextlib.suppress(
        ImportError, ValueError, OSError
    ):  # Windows has no such limits: the parent watches
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (SCRATCH_LIMIT, SCRATCH_LIMIT))


def read(job: Job) -> Reading:
    """Return what reading a file gave, or why it gave nothing; never raise."""
    if kinds.kind_of(job.place) is Kind.MARK:  # its name says all
        return Reading(kind=Kind.MARK)
    try:
        return _read(job)
    except FileProblem as problem:
        return Reading(failure=(problem.reason, problem.detail))


def _read(job: Job) -> Reading:
    path, name, place = job.path, f"page.{job.origin.suffix}" if job.origin else job.path.name, job.place
    _check(job)
    if job.stamp.size > job.file_limit:
        raise FileProblem(Reason.TOO_BIG, f"larger than {job.file_limit >> 20} MB: found by name only")
    try:
        data = _load(job)
        digest = hashlib.sha256(data).hexdigest()
    except FileNotFoundError as error:
        raise FileProblem(Reason.VANISHED, "gone before it was read") from error
    except OSError as error:
        raise FileProblem(Reason.LOCKED, error.strerror or "can't be opened") from error
    _check(job)
    if not data:
        return _empty(digest, kinds.kind_of(place))
    if job.is_export:
        from indexer.extract import exports  # nothing but `indexer import` asks for it

        about = inside.guarded(lambda: exports.read(Source(path, name, data, job.text_limit)))
        return Reading(digest, about=about, kind=Kind.LINK)
    suffix = kinds.sniff(place, data)
    kind = kinds.kind_by_content(place, suffix)
    reader = kinds.reader_of(suffix, is_fetched=job.origin is not None)
    if reader is None:
        shown = f".{suffix}" if suffix else "it"
        return Reading(
            digest, failure=(Reason.UNSUPPORTED, f"found by name only: no reader for {shown}"), kind=kind
        )
    texts = job.recognised[1] if job.recognised[0] == digest else {}
    key = _text_key(job, f"{digest}:{suffix}:{kinds.version_of(reader)}", texts)
    if key + PLAIN in job.known_texts and not job.picture_page:  # texts with another end may have more now
        return Reading(digest, key + PLAIN, kind=kind)
    source = Source(path, name, data, job.text_limit, suffix, job.passwords, texts, origin=job.origin)
    try:
        if job.is_copied:
            from indexer.extract.readable import readable

            copy = inside.guarded(lambda: readable(source))
            return Reading(digest, passages=pack_passages([Passage(copy)]), kind=kind)
        if job.picture_page:
            from indexer.extract.recognise import recognise_page  # imports much that most files don't need

            text = inside.guarded(lambda: recognise_page(source, job.picture_page, job.languages))
            return Reading(digest, passages=pack_passages([Passage(text, job.picture_page)]), kind=kind)
        extract = inside.read(reader, source)
    except FileProblem as problem:
        return Reading(digest, failure=(problem.reason, problem.detail), kind=kind)
    if extract.is_link and kind is not Kind.LINK:
        extract, kind = _saved_copy(extract, kind, name)
    return _reading(digest, key, extract, kind)


def _saved_copy(extract: Extract, kind: Kind, name: str) -> tuple[Extract, Kind]:
    """Return a file that says that it is the copy of a page behind a link as one, if people will know it for one by its name."""
    if kind is Kind.WEB and name.lower().endswith(COPY_SUFFIX):
        return extract, Kind.LINK
    return extract._replace(is_link=False), kind


def _text_key(job: Job, read_as: str, texts: Mapping[int, str]) -> str:
    """Return the key of a text without its end: what it is of, how it is read, and what was recognised in pictures."""
    key = f"{read_as}:{words.VERSION}:{job.text_limit}"
    if job.origin and job.origin.charset:
        key += ":" + hashlib.sha256(job.origin.charset.encode("utf-8", "replace")).hexdigest()[:12]
    if texts:
        key += ":" + hashlib.sha256(repr(sorted(texts.items())).encode("utf-8", "replace")).hexdigest()[:12]
    return key


def _reading(digest: str, key: str, extract: Extract, kind: Kind) -> Reading:
    """Return what is kept of an extract, and of the mails of a mailbox. `key` has no end yet."""
    key += end_of_key(extract)
    texts = [passage.text for passage in extract.passages]
    terms = postings.pack(texts, extract.headings, languages.language_of(_sample(extract)))
    if (kept := len(postings.starts_of(terms))) < len(texts):
        extract = extract._replace(passages=extract.passages[:kept], truncated=_too_many_words())
    about = extract._replace(passages=(), messages=(), headings=())
    says_something = extract.links or extract.messages or extract.note is not None
    if not any(map(has_words, texts)) and not says_something:
        failure = extract.unread or (Reason.NO_TEXT, _why_no_text(extract))
        return Reading(digest, about=about, failure=failure, kind=kind)
    messages = tuple(
        _reading(digest, f"{key}#{number}", message, Kind.MAIL)
        for number, message in enumerate(extract.messages)
    )
    return Reading(digest, key, about, pack_passages(extract.passages), terms, extract.unread, kind, messages)


def _empty(digest: str, kind: Kind) -> Reading:
    """Return what an empty file gives; a note may be empty, as its name says something."""
    needs_text = kind not in (Kind.NOTE, Kind.PERSON)
    return Reading(digest, failure=(Reason.NO_TEXT, "it is empty") if needs_text else None, kind=kind)


def _too_many_words() -> str:
    return (
        f"only its beginning can be searched: it has more than {text_terms.MOST_DISTINCT:,} different words,"
        f" or {text_terms.MOST_WORDS:,} in all"
    )


def _sample(extract: Extract) -> str:
    """Return the beginning of a text, from which its language is detected."""
    return "\n".join([extract.title, *(passage.text[:500] for passage in extract.passages[:4])])


def _why_no_text(extract: Extract) -> str:
    return "only pictures of text in it" if extract.pictures else "no text in it"


def _check(job: Job) -> None:
    """Raise unless, without opening it, the file is still the scanned one and its content is on this disk."""
    try:
        status = job.path.lstat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileProblem(Reason.VANISHED, "gone before it was read") from error
    except OSError as error:
        raise FileProblem(Reason.LOCKED, error.strerror or "can't be examined") from error
    if not is_regular(status):
        raise FileProblem(Reason.UNSUPPORTED, "not a regular file")
    if is_online_only(status):
        raise FileProblem(Reason.ONLINE_ONLY, "its content is in the cloud only")
    _compare(job.stamp, status)


def _compare(stamp: Stamp, status: os.stat_result) -> None:
    """Raise unless this is the scanned file, by size, time and file id.

    The id counts only together with the time of change: some systems change ids each time, and on Windows, which tells no
    time of change, the known id may be that of long ago.
    """
    is_another = 0 != stamp.file_id != status.st_ino != 0 and 0 != stamp.ctime_ns != storable_ns(
        status.st_ctime_ns
    )
    if is_another or (status.st_size, storable_ns(status.st_mtime_ns)) != (stamp.size, stamp.mtime_ns):
        raise FileProblem(Reason.CHANGED, "changed while it was read")


def _load(job: Job) -> bytes:
    """Return the bytes of exactly the scanned file: no directory below the folder may have become a link."""
    folder = job.folder or job.path.parent
    above, _, name = job.path.relative_to(folder).as_posix().rpartition("/")
    try:
        # By path: the audit hook of this process sees only paths.
        with (
            Directory(folder, by_path=True) as root,
            root.reach(above) as directory,
            directory.open(name) as file,
        ):
            _compare(job.stamp, os.fstat(file.fileno()))
            return read_most(file, job.stamp.size)
    except Irregular as error:
        raise FileProblem(Reason.CHANGED, "something else came into its place") from error
