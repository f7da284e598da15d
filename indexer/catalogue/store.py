"""The catalogue's questions and answers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from indexer.catalogue.records import (
    BASE,
    CHILD,
    ITEM_ROW,
    KNOWN,
    STAMP,
    TEXT_ROW,
    WIDTH,
    Child,
    Known,
    Wanted,
    checked,
    checked_text,
    digest_of,
    file_title,
    hyperlink_words,
    link_child,
    range_below,
    stamp_row,
    text_checksum,
    to_blob,
    to_item,
    to_known,
    to_moment,
    to_ms,
    to_path,
    to_stamp,
    to_text,
)
from indexer.catalogue.schema import CHECKED, IS_ID, SCHEMA, TEXT, connect, damaged
from indexer.errors import Damaged, Reason, StateError
from indexer.model.items import Extract, Failure, Item, ItemId, Kind, RelPath, Stamp, Text, parent_of
from indexer.model.log import Entry
from indexer.model.readings import Reading, about_from_json, about_to_json, clean, unpack_passages

KEEP_REMOVED = timedelta(days=30)
RETRY_AFTER = (10, 60, 600, 3600, 6 * 3600, 24 * 3600)
"""Seconds until a passing failure is tried again, by the number of tries so far."""

PASSING = frozenset({Reason.LOCKED, Reason.CHANGED, Reason.TIMED_OUT, Reason.CRASHED})
LASTING = frozenset({Reason.TIMED_OUT, Reason.CRASHED})
"""Of these the reasons that stay once all tries were in vain; others go on once a day: who holds a file may let it go."""
QUIET = frozenset({Reason.UNSUPPORTED, Reason.NO_TEXT, Reason.ONLINE_ONLY, Reason.TRUNCATED})
"""Reasons that are no news: shown by `failed --all` only."""
LONGEST_DETAIL = 500
"""So many characters of what a library says of a file are kept, in one line."""
MOST_LINKS = 100_000
"""So many links of lists are items, in all."""
TOO_MANY_LINKS = f"the folder's lists have more than {MOST_LINKS:,} links: found by the file alone"
CHANGES_TOLD = 3
"""A file that changed while it was read is news once it did so this often without a look seeing the change."""

_UNTOLD = (
    ("an item has a number that was never given", "SELECT 1 FROM items WHERE seq > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq'), 0)"),
    ("an item has lost its text", "SELECT 1 FROM items WHERE text_key NOT IN (SELECT key FROM texts)"),
    ("an item has lost its file", "SELECT 1 FROM items WHERE parent NOT IN (SELECT id FROM items)"),
    ("an item has an id that is none", f"SELECT 1 FROM items WHERE NOT ({IS_ID})"),
    ("a table is not as it was made", f"SELECT 1 FROM meta WHERE key = 'schema' AND value NOT LIKE '% ' || ({SCHEMA})"),
)  # fmt: skip
"""What can't be, though each row is as it was written: a later part is lost, or an earlier one came back."""


class Catalogue:
    """The memory of one folder's state. One process writes; any number read."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Open or make the database; raise StateError where it is damaged or of another version."""
        self._path = path
        self._db = connect(path, readonly=readonly)
        self._adopted: dict[ItemId, int] | None = None

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def check(self) -> None:
        """Raise Damaged where what lies on the disk is not as it was written: reads all of it."""
        if not self._path.exists():
            raise Damaged(damaged("it is missing"))
        db = connect(self._path, readonly=True)
        try:
            found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise Damaged(damaged(" ".join(str(found).split())[:100]))
            rows = [
                (f"a row of its {table}", f"SELECT 1 FROM {table} WHERE checked IS NOT checksum({columns})")
                for table, columns in CHECKED.items()
            ]
            for what, query in [*rows, *_UNTOLD]:
                if db.execute(query + " LIMIT 1").fetchone():
                    raise Damaged(damaged(what))
        finally:
            db.close()

    def flush(self) -> None:
        """Write the journal back and empty it: nothing that was forgotten stays in it."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make everything done inside one transaction; nested use joins the outer one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # --- small facts ------------------------------------------------------------------------------

    def fact(self, key: str, default: str = "") -> str:
        """Return a small remembered fact."""
        row = self._db.execute("SELECT key, value, checked FROM meta WHERE key = ?", (key,)).fetchone()
        return str(checked(row)[1]) if row else default

    def remember(self, key: str, value: str) -> None:
        """Remember a small fact."""
        self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, clean(value)))

    def problems(self, *, of_daemon: bool) -> list[str]:
        """Return what is remembered under `…_problems`, line by line; what a daemon met (`daemon_…`) only where one runs."""
        rows = self._db.execute(
            "SELECT value FROM meta WHERE key GLOB '*_problems' AND (? OR key NOT GLOB 'daemon_*') ORDER BY key",
            (of_daemon,),
        )
        return [line for r in rows for line in r[0].split("\n") if line]

    def clear_problems_of_daemon(self) -> None:
        """Forget what an earlier daemon met."""
        with self.writing():
            self._db.execute("UPDATE meta SET value = '' WHERE key GLOB 'daemon_*_problems'")

    def is_news(self, key: str, *parts: str) -> bool:
        """Tell whether `parts` differ from those remembered under `key`, of which only a digest is kept; remember them."""
        digest = digest_of(self.epoch, *parts)
        before = self.fact(key)
        if before != digest:
            self.remember(key, digest)
        return before not in ("", digest)

    @property
    def epoch(self) -> str:
        """The name of this log; another name means that its numbers start anew."""
        return self.fact("epoch")

    @property
    def seq(self) -> int:
        """The number of the last change."""
        return int(self.fact("seq", "0"))

    @property
    def complete_since(self) -> int:
        """The number from which on the log tells of every change; earlier removals may be forgotten."""
        return int(self.fact("purged_seq", "0"))

    def _next_seq(self) -> int:
        row = self._db.execute(
            "UPDATE meta SET value = value + 1 WHERE key = 'seq' RETURNING value"
        ).fetchone()
        return int(row[0])

    # --- looking ----------------------------------------------------------------------------------

    def known(self, listed: Mapping[RelPath, Collection[RelPath]] | None = None) -> dict[RelPath, Known]:
        """Return live files by path; where a path was used before, the removed one is not told.

        `listed`: directories with the directories in them; then only files in these or below what is gone from them
        are told, and whatever is missing or forgotten.
        """
        asked = f"SELECT {KNOWN} FROM items WHERE parent IS NULL AND (removed IS NULL OR forgotten)"
        if listed is None:
            rows = self._db.execute(f"{asked} ORDER BY forgotten DESC").fetchall()
        else:
            rows = self._db.execute(f"{asked} AND (missing IS NOT NULL OR forgotten)").fetchall()
            for directory, below in listed.items():
                within = range_below(directory)
                rows += self._db.execute(
                    f"{asked} AND path > ? AND path < ? AND instr(substr(path, ?), x'2f') = 0",
                    (*within, len(within[0]) + 1),
                )
                for gone in self._directories_in(directory) - {*below}:
                    rows += self._db.execute(f"{asked} AND path > ? AND path < ?", range_below(gone))
            rows.sort(key=lambda row: -row[-1])
        return {known.path: known for known in map(to_known, rows)}

    def _directories_in(self, directory: RelPath) -> set[RelPath]:
        """Return the directories right in one that have live files in or below them."""
        found: set[RelPath] = set()
        begin, end = range_below(directory)
        length = len(begin)
        while row := self._db.execute(
            "SELECT path FROM items WHERE path > ? AND path < ? AND removed IS NULL AND parent IS NULL"
            " AND instr(substr(path, ?), x'2f') > 0 ORDER BY path LIMIT 1",
            (begin, end, length + 1),
        ).fetchone():
            name = row[0][: row[0].index(b"/", length)]
            found.add(to_path(name))
            begin = name + b"0"
        return found

    def alike(self, stamp: Stamp) -> list[Known]:
        """Return live files that have the file id of a stamp, and removed ones that had its size and time, latest removal first."""
        live = self._db.execute(
            f"SELECT {KNOWN} FROM items WHERE file_id = ? AND removed IS NULL AND parent IS NULL",
            (str(stamp.file_id),),
        ).fetchall() if stamp.file_id else []  # fmt: skip
        removed = self._db.execute(
            f"SELECT {KNOWN} FROM items WHERE size = ? AND mtime_ns = ? AND removed IS NOT NULL AND parent IS NULL"
            " ORDER BY removed DESC",
            (stamp.size, stamp.mtime_ns),
        )
        return list(map(to_known, [*live, *removed]))

    def __contains__(self, directory: object) -> bool:
        """Tell whether a live file lies in or below a directory."""
        row = self._db.execute(
            "SELECT 1 FROM items WHERE path > ? AND path < ? AND removed IS NULL AND parent IS NULL LIMIT 1",
            range_below(str(directory)),
        )
        return row.fetchone() is not None

    def add(
        self, path: RelPath, stamp: Stamp, kind: Kind, now: datetime, *, first_pass: bool, priority: int,
        adopted: tuple[ItemId, datetime] | None = None,
    ) -> ItemId:  # fmt: skip
        """Note a new file that wants to be read; `adopted` are the id and date it has elsewhere."""
        modified = min(stamp.mtime_ns // 1_000_000, to_ms(now))
        added = modified if first_pass else to_ms(now)
        item_id = adopted[0] if adopted and self._is_free(adopted[0]) else self._free_id(to_blob(path))
        if adopted:
            added = min(to_ms(adopted[1]), to_ms(now))
        self._db.execute(
            "INSERT INTO items (id, path, base, kind, size, mtime_ns, ctime_ns, file_id, online_only, modified, added,"
            " title, want) VALUES (?1, ?2, base_of(?2), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (item_id, to_blob(path), kind, *stamp_row(stamp), modified, added, file_title(path), priority),
        )  # fmt: skip
        return item_id

    def change(self, item_id: ItemId, stamp: Stamp, kind: Kind, now: datetime, priority: int) -> None:
        """Note that a file's content changed, or came back from being forgotten."""
        self._db.execute(
            "UPDATE items SET kind = ?, size = ?, mtime_ns = ?, ctime_ns = ?, file_id = ?, online_only = ?,"
            " modified = ?, want = ?, missing = NULL, removed = NULL, forgotten = 0 WHERE id = ?",
            (kind, *stamp_row(stamp), min(stamp.mtime_ns // 1_000_000, to_ms(now)), priority, item_id),
        )
        self._db.execute("UPDATE failures SET tries = 0 WHERE id = ?", (item_id,))

    def restamp(self, item_id: ItemId, stamp: Stamp) -> None:
        """Note a stamp that differs in what says nothing of the content."""
        self._db.execute(
            "UPDATE items SET size = ?, mtime_ns = ?, ctime_ns = ?, file_id = ?, online_only = ?, missing = NULL"
            " WHERE id = ?",
            (*stamp_row(stamp), item_id),
        )

    def move(self, item_id: ItemId, path: RelPath, stamp: Stamp, kind: Kind | None) -> None:
        """Note that a file lies elsewhere now, or is back; its text stays, as do its links, and its kind if None."""
        row = self._db.execute("SELECT path, title, removed FROM items WHERE id = ?", (item_id,)).fetchone()
        title = file_title(path) if row[1] == file_title(to_path(row[0])) else row[1]
        self._db.execute(
            "UPDATE items SET path = ?1, base = base_of(?1), title = ?, kind = coalesce(?, kind), size = ?, mtime_ns = ?,"
            " ctime_ns = ?, file_id = ?, online_only = ?, missing = NULL, removed = NULL, forgotten = 0, seq = ? WHERE id = ?",
            (to_blob(path), title, kind, *stamp_row(stamp), self._next_seq(), item_id),
        )
        self._tell_conflicts(to_path(row[0]))
        self._tell_conflicts(path)
        # Links that went together with their file come back with it.
        for (child,) in self._db.execute(
            "SELECT id FROM items WHERE parent = ? AND removed IS ?", (item_id, row[2])
        ).fetchall():
            self._db.execute(
                "UPDATE items SET path = ?, removed = NULL, seq = ? WHERE id = ?",
                (to_blob(path), self._next_seq(), child),
            )

    def want(self, item_id: ItemId, priority: int) -> None:
        """Have a file read again, or more urgently."""
        self._db.execute(
            "UPDATE items SET want = min(coalesce(want, ?1), ?1) WHERE id = ?2", (priority, item_id)
        )

    def set_missing(self, item_ids: Iterable[ItemId], since: datetime | None) -> None:
        """Note which files are not seen since when, or (None) that they are seen again."""
        value = to_ms(since) if since else None
        self._db.executemany(
            # a time to come is one of a clock that was set back since
            "UPDATE items SET missing = CASE WHEN ?1 IS NULL THEN NULL ELSE min(coalesce(missing, ?1), ?1) END WHERE id = ?2",
            [(value, item_id) for item_id in item_ids],
        )

    def missing_since(self, before: datetime) -> list[ItemId]:
        """Return the files not seen since `before` or longer."""
        return [
            ItemId(r[0])
            for r in self._db.execute(
                "SELECT id FROM items WHERE missing <= ? AND removed IS NULL", (to_ms(before),)
            )
        ]

    def directories_of_missing(self, before: datetime) -> set[RelPath]:
        """Return where the files lay that were not seen since `before` or longer."""
        rows = self._db.execute(
            "SELECT path FROM items WHERE missing <= ? AND removed IS NULL", (to_ms(before),)
        )
        return {parent_of(to_path(r[0])) for r in rows}

    def has_missing(self) -> bool:
        """Tell whether any file is not seen."""
        row = self._db.execute("SELECT 1 FROM items WHERE missing IS NOT NULL AND removed IS NULL LIMIT 1")
        return row.fetchone() is not None

    def count_missing(self) -> int:
        """Return how many items (links of missing lists too) are not seen."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM items WHERE removed IS NULL AND"
                " (missing IS NOT NULL OR parent IN (SELECT id FROM items WHERE missing IS NOT NULL AND removed IS NULL))"
            ).fetchone()[0]
        )

    def count_live(self) -> int:
        """Return how many items there are."""
        return int(self._db.execute("SELECT count(*) FROM items WHERE removed IS NULL").fetchone()[0])

    def count_removed(self, since: datetime, until: datetime) -> int:
        """Return how many items were removed in that time, for being gone: links that a list lost are not."""
        lately = "removed BETWEEN ?1 AND ?2 AND NOT forgotten"
        return int(
            self._db.execute(
                f"SELECT count(*) FROM items WHERE {lately} AND"
                f" (parent IS NULL OR parent IN (SELECT id FROM items WHERE {lately}))",
                (to_ms(since), to_ms(until)),
            ).fetchone()[0]
        )

    def remove(self, item_ids: Iterable[ItemId], now: datetime) -> int:
        """Take files and their links out of what is found; their texts stay for `KEEP_REMOVED`, and what was to be read is."""
        count = 0
        for item_id in item_ids:
            rows = self._db.execute(
                "SELECT id, path, parent FROM items WHERE (id = ?1 OR parent = ?1) AND removed IS NULL",
                (item_id,),
            )
            for gone, path, parent in rows.fetchall():
                self._db.execute(
                    "UPDATE items SET removed = ?, missing = NULL, seq = ? WHERE id = ?",
                    (to_ms(now), self._next_seq(), gone),
                )
                if parent is None:
                    self._tell_conflicts(to_path(path))
                count += 1
        return count

    def forget(self, item_id: ItemId, now: datetime) -> None:
        """Remove a file, its links and its text for good; it stays out until it changes."""
        self.remove([item_id], now)
        self._db.execute(
            "DELETE FROM scans WHERE digest = (SELECT digest FROM items WHERE id = ?)", (item_id,)
        )
        keys = [
            r[0]
            for r in self._db.execute(
                "SELECT DISTINCT text_key FROM items WHERE (id = ?1 OR parent = ?1) AND text_key IS NOT NULL",
                (item_id,),
            )
        ]
        self._db.execute(
            "UPDATE items SET forgotten = 1, title = '', author = '', tags = '[]', note = '', url = NULL,"
            " hyperlinks = '[]', text_key = NULL, digest = '' WHERE id = ?1 OR parent = ?1",
            (item_id,),
        )
        self._db.execute("DELETE FROM failures WHERE id = ?", (item_id,))
        for key in keys:
            self._drop_text_if_unused(key)

    def _drop_text_if_unused(self, key: str) -> None:
        self._db.execute(
            "DELETE FROM texts WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM items WHERE text_key = ?1)",
            (key,),
        )

    # --- reading ----------------------------------------------------------------------------------

    def wanted(self, limit: int, skip: Collection[ItemId] = ()) -> list[Wanted]:
        """Return what to read next, most urgent and newest first."""
        rows = self._db.execute(
            f"SELECT id, path, {STAMP}, want FROM items"
            " WHERE want IS NOT NULL AND removed IS NULL AND missing IS NULL ORDER BY want, modified DESC LIMIT ?",
            (limit + len(skip),),
        )
        found = (Wanted(ItemId(r[0]), to_path(r[1]), to_stamp(r[2:7]), r[7]) for r in rows)
        return [wanted for wanted in found if wanted.id not in skip][:limit]

    def count_wanted(self) -> int:
        """Return how many files wait to be read."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM items WHERE want IS NOT NULL AND removed IS NULL AND missing IS NULL"
            ).fetchone()[0]
        )

    def want_due(self, now: datetime, priority: int) -> int:
        """Have failures whose time has come read again; return how many."""
        latest = to_ms(now) + RETRY_AFTER[-1] * 1000  # later ones are of a clock that was set back since
        return self._db.execute(
            "UPDATE items SET want = coalesce(want, ?) WHERE want IS NULL AND removed IS NULL AND id IN"
            " (SELECT id FROM failures WHERE next_try <= ? OR next_try > ?)",
            (priority, to_ms(now), latest),
        ).rowcount

    def want_next(self, share: float, below: RelPath, priority: int) -> int:
        """Have a share of the files in or below a directory read again, going round from one call to the next; return how many."""
        begin, end = range_below(below)
        mine = (
            "parent IS NULL AND removed IS NULL AND missing IS NULL AND want IS NULL AND NOT online_only"
            " AND digest != '' AND path > ? AND path < ?"
        )
        key = clean(f"control {below}")
        count = self._db.execute(f"SELECT count(*) FROM items WHERE {mine}", (begin, end)).fetchone()[0]
        limit = math.ceil(count * share)
        rows = self._db.execute(
            f"SELECT id FROM items WHERE {mine} AND id > ? ORDER BY id LIMIT ?",
            (begin, end, self.fact(key), limit),
        ).fetchall()
        self._db.executemany("UPDATE items SET want = ? WHERE id = ?", [(priority, r[0]) for r in rows])
        self.remember(key, rows[-1][0] if len(rows) == limit and rows else "")
        return len(rows)

    def want_failed(self, reasons: Collection[Reason], priority: int) -> int:
        """Have what failed for these reasons read again: something has changed that may help; return how many."""
        marks = ",".join("?" * len(reasons))
        return self._db.execute(
            "UPDATE items SET want = coalesce(want, ?) WHERE removed IS NULL AND parent IS NULL AND id IN"
            f" (SELECT id FROM failures WHERE reason IN ({marks}))",
            (priority, *reasons),
        ).rowcount

    def text_keys_of_size(self, size: int) -> list[str]:
        """Return the keys of some texts of contents of that size: equal bytes need no reading."""
        return [r[0] for r in self._db.execute("SELECT key FROM texts WHERE size = ? LIMIT 100", (size,))]

    def is_read(self, item_id: ItemId) -> bool:
        """Tell whether a file has a text."""
        return bool(
            self._db.execute(
                "SELECT 1 FROM items WHERE id = ? AND text_key IS NOT NULL", (item_id,)
            ).fetchone()
        )

    def has_text(self, text_key: str) -> bool:
        """Tell whether the text of a content, read in a certain way, is here."""
        return bool(self._db.execute("SELECT 1 FROM texts WHERE key = ?", (text_key,)).fetchone())

    def record(self, wanted: Wanted, reading: Reading, now: datetime, *, only_if_new: bool = False) -> bool:
        """Take in what reading gave; False where the file has changed since and the result says nothing.

        `only_if_new`: only where the content is another than the one that was read before.
        """
        row = self._db.execute(
            "SELECT size, mtime_ns, file_id, path, seq, added, modified, text_key, digest, ctime_ns FROM items"
            " WHERE id = ? AND removed IS NULL",
            (wanted.id,),
        ).fetchone()
        if row is None:
            return False
        stamp = wanted.stamp
        if (row[0], row[1], row[2], row[9]) != (
            stamp.size,
            stamp.mtime_ns,
            str(stamp.file_id),
            stamp.ctime_ns,
        ):
            return False
        if only_if_new and reading.digest in ("", row[8]):
            if reading.failure is not None and reading.failure[0] in PASSING:
                self._note_failure(wanted.id, reading, now)  # to be tried again
            self._db.execute("UPDATE items SET want = NULL WHERE id = ?", (wanted.id,))
            return True
        path = to_path(row[3])
        about = self._take_text(reading, stamp.size)
        for message in reading.messages:
            self._take_text(message, stamp.size)
        self._note_scans(reading.digest, about.scans)
        self._note_failure(wanted.id, reading, now, about.truncated)
        is_away = reading.failure is not None and reading.failure[0] in PASSING | {Reason.ONLINE_ONLY}
        if is_away and not reading.text_key and row[7]:
            self._db.execute("UPDATE items SET want = NULL WHERE id = ?", (wanted.id,))
            return True
        link = about.links[0] if about.is_link and about.links else None
        is_list = about.is_link_list and self._has_room(wanted.id, len(about.links))
        self._db.execute(
            "UPDATE items SET want = NULL, kind = coalesce(?, kind), digest = ?, text_key = ?, title = ?, author = ?,"
            " tags = ?, note = ?, url = ?, hyperlinks = ?, seq = ? WHERE id = ?",
            (
                reading.kind,
                reading.digest,
                reading.text_key if self.has_text(reading.text_key) else None,
                clean(((link.title if link else "") or about.title).strip()) or file_title(path),
                clean(about.author),
                json.dumps([*about.tags, *(link.tags if link else ())]),
                clean(link.note) if link else "",
                link.url if link else None,
                json.dumps([] if about.is_link or is_list else hyperlink_words(about.links)),
                self._next_seq(),
                wanted.id,
            ),
        )
        if about.scans and self.recognised(wanted.id)[1]:
            self.want(wanted.id, wanted.priority)
        if link and link.refused:
            self._fail(wanted.id, Reason.REFUSED, link.refused, 1, None)
        first_reading = row[4] == 0
        if about.is_link_list and not is_list:
            self._fail(wanted.id, Reason.TOO_BIG, TOO_MANY_LINKS, 1, to_ms(now) + RETRY_AFTER[-1] * 1000)
        children = [
            *(link_child(wanted.id, path, link) for link in (about.links if is_list else ())),
            *self._message_children(wanted.id, path, reading.text_key),
        ]
        self._take_children(wanted.id, path, children, row[5], row[6], now, first_reading=first_reading)
        self._tell_conflicts(path)
        return True

    def _has_room(self, list_id: ItemId, count: int) -> bool:
        """Tell whether so many links of a list may be items beside those of all others."""
        others = self._db.execute(
            "SELECT count(*) FROM items WHERE parent IS NOT NULL AND removed IS NULL AND kind = ? AND parent != ?",
            (Kind.LINK, list_id),
        )
        return int(others.fetchone()[0]) + count <= MOST_LINKS

    def lists_left_out(self) -> int:
        """Return how many lists of links are found by their files alone, as there are too many links."""
        rows = self._db.execute(
            "SELECT count(*) FROM failures JOIN items USING (id) WHERE detail = ? AND removed IS NULL",
            (TOO_MANY_LINKS,),
        )
        return int(rows.fetchone()[0])

    def _take_text(self, reading: Reading, size: int) -> Extract:
        if reading.about is not None and reading.text_key:
            row = (reading.text_key, size, about_to_json(reading.about), reading.passages, reading.terms)
            self._db.execute(
                f"INSERT OR REPLACE INTO texts ({TEXT}, checked) VALUES (?, ?, ?, ?, ?, ?)",
                (*row, text_checksum(*row)),
            )
        if reading.about is not None:
            return reading.about
        row = self._db.execute(f"SELECT {TEXT_ROW} FROM texts WHERE key = ?", (reading.text_key,)).fetchone()
        return about_from_json(checked_text(row)[2]) if row else Extract()

    def _note_scans(self, digest: str, pages: Iterable[int]) -> None:
        """Have pictures of pages wait for their words."""
        self._db.executemany(
            "INSERT OR IGNORE INTO scans (digest, page) VALUES (?, ?)", [(digest, page) for page in pages]
        )

    def recognised(self, item_id: ItemId) -> tuple[str, dict[int, str]]:
        """Return an item's digest and the texts of its pages, once none waits any more."""
        rows = self._db.execute(
            "SELECT digest, page, text FROM scans WHERE digest = (SELECT digest FROM items WHERE id = ?)",
            (item_id,),
        ).fetchall()
        if not rows or any(text is None for _, _, text in rows):
            return "", {}
        return rows[0][0], {page: text for _, page, text in rows}

    def next_scan(self, skip: Collection[ItemId] = ()) -> tuple[Wanted, int] | None:
        """Return a file, none to `skip`, and the page of it whose words are to be recognised next, newest files first."""
        marks = ",".join("?" * len(skip))
        row = self._db.execute(
            f"SELECT id, path, {STAMP}, 0, page FROM scans JOIN items USING (digest)"
            " WHERE text IS NULL AND removed IS NULL AND missing IS NULL AND want IS NULL AND NOT online_only"
            f" AND id NOT IN ({marks}) ORDER BY modified DESC, page LIMIT 1",
            tuple(skip),
        ).fetchone()
        if row is None:
            return None
        return Wanted(ItemId(row[0]), to_path(row[1]), to_stamp(row[2:7]), row[7]), row[8]

    def record_scan(self, item_id: ItemId, page: int, text: str, priority: int) -> None:
        """Take in the words of a page; with the last one its files are read again, with them."""
        row = self._db.execute("SELECT digest FROM items WHERE id = ?", (item_id,)).fetchone()
        self._db.execute(
            "UPDATE scans SET text = ? WHERE digest = ? AND page = ?", (clean(text), row[0], page)
        )
        self._db.execute(
            "UPDATE items SET want = coalesce(want, ?1) WHERE digest = ?2 AND removed IS NULL AND parent IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM scans WHERE digest = ?2 AND text IS NULL)",
            (priority, row[0]),
        )

    def count_scans(self) -> int:
        """Return how many pages wait for their words to be recognised."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM scans WHERE text IS NULL AND digest IN (SELECT digest FROM items WHERE removed IS NULL)"
            ).fetchone()[0]
        )

    def forget_scans(self) -> None:
        """Have all pictures of pages recognised anew: in other languages."""
        self._db.execute("UPDATE scans SET text = NULL")

    def _message_children(self, parent: ItemId, path: RelPath, text_key: str) -> Iterator[Child]:
        """Yield the mails of a mailbox; their ids stay when others come or go."""
        rows = self._db.execute(
            f"SELECT {TEXT_ROW} FROM texts WHERE key > ? AND key < ?", (text_key + "#", text_key + "$")
        )
        seen: Counter[tuple[str, ...]] = Counter()
        for row in rows.fetchall() if text_key else ():
            key, _, text, _, _ = checked_text(row)
            about = about_from_json(text)
            name = (about.title, about.author, str(about.created))
            seen[name] += 1
            yield Child(
                ItemId(digest_of(parent, *map(clean, name), str(seen[name]))),
                (Kind.MAIL, clean(about.title) or file_title(path), "", json.dumps(about.tags), None, clean(about.author),
                 json.dumps(hyperlink_words(about.links)), key),
                about.created,
                (Reason.TRUNCATED, about.truncated) if about.truncated else None,
            )  # fmt: skip

    def _take_children(
        self, parent: ItemId, path: RelPath, children: Iterable[Child], added: int, modified: int, now: datetime,
        *, first_reading: bool,
    ) -> None:  # fmt: skip
        """Make what a file holds items of their own; what it no longer holds is removed."""
        before = {
            r[0]: r[1:]
            for r in self._db.execute(
                f"SELECT id, {CHILD}, path, removed FROM items WHERE parent = ?", (parent,)
            )
        }
        seen: set[str] = set()
        for child in children:
            if child.id in seen:
                continue
            seen.add(child.id)
            if child.id in before and before[child.id] == (*child.row, to_blob(path), None):
                continue
            own = min(to_ms(child.date), to_ms(now)) if child.date else modified
            first_date = self._adopted_date(child.id) or (own if added == modified else added)
            self._db.execute(
                f"INSERT INTO items (id, parent, path, size, mtime_ns, ctime_ns, file_id, modified, added, {CHILD}, seq)"
                " VALUES (?, ?, ?, 0, 0, 0, '0', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " title = excluded.title, note = excluded.note, tags = excluded.tags, url = excluded.url,"
                " author = excluded.author, hyperlinks = excluded.hyperlinks, text_key = excluded.text_key,"
                " path = excluded.path, removed = NULL, forgotten = 0, seq = excluded.seq",
                (child.id, parent, to_blob(path), own,
                 first_date if first_reading else to_ms(now), *child.row, self._next_seq()),
            )  # fmt: skip
            if child.failure:
                self._fail(child.id, *child.failure, 1, None)
            else:
                self._db.execute("DELETE FROM failures WHERE id = ?", (child.id,))
        self.remove([ItemId(old) for old, row in before.items() if old not in seen and row[-1] is None], now)

    def _note_failure(self, item_id: ItemId, reading: Reading, now: datetime, truncated: str = "") -> None:
        if reading.failure is None:
            if truncated:
                self._fail(item_id, Reason.TRUNCATED, truncated, 1, None)
            else:
                self._db.execute("DELETE FROM failures WHERE id = ?", (item_id,))
            return
        reason, detail = reading.failure
        row = self._db.execute("SELECT tries FROM failures WHERE id = ?", (item_id,)).fetchone()
        tries = (row[0] if row else 0) + 1
        again = reason in PASSING and (tries <= len(RETRY_AFTER) or reason not in LASTING)
        self._fail(
            item_id,
            reason,
            detail,
            tries,
            to_ms(now) + RETRY_AFTER[min(tries, len(RETRY_AFTER)) - 1] * 1000 if again else None,
        )

    def _fail(self, item_id: ItemId, reason: Reason, detail: str, tries: int, next_try: int | None) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO failures (id, reason, detail, tries, next_try) VALUES (?, ?, ?, ?, ?)",
            (item_id, reason, clean(" ".join(detail.split())[:LONGEST_DETAIL]), tries, next_try),
        )

    # --- telling ----------------------------------------------------------------------------------

    def entries_since(self, seq: int, limit: int) -> Generator[Entry, None, None]:
        """Yield the next changes of the log after `seq`, each item as it is now; who has enough reads no more."""
        rows = self._db.execute(
            f"SELECT {ITEM_ROW}, seq, removed, text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        for r in rows:
            number, removed, key = r[WIDTH : WIDTH + 3]
            item, terms = self._item(r[:WIDTH]), to_text(key, r[WIDTH + 3 :])[1]
            yield Entry(number, item.id, item if removed is None else None, terms)

    def live(self) -> Iterator[tuple[Item, bytes, bytes]]:
        """Yield each live item that was read, with packed terms and packed passages, in the order of paths."""
        ids = self._db.execute("SELECT id FROM items WHERE removed IS NULL AND seq > 0 ORDER BY path, id")
        for item, _, terms, passages in self.texts_of([ItemId(r[0]) for r in ids]):
            yield item, terms, passages

    def told(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        """Yield each live item that was read, or these, with its text key; empty where it has no text."""
        query = f"SELECT {ITEM_ROW}, text_key FROM items WHERE removed IS NULL AND seq > 0"
        if ids is None:
            rows: Iterable[Any] = self._db.execute(query)
        else:
            rows = chain.from_iterable(self._db.execute(f"{query} AND id = ?", (one,)) for one in ids)
        for r in rows:
            yield self._item(r[:WIDTH]), r[WIDTH] or ""

    def _item(self, row: tuple[object, ...]) -> Item:
        """Return the item of its row; where it is a conflict copy of a live file, with that."""
        item, base = to_item(row), row[BASE]
        found = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE path = ? AND removed IS NULL AND parent IS NULL AND seq > 0",
            (base,),
        ).fetchone() if base else None  # fmt: skip
        if found is None:
            return item
        file = to_item(found)
        return replace(item, conflict_of=file.path, fold_with=file.fold_key)

    def _tell_conflicts(self, path: RelPath) -> None:
        """Give the live conflict copies of a file that changed a new number: what is said of it is said of them."""
        rows = self._db.execute(
            "SELECT id FROM items WHERE base = ? AND removed IS NULL AND seq > 0", (to_blob(path),)
        )
        for (item_id,) in rows.fetchall():
            self._db.execute("UPDATE items SET seq = ? WHERE id = ?", (self._next_seq(), item_id))

    def file_paths(self) -> list[RelPath]:
        """Return the paths of live files, in their order."""
        rows = self._db.execute(
            "SELECT path FROM items WHERE removed IS NULL AND parent IS NULL ORDER BY path"
        )
        return [to_path(r[0]) for r in rows]

    def conflicts(self) -> list[tuple[RelPath, RelPath]]:
        """Return live conflict copies with the live files they are copies of, by path."""
        rows = self._db.execute(
            "SELECT path, base FROM items WHERE base IS NOT NULL AND removed IS NULL AND EXISTS (SELECT 1 FROM items"
            " AS file WHERE file.path = items.base AND file.removed IS NULL AND file.parent IS NULL) ORDER BY path"
        )
        return [(to_path(path), to_path(base)) for path, base in rows]

    def untold(self) -> list[tuple[ItemId, RelPath]]:
        """Return the live items that were not read yet."""
        rows = self._db.execute("SELECT id, path FROM items WHERE removed IS NULL AND seq = 0")
        return [(ItemId(r[0]), to_path(r[1])) for r in rows]

    def changed_since(self, seq: int) -> list[ItemId]:
        """Return the items that changed after that number of the log, removed ones too."""
        return [ItemId(r[0]) for r in self._db.execute("SELECT id FROM items WHERE seq > ?", (seq,))]

    def texts_of(self, ids: Iterable[ItemId]) -> Iterator[tuple[Item, str, bytes, bytes]]:
        """Yield live items that were read, in this order, with text key, packed terms and packed passages."""
        query = (
            f"SELECT {ITEM_ROW}, text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key"
            " WHERE id = ? AND removed IS NULL AND seq > 0"
        )
        for item_id in ids:
            r = self._db.execute(query, (item_id,)).fetchone()
            if r is not None:
                passages, terms = to_text(r[WIDTH], r[WIDTH + 1 :])
                yield self._item(r[:WIDTH]), r[WIDTH] or "", terms, passages

    def items(self, ids: Collection[ItemId]) -> dict[ItemId, Item]:
        """Return the live items of these ids."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE id IN ({marks}) AND removed IS NULL", tuple(ids)
        )
        return {item.id: item for item in map(self._item, rows.fetchall())}

    def were_removed(self, ids: Collection[ItemId], after: int) -> bool:
        """Tell whether all of these items were removed by changes after that number of the log."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT count(*) FROM items WHERE id IN ({marks}) AND removed IS NOT NULL AND seq > ?",
            (*ids, after),
        )
        return bool(rows.fetchone()[0] == len(ids))

    def text(self, item_id: ItemId) -> Text | None:
        """Return an item's text; None where it has none."""
        row = self._db.execute(
            f"SELECT text_key, {TEXT_ROW} FROM items LEFT JOIN texts ON key = text_key WHERE id = ?",
            (item_id,),
        ).fetchone()
        if row is None or row[0] is None:
            return None
        passages, terms = to_text(row[0], row[1:])
        return Text(unpack_passages(passages), terms)

    def failures(self, *, everything: bool) -> list[Failure]:
        """Return what could not be read, by path; the quiet reasons only where `everything`."""
        rows = self._db.execute(
            "SELECT path, text_key IS NOT NULL, failures.id, reason, detail, tries, next_try, failures.checked"
            " FROM failures JOIN items USING (id) WHERE removed IS NULL ORDER BY path, detail"
        )
        told = ((to_path(r[0]), bool(r[1]), checked(r[2:])) for r in rows)
        found = (
            (has_text, Failure(path, Reason(r[1]), r[2], r[3], to_moment(r[4]) if r[4] is not None else None))
            for path, has_text, r in told
        )
        return [failure for has_text, failure in found if everything or not _is_quiet(failure, has_text)]

    def files_at(self, path: RelPath) -> list[ItemId]:
        """Return the live file at `path`, or those below it where it is a directory."""
        blob = to_blob(path)
        rows = self._db.execute(
            "SELECT id FROM items WHERE parent IS NULL AND removed IS NULL AND"
            " (path = ? OR (path >= ? AND path < ?))",
            (blob, blob + b"/", blob + b"0"),
        )
        return [ItemId(r[0]) for r in rows]

    def kind_counts(self) -> dict[str, int]:
        """Return how many live items there are of each kind."""
        rows = self._db.execute(
            "SELECT kind, count(*) FROM items WHERE removed IS NULL GROUP BY kind ORDER BY kind"
        )
        return dict(rows.fetchall())

    def kinds_by_path(self) -> list[tuple[RelPath, Kind]]:
        """Return path and kind of each live file that was opened."""
        rows = self._db.execute(
            "SELECT path, kind FROM items WHERE removed IS NULL AND parent IS NULL AND digest != '' ORDER BY path"
        )
        return [(to_path(r[0]), Kind(r[1])) for r in rows]

    def count_online_only(self) -> int:
        """Return how many items have their content online only."""
        return int(
            self._db.execute("SELECT count(*) FROM items WHERE online_only AND removed IS NULL").fetchone()[0]
        )

    def purge(self, before: datetime, passed: int) -> None:
        """Drop rows removed before then that every follower has passed, and texts that no row needs.

        Who comes later with a place before `complete_since` compares everything.
        """
        old = "removed < ?1 AND seq <= ?2 AND NOT forgotten"
        (last,) = self._db.execute(
            f"SELECT max(seq) FROM items WHERE {old}", (to_ms(before), passed)
        ).fetchone()
        if last is not None:
            self.remember("purged_seq", str(max(last, self.complete_since)))
        self._db.execute(
            f"DELETE FROM items WHERE parent IN (SELECT id FROM items WHERE {old})", (to_ms(before), passed)
        )
        self._db.execute(f"DELETE FROM items WHERE {old}", (to_ms(before), passed))
        self._db.execute("DELETE FROM scans WHERE digest NOT IN (SELECT digest FROM items)")
        self._db.execute(
            "DELETE FROM texts WHERE key NOT IN (SELECT text_key FROM items WHERE text_key IS NOT NULL)"
        )

    def _free_id(self, seed: bytes) -> ItemId:
        for number in range(1_000_000):
            made = digest_of(seed.hex(), str(number) if number else "")
            if self._is_free(ItemId(made)):
                return ItemId(made)
        raise StateError("no free item id")

    def _is_free(self, item_id: ItemId) -> bool:
        return self._db.execute("SELECT 1 FROM items WHERE id = ?", (item_id,)).fetchone() is None

    def adopt(self, dates: Mapping[ItemId, datetime]) -> None:
        """Remember when items within files were added, for the time when their files are read."""
        self._adopted = {item_id: to_ms(date) for item_id, date in dates.items()}
        self.remember("adopted", json.dumps(self._adopted))

    def _adopted_date(self, item_id: ItemId) -> int | None:
        if self._adopted is None:
            self._adopted = json.loads(self.fact("adopted", "{}"))
        return self._adopted.get(item_id)


def _is_quiet(failure: Failure, has_text: bool) -> bool:
    if failure.reason is Reason.UNSUPPORTED and has_text:
        return False  # most of it could be read
    return failure.reason in QUIET or (failure.reason is Reason.CHANGED and failure.tries < CHANGES_TOLD)
