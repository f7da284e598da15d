"""What changed? The scan's snapshot against what the catalogue knows: pure, without a clock or a disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from indexer.catalogue import Known
from indexer.model import RelPath, Snapshot, Stamp


@dataclass(frozen=True, slots=True)
class Change:
    """How the folder differs from the catalogue."""

    added: tuple[RelPath, ...] = ()
    changed: tuple[tuple[Known, RelPath], ...] = ()
    moved: tuple[tuple[Known, RelPath], ...] = ()
    """Known files that lie elsewhere now, or are back."""
    restamped: tuple[tuple[Known, RelPath], ...] = ()
    """Only what says nothing of the content differs."""
    seen_again: tuple[Known, ...] = ()
    """Files that were missing and are there, or may be: nothing can be said of them any more."""
    missing: tuple[Known, ...] = ()


def compare(
    snapshot: Snapshot,
    known: Mapping[RelPath, Known],
    removed_like: Callable[[Stamp], list[Known]],
    is_there: Callable[[RelPath], bool],
) -> Change:
    """Return the difference.

    `removed_like` finds removed files with the size and time of a stamp; `is_there` tells whether a path that the
    snapshot doesn't cover exists.
    """
    changed, restamped, seen_again = [], [], []
    new: list[RelPath] = []
    for path, stamp in snapshot.files.items():
        old = known.get(path)
        if old is None:
            new.append(path)
        elif old.forgotten:
            if _content_differs(old.stamp, stamp):
                changed.append((old, path))
        elif _content_differs(old.stamp, stamp) or old.stamp.ctime_ns != stamp.ctime_ns:
            changed.append((old, path))
        elif old.stamp != stamp:
            restamped.append((old, path))
        elif old.missing:
            seen_again.append(old)
    gone = {
        path: old
        for path, old in known.items()
        if path not in snapshot.files and _is_gone(old, snapshot, is_there)
    }
    if snapshot.unreadable:
        seen_again += [old for path, old in known.items() if old.missing and snapshot.hides(path)]
    moved, added = _match_moves(new, snapshot, gone, removed_like)
    return Change(
        added=tuple(added),
        changed=tuple(changed),
        moved=tuple(moved),
        restamped=tuple(restamped),
        seen_again=tuple(seen_again),
        missing=tuple(old for path, old in gone.items() if not old.forgotten and snapshot.covers(path)),
    )


def _is_gone(old: Known, snapshot: Snapshot, is_there: Callable[[RelPath], bool]) -> bool:
    """Tell whether a known file may have moved away: also one outside of a look at a few directories."""
    if snapshot.covers(old.path):
        return True
    return snapshot.listed is not None and (old.missing or old.forgotten) and not is_there(old.path)


def _match_moves(
    new: list[RelPath],
    snapshot: Snapshot,
    gone: dict[RelPath, Known],
    removed_like: Callable[[Stamp], list[Known]],
) -> tuple[list[tuple[Known, RelPath]], list[RelPath]]:
    """Pair new paths with files that went away; what is paired leaves `gone`."""
    by_stamp: dict[tuple[int, int], list[Known]] = {}
    for old in gone.values():
        by_stamp.setdefault((old.stamp.size, old.stamp.mtime_ns), []).append(old)
    moved, added = [], []
    taken = set()
    for path in sorted(new):
        stamp = snapshot.files[path]
        candidates = [*by_stamp.get((stamp.size, stamp.mtime_ns), ()), *removed_like(stamp)]
        match = next(
            (old for old in candidates if old.id not in taken and _is_same_file(old, path, stamp)), None
        )
        if match is None:
            added.append(path)
            continue
        taken.add(match.id)
        gone.pop(match.path, None)
        if not match.forgotten:
            moved.append((match, path))
    return moved, added


def _is_same_file(old: Known, path: RelPath, stamp: Stamp) -> bool:
    """Size and time are equal: tell whether it is the same file, by its file id or else by its name."""
    if old.stamp.file_id and stamp.file_id and old.stamp.file_id == stamp.file_id:
        return True
    return (old.removed and old.path == path) or (
        not (old.stamp.file_id and stamp.file_id) and old.path.rpartition("/")[2] == path.rpartition("/")[2]
    )


def _content_differs(old: Stamp, new: Stamp) -> bool:
    return (old.size, old.mtime_ns, old.file_id) != (new.size, new.mtime_ns, new.file_id)
