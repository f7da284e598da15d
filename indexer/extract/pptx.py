"""Slides of PowerPoint: shapes, groups, tables, SmartArt, charts, notes and comments of each slide, in order.

Read from the XML (ISO/IEC 29500, transitional and strict), by following the relations of each slide.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Section, hyperlink, make_extract, package_facts
from indexer.extract.drawing import embedded, lines_aside, paragraphs
from indexer.extract.inside import read_parts
from indexer.extract.package import Package, Relation, attribute, opened
from indexer.extract.source import Source
from indexer.model.items import Extract, Link

_ASIDE = ("notesSlide", "comments")
"""Relations of a slide to more of its text, besides its pictures."""
_TITLES = frozenset({"title", "ctrTitle"})


def read(source: Source) -> Extract:
    """Return the text slide by slide; raise FileProblem if the file is encrypted, damaged or a bomb."""
    with opened(source, "presentation") as package:
        slides = _slides(package)
        sections: list[Section] = []
        links: list[Link] = []
        heading = ""
        parts: list[tuple[str, bytes]] = []
        for number, name in enumerate(slides, 1):
            root = package.parse(name)
            relations = package.relations(name)
            heading = heading or _title(root)
            lines = [*paragraphs(root), *_descriptions(root)]
            for aside in package.related(name, *_ASIDE):
                lines += _aside(package.parse(aside))
            lines += lines_aside(package, name)
            parts += embedded(package, name)
            sections.append((number, lines))
            links += _hyperlinks(root, relations)
        facts = package_facts(package, "docProps/core.xml")
    return make_extract(source, sections, links, facts, heading, within=read_parts(source, parts))


def _slides(package: Package) -> list[str]:
    """Return the names of the slides in the order of the presentation."""
    main = package.main_part()
    if not main:
        raise FileProblem(Reason.DAMAGED, "no presentation in it")
    relations = package.relations(main)
    # a slide has a number as plain `id`, and the relation as `id` of a namespace
    order = [
        v for s in package.parse(main).iter("{*}sldId") for k, v in s.attrib.items() if k.endswith("}id")
    ]
    named = dict.fromkeys(
        relations[key][1] for key in order if key in relations
    )  # each only once: no program repeats a slide
    return [name for name in named if package.has(name)]


def _descriptions(root: etree._Element) -> Iterator[str]:
    """Yield the alternative texts of pictures."""
    yield from filter(None, dict.fromkeys(shape.get("descr", "") for shape in root.iter("{*}cNvPr")))


def _aside(root: etree._Element) -> list[str]:
    """Return the lines of notes and comments."""
    lines = list(paragraphs(root))
    return lines + [text.text for text in root.iter("{*}text") if text.text and text.text.strip()]


def _title(root: etree._Element) -> str:
    for shape in root.iter("{*}sp"):
        if any(attribute(mark, "type") in _TITLES for mark in shape.iterfind(".//{*}nvPr/{*}ph")):
            return " ".join(" ".join(paragraphs(shape)).split())
    return ""


def _hyperlinks(root: etree._Element, relations: dict[str, Relation]) -> Iterator[Link]:
    for click in root.iter("{*}hlinkClick", "{*}hlinkHover"):
        kind, target, outside = relations.get(attribute(click, "id"), ("", "", False))
        if kind == "hyperlink" and outside:
            run = click.getparent().getparent()
            yield hyperlink(target, "".join(text.text or "" for text in run.iter("{*}t")))
