"""What is a list of links, and what is too long to be one."""

from __future__ import annotations

from indexer.extract.link_list import MAX_LINKS, find_links, links_within


def test_a_list_has_a_thousand_addresses_at_most() -> None:
    lines = [f"https://example.org/{number} Page {number}" for number in range(MAX_LINKS)]
    found = find_links(lines)
    assert found
    assert len(found.links) == MAX_LINKS
    assert find_links([*lines, "https://example.org/one-more"]) is None
    assert find_links([" ".join(f"https://example.org/{n}" for n in range(MAX_LINKS + 1))]) is None


def test_markdown_links_are_found_with_their_labels() -> None:
    text = (
        "See [the plan](https://example.org/a_(b)), ![a picture](https://example.org/p.png) and"
        ' [titled](<https://example.org/t> "Title")\n] no label](https://example.org/n) [open [x](https://example.org/o)'
    )
    assert [(link.title, link.url) for link in links_within(text)] == [
        ("the plan", "https://example.org/a_(b)"),
        ("a picture", "https://example.org/p.png"),
        ("titled", "https://example.org/t"),
        ("open [x", "https://example.org/o"),
        ("example.org/n", "https://example.org/n"),
    ]
