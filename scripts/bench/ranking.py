"""How good are the first ten answers? NDCG@10 of ours on judged searches, compared with plain Whoosh and Recoll.

    python scripts/bench/ranking.py [--detail] [--judged FILE]...

The searches and their graded answers are those of `tests/cases/ranking.json`; `tests/ranking_set.py` says what is
measured and why. All engines get the same items with the same titles, texts and addresses, as our catalogue has them,
so that reading files plays no part:

Files given by `--judged` are collections of other people: `{"documents": {id: {title, text}}, "queries": {id: text},
"relevant": {query: {document: gain}}}`. Each document becomes a Markdown file; all questions are asked as they stand.

- ours: `indexer search --json`, as it comes;
- Whoosh: BM25F over the fields title and body, stemmed, `OrGroup.factory(0.9)` (so a text need not have all words);
- FTS5 of SQLite: porter stems, any word, the title four times; tantivy (if installed): English stems, any word;
- recollq: its query language (all words), and `recollq -o` (any word); left out where Recoll is not installed.

Of our query language the others get words, phrases, OR, exclusions and `*`. Filters are applied to their answers by us;
of copies any counts as the one that was judged.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from product import PROJECT, Product
from report import Table, machine

from indexer.model.items import Item
from indexer.model.readings import unpack_passages

sys.path.append(str(PROJECT))
from tests import ranking_set
from tests.ranking_set import Judged

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh was written for an older Python
    from whoosh.analysis import StemmingAnalyzer
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.filedb.filestore import RamStorage
    from whoosh.qparser import MultifieldParser, OrGroup

Names = frozenset[str]
Ask = Callable[[str], list[str]]
"""A query to the ids of items, best first."""

OWN = ("demo", "office")
DEPTH = 100
"""Answers asked of the others, before filters."""
_FILTER = re.compile(r'\b(?:type|in|by|tag|after|before|title):(?:"[^"]*"|\S+)')


@dataclass(frozen=True)
class Shelf:
    """One judged folder, indexed by the product."""

    product: Product

    @cached_property
    def items(self) -> dict[str, tuple[Item, str]]:
        """Item id to item and text."""
        with self.product.catalogue() as catalogue:
            return {
                str(item.id): (item, "\n\n".join(passage.text for passage in unpack_passages(packed)))
                for item, _, packed in catalogue.items.live()
            }

    @cached_property
    def names(self) -> dict[str, Names]:
        """Item id to the names it and its copies go by."""
        groups: dict[str, set[str]] = {}
        for number, (item, _) in self.items.items():
            groups.setdefault(item.fold_key or number, set()).add(item.url or item.path)
        return {
            number: frozenset(groups[item.fold_key or number]) for number, (item, _) in self.items.items()
        }

    def search(self, query: str, limit: int = 10) -> list[Names]:
        """Return the product's answers."""
        done = self.product.run("search", "--json", "-n", str(limit), "--", query)
        found = json.loads(done.stdout)
        return [frozenset((r["url"] or r["path"], *r["copies"])) for r in found["results"]]

    def ask_other(self, ask: Ask, query: str) -> list[Names]:
        """Return another engine's answers, filtered as the query says."""
        filters = " ".join(_FILTER.findall(query))
        words = _FILTER.sub(" ", query).replace("~", " ").strip()
        answers = [self.names[number] for number in ask(words)]
        if filters:
            allowed = frozenset().union(*self.search(filters, 10_000))
            answers = [names for names in answers if names & allowed]
        return answers


# --- the others -----------------------------------------------------------------------------------


def whoosh_ask(shelf: Shelf) -> Ask:
    """Index the items with Whoosh as its manual does."""
    words = StemmingAnalyzer()
    schema = Schema(id=ID(stored=True), title=TEXT(analyzer=words), body=TEXT(analyzer=words))
    index = RamStorage().create_index(schema)
    writer = index.writer()
    for number, (item, text) in shelf.items.items():
        writer.add_document(id=number, title=item.title, body=_body(item, text))
    writer.commit()
    parser = MultifieldParser(["title", "body"], schema, group=OrGroup.factory(0.9))
    searcher = index.searcher()

    def ask(query: str) -> list[str]:
        parsed = parser.parse(re.sub(r"(^|\s)-(?=\S)", r"\1ANDNOT ", query))
        return [hit["id"] for hit in searcher.search(parsed, limit=DEPTH)]

    return ask


def _body(item: Item, text: str) -> str:
    return "\n".join(filter(None, (text, item.note, *item.tags, item.url, *item.hyperlinks)))


def fts5_ask(shelf: Shelf) -> Ask:
    """Index the items with SQLite's full text search."""
    db = sqlite3.connect(":memory:")
    db.execute(
        "CREATE VIRTUAL TABLE texts USING fts5 (id UNINDEXED, title, body, tokenize = 'porter unicode61')"
    )
    rows = ((number, item.title, _body(item, text)) for number, (item, text) in shelf.items.items())
    db.executemany("INSERT INTO texts VALUES (?, ?, ?)", rows)

    def ask(query: str) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(re.findall(r"\w+", query)))
        order = "SELECT id FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 0, 4, 1) LIMIT ?"
        return [row[0] for row in db.execute(order, (words, DEPTH))] if words else []

    return ask


def tantivy_ask(shelf: Shelf) -> Ask:
    """Index the items with tantivy."""
    tantivy: Any = import_module("tantivy")

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("title", "body"):
        builder.add_text_field(name, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer()
    for number, (item, text) in shelf.items.items():
        writer.add_document(tantivy.Document(id=number, title=item.title, body=_body(item, text)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(query: str) -> list[str]:
        words = " ".join(re.findall(r"\w+", query))
        found = searcher.search(index.parse_query(words, ["title", "body"]), DEPTH) if words else None
        return [searcher.doc(address)["id"][0] for _, address in found.hits] if found else []

    return ask


def recoll_asks(shelf: Shelf, place: Path) -> Iterator[tuple[str, Ask]]:
    """Index the items with Recoll, each a web page of its own, and yield two ways to ask."""
    pages = place / "pages"
    for number, (item, text) in shelf.items.items():
        page = pages / item.path / f"{number}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        head = f'<meta charset="utf-8"><title>{html.escape(item.title)}</title>'
        page.write_text(
            f"<html><head>{head}</head><body><pre>{html.escape(_body(item, text))}</pre></body></html>"
        )
    settings = place / "recoll"
    settings.mkdir()
    (settings / "recoll.conf").write_text(f"topdirs = {pages}\nloglevel = 1\n")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["recollindex", "-c", str(settings)], check=False, **quiet)  # type: ignore[call-overload]
    for name, mode in (("recollq", []), ("recollq -o", ["-o"])):
        yield name, lambda query, mode=mode: _recollq(settings, mode, query)  # type: ignore[misc]


def _recollq(settings: Path, mode: list[str], query: str) -> list[str]:
    command = ["recollq", "-c", str(settings), *mode, "-n", str(DEPTH), "-F", "url mtype", query]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    fields = (line.split(" ") for line in lines[2:])
    found = [[base64.b64decode(cell).decode() for cell in cells if cell] for cells in fields]
    return [Path(unquote(row[0])).stem for row in found if len(row) == 2 and row[1] == "text/html"]


# --- the table ------------------------------------------------------------------------------------


def prepare(place: Path) -> dict[str, Shelf]:
    """Make both folders and index them."""
    folders = {"demo": place / "demo", "office": place / "office"}
    subprocess.run([sys.executable, PROJECT / "scripts" / "demo.py", folders["demo"]], check=True)
    ranking_set.make_office(folders["office"])
    shelves = {}
    for name, folder in folders.items():
        shelves[name] = Shelf(Product(folder, place / f"state-{name}"))
        shelves[name].product.scan()
    return shelves


def collection(path: Path, place: Path) -> tuple[Shelf, list[Judged]]:
    """Make the folder of a judged collection and index it."""
    given = json.loads(path.read_text("utf-8"))
    folder = place / path.stem
    folder.mkdir()
    for name, document in given["documents"].items():
        (folder / f"{name}.md").write_text(f"# {document['title']}\n\n{document['text']}\n", "utf-8")
    shelf = Shelf(Product(folder, place / f"state-{path.stem}"))
    shelf.product.scan()
    answers = given["relevant"]
    return shelf, [
        Judged(path.stem, query, {f"{name}.md": gain for name, gain in answers[number].items()}, True)
        for number, query in given["queries"].items()
        if answers.get(number)
    ]


def measure(detail: bool = False, collections: Sequence[Path] = ()) -> Table:
    """Ask every engine every judged search."""
    judged = ranking_set.load()
    with tempfile.TemporaryDirectory() as top:
        shelves = prepare(Path(top))
        for path in collections:
            shelves[path.stem], more = collection(path, Path(top))
            judged += more
        answers: dict[str, list[list[Names]]] = {
            "indexer search": [shelves[case.folder].search(case.query) for case in judged]
        }
        for folder, shelf in shelves.items():
            others = [("Whoosh BM25F", whoosh_ask(shelf)), ("FTS5", fts5_ask(shelf))]
            if find_spec("tantivy"):
                others.append(("tantivy", tantivy_ask(shelf)))
            if shutil.which("recollindex") and shutil.which("recollq"):
                others += recoll_asks(shelf, Path(top) / f"peer-{folder}")
            for name, ask in others:
                given = answers.setdefault(name, [[] for _ in judged])
                for number, case in enumerate(judged):
                    if case.folder == folder:
                        given[number] = shelf.ask_other(ask, case.query)
    worth = {
        name: [ranking_set.ndcg(a, c.grades) for a, c in zip(given, judged, strict=True)]
        for name, given in answers.items()
    }
    if detail:
        print_detail(judged, worth, answers["indexer search"])
    return table_of(judged, worth)


def table_of(judged: list[Judged], worth: dict[str, list[float]]) -> Table:
    """Return a row for each group of searches."""
    table = Table("Answers to judged searches, mean NDCG@10", ("searches", "number", *worth))
    groups: tuple[tuple[str, Callable[[Judged], bool]], ...] = (
        ("words, phrases, filters", lambda case: not case.long),
        ("questions in plain words", lambda case: case.long and case.folder in OWN),
        ("demo folder", lambda case: case.folder == "demo"),
        ("office folder", lambda case: case.folder == "office"),
        ("all of these", lambda case: case.folder in OWN),
    )
    others = sorted({case.folder for case in judged}.difference(OWN))
    groups += tuple((name, _is_of(name)) for name in others)
    for name, belongs in groups:
        chosen = [number for number, case in enumerate(judged) if belongs(case)]
        means = (statistics.fmean(values[n] for n in chosen) for values in worth.values())
        table.add(name, len(chosen), *(f"{mean:.3f}" for mean in means))
    return table


def _is_of(folder: str) -> Callable[[Judged], bool]:
    return lambda case: case.folder == folder


def print_detail(judged: list[Judged], worth: dict[str, list[float]], ours: list[list[Names]]) -> None:
    """Print each search with the measure of each engine, and our answers with their grades."""
    for number, case in enumerate(judged):
        figures = "  ".join(f"{name} {values[number]:.2f}" for name, values in worth.items())
        print(f"\n{case.query}\n  {figures}")
        for names in ours[number]:
            grade = max((case.grades.get(name, 0) for name in names), default=0)
            print(f"  {grade}  {min(names)}")
        found = frozenset().union(*ours[number]) if ours[number] else frozenset()
        for name, grade in case.grades.items():
            if grade >= 2 and name not in found:
                print(f"  {grade}  {name} is missing")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--detail", action="store_true", help="each search with our answers and their grades")
    parser.add_argument(
        "--judged", type=Path, action="append", default=[], help="a judged collection as JSON"
    )
    given = parser.parse_args()
    table = measure(given.detail, given.judged)
    print(f"{machine()}\n\n{table.markdown()}")


if __name__ == "__main__":
    main()
