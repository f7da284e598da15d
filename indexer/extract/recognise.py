"""Words in pictures of text: one page at a time, by Tesseract if it is installed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from indexer.errors import FileProblem, Reason
from indexer.extract import pdf, programs
from indexer.extract.image import open_image
from indexer.extract.passages import clean_text
from indexer.extract.source import Source

TIMEOUT_S = 50.0
_DOTS_PER_INCH = 200
_MAX_SIDE = 5_000
_MIN_SIDE = 40
"""Smaller pictures are icons."""
_FOREIGN = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    SyntaxError,
    EOFError,
    ZeroDivisionError,
)


def recognise_page(source: Source, page_number: int, languages: tuple[str, ...]) -> str:
    """Return the words on one page of a PDF or picture, counted from 1; raise FileProblem if that fails."""
    program = programs.find("tesseract")
    if program is None:
        raise FileProblem(Reason.UNSUPPORTED, "Tesseract is not installed")
    try:
        picture = (
            pdf.render_page(source, page_number, _DOTS_PER_INCH)
            if source.suffix == "pdf"
            else _frame(source, page_number)
        )
        picture = picture.convert("L")
        picture.thumbnail((_MAX_SIDE, _MAX_SIDE))
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"page {page_number} can't be shown ({error})"[:200]) from error
    if min(picture.size) < _MIN_SIDE:
        return ""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "page.png"
        picture.save(file, compress_level=1)
        arguments = (str(file), "stdout", "-l", "+".join(languages))
        raw = programs.run(program, *arguments, timeout_s=TIMEOUT_S, directory=Path(scratch))
    return clean_text(raw.decode("utf-8", "replace")).strip()


def _frame(source: Source, page_number: int) -> Image.Image:
    image = open_image(source.data)
    image.seek(page_number - 1)
    return image
