"""What is known of the pages behind links, by the key of their address: many items may have one address."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from indexer.catalogue.database import Connection
from indexer.catalogue.log import Log
from indexer.catalogue.records import to_ms, to_path
from indexer.catalogue.schema import ADDRESSES_OF_ITEMS, DUE_NOW
from indexer.catalogue.texts import Texts
from indexer.model.address import address_key
from indexer.model.items import Extract, ItemId, RelPath
from indexer.model.links import Health, LinkMemory, from_json, to_json
from indexer.model.readings import Reading, clean

LATEST = timedelta(days=40)
"""No check is put off longer."""
FETCHED = ("http://", "https://")


class DueLink(NamedTuple):
    """An address to be checked."""

    key: str
    url: str
    memory: LinkMemory
    has_text: bool = False
    """Whether the text of its page is here."""


class ToldLink(NamedTuple):
    """One address with all the places where it was dropped."""

    url: str
    title: str
    paths: tuple[RelPath, ...]
    health: Health
    is_due: bool


class Article(NamedTuple):
    """What the page behind a link says."""

    text_key: str
    about: Extract


class Links:
    """The pages behind links."""

    def __init__(self, db: Connection, log: Log, texts: Texts) -> None:
        self._db, self._log, self._texts = db, log, texts

    # --- items and their addresses ----------------------------------------------------------------

    def set_address(self, item_id: ItemId, url: str | None) -> None:
        """Note the address of an item; None or one that can't be fetched: it has none."""
        if url is None or not url.lower().startswith(FETCHED):
            self._db.execute("DELETE FROM addresses WHERE id = ?", (item_id,))
            return
        key = address_key(url)
        self._db.execute(
            f"INSERT OR IGNORE INTO links (key, url, memory, due) SELECT key, ?2, '', {DUE_NOW} FROM (SELECT ?1 AS key)",
            (key, url),
        )
        self._db.execute(
            "INSERT INTO addresses (id, key) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET key = excluded.key"
            " WHERE key != excluded.key",
            (item_id, key),
        )

    def article(self, url: str | None) -> Article | None:
        """Return what the page at an address says; None if it was not read."""
        if url is None:
            return None
        row = self._db.execute("SELECT text_key FROM links WHERE key = ?", (address_key(url),)).fetchone()
        about = self._texts.about(row[0]) if row and row[0] else None
        return Article(row[0], about) if about else None

    # --- checking ---------------------------------------------------------------------------------

    def due(self, now: datetime, limit: int, skip: Collection[str] = ()) -> list[DueLink]:
        """Return addresses to be checked now, those never checked first, in an order that is not that of their hosts.

        One that is due later than any check can be is so by a clock that was wrong: it is due, too.
        """
        rows = self._db.execute(
            "SELECT key, url, memory, text_key IN (SELECT key FROM texts) FROM links"
            " WHERE (due <= ?1 OR due > ?2) AND EXISTS (SELECT 1 FROM addresses a JOIN items i USING (id)"
            " WHERE a.key = links.key AND i.removed IS NULL AND i.missing IS NULL) ORDER BY due LIMIT ?3",
            (to_ms(now), to_ms(now + LATEST), limit + len(skip)),
        )
        found = (DueLink(key, url, from_json(memory), bool(has_text)) for key, url, memory, has_text in rows)
        return [link for link in found if link.key not in skip][:limit]

    def want_all(self) -> None:
        """Have every address checked now."""
        self._db.execute(f"UPDATE links SET due = {DUE_NOW}")

    def want_texts(self) -> None:
        """Have every page read again, even one that did not change: texts are now read in another way."""
        for key, memory in self._db.execute("SELECT key, memory FROM links WHERE memory != ''").fetchall():
            fresh = from_json(memory)._replace(etag="", last_modified="")
            self._db.execute(
                f"UPDATE links SET memory = ?, due = {DUE_NOW} WHERE key = ?", (to_json(fresh), key)
            )

    def note_keys(self) -> None:
        """Know each address by the key that it has now: keys were made by another rule before."""
        self._db.execute("UPDATE OR IGNORE links SET key = address_key(url)")
        self._db.execute("DELETE FROM addresses")
        for statement in ADDRESSES_OF_ITEMS:
            self._db.execute(statement)
        self._db.execute("DELETE FROM links WHERE key NOT IN (SELECT key FROM addresses)")

    def heed(self, is_fine: Callable[[str], bool]) -> None:
        """Take in which addresses a person says are well; those that now look otherwise are told."""
        for key, url, packed in self._db.execute(
            "SELECT key, url, memory FROM links WHERE memory != ''"
        ).fetchall():
            memory = from_json(packed)
            heeded = memory._replace(is_fine=is_fine(url))
            if heeded != memory:
                self._db.execute("UPDATE links SET memory = ? WHERE key = ?", (to_json(heeded), key))
            if not heeded.shown.looks_like(memory.shown):
                self._tell(key, has_text=False)

    def record(self, link: DueLink, memory: LinkMemory, reading: Reading | None, *, is_seen: bool) -> None:
        """Take in what a check gave: the page's text, if it was read, becomes that of the items with this address.

        `is_seen`: whether people see a difference in the link's state. If the link was forgotten meanwhile, nothing is kept.
        """
        key, text_key = link.key, None
        row = self._db.execute("SELECT text_key FROM links WHERE key = ?", (key,)).fetchone()
        if row is None:
            return
        before = row[0]
        if reading is not None and reading.text_key:
            self._texts.take(reading, -1)
            text_key = reading.text_key
        self._db.execute(
            "UPDATE links SET memory = ?, due = ?, text_key = ? WHERE key = ?",
            (to_json(memory), to_ms(memory.due) if memory.due else 0, text_key or before, key),
        )
        has_text = text_key not in (None, before)
        if has_text or is_seen:
            self._tell(key, has_text=has_text)
        if has_text and before:
            self._texts.drop_unused(before)

    def _tell(self, key: str, *, has_text: bool) -> None:
        """Give the items with an address a new number; with the page's text if that is new."""
        rows = self._db.execute(
            "SELECT id, url, title, author, parent FROM addresses JOIN items USING (id)"
            " WHERE key = ? AND removed IS NULL AND seq > 0",
            (key,),
        )
        for item_id, url, title, author, parent in rows.fetchall():
            if has_text and (article := self.article(url)):
                title, author = entitled(title, author, url, article, is_listed=parent is not None)
                self._db.execute(
                    "UPDATE items SET text_key = ?, title = ?, author = ? WHERE id = ?",
                    (article.text_key, title, author, item_id),
                )
            self._db.execute("UPDATE items SET seq = ? WHERE id = ?", (self._log.next_seq(), item_id))

    # --- telling ----------------------------------------------------------------------------------

    def told(self, now: datetime) -> list[ToldLink]:
        """Return every address with all its places, by the path of the first."""
        rows = self._db.execute(
            "SELECT a.key, i.url, i.title, i.path, l.memory, l.due <= ? FROM addresses a JOIN items i USING (id)"
            " JOIN links l ON l.key = a.key WHERE i.removed IS NULL AND i.seq > 0 ORDER BY i.path, i.title",
            (to_ms(now),),
        )
        found: dict[str, ToldLink] = {}
        for key, url, title, blob, memory, is_due in rows:
            path = to_path(blob)
            if link := found.get(key):
                if path not in link.paths:
                    found[key] = link._replace(paths=(*link.paths, path))
            else:
                health = from_json(memory).shown
                found[key] = ToldLink(url, title, (path,), health, bool(is_due))
        return list(found.values())


def entitled(
    title: str, author: str, url: str | None, article: Article, *, is_listed: bool
) -> tuple[str, str]:
    """Return title and author of a link: a person's words stay, else they are those of the page."""
    has_own = not is_listed or title != (url or "").partition("//")[2]
    return title if has_own else clean(article.about.title) or title, author or clean(article.about.author)
