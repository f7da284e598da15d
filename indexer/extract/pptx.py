"""Slides of PowerPoint: shapes, groups, tables, SmartArt, charts, notes and comments of each slide, in order.

Read from the XML (ISO/IEC 29500, transitional and strict alike), by following the relations of each slide.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Section, hyperlink, make_extract, package_facts
from indexer.extract.package import Package, attribute, local, opened
from indexer.extract.source import Source
from indexer.model import Extract, Link

_ASIDE = ("diagramData", "chart", "chartEx", "notesSlide", "comments")
"""Relations of a slide that lead to more of its text."""
_TITLES = frozenset({"title", "ctrTitle"})
_NUMBERS = frozenset({"sldNum", "dt", "hdr", "ftr", "sldImg"})
"""Placeholders with nothing a person wrote."""


def read(source: Source) -> Extract:
    """Return the text slide by slide; raise FileProblem where the file is encrypted, damaged or a bomb."""
    with opened(source, "presentation") as package:
        slides = _slides(package)
        sections: list[Section] = []
        links: list[Link] = []
        heading = ""
        for number, name in enumerate(slides, 1):
            root = package.parse(name)
            relations = package.relations(name)
            heading = heading or _title(root)
            lines = [*paragraphs(root), *_descriptions(root)]
            for kind, target, outside in relations.values():
                if kind in _ASIDE and not outside and package.has(target):
                    lines += _aside(package.parse(target))
            sections.append((number, lines))
            links += _hyperlinks(root, relations)
        facts = package_facts(package, "docProps/core.xml")
    return make_extract(source, sections, links, facts, heading)


def _slides(package: Package) -> list[str]:
    """Return the names of the slides in the order of the presentation."""
    main = next((t for kind, t, outside in package.relations("").values() if kind == "officeDocument"), "")
    if not package.has(main):
        raise FileProblem(Reason.DAMAGED, "no presentation in it")
    relations = package.relations(main)
    # a slide has a number as plain `id`, and the relation as `id` of a namespace
    order = [
        v for s in package.parse(main).iter("{*}sldId") for k, v in s.attrib.items() if k.endswith("}id")
    ]
    named = [relations[key][1] for key in order if key in relations]
    return [name for name in named if package.has(name)]


def paragraphs(root: etree._Element) -> Iterator[str]:
    """Yield the paragraphs of DrawingML below `root`: a cell of a table is one, as is a line of a shape."""
    for paragraph in root.iter("{*}p"):
        if any(
            local(above) in ("Fallback", "sp") and _is_silent(above) for above in paragraph.iterancestors()
        ):
            continue
        text = "".join(_run(element) for element in paragraph.iter())
        if text.strip():
            yield text


def _descriptions(root: etree._Element) -> Iterator[str]:
    """Yield what is written about pictures for those who don't see them."""
    yield from filter(None, dict.fromkeys(shape.get("descr", "") for shape in root.iter("{*}cNvPr")))


def _is_silent(element: etree._Element) -> bool:
    if local(element) == "Fallback":
        return True
    return any(attribute(mark, "type") in _NUMBERS for mark in element.iterfind(".//{*}nvPr/{*}ph"))


def _run(element: etree._Element) -> str:
    name = local(element)
    if name == "t":
        return element.text or ""
    return {"br": "\n", "tab": "\t"}.get(name, "")


def _aside(root: etree._Element) -> list[str]:
    """Return the lines of notes, comments, SmartArt and charts."""
    lines = list(paragraphs(root))
    lines += [text.text for text in root.iter("{*}text") if text.text and text.text.strip()]
    values = [value.text for cache in root.iter("{*}strCache") for value in cache.iter("{*}v") if value.text]
    return lines + list(dict.fromkeys(values))


def _title(root: etree._Element) -> str:
    for shape in root.iter("{*}sp"):
        if any(attribute(mark, "type") in _TITLES for mark in shape.iterfind(".//{*}nvPr/{*}ph")):
            return " ".join(" ".join(paragraphs(shape)).split())
    return ""


def _hyperlinks(root: etree._Element, relations: dict[str, tuple[str, str, bool]]) -> Iterator[Link]:
    for click in root.iter("{*}hlinkClick", "{*}hlinkHover"):
        kind, target, outside = relations.get(attribute(click, "id"), ("", "", False))
        if kind == "hyperlink" and outside:
            run = click.getparent().getparent()
            yield hyperlink(target, "".join(text.text or "" for text in run.iter("{*}t")))
