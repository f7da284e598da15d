"""PDF: pdfium reads the pages, pypdf what the file says of itself, and is the second opinion on damaged files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pypdfium2
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from indexer.errors import FileProblem, Reason
from indexer.extract.passages import clean_text, limit
from indexer.extract.source import Source
from indexer.extract.titles import sensible_title
from indexer.model import Extract, Passage

_HYPHENATED = re.compile(r"(?<=\w)[\ufffe\x02]\s*")
"""pdfium marks a hyphen at the end of a line so: the word goes on."""
_ABOUT_LIMIT = 64 << 20
"""pypdf needs long for huge files; what it adds is not worth that."""
_FOREIGN = (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OSError,
            NotImplementedError, ZeroDivisionError, OverflowError, UnicodeError, StopIteration)  # fmt: skip
"""What pypdf raises on damaged files: not all of it is its own."""


def read(source: Source) -> Extract:
    """Return the text page by page; raise FileProblem where the file is encrypted, damaged or has no text."""
    about = _About(source.data) if len(source.data) <= _ABOUT_LIMIT else None
    try:
        pages = list(_pages(source.data))
    except pypdfium2.PdfiumError as error:
        pages = _second_opinion(about, error)
    if not any(page.text for page in pages) and about:
        pages = list(about.pages()) or pages
    passages, truncated = limit((page for page in pages if page.text), source.text_limit)
    if not passages:
        raise FileProblem(Reason.NO_TEXT, f"{len(pages)} pages without text: a scan, most likely")
    title, author, created = about.facts() if about else ("", "", None)
    return Extract(passages, title=title, author=author, created=created, truncated=truncated)


def _pages(data: bytes) -> Iterator[Passage]:
    document = pypdfium2.PdfDocument(data)
    try:
        for number in range(len(document)):
            yield Passage(_page_text(document, number), number + 1)
    finally:
        document.close()


def _page_text(document: pypdfium2.PdfDocument, number: int) -> str:
    """Return the text of one page; a broken page costs that page only."""
    try:
        page = document[number]
        text_page = page.get_textpage()
        text = text_page.get_text_range()
        text_page.close()
        page.close()
    except pypdfium2.PdfiumError:
        return ""
    return clean_text(_HYPHENATED.sub("", text)).strip()


def _second_opinion(about: _About | None, error: pypdfium2.PdfiumError) -> list[Passage]:
    if about and about.is_locked:
        raise FileProblem(Reason.ENCRYPTED, "it needs a password") from error
    pages = list(about.pages()) if about else []
    if not pages:
        text = str(error).lower()
        if "password" in text or "security" in text:
            raise FileProblem(Reason.ENCRYPTED, "it needs a password") from error
        raise FileProblem(Reason.DAMAGED, "no PDF that can be opened") from error
    return pages


class _About:
    """The file as pypdf sees it; whatever it can't read is nothing."""

    def __init__(self, data: bytes) -> None:
        import io

        self.is_locked = False
        self._reader: PdfReader | None = None
        try:
            reader = PdfReader(io.BytesIO(data), strict=False)
            self.is_locked = reader.is_encrypted and not reader.decrypt("")
            self._reader = None if self.is_locked else reader
        except _FOREIGN:
            return
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("pypdf", "cryptography"):
                raise

    def pages(self) -> Iterator[Passage]:
        """Yield each page that has text."""
        if self._reader is None:
            return
        try:
            count = len(self._reader.pages)
        except _FOREIGN:
            return
        for number in range(min(count, 5000)):
            try:
                text = clean_text(self._reader.pages[number].extract_text()).strip()
            except _FOREIGN:
                continue
            if text:
                yield Passage(text, number + 1)

    def facts(self) -> tuple[str, str, datetime | None]:
        """Return title, author and date of creation, as far as they make sense."""
        if self._reader is None:
            return "", "", None
        try:
            found = self._reader.metadata
            if found is None:
                return "", "", None
            title, author = sensible_title(_text(found.title)), " ".join(_text(found.author).split())[:200]
        except _FOREIGN:
            return "", "", None
        try:
            created = found.creation_date
        except _FOREIGN:
            created = None
        if created and created.tzinfo is None:
            created = created.replace(tzinfo=UTC)
        return title, author, created


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
