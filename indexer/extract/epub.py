"""Books (EPUB 2 and 3): the chapters in reading order."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from indexer.errors import FileProblem, Reason
from indexer.extract.document import Section, element_facts, make_extract
from indexer.extract.html import decode_html, parse_markup
from indexer.extract.package import FOREIGN, Package, attribute, opened
from indexer.extract.source import Source
from indexer.model.items import Extract, Link

_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(source: Source) -> Extract:
    """Return the text chapter by chapter; raise FileProblem if the book is protected, damaged or a bomb."""
    sections: list[Section] = []
    links: list[Link] = []
    with opened(source, "book") as package:
        main = _main_part(package)
        root = package.parse(main)
        for name in _chapters(package, root, posixpath.dirname(main)):
            try:
                chapter = parse_markup(decode_html(package.read(name)))
            except FOREIGN:
                continue  # only the damaged chapter is lost
            sections.append((None, chapter.text.split("\n\n")))
            links += chapter.links
        if package.has("META-INF/rights.xml") and not any(lines for _, lines in sections):
            raise FileProblem(Reason.ENCRYPTED, "protected by its seller")
        return make_extract(source, sections, links, element_facts(next(root.iter("{*}metadata"), root)))


def _main_part(package: Package) -> str:
    if package.has("META-INF/container.xml"):
        for file in package.parse("META-INF/container.xml").iter("{*}rootfile"):
            if package.has(attribute(file, "full-path")):
                return attribute(file, "full-path")
    found = next((name for name in package.names if name.lower().endswith(".opf")), "")
    if not found:
        raise FileProblem(Reason.DAMAGED, "no book in it")
    return found


def _chapters(package: Package, root, folder: str) -> list[str]:  # type: ignore[no-untyped-def]
    """Return the names of the chapters in the order of the spine; those missing from it come last."""
    files = {
        item.get("id", ""): posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        for item in root.iter("{*}item")
        if item.get("media-type", "") in _CHAPTERS
    }
    order = [files[key] for ref in root.iter("{*}itemref") if (key := ref.get("idref", "")) in files]
    return [name for name in dict.fromkeys([*order, *files.values()]) if package.has(name)]
