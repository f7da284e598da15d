"""Word documents opened by python-docx: properties, parts, sections and comments.

On its own, python-docx unpacks and parses everything in a file, pictures and styles too. Here it is given only the useful
parts, unpacked within our limits. Files it refuses (Strict ones, damaged parts) are read from zip and XML by `Package`
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from indexer.extract.document import Facts, make_facts, package_facts
from indexer.extract.package import FOREIGN, Package

if TYPE_CHECKING:
    from docx.document import Document

_MOST_PARTS, _MOST_SECTIONS, _MOST_COMMENTS = 200, 100, 2_000
_REFUSALS = (*FOREIGN, AttributeError, TypeError, AssertionError)


class Word(NamedTuple):
    """An open Word document."""

    package: Package
    facts: Facts
    edges: list[str]
    """Names of headers and footers in the order of their sections, as far as known."""
    commenters: list[str]


def open_word(package: Package) -> Word:
    """Return the Word document in a package: by python-docx, or else by our own second opinion."""
    try:
        opened = _Opened(package)
        return Word(opened, opened.facts(), list(dict.fromkeys(opened.edges())), opened.commenters())
    except _REFUSALS:
        return Word(package, package_facts(package, "docProps/core.xml"), [], [])


class _Opened(Package):
    """A package whose document, headers, footers and comments python-docx has parsed."""

    def __init__(self, package: Package) -> None:
        super().__init__(package.archive)
        self._relations = package._relations  # already parsed
        parts = _Parts(package)
        self._document = _document_of(parts)
        self._elements = {
            part.partname.lstrip("/").lower(): part.element
            for part in self._document.part.related_parts.values()
        }
        self._elements[parts.main.lower()] = self._document.element

    def parse(self, name: str) -> etree._Element:
        """Return the root of a part, reusing what python-docx has parsed."""
        element = self._elements.get(name.lower())
        return super().parse(name) if element is None else element

    def facts(self) -> Facts:
        """Return the core properties."""
        package = self._document.part.package
        if len(package.rels) < 2:
            return Facts()  # python-docx would invent some
        own = package.core_properties
        return make_facts(own.title, own.author, own.created.isoformat() if own.created else "", own.keywords)

    def edges(self) -> Iterator[str]:
        """Yield the headers and footers of each section, those of its first page first."""
        for section in islice(self._document.sections, _MOST_SECTIONS):
            for edge in (
                section.first_page_header, section.even_page_header, section.header,
                section.first_page_footer, section.even_page_footer, section.footer,
            ):  # fmt: skip
                if not edge.is_linked_to_previous:
                    yield edge.part.partname.lstrip("/")

    def commenters(self) -> list[str]:
        """Return who wrote comments."""
        if not any(self.related(self.main_part(), "comments")):
            return []
        authors = (comment.author or "" for comment in islice(self._document.comments, _MOST_COMMENTS))
        return list(dict.fromkeys(filter(str.strip, authors)))


class _Relation(NamedTuple):
    """A relation in the form python-docx takes."""

    reltype: str
    rId: str  # noqa: N815 - as python-docx calls it
    target_partname: Any
    is_external: bool = False


class _Parts:
    """The parts of a package given to python-docx, in the form of its own package reader."""

    def __init__(self, package: Package) -> None:
        from docx.opc.constants import CONTENT_TYPE as CT
        from docx.opc.constants import RELATIONSHIP_TYPE as RT
        from docx.opc.packuri import PACKAGE_URI, PackURI

        types = {
            "header": (CT.WML_HEADER, RT.HEADER),
            "footer": (CT.WML_FOOTER, RT.FOOTER),
            "comments": (CT.WML_COMMENTS, RT.COMMENTS),
        }
        self.main = package.main_part()
        whole = PackURI("/" + self.main)
        self._parts = [(whole, CT.WML_DOCUMENT_MAIN, RT.OFFICE_DOCUMENT, package.read(self.main))]
        self._relations = [(PACKAGE_URI, _Relation(RT.OFFICE_DOCUMENT, "document", whole))]
        core = next(package.related("", "core-properties"), "")
        if core:
            name = PackURI("/" + core)
            self._parts.append((name, CT.OPC_CORE_PROPERTIES, RT.CORE_PROPERTIES, package.read(core)))
            self._relations.append((PACKAGE_URI, _Relation(RT.CORE_PROPERTIES, "core", name)))
        for key, (kind, target, outside) in package.relations(self.main).items():
            if kind in types and not outside and package.has(target) and len(self._parts) < _MOST_PARTS:
                name = PackURI("/" + target)
                self._parts.append((name, *types[kind], package.read(target)))
                self._relations.append((whole, _Relation(types[kind][1], key, name)))

    def iter_sparts(self) -> Iterator[tuple[Any, str, str, bytes]]:
        """Yield name, type, type of relation and bytes of each part."""
        yield from self._parts

    def iter_srels(self) -> Iterator[tuple[str, _Relation]]:
        """Yield the relations, each with the name of its part."""
        yield from self._relations


def _document_of(parts: _Parts) -> Document:
    import docx.package  # takes a tenth of a second: only if there is a Word document
    from docx.opc.package import Unmarshaller
    from docx.opc.part import PartFactory

    package = docx.package.Package()
    Unmarshaller.unmarshal(parts, package, PartFactory)  # type: ignore[no-untyped-call] # it has no types
    document: Document = package.main_document_part.document
    return document
