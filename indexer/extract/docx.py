"""Word documents: all of their text, not just the paragraphs.

The text is taken from the XML itself (ISO/IEC 29500), because the objects of python-docx leave out text boxes, content
controls, notes, insertions and more, and Strict files altogether.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import hyperlink, make_extract, package_facts
from indexer.extract.package import Package, attribute, local, opened
from indexer.extract.source import Source
from indexer.model import Extract, Link

_PARTS = ("header", "document", "footnotes", "endnotes", "comments", "footer")
_SKIP = frozenset(
    {"del", "delText", "instrText", "Fallback", "moveFrom", "rPr", "pPr", "sectPr", "tblPr", "tcPr", "trPr"}
)
_HEADING = re.compile(
    r"(?:title|titel|heading ?1|berschrift ?1|\u00fcberschrift ?1|titre ?1?)$", re.IGNORECASE
)
_ANY_HEADING = re.compile(
    r"(?:title|titel|titre|heading ?[1-9]|berschrift ?[1-9]|\u00fcberschrift ?[1-9]|titre ?[1-9])$",
    re.IGNORECASE,
)
_FIELD = re.compile(r'HYPERLINK\s+"([^"]+)"')


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem where the file is encrypted, damaged or a bomb."""
    with opened(source, "Word document") as package:
        roots = {name: package.parse(name) for name in _text_parts(package)}
        lines = [line for root in roots.values() for line in _paragraphs(root)]
        links = [link for name, root in roots.items() for link in _hyperlinks(package, name, root)]
        main = next((root for name, root in roots.items() if name == _main_part(package)), None)
        facts = package_facts(package, "docProps/core.xml")
    first = next(_headings(main, _HEADING), "")
    return make_extract(source, [(None, lines)], links, facts, first, _headings(main, _ANY_HEADING))


def _text_parts(package: Package) -> list[str]:
    """Return the names of the parts with text, in reading order."""
    main = _main_part(package)
    found = [(_PARTS.index("document"), main)] if main else []
    for name in package.names:
        folder, _, file = name.lower().rpartition("/")
        stem = file.removesuffix(".xml").rstrip("0123456789")
        if name == main or not file.endswith(".xml"):
            continue
        if folder == "word" and stem in _PARTS:
            found.append((_PARTS.index(stem), name))
        elif folder == "word/diagrams" and stem == "data":
            found.append((len(_PARTS), name))
    if not any(rank == _PARTS.index("document") for rank, _ in found):
        raise FileProblem(Reason.DAMAGED, "no document in it")
    return [name for _, name in sorted(found)]


def _main_part(package: Package) -> str:
    """Return the name of the document itself, as the package says; empty where it doesn't."""
    for kind, target, outside in package.relations("").values():
        if kind == "officeDocument" and not outside and package.has(target):
            return target
    return ""


def _headings(root: etree._Element | None, styles: re.Pattern[str]) -> Iterator[str]:
    """Yield the paragraphs whose style is among those named."""
    for style in root.iter("{*}pStyle") if root is not None else ():
        if styles.match(attribute(style, "val")):
            paragraph = style.getparent().getparent()
            yield "".join(text.text or "" for text in paragraph.iter("{*}t"))


def _paragraphs(root: etree._Element) -> Iterator[str]:
    """Yield the text of each paragraph; those inside text boxes come before the one that holds them."""
    done: list[str] = []
    open_texts: list[list[str]] = [[]]
    skipping: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = local(element)
        if skipping is not None:
            if event == "end" and element is skipping:
                skipping = None
            continue
        if event == "start":
            if name in _SKIP:
                skipping = element
            elif name == "p":
                open_texts.append([])
            elif name == "tab":
                open_texts[-1].append("\t")
            elif name in ("br", "cr"):
                open_texts[-1].append("\n")
            elif name == "docPr" and element.get("descr"):
                done.append(element.get("descr", ""))
            elif name == "noBreakHyphen":
                open_texts[-1].append("-")
            elif name == "t" and element.text:
                open_texts[-1].append(element.text)
        elif name == "p" and len(open_texts) > 1:
            text = "".join(open_texts.pop())
            if text.strip():
                done.append(text)
            if len(done) > 500:
                yield from done
                done.clear()
    yield from done


def _hyperlinks(package: Package, part: str, root: etree._Element) -> Iterator[Link]:
    targets = {
        key: target
        for key, (kind, target, outside) in package.relations(part).items()
        if outside and kind == "hyperlink"
    }
    for element in root.iter("{*}hyperlink") if targets else ():
        target = targets.get(attribute(element, "id"), "")
        if target:
            yield hyperlink(target, "".join(text.text or "" for text in element.iter("{*}t")))
    for instruction in root.iter("{*}instrText"):
        match = _FIELD.search(instruction.text or "")
        if match:
            yield hyperlink(match[1], "")
