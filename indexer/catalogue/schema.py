"""The tables, and how an older database becomes the present one."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- One row an item. `seq` is its number in the log: the last change to it; 0 while it was never told.
    -- Paths are UTF-8 with undecodable bytes as lone surrogates (WTF-8), times milliseconds since 1970.
    CREATE TABLE items (
        id TEXT PRIMARY KEY,
        parent TEXT REFERENCES items (id),
        path BLOB NOT NULL,
        kind TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        file_id TEXT NOT NULL,
        online_only INTEGER NOT NULL DEFAULT 0,
        modified INTEGER NOT NULL,
        added INTEGER NOT NULL,
        title TEXT NOT NULL DEFAULT '',
        author TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]',
        note TEXT NOT NULL DEFAULT '',
        url TEXT,
        hyperlinks TEXT NOT NULL DEFAULT '[]',
        digest TEXT NOT NULL DEFAULT '',
        text_key TEXT,
        seq INTEGER NOT NULL DEFAULT 0,
        want INTEGER,
        missing INTEGER,
        removed INTEGER,
        forgotten INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX items_path ON items (path);
    CREATE INDEX items_parent ON items (parent) WHERE parent IS NOT NULL;
    CREATE INDEX items_seq ON items (seq);
    CREATE INDEX items_want ON items (want, modified DESC) WHERE want IS NOT NULL;
    CREATE INDEX items_missing ON items (missing) WHERE missing IS NOT NULL;
    CREATE INDEX items_gone ON items (size, mtime_ns) WHERE removed IS NOT NULL;
    CREATE INDEX items_text ON items (text_key);

    -- One row a content and way of reading it, shared by equal files and kept for files that come back.
    CREATE TABLE texts (
        key TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        about TEXT NOT NULL,
        passages BLOB NOT NULL,
        terms BLOB NOT NULL
    ) WITHOUT ROWID;

    CREATE INDEX texts_size ON texts (size);

    CREATE TABLE failures (
        id TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        tries INTEGER NOT NULL,
        next_try INTEGER
    ) WITHOUT ROWID;
    """,
    """
    -- Pages that are pictures, by content; `text` is what was recognised on them, NULL while they wait.
    CREATE TABLE scans (
        digest TEXT NOT NULL,
        page INTEGER NOT NULL,
        text TEXT,
        PRIMARY KEY (digest, page)
    ) WITHOUT ROWID;
    CREATE INDEX scans_waiting ON scans (digest) WHERE text IS NULL;
    CREATE INDEX items_digest ON items (digest);
    """,
    """
    ALTER TABLE items ADD COLUMN checked INTEGER;
    CREATE TRIGGER items_added AFTER INSERT ON items BEGIN SELECT 1; END;
    CREATE TRIGGER items_changed AFTER UPDATE OF path ON items BEGIN SELECT 1; END;
    """,
    """
    -- Each row of each table has its checksum, which is compared when the row is read, and before it is changed.
    ALTER TABLE meta ADD COLUMN checked INTEGER;
    ALTER TABLE texts ADD COLUMN checked INTEGER;
    ALTER TABLE failures ADD COLUMN checked INTEGER;
    ALTER TABLE scans ADD COLUMN checked INTEGER;
    DROP TRIGGER items_added;
    DROP TRIGGER items_changed;
    <checked rows>
    """,
    """
    -- Texts lie in the order in which they came: by their keys, which are digests, each would go in between others.
    ALTER TABLE texts RENAME TO texts_by_key;
    DROP INDEX texts_size;
    CREATE TABLE texts (
        key TEXT NOT NULL UNIQUE,
        size INTEGER NOT NULL,
        about TEXT NOT NULL,
        passages BLOB NOT NULL,
        terms BLOB NOT NULL,
        checked INTEGER
    );
    CREATE INDEX texts_size ON texts (size);
    INSERT INTO texts SELECT key, size, about, passages, terms, checked FROM texts_by_key;
    DROP TABLE texts_by_key;
    """,
    """
    -- A file that is found elsewhere before it is missed is known by its file id.
    CREATE INDEX items_file ON items (file_id) WHERE removed IS NULL AND parent IS NULL;
    """,
    """
    -- Of which file this one is a conflict copy by its name. Links of lists are counted often.
    DROP TRIGGER items_added;
    DROP TRIGGER items_changed;
    ALTER TABLE items ADD COLUMN base BLOB;
    UPDATE items SET base = base_of(path) WHERE parent IS NULL AND checked IS checksum(<items before>);
    UPDATE items SET checked = checksum(<items with base>) WHERE checked IS checksum(<items before>);
    <checked items with base>
    CREATE INDEX items_base ON items (base) WHERE base IS NOT NULL;
    DROP INDEX items_parent;
    CREATE INDEX items_parent ON items (parent, removed, kind) WHERE parent IS NOT NULL;
    """,
    """
    -- What is wrong has its own table: who met it, a daemon while it runs or a part of the program, and what it is.
    CREATE TABLE problems (
        of_daemon INTEGER NOT NULL,
        who TEXT NOT NULL,
        number INTEGER NOT NULL,
        what TEXT NOT NULL,
        checked INTEGER,
        PRIMARY KEY (of_daemon, who, number)
    ) WITHOUT ROWID;
    <checked problems>
    <problems of facts>
    """,
    """
    -- The keys of texts of one size are told by the index alone: the texts are large, and lie anywhere.
    DROP INDEX texts_size;
    CREATE INDEX texts_size ON texts (size, key);
    """,
    """
    -- What is known of the page behind an address, and which items have that address, by one key for all its forms.
    CREATE TABLE links (
        key TEXT PRIMARY KEY,
        url TEXT NOT NULL,
        memory TEXT NOT NULL,
        due INTEGER NOT NULL,
        text_key TEXT,
        checked INTEGER
    ) WITHOUT ROWID;
    <checked links>
    CREATE TABLE addresses (
        id TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        checked INTEGER
    ) WITHOUT ROWID;
    <checked addresses>
    CREATE INDEX addresses_key ON addresses (key);
    CREATE INDEX links_due ON links (due);
    <addresses of items>
    """,
    """
    -- A note's base is the file it is on: `hides` is the name of a note beside it that it stands in place of, `target` the
    -- address of the link in that file that it is on.
    DROP TRIGGER items_added;
    DROP TRIGGER items_changed;
    ALTER TABLE items ADD COLUMN hides BLOB;
    ALTER TABLE items ADD COLUMN target TEXT NOT NULL DEFAULT '';
    ALTER TABLE items ADD COLUMN level TEXT NOT NULL DEFAULT '';
    UPDATE items SET checked = checksum(<items>) WHERE checked IS checksum(<items with base>);
    <checked items>
    <bases of notes>
    DROP INDEX items_base;
    CREATE INDEX items_base ON items (base, hides) WHERE base IS NOT NULL;
    """,
    """
    -- What a note was last on, so that it follows that item, and what an answer relied on: the item, its content, and what
    -- of its words tells whether that changed much. `broken` says why an answer holds no longer, `since` when.
    CREATE TABLE attachments (
        id TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
        is_reliance INTEGER NOT NULL,
        on_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        sketch TEXT NOT NULL DEFAULT '',
        broken TEXT NOT NULL DEFAULT '',
        since INTEGER NOT NULL DEFAULT 0,
        checked INTEGER,
        PRIMARY KEY (id, is_reliance)
    ) WITHOUT ROWID;
    <checked attachments>
    CREATE INDEX attachments_on ON attachments (on_id);
    -- Which items that came later match an open question.
    CREATE TABLE matches (
        question TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
        item TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
        found INTEGER NOT NULL,
        checked INTEGER,
        PRIMARY KEY (question, item)
    ) WITHOUT ROWID;
    <checked matches>
    CREATE INDEX matches_item ON matches (item);
    -- The key terms of items, and which items of other departments are like them, as of the number of the log in `seq`.
    CREATE TABLE relations (
        id TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        made INTEGER NOT NULL,
        terms TEXT NOT NULL,
        across TEXT NOT NULL,
        checked INTEGER
    ) WITHOUT ROWID;
    <checked relations>
    -- Where files were before they were moved: a note that comes late is on the file that was there.
    CREATE TABLE former_paths (
        path BLOB PRIMARY KEY,
        id TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
        checked INTEGER
    ) WITHOUT ROWID;
    <checked former_paths>
    CREATE INDEX former_paths_id ON former_paths (id);
    CREATE INDEX items_questions ON items (path) WHERE kind = 'question';
    CREATE INDEX items_people ON items (path) WHERE kind = 'person';
    <bases of notes>
    """,
    """
    -- Which page an address leads to for good, by the key of that page's own address.
    CREATE TABLE redirects (
        key TEXT PRIMARY KEY REFERENCES links (key) ON DELETE CASCADE ON UPDATE CASCADE,
        page TEXT NOT NULL,
        checked INTEGER
    ) WITHOUT ROWID;
    <checked redirects>
    CREATE INDEX redirects_page ON redirects (page);
    """,
)

_ITEM_BEFORE = (
    "id, path, kind, title, author, tags, note, url, size, modified, added, digest, online_only, hyperlinks, parent,"
    " mtime_ns, ctime_ns, file_id, text_key, seq, want, missing, removed, forgotten"
)
_ITEM_WITH_BASE = _ITEM_BEFORE + ", base"
ITEM = _ITEM_WITH_BASE + ", hides, target, level"
TEXT = "key, size, about, passages, terms"
CHECKED = {
    "meta": "key, value",
    "items": ITEM,
    "texts": TEXT.replace("passages, terms", "crc32(passages), crc32(terms)"),
    "failures": "id, reason, detail, tries, next_try",
    "scans": "digest, page, text",
    "problems": "of_daemon, who, number, what",
    "links": "key, url, memory, due, text_key",
    "addresses": "id, key",
    "attachments": "id, is_reliance, on_id, digest, sketch, broken, since",
    "matches": "question, item, found",
    "relations": "id, seq, made, terms, across",
    "redirects": "key, page",
    "former_paths": "path, id",
}
"""What `checked` is the checksum of in each table, in this order. That of a text is given with it, as texts are large."""

FORMER_ITEMS = (_ITEM_WITH_BASE,)
"""The columns that `items` had before."""
BASES_OF_NOTES = (
    "UPDATE items SET base = base_of(path) WHERE parent IS NULL AND base IS NOT base_of(path)"
    f" AND checked IS checksum({ITEM})"
)
"""The statement that says which files former notes are on; damaged rows stay as they are, to be found."""

DUE_NOW = "checksum(key) % 3600000"
"""When a link is due that is to be checked now, in SQL: long ago, in an order that is not that of the hosts."""
ADDRESSES_OF_ITEMS = (
    "INSERT OR IGNORE INTO addresses (id, key) SELECT id, address_key(url) FROM items WHERE url LIKE 'http%'",
    f"INSERT OR IGNORE INTO links (key, url, memory, due) SELECT key, min(url), '', {DUE_NOW}"
    " FROM addresses JOIN items USING (id) GROUP BY key",
)
"""The statements that note the addresses of items."""

MOST_LEADING = 5
"""So many addresses may lead to one page and be taken for it. To what more lead to is a front page or the like."""
CROWDED = (
    f"EXISTS (SELECT 1 FROM redirects AS one WHERE one.page = redirects.page LIMIT 1 OFFSET {MOST_LEADING})"
)
"""What tells in SQL whether more lead to a page."""
PAGE = f"CASE WHEN {CROWDED} THEN NULL ELSE redirects.page END"
"""The key of the page, in SQL, that an address is taken for; NULL: it stands for itself."""
TAKEN_FOR = f"SELECT ?1 UNION SELECT key FROM redirects WHERE page = ?1 AND NOT {CROWDED}"
"""The keys, in SQL, of the addresses that may be taken for one page."""

IS_ID = f"id GLOB '{'[0-9a-f]' * 16}'"
"""What tells an item's id in SQL: an earlier version took others from a page that somebody had changed."""

_KEYS = {
    "meta": ("key",),
    "items": ("id",),
    "failures": ("id",),
    "scans": ("digest", "page"),
    "problems": ("of_daemon", "who", "number"),
    "links": ("key",),
    "addresses": ("id",),
    "attachments": ("id", "is_reliance"),
    "matches": ("question", "item"),
    "relations": ("id",),
    "redirects": ("key",),
    "former_paths": ("path",),
}

_OLD_PROBLEMS = "key GLOB '*_problems' AND key NOT GLOB 'control *' AND checked IS checksum(key, value)"
PROBLEMS_OF_FACTS = (
    f"""
    WITH RECURSIVE found (of_daemon, who, number, what, rest) AS (
        SELECT key GLOB 'daemon_*', replace(substr(key, 1, length(key) - length('_problems')), 'daemon_', ''),
            -1, '', value || char(10)
        FROM meta WHERE {_OLD_PROBLEMS} AND key != 'publish_problems'
        UNION ALL
        SELECT of_daemon, who, number + 1, substr(rest, 1, instr(rest, char(10)) - 1),
            substr(rest, instr(rest, char(10)) + 1)
        FROM found WHERE rest != ''
    )
    INSERT OR IGNORE INTO problems (of_daemon, who, number, what)
        SELECT of_daemon, who, number, what FROM found WHERE what != ''
    """,
    f"DELETE FROM meta WHERE {_OLD_PROBLEMS}",
)
"""The statements that make problems of what earlier versions kept as facts: a damaged one stays, to be found; who told of publishing is no more."""


def statements_of(migration: str) -> str:
    """Return the statements of a migration, with those that are made."""
    made = {
        "<checked rows>": "".join(map(_checked_rows, ("meta", "items", "texts", "failures", "scans"))),
        "<checked problems>": _triggers("problems", CHECKED["problems"]),
        "<checked links>": _triggers("links", CHECKED["links"]),
        **{
            f"<checked {table}>": _triggers(table, CHECKED[table])
            for table in ("addresses", "attachments", "matches", "relations", "redirects", "former_paths")
        },
        "<addresses of items>": "; ".join(ADDRESSES_OF_ITEMS) + ";",
        "<problems of facts>": "; ".join(PROBLEMS_OF_FACTS) + ";",
        "<bases of notes>": f"{BASES_OF_NOTES};",
        "<checked items with base>": _triggers("items", _ITEM_WITH_BASE),
        "<checked items>": _triggers("items", ITEM),
        "<items before>": _ITEM_BEFORE,
        "<items with base>": _ITEM_WITH_BASE,
        "<items>": ITEM,
    }
    for place, statements in made.items():
        migration = migration.replace(place, statements)
    return migration


def _checked_rows(table: str) -> str:
    """Return the statements that keep `checked` of a table as it must be, when that column came."""
    columns = CHECKED[table] if table != "items" else _ITEM_BEFORE
    return f"UPDATE {table} SET checked = checksum({columns});" + _triggers(table, columns)


def _triggers(table: str, columns: str) -> str:
    """Return the statements that keep `checked` of a table as it must be; none if that is given with a row."""
    if table not in _KEYS:
        return ""
    this = " AND ".join(f"{key} = NEW.{key}" for key in _KEYS[table])
    note = f"UPDATE {table} SET checked = checksum({columns}) WHERE {this}"
    before = "OLD." + columns.replace(", ", ", OLD.")
    return f"""
    CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {note}; END;
    CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} BEGIN
        SELECT raise(ABORT, 'a malformed row') WHERE OLD.checked IS NOT checksum({before});
        {note};
    END;"""


SCHEMA = (
    "SELECT checksum(group_concat(name || sql, ';')) FROM (SELECT name, sql FROM sqlite_master ORDER BY name)"
)
"""The checksum of all tables, indexes and triggers; `meta` has it as `SCHEMA_KEY`, behind the version."""
SCHEMA_KEY = "schema"
