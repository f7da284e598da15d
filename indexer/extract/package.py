"""Zip files with XML in them (OOXML, ODF, EPUB): opened within bounds, decrypted if a password is known.

Nothing is opened unless the directory of the zip promises an acceptable unpacked size (ZIP, APPNOTE 6.3; Python's zipfile
enforces the sizes given there). XML is parsed without entities, network or unlimited nesting.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from lxml import etree

from indexer.errors import FileProblem, Reason
from indexer.extract import encrypted
from indexer.extract.source import Source

TYPES = "[Content_Types].xml"
"""The part that gives the type of each part."""
MAX_UNPACKED = 256 << 20
MAX_ENTRIES = 20_000
MAX_RATIO = 400
_RATIO_COUNTS_ABOVE = 8 << 20

FOREIGN = (zipfile.BadZipFile, zlib.error, etree.LxmlError, KeyError, NotImplementedError, EOFError, OSError,
           RuntimeError, ValueError, LookupError)  # fmt: skip
"""What zipfile and lxml raise on damaged files."""

_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    recover=False,
)
_PATIENT = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    recover=True,
)


Relation = tuple[str, str, bool]
"""Type (its last word), target, whether that is outside the package."""


class Package:
    """An open zip; names are compared without case and with either slash, because writers differ."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._stored = {_part_name(stored): stored for stored in archive.namelist()}
        self._by_name = {name.lower(): name for name in self._stored}
        self._relations: dict[str, dict[str, Relation]] = {}
        self.names = list(self._stored)

    def has(self, name: str) -> bool:
        """Tell whether there is such a part."""
        return name.lower() in self._by_name

    def read(self, name: str) -> bytes:
        """Return the bytes of a part."""
        return self.archive.read(self._stored[self._by_name[name.lower()]])

    def parse(self, name: str) -> etree._Element:
        """Return the root of an XML part; raise one of `FOREIGN` if it is not XML."""
        return parse_xml(self.read(name))

    def main_part(self) -> str:
        """Return the name of the main document that an OOXML package declares; empty if it declares none."""
        for kind, target, outside in self.relations("").values():
            if kind == "officeDocument" and not outside and self.has(target):
                return target
        for part in self.parse(TYPES).iter("{*}Override") if self.has(TYPES) else ():
            name = _part_name(unquote(part.get("PartName", "")))
            if ".main" in part.get("ContentType", "") and self.has(name):
                return name
        return ""

    def related(self, part: str, *kinds: str) -> Iterator[str]:
        """Yield the parts of the package to which a part has relations of some kinds."""
        for kind, target, outside in self.relations(part).values():
            if kind in kinds and not outside and self.has(target):
                yield target

    def relations(self, part: str) -> dict[str, Relation]:
        """Return the relations of an OOXML part by their ids."""
        if part not in self._relations:
            self._relations[part] = self._read_relations(part)
        return self._relations[part]

    def _read_relations(self, part: str) -> dict[str, Relation]:
        folder, _, file = part.rpartition("/")
        name = f"{folder}/_rels/{file}.rels".lstrip("/")
        if not self.has(name):
            return {}
        found = {}
        for relation in self.parse(name):
            outside = relation.get("TargetMode") == "External"
            target = relation.get("Target", "")
            if not outside:
                target = posixpath.normpath(posixpath.join("/" + folder, unquote(target))).lstrip("/")
            found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target, outside)
        return found


def _part_name(stored: str) -> str:
    """Return the name of a part in the spelling of relations."""
    return stored.replace("\\", "/").lstrip("/").removeprefix("./")


@contextmanager
def opened(source: Source, what: str) -> Iterator[Package]:
    """Open the package; any failure of it within the block becomes a FileProblem that says `what` it is."""
    try:
        yield Package(_open(encrypted.decrypt_office(source), what))
    except FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, f"not a complete {what} ({error})"[:200]) from error


def _open(data: bytes, what: str) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    check_sizes(archive, what)
    return archive


def check_sizes(archive: zipfile.ZipFile, what: str) -> None:
    """Raise FileProblem if a zip unpacks to more than any real document."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED:
        raise FileProblem(
            Reason.TOO_BIG, f"this {what} unpacks to {unpacked >> 20} MB in {len(entries):,} parts"
        )
    if any(is_bomb(entry.file_size, entry.compress_size) for entry in entries):
        raise FileProblem(Reason.TOO_BIG, "packed far more tightly than any text: most likely a zip bomb")


def is_bomb(unpacked: int, packed: int) -> bool:
    """Tell whether something is packed more tightly than any text by people."""
    return unpacked > _RATIO_COUNTS_ABOVE and unpacked > MAX_RATIO * max(1, packed)


def parse_xml(data: bytes) -> etree._Element:
    """Return the root, repairing small errors; raise etree.LxmlError if that fails."""
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError:
        if b"<!ENTITY" in data[:65536]:
            raise
        root = etree.fromstring(data, _PATIENT)
        if root is None:
            raise
        return root


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace; empty for other nodes."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute by its name in any namespace; empty if there is none."""
    for key, value in element.attrib.items():
        if key == name or key.endswith("}" + name):
            return str(value)
    return ""
