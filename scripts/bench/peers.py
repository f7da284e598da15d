"""Other engines on the same texts: SQLite's FTS5 and tantivy within the process, Recoll and Omega as whole programs.

One that is not installed is left out, with a word. tantivy is imported from wherever it is: install it anywhere and
name that place in PYTHONPATH.
"""

from __future__ import annotations

import base64
import importlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

Texts = Iterable[tuple[int, str, str]]
"""Number, title and body of each document."""

OMEGA = "/usr/lib/cgi-bin/omega/omega"
INDEXERS = {"recollq": "recollindex", "omega": "omindex"}
"""The program that asks to the one that indexes."""


class Engine(Protocol):
    """An engine within the process."""

    name: str

    def build(self, texts: Texts) -> None:
        """Index `texts` and leave the index ready to be searched."""
        ...

    def open(self) -> None:
        """Open what was built."""
        ...

    def ask(self, way: str, words: tuple[str, ...]) -> int:
        """Find the best ten and return how many that are; `way` is and, or, phrase or prefix."""
        ...


class Sqlite:
    """FTS5 with Porter's stemmer, ranked by its bm25; the texts themselves are not kept."""

    name = f"SQLite {sqlite3.sqlite_version} FTS5"

    def __init__(self, place: Path) -> None:
        self._path = place / "fts5.db"
        self._db: sqlite3.Connection

    def build(self, texts: Texts) -> None:
        self._path.unlink(missing_ok=True)
        self.open()
        self._db.execute(
            "CREATE VIRTUAL TABLE texts USING fts5"
            " (title, body, content='', tokenize='porter unicode61 remove_diacritics 2')"
        )
        with self._db:
            self._db.executemany("INSERT INTO texts (rowid, title, body) VALUES (?, ?, ?)", texts)

    def open(self) -> None:
        self._db = sqlite3.connect(self._path)

    def ask(self, way: str, words: tuple[str, ...]) -> int:
        quoted = [f'"{word}"' for word in words]
        query = {
            "and": " ".join(quoted),
            "or": " OR ".join(quoted),
            "phrase": f'"{" ".join(words)}"',
            "prefix": f"{quoted[0]}*",
        }[way]
        rows = self._db.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 10", (query,)
        ).fetchall()
        return len(rows)


class Tantivy:
    """tantivy (Rust) with its English stemmer; it indexes with as many threads as it likes."""

    def __init__(self, place: Path) -> None:
        self._tantivy: Any = importlib.import_module("tantivy")
        self.name = f"tantivy {metadata.version('tantivy')}"
        self._directory = place / "tantivy"
        fields = self._tantivy.SchemaBuilder()
        fields.add_integer_field("number", stored=True)
        fields.add_text_field("title", tokenizer_name="en_stem")
        fields.add_text_field("body", tokenizer_name="en_stem")
        self._schema = fields.build()
        self._index: Any = None
        self._searcher: Any = None

    def build(self, texts: Texts) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir()
        self._index = self._tantivy.Index(self._schema, path=str(self._directory))
        writer = self._index.writer(heap_size=256 << 20)
        for number, title, body in texts:
            writer.add_document(self._tantivy.Document(number=number, title=title, body=body))
        writer.commit()
        writer.wait_merging_threads()
        self.open()

    def open(self) -> None:
        self._index = self._index or self._tantivy.Index.open(str(self._directory))
        self._index.reload()
        self._searcher = self._index.searcher()

    def ask(self, way: str, words: tuple[str, ...]) -> int:
        if way == "prefix":
            query = self._tantivy.Query.regex_query(self._schema, "body", f"{words[0]}.*")
        else:
            text = {"and": " ".join(words), "or": " OR ".join(words), "phrase": f'"{" ".join(words)}"'}[way]
            query = self._index.parse_query(text, ["title", "body"], conjunction_by_default=True)
        return len(self._searcher.search(query, 10).hits)


def engines(place: Path) -> tuple[list[Engine], list[str]]:
    """Return the engines that are here, and a word on each that is not."""
    place.mkdir(parents=True, exist_ok=True)
    found: list[Engine] = [Sqlite(place)]
    try:
        found.append(Tantivy(place))
    except ImportError:
        return found, ["tantivy is not installed (`pip install tantivy`), so it is left out."]
    return found, []


# --- whole programs -------------------------------------------------------------------------------


class Program(Protocol):
    """A program of its own for indexing and one for asking."""

    name: str

    def index(self) -> float:
        """Index the folder from nothing and return the seconds."""
        ...

    def ask(self, word: str) -> float:
        """Ask for the best ten with a word and return the seconds."""
        ...


class Recoll:
    """`recollindex` and `recollq`."""

    name = "recollq"

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder, place / "recoll"

    def begin_anew(self) -> list[str]:
        """Drop the index; return the command that makes it."""
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir(parents=True)
        (self._place / "recoll.conf").write_text(f"topdirs = {self._folder}\nloglevel = 1\n")
        return ["recollindex", "-c", str(self._place)]

    def index(self) -> float:
        return _timed(*self.begin_anew())

    def ask(self, word: str) -> float:
        return _timed("recollq", "-c", str(self._place), "-n", "10", "-A", word)

    def texts(self) -> set[str]:
        """Return the paths within the folder of files that gave text: their own or that of a part of them."""
        command = ["recollq", "-c", str(self._place), "-n", "0", "-N", "-F", "url dbytes", "mime:*"]
        lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        rows = (line.split() for line in lines[2:])
        found = ((_decoded(row[1]), _decoded(row[3])) for row in rows if len(row) == 4)
        paths = (url.removeprefix("file://") for url, size in found if size not in ("", "0"))
        return {os.path.relpath(path, self._folder) for path in paths}

    def missing(self) -> str:
        """Return which helper programs it would have liked, as it says."""
        path = self._place / "missing"
        return " ".join(path.read_text(errors="replace").split()) if path.exists() else ""


class Omega:
    """`omindex` and the `omega` program."""

    name = "omega"

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder, place / "omega"

    def index(self) -> float:
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir(parents=True)
        return _timed("omindex", "--db", str(self._place / "default"), "--url", "/", str(self._folder))

    def ask(self, word: str) -> float:
        settings = self._place / "omega.conf"
        settings.write_text(f"database_dir {self._place}\ntemplate_dir /usr/share/xapian-omega/templates\n")
        return _timed(
            "env",
            f"OMEGA_CONFIG_FILE={settings}",
            OMEGA,
            f"P={word}",
            "DB=default",
            "FMT=query",
            "HITSPERPAGE=10",
        )


def programs(folder: Path, place: Path) -> tuple[list[Program], list[str]]:
    """Return the programs that are here, and a word on each that is not."""
    found: list[Program] = []
    notes = []
    if shutil.which("recollindex") and shutil.which("recollq"):
        found.append(Recoll(folder, place))
    else:
        notes.append("Recoll is not installed (Debian: recollcmd), so it is left out.")
    if shutil.which("omindex") and Path(OMEGA).exists():
        found.append(Omega(folder, place))
    else:
        notes.append("Omega is not installed (Debian: xapian-omega), so it is left out.")
    return found, notes


def _timed(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def _decoded(cell: str) -> str:
    return base64.b64decode(cell).decode("utf-8", "surrogateescape")
