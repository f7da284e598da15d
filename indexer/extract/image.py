"""Pictures: texts about them (Exif, XMP, PNG texts), and words recognised in them. Never the place they were taken."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

from PIL import Image, UnidentifiedImageError

from indexer.errors import FileProblem, Reason
from indexer.extract.passages import clean_text, gather, limit
from indexer.extract.source import Source
from indexer.extract.titles import sensible_title
from indexer.model.items import Extract

MAX_PIXELS = 150_000_000
_MAX_FRAMES = 200
_DESCRIPTION, _ARTIST, _TAKEN, _COMMENT = 0x010E, 0x013B, 0x9003, 0x9286
_XP = {"title": 0x9C9B, "comment": 0x9C9C, "author": 0x9C9D, "keywords": 0x9C9E, "subject": 0x9C9F}
"""Windows writes these as UTF-16."""
_EXIF = 0x8769
_PNG_TEXTS = ("Title", "Description", "Comment", "Author", "Copyright", "Subject")
_FOREIGN = (OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError, EOFError, OverflowError,
            ZeroDivisionError, MemoryError, Image.DecompressionBombError)  # fmt: skip


def read(source: Source) -> Extract:
    """Return title, caption, keywords and date; the picture itself waits for recognition (`pictures`)."""
    image = open_image(source.data)
    facts = _facts(image)
    title = sensible_title(facts.get("title") or facts.get("caption", "")[:200])
    lines = [clean_text(facts[key]) for key in ("title", "caption", "comment", "subject") if facts.get(key)]
    lines += [source.recognised[number] for number in sorted(source.recognised)]
    passages, truncated = limit(gather(dict.fromkeys(lines)), source.text_limit)
    tags = tuple(tag.strip() for tag in facts.get("keywords", "").replace(";", ",").split(",") if tag.strip())
    return Extract(
        passages,
        title,
        facts.get("author", "")[:200],
        _moment(facts.get("taken", "")),
        tags[:50],
        truncated=truncated,
        pictures=() if source.recognised else tuple(range(1, _count_frames(image) + 1)),
    )


def open_image(data: bytes) -> Image.Image:
    """Return the picture, its pixels not yet decoded; raise FileProblem if it is not one, or far too large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data))
        except UnidentifiedImageError as error:
            raise FileProblem(Reason.DAMAGED, "not a picture that can be opened") from error
        except _FOREIGN as error:
            raise FileProblem(Reason.DAMAGED, f"not a complete picture ({error})"[:200]) from error
    if image.width * image.height > MAX_PIXELS:
        raise FileProblem(Reason.TOO_BIG, f"a picture of {image.width:,} by {image.height:,} points")
    return image


def _count_frames(image: Image.Image) -> int:
    """Return how many pages of a picture are worth recognising: an animation repeats the same text."""
    try:
        return min(int(getattr(image, "n_frames", 1)), _MAX_FRAMES) if image.format == "TIFF" else 1
    except _FOREIGN:
        return 1


def _facts(image: Image.Image) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        found.update(_exif(image))
    except _FOREIGN:
        pass
    for key in _PNG_TEXTS:
        value = image.info.get(key)
        if isinstance(value, str) and value.strip():
            found.setdefault(
                {"Description": "caption", "Copyright": "author"}.get(key, key.lower()), value.strip()
            )
    comment = image.info.get("comment")
    if isinstance(comment, bytes) and comment.strip(b"\0 "):
        found.setdefault("comment", comment.strip(b"\0 ").decode("utf-8", "replace"))
    return found


def _exif(image: Image.Image) -> Iterator[tuple[str, str]]:
    if image.format == "PNG" and "exif" not in image.info:
        return  # it could only come after the pixels, which would all have to be decoded
    exif = image.getexif()
    inner = exif.get_ifd(_EXIF)
    for key, raw in (
        ("caption", exif.get(_DESCRIPTION)),
        ("author", exif.get(_ARTIST)),
        ("taken", inner.get(_TAKEN)),
    ):
        if isinstance(raw, str) and raw.strip("\0 "):
            yield key, raw.strip("\0 ")
    comment = inner.get(_COMMENT)
    if isinstance(comment, bytes) and comment[:5] == b"ASCII" and comment[8:].strip(b"\0 "):
        yield "comment", comment[8:].strip(b"\0 ").decode("utf-8", "replace")
    for key, tag in _XP.items():
        raw = exif.get(tag)
        if isinstance(raw, bytes) and (text := raw.decode("utf-16-le", "replace").strip("\0 ")):
            yield key, text


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
