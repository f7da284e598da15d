"""What the page behind a link says becomes part of every item with that address, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue
from indexer.catalogue.links import DueLink
from indexer.model.items import Extract, Item, Kind, Link, Passage, RelPath, Stamp
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
        ("-", ["gone", "unchecked", "gone"]),
    ):
        seq = catalogue.log.seq
        with catalogue.writing():
            catalogue.links.heed(lambda url, fine=fine: fine in url)  # type: ignore[misc]
        told = sorted((link.url, str(link.health.state)) for link in catalogue.links.told(NOW))
        assert [state for _, state in told] == states
        changed = catalogue.items.get(catalogue.log.changed_since(seq)).values()
        assert sum(item.url == f"https://{fine}.example/" for item in changed) == (fine != "-")
        assert {str(item.health.state) for item in changed if item.health} <= {"ok", "gone"}
    seq = catalogue.log.seq
    with catalogue.writing():
        catalogue.links.heed(lambda url: "three" in url)
    assert catalogue.log.seq == seq  # nobody sees a difference


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
