"""Web pages saved whole: MHTML (RFC 2557) and Safari's web archive. Only the page's own words count."""

from __future__ import annotations

import email
import email.policy
import plistlib
from xml.parsers.expat import ExpatError

from indexer.errors import FileProblem, Reason
from indexer.extract.html import decode_html, parse_markup
from indexer.extract.link_list import make_link
from indexer.extract.passages import clean_text, into_passages, limit
from indexer.extract.source import Source
from indexer.extract.text import decode_as
from indexer.model.items import Extract

_MAX_PARTS = 500
_MAX_HEAD = 1 << 20


def read(source: Source) -> Extract:
    """Return the page; raise FileProblem if there is none."""
    if source.suffix == "webarchive":
        address, pages = _web_archive(source.data)
    else:
        address, pages = _mhtml(source.data)
    if not pages:
        raise FileProblem(Reason.DAMAGED, "no web page in it, or cut off")
    parsed = [parse_markup(page) for page in pages]
    text = "\n\n".join(page.text for page in parsed)
    passages, truncated = limit(into_passages(clean_text(text)), source.text_limit)
    origin = [link for link in [make_link(address, "saved from")] if link.url]
    links = [*origin, *(link for page in parsed for link in page.links)]
    title = next((page.title for page in parsed if page.title), "")
    author = next((page.author for page in parsed if page.author), "")
    return Extract(passages, title, author, links=tuple(links), truncated=truncated)


def _web_archive(data: bytes) -> tuple[str, list[str]]:
    try:
        archive = plistlib.loads(data)
        main = archive["WebMainResource"]
        frames = [frame["WebMainResource"] for frame in archive.get("WebSubframeArchives", [])[:_MAX_PARTS]]
        pages = [decode_html(part["WebResourceData"]) for part in (main, *frames)]
        return str(main.get("WebResourceURL", "")), pages
    except (plistlib.InvalidFileException, ExpatError, ValueError, LookupError, TypeError, AttributeError, OSError,
            OverflowError) as error:  # fmt: skip
        raise FileProblem(Reason.DAMAGED, "not a complete web archive") from error


def _mhtml(data: bytes) -> tuple[str, list[str]]:
    if len(data.partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]) > _MAX_HEAD:
        raise FileProblem(Reason.TOO_BIG, "its head is larger than that of any page")
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    address = str(message.get("Snapshot-Content-Location") or message.get("Content-Location") or "")
    pages = []
    for number, part in enumerate(message.walk()):
        if number > _MAX_PARTS:
            break
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            body = part.get_payload(decode=True)
            charset = part.get_content_charset()
            if isinstance(body, bytes):
                pages.append(decode_as(body, charset) if charset else decode_html(body))
    return address, pages[:1] if len(pages) == 1 else pages
