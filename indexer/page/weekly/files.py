"""How do weeks come into the page's directory? Atomically, only what changed, never over somebody else's file.

Whatever stands there in the way of a file, that file is not written and it is said why; all others are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from indexer.files.opening import Directory, Irregular, OnlineOnly
from indexer.files.private import for_everyone
from indexer.files.retrying import InUse
from indexer.page import writer
from indexer.page.belonging import Location
from indexer.page.shape import MOST_PUT_IN, shape_of
from indexer.page.weekly import marking
from indexer.page.weekly.marking import DIRECTORY, FEED, FILE, Shown

MOST_BYTES = 2 << 20
"""No file of ours is larger."""


class WrittenWeeks(NamedTuple):
    """The result of writing weeks."""

    written: Mapping[str, int] = {}
    """Files written, with their sizes."""
    new: frozenset[str] = frozenset()
    """Those of them that were not there before."""
    problems: tuple[str, ...] = ()


def write_weeks(location: Location, files: Mapping[str, bytes], drop: Collection[str] = ()) -> WrittenWeeks:
    """Write those of `files` (`2026-W47.html`, `2026-W47.eml`, `feed.xml`) that differ; delete ours named in `drop`.

    `location` is prepared. Raise OSError if the disk can't be written.
    """
    wrong = [name for name in (*files, *drop) if name != FEED and not FILE.fullmatch(name)]
    if wrong:
        raise ValueError(f"not a file of a week: {', '.join(wrong)}")
    assert location.files, "prepare opens it"
    writing = _Writing({}, set(), [])
    with writing.telling(location.files, DIRECTORY):
        if any(name != FEED for name in files):
            with for_everyone():
                location.files.make(DIRECTORY)
        if location.files.has(DIRECTORY):
            with location.files.below(DIRECTORY) as directory:
                writer.clear(directory)
                for name in (name for name in drop if name != FEED):
                    marking.drop(directory, name)
                for name in sorted(files.keys() - {FEED}):
                    writing.put(directory, name, files[name])
            with suppress(OSError):  # not empty
                location.files.remove_directory(DIRECTORY)
    if FEED in drop:
        marking.drop(location.files, FEED)
    if FEED in files:
        writing.put(location.files, FEED, files[FEED])
    return WrittenWeeks(writing.written, frozenset(writing.new), tuple(writing.problems))


def weeks_there(location: Location) -> dict[str, Shown]:
    """Return the weeks of which a digest of ours is there, each with what it shows."""
    found: dict[str, Shown] = {}
    assert location.folder, "opened_location opens it"
    with (
        suppress(OSError),
        location.folder.below(location.directory.name) as files,
        files.below(DIRECTORY) as directory,
    ):
        for name in marking.latest_weeks(directory):
            week, _, suffix = name.partition(".")
            with suppress(OSError):
                if suffix == "html" and marking.is_ours(directory, name):
                    found[week] = marking.shown_in(directory.read(name, MOST_BYTES, whole=False))
    return found


class _Writing(NamedTuple):
    """What was written until now, and what was not."""

    written: dict[str, int]
    new: set[str]
    problems: list[str]

    def put(self, directory: Directory, name: str, content: bytes) -> None:
        """Write a file if it differs and is not somebody else's."""
        with self.telling(directory, name):
            if not marking.is_free_or_ours(directory, name):
                self.problems.append(
                    f"{directory.path / name} is somebody else's: rename it, then it is written again"
                )
            elif not _is_there(directory, name, content):
                is_new = not directory.has(name)
                writer.replace_file(directory, name, content, durable=True)
                self.written[name] = len(content)
                self.new.update([name] if is_new else ())

    @contextmanager
    def telling(self, directory: Directory, name: str) -> Iterator[None]:
        """Note what stands in the way of a file; a disk that can't be written stops all."""
        where = directory.path / name
        try:
            yield
        except OnlineOnly:
            self.problems.append(f"{where} is in the cloud only: have it kept on this device")
        except InUse:
            self.problems.append(f"{where} can't be replaced, since somebody has it open: it is tried again")
        except Irregular:
            self.problems.append(
                f"{where} is a link or not what it should be: rename it, then it is written again"
            )
        except PermissionError:
            self.problems.append(f"{where} can't be opened: may you read and write it?")


def _is_there(directory: Directory, name: str, content: bytes) -> bool:
    """Tell whether a file has this content; of HTML, what sync services add doesn't count."""
    try:
        there = directory.read(name, len(content) + MOST_PUT_IN)
    except (FileNotFoundError, Irregular):
        return False
    if name.endswith(".html") and there != content:
        same_mark = marking.mark_of(there) == marking.mark_of(content)
        return same_mark and shape_of(there) == shape_of(content)
    return there == content
