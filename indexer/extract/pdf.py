"""PDF: pdfium reads pages, comments, form fields, hyperlinks, attachments and bookmarks; pypdf the XMP metadata.

pypdf is the second opinion on files that pdfium refuses (ISO 32000-2).
"""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, hyperlink, make_facts
from indexer.extract.encrypted import NEEDS_PASSWORD
from indexer.extract.hyphens import mend, together
from indexer.extract.inside import read_parts
from indexer.extract.link_list import distinct, find_links
from indexer.extract.passages import clean_text, gather, limit
from indexer.extract.pdf_table import with_trailer
from indexer.extract.source import Source
from indexer.extract.titles import sensible_title
from indexer.model.items import Extract, Link, Passage

MAX_PAGES = 20_000
MAX_ANNOTATIONS = 2_000
MAX_ATTACHMENTS = 200
MAX_BOOKMARKS = 2_000
_MAX_PICTURES = 1_000

_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([-+])(\d\d)'?(\d\d)?)?")
_FOREIGN = (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OSError,
            NotImplementedError, ZeroDivisionError, OverflowError, UnicodeError, StopIteration, RecursionError)  # fmt: skip
"""What pypdf raises on damaged files: not only its own exceptions."""


@dataclass(slots=True)
class _Read:
    """What is collected from the pages."""

    pages: list[Passage] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    heading: str = ""
    bookmarks: list[str] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)
    truncated: str = ""


def read(source: Source) -> Extract:
    """Return the text page by page; raise FileProblem if the file is encrypted or damaged."""
    try:
        found = _by_pdfium(source)
    except pypdfium2.PdfiumError as error:
        found = _second_opinion(source, error)
    pictures = tuple(page.page_number for page in found.pages if page.page_number and not page.text)
    if found.pages and len(pictures) == len(found.pages) and (second := _pypdf_pages(source)):
        found.pages, pictures = second, ()
    pages = [Passage(source.recognised.get(p.page_number or 0, p.text) if not p.text else p.text, p.page_number)
             for p in found.pages]  # fmt: skip
    waiting = tuple(number for number in pictures[:_MAX_PICTURES] if number not in source.recognised)
    attached = read_parts(source, found.attachments)
    listed = find_links(line for page in pages for line in page.text.split("\n")) if len(pages) < 30 else None
    within = gather(listed.rest.split("\n")) if listed else [page for page in pages if page.text]
    passages, truncated = limit([*within, *gather(found.bookmarks), *attached.passages], source.text_limit)
    return Extract(
        passages,
        found.facts.title or sensible_title(found.heading),
        found.facts.author,
        found.facts.created,
        found.facts.tags,
        listed.links if listed else tuple(distinct((*found.links, *attached.links))),
        is_link_list=listed is not None,
        pictures=waiting,
        truncated=truncated or found.truncated or attached.truncated or _left_out(pictures),
        opened=attached.opened,
        unread=attached.unread,
    )


def _left_out(pictures: tuple[int, ...]) -> str:
    return (
        f"only the first {_MAX_PICTURES:,} of its scanned pages are recognised"
        if len(pictures) > _MAX_PICTURES
        else ""
    )


# --- pdfium ---------------------------------------------------------------------------------------


def _by_pdfium(source: Source) -> _Read:
    document = open_document(source)
    try:
        found = _Read(facts=_facts(document, source))
        texts: list[str] = []
        for number in range(min(len(document), MAX_PAGES)):
            texts.append(_page(document, number, found))
        found.pages = _pages(texts)
        if len(document) > MAX_PAGES:
            found.truncated = f"only its first {MAX_PAGES:,} pages can be searched"
        elif b"%%EOF" not in source.data:
            found.truncated = "the file is cut off: only the rest of it can be searched"
            if b"/Image" not in source.data and not any(page.text for page in found.pages):
                raise FileProblem(Reason.DAMAGED, "cut off, and the rest has no text")
        known = {line.strip() for page in found.pages for line in page.text.split("\n")}
        found.bookmarks = [title for title in _bookmarks(document) if title not in known]
        found.attachments = list(_attachments(document))
        return found
    finally:
        document.close()


def _pages(texts: list[str]) -> list[Passage]:
    """Return clean texts as pages, each broken word in one piece."""
    return [Passage(clean_text(text).strip(), number) for number, text in enumerate(mend(texts), 1)]


def open_document(source: Source) -> pypdfium2.PdfDocument:
    """Return the opened document; try the passwords of the settings. Raise FileProblem or PdfiumError."""
    try:
        return _opened(source, source.data)
    except pypdfium2.PdfiumError:
        mended = with_trailer(source.data)
        if mended is None:
            raise
        return _opened(source, mended)


def _opened(source: Source, data: bytes) -> pypdfium2.PdfDocument:
    for password in (None, *source.passwords):
        try:
            return pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError as error:
            if "password" not in str(error).lower():
                raise
    raise FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD)


def render_page(source: Source, page_number: int, dots_per_inch: int) -> Image.Image:
    """Return a picture of one page; raise ValueError if it can't be drawn."""
    try:
        document = open_document(source)
        try:
            picture: Image.Image = (
                document[page_number - 1].render(scale=dots_per_inch / 72, grayscale=True).to_pil()
            )
            return picture
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise ValueError(str(error)) from error


def _page(document: pypdfium2.PdfDocument, number: int, found: _Read) -> str:
    """Return the text of one page with its comments and fields; a broken page loses only its own text."""
    try:
        page = document[number]
        text_page = page.get_textpage()
        lines = [text_page.get_text_range().replace("\r\n", "\n")]
        lines += _annotations(page, text_page, found.links)
        if number == 0 and not found.facts.title:
            found.heading = _heading(text_page)
        text_page.close()
        page.close()
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        return ""
    return "\n".join(filter(str.strip, lines))


def _annotations(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, links: list[Link]
) -> Iterator[str]:
    """Yield the words of comments and form fields; add hyperlinks with their words to `links`."""
    shown = set()
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == pdfium.FPDF_ANNOT_LINK:
                address = _address(page, annotation)
                if address:
                    links.append(hyperlink(address, _words_under(annotation, text_page)))
            elif kind == pdfium.FPDF_ANNOT_WIDGET:
                shown.add(_string(annotation, b"V"))
            elif kind != pdfium.FPDF_ANNOT_POPUP:
                shown.add(_string(annotation, b"Contents"))
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    yield from sorted(filter(None, shown))


def _string(annotation: object, key: bytes) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(min(size, 1 << 20))
    pdfium.FPDFAnnot_GetStringValue(
        annotation, key, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), len(buffer)
    )
    return buffer.raw[:-2].decode("utf-16-le", "replace").strip("\0 ")


def _address(page: pypdfium2.PdfPage, annotation: object) -> str:
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return ""
    size = pdfium.FPDFAction_GetURIPath(page.pdf, action, None, 0)
    if not 1 < size < 8192:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAction_GetURIPath(page.pdf, action, buffer, size)
    return buffer.value.decode("utf-8", "replace")


def _words_under(annotation: object, text_page: pypdfium2.PdfTextPage) -> str:
    box = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, box):
        return ""
    words = text_page.get_text_bounded(box.left, box.bottom, box.right, box.top)
    return together(words)


def _heading(text_page: pypdfium2.PdfTextPage) -> str:
    """Return the first words of the first page that are set clearly larger than the rest."""
    count = min(text_page.count_chars(), 3000)
    sizes = [round(pdfium.FPDFText_GetFontSize(text_page, index), 1) for index in range(count)]
    if count < 40:
        return ""
    largest = max(sizes)
    if largest < 1.15 * median(sizes):
        return ""
    begin = sizes.index(largest)
    end = next(
        (index for index in range(begin, count) if sizes[index] < largest * 0.95 and sizes[index] > 0), count
    )
    words = " ".join(together(text_page.get_text_range(begin, end - begin)).split())
    return words if 4 <= len(words) <= 200 else ""


def _bookmarks(document: pypdfium2.PdfDocument) -> Iterator[str]:
    try:
        for count, bookmark in enumerate(document.get_toc(max_depth=10)):
            if count >= MAX_BOOKMARKS:
                return
            title = bookmark.get_title() if hasattr(bookmark, "get_title") else bookmark.title
            if title and title.strip():
                yield clean_text(title).strip()
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        return


def _attachments(document: pypdfium2.PdfDocument) -> Iterator[tuple[str, bytes]]:
    for index in range(min(document.count_attachments(), MAX_ATTACHMENTS)):
        try:
            attachment = document.get_attachment(index)
            yield clean_text(attachment.get_name())[:200] or "attachment", bytes(attachment.get_data())
        except (pypdfium2.PdfiumError, ValueError, UnicodeError, OSError):
            continue


def _facts(document: pypdfium2.PdfDocument, source: Source) -> Facts:
    """Return the info dictionary's title, author, date and keywords; if it has no title, that of the XMP."""
    try:
        info = document.get_metadata_dict(skip_empty=True)
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        info = {}
    facts = make_facts(info.get("Title", ""), info.get("Author", ""), "", info.get("Keywords", ""))
    title, author = facts.title, facts.author
    if not (title and author) and b"<x:xmpmeta" in source.data:
        xmp_title, xmp_author = _xmp(source)
        title, author = title or xmp_title, author or xmp_author
    return Facts(title, author, _moment(info.get("CreationDate", "")), facts.tags)


def _moment(text: str) -> datetime | None:
    match = _DATE.match(text)
    if not match:
        return None
    numbers = [
        int(part or default) for part, default in zip(match.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    ]
    try:
        shift = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
        zone = timezone(-shift if match[7] == "-" else shift)
        return datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        return None


# --- pypdf ----------------------------------------------------------------------------------------


def _second_opinion(source: Source, error: pypdfium2.PdfiumError) -> _Read:
    pages = _pypdf_pages(source)
    if not pages:
        if "security" in str(error).lower():
            raise FileProblem(Reason.ENCRYPTED, "encrypted by an unknown method") from error
        raise FileProblem(Reason.DAMAGED, "not a PDF that can be opened") from error
    title, author = _xmp(source)
    return _Read(pages, facts=Facts(title, author))


def _open_pypdf(source: Source) -> PdfReader | None:
    try:
        reader = PdfReader(io.BytesIO(source.data), strict=False)
        if reader.is_encrypted and not any(reader.decrypt(password) for password in ("", *source.passwords)):
            return None
    except _FOREIGN:
        return None
    return reader


def _pypdf_pages(source: Source) -> list[Passage]:
    """Return each page that has text, as pypdf reads it."""
    reader = _open_pypdf(source)
    try:
        count = len(reader.pages) if reader else 0
    except _FOREIGN:
        return []
    texts: list[str] = []
    for number in range(min(count, 5000)):
        assert reader is not None
        try:
            texts.append(reader.pages[number].extract_text())
        except _FOREIGN:
            texts.append("")
    return [page for page in _pages(texts) if page.text]


def _xmp(source: Source) -> tuple[str, str]:
    reader = _open_pypdf(source)
    try:
        found = reader.xmp_metadata if reader else None
        if found is None:
            return "", ""
        titles, authors = found.dc_title or {}, found.dc_creator or []
        title = titles.get("x-default") or next(iter(titles.values()), "")
        return sensible_title(str(title)), ", ".join(map(str, authors))[:200]
    except _FOREIGN:
        return "", ""
