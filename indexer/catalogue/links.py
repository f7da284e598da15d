"""What is known of the pages behind links, by the key of their address: many items may have one address."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from indexer.catalogue.database import Connection
from indexer.catalogue.log import Log
from indexer.catalogue.records import to_blob, to_ms, to_path
from indexer.catalogue.schema import ADDRESSES_OF_ITEMS, DUE_NOW, MOST_LEADING, TAKEN_FOR
from indexer.catalogue.texts import Texts
from indexer.model.address import address_key
from indexer.model.items import Extract, ItemId, Kind, RelPath, is_saved_copy
from indexer.model.links import Health, LinkMemory, LinkState, from_json, to_json
from indexer.model.readings import Reading, clean

LATEST = timedelta(days=40)
"""No check is put off longer."""
_MOST_PLACES = 1_000
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
        self.is_fine: Callable[[str], bool] = lambda url: False  # noqa: ARG005
        """Tells whether a person says that an address is well."""

    # --- items and their addresses ----------------------------------------------------------------

    def set_address(self, item_id: ItemId, url: str | None) -> None:
        """Note the address of an item; None or one that can't be fetched: it has none."""
        if url is None or not url.lower().startswith(FETCHED):
            self._log.tell_sharing(item_id)
            self._db.execute("DELETE FROM addresses WHERE id = ?", (item_id,))
            return
        key = address_key(url)
        if self._db.execute("SELECT 1 FROM addresses WHERE id = ? AND key != ?", (item_id, key)).fetchone():
            self._log.tell_sharing(item_id)
        memory = to_json(LinkMemory(is_fine=True)) if self.is_fine(url) else ""
        self._db.execute(
            f"INSERT OR IGNORE INTO links (key, url, memory, due) SELECT key, ?2, ?3, {DUE_NOW} FROM (SELECT ?1 AS key)",
            (key, url, memory),
        )
        self._db.execute(
            "INSERT INTO addresses (id, key) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET key = excluded.key"
            " WHERE key != excluded.key",
            (item_id, key),
        )
        self._log.tell_sharing(item_id)

    def keys(self) -> list[str]:
        """Return the keys of all addresses that are known, also of those that only removed items have."""
        return [key for (key,) in self._db.execute("SELECT key FROM links")]

    def article(self, url: str | None) -> Article | None:
        """Return what the page at an address says; None if it was not read."""
        if url is None:
            return None
        row = self._db.execute("SELECT text_key FROM links WHERE key = ?", (address_key(url),)).fetchone()
        about = self._texts.about(row[0]) if row and row[0] else None
        return Article(row[0], about) if about else None

    def places(self, url: str) -> list[tuple[RelPath, str]]:
        """Return some files that hold an address, or one that is taken for it; with the address as it stands in a list, else empty."""
        rows = self._db.execute(
            "SELECT path, CASE WHEN parent IS NULL THEN '' ELSE items.url END, kind, parent"
            " FROM addresses JOIN items USING (id)"
            f" WHERE removed IS NULL AND key IN ({TAKEN_FOR})"
            " ORDER BY parent IS NOT NULL, path LIMIT ?2",
            (address_key(url), _MOST_PLACES),
        )
        return [(to_path(r[0]), r[1]) for r in rows if not _is_copy(r[2], r[3], r[0])]

    def is_read(self, path: RelPath) -> bool:
        """Tell whether the file at a path was read, so that its address is known if it has one."""
        row = self._db.execute(
            "SELECT 1 FROM items WHERE path = ? AND parent IS NULL AND removed IS NULL AND seq > 0",
            (to_blob(path),),
        )
        return row.fetchone() is not None

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
        self._db.execute("UPDATE redirects SET page = address_key(page)")
        self._db.execute("DELETE FROM redirects WHERE page = key")
        self.drop_unused()

    def heed(self) -> None:
        """Take in which of the known addresses a person says are well; those that now look otherwise are told."""
        for key, url, packed in self._db.execute("SELECT key, url, memory FROM links").fetchall():
            memory = from_json(packed)
            heeded = memory._replace(is_fine=self.is_fine(url))
            if heeded != memory:
                self._db.execute("UPDATE links SET memory = ? WHERE key = ?", (to_json(heeded), key))
            if not heeded.shown.looks_like(memory.shown):
                self._tell(key)

    def record(self, link: DueLink, memory: LinkMemory, reading: Reading | None, *, is_seen: bool) -> None:
        """Take in what a check gave: the page's text, if it was read, becomes that of the items with this address.

        `is_seen`: whether people see a difference in the link's state. If the link was forgotten meanwhile, nothing is kept.
        """
        key, text_key = link.key, None
        row = self._db.execute(
            "SELECT text_key, page FROM links LEFT JOIN redirects USING (key) WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return
        before, page_before = row
        if reading is not None and reading.text_key:
            self._texts.take(reading, -1)
            text_key = reading.text_key
        self._db.execute(
            "UPDATE links SET memory = ?, due = ?, text_key = ? WHERE key = ?",
            (to_json(memory), to_ms(memory.due) if memory.due else 0, text_key or before, key),
        )
        has_text = text_key not in (None, before)
        if has_text:
            self._give_text(key)
        page = led_to(key, memory.health, page_before) if text_key or before else None
        if page != page_before:
            self._note_page(key, page)
        if has_text or is_seen or page != page_before:
            self._tell(key)
        if has_text and before:
            self._texts.drop_unused(before)

    def drop_unused(self) -> None:
        """Forget the addresses that no item has."""
        crowded = self._crowded()
        self._db.execute("DELETE FROM links WHERE key NOT IN (SELECT key FROM addresses)")
        self._tell_led_to(crowded - self._crowded())

    def _note_page(self, key: str, page: str | None) -> None:
        """Note which page an address leads to for good; those that are now, or no longer, taken for that page are told of it."""
        crowded = self._crowded()
        self._db.execute("DELETE FROM redirects WHERE key = ?", (key,))
        if page:
            self._db.execute("INSERT INTO redirects (key, page) VALUES (?, ?)", (key, page))
        self._tell_led_to(crowded ^ self._crowded())

    def _crowded(self) -> set[str]:
        """Return the pages to which so many addresses lead that none is taken for them."""
        rows = self._db.execute(
            "SELECT page FROM redirects GROUP BY page HAVING count(*) > ?", (MOST_LEADING,)
        )
        return {page for (page,) in rows}

    def _tell_led_to(self, pages: Collection[str]) -> None:
        for page in pages:
            for (key,) in self._db.execute("SELECT key FROM redirects WHERE page = ?", (page,)).fetchall():
                self._tell(key)

    def _give_text(self, key: str) -> None:
        """Give the items with an address the text of its page; also those that are away, as they may come back."""
        rows = self._db.execute(
            "SELECT id, url, title, author, parent FROM addresses JOIN items USING (id) WHERE key = ?", (key,)
        )
        for item_id, url, title, author, parent in rows.fetchall():
            if article := self.article(url):
                title, author = entitled(title, author, url, article, is_listed=parent is not None)
                self._db.execute(
                    "UPDATE items SET text_key = ?, title = ?, author = ? WHERE id = ?",
                    (article.text_key, title, author, item_id),
                )

    def _tell(self, key: str) -> None:
        """Give the items with an address new numbers, and what forms one result with them by their paths."""
        rows = self._db.execute(
            "SELECT id, path FROM addresses JOIN items USING (id) WHERE key = ? AND removed IS NULL AND seq > 0",
            (key,),
        )
        self._log.tell(rows.fetchall())

    # --- telling ----------------------------------------------------------------------------------

    def told(self, now: datetime) -> list[ToldLink]:
        """Return every address with all its places, by the path of the first; saved copies of its page come last."""
        rows = self._db.execute(
            "SELECT a.key, i.url, i.title, i.path, l.memory, l.due <= ?, i.kind, i.parent FROM addresses a JOIN items i USING (id)"
            " JOIN links l ON l.key = a.key WHERE i.removed IS NULL AND i.seq > 0 ORDER BY i.path, i.title",
            (to_ms(now),),
        )
        found: dict[str, ToldLink] = {}
        for key, url, title, blob, memory, is_due, *_ in sorted(
            rows, key=lambda r: _is_copy(r[6], r[7], r[3])
        ):
            path = to_path(blob)
            if link := found.get(key):
                if path not in link.paths:
                    found[key] = link._replace(paths=(*link.paths, path))
            else:
                health = from_json(memory).shown
                found[key] = ToldLink(url, title, (path,), health, bool(is_due))
        return list(found.values())


def _is_copy(kind: str, parent: str | None, path: bytes) -> bool:
    return is_saved_copy(Kind(kind), to_path(path), is_list_entry=parent is not None)


def led_to(key: str, health: Health, before: str | None) -> str | None:
    """Return the key of the page that an address leads to for good, if that may be the page that was meant; else None.

    A front page, or another above the address, is none: sites lead what they no longer have there. While nobody can tell,
    it is the page of `before`.
    """
    if health.state not in (LinkState.OK, LinkState.MOVED):
        return before
    page = address_key(health.moved_to)
    is_front = not any(sign in page.partition("//")[2] for sign in "/?#")
    return None if not page or page == key or is_front or key.startswith(f"{page}/") else page


def entitled(
    title: str, author: str, url: str | None, article: Article, *, is_listed: bool
) -> tuple[str, str]:
    """Return title and author of a link: a person's words stay, else they are those of the page."""
    has_own = not is_listed or title != (url or "").partition("//")[2]
    return title if has_own else clean(article.about.title) or title, author or clean(article.about.author)
