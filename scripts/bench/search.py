"""How long does a search take? Classes of searches over generated folders, beside other engines on the same texts.

    python scripts/bench/search.py --work DIR [--items 10000 100000] [--rounds 3] [--alone] [--fresh]

Folders, their state and the other engines' indexes are kept below DIR, so that a second call only searches. `--fresh`
rebuilds our state, `--alone` leaves the other engines out. Measured are: `asking.search` in one process, which opens the folder each time and
makes ten snippets; the index alone, beside SQLite's FTS5 and tantivy; whole processes, beside `recollq` and `omega`;
and one changed item, from `apply` to found.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from random import Random

import generate
import peers
import psutil
from product import Product
from report import Table, machine, quantile

from indexer.catalogue import Catalogue
from indexer.index.query import parse
from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.log import Change, Entry, Place
from indexer.model.query import SearchRequest
from indexer.pipeline.followers import BATCH
from indexer.search import asking
from indexer.terms import languages, postings
from indexer.terms.weighing import item_terms

SEED = 1
SAMPLES = 12
"""Searches of each class."""
LARGE = 50_000
"""The number of items from which the goals for 100,000 apply."""
OURS = "indexer scan"
PLAIN, WIDE, ODD = "words and filters", "phrase, prefix, dates", "others"


@dataclass(frozen=True, slots=True)
class Question:
    """One search: in our language, and for engines that have no other way, as an operation on words."""

    text: str
    way: str = ""
    """and, or, phrase, prefix; empty: only ours can be asked."""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Class:
    """Searches of one sort, held to one goal."""

    name: str
    goal: str
    questions: tuple[Question, ...]


# --- what is asked --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asker:
    """Makes searches for a folder of a given size, the same each time."""

    items: int

    def classes(self) -> list[Class]:
        """Return all classes."""
        return [
            self._class("one common word", PLAIN, lambda c: _all(self._word(c, 0.2))),
            self._class("one mid word", PLAIN, lambda c: _all(self._word(c, 0.01))),
            self._class("one rare word", PLAIN, lambda c: _all(self._rare(c))),
            self._class("two words", PLAIN, lambda c: _all(self._word(c, 0.2), self._word(c, 0.05))),
            self._class("three words", PLAIN, lambda c: _all(*(self._word(c, s) for s in (0.3, 0.2, 0.1)))),
            self._class("a OR b", PLAIN, lambda c: _any(self._word(c, 0.1), self._word(c, 0.02))),
            self._class("filter and word", PLAIN, lambda c: _ours("in:Sales type:text", self._word(c, 0.1))),
            self._class("filters alone", PLAIN, self._filters),
            self._class("phrase", WIDE, self._phrase),
            self._class("prefix of 4", WIDE, lambda c: _prefix(self._word(c, 0.05)[:4])),
            self._class("prefix of 3", WIDE, lambda c: _prefix(self._word(c, 0.05)[:3])),
            self._class("dates and word", WIDE, self._dates),
            self._class(
                "one letter wrong, with ~", ODD, lambda c: _ours(_misspelt(c, self._word(c, 0.01)) + "~")
            ),
            self._class(
                "nonsense", ODD, lambda c: _ours(self._word(c, 0.1), _misspelt(c, self._word(c, 0.01)))
            ),
            self._class("a function word", ODD, lambda c: _all(c.choice(generate.FUNCTION_WORDS[:40]))),
            self._class("question of 12 words", ODD, self._long),
        ]

    def _class(self, name: str, goal: str, make: Callable[[Random], Question]) -> Class:
        chance = Random(name)
        return Class(name, goal, tuple(make(chance) for _ in range(SAMPLES)))

    def _word(self, chance: Random, share: float) -> str:
        """Return a word that about so large a share of the items have."""
        rank = max(len(generate.FUNCTION_WORDS), generate.rank_for(share))
        return generate.word_of(int(rank * chance.uniform(1.0, 1.3)) + chance.randrange(8))

    def _rare(self, chance: Random) -> str:
        return self._word(chance, 4 / self.items)

    def _filters(self, chance: Random) -> Question:
        shelf = chance.choice(
            ("Sales/Minutes", "Quality/Reports", "Finance", "Personnel/Letters", "Projects")
        )
        return _ours(chance.choice((f"in:{shelf}", "type:text", f"in:{shelf} type:text after:2026-03")))

    def _phrase(self, chance: Random) -> Question:
        """Return two or three words that are side by side in some document."""
        text = generate.document(chance.randrange(self.items), SEED)[1]
        sentence = max(text.lower().split(".")[1:6], key=len).split()
        at = chance.randrange(max(1, len(sentence) - 3))
        found = tuple(sentence[at : at + 2 + chance.randrange(2)])
        return Question(f'"{" ".join(found)}"', "phrase", found)

    def _dates(self, chance: Random) -> Question:
        year = chance.choice((2024, 2025))
        return _ours(f"after:{year}-02 before:{year}-08", self._word(chance, 0.2))

    def _long(self, chance: Random) -> Question:
        small = [chance.choice(generate.FUNCTION_WORDS) for _ in range(6)]
        large = [self._word(chance, share) for share in (0.2, 0.1, 0.05, 0.02, 0.01, 0.002)]
        mixed = small + large
        chance.shuffle(mixed)
        return _ours(*mixed)


def _all(*words: str) -> Question:
    return Question(" ".join(words), "and", words)


def _any(*words: str) -> Question:
    return Question(" OR ".join(words), "or", words)


def _prefix(word: str) -> Question:
    return Question(word + "*", "prefix", (word,))


def _ours(*parts: str) -> Question:
    return Question(" ".join(parts))


def _misspelt(chance: Random, word: str) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + chance.choice("xqz") + word[at + 1 :]


# --- what is searched -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Library:
    """A generated folder, its state, and where the others keep theirs."""

    work: Path
    items: int

    @cached_property
    def product(self) -> Product:
        return Product(self.work / f"documents-{self.items}", self.work / f"state-{self.items}")

    @property
    def peers(self) -> Path:
        return self.work / f"peers-{self.items}"

    def prepare(self, *, fresh: bool = False) -> None:
        """Make what is missing, and our state in any case if `fresh`; scan what exists again, which is quick."""
        if not self.product.folder.exists():
            unfinished = self.product.folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            generate.generate(unfinished, self.items, SEED)
            unfinished.rename(self.product.folder)
        fresh = fresh or OURS not in self.built
        if fresh:
            shutil.rmtree(self.product.state, ignore_errors=True)
        seconds = self.product.scan()
        if fresh:
            self.note_built(OURS, seconds)

    @property
    def built(self) -> dict[str, float]:
        """Seconds that each index took, by name."""
        path = self.work / f"built-{self.items}.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}

    def note_built(self, name: str, seconds: float) -> None:
        path = self.work / f"built-{self.items}.json"
        path.write_text(json.dumps({**self.built, name: round(seconds, 2)}), "utf-8")

    def texts(self) -> Iterator[tuple[int, str, str]]:
        """Yield number, title and text of each document, as other engines get them."""
        for number, (path, text, _) in enumerate(generate.documents(0, self.items, SEED)):
            yield number, path.rpartition("/")[2].removesuffix(".txt"), text


# --- measuring ------------------------------------------------------------------------------------


def in_turn(classes: list[Class], rounds: int, ask: Callable[[Question], object]) -> dict[str, list[float]]:
    """Ask all questions in a mixed order and return the milliseconds by class."""
    asked = [(c.name, question) for c in classes for question in c.questions] * rounds
    Random(SEED).shuffle(asked)
    took: dict[str, list[float]] = {c.name: [] for c in classes}
    for name, question in asked:
        began = time.perf_counter()
        ask(question)
        took[name].append((time.perf_counter() - began) * 1000)
    return took


def latencies(library: Library, classes: list[Class], rounds: int) -> Table:
    """Search as `indexer search` does, in one process."""
    settings, folder = library.product.settings(), library.product.folder
    totals: dict[str, list[int]] = {c.name: [] for c in classes}
    of = {question: c.name for c in classes for question in c.questions}

    def ask(question: Question) -> None:
        found = asking.search(folder, settings, question.text, asking.SearchOptions())
        totals[of[question]].append(found.total)

    began = time.perf_counter()
    ask(classes[0].questions[0])
    first = (time.perf_counter() - began) * 1000
    took = in_turn(classes, rounds, ask)
    index = WhooshIndex(library.product.index_directory())
    alone = in_turn(classes, rounds, lambda q: index.search(SearchRequest(parse(q.text), limit=10)))
    index.close()
    table = Table(
        f"Searches over {library.items:,} items, snippets and all, in ms",
        ("search", "results (median)", "p50", "p95", "max", "goal", "met", "index alone p50", "p95"),
    )
    for c in classes:
        times = took[c.name]
        goal, met = judged(library.items, c.goal, times)
        figures = (quantile(times, 0.5), quantile(times, 0.95), max(times))
        inner = (quantile(alone[c.name], 0.5), quantile(alone[c.name], 0.95))
        table.add(
            c.name,
            int(statistics.median(totals[c.name])),
            *(f"{figure:.1f}" for figure in figures),
            goal,
            "yes" if met else "NO",
            *(f"{figure:.1f}" for figure in inner),
        )
    memory = psutil.Process().memory_info().rss / 2**20
    table.notes.append(
        f"{SAMPLES} searches of each sort, {rounds} rounds in a mixed order; the first of all took {first:.0f} ms."
        f" The process then had {memory:.0f} MB."
    )
    return table


def judged(items: int, sort: str, times: list[float]) -> tuple[str, bool]:
    """Return the goal for searches of a sort, and whether these meet it."""
    goals = {"max": 1000.0}
    if items < LARGE and sort == PLAIN:
        goals = {"p50": 10.0, "p95": 50.0, **goals}
    elif items >= LARGE and sort != ODD:
        goals = {"p95": 300.0 if sort == PLAIN else 800.0, **goals}
    shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    met = all(quantile(times, shares[name]) <= limit for name, limit in goals.items())
    return ", ".join(f"{name} ≤ {limit:.0f}" for name, limit in goals.items()), met


def beside_engines(library: Library, classes: list[Class], rounds: int) -> Table:
    """Ask the index alone what the other engines can be asked too."""
    found, notes = peers.engines(library.peers)
    shared = [c for c in classes if c.questions[0].way]
    missing = [engine for engine in found if engine.name not in library.built]
    texts = list(library.texts()) if missing else []
    for engine in found:
        if engine in missing:
            began = time.perf_counter()
            engine.build(texts)
            library.note_built(engine.name, time.perf_counter() - began)
        else:
            engine.open()
    index = WhooshIndex(library.product.index_directory())

    def ours(question: Question) -> None:
        index.search(SearchRequest(parse(question.text), limit=10))

    took = {"ours": in_turn(shared, rounds, ours)}
    for engine in found:
        took[engine.name] = in_turn(shared, rounds, lambda q, engine=engine: engine.ask(q.way, q.words))  # type: ignore[misc]
    index.close()
    table = Table(
        f"The index alone over {library.items:,} items, p50 and p95 in ms", ("search", *took), notes=notes
    )
    for c in shared:
        cells = (
            f"{quantile(times[c.name], 0.5):.1f}, {quantile(times[c.name], 0.95):.1f}"
            for times in took.values()
        )
        table.add(c.name, *cells)
    return table


def built(library: Library) -> Table:
    """Say how long each index took, ours from ready terms as `rebuild` does it."""
    ours = library.work / f"built-{library.items}"
    shutil.rmtree(ours, ignore_errors=True)
    with library.product.catalogue() as catalogue:
        began = time.perf_counter()
        index = WhooshIndex(ours)
        for changes, place in batches(catalogue):
            index.apply(changes, place)
        apply_s = time.perf_counter() - began
        index.tidy()
        index.close()
        tidy_s = time.perf_counter() - began - apply_s
    size = sum(path.stat().st_size for path in ours.rglob("*")) / 1e6
    shutil.rmtree(ours)
    sample = min(library.items, 2000)
    texts = [generate.document(number, SEED)[1] for number in range(sample)]
    began = time.perf_counter()
    for text in texts:
        postings.pack([text], (), languages.language_of(text))
    terms_s = (time.perf_counter() - began) * library.items / sample
    table = Table(f"Building an index of {library.items:,} items, in s", ("what", "s"))
    table.add("ours: terms (made where files are read, on all cores; from a sample)", f"{terms_s:.1f}")
    table.add(f"ours: terms into the index ({size:.0f} MB)", f"{apply_s:.1f}")
    table.add("ours: merged once in idle time", f"{tidy_s:.1f}")
    for name, seconds in library.built.items():
        table.add(peers.INDEXERS.get(name, name), f"{seconds:.1f}")
    return table


def batches(catalogue: Catalogue) -> Iterator[tuple[list[Change], Place]]:
    """Yield the whole log in the batches in which followers take it in."""
    seq = 0
    while entries := list(catalogue.log.entries_since(seq, BATCH)):
        seq = entries[-1].seq
        yield [Change(entry, item_terms) for entry in entries], Place(catalogue.log.epoch, seq)


def beside_programs(library: Library, rounds: int) -> Table:
    """Search as whole processes, in turn."""
    found, notes = peers.programs(library.product.folder, library.peers)
    for program in found:
        if program.name not in library.built:
            library.note_built(program.name, program.index())
    asked = [generate.word_of(generate.rank_for(share) + 40) for share in (0.2, 0.01, 4 / library.items)]
    took: dict[str, list[float]] = {"indexer search": [], **{p.name: [] for p in found}}
    for _ in range(rounds + 1):
        for word in asked:
            took["indexer search"].append(library.product.time("search", "--json", word) * 1000)
            for program in found:
                took[program.name].append(program.ask(word) * 1000)
    table = Table(
        f"Whole processes over {library.items:,} items, in ms",
        ("program", "min", "median", "max"),
        notes=notes,
    )
    for name, times in took.items():
        warm = times[len(asked) :]
        table.add(name, *(f"{f:.0f}" for f in (min(warm), statistics.median(warm), max(warm))))
    return table


def one_change(library: Library, times: int = 40) -> Table:
    """Change one item after another in a copy of the index, until another reader finds it."""
    copy = library.work / f"copy-{library.items}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(library.product.index_directory(), copy)
    index, reader = WhooshIndex(copy), WhooshIndex(copy)
    place = index.place()
    assert place
    took, tidied = [], []
    for number, change in enumerate(_changes(library, place.seq, times)):
        word = f"changedword{number}x"
        began = time.perf_counter()
        index.apply([change], Place(place.epoch, change.seq))
        while not reader.search(SearchRequest(parse(word), relax=False)).hits:
            pass
        took.append((time.perf_counter() - began) * 1000)
        if number % 10 == 9:
            began = time.perf_counter()
            index.tidy()
            tidied.append((time.perf_counter() - began) * 1000)
    index.close()
    reader.close()
    shutil.rmtree(copy)
    table = Table(
        f"One changed item among {library.items:,}, from `apply` to found by another reader, in ms",
        ("p50", "p95", "max", "goal", "met"),
        notes=[f"Tidying after every ten took {max(tidied):.0f} ms at most; it is done in idle time."],
    )
    median, late = quantile(took, 0.5), quantile(took, 0.95)
    met = median <= 100 and late <= 500
    table.add(
        f"{median:.1f}", f"{late:.1f}", f"{max(took):.1f}", "p50 ≤ 100, p95 ≤ 500", "yes" if met else "NO"
    )
    return table


def _changes(library: Library, seq: int, times: int) -> Iterator[Change]:
    """Yield items with one word more than they had."""
    now = datetime.now(UTC)
    chance = Random(SEED)
    with library.product.catalogue() as catalogue:
        for number in range(times):
            (entry,) = catalogue.log.entries_since(chance.randrange(seq), 1)
            assert entry.item
            text = catalogue.texts.of_item(entry.id)
            texts = [passage.text for passage in text.passages] if text else []
            terms = postings.pack([*texts, f"changedword{number}x"], (), "en")
            changed = Entry(seq + 1 + number, entry.id, entry.item._replace(modified=now), terms)
            yield Change(changed, item_terms)


def measure(
    work: Path, items: int, rounds: int, *, alone: bool = False, fresh: bool = False
) -> Iterator[Table]:
    """Yield all tables for a folder of a given size."""
    library = Library(work, items)
    library.prepare(fresh=fresh)
    classes = Asker(items).classes()
    yield latencies(library, classes, rounds)
    yield one_change(library)
    if not alone:
        yield beside_engines(library, classes, rounds)
        yield beside_programs(library, rounds)
        yield built(library)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are kept")
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without other engines")
    parser.add_argument("--fresh", action="store_true", help="make our own state anew first")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    for items in given.items:
        for table in measure(given.work, items, given.rounds, alone=given.alone, fresh=given.fresh):
            print(f"\n{table.markdown()}", flush=True)


if __name__ == "__main__":
    main()
