"""What changed? The scan's snapshot against what the catalogue knows: pure, without a clock or a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from indexer.catalogue import Known
from indexer.model.items import RelPath, Snapshot, Stamp, parent_of


@dataclass(frozen=True, slots=True)
class Change:
    """How the folder differs from the catalogue."""

    added: tuple[RelPath, ...] = ()
    changed: tuple[tuple[Known, RelPath], ...] = ()
    moved: tuple[tuple[Known, RelPath], ...] = ()
    """Known files that lie elsewhere now, or are back; if their content differs, they are among the changed, too."""
    restamped: tuple[tuple[Known, RelPath], ...] = ()
    """Only what says nothing of the content differs."""
    seen_again: tuple[Known, ...] = ()
    """Files that were missing and are there, or may be: nothing can be said of them any more."""
    missing: tuple[Known, ...] = ()


def compare(
    snapshot: Snapshot,
    known: Mapping[RelPath, Known],
    alike: Callable[[Stamp], list[Known]],
    is_there: Callable[[RelPath], bool],
) -> Change:
    """Return the difference.

    `alike` finds removed files with the size and time of a stamp, and live ones with its file id; `is_there` tells whether a path that the
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
    pairs, added = _match_moves(new, snapshot, gone, alike, is_there)
    moved = [(old, path) for old, path in pairs if not old.forgotten]
    changed += [(old, path) for old, path in moved if not _looks_same(old, snapshot.files[path])]
    added += [path for old, path in pairs if old.forgotten and not _looks_same(old, snapshot.files[path])]
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
    alike: Callable[[Stamp], list[Known]],
    is_there: Callable[[RelPath], bool],
) -> tuple[list[tuple[Known, RelPath]], list[RelPath]]:
    """Pair new paths with files that went away; what is paired leaves `gone`."""
    by_stamp: dict[tuple[int, int], list[Known]] = {}
    by_file: dict[int, list[Known]] = {}
    for old in gone.values():
        by_stamp.setdefault((old.stamp.size, old.stamp.mtime_ns), []).append(old)
        by_file.setdefault(old.stamp.file_id, []).append(old)
    pairs: list[tuple[Known, RelPath]] = []
    taken: set[str] = set()

    def take(path: RelPath, candidates: Iterable[Known]) -> bool:
        """Pair a new path with the first of some files that it may be."""
        for old in candidates:
            is_away = old.removed or old.path in gone or not (snapshot.covers(old.path) or is_there(old.path))
            if old.id not in taken and is_away and _is_same_file(old, path, snapshot.files[path]):
                taken.add(old.id)
                gone.pop(old.path, None)
                pairs.append((old, path))
                return True
        return False

    left = []
    for path in sorted(new):
        stamp = snapshot.files[path]
        by_id = by_file.get(stamp.file_id, ()) if stamp.file_id else ()
        seen_go = [*by_stamp.get((stamp.size, stamp.mtime_ns), ()), *by_id]
        if not take(path, seen_go) and not take(path, alike(stamp)):
            left.append(path)
    return pairs, _match_with_directories(left, pairs, gone, taken)


def _match_with_directories(
    new: list[RelPath], pairs: list[tuple[Known, RelPath]], gone: dict[RelPath, Known], taken: set[str]
) -> list[RelPath]:
    """Pair files that were saved again while their directory, with others, moved; return the paths that are left."""
    went = {
        parent_of(path): parent_of(old.path) for old, path in pairs if parent_of(path) != parent_of(old.path)
    }
    left = []
    for path in new:
        name = path.rpartition("/")[2]
        before = went.get(parent_of(path))
        old = gone.get(RelPath(f"{before}/{name}" if before else name)) if before is not None else None
        if old is None or old.id in taken:
            left.append(path)
        else:
            taken.add(old.id)
            del gone[old.path]
            pairs.append((old, path))
    return left


def _is_same_file(old: Known, path: RelPath, stamp: Stamp) -> bool:
    """Tell whether it is the same file: by its file id and either its looks or its name, else by looks and name."""
    same_name = old.path.rpartition("/")[2] == path.rpartition("/")[2]
    if old.stamp.file_id and stamp.file_id:
        same_file = old.stamp.file_id == stamp.file_id and (_looks_same(old, stamp) or same_name)
        return same_file or bool(old.removed and old.path == path and _looks_same(old, stamp))
    return _looks_same(old, stamp) and (same_name or bool(old.removed and old.path == path))


def _looks_same(old: Known, stamp: Stamp) -> bool:
    return (old.stamp.size, old.stamp.mtime_ns) == (stamp.size, stamp.mtime_ns)


def _content_differs(old: Stamp, new: Stamp) -> bool:
    return (old.size, old.mtime_ns, old.file_id) != (new.size, new.mtime_ns, new.file_id)
