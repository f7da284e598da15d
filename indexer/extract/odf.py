"""OpenDocument texts, sheets, slides and drawings, zipped or flat (ISO/IEC 26300)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Facts, Section, element_facts, hyperlink, make_extract, package_facts
from indexer.extract.encrypted import NEEDS_PASSWORD
from indexer.extract.link_list import MAX_CELLS
from indexer.extract.package import FOREIGN, Package, attribute, local, opened, parse_xml
from indexer.extract.source import Source
from indexer.model.items import Extract, Link

_SKIP = frozenset({"tracked-changes", "scripts", "font-face-decls", "automatic-styles", "forms", "binary-data",
                   "settings", "meta", "sequence-decls", "ruby-text", "dde-connection-decls"})  # fmt: skip
_MAX_BLANKS = 100


def read(source: Source) -> Extract:
    """Return the text; raise FileProblem if the file is encrypted, damaged or a bomb."""
    if source.data.startswith(b"PK"):
        return _read_package(source)
    try:
        root = parse_xml(source.data)
    except etree.LxmlError as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete OpenDocument file ({error})"[:200]) from error
    meta = next(root.iter("{*}meta"), None)
    facts = element_facts(meta) if meta is not None else Facts()
    return make_extract(
        source,
        _sections(root),
        _links(root),
        facts,
        _heading(root),
        _headings(root),
        may_be_list=not _is_wide(root),
    )


def _read_package(source: Source) -> Extract:
    with opened(source, "OpenDocument file") as package:
        if package.has("META-INF/manifest.xml") and b"encryption-data" in package.read(
            "META-INF/manifest.xml"
        ):
            raise FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD.partition(":")[0])
        if not package.has("content.xml"):
            raise FileProblem(Reason.DAMAGED, "no content in it")
        content = package.parse("content.xml")
        sections = list(_sections(content))
        sections += [(None, list(_lines(root))) for root in _further(package)]
        facts = package_facts(package, "meta.xml")
        return make_extract(
            source, sections, _links(content), facts, _heading(content), _headings(content),
            may_be_list=not _is_wide(content),
        )  # fmt: skip


def _further(package: Package) -> Iterator[etree._Element]:
    """Yield the other elements with text: headers and footers, embedded objects."""
    for name in package.names:
        folder, _, file = name.rpartition("/")
        try:
            if name == "styles.xml":
                yield from package.parse(name).iter("{*}master-styles")
            elif file == "content.xml" and folder:
                yield package.parse(name)
        except FOREIGN:
            continue


def _sections(root: etree._Element) -> Iterator[Section]:
    slides = list(root.iter("{*}page"))
    if not slides:
        yield None, list(_lines(root))
    for number, slide in enumerate(slides, 1):
        yield number, list(_lines(slide))


def _lines(root: etree._Element) -> Iterator[str]:
    """Yield paragraphs; the cells of a row are one line, and each sheet begins with its name."""
    rows: list[list[str]] = []
    stored: list[list[str]] = []
    texts: list[list[str]] = []
    skipping: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = local(element)
        if skipping is not None:
            if event == "end" and element is skipping:
                skipping = None
                _append(texts, element.tail)
        elif event == "start":
            if name in _SKIP:
                skipping = element
            elif name in ("p", "h"):
                texts.append([element.text or ""])
            elif name == "table-row":
                rows.append([])
                stored.append([])
            elif name == "table-cell" and rows:
                stored[-1] += _stored(element)
            elif name == "table" and attribute(element, "name") and not rows and not texts:
                yield attribute(element, "name")
            else:
                _append(texts, _blank(element) + (element.text or ""))
        elif name in ("p", "h") and texts:
            text = "".join(texts.pop())
            if rows:
                rows[-1].append(text)
            elif text.strip():
                yield text
            _append(texts, element.tail)
        elif name == "table-row" and rows:
            shown = rows.pop()
            line = "\t".join(
                filter(str.strip, [*shown, *(value for value in stored.pop() if value not in shown)])
            )
            if rows:
                rows[-1].append(line)
            elif line.strip():
                yield line
        else:
            _append(texts, element.tail)


def _stored(cell: etree._Element) -> Iterator[str]:
    """Yield the stored number or day of a cell, which may be shown differently."""
    for key, value in cell.attrib.items():
        if key.endswith(("}value", "}date-value")):
            yield value.removesuffix("T00:00:00")[:40]
            return


def _is_wide(root: etree._Element) -> bool:
    """Tell whether it is a sheet with many filled cells in some row."""
    rows = (row for sheet in root.iter("{*}spreadsheet") for row in sheet.iter("{*}table-row"))
    return any(
        sum(next(cell.iter("{*}p"), None) is not None for cell in row.iterfind("{*}table-cell")) > MAX_CELLS
        for row in rows
    )


def _append(texts: list[list[str]], text: str | None) -> None:
    if texts and text:
        texts[-1].append(text)


def _blank(element: etree._Element) -> str:
    name = local(element)
    if name == "s":
        count = attribute(element, "c")
        return " " * min(int(count) if count.isdecimal() else 1, _MAX_BLANKS)
    return {"tab": "\t", "line-break": "\n"}.get(name, "")


def _links(root: etree._Element) -> Iterator[Link]:
    for link in root.iter("{urn:oasis:names:tc:opendocument:xmlns:text:1.0}a"):
        yield hyperlink(attribute(link, "href"), "".join(link.itertext()))


def _headings(root: etree._Element) -> Iterator[str]:
    return ("".join(heading.itertext()) for heading in root.iter("{*}h"))


def _heading(root: etree._Element) -> str:
    heading = next(root.iter("{urn:oasis:names:tc:opendocument:xmlns:text:1.0}h"), None)
    return "".join(heading.itertext()) if heading is not None else ""
