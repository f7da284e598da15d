"""Are related items related, and how long does it take to find them?

    python scripts/bench/related.py --work DIR [FOLDER ...] [--items 10000 100000]

Each readable document of the FOLDERs with enough text, up to 200 of them, is cut into halves, which become files of two
departments: is the second half among the first three items of other departments that are related to the first? Documents
that share most of their words with another one are left out, as they have several other halves.

With `--items`, the time of `related` over generated folders is compared with that of searches for two common words, in turn.
Folders and their state are kept below DIR.
"""

from __future__ import annotations

import argparse
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import generate
from product import Product
from report import Table, machine, quantile
from search import Asker

from indexer.model.readings import unpack_passages
from indexer.search import asking, related
from indexer.terms.words import forms

SEED = 1
DOCUMENTS, LEAST_WORDS, SAME = 200, 200, 0.5
"""Documents to cut, the words each has at least, and the share of words in which two are the same."""
FIRST, GOAL = 3, 0.9
SAMPLE = 60
"""Items asked for over a generated folder."""
SEARCHES = 5
"""Related items may take the time of so many searches."""


# --- halves ---------------------------------------------------------------------------------------


def documents(product: Product) -> Iterator[str]:
    """Yield the text of each document with enough words that are not mostly those of another."""
    taken: list[frozenset[str]] = []
    with product.catalogue() as catalogue:
        for item, _, packed in catalogue.items.live():
            text = "\n\n".join(passage.text for passage in unpack_passages(packed))
            if item.is_list_entry or len(text.split()) < LEAST_WORDS:
                continue
            words = frozenset(forms(text))
            if all(len(words & other) <= SAME * len(words | other) for other in taken):
                taken.append(words)
                yield text


def cut(texts: Sequence[str], folder: Path) -> list[str]:
    """Write the halves of each text, `A/N.txt` and one below `B` whose name says nothing; return the paths of these."""
    names = Random(SEED).sample(range(len(texts)), len(texts))
    for number, text in enumerate(texts):
        ends = [match.end() for match in re.finditer(r"\S+", text)]
        middle = ends[len(ends) // 2 - 1]
        for name, half in ((f"A/{number}.txt", text[:middle]), (f"B/{names[number]}.txt", text[middle:])):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(half, "utf-8", "replace")
    return [f"B/{name}.txt" for name in names]


def halves(work: Path, folders: Sequence[Path]) -> Table:
    """Tell for how many first halves the second is among the first related items."""
    texts: list[str] = []
    for folder in folders:
        product = Product(folder, work / f"state-{folder.name}")
        product.scan()
        texts += documents(product)
    texts = sorted(texts, key=lambda text: (Random(text).random(), text))[:DOCUMENTS]
    made = Product(work / "halves", work / "state-halves")
    shutil.rmtree(made.folder, ignore_errors=True)
    shutil.rmtree(made.state, ignore_errors=True)
    others = cut(texts, made.folder)
    made.scan()
    first = among = none = 0
    for number, other in enumerate(others):
        item = asking.item_at(made.folder, made.settings(), f"A/{number}.txt")
        found = asking.related(made.folder, made.settings(), item.id, FIRST, across=True).results
        paths = [result.item.path for result in found]
        first += paths[:1] == [other]
        among += other in paths
        none += not paths
    table = Table(
        "The second half of a document among the related items of the first",
        ("documents", "first", f"among the first {FIRST}", "goal", "met", "with no related item"),
    )
    count = len(texts)
    met = "yes" if among >= GOAL * count else "NO"
    table.add(count, _share(first, count), _share(among, count), f"{GOAL:.0%}", met, none)
    return table


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})"


# --- time -----------------------------------------------------------------------------------------


@dataclass
class Times:
    """Computing time, in ms."""

    related: list[float] = field(default_factory=list)
    across: list[float] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)


def times(work: Path, items: int) -> Table:
    """Compare the time of related items with that of searches."""
    place = work / f"growth-{items}"
    product = Product(place / "folder", place / "state-alone")
    if not product.folder.exists():
        generate.generate(product.folder, items, SEED)
    product.scan()
    settings, folder, took = product.settings(), product.folder, Times()
    with product.catalogue() as catalogue:
        ids = sorted(item.id for item, _ in catalogue.items.told())
    questions = next(c.questions for c in Asker(items).classes() if c.name == "two words")
    related.LEAST_SHARED, related.LEAST_LIKENESS = 1, 0.0
    found = []
    for number, item_id in enumerate(Random(SEED).sample(ids, SAMPLE)):
        question = questions[number % len(questions)].text
        began = time.process_time()
        asking.search(folder, settings, question, asking.SearchOptions())
        asked = time.process_time()
        found.append(len(asking.related(folder, settings, item_id, 10).results))
        anywhere = time.process_time()
        asking.related(folder, settings, item_id, 10, across=True)
        took.searches.append((asked - began) * 1000)
        took.related.append((anywhere - asked) * 1000)
        took.across.append((time.process_time() - anywhere) * 1000)
    table = Table(
        f"Related items among {items:,}, snippets and all, in ms of computing",
        ("what", "p50", "p95", "max", f"of {SEARCHES} searches, by the medians", "goal", "met"),
        notes=[
            f"{median(found):.0f} results each (median of {SAMPLE}); these are shown although texts of random words are not alike."
        ],
    )
    for name, figures in (
        ("search of two common words", took.searches),
        ("related", took.related),
        ("related --across", took.across),
    ):
        share = median(figures) / (SEARCHES * median(took.searches))
        table.add(
            name, *(f"{quantile(figures, q):.1f}" for q in (0.5, 0.95, 1)), f"{share:.2f}", "≤ 1",
            "yes" if share <= 1 else "NO",
        )  # fmt: skip
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="real documents to cut")
    parser.add_argument("--work", type=Path, required=True, help="where folders and their state are kept")
    parser.add_argument("--items", type=int, nargs="*", default=[], help="sizes of generated folders")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    if given.folders:
        print(f"\n{halves(given.work, given.folders).markdown()}", flush=True)
    for items in given.items:
        print(f"\n{times(given.work, items).markdown()}", flush=True)


if __name__ == "__main__":
    main()
