"""Word documents as python-docx opens them: their parts, properties and sections.

python-docx unpacks all parts when it opens a file and compares their names pair by pair, so it is given bearable files
only. What it refuses (Strict files, macros, templates, damaged parts) is read from zip and XML by `Package` alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from lxml import etree

from indexer.extract.document import Facts, make_facts, package_facts
from indexer.extract.package import FOREIGN, TYPES, Package, Relation

_MOST_PARTS, _MOST_BYTES = 2_000, 64 << 20
_MOST_SECTIONS = 50
_DOCUMENT = b"officedocument.wordprocessingml.document.main+xml"
_FOREIGN = (*FOREIGN, AttributeError, TypeError, AssertionError, RecursionError)


class WordPackage(Package):
    """A package whose parts are those that python-docx found by following relations from one to the next."""

    def __init__(self, package: Package) -> None:
        """Open it; raise one of many where python-docx refuses it."""
        import docx  # takes a tenth of a second, which is for those who have a Word document

        super().__init__(package.archive, package.data)
        self._document = docx.Document(io.BytesIO(package.data))
        self._parts = {
            part.partname.lstrip("/").lower(): part for part in self._document.part.package.iter_parts()
        }

    def main_part(self) -> str:
        """Return the name of the document itself."""
        return str(self._document.part.partname.lstrip("/"))

    def parse(self, name: str) -> etree._Element:
        """Return the root of a part, which python-docx may have parsed already."""
        element = getattr(self._parts.get(name.lower()), "element", None)
        return super().parse(name) if element is None else element

    def relations(self, part: str) -> dict[str, Relation]:
        """Return the relations of a part by their ids."""
        found = self._parts.get(part.lower())
        if found is None:
            return super().relations(part)
        return {
            key: (
                relation.reltype.rpartition("/")[2],
                relation.target_ref if relation.is_external else relation.target_part.partname.lstrip("/"),
                relation.is_external,
            )
            for key, relation in found.rels.items()
        }

    def edges(self) -> Iterator[str]:
        """Yield the headers and footers in the order of the sections that show them."""
        for _, section in zip(range(_MOST_SECTIONS), self._document.sections, strict=False):
            for edge in (
                section.first_page_header, section.even_page_header, section.header,
                section.first_page_footer, section.even_page_footer, section.footer,
            ):  # fmt: skip
                if not edge.is_linked_to_previous:
                    yield edge.part.partname.lstrip("/")

    def facts(self) -> Facts:
        """Return the core properties."""
        if not any("/core-properties" in kind.reltype for kind in self._document.part.package.rels.values()):
            return Facts()  # it would make some of its own
        own = self._document.core_properties
        created = own.created.isoformat() if own.created else ""
        return make_facts(own.title, own.author, created, own.keywords)


def open_word(package: Package) -> tuple[Package, Facts, list[str]]:
    """Return a Word document, what it says of itself, and its headers and footers as far as their order is known."""
    try:
        if (
            len(package.names) <= _MOST_PARTS
            and package.unpacked <= _MOST_BYTES
            and _DOCUMENT in package.read(TYPES)
        ):
            word = WordPackage(package)
            return word, word.facts(), list(dict.fromkeys(word.edges()))
    except _FOREIGN:
        pass  # the second opinion follows
    return package, package_facts(package, "docProps/core.xml"), []
