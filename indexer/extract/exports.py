"""The links that another program has exported, for `indexer import`: bookmark files, tables, JSON, OPML.

The formats are those of browsers, linkding, Shaarli and the older Pocket (Netscape bookmark file and lists like it,
https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85)),
Pocket, Raindrop (https://help.raindrop.io/import#csv) and Instapaper (CSV with a header row), Karakeep (JSON), OPML 2.0
(http://opml.org/spec2.opml), and our own exports. Columns and fields are known by their names, in whatever order.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from xml.parsers import expat

from indexer.errors import FileProblem, Reason
from indexer.extract.bookmarks import bookmarks, distinct_words
from indexer.extract.html import decode_html
from indexer.extract.link_list import bare_address, make_link
from indexer.extract.source import Source
from indexer.extract.text import decode
from indexer.model.items import Extract, Link

MOST_LINKS, MOST_FOLDERS = 100_000, 10
"""Further links are left out; deeper folders are one with the deepest."""
_MOST_TITLE, _MOST_NOTE, _MOST_TAGS, _MOST_TAG = 1_000, 10_000, 50, 100
_MOST_CELL = 1 << 20

_MARKUP = re.compile(r"netscape-bookmark-file-1|<dl\b|time_added=", re.IGNORECASE)
_URL, _TITLE, _FOLDER = ("url", "href", "link"), ("title", "name"), ("folder", "collection")
_NOTE = ("note", "notes", "comment", "selection", "extended")
_TAGS = ("tags", "labels")
_NO_FOLDERS = frozenset({"unread", "archive", "starred", "unsorted"})
"""What Instapaper and Raindrop, known by a column of theirs, write for a link that is in no folder."""
_THEIRS = ("selection", "excerpt")
_SHEET_SIGN = re.compile(r"'(?='*[=+\-@\t\r])")
"""What keeps a sheet from taking a cell for a formula."""
_LINKDING = re.compile(r"\[/?linkding-notes\]")


def read(source: Source) -> Extract:
    """Return the links of an export; raise FileProblem if it is none."""
    if re.match(rb"(\xef\xbb\xbf)?\s*<(?!\?xml|opml)", source.data[:1024], re.IGNORECASE):
        links: Iterable[Link] = _of_markup(decode_html(source.data))
    else:
        text = decode(source.data).removeprefix("\ufeff").lstrip()
        if text.startswith("<"):
            links = _of_outlines(source.data)
        else:
            links = _of_json(text) if text.startswith(("{", "[")) else _of_table(text)
    found = list(islice(links, MOST_LINKS + 1))
    if not found:
        raise FileProblem(Reason.NO_TEXT, "no links in it")
    return Extract(
        links=tuple(map(_within_bounds, found[:MOST_LINKS])),
        is_link_list=True,
        truncated=f"it has more than {MOST_LINKS:,} links" if len(found) > MOST_LINKS else "",
    )


def _within_bounds(link: Link) -> Link:
    title = "" if link.url and link.title == bare_address(link.url) else " ".join(link.title.split())
    return link._replace(
        title=title[:_MOST_TITLE],
        note=_LINKDING.sub("", link.note).strip()[:_MOST_NOTE],
        tags=tuple(tag[:_MOST_TAG] for tag in link.tags[:_MOST_TAGS]),
        folders=tuple(name[:_MOST_TITLE] for name in link.folders if name)[:MOST_FOLDERS],
    )


def _of_markup(markup: str) -> list[Link]:
    if not _MARKUP.search(markup):
        raise FileProblem(Reason.UNSUPPORTED, "a web page, not an export of bookmarks")
    return bookmarks(markup, MOST_LINKS + 1)[1]


def _of_table(text: str) -> Iterator[Link]:
    """Yield the links of a table whose first row names the columns."""
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(_MOST_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        if not set(names) & set(_URL):
            raise FileProblem(Reason.UNSUPPORTED, "no export of links: no column is called url")
        for row in rows:
            yield from _link_of({name: _SHEET_SIGN.sub("", cell, count=1) if cell.startswith("'") else cell
                                 for name, cell in zip(names, row, strict=False)})  # fmt: skip
    except csv.Error as error:
        raise FileProblem(Reason.DAMAGED, f"not a table: {error}") from error


def _of_json(text: str) -> Iterator[Link]:
    """Yield the links of one value, or of one a line."""
    try:
        values = json.loads(text)
    except ValueError:
        try:
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise FileProblem(Reason.DAMAGED, "not JSON") from error
    lists: Mapping[str, tuple[str, ...]] = {}
    if isinstance(values, dict):
        lists = _lists(values.get("lists"))
        values = next(
            (values[name] for name in ("links", "bookmarks", "results") if name in values), [values]
        )
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict):
            record = {str(name).lower(): said for name, said in value.items()}
            yield from _link_of(_of_karakeep(record, lists))


def _lists(raw: object) -> dict[str, tuple[str, ...]]:
    """Return the names of Karakeep's lists, those above first, by their ids."""
    rows = {str(row.get("id")): row for row in raw if isinstance(row, dict)} if isinstance(raw, list) else {}
    found = {}
    for key in rows:
        names: list[str] = []
        at = key
        while at in rows and len(names) < MOST_FOLDERS:
            names.insert(0, _text(rows[at].get("name")))
            at = str(rows[at].get("parentId"))
        found[key] = tuple(names)
    return found


def _of_karakeep(record: dict[str, Any], lists: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a record of Karakeep in the form of the others: its address is within, its folder a list's id."""
    content = record.get("content")
    if isinstance(content, dict):
        record["url"] = content.get("url")
    of = record.get("lists")
    if isinstance(of, list):
        record["folder"] = next((lists[str(key)] for key in of if str(key) in lists), ())
    if "href" in record and "title" not in record:  # Pinboard calls the title so
        record["title"] = record.get("description")
    return record


def _link_of(record: Mapping[str, Any]) -> Iterator[Link]:
    """Yield the link that a row or an object tells of, if it has an address."""
    raw = _text(_first(record, _URL))
    if not raw:
        return
    folder = _first(record, _FOLDER)
    if any(name in record for name in _THEIRS) and _text(folder).lower() in _NO_FOLDERS:
        folder = None
    if not folder and (paths := record.get("paths")) and isinstance(paths, list):  # ours
        folder = _text(paths[0]).rpartition("/")[0]
    link = make_link(raw, _text(_first(record, _TITLE)), _text(_first(record, _NOTE)))
    yield link._replace(tags=_tags(_first(record, _TAGS)), folders=_folders(folder))


def _first(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((record[name] for name in names if record.get(name)), None)


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _tags(value: object) -> tuple[str, ...]:
    """Return tags: a list of texts or of objects with a name, a text in JSON, or one with separators."""
    if isinstance(value, str):
        if value.startswith("["):
            try:
                return _tags(json.loads(value))
            except ValueError:
                pass
        return distinct_words(re.split(r"[,;|]", value))
    if not isinstance(value, list):
        return ()
    return distinct_words(_text(one.get("name") if isinstance(one, dict) else one) for one in value)


def _folders(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return _parts(value.split("/"))
    return _parts(map(_text, value)) if isinstance(value, list | tuple) else ()


def _parts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, names)))


def _of_outlines(data: bytes) -> list[Link]:
    """Return the links of an OPML file: outlines with an address are links, those above them folders."""
    links: list[Link] = []
    names: list[str] = []
    parser = expat.ParserCreate()

    def start(element: str, attributes: dict[str, str]) -> None:
        if element.lower() != "outline":
            return
        said = {name.lower(): value for name, value in attributes.items()}
        title = said.get("text") or said.get("title", "")
        raw = said.get("htmlurl") or said.get("url") or said.get("xmlurl")
        if raw and len(links) <= MOST_LINKS:
            link = make_link(raw, title, said.get("_note") or said.get("description", ""))
            links.append(link._replace(
                tags=distinct_words(said.get("category", "").split(",")),
                folders=_parts(names)[:MOST_FOLDERS],
            ))  # fmt: skip
        names.append("" if raw else title)

    def end(element: str) -> None:
        if element.lower() == "outline":
            names.pop()

    def refuse(*_: object) -> None:
        raise FileProblem(Reason.UNSUPPORTED, "it declares entities, as no export does")

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FileProblem(Reason.DAMAGED, f"not XML: {error}") from error
    return links
