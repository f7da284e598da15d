"""The page itself: one HTML file that shows the newest items before any data is loaded. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from indexer.model import Item
from indexer.page.segments import Segment, href_of, shown

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("stemmers.js", "words.js", "query.js", "search.js", "page.js")
MARKER = "indexer-page"
"""Name of the meta element that tells our page from anybody else's; its content is the digest of what it shows."""

LABELS = {
    "pdf": "PDF", "word": "Word", "slides": "Slides", "sheet": "Sheet", "text": "Text", "web": "Web page",
    "mail": "Mail", "book": "Book", "image": "Image", "link": "Link", "note": "Note", "question": "Question",
    "archive": "Archive", "other": "Other",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered page."""

    html: bytes
    digest: str
    """What the page shows, in 32 hex digits; the time of writing is no part of it."""


def script_file() -> tuple[str, bytes]:
    """Return name and content of the page's script; the name is made of the content."""
    body = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    content = f'(() => {{\n"use strict";\n{body}}})();\n'.encode()
    return f"p-{hashlib.sha256(content).hexdigest()[:16]}.js", content


def render(title: str, segment: Segment, directory: str, script: str, written_at: datetime) -> Page:
    """Return the page for a segment whose files lie in `directory`."""
    template = _environment().get_template("page.html.j2")
    css = (ASSETS / "page.css").read_text("utf-8")
    markup = (ASSETS / "page.html.j2").read_text("utf-8")
    facts = repr([title, segment.head, directory, script, css, markup])
    digest = hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    page = {
        "title": shown(title),
        "directory": directory,
        "head": segment.head,
        "script": script,
        "digest": digest,
        "count": segment.count,
        "total": segment.total,
        "count_text": f"{segment.total:,} item{'' if segment.total == 1 else 's'}",
        "departments": sorted(segment.departments.items()),
        "kinds": [(k, LABELS[k], n) for k, n in sorted(segment.kinds.items(), key=lambda p: (-p[1], p[0]))],
        "newest": [_row(item, text) for item, text in segment.newest],
        "written": written_at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC").lstrip("0"),
    }
    return Page(template.render(page=page, css=Markup(css)).encode("utf-8", "replace"), digest)  # noqa: S704 - our own file


def _row(item: Item, text: str) -> dict[str, object]:
    """Return what the template shows of an item."""
    moment = item.date.astimezone(UTC)
    return {
        "id": item.id,
        "path": shown(item.path),
        "kind": str(item.kind),
        "label": LABELS[item.kind],
        "title": item.title or shown(item.path),
        "href": href_of(item),
        "is_web": item.url is not None,
        "address": (item.url or "").partition(":")[2].lstrip("/").rstrip("/")[:60],
        "iso": moment.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "day": f"{moment.day} {moment:%b %Y}",
        "folders": [shown(name) for name in item.folders],
        "author": item.author,
        "online_only": item.online_only,
        "text": text,
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
