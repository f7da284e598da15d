"""What reading a file gave becomes what is told of it: its item, and the items that lie in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, cast

from indexer.catalogue.database import Connection
from indexer.catalogue.facts import Fact, Facts
from indexer.catalogue.failures import PASSING, RETRY_AFTER, Failures
from indexer.catalogue.files import Files
from indexer.catalogue.links import Links, entitled
from indexer.catalogue.log import Log
from indexer.catalogue.pictures import Pictures
from indexer.catalogue.queue import Queue
from indexer.catalogue.records import (
    CHILD,
    Child,
    Wanted,
    digest_of,
    file_title,
    hyperlink_words,
    link_child,
    to_blob,
    to_ms,
    to_path,
)
from indexer.catalogue.texts import Texts
from indexer.errors import Reason
from indexer.model.items import Extract, ItemId, Kind, Link, NoteHead, RelPath, Stamp, is_saved_copy
from indexer.model.readings import Reading, clean

MOST_LINKS = 100_000
"""So many links of lists are items, in all."""
TOO_MANY_LINKS = f"the folder's lists have more than {MOST_LINKS:,} links: found by the file alone"
ADOPTED: Fact[Mapping[ItemId, int]] = Fact("adopted", {}, json.loads, json.dumps)
"""When items within files were added elsewhere: milliseconds since 1970."""


class _Before(NamedTuple):
    """What is known of a file before its reading is taken in; the columns of `_BEFORE`."""

    size: int
    mtime_ns: int
    file_id: str
    ctime_ns: int
    path: bytes
    seq: int
    added: int
    modified: int
    text_key: str | None
    digest: str

    def has(self, stamp: Stamp) -> bool:
        """Tell whether the file is still the one with this stamp."""
        read = (stamp.size, stamp.mtime_ns, str(stamp.file_id), stamp.ctime_ns)
        return (self.size, self.mtime_ns, self.file_id, self.ctime_ns) == read


_BEFORE = ", ".join(_Before._fields)
_URL = CHILD.split(", ").index("url")


class Readings:
    """Takes in what the reading of files gave."""

    def __init__(
        self, db: Connection, facts: Facts, log: Log, files: Files, queue: Queue, texts: Texts,
        pictures: Pictures, failures: Failures, links: Links,
    ) -> None:  # fmt: skip
        self._db = db
        self._facts = facts
        self._log = log
        self._files = files
        self._queue = queue
        self._texts = texts
        self._pictures = pictures
        self._failures = failures
        self._links = links
        self._adopted: Mapping[ItemId, int] | None = None

    def record(self, wanted: Wanted, reading: Reading, now: datetime, *, only_if_new: bool = False) -> bool:
        """Take in what reading gave; False if the file has changed since and the result says nothing.

        `only_if_new`: only if the content is another than the one that was read before.
        """
        row = self._db.execute(
            f"SELECT {_BEFORE} FROM items WHERE id = ? AND removed IS NULL", (wanted.id,)
        ).fetchone()
        if row is None:
            return False
        before = _Before(*row)
        if not before.has(wanted.stamp):
            return False
        is_passing = reading.failure is not None and reading.failure[0] in PASSING
        if only_if_new and reading.digest in ("", before.digest):
            if is_passing:
                self._failures.note(wanted.id, reading, now)  # to be tried again
            self._queue.done(wanted.id)
            return True
        about = self._texts.take(reading, wanted.stamp.size)
        for message in reading.messages:
            self._texts.take(message, wanted.stamp.size)
        self._pictures.add(reading.digest, about.pictures)
        self._failures.note(wanted.id, reading, now, about.truncated)
        is_away = is_passing or (reading.failure is not None and reading.failure[0] is Reason.ONLINE_ONLY)
        if is_away and not reading.text_key and before.text_key:
            self._queue.done(wanted.id)
            return True
        self._tell(wanted, before, reading, about, now)
        return True

    def _tell(self, wanted: Wanted, before: _Before, reading: Reading, about: Extract, now: datetime) -> None:
        """Make item, links and mails what a file says now."""
        path = to_path(before.path)
        link = about.links[0] if about.is_link and about.links else None
        is_list = about.is_link_list and self._has_room(wanted.id, len(about.links))
        hyperlinks = [] if about.is_link or is_list else hyperlink_words(about.links)
        self._log.tell_hidden(path)
        self._write_item(wanted.id, path, reading, about, link, hyperlinks)
        if about.pictures and self._pictures.recognised(wanted.id)[1]:
            self._queue.want(wanted.id, wanted.priority)
        if link and link.refused:
            self._failures.set(wanted.id, Reason.REFUSED, link.refused)
        if about.is_link_list and not is_list:
            tomorrow = to_ms(now) + RETRY_AFTER[-1] * 1000
            self._failures.set(wanted.id, Reason.TOO_BIG, TOO_MANY_LINKS, next_try=tomorrow)
        children = [
            *(
                self._with_article(link_child(wanted.id, path, link))
                for link in (about.links if is_list else ())
            ),
            *self._mails(wanted.id, path, reading.text_key),
        ]
        self._take_children(wanted.id, before, children, now)
        self._log.tell_dependent(path)
        self._log.tell_hidden(path)

    def _write_item(
        self, item_id: ItemId, path: RelPath, reading: Reading, about: Extract, link: Link | None,
        hyperlinks: list[str],
    ) -> None:  # fmt: skip
        url = link.url if link else None
        article = self._links.article(url)
        # of the files of links, only a saved copy says something itself
        is_silent = link is not None and not is_saved_copy(Kind.LINK, path, is_list_entry=False)
        text_key = reading.text_key if not is_silent and self._texts.has(reading.text_key) else None
        author = clean(about.author) or (clean(article.about.author) if article else "")
        note = about.note or NoteHead()
        self._db.execute(
            "UPDATE items SET want = NULL, kind = coalesce(?, kind), digest = ?, text_key = ?, title = ?, author = ?,"
            " tags = ?, note = ?, url = ?, hyperlinks = ?, hides = ?, target = ?, level = ?, seq = ? WHERE id = ?",
            (
                reading.kind,
                reading.digest,
                article.text_key if article else text_key,
                clean(((link.title if link else "") or about.title).strip()) or file_title(path),
                author,
                json.dumps([*about.tags, *(link.tags if link else ())]),
                clean(link.note) if link else "",
                url,
                json.dumps(hyperlinks),
                to_blob(note.hides) if note.hides else None,
                note.item,
                note.level,
                self._log.next_seq(),
                item_id,
            ),
        )
        self._links.set_address(item_id, url)

    def _with_article(self, child: Child) -> Child:
        """Return a link of a list with the text of its page, if that was read."""
        kind, title, note, tags, url, author, hyperlinks, _ = child.row
        article = self._links.article(cast("str | None", url))
        if article is None:
            return child
        title, author = entitled(str(title), str(author), cast("str", url), article, is_listed=True)
        return child._replace(row=(kind, title, note, tags, url, author, hyperlinks, article.text_key))

    def _has_room(self, list_id: ItemId, count: int) -> bool:
        """Tell whether this many links of a list may be items, given those of all other lists."""
        others = self._db.execute(
            "SELECT count(*) FROM items WHERE parent IS NOT NULL AND removed IS NULL AND kind = ? AND parent != ?",
            (Kind.LINK, list_id),
        )
        return int(others.fetchone()[0]) + count <= MOST_LINKS

    def count_lists_left_out(self) -> int:
        """Return how many lists of links are found by their files alone, as there are too many links."""
        rows = self._db.execute(
            "SELECT count(*) FROM failures JOIN items USING (id) WHERE detail = ? AND removed IS NULL",
            (TOO_MANY_LINKS,),
        )
        return int(rows.fetchone()[0])

    def _mails(self, parent: ItemId, path: RelPath, text_key: str) -> Iterator[Child]:
        """Yield the mails of a mailbox; their ids stay when others come or go."""
        seen: Counter[tuple[str, ...]] = Counter()
        for key, about in self._texts.of_mails(text_key):
            name = (about.title, about.author, str(about.created))
            seen[name] += 1
            yield Child(
                ItemId(digest_of(parent, *map(clean, name), str(seen[name]))),
                (Kind.MAIL, clean(about.title) or file_title(path), "", json.dumps(about.tags), None, clean(about.author),
                 json.dumps(hyperlink_words(about.links)), key),
                about.created,
                (Reason.TRUNCATED, about.truncated) if about.truncated else None,
            )  # fmt: skip

    def _take_children(self, parent: ItemId, file: _Before, children: Iterable[Child], now: datetime) -> None:
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
            if child.id in before and before[child.id] == (*child.row, file.path, None):
                continue
            self._write_child(parent, file, child, now)
        self._files.remove(
            [ItemId(old) for old, row in before.items() if old not in seen and row[-1] is None], now
        )

    def _write_child(self, parent: ItemId, file: _Before, child: Child, now: datetime) -> None:
        own = min(to_ms(child.date), to_ms(now)) if child.date else file.modified
        first_date = self._adopted_date(child.id) or (own if file.added == file.modified else file.added)
        self._db.execute(
            f"INSERT INTO items (id, parent, path, size, mtime_ns, ctime_ns, file_id, modified, added, {CHILD}, seq)"
            " VALUES (?, ?, ?, 0, 0, 0, '0', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " title = excluded.title, note = excluded.note, tags = excluded.tags, url = excluded.url,"
            " author = excluded.author, hyperlinks = excluded.hyperlinks, text_key = excluded.text_key,"
            " path = excluded.path, removed = NULL, forgotten = 0, seq = excluded.seq",
            (child.id, parent, file.path, own,
             first_date if file.seq == 0 else to_ms(now), *child.row, self._log.next_seq()),
        )  # fmt: skip
        self._links.set_address(child.id, cast("str | None", child.row[_URL]))
        if child.failure:
            self._failures.set(child.id, *child.failure)
        else:
            self._failures.clear(child.id)

    def adopt(self, dates: Mapping[ItemId, datetime]) -> None:
        """Remember when items within files were added, for the time when their files are read."""
        self._adopted = {item_id: to_ms(date) for item_id, date in dates.items()}
        self._facts.set(ADOPTED, self._adopted)

    def _adopted_date(self, item_id: ItemId) -> int | None:
        if self._adopted is None:
            self._adopted = self._facts.get(ADOPTED)
        return self._adopted.get(item_id)
