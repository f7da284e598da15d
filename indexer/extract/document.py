"""How do the lines, links and facts of a format become an extract? The same for every document. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from indexer.extract.inside import Within
from indexer.extract.link_list import distinct, find_links, make_link
from indexer.extract.package import FOREIGN, Package, local
from indexer.extract.passages import clean_text, gather, limit, some_headings
from indexer.extract.source import Source
from indexer.extract.titles import sensible_title
from indexer.model.items import Extract, Link, Passage


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts a document gives about itself."""

    title: str = ""
    author: str = ""
    created: datetime | None = None
    tags: tuple[str, ...] = ()


Section = tuple[int | None, list[str]]
"""A page, slide or sheet: its number counted from 1 (None if the format has none) and its lines."""


def make_extract(
    source: Source,
    sections: Iterable[Section],
    links: Iterable[Link],
    facts: Facts,
    heading: str = "",
    headings: Iterable[str] = (),
    within: Within | None = None,
    *,
    may_be_list: bool = True,
) -> Extract:
    """Return the extract of a document, with the files `within` it; one that is mostly links is a list of links.

    `heading` is the title if the document gives no sensible one itself, `headings` are all headings in the text.
    `may_be_list` is false for a sheet with wide rows: it is a table, even with an address in each row.
    """
    pages = [(number, [clean_text(line).strip() for line in lines]) for number, lines in sections]
    within = within or Within()
    kept = distinct((*links, *within.links))
    lines = _with_addresses([line for _, lines in pages for line in lines], kept)
    found = find_links(lines) if may_be_list else None
    passages: Iterable[Passage]
    if found:
        passages, kept = gather(found.rest.split("\n")), list(found.links)
    else:
        passages = (passage for number, lines in pages for passage in gather(lines, number))
    all_text, truncated = limit(chain(passages, within.passages), source.text_limit)
    return Extract(
        all_text,
        facts.title or sensible_title(heading),
        facts.author,
        facts.created,
        facts.tags,
        tuple(kept),
        is_link_list=found is not None,
        truncated=truncated or within.truncated,
        opened=within.opened,
        unread=within.unread,
        headings=some_headings(headings),
    )


def hyperlink(target: str, text: str) -> Link:
    """Return the link of a hyperlink in a document."""
    return make_link(target, " ".join(clean_text(text).split())[:300])


def _with_addresses(lines: list[str], links: list[Link]) -> list[str]:
    """Return the lines with the address of each hyperlink put next to its words, so that lists of links are recognised."""
    by_text = {link.title: link.url for link in links if link.url and link.title}
    if not by_text:
        return lines
    return [
        f"{line} {by_text[line.strip()]}" if line.strip() in by_text and "://" not in line else line
        for line in lines
    ]


def make_facts(title: str, author: str, created: str, keywords: str) -> Facts:
    """Return the sensible facts that a document gives about itself. `created` is an ISO 8601 time."""
    tags = (" ".join(tag.split()) for tag in keywords.replace(";", ",").split(","))
    return Facts(
        sensible_title(title),
        " ".join(author.split())[:200],
        parse_time(created),
        tuple(dict.fromkeys(tag[:100] for tag in tags if tag))[:50],
    )


def parse_time(text: str) -> datetime | None:
    """Return an ISO 8601 time; None if it is not one. A time without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def package_facts(package: Package, part: str) -> Facts:
    """Return the facts of an OOXML (docProps/core.xml) or ODF (meta.xml) package, both Dublin Core."""
    try:
        if not package.has(part):
            return Facts()
        return element_facts(package.parse(part))
    except FOREIGN:
        return Facts()


def element_facts(root: object) -> Facts:
    """Return the facts that elements named as in Dublin Core give, anywhere below `root`."""
    found: dict[str, list[str]] = {}
    for element in root.iter():  # type: ignore[attr-defined]
        if element.text and element.text.strip():
            found.setdefault(local(element), []).append(element.text.strip())

    def first(*names: str) -> str:
        return next((found[name][0] for name in names if name in found), "")

    keywords = ",".join(
        [*found.get("keywords", []), *found.get("keyword", []), *found.get("subject", [])[:0]]
    )
    return make_facts(
        first("title"),
        first("creator", "initial-creator"),
        first("created", "creation-date", "date"),
        keywords,
    )
