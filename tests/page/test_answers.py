"""The page answers as the slow reference does: items, order, copies, relaxing, facets, suggestions, over many publishes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, Page

from indexer.index.memory_index import MemoryIndex
from indexer.index.query import parse
from indexer.index.synonyms import parse_synonyms, with_synonyms
from indexer.model.items import KINDS, Item, ItemId, Kind, Passage, RelPath
from indexer.model.links import Health, LinkState
from indexer.model.log import Change, Entry, Place
from indexer.model.query import SearchRequest, Word
from indexer.model.terms import ItemTerms
from indexer.page import making
from indexer.page.datafile import pointer
from indexer.page.edition import Edition
from indexer.page.entry import PageEntry
from indexer.page.indexed import IndexedItems
from indexer.page.script import bundle
from indexer.page.update import Update
from indexer.page.writer import DataFiles
from indexer.search.suggestion import suggestion
from indexer.terms.postings import pack
from indexer.terms.weighing import item_terms

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 24, 15, 30, 7, tzinfo=UTC)
PARTS = ("search.js", "counting.js", "vocabulary.js", "suggestion.js", "snippet.js")
"""All of the search, and nothing that shows it."""
WORDS = (
    "steel tariff tariffs tariffed pump pumps pumping seal glycol résumé resume Zoll Zölle zoelle naciones nación développé "
    "AX-200/b AX200b 12.5 12,5 mm EN10204 10204 e-mail email anna@example.org 東京 東京都 タワー Отчет отчеты отчет of the and or "
    "not SteelPump snake_case don't l'impôt 2026-11-20 C++ R&D ﬁle ½ trafif tarif 100μm 100um 서울시청 서울시장 смета сметы strasse "
    "Straße œuvre oeuvre label labels lable labelled ἀρχή αρχη Stahlträger Träger Stahl Zolltarif Zollpreisliste Stahltraegern Preise Liste"
).split()
SYNONYMS = "steel, iron, stainless steel\nduty => tariff, Zoll\npump, pumping station\nseal, steel pump\nlable => pump seal, label"
PATHS = [
    "{}.txt",
    "Sales/b{}.pdf",
    "Sales/EU/c (old) {}.md",
    "Qualität/Straße/{}.txt",
    "Archive/{} copy.docx",
    "a/b/c/d/{}",
]
AUTHORS = ["", "", "Sales office", "Zoë Müller", "Ünal, Ayşe", "office of sales"]
HOSTS = [
    "example.org",
    "example.org",
    "www.example.org",
    "news.example.org:8080",
    "BÜCHER.example",
    "xn--bcher-kva.example",
]
FILTERS = [
    "type:pdf", "type:text", "-type:word", "in:Sales", "in:eu", 'in:"c"', "in:strasse", "by:office", 'by:"sales office"', "by:muller",
    "tag:pump", "tag:zolle", 'tag:"steel tariff"', "after:2026-06", "before:30d", "after:2026-11-20", "before:2026-11-24", "after:1y",
    "title:steel", 'title:"steel pump"', 'title:"pump pump"', "type:nothing", "before:2d", "after:3m",
    "is:broken", "-is:broken", "is:moved", "site:example.org", "site:news.example.org", "site:bücher.example", "-site:org",
]  # fmt: skip


# --- folders ----------------------------------------------------------------------------------------


def make_item(chance: random.Random, number: int) -> Item:
    moment = NOW - timedelta(seconds=chance.choice([0, 1, 3600, 86_399, 86_400]) * chance.randrange(-20, 900))
    title = " ".join(chance.choices(WORDS, k=chance.randrange(5)))
    is_link = chance.random() < 0.2
    return Item(
        id=ItemId(f"{number:016x}"), path=RelPath(chance.choice(PATHS).format(number % 40)), kind=chance.choice(KINDS),
        title=title, author=chance.choice(AUTHORS), tags=tuple(dict.fromkeys(chance.choices([*WORDS[:8], "Steel tariff"],
        k=chance.randrange(3)))), note=chance.choice(["", "a note on Zölle", "see steel pumps"]),
        url=f"https://{chance.choice(HOSTS)}/{chance.randrange(40)}/tariff" if is_link else None, size=chance.choice([0, 9, 9, 9]),
        modified=moment, added=moment, digest=str(chance.randrange(60)), is_list_entry=is_link and chance.random() < 0.5,
        hyperlinks=tuple(f"https://pump.example.org/{n} seal {n}" for n in range(chance.randrange(2))),
        health=Health(chance.choice(list(LinkState)), moved_to="https://example.com/") if is_link and chance.random() < 0.8 else None,
    )  # fmt: skip


def make_entry(chance: random.Random, number: int) -> PageEntry:
    item = make_item(chance, number)
    if (
        chance.random() < 0.15
    ):  # of equal contents the page keeps the text it knows: this one was never there before
        fresh = item._replace(digest=f"none {chance.random()}", size=9, url=None, is_list_entry=False)
        return PageEntry(fresh, "", item_terms(fresh, b""), ())
    texts = [
        " ".join(chance.choices(WORDS, k=chance.randrange(1, 60))) for _ in range(chance.randrange(1, 4))
    ]
    texts[0] += " pump" * chance.choice([0, 0, 30])
    packed = pack(texts, texts[1:2], chance.choice(["en", "en", "en", "de", "fr", ""]))
    passages = tuple(Passage(text, number + 1) for number, text in enumerate(texts))
    return PageEntry(item, f"{number}/{chance.random()}", item_terms(item, packed), passages)


def change_of(seq: int, item_id: ItemId, entry: PageEntry | None) -> Change:
    if entry is None:
        return Change(Entry(seq, item_id, None), item_terms)
    terms = entry.terms
    assert isinstance(terms, ItemTerms)
    return Change(Entry(seq, item_id, entry.item), lambda *_: terms)


@dataclass
class Folder:
    """What is on the page, published generation after generation, and in the reference alike."""

    indexed: ClassVar[IndexedItems] = IndexedItems()
    directory: Path
    synonyms: str = ""
    things: dict[ItemId, PageEntry] = field(default_factory=dict)
    reference: MemoryIndex = field(default_factory=MemoryIndex)
    heads: tuple[str, str] = ("", "")
    seq: int = 0

    def items(self, ids: Iterable[ItemId] | None = None) -> Iterator[tuple[Item, str]]:
        for entry in self.entries(self.things if ids is None else ids):
            yield entry.item, entry.source

    def untold(self) -> Mapping[ItemId, RelPath]:
        return {}

    def entries(self, ids: Iterable[ItemId], *, may_be_indexed: bool = False) -> Iterator[PageEntry]:
        for item_id in ids:
            if item_id in self.things:
                yield self.things[item_id]

    def publish(self, changed: dict[ItemId, PageEntry | None], *, at_once: bool = False) -> None:
        """Take in items, None for one that is gone."""
        entries = []
        for item_id, entry in changed.items():
            self.seq += 1
            self.things.pop(item_id, None)
            if entry is not None:
                self.things[item_id] = entry
            entries.append(change_of(self.seq, item_id, entry))
        self.reference.apply(entries, Place("e", self.seq))
        files = DataFiles(self.directory, {})
        synonyms = [
            [
                list(words),
                [["word", x.form] if isinstance(x, Word) else ["phrase", list(x.forms)] for x in leaves],
            ]
            for words, leaves in parse_synonyms(self.synonyms).items()
        ]
        publisher = Update(files, self, int(NOW.timestamp()), 65_536, synonyms, at_once=at_once)
        state = publisher.run(self.heads, changed.keys())
        if state.head != self.heads[0]:
            self.heads = (state.head, self.heads[0])
        (self.directory / "head.js").write_bytes(pointer(*self.heads))


def grow(folder: Folder, seed: int, generations: int, most: int = 12) -> Folder:
    """Publish additions, edits and removals; at first many at once, now and then many again."""
    chance = random.Random(seed)
    for generation in range(generations):
        count = 60 if generation in (0, generations // 2) else chance.randrange(1, most)
        changed: dict[ItemId, PageEntry | None] = {}
        for _ in range(count):
            number = chance.randrange(150)
            is_gone = chance.random() < 0.25 and generation > 0
            changed[ItemId(f"{number:016x}")] = None if is_gone else make_entry(chance, number)
        folder.publish(changed)
    return folder


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins with thousands of items begins with a few: several shards, files of their own, hashes of forms."""
    monkeypatch.setattr(making, "INLINE_ITEMS", 10)
    monkeypatch.setattr(making, "SHARD_BYTES", 700)


# --- the browser ------------------------------------------------------------------------------------


def open_page(page: Page, directory: Path, more: str = "", edit: tuple[str, str] = ("", "")) -> None:
    """Open a bare page next to a directory of data files, with all of the search and nothing that shows it."""
    body = "\n".join([bundle(*PARTS), "let index;", ANSWER])
    assert edit[0] in body
    body = body.replace(*edit)
    html = directory.parent / "bare.html"
    html.write_text(
        f"<!doctype html><meta charset=utf-8><title>x</title>{more}<script>{body}</script>", "utf-8"
    )
    page.goto(html.as_uri())
    page.evaluate("async name => { index = await Index.open(name); }", directory.name)


ANSWER = """
async function answerOf({text, sort, now, chosen}) {
  const query = parseQuery(text, new Date(now)), found = await search(index, query, {sort, now, chosen, settled: 1000});
  const idOf = async doc => (await index.about(doc)).id, docs = found.docs.slice(0, found.docs.length);
  const facets = await facetCounts(index, found, chosen);
  return {
    ids: await Promise.all(docs.map(idOf)),
    copies: await Promise.all(docs.map(doc => Promise.all((found.copies.get(doc) ?? []).map(idOf)))),
    total: found.total, relaxed: found.relaxed > 0, complete: found.complete, terms: [...new Set(found.groups.flat())].sort(),
    facets: Object.fromEntries(Object.entries(facets).map(([name, counts]) => [name, [...counts]])),
    suggestion: await suggestion(index, text, query),
  };
}
"""


def answers(page: Page, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        """async asked => {
          const found = [];
          for (const one of asked) found.push(await answerOf(one));
          return found;
        }""",
        asked,
    )
    return found


def expected(folder: Folder, text: str, sort: str) -> dict[str, Any]:
    query = with_synonyms(parse(text, NOW), parse_synonyms(folder.synonyms))
    found = folder.reference.search(SearchRequest(query, sort=sort, limit=1000, now=NOW, facets=True))
    return {
        "ids": [hit.id for hit in found.hits],
        "copies": [list(hit.copies) for hit in found.hits],
        "total": found.total,
        "relaxed": found.relaxed,
        "complete": found.complete,
        "terms": sorted(found.matched_forms, key=lambda term: term.encode("utf-16-be")),
        "facets": {name: [list(pair) for pair in values] for name, values in found.facets.items()},
        "suggestion": suggestion(text, SearchRequest(query), folder.reference),
    }


def check(page: Page, folder: Folder, texts: list[str], seed: int = 0) -> None:
    chance = random.Random(seed)
    asked: list[dict[str, Any]] = [
        {"text": text, "sort": chance.choice(["relevance"] * 4 + ["newest", "oldest", "name"]),
         "now": NOW.timestamp() * 1000, "chosen": {}}
        for text in texts
    ]  # fmt: skip
    for one, got in zip(asked, answers(page, asked), strict=True):
        wanted = expected(folder, one["text"], one["sort"])
        for name, value in wanted.items():
            assert got[name] == value, (one["text"], one["sort"], name)


# --- queries ----------------------------------------------------------------------------------------


def make_query(chance: random.Random, depth: int = 0) -> str:
    def word() -> str:
        return chance.choice([*WORDS, "duty", "iron", "station", "zzz", "tarrif", "labell", "stel"])

    form = chance.random()
    if depth < 3 and form < 0.35:
        parts = [make_query(chance, depth + 1) for _ in range(chance.randrange(2, 4))]
        return chance.choice([" ", " ", " OR "]).join(parts)
    if depth < 3 and form < 0.42:
        return f"({make_query(chance, depth + 1)})"
    if depth < 3 and form < 0.5:
        return chance.choice(["-", "NOT "]) + f"({make_query(chance, depth + 1)})"
    if form < 0.58:
        return '"' + " ".join(word() for _ in range(chance.randrange(1, 4))) + '"'
    if form < 0.66:
        return word()[: chance.randrange(3, 6)] + "*"
    if form < 0.74:
        return word() + "~"
    if form < 0.82:
        return chance.choice(FILTERS)
    return word()


PLAIN = [
    "", "the", "steel", "tariffs steel", "steel tariff pump seal glycol", "what are the tariffs of steel and not duty", "of the and",
    '"pump pump pump"', '"steel pump"', "AX-200/b", "axe-200", "e-mail pump", "pump*", "tar*", "zzz*", "tariff~", "lable~",
    "서울시청~", "смета~", "100um~", "oeuvre~", "αρχη~", "zzzz qqqq", "zzz steel -pump", "type:pdf zzz steel", "iron", "duty",
    "station", "-pump", "NOT type:pdf seal", "title:steel", 'title:"steel tariff"', "OR", "tarrif seel", '"tarrif" zzzz',
    "after:2026-11-24", "before:1d", "東京", "東京都", "anna@example.org", "2026-11-20", "12.5 mm", "l'impôt", "R&D",
]  # fmt: skip


@pytest.mark.parametrize(("seed", "generations"), [(1, 1), (2, 9), (3, 30)])
def test_every_answer_is_that_of_the_reference(
    page: Page, tmp_path: Path, small_pieces: None, seed: int, generations: int
) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index", SYNONYMS), seed, generations)
    open_page(page, folder.directory)
    chance = random.Random(seed)
    check(page, folder, PLAIN + [make_query(chance) for _ in range(150)], seed)


def test_what_comes_behind_the_settled_results_is_in_order_too(page: Page, tmp_path: Path) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 12, 4)
    open_page(page, folder.directory, edit=("FEW = 512", "FEW = 16"))
    slices = """async ([text, sort, now]) => {
      const {docs, copies, total} = await search(index, parseQuery(text), {sort, now}), found = [];
      for (let at = 0; at < docs.length; at += 20) found.push(...docs.slice(at, at + 20));
      const idOf = async doc => (await index.about(doc)).id, every = docs.slice(0, total);
      return [await Promise.all(found.map(idOf)), await Promise.all(every.map(idOf)),
        await Promise.all(every.map(async doc => [doc, ...copies.get(doc) ?? []].length))];
    }"""
    for text in ("", "steel", "pump OR steel", "tariff* OR -steel", "zzz pump OR steel"):
        for sort in ("relevance", "newest", "oldest", "name"):
            wanted = expected(folder, text, sort)
            found, again, copies = page.evaluate(slices, [text, sort, NOW.timestamp() * 1000])
            assert found == again
            assert found[:50] == wanted["ids"][:50]
            folds = [{folder.things[i].item.fold_key or i for i in ids} for ids in (found, wanted["ids"])]
            assert folds[0] == folds[1]
            assert len(found) == wanted["total"]
            assert sum(copies) == sum(1 + len(more) for more in wanted["copies"])
            if sort in ("newest", "oldest"):
                dates = [folder.things[i].item.date for i in found]
                assert dates == sorted(dates, reverse=sort == "newest")


def test_nearness_is_left_out_where_too_much_would_be_loaded(
    page: Page, tmp_path: Path, small_pieces: None
) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 13, 3)
    open_page(
        page, folder.directory, edit=("const PROXIMITY_BYTES = 512 << 10", "const PROXIMITY_BYTES = 100")
    )
    asked = {"text": "steel pump", "sort": "relevance", "now": NOW.timestamp() * 1000, "chosen": {}}
    request = SearchRequest(parse("steel pump", NOW), limit=1000, now=NOW, proximity=False)
    wanted = [hit.id for hit in folder.reference.search(request).hits]
    assert answers(page, [asked])[0]["ids"] == wanted
    assert expected(folder, "steel pump", "relevance")["ids"] != wanted


def test_names_are_compared_as_casefold_does(page: Page, tmp_path: Path) -> None:
    (tmp_path / "_index").mkdir()
    open_page(page, grow(Folder(tmp_path / "_index"), 1, 1).directory)
    characters = [chr(code) for code in range(1, 0x1C80) if not 0x13A0 <= code < 0x1400]
    characters += [chr(code) for code in range(0x1E00, 0x2C00)]
    assert page.evaluate("every => every.map(foldCase)", characters) == [c.casefold() for c in characters]
    texts = ["a", "Z", "é", "\uffee", "😀", "a😀", "a\uffee", ""]
    got = page.evaluate("texts => texts.sort(compareText)", texts)
    assert got == sorted(texts)


def test_years(page: Page, tmp_path: Path) -> None:
    (tmp_path / "_index").mkdir()
    open_page(page, grow(Folder(tmp_path / "_index"), 1, 1).directory)
    days = range(-200_000, 800_000, 61)
    years = [(date(1970, 1, 1) + timedelta(days=day)).year for day in days]
    assert page.evaluate("days => days.map(yearOf)", list(days)) == years
    edges = [(date(year, 1, 1) - date(1970, 1, 1)).days for year in range(1890, 2110)]
    assert page.evaluate("days => days.map(yearOf)", edges) == list(range(1890, 2110))
    assert page.evaluate("days => days.map(day => yearOf(day - 1))", edges) == list(range(1889, 2109))


def test_no_more_forms_than_the_most_frequent(page: Page, tmp_path: Path, small_pieces: None) -> None:
    """Also if some of the forms, or some of their items, are gone."""
    (tmp_path / "_index").mkdir()
    folder = Folder(tmp_path / "_index")
    names = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(290)]
    chance = random.Random(3)

    def entry(number: int, words: list[str]) -> PageEntry:
        item = make_item(chance, number)._replace(digest=f"{chance.random()}", title="", url=None)
        text = " ".join([*words, *names[: number % 7]])
        return PageEntry(item, f"{chance.random()}", item_terms(item, pack([text])), (Passage(text),))

    def ask() -> None:
        open_page(page, folder.directory)
        absent = [f"wordm{chr(97 + n)}" for n in range(26)]
        check(page, folder, ["word*", "worda*", "wordj*", "wordab~", "worda", "wordaa~ -word*", *absent])

    folder.publish({ItemId(f"{n:016x}"): entry(n, chance.sample(names, 40)) for n in range(100)})
    ask()
    folder.publish({ItemId(f"{n:016x}"): entry(n, chance.sample(names, 5)) for n in range(20)})
    assert any(
        segment.marks for segment in Edition.read(DataFiles(folder.directory, {}), folder.heads[0]).segments
    )
    ask()
    for _ in range(2):
        folder.publish(dict.fromkeys(list(folder.things)[:40]))
        ask()


def test_chosen_values_narrow_and_every_group_is_counted_as_the_others_leave_it(
    page: Page, tmp_path: Path, small_pieces: None
) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 11, 12)
    open_page(page, folder.directory)
    chance = random.Random(11)
    asked: list[dict[str, Any]] = []
    for text in ["", "steel", "pump -seal", "steel tariff", "zzz steel"] * 6:
        chosen = {name: chance.sample(values, 2) for name, values in VALUES.items() if chance.random() < 0.4}
        asked.append({"text": text, "sort": "newest", "now": NOW.timestamp() * 1000, "chosen": chosen})
    for one, got in zip(asked, answers(page, asked), strict=True):
        request = SearchRequest(parse(one["text"], NOW), limit=1000, now=NOW)
        hits = folder.reference.search(request).hits
        found = [folder.things[item_id].item for hit in hits for item_id in (hit.id, *hit.copies)]
        narrowed = [item for item in found if fails(item, one["chosen"]) == set()]
        folds = {item.fold_key or item.id for item in narrowed}
        assert got["total"] == len(got["ids"]) == len(folds)
        shown = [
            item_id for ids in zip(got["ids"], got["copies"], strict=True) for item_id in (ids[0], *ids[1])
        ]
        assert sorted(shown) == sorted(item.id for item in narrowed)
        for name in VALUES:
            counts: dict[str, set[str]] = {}
            for item in found:
                if fails(item, one["chosen"]) <= {name}:
                    for value in values_of(item, name):
                        counts.setdefault(value, set()).add(item.fold_key or item.id)
            wanted = sorted(
                ((value, len(keys)) for value, keys in counts.items()), key=lambda p: (-p[1], p[0])
            )
            assert got["facets"][name] == [list(pair) for pair in wanted], (one, name)


VALUES = {
    "kind": [str(kind) for kind in Kind], "department": ["Sales", "Qualität", "Archive", "a"], "person": AUTHORS[2:],
    "tag": ["steel", "Steel tariff", "pump", "tariffs"], "year": ["2024", "2025", "2026"],
}  # fmt: skip


def values_of(item: Item, group: str) -> list[str]:
    if group == "tag":
        return list(item.tags)
    value = {
        "kind": str(item.kind),
        "department": item.department,
        "person": item.author,
        "year": str(item.date.year),
    }
    return [value[group]] if value[group] else []  # type: ignore[list-item]


def fails(item: Item, chosen: dict[str, list[str]]) -> set[str]:
    return {group for group, values in chosen.items() if not set(values) & set(values_of(item, group))}


# --- states -----------------------------------------------------------------------------------------


@pytest.fixture
def quiet(browser: Browser) -> Iterator[Page]:
    """A page that may miss files, which a browser logs as errors."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def total(page: Page, text: str) -> int:
    found = page.evaluate("async text => (await search(index, parseQuery(text))).total", text)
    return int(found)


def state(page: Page) -> list[object]:
    found: list[object] = page.evaluate("[index.items, index.isOlder]")
    return found


@pytest.mark.parametrize("letter", ["h", "r", "c", "s", "o", "f", "a"])
@pytest.mark.parametrize("damage", ["gone", "cut", "shorter"])
def test_where_a_file_is_missing_the_state_before_is_shown_whole(
    quiet: Page, tmp_path: Path, small_pieces: None, letter: str, damage: str
) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 5, 1)
    before = {path.name for path in folder.directory.iterdir()}
    items = len(folder.things)
    chance = random.Random(5)
    folder.publish({ItemId(f"{n:016x}"): make_entry(chance, n) for n in range(200, 240)})
    new = [path for path in folder.directory.glob(f"{letter}-*.js") if path.name not in before]
    lost = max(new, key=lambda path: path.stat().st_size)
    whole = lost.read_bytes()
    if damage == "gone":
        lost.unlink()
    else:  # a part of the script; or another number of bytes than is said at its end
        lost.write_bytes(whole[:-9] if damage == "cut" else re.sub(rb"(\d+)\)\n$", rb"1\1)\n", whole))
    open_page(quiet, folder.directory)
    assert total(quiet, "steel -zzz") > 0
    assert total(quiet, "type:pdf OR steel") > 0
    facets = (
        "async () => Object.keys(await facetCounts(index, await search(index, parseQuery('')), {})).length"
    )
    assert quiet.evaluate(facets) == 5
    for word in WORDS:  # until the missing one is needed
        total(quiet, f'{word} OR "{word} pump"')
    assert state(quiet) == [items, True]
    assert not quiet.evaluate("index.newer()")
    lost.write_bytes(whole)
    assert quiet.evaluate("index.newer()")
    quiet.evaluate("index.switch()")
    assert state(quiet) == [len(folder.things), False]
    check(quiet, folder, ["steel", '"steel pump"', "pump*", "type:pdf"])


def test_a_newer_state_is_seen_and_what_it_shares_is_kept(
    quiet: Page, tmp_path: Path, small_pieces: None
) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 6, 3)
    open_page(quiet, folder.directory)
    assert total(quiet, "steel") > 0
    assert not quiet.evaluate("index.newer()")
    items = len(folder.things)
    chance = random.Random(6)
    folder.publish({ItemId(f"{300:016x}"): make_entry(chance, 300)})
    quiet.evaluate("window.old = index.view.segments; window.doc = index.view.first")
    assert quiet.evaluate("index.newer()")
    assert state(quiet) == [items, False]
    quiet.evaluate("index.switch()")
    assert state(quiet) == [items + 1, False]
    assert quiet.evaluate("index.view.segments.filter(one => old.includes(one)).length") > 0
    moved = "index.about(doc).then(() => 'found', error => error instanceof Moved ? 'moved' : 'failed')"
    assert quiet.evaluate(moved) == "moved"
    assert not quiet.evaluate("index.newer()")
    check(quiet, folder, ["steel", "", "pump~"])


def test_nothing_is_left_to_show(quiet: Page, tmp_path: Path, small_pieces: None) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 7, 1)
    open_page(quiet, folder.directory)
    for path in folder.directory.glob("[a-z]-*.js"):
        path.unlink()
    (folder.directory / "head.js").unlink()
    failing = "search(index, parseQuery('steel')).then(() => 'found', error => error.file?.[0])"
    assert quiet.evaluate("Index.open('_index').then(() => 'found', error => error.file)") == "head"
    assert quiet.evaluate(failing) in ("c", "s")


def test_a_page_in_one_file(page: Page, tmp_path: Path, small_pieces: None) -> None:
    (tmp_path / "_index").mkdir()
    folder = grow(Folder(tmp_path / "_index"), 8, 6)
    parts = []
    for path in folder.directory.glob("[a-z]-*.js"):
        name, packed, length = re.findall(r'"([^"]*)","([^"]*)",([0-9]+)', path.read_text())[0]
        parts.append(
            f'<script type="application/x-indexer" id="{name}" data-length="{length}">{packed}</script>'
        )
        path.unlink()
    (folder.directory / "head.js").unlink()
    head = json.dumps({"now": folder.heads[0], "before": ""})
    parts.append(f'<script type="application/x-indexer" id="head">{head}</script>')
    open_page(page, folder.directory, more="".join(parts))
    assert not page.evaluate("index.newer()")
    check(page, folder, PLAIN)


def test_a_search_ends_when_nobody_waits_for_it(page: Page, tmp_path: Path) -> None:
    (tmp_path / "_index").mkdir()
    open_page(page, grow(Folder(tmp_path / "_index"), 9, 2).directory)
    assert page.evaluate("search(index, parseQuery('steel pump'), {isStale: () => true})") is None
    assert state(page)[1] is False


def test_what_is_shown_of_an_item(page: Page, tmp_path: Path) -> None:
    (tmp_path / "_index").mkdir()
    folder = Folder(tmp_path / "_index")
    item = make_item(random.Random(1), 1)._replace(path=RelPath("Sales/50 %: what? #1.txt"), title="A title", author="Zoë", tags=("x", "y"), url=None,
        is_list_entry=False, note="", online_only=True, truncated="half of it", hyperlinks=("https://example.org/ some words",), size=77, kind=Kind.TEXT, health=Health(LinkState.GONE, since=datetime(2026, 11, 23, 1, tzinfo=UTC)),
        added=NOW - timedelta(days=3), modified=NOW - timedelta(days=1), digest="d",
    )  # fmt: skip
    passages = (Passage("first page of steel", 1), Passage("second   page\nof pumps", 2))
    terms = item_terms(item, pack([p.text for p in passages], language="de"))
    folder.publish({item.id: PageEntry(item, "s", terms, passages)})
    open_page(page, folder.directory)
    doc = page.evaluate(
        "async () => { window.found = await search(index, parseQuery('pump OR pumps')); return found.docs.slice(0, 1)[0]; }"
    )
    assert page.evaluate("doc => index.about(doc)", doc) == {
        "doc": doc, "id": item.id, "path": item.path, "href": "Sales/50%20%25%3A%20what%3F%20%231.txt", "title": "A title",
        "author": "Zoë", "url": "", "size": 77, "tags": ["x", "y"], "links": [["https://example.org/", "some words"]],
        "onlineOnly": True, "kind": "text", "folder": "Sales", "department": "Sales", "date": int(item.modified.timestamp()),
        "added": int(item.added.timestamp()), "conflict": "", "isCut": True, "hasText": True,
        "health": "gone", "since": 20_780, "movedTo": "", "marks": {}, "question": "",
        "isEntry": False, "isSavedCopy": False, "noteOn": "", "noteLink": "", "level": "",
    }  # fmt: skip
    assert page.evaluate("doc => index.passages(doc)", doc) == [
        ["first page of steel", 1],
        ["second page of pumps", 2],
    ]
    assert page.evaluate("doc => index.languageOf(doc)", doc) == "de"
    snippet = page.evaluate(
        "async doc => snippetOf(await index.passages(doc), found.groups, index.languageOf(doc))", doc
    )
    assert snippet == {"text": "second page of pumps", "marks": [[15, 20]], "page": 2, "pages": []}
