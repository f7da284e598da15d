"""What do drawings, charts and SmartArt of any Office file say? DrawingML (ISO/IEC 29500-1, 20 and 21)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from indexer.extract.ole_object import unwrap
from indexer.extract.package import FOREIGN, Package, attribute, local

ASIDE = ("chart", "chartEx", "diagramData")
"""Relations of a page, slide or sheet to words in its pictures."""
EMBEDDED = ("package", "oleObject")
"""Relations to an embedded file."""

_MAX_VALUES = 2_000
_NUMBERS = frozenset({"sldNum", "dt", "hdr", "ftr", "sldImg"})
"""Placeholders without text of a person."""


def paragraphs(root: etree._Element) -> Iterator[str]:
    """Yield the paragraphs of DrawingML below `root`; a cell of a table or a line of a shape is a paragraph."""
    silent = {*_unread(root), *filter(_is_of_the_program, root.iter("{*}sp"))}
    for paragraph in root.iter("{*}p"):
        if silent and not silent.isdisjoint(paragraph.iterancestors()):
            continue
        text = "".join(_run(element) for element in paragraph.iter())
        if text.strip():
            yield text


def chosen(alternatives: etree._Element) -> etree._Element | None:
    """Return the alternative (of `mc:AlternateContent`) to read: the first with words, else the first."""
    return next(filter(_says_something, alternatives), next(iter(alternatives), None))


def _says_something(alternative: etree._Element) -> bool:
    """Tell whether this alternative shows words: text, or a chart."""
    words = (element.text or "" for element in alternative.iter("{*}t"))
    return any(map(str.strip, words)) or next(alternative.iter("{*}chart", "{*}relIds"), None) is not None


def _unread(root: etree._Element) -> Iterator[etree._Element]:
    for alternatives in root.iter("{*}AlternateContent"):
        read = chosen(alternatives)
        yield from (alternative for alternative in alternatives if alternative is not read)


def _is_of_the_program(shape: etree._Element) -> bool:
    return any(attribute(mark, "type") in _NUMBERS for mark in shape.iterfind(".//{*}nvPr/{*}ph"))


def _run(element: etree._Element) -> str:
    name = local(element)
    if name == "t":
        return element.text or ""
    return {"br": "\n", "tab": "\t"}.get(name, "")


def chart_lines(root: etree._Element) -> list[str]:
    """Return titles, names and values of a chart as last shown, and the words of SmartArt."""
    lines = list(paragraphs(root))
    shown = (value.text or "" for value in root.iter("{*}v", "{*}pt"))
    return lines + list(islice(dict.fromkeys(filter(str.strip, shown)), _MAX_VALUES))


def lines_aside(package: Package, part: str) -> Iterator[str]:
    """Yield the lines of the charts and SmartArt of a part."""
    for name in package.related(part, *ASIDE):
        try:
            yield from chart_lines(package.parse(name))
            for shapes in package.related(name, "chartUserShapes"):
                yield from paragraphs(package.parse(shapes))
        except FOREIGN:
            continue  # only the damaged chart is lost


def embedded(package: Package, part: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the files embedded in a part."""
    for name in package.related(part, *EMBEDDED):
        try:
            yield unwrap(name.rpartition("/")[2], package.read(name))
        except FOREIGN:
            continue
