"""Bookmarks as browsers export them (Netscape bookmark file): each one an item of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html import unescape

from indexer.extract.html import decode_html
from indexer.extract.link_list import make_link
from indexer.extract.source import Source
from indexer.model.items import Extract, Link

MAX_BOOKMARKS = 10_000
_WORDS = r"(?:[^<]++|<(?!/?(?:A|H3|DL|DT|TITLE)\b))*+"
"""Up to the next of these tags; no character is looked at twice."""
_PART = re.compile(
    rf"<H3[^<>]*>(?P<folder>{_WORDS})</H3>|<A\s(?P<attributes>[^<>]*)>(?P<title>{_WORDS})</A>"
    rf"|<DD>(?P<note>[^<]*)|(?P<end></DL>)|<TITLE>(?P<name>{_WORDS})</TITLE>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""(?<![A-Z_])([A-Z_]+)\s*=\s*"([^"]*)\"""", re.IGNORECASE)


def read(source: Source) -> Extract:
    """Return the bookmarks, with their folders and tags as tags."""
    title, links = bookmarks(decode_html(source.data), MAX_BOOKMARKS)
    return Extract(
        title="" if title.lower() == "bookmarks" else title,
        links=tuple(_filed(link) for link in links),
        is_link_list=True,
    )


def bookmarks(markup: str, most: int) -> tuple[str, list[Link]]:
    """Return the title of an export and its bookmarks, at most so many, each with its folders."""
    links: list[Link] = []
    folders: list[str] = []
    title = ""
    for part in _PART.finditer(markup):
        if part["folder"] is not None:
            folders.append(_plain(part["folder"]))
        elif part["end"] and folders:
            folders.pop()
        elif part["attributes"] is not None and len(links) < most:
            links.append(_bookmark(part["attributes"], _plain(part["title"]), folders))
        elif part["note"] and links:
            links[-1] = links[-1]._replace(note=_plain(part["note"]))
        elif part["name"]:
            title = _plain(part["name"])
    return title, links


def _filed(link: Link) -> Link:
    return link._replace(tags=tuple(dict.fromkeys((*link.tags, *filter(None, link.folders)))), folders=())


def _bookmark(attributes: str, title: str, folders: list[str]) -> Link:
    found = {name.upper(): unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    link = make_link(found.get("HREF", ""), title)
    return link._replace(
        tags=distinct_words(found.get("TAGS", "").split(",")),
        added=_added(found.get("ADD_DATE", "")),
        folders=tuple(folders),
    )


def distinct_words(words: Iterable[str]) -> tuple[str, ...]:
    """Return words without blanks around them, each once, empty ones left out."""
    return tuple(dict.fromkeys(filter(None, map(str.strip, words))))


def _added(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", markup)).split())
