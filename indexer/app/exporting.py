"""How are the folder's links written for another program? Each address once, in a form that `indexer import` reads, too."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from indexer.catalogue import Catalogue
from indexer.model.address import address_key
from indexer.model.items import Item, RelPath, parent_of
from indexer.state.places import DATABASE

FORMATS = ("html", "csv", "json", "jsonl", "opml")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML can't hold, and lone surrogates."""
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class Exported(NamedTuple):
    """One address with all that is known of it."""

    url: str
    title: str
    paths: tuple[RelPath, ...]
    """The files that hold it."""
    tags: tuple[str, ...]
    note: str
    added: datetime

    @property
    def folder(self) -> str:
        """The folder of the first file that holds it."""
        return parent_of(self.paths[0])


def exported(state: Path) -> list[Exported]:
    """Return the links in the catalogue, each address once, in the order of paths; a saved copy of a page gives no link its title."""
    found: dict[str, Exported] = {}
    with closing(Catalogue(state / DATABASE, readonly=True)) as catalogue:
        for item in sorted(catalogue.items.links(), key=lambda item: item.is_saved_copy):
            assert item.url is not None
            if item.url.startswith(("http://", "https://")):
                key = address_key(item.url)
                found[key] = _together(found[key], item) if key in found else _one(item)
    return list(found.values())


def _one(item: Item) -> Exported:
    return Exported(item.url or "", item.title, (item.path,), item.tags, item.note, item.added)


def _together(known: Exported, item: Item) -> Exported:
    notes = dict.fromkeys(filter(None, (known.note, item.note)))
    return known._replace(
        paths=tuple(dict.fromkeys((*known.paths, item.path))), tags=tuple(dict.fromkeys((*known.tags, *item.tags))),
        note="\n\n".join(notes), added=min(known.added, item.added),
    )  # fmt: skip


def write_links(links: Iterable[Exported], form: str) -> bytes:
    """Return links in one of `FORMATS`, UTF-8."""
    return _WRITERS[form](list(links)).encode("utf-8", "replace")


def _html(links: list[Exported]) -> str:
    """Return a Netscape bookmark file, which every browser imports."""
    lines = [
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>",
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">',
        "<TITLE>Bookmarks</TITLE>",
        "<H1>Bookmarks</H1>",
        "<DL><p>",
    ]
    for link, opened, closed in _nested(links):
        lines += ["</DL><p>"] * closed
        for name in opened:
            lines += [f"<DT><H3>{_plain(name)}</H3>", "<DL><p>"]
        if link is not None:
            tags = f' TAGS="{_plain(",".join(link.tags))}"' if link.tags else ""
            lines.append(
                f'<DT><A HREF="{_plain(link.url)}" ADD_DATE="{link.added.timestamp():.0f}"{tags}>{_plain(link.title)}</A>'
            )
            lines += [f"<DD>{_plain(link.note)}"] if link.note else []
    return "\n".join([*lines, "</DL><p>", ""])


def _opml(links: list[Exported]) -> str:
    """Return OPML 2.0."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Links</title></head>",
        "<body>",
    ]
    for link, opened, closed in _nested(links):
        lines += ["</outline>"] * closed
        lines += [f'<outline text="{_plain(name)}">' for name in opened]
        if link is not None:
            said = {
                "text": link.title, "type": "link", "url": link.url, "category": ",".join(link.tags), "_note": link.note,
            }  # fmt: skip
            attributes = (f'{name}="{_attribute(value)}"' for name, value in said.items() if value)
            lines.append(f"<outline {' '.join(attributes)}/>")
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _nested(links: Iterable[Exported]) -> Iterator[tuple[Exported | None, list[str], int]]:
    """Yield each link with the folders to open and, before that, the number to close; at last what is still open."""
    above: list[str] = []
    for link in sorted(links, key=lambda link: link.folder.split("/")):
        names = link.folder.split("/") if link.folder else []
        same = 0
        while same < min(len(above), len(names)) and above[same] == names[same]:
            same += 1
        yield link, names[same:], len(above) - same
        above = names
    yield None, [], len(above)


def _plain(text: str) -> str:
    return escape(_CONTROLS.sub("\ufffd", text))


def _attribute(text: str) -> str:
    """Return a text as it may stand in an attribute of XML, its line ends kept."""
    return _plain(text).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _csv(links: list[Exported]) -> str:
    """Return a table with a header row (RFC 4180), its cells safe in a spreadsheet."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(("url", "title", "folder", "tags", "note", "added"))
    for link in links:
        said = (link.url, link.title, link.folder, ", ".join(link.tags), link.note)
        rows.writerow([*map(_cell, said), _moment(link.added)])
    return table.getvalue()


def _cell(text: str) -> str:
    """Return the text of a cell; if a spreadsheet would take it for a formula, or for one kept from being it, an apostrophe comes first."""
    return f"'{text}" if _FORMULA.match(text) else text


def _json(links: list[Exported]) -> str:
    return json.dumps({"schema": 1, "links": list(map(_object, links))}, indent=1) + "\n"


def _jsonl(links: list[Exported]) -> str:
    return "".join(json.dumps(_object(link)) + "\n" for link in links)


def _object(link: Exported) -> dict[str, Any]:
    return {
        "url": link.url, "title": link.title, "paths": list(link.paths), "tags": list(link.tags), "note": link.note,
        "added": _moment(link.added),
    }  # fmt: skip


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_WRITERS: dict[str, Callable[[list[Exported]], str]] = {
    "html": _html, "csv": _csv, "json": _json, "jsonl": _jsonl, "opml": _opml,
}  # fmt: skip
