"""The article of a page fetched from the web: title, author, date, site and text, without what surrounds it.

Trafilatura finds it (https://trafilatura.readthedocs.io). Where it finds too little, because the page is a list, a forum or a
shop, all visible text of the page counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lxml.html import HtmlElement

from indexer.errors import FileProblem
from indexer.extract import inside
from indexer.extract.html import decode_html, is_too_deep, parse_markup
from indexer.extract.passages import clean_text, into_passages, limit, some_headings
from indexer.extract.source import Source
from indexer.extract.visible import Sheet, read_sheets
from indexer.model.items import Extract, Passage

_MAX_MARKUP, _MAX_TAGS = 3 << 20, 60_000
"""Characters and `<` of a larger page than any article has: all its text counts, as finding an article would take minutes."""
_LEAST, _SHARE, _ENOUGH = 250, 0.05, 3_000
"""An article has that many characters and that share of the visible text; one with the last number of them is not compared."""
_SAID = 0.75
"""The share of the words of a description that the text has as well, from which on the description says nothing new."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_WORD = re.compile(r"\w+")
_MAX_LINE, _MAX_DESCRIPTION = 300, 2_000
_APART = frozenset(["p", "head", "quote", "list", "table", "code", "div"])
_BETWEEN = {**dict.fromkeys(_APART, "\n\n"), "item": "\n", "row": "\n", "lb": "\n", "cell": "\t"}
"""What separates elements of the body from what is beside them; all others are within a line."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a fetched page says. Its texts are clean, and empty if it does not say so."""

    title: str = ""
    author: str = ""
    created: datetime | None = None
    site: str = ""
    description: str = ""
    language: str = ""
    """As the page names it: `de`, `pt-BR`."""
    text: str = ""
    headings: tuple[str, ...] = ()
    body: HtmlElement | None = None
    """The article, in Trafilatura's elements (those of TEI: `head`, `p`, `list`, `ref`, …); None: `text` is all of the page."""


def read(source: Source) -> Extract:
    """Return what the page says: first a passage on it, then its article; raise FileProblem if the bytes are none."""
    page = find_article(source)
    lead = tuple(Passage(text) for text in [_lead(page)] if text)
    passages, truncated = limit((*lead, *into_passages(page.text)), source.text_limit)
    return Extract(
        passages, page.title, page.author, page.created, truncated=truncated, headings=page.headings
    )


def find_article(source: Source, *, links: bool = False) -> Page:
    """Return the article and what is told of it; `links`: keep the addresses in its `body`."""
    markup = decode_html(source.data, source.origin.charset if source.origin else "")
    is_too_large = len(markup) > _MAX_MARKUP or markup.count("<") > _MAX_TAGS or is_too_deep(markup)
    page = Page() if is_too_large else _taken_out(markup, links)
    if len(page.text) >= _ENOUGH:
        return page
    whole = parse_markup(markup)
    if len(page.text) >= max(_LEAST, _SHARE * len(whole.text)):
        return page
    return replace(
        page,
        title=page.title or _line(whole.title),
        author=page.author or _line(whole.author),
        text=clean_text(whole.text),
        headings=whole.headings,
        body=None,
    )


def _taken_out(markup: str, links: bool) -> Page:
    """Return what the library takes out of a page; nothing if it fails."""
    import trafilatura  # takes a quarter of a second, and only fetched pages need it

    def take_out() -> Page:
        tree = trafilatura.load_html(markup)
        if tree is None:
            return Page()
        about = trafilatura.extract_metadata(
            tree, date_config={"original_date": True, "extensive_search": False}
        )
        is_article = "article" in (about.pagetype or "").lower()
        language = tree.get("lang") or ""
        _remove_hidden(tree)
        found = trafilatura.bare_extraction(
            tree, fast=True, include_links=links, include_comments=not is_article
        )  # what seems to be comments on a page that is no article are often the answers of a forum
        body = getattr(found, "body", None)
        comments = getattr(found, "commentsbody", None)
        if body is not None and comments is not None:
            body.extend(comments)
        return Page(
            title=_line(about.title),
            author=_line(about.author),
            created=_day(about.date),
            site=_line(about.sitename),
            description=_line(about.description, _MAX_DESCRIPTION),
            language=language if _LANGUAGE.fullmatch(language) else "",
            text="" if body is None else text_of(body),
            headings=() if body is None else some_headings(map(text_of, body.iter("head"))),
            body=body,
        )

    try:
        return inside.guarded(take_out)
    except FileProblem:
        return Page()


def text_of(body: HtmlElement) -> str:
    """Return the clean text of an article: paragraphs with empty lines between them, rows and items in lines of their own."""
    whole = re.sub(r"[ \xa0]*\t[ \xa0\t]*", "\t", re.sub(r"[ \xa0]+", " ", clean_text("".join(_texts(body)))))
    lines = (line.strip() for line in whole.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _texts(body: HtmlElement) -> Iterator[str]:
    stack: list[tuple[HtmlElement | None, str]] = [(body, "")]
    while stack:
        element, after = stack.pop()
        if element is None:
            yield after
            continue
        between = _BETWEEN.get(element.tag, "")
        verbatim = element.tag == "code"
        yield between
        yield (element.text or "") if verbatim else _blanks(element.text)
        stack.append((None, between + ("" if element is body else _blanks(element.tail))))
        stack.extend((child, "") for child in reversed(element))


def _blanks(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _remove_hidden(tree: HtmlElement) -> None:
    """Remove the text that no reader of the page sees."""
    sheet = read_sheets(style.text or "" for style in tree.iter("style"))
    marked = "//body//*[@hidden or @style" + (" or @class or @id]" if sheet.hidden else "]")
    for element in tree.xpath(marked):
        if sheet.hides(element.attrib):
            element.drop_tree()
        elif sheet.size(element.attrib, False):
            _empty(element, sheet)


def _empty(top: HtmlElement, sheet: Sheet) -> None:
    """Remove the text of an element whose font size is 0, but for what has another size within it."""
    below = [top]
    while below:
        element = below.pop()
        element.text = None
        for child in element:
            child.tail = None
            if sheet.size(child.attrib, True):
                below.append(child)


def _lead(page: Page) -> str:
    """Return what the page is said to be about, unless its text has the same words, and the name of the site."""
    said = _words(f"{page.title} {page.text}")
    return "\n".join(
        about
        for about, share in ((page.description, _SAID), (page.site, 1.0))
        if (words := _words(about)) and len(words & said) < share * len(words)
    )


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _line(text: str | None, most: int = _MAX_LINE) -> str:
    return " ".join(clean_text(text or "").split())[:most].strip()


def _day(date: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(date).replace(tzinfo=UTC) if date else None
    except ValueError:
        return None
