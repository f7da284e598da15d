"""A copy of a fetched page to read and keep: the article in clean HTML of our own.

Headings, paragraphs, quotes, lists, tables, code and links to the web, with title, address, site, author and date. Nothing in
it is loaded, runs or looks like anything but text; no markup of the page itself is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import urljoin

from lxml.html import HtmlElement

from indexer.extract.addresses import check_address
from indexer.extract.article import Page, find_article
from indexer.extract.html import COPY_MARK
from indexer.extract.passages import clean_text
from indexer.extract.source import Source

MAX_BYTES = 2 << 20
"""Of the copy in UTF-8; the text beyond is left out, and the copy says so."""
_CUT = "<p><em>The rest was left out.</em></p>\n"
_MAX_DEPTH = 40
"""Elements within elements; deeper ones give their text only."""
_NAMES = {
    "p": "p", "quote": "blockquote", "list": "ul", "item": "li", "table": "table", "row": "tr", "cell": "td", "code": "pre",
    "lb": "br",
}  # fmt: skip
"""Trafilatura's element to that of HTML. `head`, `ref`, ordered lists and heading cells depend on attributes; others are text."""
_WITHIN = {"li": ("ul", "ol"), "tr": ("table",), "td": ("tr",), "th": ("tr",)}
"""Elements that mean something only directly within others."""
_LINES = frozenset(["p", "pre", "h2", "h3", "h4", "h5", "h6"])
"""Elements that hold nothing but text, links and line ends."""
_LINE_END_AFTER = frozenset("p h2 h3 h4 h5 h6 blockquote ul ol li table tr td th pre".split())


def readable(source: Source) -> str:
    """Return the page as HTML of at most `MAX_BYTES` in UTF-8; raise FileProblem if the bytes are none."""
    page = find_article(source, links=True)
    address, _ = check_address(source.origin.address) if source.origin else (None, "")
    end = "</article>\n</body>\n</html>\n"
    pieces = [_head(page, _web(address))]
    again = f"<h2>{escape(page.title)}</h2>\n"  # many articles begin with their title
    left = MAX_BYTES - len(f"{pieces[0]}{_CUT}{end}".encode())
    for piece in _paragraphs(page.text) if page.body is None else _children(page.body, address or "", "", 0):
        left -= len(piece.encode())
        if left < 0:
            pieces.append(_CUT)
            break
        if piece != again:
            pieces.append(piece)
    return "".join([*pieces, end])


def _head(page: Page, address: str) -> str:
    shown = escape(address)
    title = escape(page.title or address or "Untitled")
    facts = [escape(page.site), escape(page.author), page.created.date().isoformat() if page.created else ""]
    language = f' lang="{page.language}"' if page.language else ""
    saved = address.replace("--", "%2D%2D")
    lines = [
        "<!DOCTYPE html>",
        f"<!-- saved from url=({len(saved):04})" + saved + " -->" if saved else "",
        f"<html{language}>",
        f'<head>\n<meta charset="utf-8">\n{COPY_MARK}',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="viewport" content="width=device-width">',
        f'<meta name="author" content="{escape(page.author)}">' if page.author else "",
        f"<title>{title}</title>\n</head>\n<body>\n<article>",
        f"<h1>{title}</h1>",
        f"<p>{' · '.join(filter(None, facts))}</p>" if any(facts) else "",
        f'<p><a href="{shown}" rel="noopener noreferrer">{shown}</a></p>' if address else "",
    ]
    return "\n".join(filter(None, lines)) + "\n"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in filter(None, text.split("\n\n")):
        yield f"<p>{_text(paragraph.strip()).replace(chr(10), '<br>')}</p>\n"


def _children(parent: HtmlElement, base: str, within: str, depth: int) -> Iterator[str]:
    """Yield the content of an element that became `within` (empty: the body), in pieces that are each well formed."""
    for child in parent:
        yield _element(child, base, within, depth)
        tail = _text(child.tail)
        if tail.strip() or within not in ("", "ul", "ol", "table", "tr"):
            yield tail if within else f"<p>{tail}</p>\n"


def _element(element: HtmlElement, base: str, within: str, depth: int) -> str:
    if not isinstance(element.tag, str):
        return ""
    if depth >= _MAX_DEPTH:
        return _text(" ".join(element.itertext()))
    name, attributes = _name(element, base)
    if name == "br":
        return "<br>\n"
    if within not in _WITHIN.get(name, (within,)):
        name = "" if within else "p"
    if within == "a" or (within in _LINES and name != "a"):
        name = ""
    content = _text(element.text) + "".join(_children(element, base, name or within, depth + 1))
    if not content.strip():
        return ""
    end = "\n" if name in _LINE_END_AFTER else ""
    return f"<{name}{attributes}>{content}</{name}>{end}" if name else content


def _name(element: HtmlElement, base: str) -> tuple[str, str]:
    """Return the name and attributes of an element in HTML; no name for what is just text."""
    look = element.get("rend") or ""
    if element.tag == "head":
        return (look if look in ("h2", "h3", "h4", "h5", "h6") else "h2"), ""
    if element.tag == "list" and look == "ol":
        return "ol", ""
    if element.tag == "cell" and element.get("role") == "head":
        return "th", ""
    if element.tag == "ref":
        address = _web(_target(element.get("target") or "", base))
        return ("a", f' href="{escape(address)}" rel="noopener noreferrer"') if address else ("", "")
    return _NAMES.get(element.tag, ""), ""


def _target(raw: str, base: str) -> str | None:
    try:
        return check_address(urljoin(base, raw))[0]
    except ValueError:
        return None


def _web(address: str | None) -> str:
    """Return an address of the web; empty for any other."""
    return address if address and address.startswith(("http://", "https://")) else ""


def _text(text: str | None) -> str:
    return escape(clean_text(text or ""))
