"""How soon does the page answer from the disk? Generated folders published for real, compared with other searchable pages.

    python scripts/bench/page.py --work DIR [--items 10000 100000] [--publishes 1000] [--queries 10] [--rounds 2]
        [--alone]

For each size: the folder below DIR is read, its page made from the catalogue as a whole process, and opened in Chromium
from file://; then so many changes are made and published one by one, and it is opened again. Searches are pairs of
words that stand together in some document, common ones, middle ones, and a middle with a rare one. Every opening and every
first search is in a browser context of its own, so that nothing is cached but by the system; what the times mean stands
in `browser.py`. Up to 10,000 documents MiniSearch (one script, from file://) and Pagefind (over HTTP on the loopback)
are asked the same in turn; `--alone` leaves them out. At the end the folder is as it was.
"""

from __future__ import annotations

import argparse
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import browser
import churn
import generate
import page_data
import page_peers
from browser import Answer, Opening, Site
from changes import Changes
from churn import Build, Publish, Team
from playwright.sync_api import Browser
from report import Table, machine, quantile
from search import SEED, Library

from indexer.search import asking

MOST_FOR_PEERS = 10_000
PEER_CHANGES = 10
"""Changes after which a peer is rebuilt, each by itself."""
COMMON, MIDDLE, RARE = (0.1, 1.0), (0.001, 0.02), (0.0, 0.0002)
"""Which share of the documents have such a word, at least and at most."""
PAIRS = {
    "common + common": (COMMON, COMMON),
    "middle + middle": (MIDDLE, MIDDLE),
    "middle + rare": (MIDDLE, RARE),
}
FIRST = 10
"""Results whose snippets are counted."""
MOST_DRAWS = 100_000
LARGE = 50_000
KB, MB = 1000, 1_000_000

_WORD = re.compile(r"[a-z]+")


# --- what is asked --------------------------------------------------------------------------------


def queries(numbers: Sequence[int], count: int) -> dict[str, list[str]]:
    """Return a number of pairs of words of each sort, each pair from one of these documents."""
    ranks = {word: rank for rank, word in enumerate(generate.vocabulary())}
    chance = Random("pairs of words")
    found: dict[str, list[str]] = {sort: [] for sort in PAIRS}
    for _ in range(MOST_DRAWS):
        missing = [sort for sort in PAIRS if len(found[sort]) < count]
        if not missing:
            return found
        text = generate.document(chance.choice(numbers), SEED)[1]
        shares = {word: _share(ranks[word]) for word in _WORD.findall(text.lower()) if word in ranks}
        first, second = (
            [w for w, s in shares.items() if low <= s <= high] for low, high in PAIRS[missing[0]]
        )
        if first and second and (pair := (chance.choice(first), chance.choice(second)))[0] != pair[1]:
            found[missing[0]].append(" ".join(pair))
    raise SystemExit("no document has such words")


def _share(rank: int, mean_words: int = 300) -> float:
    """Return which share of the documents have the word of a rank."""
    return float(1 - (1 - generate.share_of(rank)) ** mean_words)


# --- what is measured -----------------------------------------------------------------------------


@dataclass(slots=True)
class Figures:
    """What visits to one page gave."""

    openings: list[Opening] = field(default_factory=list)
    with_query: list[Opening] = field(default_factory=list)
    cold: list[tuple[str, str, Answer]] = field(default_factory=list)
    """Sort and words of a first search, and what it showed."""
    warm: list[Answer] = field(default_factory=list)
    heaps: list[float] = field(default_factory=list)
    """After a first search."""
    heap_after_all: float = 0.0
    """After all searches in one page."""

    def of(self, sort: str) -> list[Answer]:
        """Return the answers to first searches of a sort."""
        return [answer for one, _, answer in self.cold if one == sort]

    @property
    def answers(self) -> list[Answer]:
        """The answers to all first searches."""
        return [answer for _, _, answer in self.cold]


def look_at(
    chromium: Browser, sites: Sequence[Site], asked: dict[str, list[str]], rounds: int
) -> list[Figures]:
    """Visit some pages in turn with all searches in a mixed order, so often."""
    found = [Figures() for _ in sites]
    order = [(sort, query) for sort, every in asked.items() for query in every] * rounds
    Random(SEED).shuffle(order)
    for site in sites:
        _visit_once(chromium, site, Figures(), *order[0])  # the first of all starts the browser's processes
    for sort, query in order:
        for site, figures in zip(sites, found, strict=True):
            _visit_once(chromium, site, figures, sort, query)
    for site, figures in zip(sites, found, strict=True):
        with browser.visit(chromium, site) as visit:
            visit.open()
            for query in dict.fromkeys(query for _, query in order):
                visit.ask(query)
            figures.heap_after_all = visit.heap()
    return found


def _visit_once(chromium: Browser, site: Site, figures: Figures, sort: str, query: str) -> None:
    """Open a page and search in it, the second time with everything loaded; and open it with the search."""
    with browser.visit(chromium, site) as visit:
        figures.openings.append(visit.open())
        figures.cold.append((sort, query, visit.ask(query)))
        figures.heaps.append(visit.heap())
        visit.ask("")
        figures.warm.append(visit.ask(query))
    with browser.visit(chromium, site) as visit:
        figures.with_query.append(visit.open(query))


def times(values: Sequence[float]) -> str:
    """Return median and p95 as text."""
    digits = 0 if statistics.median(values) >= 20 else 1
    return f"{statistics.median(values):.{digits}f}, {quantile(values, 0.95):.{digits}f}"


def amounts(values: Sequence[float]) -> str:
    """Return median and maximum as text."""
    return f"{statistics.median(values):.1f}, {max(values):.1f}"


# --- our page -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """Bytes that a first search of the page loads."""

    start: int
    before: int
    """Before snippets, without the start."""
    snippets: int
    """For the first results' snippets."""
    rest: int
    """For those of the other results that are shown."""


def loaded(opening: Opening, answer: Answer, texts: dict[str, Path]) -> Loaded:
    """Return what was loaded for what."""
    first = {texts[found] for found in answer.ids[:FIRST] if found in texts}
    sizes = {"before": 0, "first": 0, "rest": 0}
    for path, size in answer.files.items():
        use = "first" if path in first else "rest" if path.name.startswith("t-") else "before"
        sizes[use] += size
    return Loaded(sum(opening.files.values()), sizes["before"], sizes["first"], sizes["rest"])


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its goal."""

    what: str
    shown: str
    goal: str = ""
    met: bool | None = None


def rows_of(figures: Figures, team: Team) -> list[Row]:
    """Return the figures of our page as it stands, against the goals for 100,000 documents."""
    texts = page_data.texts_of(team.folder / churn.DATA)
    pairs = zip(figures.openings, figures.answers, strict=True)
    sizes = [loaded(opening, answer, texts) for opening, answer in pairs]
    shown = [answer.shown for answer in figures.answers]
    return [
        _timed("painted, ms", [opening.painted for opening in figures.openings]),
        _timed("interactive, ms", [opening.interactive for opening in figures.openings], 100),
        _timed("ready: all of the start loaded, ms", [opening.ready for opening in figures.openings]),
        _timed("opened with two words → complete, ms", [o.answer.complete for o in figures.with_query]),
        _timed("first search for two words → titles shown, ms", shown, 200, 400),
        *(_timed(f"– {sort}", [answer.shown for answer in figures.of(sort)]) for sort in PAIRS),
        _timed("– complete with snippets", [answer.complete for answer in figures.answers], 200, 400),
        _timed("the same search again → complete, ms", [answer.complete for answer in figures.warm], 10),
        _timed(
            "– of these searching, as the page says",
            [answer.took for answer in figures.warm if answer.took >= 0],
            10,
        ),
        _amount("loaded at the start, KB", [size.start / KB for size in sizes]),
        _amount(
            "loaded for the first search, before snippets, KB", [size.before / KB for size in sizes], 800
        ),
        _amount("– with the start", [(size.start + size.before) / KB for size in sizes], 800),
        _amount("loaded for the first ten snippets, KB", [size.snippets / KB for size in sizes], 200),
        _amount("– for the others that are shown", [size.rest / KB for size in sizes]),
        _amount("heap after the first search, MB", [value / MB for value in figures.heaps], 25),
        _amount("heap after all searches in one page, MB", [figures.heap_after_all / MB], 25),
        _right(figures, team),
    ]


def _timed(what: str, values: Sequence[float], goal: float = 0.0, late: float = 0.0) -> Row:
    """Return a row of times, judged by their median and, if `late` is given, by their p95."""
    row = Row(what, times(values) if values else "")
    if not goal or not values:
        return row
    met = statistics.median(values) <= goal and (not late or quantile(values, 0.95) <= late)
    return replace(row, goal=f"≤ {goal:g}, p95 ≤ {late:g}" if late else f"≤ {goal:g}", met=met)


def _amount(what: str, values: Sequence[float], goal: float = 0.0) -> Row:
    """Return a row of amounts, of which the largest is judged."""
    row = Row(what, amounts(values))
    return replace(row, goal=f"≤ {goal:g}", met=max(values) <= goal) if goal else row


def _right(figures: Figures, team: Team) -> Row:
    """Return how many first searches found as many as the command line does."""
    settings, options = team.product.settings(), asking.SearchOptions(limit=1, snippets=False)
    totals = {
        query: asking.search(team.folder, settings, query, options).total for _, query, _ in figures.cold
    }
    right = [answer.total == totals[query] for _, query, answer in figures.cold]
    return Row(
        "searches that found as many as `indexer search`", f"{sum(right)} of {len(right)}", "all", all(right)
    )


def ours(
    items: int, build: Build, before: list[Row], after: list[Row], shapes: Sequence[page_data.Shape]
) -> Table:
    """Return the figures of our page when it was new and after all publishes; goals are judged by the latter."""
    table = Table(
        f"The page of {items:,} documents, from the disk",
        (
            "what (median, p95; amounts: median, maximum)",
            "new",
            "after the publishes",
            "goal at 100,000",
            "met",
        ),
    )
    goals = (
        ("made from the catalogue, whole process, s", build.seconds, 90),
        ("its memory, MB", build.peak / MB, 500),
        ("– without mapped files, which are the index as it is checked", build.own / MB, 500),
    )
    for what, value, goal in goals:
        table.add(what, _figure(value), "", f"≤ {goal}", churn.yes(value <= goal))
    table.add(f"size, MB ({build.files:,} files)", f"{build.size / MB:.0f}", "", "", "")
    for new, old in zip(before, after, strict=True):
        table.add(old.what, new.shown, old.shown, old.goal, "" if old.met is None else churn.yes(old.met))
    at_first, at_last = shapes
    table.notes.append(
        f"New: {at_first}, {at_first.forms:,} different words. After the publishes: {at_last}."
    )
    return table


# --- compared with others -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of each page; the first is ours."""

    what: str
    values: list[float]
    judged: bool = False


def beside(names: Sequence[str], rows: Sequence[Compared]) -> Table:
    """Return our figures next to those of others."""
    heads = [head for name in names[1:] for head in (name, "ratio")]
    table = Table("The same documents and searches, medians", ("what", names[0], *heads, "goal", "met"))
    for row in rows:
        mine, *others = row.values
        cells = [
            cell for value in others for cell in (_figure(value), f"{mine / value:.2f}" if value else "")
        ]
        goal = (
            ("better than both", churn.yes(all(mine < value for value in others))) if row.judged else ("", "")
        )
        table.add(row.what, _figure(mine), *cells, *goal)
    return table


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def compared(
    every: Sequence[Figures], written: Sequence[list[int]], numbers: Sequence[list[int]]
) -> list[Compared]:
    """Return what is compared: visits, bytes and numbers of files written a change, by page."""

    def row(what: str, value: Callable[[Figures], float], *, judged: bool = False) -> Compared:
        return Compared(what, [value(figures) for figures in every], judged)

    median, mean = statistics.median, statistics.mean
    return [
        row(
            "opened with two words → first results, ms",
            lambda f: median(o.answer.complete for o in f.with_query),
            judged=True,
        ),
        row("painted, ms", lambda f: median(o.painted for o in f.openings)),
        row("interactive, ms", lambda f: median(o.interactive for o in f.openings)),
        row("first search for two words, ms", lambda f: median(a.complete for a in f.answers)),
        row("the same search again, ms", lambda f: median(a.complete for a in f.warm)),
        row("loaded with the search and its snippets, KB", lambda f: median(_all_loaded(f)) / KB),
        row("heap after a search, MB", lambda f: median(f.heaps) / MB, judged=True),
        row("heap after all searches in one page, MB", lambda f: f.heap_after_all / MB, judged=True),
        Compared("written a change, mean, KB", [mean(sizes) / KB for sizes in written], judged=True),
        Compared("files written a change, mean", [mean(counts) for counts in numbers]),
    ]


def _all_loaded(figures: Figures) -> list[int]:
    pairs = zip(figures.openings, figures.answers, strict=True)
    return [sum({**opening.files, **answer.files}.values()) for opening, answer in pairs]


def rebuilt(
    peer: page_peers.Peer, documents: page_peers.Documents, items: int
) -> tuple[list[int], list[int]]:
    """Rebuild a peer after each of some changes; return the bytes and the number of files that differ each time."""
    changes = Changes(items, SEED)
    before, sizes, numbers = peer.files(), [], []
    for _ in range(PEER_CHANGES):
        documents = page_peers.changed(documents, changes.next(), SEED)
        peer.build(documents)
        after = peer.files()
        size, number = page_peers.difference(before, after)
        sizes.append(size)
        numbers.append(number)
        before = after
    return sizes, numbers


# --- all ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done."""

    publishes: int
    queries: int
    rounds: int
    alone: bool


def measure(work: Path, items: int, plan: Plan) -> Iterator[Table]:
    """Yield the tables for a folder of a given number of documents."""
    team = Team(Library(work, items))
    team.prepare()
    changes = Changes(items, SEED)
    site = browser.site_of("our page", team.folder / churn.PAGE)
    with team.restored(), browser.chromium() as chromium:
        build = team.build()
        asked = queries(range(items), plan.queries)
        (figures,) = look_at(chromium, [site], asked, plan.rounds)
        before, shape = rows_of(figures, team), page_data.shape_of(team.folder / churn.DATA)
        publishes = list(team.publishes(changes, plan.publishes))
        yield churn.table_of(publishes, items)
        others, notes = (
            ([], [])
            if plan.alone or items > MOST_FOR_PEERS
            else page_peers.peers(work, work / f"pages-{items}")
        )
        documents = page_peers.documents(items, SEED) if others else {}
        with ExitStack() as stack:
            for peer in others:
                peer.build(documents)
            sites = [site, *(stack.enter_context(peer.site()) for peer in others)]
            every = look_at(chromium, sites, asked, plan.rounds)
        shapes = (shape, page_data.shape_of(team.folder / churn.DATA))
        table = ours(items, build, before, rows_of(every[0], team), shapes)
        table.notes += notes
        yield table
        if others:
            yield beside(
                [site.name for site in sites], compared(every, *_churns(publishes, others, documents, items))
            )


def _churns(
    publishes: Sequence[Publish],
    others: Sequence[page_peers.Peer],
    documents: page_peers.Documents,
    items: int,
) -> tuple[list[list[int]], list[list[int]]]:
    """Return bytes and numbers of files a change, ours with what was rewritten for removed text, and the others'."""
    files = [publish.written.files for publish in publishes]
    pairs = [([sum(one.values()) for one in files], [len(one) for one in files])]
    pairs += [rebuilt(peer, documents, items) for peer in others]
    return [sizes for sizes, _ in pairs], [numbers for _, numbers in pairs]


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are kept")
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--publishes", type=int, default=1000)
    parser.add_argument("--queries", type=int, default=10, help="of each sort")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--alone", action="store_true", help="without other pages")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    plan = Plan(given.publishes, given.queries, given.rounds, given.alone)
    for items in given.items:
        print(f"\n{machine()}", flush=True)
        for table in measure(given.work, items, plan):
            print(f"\n{table.markdown()}\n{machine()}", flush=True)


if __name__ == "__main__":
    main()
