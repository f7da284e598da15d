"""Web pages: their text, title and author, and the address they were saved from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.extract.link_list import make_link
from indexer.extract.passages import MAX_HEADINGS, clean_text, into_passages, limit, some_headings
from indexer.extract.source import Source
from indexer.extract.text import decode_as
from indexer.extract.visible import Sheet, read_sheets
from indexer.model.items import Extract, Link

_MAX_TAGS = 400_000
_MAX_DEPTH = 2_000
_MAX_LINKS = 500
_MAX_ANCHORS = 10_000
_MAX_ABOVE = 20
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])

_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE)
_HEAD = 16 << 10
"""Bytes in which a saved page says where it is from: an address may be long."""
COPY_MARK = '<meta name="generator" content="indexer: a copy to keep">'
"""By which the copy of a page behind a link is known: it is that link's text, not a page of its own."""
_SAVED = re.compile(rb"Page saved with SingleFile\s+url:\s*(\S+)|saved from url=\(\d+\)(\S+)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>")
"""Both are searched up to the last `>` only: so each `<` has an end, and no search runs to the end in vain."""
_SILENT = frozenset(["script", "style", "template", "noscript", "svg", "math", "head", "iframe", "object"])
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "-text",
    ]
)
_PARAGRAPH = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "ul",
        "ol",
        "blockquote",
        "pre",
        "header",
        "footer",
        "main",
    ]
)


@dataclass(frozen=True, slots=True)
class Markup:
    """The content of a page."""

    text: str
    title: str = ""
    author: str = ""
    links: tuple[Link, ...] = ()
    headings: tuple[str, ...] = ()


def read(source: Source) -> Extract:
    """Return the text of the page; raise FileProblem if the bytes are none."""
    page = parse_markup(decode_html(source.data))
    passages, truncated = limit(into_passages(clean_text(page.text)), source.text_limit)
    links = page.links
    head = source.data[:_HEAD]
    saved = _SAVED.search(head)
    is_copy = False
    if saved:
        origin = (saved[1] or saved[2]).decode("utf-8", "replace")
        is_copy = COPY_MARK.encode() in head
        links = (make_link(origin, page.title if is_copy else "saved from"), *links)
    return Extract(
        passages=passages, title=page.title, author=page.author, links=links, truncated=truncated,
        headings=page.headings, is_link=is_copy,
    )  # fmt: skip


def parse_markup(markup: str) -> Markup:
    """Return the content of a page; if it is too nested for a parser, only the bare text."""
    if is_too_deep(markup):
        end = markup.rfind(">") + 1
        return Markup(_TAG.sub(" ", markup[:end]) + markup[end:])
    return _parse(markup)


def decode_html(data: bytes, charset: str = "") -> str:
    """Return the characters of a page, decoded by its byte order mark, its own declaration, or its bytes.

    `charset`: what the server said, which comes before what the page says, as in browsers.
    """
    if charset:
        return decode_as(data, charset)
    said = _CHARSET.search(data[:4096])
    name = said[1].decode("ascii") if said else ""
    return decode_as(
        data, "utf-8" if name.lower().startswith("utf-16") else name
    )  # a page in that encoding could not declare it so


def is_too_deep(markup: str) -> bool:
    """Tell whether a parser would never finish: far more open tags than any real page has."""
    depth = deepest = count = 0
    for match in _OPENING.finditer(markup, 0, markup.rfind(">") + 1):
        count += 1
        if match[2].lower() in _VOID or match[3]:
            continue
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
        if deepest > _MAX_DEPTH or count > _MAX_TAGS:
            return True
    return False


def _parse(markup: str) -> Markup:
    tree = LexborHTMLParser(markup)
    title = tree.css_first("title")
    author = tree.css_first('meta[name="author" i]')
    sheet = read_sheets(style.text() for style in tree.css("style"))
    walk = _Walk(sheet, {node.mem_id for node in tree.css(sheet.selector())})
    text = "".join(walk.texts(tree.body)) if tree.body else ""
    return Markup(
        re.sub(r"[ \t\xa0]+", " ", text),
        " ".join(title.text().split()) if title else "",
        " ".join((author.attributes.get("content") or "").split()) if author else "",
        tuple(_links(walk)),
        some_headings([walk.text(node) for node in walk.headings]),
    )


@dataclass(slots=True)
class _Walk:
    """What is collected on the way through the visible part of a page."""

    sheet: Sheet
    styled: Set[int]
    """Elements that may be hidden, by their place in memory: reading attributes is expensive."""
    anchors: list[LexborNode] = field(default_factory=list)
    headings: list[LexborNode] = field(default_factory=list)
    partly: set[int] = field(default_factory=set)
    """Links and headings with a hidden part."""

    def texts(self, top: LexborNode) -> Iterator[str]:
        """Yield the text in the order of the page; blocks get their own lines and paragraphs."""
        stack: list[tuple[LexborNode | None, str, bool]] = [(top, "", False)]
        while stack:
            node, after, is_tiny = stack.pop()
            if node is None:
                yield after
                continue
            name = node.tag or ""
            if name == "-text":
                if not is_tiny:
                    yield re.sub(r"\s+", " ", node.text(deep=False) or node.text_content or "")
                continue
            if name in _SILENT or name.startswith(("-", "!", "_")):
                continue
            if is_tiny or node.mem_id in self.styled:
                attributes = node.attributes
                is_hidden = self.sheet.hides(attributes)
                is_tiny = self.sheet.size(attributes, is_tiny)
                if is_hidden or is_tiny:
                    self._note_above(node)
                if is_hidden:
                    continue
            self._meet(name, node)
            if name == "img":
                yield f" {node.attributes.get('alt') or ''} "
            between = (
                ""
                if name in _INLINE
                else "\n\n"
                if name in _PARAGRAPH
                else " "
                if name in ("td", "th")
                else "\n"
            )
            yield between
            stack.append((None, between, is_tiny))
            children = []
            child = node.child
            while child is not None:
                children.append(child)
                child = child.next
            stack.extend((c, "", is_tiny) for c in reversed(children))

    def text(self, node: LexborNode) -> str:
        """Return the visible text of a link or a heading, in one line."""
        whole = node.text() if node.mem_id not in self.partly else "".join(self.texts(node))
        return " ".join(whole.split())

    def _note_above(self, node: LexborNode) -> None:
        """Note the links and headings that have a hidden part."""
        above: LexborNode | None = node
        for _ in range(_MAX_ABOVE):
            if above is None:
                return
            if above.tag == "a" or above.tag in _HEADINGS:
                self.partly.add(above.mem_id)
            above = above.parent

    def _meet(self, name: str, node: LexborNode) -> None:
        if name == "a" and len(self.anchors) < _MAX_ANCHORS:
            self.anchors.append(node)
        elif name in _HEADINGS and len(self.headings) < MAX_HEADINGS:
            self.headings.append(node)


def _links(walk: _Walk) -> Iterator[Link]:
    seen = set()
    for node in walk.anchors:
        href = node.attributes.get("href") or ""
        if not href.lower().startswith(("http:", "https:", "mailto:")) or href in seen:
            continue
        seen.add(href)
        link = make_link(href, walk.text(node)[:200])
        if link.url:
            yield link
        if len(seen) >= _MAX_LINKS:
            return
