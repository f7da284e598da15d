"""What the page behind a link says becomes part of every item with that address, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.catalogue import Catalogue
from indexer.catalogue.links import DueLink
from indexer.catalogue.schema import MOST_LEADING
from indexer.model.items import Extract, Item, Kind, Link, Passage, RelPath, Stamp, fold_key_of
from indexer.model.links import Health, LinkMemory, LinkState
from indexer.model.readings import Reading, pack_passages
from indexer.terms import postings

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
OK = LinkMemory(Health(LinkState.OK, NOW, 200), due=NOW + timedelta(days=7))


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    made = Catalogue(tmp_path / "catalogue.db")
    yield made
    made.check()
    made.close()


def drop(catalogue: Catalogue, path: str, *links: Link) -> None:
    """Note and read a file: one link, or a list of them."""
    stamp = Stamp(len(path), 1, 1, hash(path) & 0xFFFF)
    with catalogue.writing():
        catalogue.files.add(RelPath(path), stamp, Kind.LINK, NOW, first_pass=False, priority=1)
        (wanted,) = catalogue.queue.next(10)
        about = Extract(links=links, is_link=len(links) == 1, is_link_list=len(links) > 1)
        catalogue.readings.record(wanted, reading_of(path, about, "own words"), NOW)


def reading_of(name: str, about: Extract, text: str) -> Reading:
    packed = postings.pack([text])
    return Reading(name, f"{name}:plain", about, pack_passages([Passage(text)]), packed, kind=Kind.LINK)


def items(catalogue: Catalogue) -> dict[str, Item]:
    return {item.url or item.path: item for item, _ in catalogue.items.told()}


def text(catalogue: Catalogue, item: Item) -> str:
    found = catalogue.texts.of_item(item.id)
    return "\n".join(passage.text for passage in found.passages) if found else ""


ARTICLE = reading_of("article", Extract(title="What tariffs cost", author="Ada Quill"), "The article's text")


def test_every_item_with_an_address_gets_the_text_of_the_page(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/tariffs"))
    drop(catalogue, "list.md", Link("https://one.example/tariffs"), Link("https://two.example/", "Two"))
    (due, other) = catalogue.links.due(NOW, 10)
    assert {due.url, other.url} == {"https://one.example/tariffs", "https://two.example/"}
    seq = catalogue.log.seq
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
    changed = catalogue.items.get(catalogue.log.changed_since(seq)).values()
    assert len(changed) == (2 if due.url.endswith("tariffs") else 1)
    assert all(text(catalogue, item) == "The article's text" for item in changed)
    assert all(item.author == "Ada Quill" and item.health == OK.health for item in changed)
    assert len(catalogue.links.due(NOW, 10)) == 1


def test_a_persons_title_stays_and_a_bare_address_gets_that_of_the_page(catalogue: Catalogue) -> None:
    drop(catalogue, "list.md", Link("https://one.example/"), Link("https://two.example/", "My title"))
    for due in catalogue.links.due(NOW, 10):
        with catalogue.writing():
            catalogue.links.record(due, OK, ARTICLE, is_seen=True)
    found = items(catalogue)
    assert found["https://one.example/"].title == "What tariffs cost"
    assert found["https://two.example/"].title == "My title"


def test_a_persons_word_counts_at_once_and_no_longer_than_it_stands(catalogue: Catalogue) -> None:
    drop(catalogue, "list.md", *(Link(f"https://{name}.example/") for name in ("one", "two", "three")))
    gone = LinkMemory(Health(LinkState.GONE, NOW, 404, failures=3, since=NOW), due=NOW)
    for due in catalogue.links.due(NOW, 10):
        if "three" not in due.url:
            with catalogue.writing():
                catalogue.links.record(due, gone, None, is_seen=True)
    for fine, states in (
        ("one", ["ok", "unchecked", "gone"]),
        ("two", ["gone", "unchecked", "ok"]),
        ("three", ["gone", "ok", "gone"]),
        ("-", ["gone", "unchecked", "gone"]),
    ):
        seq = catalogue.log.seq
        catalogue.links.is_fine = lambda url, fine=fine: fine in url  # type: ignore[misc]
        with catalogue.writing():
            catalogue.links.heed()
        told = sorted((link.url, str(link.health.state)) for link in catalogue.links.told(NOW))
        assert [state for _, state in told] == states
        changed = catalogue.items.get(catalogue.log.changed_since(seq)).values()
        assert sum(item.url == f"https://{fine}.example/" for item in changed) == (fine != "-")
    seq = catalogue.log.seq
    with catalogue.writing():
        catalogue.links.heed()
    assert catalogue.log.seq == seq  # nobody sees a difference


def test_a_link_that_a_person_says_is_well_is_so_from_the_beginning(catalogue: Catalogue) -> None:
    catalogue.links.is_fine = lambda url: "two" in url
    drop(catalogue, "list.md", Link("https://one.example/"), Link("https://two.example/"))
    states = {link.url: str(link.health.state) for link in catalogue.links.told(NOW)}
    assert states == {"https://one.example/": "unchecked", "https://two.example/": "ok"}
    assert len(catalogue.links.due(NOW, 10)) == 2  # both are read nevertheless


def test_the_text_stays_when_the_page_dies_and_the_file_is_read_again(catalogue: Catalogue) -> None:
    drop(catalogue, "list.md", Link("https://one.example/"), Link("https://two.example/"))
    due = next(link for link in catalogue.links.due(NOW, 10) if "one" in link.url)
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
        gone = LinkMemory(Health(LinkState.GONE, NOW, 404, failures=3))
        catalogue.links.record(DueLink(due.key, due.url, OK), gone, None, is_seen=True)
        (list_id,) = {item.id for item, _ in catalogue.items.told() if not item.is_list_entry}
        catalogue.queue.want(list_id, 1)
        (wanted,) = catalogue.queue.next(10)
        about = Extract(links=(Link("https://one.example/"), Link("https://two.example/")), is_link_list=True)
        catalogue.readings.record(wanted, reading_of("list.md", about, "own words"), NOW)
    item = items(catalogue)["https://one.example/"]
    assert item.health == gone.health
    assert text(catalogue, item) == "The article's text"


def test_a_check_that_changes_nothing_tells_nobody(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/"))
    (due,) = catalogue.links.due(NOW, 10)
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
    seq = catalogue.log.seq
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=False)
    assert catalogue.log.seq == seq


def test_places_are_told_together_and_only_what_is_there_is_checked(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    drop(catalogue, "b.url", Link("https://one.example/x/"))
    drop(catalogue, "c.url", Link("mailto:somebody@one.example"))
    (told,) = catalogue.links.told(NOW)
    assert told.paths == ("a.url", "b.url")
    assert told.is_due
    assert told.health == Health()
    with catalogue.writing():
        for item, _ in list(catalogue.items.told()):
            catalogue.files.remove([item.id], NOW)
    assert not catalogue.links.due(NOW, 10)
    assert not catalogue.links.told(NOW)


def test_all_can_be_wanted_again(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    (due,) = catalogue.links.due(NOW, 10)
    with catalogue.writing():
        catalogue.links.record(due, OK, None, is_seen=True)
    assert not catalogue.links.due(NOW, 10)
    assert catalogue.links.due(NOW + timedelta(days=8), 10)
    with catalogue.writing():
        catalogue.links.want_all()
    assert catalogue.links.due(NOW, 10)


def test_hosts_are_mixed_and_a_wrong_clock_stops_no_check(catalogue: Catalogue) -> None:
    links = [Link(f"https://{host}.example/{number}", "x") for host in "abc" for number in range(40)]
    drop(catalogue, "list.md", *links)
    first = catalogue.links.due(NOW, 30)
    assert {link.url[8] for link in first} == {"a", "b", "c"}
    far = LinkMemory(Health(LinkState.OK, NOW, 200), due=NOW + timedelta(days=3_650))
    with catalogue.writing():
        catalogue.links.record(first[0], far, None, is_seen=True)
    assert first[0].key in {link.key for link in catalogue.links.due(NOW, 200)}


def test_what_was_forgotten_while_it_was_checked_stays_forgotten(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    (due,) = catalogue.links.due(NOW, 10)
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
        for item, _ in list(catalogue.items.told()):
            catalogue.files.forget(item.id, NOW)
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
    assert not catalogue.texts.has(ARTICLE.text_key)
    assert not catalogue.texts.has("a.url:plain")  # the text of the link's own file
    assert not catalogue.links.told(NOW)


def test_a_page_whose_text_is_not_here_is_not_asked_for_changes_alone(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    (due,) = catalogue.links.due(NOW, 10)
    assert not due.has_text
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
        catalogue.links.want_all()
    assert catalogue.links.due(NOW, 10)[0].has_text
    with catalogue.writing():
        catalogue.links.want_texts()
    assert catalogue.links.due(NOW, 10)[0].memory.etag == ""


def test_keys_made_by_another_rule_are_made_anew(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    (due,) = catalogue.links.due(NOW, 10)
    with catalogue.writing():
        catalogue.links.record(due, OK, ARTICLE, is_seen=True)
        catalogue._db.execute("UPDATE addresses SET key = 'old rule'")
        catalogue._db.execute("UPDATE links SET key = 'old rule'")
        catalogue.links.note_keys()
    assert catalogue.links.article("https://one.example/x")
    assert [told.health for told in catalogue.links.told(NOW)] == [OK.health]


# --- addresses that lead to one page ----------------------------------------------------------------


def moved(to: str) -> LinkMemory:
    return LinkMemory(Health(LinkState.MOVED, NOW, 200, to), due=NOW + timedelta(days=7))


def check(catalogue: Catalogue, url: str, memory: LinkMemory, reading: Reading | None = ARTICLE) -> None:
    """Record what a check of an address gave."""
    with catalogue.writing():
        link = next(one for one in catalogue.links.due(NOW + timedelta(days=39), 1_000) if one.url == url)
        catalogue.links.record(link, memory, reading, is_seen=False)


def folds(catalogue: Catalogue) -> dict[str, str]:
    return {item.path: item.fold_key for item, _ in catalogue.items.told()}


def test_addresses_that_lead_to_one_page_for_good_are_one_result(catalogue: Catalogue) -> None:
    drop(catalogue, "new.url", Link("https://one.example/new"))
    drop(catalogue, "old.url", Link("https://two.example/old"))
    drop(catalogue, "list.md", Link("https://short.example/x"), Link("https://three.example/y"))
    with catalogue.writing():
        note = Extract((Passage("read this"),))
        stamp = Stamp(1, 1, 1, 1)
        catalogue.files.add(RelPath("old.url.note.md"), stamp, Kind.NOTE, NOW, first_pass=False, priority=1)
        (wanted,) = catalogue.queue.next(10)
        catalogue.readings.record(wanted, reading_of("n", note, "read")._replace(kind=Kind.NOTE), NOW)
    seq = catalogue.log.seq
    check(catalogue, "https://two.example/old", moved("https://www.one.example/new?utm_source=x"))
    told = catalogue.items.get(catalogue.log.changed_since(seq)).values()
    assert {item.path for item in told} == {"old.url", "old.url.note.md"}
    assert len({folds(catalogue)[path] for path in ("new.url", "old.url", "old.url.note.md")}) == 1
    check(catalogue, "https://short.example/x", moved("https://one.example/new"))
    entry = next(item for item, _ in catalogue.items.told() if item.url == "https://short.example/x")
    assert entry.fold_key == folds(catalogue)["new.url"]
    failing = LinkMemory(Health(LinkState.FAILING, NOW, 404, failures=1))
    check(catalogue, "https://two.example/old", failing, None)
    assert folds(catalogue)["old.url"] == folds(catalogue)["new.url"]
    check(catalogue, "https://two.example/old", OK)
    assert folds(catalogue)["old.url"] == fold_key_of("https://two.example/old")


@pytest.mark.parametrize(
    "to", ["https://one.example", "https://other.example/", "https://one.example/news/", "https://www.one.example/news/x"]
)  # fmt: skip
def test_a_front_page_is_no_page_of_its_own(catalogue: Catalogue, to: str) -> None:
    drop(catalogue, "a.url", Link("https://one.example/news/x"))
    check(catalogue, "https://one.example/news/x", moved(to))
    assert folds(catalogue) == {"a.url": fold_key_of("https://one.example/news/x")}


def test_a_page_without_a_text_folds_nothing(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    check(catalogue, "https://one.example/x", moved("https://one.example/y"), None)
    assert folds(catalogue) == {"a.url": fold_key_of("https://one.example/x")}


def test_a_page_to_which_a_whole_site_leads_folds_nothing(catalogue: Catalogue) -> None:
    urls = [f"https://one.example/{number}" for number in range(MOST_LEADING + 1)]
    for number, url in enumerate(urls):
        drop(catalogue, f"{number}.url", Link(url))
    for url in urls[:-1]:
        check(catalogue, url, moved("https://one.example/sorry"))
    assert set(folds(catalogue).values()) == {
        fold_key_of(url) for url in ("https://one.example/sorry", urls[-1])
    }
    seq = catalogue.log.seq
    check(catalogue, urls[-1], moved("https://one.example/sorry"))
    assert len(set(folds(catalogue).values())) == len(urls)
    assert len(catalogue.log.changed_since(seq)) == len(urls)
    with catalogue.writing():
        last = next(item.id for item, _ in catalogue.items.told() if item.url == urls[0])
        catalogue.files.forget(last, NOW)
    assert len(set(folds(catalogue).values())) == 1


PAGES = [f"https://one.example/{name}" for name in "abcdefgh"]
TARGETS = [*["https://one.example/z"] * 6, PAGES[0], "https://one.example", "ok", "failing"]
CHECKS = st.lists(st.tuples(st.sampled_from(PAGES), st.sampled_from(TARGETS)), max_size=24)
NUMBERS = count()


@settings(max_examples=25)
@given(CHECKS, st.randoms(use_true_random=False))
def test_checks_in_any_order_end_in_the_same_folds_and_each_change_is_told(
    tmp_path_factory: pytest.TempPathFactory, checks: list[tuple[str, str]], chance: Random
) -> None:
    """Checks of one address stay in their order; those of different ones don't."""
    queues = {url: [to for of, to in checks if of == url] for url, _ in checks}
    other = []
    while any(queues.values()):
        url = chance.choice(sorted(url for url, left in queues.items() if left))
        other.append((url, queues[url].pop(0)))
    assert folds_after(tmp_path_factory, checks) == folds_after(tmp_path_factory, other)


def folds_after(directories: pytest.TempPathFactory, checks: list[tuple[str, str]]) -> dict[str, str]:
    catalogue = Catalogue(directories.getbasetemp() / f"folds-{next(NUMBERS)}.db")
    try:
        for url in PAGES:
            drop(catalogue, f"{url[-1]}.url", Link(url))
        for url, to in checks:
            before, seq = folds(catalogue), catalogue.log.seq
            if to == "failing":
                check(catalogue, url, LinkMemory(Health(LinkState.FAILING, NOW, 404, failures=1)), None)
            else:
                check(catalogue, url, OK if to == "ok" else moved(to))
            told = {item.path for item in catalogue.items.get(catalogue.log.changed_since(seq)).values()}
            assert told >= {path for path, key in folds(catalogue).items() if key != before[path]}
        catalogue.check()
        return folds(catalogue)
    finally:
        catalogue.close()


def test_what_returns_has_the_text_as_it_is_known_now(catalogue: Catalogue) -> None:
    drop(catalogue, "a.url", Link("https://one.example/x"))
    check(catalogue, "https://one.example/x", OK)
    (item,) = (item for item, _ in catalogue.items.told())
    with catalogue.writing():
        (known,) = catalogue.files.known().values()
        catalogue.files.remove([item.id], NOW)
        later = reading_of("later", Extract(title="Later"), "What it says now")
        key = "https://one.example/x"
        catalogue.links.record(DueLink(key, key, OK), OK, later, is_seen=False)
        catalogue.files.move(item.id, known.path, known.stamp, None)
    assert text(catalogue, next(one for one, _ in catalogue.items.told())) == "What it says now"
